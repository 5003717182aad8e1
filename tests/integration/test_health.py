"""``GET /healthz``: what it tells without a key, and what it finds wrong with one."""

import json

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from gate24.store import api_keys, aws, key_fingerprint, table
from gate24.store.table import StoreError
from gate24.version import VERSION
from tests.support.scene import change_channel, put_channel_secrets
from tests.support.system import APP_SECRET, GUPSHUP, META, OTHER, TOKEN, System


def failing(gate24: System) -> dict[tuple[str, str | None], str]:
    """The checks that are not ok, by name and channel, with their words."""
    answer = gate24.http("GET", "/healthz")
    found = {(each["name"], each.get("channel")): each["problem"] for each in answer.json["checks"] if not each["ok"]}
    assert (answer.status, answer.json["status"]) == (200, "failing" if found else "ok")
    assert not [secret for secret in ("bsp-key", TOKEN, APP_SECRET, "key-learning") if secret in answer.text]
    return found


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer a-guess"}, {"authorization": "Basic key-learning"}])
def test_without_a_valid_key_only_the_version_is_told(gate24: System, headers: dict[str, str]) -> None:
    answer = gate24.http("GET", "/healthz", headers=headers, key=None)
    assert (answer.status, answer.json) == (200, {"status": "ok", "version": VERSION})


@pytest.mark.parametrize("key", ["learning", "reader"])
def test_with_a_key_everything_of_its_organization_is_checked_and_of_no_other(gate24: System, key: str) -> None:
    told = gate24.http("GET", "/healthz", key=key).json
    assert told["status"] == "ok" and all(each["ok"] for each in told["checks"])
    assert [(each["name"], each.get("channel")) for each in told["checks"]] == [
        *((name, None) for name in ("table", "contact_key", "queue")),
        *((name, channel) for channel in (GUPSHUP, META) for name in ("secrets", "settings")),
    ]
    assert OTHER not in json.dumps(told)


def test_secrets_that_are_missing_or_malformed_are_named(gate24: System) -> None:
    put_channel_secrets(GUPSHUP, api_key="bsp-key", webhook_tokens=[])
    put_channel_secrets(META, app_secrets=[APP_SECRET])
    found = failing(gate24)
    assert found.keys() == {("secrets", GUPSHUP), ("secrets", META)}
    assert "lack webhook_tokens" in found["secrets", GUPSHUP]
    assert "lack api_key, verify_tokens" in found["secrets", META]
    boto3.client("secretsmanager").put_secret_value(SecretId=f"channels/{GUPSHUP}", SecretString="[")
    from gate24.store import secrets

    secrets.forget()
    assert "no JSON object" in failing(gate24)["secrets", GUPSHUP]


def test_settings_that_cannot_work_are_named(gate24: System) -> None:
    change_channel(GUPSHUP, app=None)
    change_channel(META, rate_card="of-another-year")
    assert failing(gate24).keys() == {("settings", GUPSHUP), ("settings", META)}


def test_a_queue_that_cannot_be_reached_is_told(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs.example.org")

    monkeypatch.setattr("gate24.store.retry_queue.sqs", unreachable)
    assert failing(gate24).keys() == {("queue", None)}


def test_a_wrong_contact_key_is_told(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    key_fingerprint.check(b"another-key")
    monkeypatch.setattr(table._Shared, "contact_key", aws._contact_key)
    assert "not the key that the table was written with" in failing(gate24)["contact_key", None]


def test_where_the_table_cannot_be_read_that_is_all_that_is_told(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: str) -> None:
        raise StoreError("GetItem", "ReadTimeoutError")

    monkeypatch.setattr(api_keys, "holder", fails)
    assert failing(gate24).keys() == {("table", None)}
