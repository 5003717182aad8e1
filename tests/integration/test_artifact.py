"""What ``make build`` puts into ``.aws-sam/build``: that, and not this machine's libraries, runs in Lambda."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
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
    "FetchMedia": "fetch_media.handler",
    "Authorizer": "authorizer.handler",
    "Console": "handler",
}

UNCHECKED_HASH = 0b01
"""Flags of a .pyc that is valid whatever its source's time (PEP 552)."""


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


def flags_of(source: Path) -> int | None:
    """The flags of the module's bytecode, None where there is none."""
    compiled = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
    if not compiled.exists():
        return None
    flags: int = struct.unpack("<I", compiled.read_bytes()[4:8])[0]
    return flags
