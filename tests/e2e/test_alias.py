"""Whoever invokes a function invokes its alias: a new version serves when the alias points to it, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from stack.deploy import client
from stack.settings import Settings
from tests.support.live import TEXT, Live, new_phone, until

PREFIX = "gate24-local-"


@pytest.fixture
def broken_since() -> Iterator[list[str]]:
    """Every function of the stack, each changed since its version was published so that what was not cannot run."""
    lambda_ = client("lambda", Settings.from_env())
    found = [each for each in lambda_.list_functions()["Functions"] if each["FunctionName"].startswith(PREFIX)]
    handlers = {each["FunctionName"]: each["Handler"] for each in found}
    try:
        for name in handlers:
            lambda_.update_function_configuration(FunctionName=name, Handler="nothing.here")
        yield list(handlers)
    finally:
        for name, handler in handlers.items():
            lambda_.update_function_configuration(FunctionName=name, Handler=handler)


def test_a_function_that_was_changed_and_not_published_reaches_nobody(
    stack: dict[str, Any], broken_since: list[str]
) -> None:
    lambda_ = client("lambda", Settings.from_env())
    for name in broken_since:
        assert "FunctionError" in lambda_.invoke(FunctionName=name, Payload=b"{}")

    live, phone = Live(stack), new_phone()
    live.inbound(phone)
    assert live.send(phone, TEXT).status_code == 202
    assert until(lambda: len(live.conversation(phone)) == 2)
    assert requests.get(stack["console_url"], timeout=60).status_code == 200
    today = datetime.now(UTC).date().isoformat()
    assert live.rollup(organization=live.organization["id"], **{"from": today, "to": today})


def test_queues_and_schedules_invoke_the_alias() -> None:
    settings = Settings.from_env()
    mappings = client("lambda", settings).list_event_source_mappings()["EventSourceMappings"]
    scheduler = client("scheduler", settings)
    schedules = [scheduler.get_schedule(Name=each["Name"]) for each in scheduler.list_schedules()["Schedules"]]
    invoked = [each["FunctionArn"] for each in mappings] + [each["Target"]["Arn"] for each in schedules]
    assert invoked
    assert [arn for arn in invoked if f":{PREFIX}" in arn and not arn.endswith(":live")] == []
