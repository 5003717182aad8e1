"""The data of AWS in the artifact has what the functions call, and means the same in each region."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore
import botocore.session
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.loaders import Loader

from gate24.store.direct_calls import secrets_address
from stack import aws_data
from tests.support.template import resources

FULL = Path(botocore.__file__).parent / "data"
STORE = Path(__file__).parents[2] / "functions" / "gate24" / "store"
PREFIX_OF = {"sesv2": "ses"}
"""By which roles name a service, where it is not that of its data."""
ACTION_OF = {"DeleteObjects": "DeleteObject"}
"""Where what is called is not what a role allows."""

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("get_item", {"TableName": "t", "Key": {"pk": {"S": "1"}}}),
    "kms": ("sign", {"KeyId": "k", "Message": b"1", "SigningAlgorithm": "ECDSA_SHA_256"}),
    "s3": ("put_object", {"Bucket": "some-bucket", "Key": "k", "Body": b"1"}),
    "secretsmanager": ("get_secret_value", {"SecretId": "s"}),
    "sesv2": ("send_email", {"Content": {"Raw": {"Data": b"1"}}}),
    "sqs": ("send_message", {"QueueUrl": "https://example.org/queue", "MessageBody": "m"}),
}
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "fips": {"use_fips_endpoint": True},
    "dual stack": {"use_dualstack_endpoint": True},
}


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("aws") / "data"
    kept = {*aws_data.OPERATIONS, "sts", "ec2"}
    others = {path.name for path in FULL.iterdir() if path.is_dir()} - kept
    shutil.copytree(FULL, data, ignore=lambda folder, names: others if Path(folder) == FULL else ())
    aws_data.prune(data)
    return data


def _loaded(data: Path, service: str, kind: str) -> Any:
    return Loader([str(data)], include_default_search_paths=False).load_service_model(service, kind)


def test_the_list_of_operations_is_what_the_roles_allow() -> None:
    roles = [each for each in resources("AWS::IAM::Role").values() if "Policies" in each]
    statements = [each for role in roles for policy in role["Policies"] for each in _listed(policy["PolicyDocument"])]
    prefixes = {PREFIX_OF.get(service, service) for service in aws_data.OPERATIONS}
    allowed = {
        action
        for document in statements
        for statement in _listed(document["Statement"])
        for action in _listed(statement["Action"])
        if action.partition(":")[0] in prefixes
    }
    called = {
        f"{PREFIX_OF.get(service, service)}:{ACTION_OF.get(operation, operation)}"
        for service, operations in aws_data.OPERATIONS.items()
        for operation in operations - {"TransactWriteItems", "BatchExecuteStatement"}  # allowed by what is in it
    }
    assert {action for action in allowed if action not in _OF_LAMBDA_ITSELF | _OF_STATEMENTS} == called


_OF_LAMBDA_ITSELF = {
    *("sqs:ReceiveMessage", "sqs:DeleteMessage"),
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
}
"""It takes from queues and streams, by the function's role."""

_OF_STATEMENTS = {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("service", sorted(aws_data.OPERATIONS.keys() - {"dynamodb"}))
def test_the_code_calls_what_is_listed_and_nothing_else(service: str) -> None:
    names = {xform_name(operation): operation for operation in _loaded(FULL, service, "service-2")["operations"]}
    source = [path.read_text(encoding="utf-8") for path in sorted(STORE.glob("*.py"))]
    makes = {"kms": "kms", "s3": "s3", "secretsmanager": "secrets_manager", "sesv2": "ses", "sqs": "sqs"}[service]
    assert {names[name] for text in source if makes in text for name in _said(text) if name in names} == (
        aws_data.OPERATIONS[service]
    )


def test_the_table_is_called_as_listed() -> None:
    names = set(_loaded(FULL, "dynamodb", "service-2")["operations"])
    said = {name for path in STORE.glob("*.py") for name in _said(path.read_text(encoding="utf-8")) if name in names}
    assert said <= aws_data.OPERATIONS["dynamodb"]
    assert "TransactWriteItems" in said


def _said(source: str) -> Iterator[str]:
    """Every attribute that is called, and every text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("service", sorted(aws_data.OPERATIONS))
def test_each_operation_is_described_as_botocore_describes_it(service: str, pruned: Path) -> None:
    full, short = (_loaded(data, service, "service-2") for data in (FULL, pruned))
    assert set(short["operations"]) == aws_data.OPERATIONS[service]
    assert short["metadata"] == full["metadata"]
    for kind in ("operations", "shapes"):
        for name, described in short[kind].items():
            assert described == aws_data._undocumented(full[kind][name])
    assert set(aws_data._shape_names(short)) == short["shapes"].keys()


def test_an_operation_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        aws_data.of_these_operations(_loaded(FULL, "sqs", "service-2"), {"SendMessages"})


def test_little_is_left(pruned: Path) -> None:
    """What a function reads at its start; botocore's own is 1.4 MB, packed."""
    sizes = {path.relative_to(pruned).parts[0]: 0 for path in pruned.rglob("*") if path.is_file()}
    for path in pruned.rglob("*"):
        sizes[path.relative_to(pruned).parts[0]] += path.stat().st_size if path.is_file() else 0
    assert sizes["endpoints.json"] < 32_000
    assert sizes["dynamodb"] < 45_000 and sizes["secretsmanager"] < 15_000 and sizes["sqs"] < 12_000
    assert sizes["sesv2"] < 20_000
    assert sum(sizes.values()) < 285_000


REGIONS = sorted(
    name
    for partition in json.loads((FULL / "partitions.json").read_text())["partitions"]
    for name in partition["regions"]
    if "global" not in name
)


def test_the_regions_are_those_of_aws() -> None:
    assert len(REGIONS) > 40
    assert {"ap-south-1", "cn-north-1", "us-gov-west-1", "eu-central-1"} <= set(REGIONS)


@pytest.mark.parametrize(
    "variant", ["plain", *(pytest.param(name, marks=pytest.mark.slow) for name in ("fips", "dual stack"))]
)
@pytest.mark.parametrize("service", sorted(ASKED))
def test_requests_go_where_botocore_sends_them(service: str, variant: str, pruned: Path) -> None:
    full, short = _session(FULL), _session(pruned)
    for region in REGIONS:
        assert _request(short, service, region, variant) == _request(full, service, region, variant), region


@pytest.mark.parametrize(
    "variant", ["plain", *(pytest.param(name, marks=pytest.mark.slow) for name in ("fips", "dual stack"))]
)
def test_a_secret_that_the_tables_client_asks_for_is_asked_for_where_its_own_would(variant: str, pruned: Path) -> None:
    """Or left to that client: with FIPS, and in partitions of which nothing is known."""
    session, known = _session(pruned), set()
    for region in REGIONS:
        try:
            table = session.create_client("dynamodb", region_name=region, config=Config(**VARIANTS[variant]))
        except botocore.exceptions.EndpointVariantError:  # no such address there
            continue
        address = secrets_address(table.meta)
        if address is not None:
            known.add(region)
            assert address.rstrip("/") == _request(session, "secretsmanager", region, variant)[1].rstrip("/"), region
    assert bool(known) == (variant != "fips")
    assert variant != "plain" or {"ap-south-1", "cn-north-1", "us-gov-west-1"} < known


def _session(data: Path) -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))
    session.set_credentials("key", "secret")
    return session


def _request(session: botocore.session.Session, service: str, region: str, variant: str) -> tuple[str, ...]:
    """Address, and for which region and service it is signed; or the error that refuses the region."""
    operation, params = ASKED[service]
    requests: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        requests.append(request)
        raw = SimpleNamespace(stream=lambda **_: iter((b"" if service == "s3" else b"{}",)))
        return AWSResponse(request.url, 200, HTTPHeaders.from_dict({"x-amz-request-id": "1"}), raw)

    try:
        client = session.create_client(service, region_name=region, config=Config(**VARIANTS[variant]))
        client.meta.events.register("before-send", answer)  # type: ignore[arg-type]  # botocore's stubs know no answer
        getattr(client, operation)(**params)
    except botocore.exceptions.BotoCoreError as error:
        return type(error).__name__, str(error)
    signed = re.search(r"Credential=key/\d+/([^,]*)", requests[0].headers["Authorization"].decode())
    assert signed is not None
    return client.meta.endpoint_url, requests[0].url, signed[1]
