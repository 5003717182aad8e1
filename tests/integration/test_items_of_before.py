"""A table written by an earlier version is read as that version read it, and goes on. The items were written by commit
391ecb6, with the keys of ``tests.support.system``; beside them stands what it answered."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gate24 import clock
from gate24.channels import DatedCard
from gate24.store import keys, organizations
from tests.support.bodies import gupshup_status, meta_status
from tests.support.scene import MINUTE, change_channel, contact_opted_in, contact_wrote, retry_parked, rolled_up
from tests.support.system import GUPSHUP, META, META_NUMBER, TEMPLATE, TEXT, System, put_template, system

WRITTEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "items" / "written_by_391ecb6.json").read_text())
TOLD = WRITTEN["answers"]
PEOPLE: dict[str, Any] = TOLD["people"]
ASHA = "919876543210"
PASSING = {"server_time", "seconds_left", "computed_at"}


@pytest.fixture
def old(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setattr(clock, "now_ms", lambda: WRITTEN["at"] + MINUTE)
    with system(tmp_path_factory.mktemp("before")) as made:
        assert made.simulator is not None
        for item in made.items():
            made.dynamodb.delete_item(TableName=made.table, Key={name: item[name] for name in ("pk", "sk")})
        text = json.dumps(WRITTEN["items"]).replace("http://bsp.example.org", made.simulator.url)
        for item in json.loads(text):
            raw = {name: {"B": b64decode(value["B"])} if "B" in value else value for name, value in item.items()}
            made.dynamodb.put_item(TableName=made.table, Item=raw)
        organizations.forget()
        yield made


def as_told(before: Any, now: Any) -> Any:
    """What is answered now, as far as it was answered before: fields may have been added, none may be missing."""
    if isinstance(before, dict) and isinstance(now, dict):
        return {name: as_told(value, now.get(name, "missing")) for name, value in before.items() if name not in PASSING}
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [as_told(*pair) for pair in zip(before, now, strict=True)]
    return now


def lasting(before: Any) -> Any:
    return as_told(before, before)


@pytest.mark.parametrize("phone", [phone for phone in PEOPLE if "contact" in PEOPLE[phone]])
def test_contacts_windows_consents_and_conversations_are_told_as_before(old: System, phone: str) -> None:
    before = PEOPLE[phone]
    assert as_told(before["contact"], old.contact(phone)) == lasting(before["contact"])
    assert as_told(before["messages"], old.conversation(phone)) == lasting(before["messages"])
    consents = old.http("GET", f"/v1/contacts/{phone}/consents").json["data"]
    assert as_told(before["consents"], consents) == lasting(before["consents"])


@pytest.mark.parametrize("phone", PEOPLE)
def test_decisions_are_those_of_before_of_people_who_were_erased_too(old: System, phone: str) -> None:
    for about, before in PEOPLE[phone]["decisions"].items():
        kind, channel = about.split()
        body = TEXT if kind == "freeform" else TEMPLATE
        now = old.check({"to": f"+{phone}", "channel": channel, **body}).json
        assert as_told(before, now) == lasting(before), about


def test_days_templates_and_unrecognized_events_are_told_as_before_and_reckoned_the_same(old: System) -> None:
    days = old.http("GET", "/v1/costs/daily?from=2026-11-24&to=2026-11-26").json["data"]
    assert as_told(TOLD["days"], days) == lasting(TOLD["days"])
    again = rolled_up(old, "2026-11-24", "2026-11-26")
    assert as_told(TOLD["days"], again) == lasting(TOLD["days"])
    for name in ("templates", "unrecognized"):
        assert as_told(TOLD[name], old.http("GET", f"/v1/{name}").json["data"]) == lasting(TOLD[name])


def test_requests_of_before_are_repeated_and_not_sent_again(old: System) -> None:
    story = TOLD["story"]
    for key, body in (("reply-1", TEXT), ("template-1", TEMPLATE)):
        before = story[key.removesuffix("-1")]
        answer = old.send(body | {"to": f"+{ASHA}"}, key)
        assert (answer.status, answer.headers["idempotency-replayed"]) == (202, "true")
        assert answer.json["id"] == before["id"]
    again = old.send(TEXT | {"to": f"+{ASHA}", "text": {"body": "Are you there?"}}, "unknown-1")
    assert (again.status, again.json["code"], again.json["id"]) == (504, "bsp_outcome_unknown", story["unknown"]["id"])
    refused = old.send(TEXT | {"to": "+919876543212"}, "late-1")
    assert (refused.status, refused.json["code"]) == (409, "window_closed")
    assert old.simulator is not None and old.simulator.requests.oldest_first() == []


def test_what_comes_later_finds_what_was_written_before(old: System) -> None:
    status = gupshup_status("read", TOLD["story"]["reply"]["bsp_message_id"], phone=ASHA, at=WRITTEN["at"] + MINUTE)
    assert old.webhook(status).status == 200
    reply = old.http("GET", f"/v1/messages/{TOLD['story']['reply']['id']}").json
    assert reply["status"] == "read"
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(WRITTEN["parked"])]
    assert retry_parked(records) == []
    assert [each["text"] for each in old.conversation("919876543216")] == ["Parked"]
    contact_wrote(old, "919876543212", MINUTE, text="I am back")
    assert old.check(TEXT | {"to": "+919876543212", "channel": GUPSHUP}).json["decision"] == "allow"
    assert old.http("DELETE", f"/v1/contacts/{ASHA}").status == 204
    assert old.http("GET", f"/v1/contacts/{ASHA}").status == 404


def test_what_was_delivered_before_an_entry_kept_that_costs_what_it_cost_then(tmp_path: Path) -> None:
    with system(tmp_path, in_memory=True) as made:
        put_template(made, META)
        change_channel(META, rate_cards=(DatedCard("meta-2026-10-01", "2026-10-01"),))
        contact_opted_in(made)
        sent = made.send({**TEMPLATE, "channel": META}).json
        about: dict[str, Any] = {"phone": ASHA, "at": clock.now_ms(), "phone_number_id": META_NUMBER}
        told = meta_status("delivered", sent["bsp_message_id"], **about)
        assert made.meta_webhook(told).status == 200
        [item] = [each for each in made.items() if "l" in each]
        entry = json.loads(item["l"]["S"])
        item["l"]["S"] = json.dumps({name: value for name, value in entry.items() if name in "ckuswgmybratpd"})
        made.dynamodb.put_item(TableName=made.table, Item=item)
        of = keys.day_of_partition(item["g"]["S"])
        [day] = rolled_up(made, of, of)
        assert day["fees"]["whatsapp"] == sent["cost"]["lines"][0]["amount"]
        assert day["undelivered"]["count"] == 0
        shown = made.http("GET", f"/v1/messages/{sent['id']}").json["cost"]
        assert shown["amount"] == day["total"]
