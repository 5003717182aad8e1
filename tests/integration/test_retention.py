"""The content of messages is kept for as long as the organization sets; what they cost stays.

Requirement: "messages, media facts and texts kept for as long as the organization sets (default: forever, said loudly),
costs untouched by it".
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gate24 import clock
from gate24.channels import Organization
from gate24.store import messages, organizations, retention, table
from gate24.store.table import StoreError
from gate24.usecases import forget_content
from tests.support import scene
from tests.support.bodies import gupshup_message, gupshup_text, meta_text
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.scene import (
    DIGITS,
    change_organization,
    contact_opted_in,
    daily_costs,
    new_number,
    post_webhook,
    run_rollup,
    scheduled_run,
    script_bsp,
    unknown_send,
)
from tests.support.system import (
    CONTEXT,
    GUPSHUP,
    META,
    META_NUMBER,
    ORG,
    OTHER,
    OTHER_ORG,
    TEMPLATE,
    TEXT,
    System,
    handler,
    system,
)

START = 1_790_000_000_000
DAY = 24 * 3_600_000
SECRET = "my knee hurts"
FILE = {"kind": "image", "url": "https://files.example.org/knee.png", "caption": SECRET, "size_bytes": 70_000}


class Clock:
    def __init__(self) -> None:
        self.now = START

    def pass_days(self, days: float) -> None:
        self.now += int(days * DAY)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Everybody's clock."""
    found = Clock()
    monkeypatch.setattr(clock, "now_ms", lambda: found.now)
    monkeypatch.setattr(scene, "now", lambda: found.now)
    return found


def run() -> dict[str, Any]:
    """The schedule's next run."""
    done: dict[str, Any] = handler("retention")({}, CONTEXT)
    return done


def says(gate24: System, time: Clock, text: str = SECRET, message_id: str = "wamid.in-1") -> None:
    post_webhook(gate24, GUPSHUP, gupshup_text(text, message_id, DIGITS, time.now))


def everything(gate24: System, time: Clock) -> None:
    """A conversation of every kind of content."""
    contact_opted_in(gate24)
    says(gate24, time)
    image = {"url": "https://files.example.org/1", "contentType": "image/jpeg", "caption": SECRET}
    place = {"latitude": "18.5204", "longitude": "73.8567", "name": SECRET}
    for kind, part in (("image", image), ("location", place)):
        time.now += 1000
        post_webhook(gate24, GUPSHUP, gupshup_message(kind, part, f"wamid.{kind}", DIGITS, time.now))
    for body in (
        TEXT | {"text": {"body": SECRET}, "tags": {"campaign": "november"}},
        {"type": "media", "media": FILE},
        TEMPLATE | {"template": TEMPLATE["template"] | {"params": [SECRET]}},
    ):
        time.now += 1000
        assert gate24.send(body).status == 202
    time.now += 1000
    unknown_send(gate24, text=SECRET)
    time.now += 1000
    script_bsp(gate24, outcome="reject", status=429, count=3)
    assert gate24.send(TEXT | {"text": {"body": SECRET}}, "given-back").status == 429
    time.now += 1000
    missing = {"type": "template", "template": {"name": "none", "language": "en", "params": [SECRET]}}
    assert gate24.send(missing).status == 422


def content(gate24: System) -> list[str]:
    """What the API shows of the messages' content, and of each message by itself."""
    shown = gate24.conversation()
    for message in shown:
        assert gate24.http("GET", f"/v1/messages/{message['id']}").json == message
    return [json.dumps(message) for message in shown if SECRET in json.dumps(message)]


def in_table(gate24: System) -> int:
    """How many items of the table have content in them."""
    return sum(SECRET in str(item) for item in gate24.items())


def shape(message: dict[str, Any]) -> dict[str, Any]:
    """What stays of a message."""
    gone = ("text", "media", "template", "details", "location", "content_kept")
    return {name: value for name, value in message.items() if name not in gone}


def test_without_a_setting_everything_is_kept_forever_and_the_table_is_not_read(gate24: System, time: Clock) -> None:
    everything(gate24, time)
    time.pass_days(3650)
    assert len(content(gate24)) == 9
    assert gate24.http("GET", "/v1/me").json["organization"]["retention_days"] is None
    assert run() == {"forgotten": 0, "is_through": True}
    assert retention.last_pass() is None
    assert in_table(gate24) == 11


def test_from_its_time_on_content_is_gone_to_every_reader_and_after_the_run_from_the_table(
    gate24: System, time: Clock
) -> None:
    change_organization(retention_days=30)
    assert gate24.http("GET", "/v1/me").json["organization"]["retention_days"] == 30
    everything(gate24, time)
    whole = gate24.conversation()
    time.pass_days(29.99)
    assert run() == {"forgotten": 0, "is_through": True}
    assert len(content(gate24)) == 9
    time.pass_days(0.02)
    assert content(gate24) == []
    shown = gate24.conversation()
    assert [message["content_kept"] for message in shown] == [False] * 9
    assert [shape(message) | {"status": ""} for message in shown] == [
        shape(message) | {"status": ""} for message in whole
    ]
    assert in_table(gate24) == 11, "the run has not been"
    assert [item for item in gate24.items() if "ct" in item]
    time.pass_days(1)
    assert run() == {"forgotten": 9, "is_through": True}
    assert in_table(gate24) == 0
    assert not [item for item in gate24.items() if "ct" in item or "mf" in item], "what is packed"
    assert gate24.conversation() == shown
    time.pass_days(1)
    assert run() == {"forgotten": 0, "is_through": True}


def test_what_stays_is_the_templates_name_and_the_callers_labels(gate24: System, time: Clock) -> None:
    change_organization(retention_days=30)
    everything(gate24, time)
    time.pass_days(31)
    run()
    shown = gate24.conversation()
    assert [message["template"] for message in shown if "template" in message] == [
        {"name": "none", "language": "en"},
        {"name": "reminder", "language": "en"},
    ]
    assert [message["details"] for message in shown if "details" in message] == [{"tags": {"campaign": "november"}}]


def in_ledger(gate24: System) -> list[tuple[str, ...]]:
    found = (item for item in gate24.items() if "l" in item and "g" in item)
    return sorted((item["g"]["S"], item["h"]["S"], item["l"]["S"]) for item in found)


def test_no_days_costs_change(gate24: System, time: Clock) -> None:
    change_organization(retention_days=30)
    everything(gate24, time)
    days = {"from": "2026-09-15", "to": "2026-09-30"}
    run_rollup(organization=ORG, **days)
    before = daily_costs(gate24, days["from"], days["to"])
    assert [day["total"] for day in before if day["total"] != "0"], "something cost something"
    ledger = in_ledger(gate24)
    time.pass_days(40)
    scheduled_run()
    run_rollup(organization=ORG, **days)
    before = daily_costs(gate24, days["from"], days["to"])
    noted = [item["sk"]["S"] for item in gate24.items() if item["sk"]["S"].startswith("CHANGED#")]
    assert run()["forgotten"] == 9
    assert in_ledger(gate24) == ledger
    assert noted == [item["sk"]["S"] for item in gate24.items() if item["sk"]["S"].startswith("CHANGED#")]
    lines = run_rollup(organization=ORG, **days)
    assert not any(line["changed"] for line in lines)
    assert daily_costs(gate24, days["from"], days["to"]) == before


def test_a_message_that_is_told_again_does_not_come_back_with_its_text(gate24: System, time: Clock) -> None:
    change_organization(retention_days=30)
    at = time.now
    says(gate24, time)
    time.pass_days(31)
    assert run()["forgotten"] == 1
    post_webhook(gate24, GUPSHUP, gupshup_text(SECRET, "wamid.in-1", DIGITS, at))
    assert len(gate24.conversation()) == 1
    assert (content(gate24), in_table(gate24)) == ([], 0)


def test_one_that_is_told_for_the_first_time_when_its_time_is_over_is_shown_without_its_text(
    gate24: System, time: Clock
) -> None:
    change_organization(retention_days=30)
    old = time.now - 40 * DAY
    post_webhook(gate24, GUPSHUP, gupshup_text(SECRET, "wamid.in-late", DIGITS, old))
    assert (content(gate24), len(gate24.conversation())) == ([], 1)
    assert run()["forgotten"] == 1
    assert in_table(gate24) == 0


def test_a_repeated_key_gets_its_first_answer_byte_for_byte_and_sends_nothing(gate24: System, time: Clock) -> None:
    change_organization(retention_days=30)
    says(gate24, time)
    script_bsp(gate24, outcome="reject", status=429, count=3)
    assert gate24.send(TEXT, "one").status == 429
    for _ in range(5):  # each request with the key holds it for eight days more, and goes on with the same message
        time.pass_days(6.5)
        script_bsp(gate24, outcome="reject", status=429, count=3)
        says(gate24, time, "Namaste", f"wamid.in-{time.now}")
        assert gate24.send(TEXT, "one").status == 429
    first = gate24.send(TEXT, "one")
    assert first.status == 202
    time.pass_days(1)
    assert run()["forgotten"] >= 1
    again = gate24.send(TEXT, "one")
    assert (again.status, again.text, again.headers["idempotency-replayed"]) == (202, first.text, "true")


def test_a_longer_setting_brings_nothing_back_not_even_what_no_run_has_taken_out_yet(
    gate24: System, time: Clock
) -> None:
    change_organization(retention_days=30)
    says(gate24, time)
    time.pass_days(31)
    for longer in (365, None, 90):
        change_organization(retention_days=longer)
        assert content(gate24) == []
    assert in_table(gate24) == 2
    assert run()["forgotten"] == 1
    assert in_table(gate24) == 0


def test_a_shorter_setting_holds_at_once(gate24: System, time: Clock) -> None:
    change_organization(retention_days=365)
    says(gate24, time)
    time.pass_days(31)
    assert len(content(gate24)) == 1
    change_organization(retention_days=30)
    assert content(gate24) == []
    assert run()["forgotten"] == 1


def test_another_organizations_messages_are_its_own(gate24: System, time: Clock) -> None:
    change_organization(retention_days=30)
    post_webhook(gate24, OTHER, gupshup_text(SECRET, "wamid.in-1", DIGITS, time.now))
    says(gate24, time)
    time.pass_days(31)
    assert run()["forgotten"] == 1
    theirs = gate24.http("GET", f"/v1/contacts/{DIGITS}/messages", key=OTHER_ORG).json["data"]
    assert [message["text"] for message in theirs] == [SECRET]


def test_the_persons_window_and_consent_stay(gate24: System, time: Clock) -> None:
    change_organization(retention_days=30)
    contact_opted_in(gate24)
    says(gate24, time)
    time.pass_days(30)
    says(gate24, time, "STOP", "wamid.in-2")
    time.pass_days(1)
    before = gate24.contact(), gate24.http("GET", f"/v1/contacts/{DIGITS}/consents").json["data"]
    assert run()["forgotten"] == 1
    assert (gate24.contact(), gate24.http("GET", f"/v1/contacts/{DIGITS}/consents").json["data"]) == before
    assert before[0]["consent"]["status"] == "opted_out"


def test_an_erasure_and_a_run_at_once_bring_nobody_back(
    gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run has read the message, and then it is erased."""
    change_organization(retention_days=30)
    says(gate24, time)
    time.pass_days(31)
    read = retention.message_item

    def erased_meanwhile(raw: dict[str, Any]) -> Any:
        assert gate24.http("DELETE", f"/v1/contacts/{DIGITS}").status == 204
        return read(raw)

    monkeypatch.setattr(retention, "message_item", erased_meanwhile)
    assert run()["forgotten"] == 0
    assert gate24.http("GET", f"/v1/contacts/{DIGITS}/messages").status == 404
    kept = [(item["pk"]["S"][0], item["sk"]["S"][0]) for item in gate24.items()]
    assert ("C", "M") not in kept and ("E", "M") in kept


def many(gate24: System, time: Clock, count: int) -> None:
    for number in range(count):
        body = meta_text(SECRET, f"wamid.in-{number}", new_number(), time.now, META_NUMBER)
        post_webhook(gate24, META, body)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page has three items of the table instead of 1 MB."""

    def scan_page(condition: Any, start: Any) -> Any:
        page = table.connection().scan(filter_condition=condition, exclusive_start_key=start, limit=3)
        return page["Items"], page.get("LastEvaluatedKey")

    monkeypatch.setattr(retention, "scan_page", scan_page)


def test_a_run_whose_time_is_up_or_that_crashes_goes_on_where_it_was(
    gate24: System, time: Clock, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_organization(retention_days=30)
    many(gate24, time, 12)
    time.pass_days(31)
    forgotten, hours = 0, 0
    update, writes = messages.forget_content, 0

    def fails_sometimes(organization_id: str, item: Any) -> bool:
        nonlocal writes
        writes += 1
        if writes % 4 == 0:
            raise StoreError("UpdateItem", "InternalServerError")
        return update(organization_id, item)

    monkeypatch.setattr(messages, "forget_content", fails_sometimes)
    while in_table(gate24):
        before = retention.last_pass()
        try:
            done = forget_content.forget_content(time.now, lambda: True)
            forgotten += done.forgotten
        except StoreError:
            pass
        else:
            assert done.is_through or retention.last_pass() != before
        time.now += 3_600_000
        hours += 1
        assert hours < 100
    assert writes < 24, "what was done is not done again"
    assert hours > 12


def test_a_message_on_which_the_code_trips_holds_up_no_other(
    gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_organization(retention_days=30)
    many(gate24, time, 3)
    time.pass_days(31)
    broken = next(item for item in gate24.items() if item["sk"]["S"].startswith("M#"))
    broken["t"] = {"N": "1"}
    gate24.dynamodb.put_item(TableName=gate24.table, Item=broken)
    with pytest.raises(RuntimeError, match="1 messages"):
        run()
    assert in_table(gate24) == 1


@pytest.mark.parametrize("days", [0, 1, 29, -30, 30.0, "30", True, 36_501])
def test_a_setting_that_makes_no_sense_is_refused(gate24: System, days: Any) -> None:
    found = organizations.organization(ORG)
    assert isinstance(found, Organization)
    with pytest.raises(ValueError, match="30 to 36500"):
        organizations.put_organization(replace(found, retention_days=days))
    organizations.forget()
    assert organizations.organization(ORG) == found


@pytest.fixture
def real_table(tmp_path_factory: pytest.TempPathFactory, dynamodb_local: DynamoDBLocal) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("retention"), dynamodb_local, simulate=False) as made:
        yield made


def test_a_short_message_costs_one_write_unit_and_its_place_in_the_index_none(real_table: System, time: Clock) -> None:
    """On DynamoDB Local, which has the filter's rules and honest capacity figures."""
    change_organization(retention_days=30)
    many(real_table, time, 20)
    time.pass_days(31)
    consumed: list[tuple[str, Any]] = []
    events = table.connection().connection.client.meta.events

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "INDEXES"

    def note(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        consumed.append((model.name, parsed.get("ConsumedCapacity")))

    events.register("before-parameter-build.dynamodb.*", ask)
    events.register("after-call.dynamodb.*", note)
    assert run()["forgotten"] == 20
    assert in_table(real_table) == 0
    updates = [told for name, told in consumed if name == "UpdateItem"]
    assert [told["Table"]["CapacityUnits"] for told in updates] == [1.0] * 40, "of a message, and of a window"
    assert not [told for told in updates if told.get("GlobalSecondaryIndexes")]
    (scanned,) = [told["CapacityUnits"] for name, told in consumed if name == "Scan"]
    assert scanned < 10


def test_the_first_words_that_lists_show_go_with_their_messages(gate24: System, time: Clock) -> None:
    contact_opted_in(gate24)
    says(gate24, time)
    time.now += 1000
    assert gate24.send({"type": "text", "text": {"body": f"Is it true that {SECRET}?"}}).status == 202
    assert str(gate24.items()).count(SECRET) > 3
    change_organization(retention_days=30)
    time.pass_days(31)
    run()
    assert SECRET not in str(gate24.items())
    assert gate24.contact()["last_message"]["type"] == "text"
    says(gate24, time, "Good morning", "wamid.in-2")
    time.pass_days(1.1)
    run()
    assert gate24.contact()["last_message"]["preview"] == "Good morning"
