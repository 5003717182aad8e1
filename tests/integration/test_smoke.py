"""The smoke test after a deployment: what it finds, and that it sends and stores nothing."""

import json
from typing import Any

import pytest

from infra.operator import smoke
from infra.operator.api import Answer
from tests.support.scene import change_channel, put_channel_secrets
from tests.support.system import GUPSHUP, System


class InProcess:
    """The API without a network; ``headers`` as ``Api`` has them."""

    gate24: System
    url = ""

    def __init__(self, url: str = "", headers: dict[str, str] | None = None) -> None:
        self.headers, self.key = headers, None if headers else "learning"

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        answer = self.gate24.http(method, path, body, self.headers, self.key)
        return Answer(answer.status, json.loads(answer.text) if answer.text else {})


@pytest.fixture
def deployed(gate24: System, monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setattr(InProcess, "gate24", gate24, raising=False)
    monkeypatch.setattr(smoke, "Api", InProcess)
    monkeypatch.setattr(smoke, "gate24_api", lambda _: InProcess())
    return gate24


def test_a_stack_that_works_passes_and_nothing_is_sent_or_stored(
    deployed: System, capsys: pytest.CaptureFixture[str]
) -> None:
    before = deployed.items()
    assert smoke.main([]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ok", "FAILED"))]
    assert [line.split()[:2] for line in lines] == [
        ["ok", f"{name}:"] for name in ("health", "webhook", "check", "costs")
    ]
    assert deployed.items() == before
    assert deployed.simulator is not None and deployed.simulator.requests.oldest_first() == []


def test_what_is_wrong_is_named_and_the_rest_is_tried_all_the_same(
    deployed: System, capsys: pytest.CaptureFixture[str]
) -> None:
    put_channel_secrets(GUPSHUP, api_key="bsp-key")
    change_channel(GUPSHUP, app=None)
    assert smoke.main([]) == 1
    said = capsys.readouterr().out
    assert "FAILED  health: secrets learning-gupshup lack webhook_tokens" in said
    assert "ok      costs" in said


def test_a_webhook_that_takes_anything_fails(
    deployed: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gate24.usecases.receive_webhook._comes_from", lambda *_: True)
    assert smoke.main([]) == 1
    assert "answered 200 to a wrong secret, not 401" in capsys.readouterr().out


def test_a_key_of_another_stack_fails(
    deployed: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(smoke, "gate24_api", lambda _: InProcess(headers={"authorization": "Bearer a-guess"}))
    assert smoke.main([]) == 1
    assert "FAILED  health: the API key is not valid on this stack" in capsys.readouterr().out
