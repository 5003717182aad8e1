"""``GET /healthz``: what it tells without a key, and what it finds wrong with one."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from gate24.store import api_keys, aws, key_fingerprint, organizations, table
from gate24.store import secrets as channel_secrets
from gate24.store.table import StoreError
from gate24.version import VERSION
from infra.admin import channel_checks
from infra.admin.stack_checks import Health
from tests.support.administration import InProcess
from tests.support.scene import change_channel, put_channel_secrets
from tests.support.system import APP_SECRET, GUPSHUP, META, ORG, OTHER, TOKEN, System


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


def missing(gate24: System) -> dict[tuple[str, str], list[str]]:
    """What programs are told, beside the sentences."""
    checks = gate24.http("GET", "/healthz").json["checks"]
    return {(each["name"], each["channel"]): each["missing"] for each in checks if "missing" in each}


def test_settings_that_cannot_work_are_named(gate24: System) -> None:
    change_channel(GUPSHUP, app=None)
    change_channel(META, rate_card="of-another-year")
    assert failing(gate24).keys() == {("settings", GUPSHUP), ("settings", META)}
    assert missing(gate24) == {("settings", GUPSHUP): ["app"], ("settings", META): ["rate_card"]}
    change_channel(META, phone_number_id=None)
    assert missing(gate24)["settings", META] == ["phone_number_id"]


def test_what_is_missing_is_a_list_and_nothing_where_it_is_another_fault(gate24: System) -> None:
    assert missing(gate24) == {}
    put_channel_secrets(GUPSHUP, webhook_tokens=[])
    put_channel_secrets(META, api_key="bsp-key")
    names = {("secrets", GUPSHUP): ["api_key", "webhook_tokens"], ("secrets", META): ["app_secrets", "verify_tokens"]}
    assert missing(gate24) == names
    boto3.client("secretsmanager").put_secret_value(SecretId=f"channels/{GUPSHUP}", SecretString="[")
    channel_secrets.forget()
    assert ("secrets", GUPSHUP) not in missing(gate24)


@pytest.mark.parametrize("lacks", [["webhook_tokens"], ["api_key", "webhook_tokens"]])
def test_doctor_knows_what_is_missing_whatever_the_words(gate24: System, lacks: list[str]) -> None:
    channel = organizations.channel_now(GUPSHUP)
    assert channel is not None
    wrong = {"ok": False, "channel": GUPSHUP, "problem": "in other words"}
    checks: list[dict[str, object]] = [{"name": "secrets", **wrong, "missing": lacks}]
    checks.append({"name": "settings", **wrong, "missing": ["app", "rate_card", "of a later version"]})
    here: Any = InProcess(None, gate24)
    health = Health(here, ORG, checks)
    names = [each.replace("_", "-").removesuffix("s") for each in lacks]
    found = channel_checks.secrets(channel, health, "")
    assert found.message == f"It has no {', no '.join(sorted(names))}."
    assert found.what_to_do == "; ".join(f"./gate24 secret set {GUPSHUP} {name}" for name in sorted(names))
    options = channel_checks.settings(channel, health, "").what_to_do
    assert options == "; ".join(f"./gate24 channel set {GUPSHUP} {each}" for each in ("--app NAME", "--rate-card CARD"))


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
