"""What ``make start`` leaves behind: a stack that is what it says, and that does not get in another's way."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from stack.deploy import client
from stack.settings import Settings

KEYS = {"api_url", "console_url", "bsp_url", "aws_endpoint", "region", "tables", "functions", "organizations"}


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_another(folder: Path, **ports: str) -> subprocess.CompletedProcess[str]:
    """Try to start a second stack with its state in ``folder``."""
    environment = os.environ | {"GATE24_STATE_DIR": str(folder), "DETACH": "1"} | ports
    command = [sys.executable, "-m", "stack.start"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_the_description_has_the_contracts_keys(stack: dict[str, Any]) -> None:
    assert stack.keys() >= KEYS
    assert stack["functions"].keys() >= {"inbound_webhook", "send_gate", "cost_rollup"}


def test_the_table_expires_its_items_by_ttl(stack: dict[str, Any]) -> None:
    dynamodb = client("dynamodb", Settings.from_env())
    ttl = dynamodb.describe_time_to_live(TableName=stack["tables"]["Table"])["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/console", 200), ("/v1/contacts", 401)])
def test_the_api_answers_over_plain_http(stack: dict[str, Any], path: str, status: int) -> None:
    assert status_of(stack["api_url"] + path) == status


@pytest.mark.parametrize("taken", ["GATE24_AWS_PORT", "GATE24_BSP_PORT", "GATE24_OIDC_PORT"])
def test_a_taken_port_is_named_with_the_way_to_choose_another(
    stack: dict[str, Any], tmp_path: Path, taken: str
) -> None:
    settings = Settings.from_env()
    ports = {"GATE24_AWS_PORT": settings.aws_port, "GATE24_BSP_PORT": settings.bsp_port}
    ports["GATE24_OIDC_PORT"] = settings.oidc_port
    other = {name: str(port if name == taken else free_port()) for name, port in ports.items()}

    refused = start_another(tmp_path, **other)

    assert refused.returncode == 1
    assert f"Port {ports[taken]} is taken" in refused.stderr
    assert f"{taken}=" in refused.stderr


def test_a_stack_that_runs_is_not_started_again(stack: dict[str, Any]) -> None:
    refused = start_another(Settings.from_env().folder)
    assert refused.returncode == 1
    assert "make stop" in refused.stderr
