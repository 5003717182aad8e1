"""The feed of events: each change is told once, in order, to nobody else, and nothing that is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from gate24 import clock
from gate24.api import event_bodies, event_routes
from gate24.api.event_bodies import Reading
from gate24.channels import Organization
from gate24.feed import EVENT_TYPES, FeedEvent
from gate24.store import feed, organizations, table
from gate24.store.table import StoreError
from gate24.usecases import forget_content
from tests.support.bodies import (
    USER_ID,
    gupshup_consent,
    gupshup_preference,
    gupshup_text,
    meta_number_change,
    meta_text,
)
from tests.support.scene import (
    DIGITS,
    HOUR,
    MARKETING,
    MINUTE,
    accepted_send,
    body_about,
    change_organization,
    contact_opted_in,
    contact_opted_out,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    put_marketing_template,
    rolled_up,
    script_bsp,
    status_arrives,
)
from tests.support.stream import Listener, invoke, listening
from tests.support.system import (
    GUPSHUP,
    META,
    META_NUMBER,
    ORG,
    OTHER_ORG,
    PHONE,
    TEXT,
    System,
    put_template,
)

ADDRESS = f"/v1/contacts/{quote(PHONE)}"
DAY = 24 * HOUR


@pytest.fixture
def listener(gate24: System) -> Iterator[Listener]:
    with listening(gate24) as made:
        yield made


def data_of(events: list[dict[str, Any]], type: str) -> dict[str, Any]:
    """What the only event of its type says."""
    (found,) = [event for event in events if event["type"] == type]
    data: dict[str, Any] = found["data"]
    return data


# Messages


def test_a_first_message_is_received_and_opens_the_window(gate24: System, listener: Listener) -> None:
    contact_wrote(gate24, text="Namaste")
    events = listener.listen()
    assert {event["type"] for event in events} == {"message.received", "window.opened"}
    received = data_of(events, "message.received")
    message, contact = received["message"], received["contact"]
    assert (message["text"], message["contact"], message["status"]) == ("Namaste", PHONE, "received")
    assert message["provider_id"].startswith("wamid.in-")
    assert (contact["phone"], contact["consent"]["status"]) == (PHONE, "none")
    assert received["window"]["state"] == data_of(events, "window.opened")["window"]["state"] == "open"
    assert {(event["organization"], event["channel"]) for event in events} == {(ORG, GUPSHUP)}


def test_a_whole_message_of_an_event_is_the_one_of_the_api(gate24: System, listener: Listener) -> None:
    contact_opted_in(gate24)
    contact_wrote(gate24, ago=25 * HOUR)
    assert gate24.send(TEXT | {"tags": {"campaign": "books"}}).json["code"] == "window_closed"
    events = listener.listen()
    for type, tags in (("message.received", None), ("message.refused", {"campaign": "books"})):
        told = data_of(events, type)["message"]
        answered = gate24.http("GET", f"/v1/messages/{told['id']}").json
        assert told == answered
        assert (told["contact"], told.get("tags")) == (PHONE, tags)


def test_what_events_of_several_contacts_are_about_is_read_at_once_and_told_in_order(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [new_number() for _ in range(3)]
    for phone in (*people, *people):
        contact_wrote(gate24, phone)
    read, all_are_there = event_bodies.body, threading.Barrier(len(people))
    begun = set[str | None]()

    def waits_for_the_others(organization: Organization, event: FeedEvent, reading: Reading) -> Any:
        if event.contact_id not in begun:
            begun.add(event.contact_id)
            all_are_there.wait(timeout=20)
        return read(organization, event, reading)

    monkeypatch.setattr(event_routes, "body", waits_for_the_others)
    received = [event for event in listener.listen() if event["type"] == "message.received"]
    assert [event["data"]["contact"]["phone"] for event in received] == [f"+{phone}" for phone in (*people, *people)]


def test_a_message_that_is_told_twice_is_received_once(gate24: System, listener: Listener) -> None:
    body = gupshup_text("Namaste", "wamid.same", DIGITS, now() - MINUTE)
    for told in (body, body, gupshup_text("Namaste", "wamid.same", DIGITS, now())):  # v2 and v3 have other times
        post_webhook(gate24, GUPSHUP, told)
    assert listener.types().count("message.received") == 1


def test_a_batch_of_the_stream_that_is_told_again_tells_nothing_new(gate24: System, listener: Listener) -> None:
    contact_opted_in(gate24)
    sent = accepted_send(gate24)
    status_arrives(gate24, "delivered", sent["bsp_message_id"])
    gate24.http("PUT", f"{ADDRESS}/block")
    assert len(listener.listen()) >= 5
    listener.stream.tell_again()
    assert listener.listen() == []


def test_each_step_of_a_message_is_told_once_with_its_cost_and_tags(gate24: System, listener: Listener) -> None:
    contact_wrote(gate24)
    sent = gate24.send(TEXT | {"tags": {"campaign": "books"}}).json
    for status in ("enqueued", "sent", "sent", "delivered", "read", "delivered"):
        status_arrives(gate24, status, sent["bsp_message_id"])
    told = [event["data"]["message"] for event in listener.listen() if event["type"] == "message.status"]
    assert [each["status"] for each in told] == ["accepted", "sent", "delivered", "read"]
    assert {each["id"] for each in told} == {sent["id"]}
    assert {each["provider_id"] for each in told} == {sent["bsp_message_id"]}
    assert all(each["tags"] == {"campaign": "books"} and each["cost"]["amount"] == "0.0010" for each in told)


def test_a_message_that_fails_is_told_with_the_providers_code_and_costs_nothing(
    gate24: System, listener: Listener
) -> None:
    sent = accepted_send(gate24)
    status_arrives(gate24, "failed", sent["bsp_message_id"], code=1002, reason="not on WhatsApp")
    *_, failed = [event["data"]["message"] for event in listener.listen() if event["type"] == "message.status"]
    assert (failed["status"], failed["code"], failed["cost"]["amount"]) == ("failed", "1002", "0")


def test_a_refusal_is_told_with_what_would_be_allowed(gate24: System, listener: Listener) -> None:
    contact_opted_in(gate24)
    answer = gate24.send(TEXT).json
    events = listener.listen()
    refused = data_of(events, "message.refused")
    assert (refused["code"], refused["allowed_actions"]) == ("window_closed", answer["allowed_actions"])
    assert (refused["message"]["id"], refused["message"]["status"]) == (answer["id"], "refused")
    assert refused["window"] == answer["window"]
    assert "message.status" not in {event["type"] for event in events}


def test_a_refusal_in_the_providers_own_shape_is_told_with_what_would_be_allowed(
    gate24: System, listener: Listener
) -> None:
    contact_opted_in(gate24)
    body = {"messaging_product": "whatsapp", "to": DIGITS, "type": "text", "text": {"body": "Hello"}}
    answer = gate24.http("POST", f"/graph/v24.0/{META_NUMBER}/messages", body).json
    assert answer["error"]["code"] == 131047
    refused = data_of(listener.listen(), "message.refused")
    same = gate24.send(TEXT | {"channel": META, "to": PHONE}).json
    assert (refused["code"], refused["allowed_actions"]) == (same["code"], same["allowed_actions"])
    assert refused["window"] == same["window"]


def test_a_send_that_the_provider_rejects_or_does_not_answer_is_told_as_such(
    gate24: System, listener: Listener
) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=400)
    gate24.send(TEXT)
    script_bsp(gate24, outcome="reject", status=500)
    gate24.send(TEXT)
    told = [event["data"]["message"] for event in listener.listen() if event["type"] == "message.status"]
    assert [each["status"] for each in told] == ["rejected", "unknown"]


# Windows


def test_a_window_opens_once_a_run_and_not_with_each_message(gate24: System, listener: Listener) -> None:
    for ago in (60 * HOUR, 59 * HOUR, 3 * HOUR, 2 * HOUR, HOUR):
        contact_wrote(gate24, ago=ago)
    events = listener.listen()
    assert [event["type"] for event in events].count("message.received") == 5
    assert len([event for event in events if event["type"] == "window.opened"]) == 1  # the first run is over


def test_the_provider_closes_a_window_and_a_message_opens_it_again(gate24: System, listener: Listener) -> None:
    sent = accepted_send(gate24)
    listener.listen()
    status_arrives(gate24, "failed", sent["bsp_message_id"], code=470)
    closed = data_of(listener.listen(), "window.closed")
    assert (closed["window"]["state"], closed["window"]["closed_by"]) == ("closed", "provider")
    contact_wrote(gate24, ago=-2000)
    assert set(listener.types()) == {"message.received", "window.opened"}


# Contacts and consent


def test_consent_is_told_when_it_changes_and_not_when_it_is_told_again(gate24: System, listener: Listener) -> None:
    opted_in = gupshup_consent("opted-in", DIGITS, now() - 3 * HOUR)
    post_webhook(gate24, GUPSHUP, opted_in)
    changed = data_of(listener.listen(), "consent.changed")
    assert (changed["contact"]["consent"]["status"], changed["changed"]) == ("opted_in", ["consent"])
    assert changed["source"] == changed["contact"]["consent"]["source"]
    post_webhook(gate24, GUPSHUP, opted_in)
    contact_opted_out(gate24, ago=4 * HOUR)  # late: the opt-in holds
    assert listener.types() == []
    contact_wrote(gate24, text="STOP")
    assert "consent.changed" in listener.types()


def test_the_switch_for_marketing_is_consent_too(gate24: System, listener: Listener) -> None:
    put_marketing_template(gate24)
    contact_wrote(gate24)
    listener.listen()
    post_webhook(gate24, GUPSHUP, body_about(gupshup_preference("stop"), DIGITS, now()))
    assert data_of(listener.listen(), "consent.changed")["changed"] == ["marketing"]
    assert gate24.send(MARKETING).status == 403


def test_a_block_and_a_new_name_change_the_contact(gate24: System, listener: Listener) -> None:
    contact_wrote(gate24)
    listener.listen()
    assert gate24.http("PUT", f"{ADDRESS}/block").status == 200
    blocked = data_of(listener.listen(), "contact.changed")
    assert (blocked["changed"], blocked["contact"]["blocked"], blocked["source"]) == (["block"], True, "api")
    assert gate24.http("DELETE", f"{ADDRESS}/block").status == 200
    assert data_of(listener.listen(), "contact.changed")["changed"] == ["block"]
    named = meta_text("Hello", "wamid.named", DIGITS, now(), META_NUMBER)
    named["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"] = {"name": "Asha Rao"}
    post_webhook(gate24, META, named)
    renamed = data_of(listener.listen(), "contact.changed")
    assert (renamed["changed"], renamed["contact"]["name"], renamed["source"]) == (["name"], "Asha Rao", "provider")


def test_a_hidden_number_that_shows_up_changes_the_contact_and_tells_nothing_again(
    gate24: System, listener: Listener
) -> None:
    post_webhook(gate24, META, meta_text("Hidden", "wamid.1", None, now() - HOUR, META_NUMBER, USER_ID))
    consent = {"action": "opt_in", "source": "phone"}
    assert gate24.http("POST", f"/v1/contacts/{USER_ID}/consents", consent).status == 201
    assert sorted(listener.types()) == ["consent.changed", "message.received", "window.opened"]
    post_webhook(gate24, META, meta_text("Shown", "wamid.2", DIGITS, now(), META_NUMBER, USER_ID))
    events = listener.listen()
    assert sorted(event["type"] for event in events) == ["contact.changed", "message.received"]
    changed = data_of(events, "contact.changed")
    assert (changed["changed"], changed["contact"]["phone"]) == (["number"], PHONE)


def test_a_number_change_tells_of_the_new_number_and_no_message_again(gate24: System, listener: Listener) -> None:
    contact_opted_in(gate24, ago=3 * HOUR)
    contact_wrote(gate24, ago=2 * HOUR)
    listener.listen()
    new = new_number()
    post_webhook(gate24, META, meta_number_change(DIGITS, new, now() - HOUR, META_NUMBER))
    (changed,) = listener.listen()
    assert (changed["type"], changed["data"]["changed"]) == ("contact.changed", ["number"])
    assert (changed["data"]["contact"]["phone"], changed["data"]["previous_phones"]) == (f"+{new}", [PHONE])
    received = next(event for event in listener_from_the_start(listener) if event["type"] == "message.received")
    assert received["data"]["contact"]["phone"] == f"+{new}"  # the person who wrote it


def listener_from_the_start(listener: Listener) -> list[dict[str, Any]]:
    return Listener(listener.gate24, listener.stream).listen()


# Erasure and retention


def test_an_erasure_is_told_with_the_number_and_takes_the_person_out_of_the_feed(
    gate24: System, listener: Listener
) -> None:
    contact_opted_in(gate24)
    accepted_send(gate24)
    gate24.http("PUT", f"{ADDRESS}/block")
    assert len(listener.listen()) > 4
    assert gate24.http("DELETE", ADDRESS).status == 204
    (erased,) = listener.listen()
    assert (erased["type"], erased["data"]["contact"]["phone"]) == ("contact.erased", PHONE)
    assert erased["data"]["source"] == "api"
    left = listener_from_the_start(listener)
    assert [event["type"] for event in left if event["type"] not in ("template.changed", "costs.stated")] == [
        "contact.erased"
    ]


def test_whoever_comes_back_after_an_erasure_is_told_of_and_what_was_before_is_not(
    gate24: System, listener: Listener
) -> None:
    contact_wrote(gate24, ago=HOUR, text="STOP")
    listener.listen()
    gate24.http("DELETE", ADDRESS)
    contact_wrote(gate24, ago=-1000, text="I am back")
    events = listener.listen()
    assert events[0]["type"] == "contact.erased"
    assert data_of(events, "message.received")["contact"]["consent"]["status"] == "opted_out"  # it outlived the erasure
    again = listener_from_the_start(listener)
    assert data_of(again, "message.received")["message"]["text"] == "I am back"


def test_no_item_of_the_feed_holds_what_a_person_said_or_a_number(gate24: System, listener: Listener) -> None:
    contact_wrote(gate24, text="my secret")
    contact_opted_in(gate24)
    gate24.send(TEXT)
    listener.listen()
    kept = str([item for item in gate24.items() if item["pk"]["S"].startswith("F")])
    assert "message.received" in kept
    assert "my secret" not in kept and DIGITS not in kept and "Hello" not in kept


def test_content_that_is_kept_no_longer_makes_no_event_and_is_not_in_the_feed(
    gate24: System, listener: Listener
) -> None:
    contact_wrote(gate24, ago=31 * DAY, text="long ago")
    listener.listen()
    change_organization(retention_days=30)
    assert forget_content.forget_content(clock.now_ms(), lambda: False).forgotten == 1
    assert listener.types() == []
    message = data_of(listener_from_the_start(listener), "message.received")["message"]
    assert "text" not in message and message["content_kept"] is False


# What belongs to the organization


def test_templates_and_costs_are_told_when_they_change(gate24: System, listener: Listener) -> None:
    put_template(gate24, GUPSHUP, name="greeting")
    template = data_of(listener.listen(), "template.changed")
    assert (template["name"], template["status"]) == ("greeting", "approved")
    put_template(gate24, GUPSHUP, name="greeting")
    assert listener.types() == []
    put_template(gate24, GUPSHUP, name="greeting", status="paused")
    assert data_of(listener.listen(), "template.changed")["status"] == "paused"
    contact_wrote(gate24)
    listener.listen()
    today = gate24.http("GET", "/v1/me").json["server_time"][:10]
    (day,) = rolled_up(gate24, today, today)
    stated = data_of(listener.listen(), "costs.stated")
    assert stated.pop("as_of") and stated == day
    rolled_up(gate24, today, today)
    assert listener.types() == []


# Who is told


def test_another_organization_hears_nothing_and_its_cursor_is_its_own(gate24: System, listener: Listener) -> None:
    contact_wrote(gate24)
    listener.listen()
    other = gate24.http("GET", "/v1/events", key=OTHER_ORG)
    assert (other.status, other.json["data"]) == (200, [])
    cursor = gate24.http("GET", "/v1/events").json["next_cursor"]
    stolen = gate24.http("GET", f"/v1/events?after={cursor}", key=OTHER_ORG)
    assert (stolen.status, stolen.json["errors"][0]["pointer"]) == (400, "/after")


def test_an_organization_that_nobody_asked_for_has_no_feed_until_the_first_question(gate24: System) -> None:
    with listening(gate24) as listener:
        contact_wrote(gate24, "919876500099", channel="health-gupshup")
        listener.stream.tell()
        assert not [item for item in gate24.items() if item["pk"]["S"].startswith("F") and OTHER_ORG in item["pk"]["S"]]
        asked = gate24.http("GET", "/v1/events", key=OTHER_ORG).json
        assert asked["data"] == [] and asked["kept_since"] <= asked["server_time"]
        contact_wrote(gate24, "919876500099", channel="health-gupshup")
        heard = Listener(gate24, listener.stream, key=OTHER_ORG).listen()
        assert [event["type"] for event in heard] == ["message.received"]
        again = gate24.http("GET", "/v1/events", key=OTHER_ORG).json
        assert again["kept_since"] == asked["kept_since"]


def test_dropped_records_cost_no_call_of_the_table_beyond_configuration(gate24: System) -> None:
    with listening(gate24) as listener:
        contact_wrote(gate24, "919876500099", channel="health-gupshup")
        records = [each for each in listener.stream.records if OTHER_ORG in str(each["dynamodb"]["Keys"])]
        assert len(records) >= 3
        organizations.events_since(OTHER_ORG)
        organizations.channels(OTHER_ORG)
        calls: list[str] = []
        client = table.connection().connection.client
        once = client._make_api_call

        def noted(operation: str, asked: Any) -> Any:
            calls.append(operation)
            return once(operation, asked)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "_make_api_call", noted)
            assert invoke(records) == []
        assert calls == []


def test_only_a_key_that_reads_or_manages_webhooks_may_ask(gate24: System) -> None:
    from gate24.store import api_keys
    from gate24.store.api_keys import KeyHolder

    for scope, status in (("read", 200), ("webhooks", 200), ("send", 403), ("consent", 403)):
        api_keys.put(f"key-{scope}", KeyHolder(ORG, scope, frozenset({scope})))
        assert gate24.http("GET", "/v1/events", key=f"key-{scope}").status == status


# Reading


def test_pages_go_on_where_they_ended_and_types_can_be_chosen(gate24: System, listener: Listener) -> None:
    for number in range(7):
        contact_wrote(gate24, f"91987654330{number}")
    by_pages = [event["id"] for event in listener.listen(limit=3)]
    assert by_pages == [event["id"] for event in listener_from_the_start(listener)]
    assert len(set(by_pages)) == len(by_pages) == 14
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "BEHIND_MS", 0)
        answer = gate24.http("GET", "/v1/events?types=window.opened,window.closed&limit=3").json
        assert [event["type"] for event in answer["data"]] == ["window.opened"] * 3
        rest = gate24.http("GET", f"/v1/events?types=window.opened&after={answer['next_cursor']}").json
        assert len(rest["data"]) == 4
        end = gate24.http("GET", f"/v1/events?after={rest['next_cursor']}").json
    assert end["data"] == [] and end["next_cursor"]


def test_a_type_that_does_not_exist_is_refused_with_those_that_do(gate24: System) -> None:
    answer = gate24.http("GET", "/v1/events?types=message.received,message.gone")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/types")
    assert all(type in answer.json["errors"][0]["detail"] for type in EVENT_TYPES)


def test_a_reader_stays_behind_what_may_still_be_committed_and_skips_nothing(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two functions write at once, and the one that took its time first is slower."""
    contact_wrote(gate24, "919876543301")
    contact_wrote(gate24, "919876543302")
    records = listener.stream.records
    slow = [each for each in records if records[0]["dynamodb"]["Keys"]["pk"] == each["dynamodb"]["Keys"]["pk"]]
    fast = [each for each in records if each not in slow]
    read: list[dict[str, Any]] = []
    cursor: list[str] = []

    def reads() -> None:
        after = f"?after={cursor[-1]}" if cursor else ""
        answer = gate24.http("GET", f"/v1/events{after}").json
        cursor.append(answer["next_cursor"])
        read.extend(answer["data"])

    start = now()
    time = [start]
    monkeypatch.setattr(clock, "now_ms", lambda: time[0])
    placed = table.put
    is_slow = [True]

    def put_slowly(item: Any) -> Any:
        if is_slow[0]:
            is_slow[0] = False
            assert invoke(fast) == []
            time[0] += 2500
            reads()
            assert read == []
            time[0] += 3000
            reads()  # by now a reader is past the time that the slow one took
        return placed(item)

    monkeypatch.setattr(feed, "put", put_slowly)
    assert invoke(slow) == []
    time[0] += feed.BEHIND_MS + 1
    reads()
    assert len(read) == 4 and len({event["id"] for event in read}) == 4


def test_what_is_older_than_seven_days_is_not_told_though_it_is_still_there(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    assert listener.listen()
    start = now()
    monkeypatch.setattr(clock, "now_ms", lambda: start + feed.KEPT_MS + MINUTE)
    assert gate24.http("GET", "/v1/events").json["data"] == []
    items = [item for item in gate24.items() if item["pk"]["S"].startswith(("F#", "FN#")) and "ttl" in item]
    assert items and all(int(item["ttl"]["N"]) * 1000 <= start + feed.KEPT_MS for item in items)


# What fails


def test_a_batch_ends_at_the_first_change_that_cannot_be_told_and_goes_on_there(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)
    records = listener.stream.records
    calls = [0]
    written = table.put_new

    def fails_once(item: Any) -> Any:
        calls[0] += 1
        if calls[0] == 2:
            raise StoreError("PutItem", "down")
        return written(item)

    monkeypatch.setattr(feed, "put_new", fails_once)
    (number,) = invoke(records)
    rest = [each for each in records if each["dynamodb"]["SequenceNumber"] >= number]
    assert 0 < len(rest) < len(records)
    assert invoke(rest) == []
    assert sorted(listener.types()) == ["message.received", "window.opened"]


def test_a_function_that_dies_between_the_two_items_of_an_event_tells_it_once(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)

    def down(*_: Any) -> str:
        raise StoreError("PutItem", "down")

    with monkeypatch.context() as dies:
        dies.setattr(feed, "_place", down)
        assert len(invoke(listener.stream.records)) == 1
    assert sorted(listener.types()) == ["message.received", "window.opened"]
    listener.stream.tell_again()
    assert listener.types() == []
