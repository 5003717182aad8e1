"""What begins from a snapshot of Lambda SnapStart is as right as what began by itself."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from gate24 import snapshot
from gate24.providers import forward
from gate24.store import key_fingerprint, outage, table
from gate24.store.remembered import Remembered
from gate24.timed_cache import TimedCache
from tests.support import bodies, snapshots
from tests.support.scene import now
from tests.support.system import GUPSHUP, ORG, PHONE, TEXT, System

KEY = "contact-key-of-the-tests"


def check() -> dict[str, Any]:
    """A decision, asked of the gate as API Gateway asks."""
    context = {"organization_id": ORG, "actor": "tests", "key_id": "key", "scopes": "admin read send"}
    return {
        "version": "2.0",
        "routeKey": "POST /v1/messages/check",
        "rawPath": "/v1/messages/check",
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/messages/check"},
            "requestId": "request-1",
            "domainName": "api.example.org",
            "authorizer": {"lambda": context},
        },
        "body": json.dumps({"to": PHONE, "channel": GUPSHUP, **TEXT}),
        "isBase64Encoded": False,
    }


def decided_here(gate24: System) -> Any:
    """A person writes, and what the gate decides from then on."""
    assert gate24.webhook(bodies.gupshup_text(phone=PHONE, at=now())).status == 200
    answer = gate24.check(TEXT)
    assert (answer.status, answer.json["decision"]) == (200, "allow")
    return decided({"body": answer.text})


def decided(answer: dict[str, Any]) -> Any:
    """The decision, but for what depends on when it was made."""
    found = json.loads(answer["body"])
    return found["decision"], found["sent_as"], found["window"]["expires_at"]


def let_connections_end(taken: snapshots.Snapshot) -> None:
    """A snapshot leaves the other side of a connection alone. Fails where one stays."""
    until = time.monotonic() + 10
    while taken.open_connections and time.monotonic() < until:
        time.sleep(0.02)
    assert not taken.open_connections


@pytest.mark.parametrize("hooks", [True, False], ids=["hooks", "no library for hooks"])
def test_a_decision_after_a_restore_is_right(gate24: System, tmp_path: Path, hooks: bool) -> None:
    expected = decided_here(gate24)
    with snapshots.snapshot("send_gate.handler.lambda_handler", tmp_path / "log", hooks) as taken:
        assert {each.operation for each in taken.made} >= {"GetSecretValue"}
        let_connections_end(taken)
        before = len(taken.made)
        taken.restore()
        answered = taken.invoke(check())
        after = taken.made[before:]
        again = taken.invoke(check())
    assert decided(answered) == decided(again) == expected
    assert {each.access_key for each in taken.made[:before]} == {"ASIABEFORE"}
    assert {each.access_key for each in after} == {"ASIAAFTER"}, "the snapshot's credentials have ended"
    assert [each.operation for each in after].count("GetSecretValue") == 1, "the snapshot's contact key may be another"


def test_a_contact_key_that_was_wrong_at_the_snapshot_is_taken_once_it_is_mended(
    gate24: System, tmp_path: Path
) -> None:
    expected = decided_here(gate24)
    key_fingerprint.check(KEY.encode())
    put_secret("another key")
    with snapshots.snapshot("send_gate.handler.lambda_handler", tmp_path / "log") as taken:
        assert "contact_key_wrong" in (tmp_path / "log").read_text()
        put_secret(KEY)
        taken.restore()
        answered = taken.invoke(check())
    assert decided(answered) == expected


def put_secret(key: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="contact-key", SecretString=key)


def test_nothing_that_was_remembered_is_fresh_after_a_restore(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the snapshot lay: the monotonic clock stands still meanwhile."""
    remembered: Remembered[str] = Remembered(outage.TABLE, 60.0)
    cache: TimedCache[str] = TimedCache(60.0)
    remembered.put("a", "before")
    cache.put("a", "before")
    cleared: list[bool] = []
    table.connect(gate24.table, lambda: b"read", None)
    assert table.contact_key() == b"read"
    monkeypatch.setattr(table._Shared, "given_key", lambda: b"read anew")
    outage.TABLE.failed()
    outage.SECRETS.failed()
    monkeypatch.setattr(key_fingerprint._Process, "is_wrong", True)
    snapshot.not_kept(lambda: cleared.append(True))
    snapshot.restored()
    assert cleared == [True]
    assert remembered.get("a", lambda: "after") == "after"
    assert cache.held("a") is None
    assert table.contact_key() == b"read anew"
    assert not outage.TABLE.is_left_alone and not outage.SECRETS.is_left_alone
    assert not key_fingerprint.is_wrong()


@pytest.fixture
def same_seed() -> Iterator[int]:
    state = random.getstate()
    yield 24
    random.setstate(state)


def test_processes_of_one_snapshot_do_not_wait_in_step(same_seed: int) -> None:
    drawn = []
    for _ in range(3):
        random.seed(same_seed)
        snapshot.restored()
        drawn.append(random.random())
    assert len(set(drawn)) == 3


def test_no_connection_to_a_bsp_outlives_a_restore() -> None:
    forward._pool.connection_from_url("https://api.example.org")
    snapshot.restored()
    assert len(forward._pool.pools) == 0


def test_without_snapstart_nothing_is_forgotten_and_no_hook_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[bool] = []
    monkeypatch.setattr(snapshot, "forget", lambda: forgotten.append(True))
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    monkeypatch.setitem(__import__("sys").modules, "snapshot_restore_py", None)  # not even imported
    snapshot.prepare()
    assert forgotten == []
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    snapshot.prepare()
    assert forgotten == [True]
