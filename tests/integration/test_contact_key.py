"""A table remembers the key that its contacts are stored under: with another one nothing is answered and nothing is
stored, for nobody who opted out may be taken for somebody unknown."""

import json
from collections.abc import Iterator

import boto3
import pytest

from gate24.store import aws, key_fingerprint, organizations, table
from tests.support.bodies import gupshup_text
from tests.support.scene import (
    contact_opted_out,
    now,
    parked_records,
    retry_parked,
)
from tests.support.system import PHONE, TEXT, System, system

RIGHT = "contact-key-of-the-tests"


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("key"), simulate=False) as made:
        yield made


def cold(gate24: System, key: str = RIGHT) -> None:
    """A process that starts anew, with this secret."""
    boto3.client("secretsmanager").put_secret_value(SecretId="contact-key", SecretString=key)
    organizations.forget()
    key_fingerprint.forget()
    table._Shared.connection = None
    aws.connect_store()


def calls_of_a_start(gate24: System) -> list[str]:
    names: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(table._Shared, "contact_key", aws._contact_key)
        events = table.connection().connection.client.meta.events
        note = lambda model, **_: names.append(model.name)  # noqa: E731
        events.register("before-call.dynamodb", note)
        table.contact_key()
        events.unregister("before-call.dynamodb", note)
    return names


def opted_out(gate24: System) -> None:
    contact_opted_out(gate24)
    assert gate24.check(TEXT).json["code"] == "opted_out"


def test_the_first_key_of_a_table_is_kept_and_costs_one_read_a_start_afterwards(bare: System) -> None:
    assert calls_of_a_start(bare) == ["GetItem", "PutItem"]
    assert calls_of_a_start(bare) == ["GetItem"]
    (item,) = [each for each in bare.items() if each["pk"]["S"] == key_fingerprint.PK]
    assert "ttl" not in item and RIGHT not in json.dumps(item)


def test_with_another_key_nothing_is_answered_and_nobody_is_taken_for_unknown(
    bare: System, caplog: pytest.LogCaptureFixture
) -> None:
    cold(bare)
    opted_out(bare)
    caplog.clear()
    cold(bare, "another-key")
    today = "from=2026-11-01&to=2026-11-02"
    for answer in (
        bare.check(TEXT),
        bare.send(TEXT),
        bare.http("GET", f"/v1/contacts/{PHONE}"),
        bare.http("POST", f"/v1/contacts/{PHONE}/consents", {"action": "opt_in", "source": "form"}),
        bare.http("DELETE", f"/v1/contacts/{PHONE}"),
        bare.http("GET", "/v1/contacts"),
        bare.http("GET", f"/v1/costs/daily?{today}"),
    ):
        assert (answer.status, answer.json["code"]) == (503, "unavailable")
    (said,) = [each for each in caplog.records if each.message == "contact_key_wrong"]
    assert "see Backups" in said.__dict__["what_to_do"]
    cold(bare)
    assert bare.check(TEXT).json["code"] == "opted_out"


def test_with_another_key_webhooks_wait_for_the_right_one(bare: System) -> None:
    cold(bare)
    before = len(bare.items())
    cold(bare, "another-key")
    assert bare.webhook(gupshup_text("STOP", "w.stop", PHONE, now())).status == 200
    records = parked_records(bare)
    assert len(records) == 1 and retry_parked(records) == [records[0]["messageId"]]
    assert len(bare.items()) == before
    cold(bare)
    assert retry_parked(records) == []
    assert [each["text"] for each in bare.conversation()] == ["STOP"]


def test_a_wrong_key_is_not_read_again_by_every_request_and_the_mended_one_is_taken_without_a_new_start(
    bare: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = [1000.0]
    monkeypatch.setattr(key_fingerprint, "monotonic", lambda: time[0])
    cold(bare)
    opted_out(bare)
    cold(bare, "another-key")
    boto3.client("secretsmanager").put_secret_value(SecretId="contact-key", SecretString=RIGHT)
    assert bare.check(TEXT).status == 503
    time[0] += key_fingerprint.PAUSE_SECONDS
    assert bare.check(TEXT).json["code"] == "opted_out"


def test_of_two_functions_that_start_first_at_once_one_key_holds(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    from gate24.store import documents

    key_fingerprint.check(b"one")
    monkeypatch.setattr(documents, "read", lambda *_, **__: None)  # read before the other wrote
    key_fingerprint.check(b"one")
    with pytest.raises(key_fingerprint.WrongContactKey):
        key_fingerprint.check(b"other")
