"""What ``make build`` puts into ``.aws-sam/build``: that, and not this machine's libraries, runs in Lambda."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from stack.build import ARTIFACT
from tests.support.requirement import missing

HANDLERS = {
    "InboundWebhook": "inbound_webhook.handler",
    "SendGate": "send_gate.handler",
    "ReadApi": "read_api.handler",
    "AdminApi": "admin_api.handler",
    "CostRollup": "cost_rollup.handler",
    "DayRollup": "day_rollup.handler",
    "Retention": "retention.handler",
    "TellChanges": "tell_changes.handler",
    "CloseWindows": "close_windows.handler",
    "DeliverEvents": "deliver_events.handler",
    "RetryDeliveries": "retry_deliveries.handler",
    "FetchMedia": "fetch_media.handler",
    "Authorizer": "authorizer.handler",
    "Console": "handler",
}

UNCHECKED_HASH = 0b01
"""Flags of a .pyc that is valid whatever its source's time (PEP 552)."""


MODULES_MOST = {
    "AdminApi": 270,
    "Authorizer": 182,
    "CloseWindows": 234,
    "Console": 4,
    "CostRollup": 255,
    "DayRollup": 225,
    "DeliverEvents": 254,
    "FetchMedia": 253,
    "InboundWebhook": 315,
    "ReadApi": 303,
    "Retention": 221,
    "RetryDeliveries": 194,
    "SendGate": 323,
    "TellChanges": 238,
}
"""How many modules a function's start may import, the standard library's not counted: what there were when this was
written, and a few more. Each is about 0.3 ms of every cold start. Raise it for what earns that."""

BYTES_MOST = 18 * 1024**2
"""Of a function's unpacked artifact."""

DATA_MOST = 85_000
"""Bytes of data files that a start reads: 1.4 MB, packed, where botocore's data is whole."""

NOT_AT_START = {
    *("boto3", "s3transfer", "awscrt", "cryptography", "OpenSSL", "xlsxwriter", "pydantic", "aws_xray_sdk"),
    *("botocore.docs.bcdoc", "phonenumbers.phonenumbermatcher", "phonenumbers.asyoutypeformatter"),
    *(
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.batch",
        "aws_lambda_powertools.utilities.parser",
    ),
    *("gate24.api.costs_report", "gate24.api.openapi"),
    *("dateutil", "jmespath", "typing_extensions"),
}
"""What no function needs before a request asks for it."""


@dataclass(frozen=True)
class Start:
    """What a function's start imports beside the standard library, and the bytes of the files of the artifact that it
    reads beside its code."""

    modules: frozenset[str]
    data: dict[str, int]


@pytest.fixture(params=sorted(HANDLERS))
def function(request: pytest.FixtureRequest) -> str:
    if not ARTIFACT.exists():
        missing("Nothing is built: make build")
    name: str = request.param
    return name


def test_a_handler_imports_with_nothing_but_its_artifact(function: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(ARTIFACT / function)!r}); import {HANDLERS[function]}"
    environment = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "POWERTOOLS_"))}
    imported = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", code],
        env=environment | {"TABLE_NAME": "table"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert imported.returncode == 0, imported.stderr


def test_every_module_is_compiled_and_needs_no_check_of_its_source(function: str) -> None:
    folder = ARTIFACT / function
    sources = [path for path in folder.rglob("*.py") if path.is_file()]
    assert sources
    assert [path for path in sources if flags_of(path) != UNCHECKED_HASH] == []


def test_no_development_tool_is_shipped(function: str) -> None:
    shipped = {path.name for path in (ARTIFACT / function).iterdir()}
    assert not shipped & {"pytest", "moto", "hypothesis", "samcli", "ministack"}


@cache
def started(function: str) -> Start:
    code = f"""
import json, os, sys
folder, read = {str(ARTIFACT / function)!r}, {{}}
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(folder):
        if not arguments[0].endswith((".py", ".pyc")):
            read[os.path.relpath(arguments[0], folder)] = os.stat(arguments[0]).st_size
sys.addaudithook(note)
sys.path.insert(0, folder)
import {HANDLERS[function]}
ours = [name for name in sys.modules if name.split(".")[0] not in {{*sys.stdlib_module_names, "__main__"}}]
print(json.dumps([ours, read]))
"""
    modules, data = json.loads(_printed(code).splitlines()[-1])
    return Start(frozenset(modules), data)


def test_a_start_imports_no_more_modules_than_it_did(function: str) -> None:
    assert len(started(function).modules) <= MODULES_MOST[function]


def test_a_start_imports_nothing_that_only_some_requests_need(function: str) -> None:
    assert started(function).modules & NOT_AT_START == set()


def test_a_start_reads_little_data(function: str) -> None:
    data = started(function).data
    assert sum(data.values()) <= DATA_MOST, data


def test_a_start_compiles_no_regular_expression(function: str) -> None:
    if function == "Console":  # which has none of its own, and nothing of ours
        return
    code = f"""
import re, sys
sys.path.insert(0, {str(ARTIFACT / function)!r})
make, made = re._compiler._code, []
def note(pattern, flags):
    made.append(str(pattern))
    return make(pattern, flags)
re._compiler._code = note
import {HANDLERS[function]}
print(made)
"""
    assert _printed(code) == "[]"


def test_the_build_compiled_patterns_as_this_python_does(function: str) -> None:
    if function == "Console":
        return
    code = f"""
import re, sys
sys.path.insert(0, {str(ARTIFACT / function)!r})
from gate24 import compiled_patterns, patterns_of_the_build as build
anew = re._compiler.compile
compiled_patterns.use()
taken = re._compiler.compile
assert taken is not anew
for pattern, flags in build.PATTERNS:
    one, other = taken(pattern, flags), anew(pattern, flags)
    assert one == other and (one.groups, one.groupindex) == (other.groups, other.groupindex), pattern
print(len(build.PATTERNS) > 100)
"""
    assert _printed(code) == "True"


def _printed(code: str) -> str:
    environment = {"TABLE_NAME": "table", "AWS_DEFAULT_REGION": "ap-south-1", "POWERTOOLS_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-I", "-S", "-B", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_the_artifact_stays_small(function: str) -> None:
    files = [path for path in (ARTIFACT / function).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= BYTES_MOST


def flags_of(source: Path) -> int | None:
    """The flags of the module's bytecode, None where there is none."""
    compiled = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
    if not compiled.exists():
        return None
    flags: int = struct.unpack("<I", compiled.read_bytes()[4:8])[0]
    return flags
