"""Who did what stands on messages, consents and blocks, on each way that a message can take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gate24.providers import forward
from gate24.store import messages
from gate24.store.table import StoreError
from gate24.usecases.make_api_key import create_api_key
from tests.support import bodies
from tests.support import system as systems
from tests.support.memory_table import memory_table
from tests.support.scene import (
    DIGITS,
    HOUR,
    SECOND,
    accepted_send,
    contact_opted_in,
    contact_opted_out,
    contact_wrote,
    now,
    parked_records,
    post_webhook,
    retry_parked,
    script_bsp,
)
from tests.support.stream import Listener, listening
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, PHONE, TEMPLATE, TEXT, System, put_template, system

pytestmark = pytest.mark.in_memory

ADDRESS = f"/v1/contacts/{quote(PHONE)}"
KEY = {"kind": "key", "name": "tests"}
ASHA = {"kind": "member", "name": "Asha"}
CONTACT = {"kind": "contact", "name": "Asha"}
PROVIDER = {"kind": "provider", "name": None}


@contextmanager
def member(name: str = "Asha") -> Iterator[None]:
    """Whoever calls meanwhile is a member of the staff, as the authorizer says it."""
    named = systems.handler

    def instead(function: str) -> Callable[[Any, Any], Any]:
        entry: Callable[[Any, Any], Any] = named(function)
        if function != "authorizer":
            return entry
        more = {"actor": name, "actor_kind": "member", "role": "admin"}
        return lambda event, context: (said := entry(event, context)) | {"context": said["context"] | more}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systems, "handler", instead)
        yield


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    with system(tmp_path) as made, listening(made) as found:
        yield found


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "ATTEMPTS", 1)


def newest(gate24: System) -> dict[str, Any]:
    found = gate24.conversation()[0]
    assert gate24.http("GET", f"/v1/messages/{found['id']}").json["author"] == found["author"]
    return found


def history(gate24: System) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gate24.http("GET", f"{ADDRESS}/consents").json["data"]
    return found


# Messages


def test_what_a_contact_wrote_is_the_contacts(listener: Listener) -> None:
    contact_wrote(listener.gate24)
    assert newest(listener.gate24)["author"] == CONTACT
    (told,) = [each for each in listener.listen() if each["type"] == "message.received"]
    assert told["data"]["message"]["author"] == CONTACT


def test_of_whoever_gives_no_name_there_is_none(gate24: System) -> None:
    body = bodies.gupshup_text("Hello", "w.1", DIGITS, now())
    del body["payload"]["sender"]["name"]
    post_webhook(gate24, GUPSHUP, body)
    assert newest(gate24)["author"] == {"kind": "contact", "name": None}


def test_a_send_is_the_keys_or_the_members(listener: Listener) -> None:
    gate24 = listener.gate24
    contact_wrote(gate24)
    assert gate24.send(TEXT).status == 202
    assert newest(gate24)["author"] == KEY
    with member():
        assert gate24.send(TEXT).status == 202
    assert newest(gate24)["author"] == ASHA
    told = [each["data"]["message"]["author"] for each in listener.listen() if each["type"] == "message.status"]
    assert told == [KEY, ASHA]


def test_software_that_speaks_the_providers_words_is_its_key(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    body = {"messaging_product": "whatsapp", "to": DIGITS, "type": "text", "text": {"body": "Hello"}}
    assert gate24.http("POST", f"/graph/v23.0/{META_NUMBER}/messages", body).status == 200
    assert newest(gate24)["author"] == KEY


def test_who_repeats_a_request_does_not_become_its_author(gate24: System) -> None:
    contact_wrote(gate24)
    with member():
        first = gate24.send(TEXT, "once")
    with member("Ravi"):
        again = gate24.send(TEXT, "once")
    assert (again.headers["idempotency-replayed"], again.text) == ("true", first.text)
    assert newest(gate24)["author"] == ASHA


def test_whoever_goes_on_with_a_message_that_was_not_taken_has_sent_it(gate24: System) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429)
    with member():
        assert gate24.send(TEXT, "busy").status == 429
    assert newest(gate24)["author"] == ASHA
    with member("Ravi"):
        assert gate24.send(TEXT, "busy").status == 202
    assert newest(gate24)["author"] == ASHA | {"name": "Ravi"}
    assert len(gate24.conversation()) == 2


def test_a_fallback_has_its_author(gate24: System) -> None:
    put_template(gate24, GUPSHUP)
    contact_opted_in(gate24)
    with member():
        assert gate24.send(TEXT | {"fallback": {"template": TEMPLATE["template"]}}).json["sent_as"] == "template"
    found = newest(gate24)
    assert (found["type"], found["author"]) == ("template", ASHA)


def test_a_fallback_after_the_bsps_own_refusal_has_its_author(gate24: System) -> None:
    put_template(gate24, GUPSHUP)
    contact_wrote(gate24)
    contact_opted_in(gate24)
    says = {"status": "error", "code": 470, "message": "More than 24 hours have passed"}
    script_bsp(gate24, outcome="reject", status=400, body=says)
    with member():
        assert gate24.send(TEXT | {"fallback": {"template": TEMPLATE["template"]}}).json["sent_as"] == "template"
    assert (newest(gate24)["type"], newest(gate24)["author"]) == ("template", ASHA)


def test_a_refusal_says_who_was_refused(listener: Listener) -> None:
    gate24 = listener.gate24
    with member():
        assert gate24.send(TEXT).status == 403
    assert (newest(gate24)["status"], newest(gate24)["author"]) == ("refused", ASHA)
    (told,) = [each for each in listener.listen() if each["type"] == "message.refused"]
    assert told["data"]["message"]["author"] == ASHA


def test_an_outcome_that_is_written_later_leaves_the_author(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    contact_wrote(gate24)

    def fails(*_: Any) -> None:
        raise StoreError("UpdateItem", "InternalServerError")

    with member(), monkeypatch.context() as patch:
        patch.setattr(messages, "settle", fails)
        assert gate24.send(TEXT).status == 202
    assert retry_parked(parked_records(gate24)) == []
    assert (newest(gate24)["status"], newest(gate24)["author"]) == ("accepted", ASHA)


def test_what_was_sent_around_gate24_is_the_providers(gate24: System) -> None:
    contact_wrote(gate24, ago=HOUR)
    post_webhook(gate24, GUPSHUP, bodies.gupshup_status("enqueued", "gs-x", "wamid.x", DIGITS, now() - 2 * SECOND))
    assert (newest(gate24)["sent_around"], newest(gate24)["author"]) == (True, PROVIDER)
    app = bodies.echo("app", DIGITS, now(), "From the app", "smb_message_echoes", META_NUMBER)
    post_webhook(gate24, META, app)
    assert (newest(gate24)["text"], newest(gate24)["author"]) == ("From the app", PROVIDER)


def test_a_message_of_an_earlier_version_is_a_keys_without_a_name(gate24: System) -> None:
    contact_wrote(gate24)
    accepted_send(gate24)
    for item in gate24.items():
        if item.pop("au", None):
            gate24.dynamodb.put_item(TableName=gate24.table, Item=item)
    assert newest(gate24)["author"] == {"kind": "key", "name": None}


def test_an_erasure_leaves_the_name_of_an_author_in_the_costs_alone(gate24: System) -> None:
    """What a day cost by member stays the sum of its ledger; nothing there is of the person who was erased."""
    contact_wrote(gate24)
    with member("Venkatanarasimha"):
        assert gate24.send(TEXT).status == 202
        assert gate24.http("PUT", f"{ADDRESS}/block", {}).status == 200
    assert "Venkatanarasimha" in str(gate24.items())
    assert gate24.http("DELETE", ADDRESS).status == 204
    kept = [item for item in gate24.items() if "Venkatanarasimha" in str(item)]
    assert len(kept) == 1 and kept[0]["pk"]["S"].startswith("E#")
    assert "Venkatanarasimha" in kept[0].pop("l")["S"]
    assert "Venkatanarasimha" not in str(kept)


def test_an_export_says_who(gate24: System) -> None:
    contact_wrote(gate24)
    with member():
        assert gate24.send(TEXT).status == 202
        assert gate24.http("POST", f"{ADDRESS}/consents", {"action": "opt_in", "source": "form"}).status == 201
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    lines = gate24.http("GET", f"/v1/admin/organizations/{ORG}/export", key=key).json["data"]
    said = [(line["kind"], line["data"]["author"]) for line in lines if line["kind"] in ("consent", "message")]
    assert said == [("consent", ASHA), ("message", ASHA), ("message", CONTACT)]


# Consents and blocks


def test_a_consent_says_who_recorded_it(gate24: System) -> None:
    consent = {"action": "opt_in", "source": "paper form"}
    answer = gate24.http("POST", f"{ADDRESS}/consents", consent)
    assert (answer.json["author"], answer.json["actor"]) == (KEY, "tests")
    with member():
        answer = gate24.http("POST", f"{ADDRESS}/consents", consent | {"action": "opt_out"})
    assert (answer.json["author"], answer.json["actor"]) == (ASHA, "Asha")
    assert [each["author"] for each in history(gate24)] == [ASHA, KEY]


def test_a_block_says_who_blocked(gate24: System) -> None:
    contact_wrote(gate24)
    with member():
        blocked = gate24.http("PUT", f"{ADDRESS}/block", {"reason": "Abusive"}).json
    unblocked = gate24.http("DELETE", f"{ADDRESS}/block").json
    assert (blocked["blocked"], blocked["author"]) == (True, ASHA)
    assert (unblocked["blocked"], unblocked["author"]) == (False, KEY)
    assert "author" not in gate24.contact()
    assert [(each["action"], each["source"], each["author"]) for each in history(gate24)] == [
        ("unblock", "api", KEY),
        ("block", "api", ASHA),
    ]


def test_what_the_contact_or_the_provider_said_is_theirs(gate24: System) -> None:
    contact_wrote(gate24, ago=2 * HOUR)
    contact_opted_in(gate24, ago=HOUR)
    contact_opted_out(gate24, ago=HOUR // 2)
    post_webhook(gate24, GUPSHUP, bodies.gupshup_text("STOP", "w.stop", DIGITS, now()))
    assert {json.dumps(each["author"]) for each in history(gate24)} == {json.dumps(CONTACT)}


def test_a_key_that_is_called_contact_is_a_key_all_the_same(gate24: System) -> None:
    with member("contact"):
        gate24.http("POST", f"{ADDRESS}/consents", {"action": "opt_in", "source": "form"})
    assert history(gate24)[0]["author"] == {"kind": "member", "name": "contact"}


def test_an_entry_of_an_earlier_version_has_what_its_actor_tells(gate24: System) -> None:
    contact_wrote(gate24)
    gate24.http("PUT", f"{ADDRESS}/block", {})
    for item in gate24.items():
        if item.pop("sf", None):
            gate24.dynamodb.put_item(TableName=gate24.table, Item=item)
    assert history(gate24)[0]["author"] == KEY


def test_a_name_as_long_as_can_be_costs_a_send_no_unit_more(tmp_path: Path) -> None:
    with system(tmp_path) as gate24, memory_table(gate24.dynamodb) as held:
        contact_wrote(gate24)
        spent = []
        for name in ("A", "A" * 200):
            before = held.usage
            with member(name):
                assert gate24.send(TEXT).status == 202
            spent.append(held.usage.since(before).write_units)
        assert spent[0] == spent[1]
        assert newest(gate24)["author"]["name"] == "A" * 80
