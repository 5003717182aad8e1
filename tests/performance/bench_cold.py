"""Each function's cold start, the artifact alone, beside one bare botocore client and beside the conventional way.

CPU of the import with the client made, in a new process that has the standard library and the artifact (``-I -S -B``).
Two others are measured in turn with it, so that a busy machine is busy for all:

- the floor: botocore as pip installs it, with all its data, and what it requires. What else a development environment
  has (awscrt, cryptography, pyOpenSSL), botocore and urllib3 would import where they find it; no Lambda has it.
- the conventional way: boto3's resource, and of Powertools logger, metrics, tracer, parser and idempotency.

Both have their bytecode, as the artifact has.
"""

from __future__ import annotations

import compileall
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from py_compile import PycInvalidationMode
from statistics import median

from stack.settings import ROOT
from tests.performance.rows import Part, Row, middle
from tests.support.requirement import missing

ARTIFACT = ROOT / ".aws-sam" / "build"
BESIDE = ROOT / ".local" / "bench"
"""Where the libraries of the floor and of the conventional way lie."""

ROUNDS = 7
WITHIN_FLOOR, WITHIN_CONVENTIONAL = 1.0, 0.45
"""A function's cold start is to be no more than these shares of the other two."""

HANDLERS = {
    "InboundWebhook": "inbound_webhook",
    "SendGate": "send_gate",
    "ReadApi": "read_api",
    "Authorizer": "authorizer",
    "CostRollup": "cost_rollup",
    "DayRollup": "day_rollup",
    "Retention": "retention",
    "TellChanges": "tell_changes",
    "CloseWindows": "close_windows",
    "DeliverEvents": "deliver_events",
    "RetryDeliveries": "retry_deliveries",
    "FetchMedia": "fetch_media",
    "AdminApi": "admin_api",
}
_COLD, _SIZES = "cold start, CPU of the import", "artifact, unzipped"
_FLOOR, _CONVENTIONAL = "one bare botocore client", "the conventional way"

_BARE = """
import botocore.session
botocore.session.get_session().create_client("dynamodb")
"""
_USUAL = """
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventV2Model
logger, metrics, tracer = Logger(), Metrics(), Tracer()
table = boto3.resource("dynamodb").Table("bench")
class Text(BaseModel):
    body: str
class Send(BaseModel):
    to: str
    type: str
    text: Text | None = None
class Event(APIGatewayProxyEventV2Model):
    body: Send
@idempotent(config=IdempotencyConfig(), persistence_store=DynamoDBPersistenceLayer("bench"))
@event_parser(model=Event)
def lambda_handler(event, context):
    return {}
"""
_TIMED = """
import sys, time
sys.path.insert(0, {path!r})
started = time.process_time()
{work}
print((time.process_time() - started) * 1000)
"""


def environment() -> dict[str, str]:
    """What Lambda tells a function, and no secret to read: that needs an answer, which CPU is not."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "POWERTOOLS_LOG_LEVEL": "ERROR",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_TRACE_DISABLED": "1",
        "TABLE_NAME": "bench",
    }


def _cold_starts() -> Iterator[Row]:
    require_artifact()
    others = {_FLOOR: (plain_botocore(), _BARE), _CONVENTIONAL: (conventional(), _USUAL)}
    works = {name: (folder, work) for name, (folder, work) in others.items() if folder is not None}
    works |= {name: (ARTIFACT / name, f"import {module}.handler") for name, module in HANDLERS.items()}
    found = in_turn(works)
    floor = median(found[_FLOOR])
    for name, times in found.items():
        yield middle(_COLD, name, times, "ms", floor=None if name in others else floor)
    for name in HANDLERS:
        yield _times(f"{name}, times the floor", found[name], found[_FLOOR], WITHIN_FLOOR)
    if _CONVENTIONAL not in found:
        why = "pip could not install boto3 and aws-lambda-powertools[parser,tracer]"
        yield Row(_COLD, _CONVENTIONAL, None, "", missing=why)
        return
    for name in HANDLERS:
        yield _times(f"{name}, times {_CONVENTIONAL}", found[name], found[_CONVENTIONAL], WITHIN_CONVENTIONAL)


def _times(what: str, times: list[float], others: list[float], budget: float) -> Row:
    """Medians compared; the spread is that of the rounds, each compared within itself."""
    each = [mine / other for mine, other in zip(times, others, strict=True)]
    return Row(_COLD, what, median(times) / median(others), "x", budget, spread=(min(each), max(each)))


def in_turn(works: Mapping[str, tuple[Path, str]], python: str = sys.executable) -> dict[str, list[float]]:
    """Milliseconds of CPU of each work with its folder of libraries, one round after the other. The first round reads
    the files for the first time and does not count."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS + 1):
        for name, (path, work) in works.items():
            found[name].append(_cpu_ms(path, work, python))
    return {name: times[1:] for name, times in found.items()}


def _cpu_ms(path: Path, work: str, python: str) -> float:
    ran = subprocess.run(
        [python, "-I", "-S", "-B", "-c", _TIMED.format(path=str(path), work=work)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout.split()[-1])


def plain_botocore() -> Path:
    """A folder with botocore and what it requires, as pip installed them here: no data is taken out."""
    wanted = ("botocore", "jmespath", "dateutil", "urllib3", "six")
    versions = [version({"dateutil": "python-dateutil"}.get(name, name)) for name in wanted]
    folder = _folder("floor", *versions)
    if not folder.exists():
        making = _made_anew(folder)
        for name in wanted:
            found = importlib.util.find_spec(name)
            assert found is not None and found.origin is not None
            origin = Path(found.origin)
            if origin.name == "__init__.py":
                shutil.copytree(origin.parent, making / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(origin, making)
        _finished(making, folder)
    return folder


def conventional() -> Path | None:
    """A folder with boto3 and Powertools and all that it requires; None where pip cannot install them."""
    powertools = f"aws-lambda-powertools[parser,tracer]=={version('aws-lambda-powertools')}"
    wanted = ("boto3", powertools, f"botocore=={version('botocore')}")
    folder = _folder("conventional", *wanted)
    if not folder.exists():
        making = _made_anew(folder)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(making), *wanted]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return None
        _finished(making, folder)
    return folder


def _folder(name: str, *what: str) -> Path:
    digest = hashlib.sha256(" ".join((sys.version, *what)).encode()).hexdigest()[:12]
    return BESIDE / f"{name}-{digest}"


def _made_anew(folder: Path) -> Path:
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    return making


def _finished(making: Path, folder: Path) -> None:
    compileall.compile_dir(making, quiet=2, force=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    making.rename(folder)


def _sizes() -> list[Row]:
    """Unzipped, as Lambda's limit of 250 MB counts it."""
    require_artifact()
    return [
        Row(_SIZES, folder.name, _bytes(folder) / 1024**2, "MB", budget=250)
        for folder in sorted(each for each in ARTIFACT.iterdir() if each.is_dir())
    ]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def require_artifact() -> None:
    if not (ARTIFACT / "SendGate").exists():
        missing("nothing is built (make build)")


PARTS: tuple[Part, ...] = ((_COLD, _cold_starts), (_SIZES, _sizes))
