"""Which operations of AWS the functions call, and botocore's data cut down to them.

botocore ships the data of some 400 services (27 MB), and each client reads its service's and the list of all endpoints:
of a cold start's 330 ms, 60 were that. What is left here is the operations below with the shapes they reach, without
documentation, and the endpoints of these services in every region.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

OPERATIONS = {
    "dynamodb": {
        *("GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
        *("BatchExecuteStatement", "TransactWriteItems"),
    },
    "kms": {"GetPublicKey", "Sign"},
    "s3": {"GetObject", "PutObject", "DeleteObjects"},
    "secretsmanager": {"GetSecretValue", "PutSecretValue", "CreateSecret", "DeleteSecret", "RestoreSecret"},
    "sesv2": {"SendEmail"},
    "sqs": {"SendMessage", "ChangeMessageVisibility", "GetQueueAttributes"},
}
"""Another one fails in the functions, and in the tests of this list before."""

_OF_A_CLIENT = ("service-2.json", "service-2.sdk-extras.json", "endpoint-rule-set-1.json")
"""The rest is for waiters, paginators and examples."""
_OF_ALL = {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"}


def prune(data: Path) -> None:
    """Cuts down a copy of ``botocore/data``."""
    for entry in list(data.iterdir()):
        if entry.is_file() and entry.name not in _OF_ALL:
            entry.unlink()
        elif entry.is_dir() and entry.name not in OPERATIONS:
            shutil.rmtree(entry)
        elif entry.is_dir():
            *outdated, latest = sorted(entry.iterdir())
            for version in outdated:
                shutil.rmtree(version)
            _prune_service(latest, OPERATIONS[entry.name])
    _rewrite(data / "endpoints.json", _of_these_services(json.loads((data / "endpoints.json").read_bytes())))


def _prune_service(folder: Path, operations: set[str]) -> None:
    for path in list(folder.iterdir()):
        name = path.name.removesuffix(".gz")
        content = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        path.unlink()
        if name == "service-2.json":
            content = of_these_operations(content, operations)
        if name in _OF_A_CLIENT:
            _rewrite(folder / name, content)


def _rewrite(path: Path, content: Any) -> None:
    """As plain JSON: what is small costs more to unpack than to read."""
    path.write_text(json.dumps(content, separators=(",", ":")))


def of_these_operations(model: dict[str, Any], operations: Iterable[str]) -> dict[str, Any]:
    """A service's model with these operations alone. KeyError where it has no such operation."""
    kept = {name: model["operations"][name] for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    open_names = set(_shape_names(kept))
    while open_names:
        name = open_names.pop()
        shapes[name] = model["shapes"][name]
        open_names |= set(_shape_names(shapes[name])) - shapes.keys()
    shorter = {"operations": _undocumented(kept), "shapes": _undocumented(dict(sorted(shapes.items())))}
    return {name: value for name, value in model.items() if name not in ("documentation", "examples")} | shorter


def _shape_names(content: Any) -> Iterator[str]:
    """The shapes that an operation or a shape refers to."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name == "shape" and isinstance(value, str):
                yield value
            elif name != "documentation":
                yield from _shape_names(value)
    elif isinstance(content, list):
        for each in content:
            yield from _shape_names(each)


def _undocumented(content: Any) -> Any:
    """Without texts, which a member that has the name ``documentation`` is not."""
    if isinstance(content, dict):
        return {
            name: _undocumented(value)
            for name, value in content.items()
            if not (name == "documentation" and isinstance(value, str))
        }
    return [_undocumented(each) for each in content] if isinstance(content, list) else content


def _of_these_services(endpoints: dict[str, Any]) -> dict[str, Any]:
    """Without names that are no regions and that AWS has given up (``us-east-1-fips``), half of all."""
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in sorted(OPERATIONS.keys() & services.keys())}
        for service in partition["services"].values():
            there = service.get("endpoints", {})
            service["endpoints"] = {name: each for name, each in there.items() if not each.get("deprecated")}
    return endpoints
