"""``./gate24`` in the test's own process, on the test's own system."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest

from gate24.store import organizations
from infra.admin import cli, command
from infra.admin.simulator import Simulator
from infra.operator.api import Answer
from tests.support.system import CONTEXT, System, handler


@contextmanager
def administered(gate24: System, simulator: Simulator | None = None) -> Iterator[System]:
    """The command works on this system meanwhile."""
    with patch.object(command, "deployment", lambda stack: InProcess(stack, gate24, simulator)):
        yield gate24


@dataclass
class InProcess:
    """The functions of the test's system, as a deployment."""

    stack: str | None
    gate24: System
    simulator: Simulator | None = None
    inbound_webhook: str = "inbound_webhook"
    cost_rollup: str = "cost_rollup"
    api_url: str = "https://gate24.example.org"
    channel_secrets_prefix: str = "channels/"
    contact_key_secret: str = "contact-key"
    region: str | None = None
    user_pool: str = ""

    def connect(self) -> None:
        organizations.forget()

    def connect_contacts(self) -> None:
        """The test's system is connected with them."""

    def invoke(self, function: str, event: dict[str, Any], seconds: int = 60) -> Any:
        return handler(function)(json.loads(json.dumps(event)), CONTEXT)

    def api(self, key: str) -> Any:
        return ApiInProcess(self.gate24, key)


@dataclass
class ApiInProcess:
    """The API without a network."""

    gate24: System
    key: str

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        answer = self.gate24.http(method, path, body, key=self.key)
        return Answer(answer.status, json.loads(answer.text) if answer.text else {})


class Printed:
    """What a run of the command left."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        try:
            self.status = cli.main(arguments)
        except SystemExit as left:
            self.status = int(left.code or 0)
        out, self.err = capsys.readouterr()
        # In a test the function's log and counts come to the same place.
        self.out = "".join(line for line in out.splitlines(keepends=True) if not line.startswith('{"'))

    @property
    def json(self) -> Any:
        return json.loads(self.out)
