"""What was not understood, or could not be stored, is kept, listed, and replayed once a version can take it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from gate24.providers import cloud_format, cloud_messages, gupshup_v2
from gate24.rules.consent import keyword_action
from gate24.store import table
from gate24.store.table import StoreError
from gate24.usecases import receive_message, receive_webhook, replay_unrecognized
from stack.settings import ROOT
from tests.support.bodies import (
    Body,
    change,
    gupshup,
    gupshup_template,
    gupshup_text,
    message,
    meta,
    meta_message,
    meta_preference,
)
from tests.support.scene import HOUR, add_meta_channel, body_about, contact_wrote, new_number, now, post_webhook
from tests.support.system import (
    APP_SECRET,
    CONTEXT,
    GUPSHUP,
    META,
    META_NUMBER,
    ORG,
    OTHER_ORG,
    System,
    handler,
    put_template,
    system,
)


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("replay"), simulate=False, in_memory=True) as made:
        yield made


def kept(gate24: System, key: str = ORG) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gate24.http("GET", "/v1/unrecognized?limit=100", key=key).json["data"]
    return found


def notes(gate24: System) -> list[dict[str, Any]]:
    """The items of kept events: themselves, their names, and beside whom they are noted."""
    prefixes = ("U#", "UN#", "UM#")
    return [
        item
        for item in gate24.items()
        if item["pk"]["S"].startswith(prefixes) or (item["pk"]["S"].startswith("C#") and item["sk"]["S"][:2] == "U#")
    ]


def replay(gate24: System, *events: dict[str, Any], organization: str = ORG) -> list[tuple[str, str | None]]:
    """Replays the events, or all that are kept; the outcome and the reason of each."""
    ids = [each["id"] for each in events or kept(gate24, organization)]
    answer = handler("inbound_webhook")({"replay": {"organization": organization, "events": ids}}, CONTEXT)
    assert [each["id"] for each in answer["events"]] == ids
    return [(each["outcome"], each["reason"]) for each in answer["events"]]


@contextmanager
def poison(monkeypatch: pytest.MonkeyPatch, texts: str = "poison") -> Iterator[None]:
    """The code trips on messages of this text."""

    def trips(text: str | None, organization: Any) -> Any:
        if text == texts:
            raise LookupError("a fault of ours")
        return keyword_action(text, organization)

    with monkeypatch.context() as broken:
        broken.setattr(receive_message, "keyword_action", trips)
        yield


@contextmanager
def older_version(monkeypatch: pytest.MonkeyPatch, *unknown: str) -> Iterator[None]:
    """A version whose parsers know none of these fields (Meta) and types (Gupshup)."""
    with monkeypatch.context() as older:
        for parsers in (cloud_format._FIELDS, gupshup_v2._PARSERS):
            for name in unknown:
                older.delitem(parsers, name, raising=False)
        yield


# What is kept


def test_a_poisonous_event_is_counted_and_does_not_expire(
    bare: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = new_number()
    with poison(monkeypatch):
        post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, now() - HOUR))
    counts = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [each["event.poisonous"] for each in counts if "event.poisonous" in each] == [[1.0]]
    (event,) = kept(bare)
    assert event["reason"] == "not_recorded_LookupError"
    items = notes(bare)
    assert items
    assert [item for item in items if "ttl" in item] == []


def test_an_alarm_watches_the_count_of_poisonous_events(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gate24 import observability

    observability.count("event", "poisonous")
    observability._print_counts()
    printed = json.loads(capsys.readouterr().out)
    resources = yaml_parse((ROOT / "infra" / "observability.yaml").read_text())["Resources"]
    alarm = resources["PoisonousEvents"]["Properties"]
    assert alarm["Namespace"] == printed["_aws"]["CloudWatchMetrics"][0]["Namespace"]
    assert alarm["MetricName"] in printed
    assert {each["Name"] for each in alarm["Dimensions"]} == {*printed["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]}
    assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]}["service"] == printed["service"]
    assert alarm["Threshold"] == 1


@pytest.mark.parametrize(
    ("channel", "body", "another"),
    [
        (
            GUPSHUP,
            gupshup("moon-event", {"phase": 1, "of": "919876543210"}),
            gupshup("moon-event", {"phase": 2, "of": "919876543210"}),
        ),
        (META, meta(change("moons", {"phase": 1}, META_NUMBER)), meta(change("moons", {"phase": 2}, META_NUMBER))),
        (META, meta(change("moons", {"phase": 1}, "7")), meta(change("moons", {"phase": 2}, "7"))),
    ],
    ids=["Gupshup", "Meta", "Meta, an unknown number"],
)
def test_the_same_unknown_event_told_five_times_is_one_item(
    bare: System, channel: str, body: Body, another: Body
) -> None:
    post_webhook(bare, channel, body)
    first = notes(bare)
    for _ in range(4):
        post_webhook(bare, channel, body)
    (event,) = kept(bare)
    assert event["copies"] <= 4  # those of the same millisecond are one
    assert event["last_at"] >= event["at"]
    assert len(notes(bare)) == len(first)
    post_webhook(bare, channel, another)
    assert len(kept(bare)) == 2


def test_a_poisonous_event_without_a_time_told_twice_is_one_item(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = new_number()
    item = {**message("text", {"body": "poison"}, f"w.{phone}", phone), "timestamp": None}
    with poison(monkeypatch):
        for _ in range(2):
            post_webhook(bare, META, meta(change("messages", {"messages": [item]}, META_NUMBER)))
    assert len(kept(bare)) == 1
    assert replay(bare) == [("taken", None)]


def test_copies_are_counted_and_a_repetition_out_of_the_queue_is_none(bare: System) -> None:
    from gate24.store import unrecognized

    for at in (1_000, 2_000, 2_000, 3_000):
        unrecognized.keep(ORG, GUPSHUP, "unknown type", {"type": "moon"}, now() + at)
    unrecognized.keep(ORG, META, "unknown type", {"type": "moon"}, now())
    copies = {each["channel"]: each["copies"] for each in kept(bare)}
    assert copies[META] == 0
    assert copies[GUPSHUP] in (2, 3)


def test_a_copy_that_lost_its_event_in_a_crash_is_kept(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    from gate24.store import unrecognized

    def crash(*_: Any) -> Any:
        raise StoreError("PutItem", "InternalServerError")

    with monkeypatch.context() as broken:
        broken.setattr(unrecognized, "put_new", crash)
        with pytest.raises(StoreError):
            unrecognized.keep(ORG, GUPSHUP, "unknown type", {"type": "moon"}, now())
    assert kept(bare) == []
    unrecognized.keep(ORG, GUPSHUP, "unknown type", {"type": "moon"}, now() + 1)
    assert len(kept(bare)) == 1


# What is replayed


def test_a_poisonous_event_is_taken_once_the_fault_is_mended(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, at = new_number(), now() - HOUR
    with poison(monkeypatch):
        post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, at))
        assert replay(bare) == [("poisonous", "not_recorded_LookupError")]
        assert len(kept(bare)) == 1
    event = kept(bare)[0]
    assert replay(bare) == [("taken", None)]
    assert [each["text"] for each in bare.conversation(phone)] == ["poison"]
    assert bare.window(phone)["state"] == "open"
    assert (kept(bare), notes(bare)) == ([], [])
    assert replay(bare, event) == [("gone", None)]
    assert len(bare.conversation(phone)) == 1


@pytest.mark.parametrize("copies", [1, 2])
def test_an_event_that_an_older_version_did_not_understand_is_taken_by_a_newer_one(
    bare: System, monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    phone, at = new_number(), now() - HOUR
    with older_version(monkeypatch, "user_preferences", "message"):
        for _ in range(copies):
            post_webhook(bare, META, body_about(meta_preference("stop"), phone, at))
            post_webhook(bare, GUPSHUP, gupshup_text("STOP", f"w.{phone}", phone, at))
        events = kept(bare)
        assert replay(bare) == [("unrecognized", each["reason"]) for each in events]
        assert kept(bare) == events, "nothing is lost by trying"
    assert bare.http("GET", f"/v1/contacts/{phone}").status == 404
    assert replay(bare) == [("taken", None)] * 2
    assert [each["text"] for each in bare.conversation(phone)] == ["STOP"]
    assert bare.contact(phone)["consent"]["status"] == "opted_out"
    stopped = {each["channel"]: each["marketing_stopped"] for each in bare.contact(phone)["windows"]}
    assert stopped[META] is True
    assert notes(bare) == []


def test_each_message_that_broke_the_parser_is_replayed_with_its_sender_and_without_its_neighbours(
    bare: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of a webhook alone does not tell whose it is."""
    phones = [new_number() for _ in range(3)]
    items = [message("text", {"body": f"n{n}"}, f"w.{each}", each, now() - HOUR) for n, each in enumerate(phones)]
    value = {"messages": items, "contacts": [{"wa_id": phones[1], "profile": {"name": "Meena"}}]}

    def trips(item: Any, *args: Any) -> Any:
        if item["text"]["body"] == "n1":
            raise TypeError
        return cloud_messages.parse_message(item, *args)

    with monkeypatch.context() as older:
        older.setattr(cloud_format, "parse_message", trips)
        post_webhook(bare, META, meta(change("messages", value, META_NUMBER)))
    (event,) = kept(bare)
    assert event["raw"] == items[1]
    bare.http("DELETE", f"/v1/contacts/{phones[0]}")
    assert replay(bare) == [("taken", None)]
    assert [bare.http("GET", f"/v1/contacts/{each}").status for each in phones] == [404, 200, 200]
    assert bare.contact(phones[1])["name"] == "Meena"


def test_a_message_whose_content_was_not_understood_gets_it(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = new_number()
    with monkeypatch.context() as older:
        older.setattr(cloud_messages, "_content", lambda message: None)
        post_webhook(bare, META, body_about(meta_message("text", {"body": "Hello"}), phone, now() - HOUR))
    assert [(each["type"], "text" in each) for each in bare.conversation(phone)] == [("unknown", False)]
    assert replay(bare) == [("taken", None)]
    assert [(each["type"], each.get("text")) for each in bare.conversation(phone)] == [("text", "Hello")]


def test_an_event_that_is_understood_by_now_and_poisonous_does_not_expire_any_more(
    bare: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = new_number()
    with older_version(monkeypatch, "message"):
        post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, now() - HOUR))
    assert all("ttl" in item for item in notes(bare))
    with poison(monkeypatch):
        assert replay(bare) == [("poisonous", "not_recorded_LookupError")]
    assert [each["reason"] for each in kept(bare)] == ["not_recorded_LookupError"]
    assert [item for item in notes(bare) if "ttl" in item] == []
    assert replay(bare) == [("taken", None)]
    assert notes(bare) == []


def test_a_templates_status_is_taken_once_the_template_is_registered(bare: System) -> None:
    post_webhook(
        bare, GUPSHUP, gupshup_template({"elementName": "later", "id": f"{GUPSHUP}-later", "status": "paused"})
    )
    assert replay(bare) == [("unrecognized", "template_not_registered")]
    assert len(kept(bare)) == 1
    put_template(bare, GUPSHUP, name="later")
    assert replay(bare) == [("taken", None)]


def test_an_event_for_a_number_that_was_set_up_since_is_taken_unless_it_is_another_organizations(
    bare: System,
) -> None:
    mine, theirs = new_number(), new_number()
    for phone, number in ((mine, "777000000000001"), (theirs, "777000000000002")):
        body = message("text", {"body": "Hello"}, f"w.{phone}", phone, now() - HOUR)
        post_webhook(bare, META, meta(change("messages", {"messages": [body]}, number)))
    assert [each["reason"] for each in kept(bare)] == ["unknown_number"] * 2
    assert replay(bare) == [("unrecognized", "unknown_number")] * 2
    add_meta_channel("second", ORG, "777000000000001", APP_SECRET)
    add_meta_channel("foreign", OTHER_ORG, "777000000000002", APP_SECRET)
    assert sorted(replay(bare)) == [("taken", None), ("unrecognized", "unknown_number")]
    assert bare.window(mine, "second")["state"] == "open"
    assert bare.http("GET", f"/v1/contacts/{theirs}", key=OTHER_ORG).status == 404


def test_an_organization_replays_nothing_of_another(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = new_number()
    with poison(monkeypatch):
        post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, now() - HOUR))
    assert replay(bare, *kept(bare), organization=OTHER_ORG) == [("gone", None)]
    assert len(kept(bare)) == 1


def test_what_is_kept_from_before_this_version_is_read_and_replayed(bare: System) -> None:
    """As version 0.1.0 and its successors wrote it: under the time and twelve digits, without what to replay."""
    from gate24.store.items import DocumentItem
    from gate24.store.table import put

    phone = new_number()
    body = gupshup_text("hi", f"w.{phone}", phone, now() - HOUR)
    stored = {"channel": GUPSHUP, "reason": "broke the parser", "at": now(), "raw": json.dumps(body)}
    put(DocumentItem(f"U#{ORG}", f"{now():013d}#0123456789ab", body=stored, ttl=1))
    assert kept(bare)[0]["raw"] == body
    assert replay(bare) == [("taken", None)]
    assert [each["text"] for each in bare.conversation(phone)] == ["hi"]


def test_a_replay_in_an_outage_fails_and_loses_nothing(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = new_number()
    with poison(monkeypatch):
        post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, now() - HOUR))
    events = kept(bare)

    def fails(operation: str, *_: Any) -> Any:
        raise StoreError(operation, "InternalServerError")

    with monkeypatch.context() as broken:
        broken.setattr(table, "_dispatch", fails)
        ((outcome, reason),) = replay(bare, *events)
    assert outcome == "failed"
    assert "InternalServerError" in str(reason)
    assert replay(bare) == [("taken", None)]


def test_events_for_which_there_is_no_time_are_left(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    post_webhook(bare, GUPSHUP, gupshup("moon-event", {"phase": 1}))
    monkeypatch.setattr(replay_unrecognized, "SECONDS_AT_ONCE", -1.0)
    assert replay(bare) == [("not_reached", None)]


# Erased people


@pytest.mark.parametrize("is_poisonous", [True, False])
def test_an_erased_persons_event_does_not_come_back(
    bare: System, monkeypatch: pytest.MonkeyPatch, is_poisonous: bool
) -> None:
    phone = new_number()
    contact_wrote(bare, phone)
    body = gupshup_text("poison", f"w.{phone}", phone, now() - HOUR)

    def is_told() -> None:
        with poison(monkeypatch) if is_poisonous else older_version(monkeypatch, "message"):
            post_webhook(bare, GUPSHUP, body)

    is_told()
    events = kept(bare)
    assert len(events) == 1
    assert bare.http("DELETE", f"/v1/contacts/{phone}").status in (202, 204)
    assert kept(bare) == []
    assert notes(bare) == []
    is_told()
    assert kept(bare) == [], "it was erased, and is told again"
    assert replay(bare, *events) == [("gone", None)]
    assert bare.http("GET", f"/v1/contacts/{phone}").status == 404
    assert phone not in json.dumps(bare.items())


def test_a_replay_that_has_read_the_event_before_the_erasure_brings_nobody_back(
    bare: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = new_number()
    contact_wrote(bare, phone)
    with poison(monkeypatch):
        post_webhook(bare, GUPSHUP, gupshup_text("poison", f"w.{phone}", phone, now() - HOUR))
    take_event = receive_webhook.take_event

    def after_the_erasure(*args: Any) -> str:
        bare.http("DELETE", f"/v1/contacts/{phone}")
        return take_event(*args)

    monkeypatch.setattr(replay_unrecognized, "take_event", after_the_erasure)
    replay(bare)
    assert bare.http("GET", f"/v1/contacts/{phone}").status == 404
    assert kept(bare) == []


def test_who_is_named_only_around_an_event_is_found_when_erased(bare: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole body is kept for the replay: a neighbour's name in it goes with the neighbour."""
    phone, other = new_number(), new_number()
    item = message("text", {"body": "hi"}, f"w.{phone}", phone, now() - HOUR)
    value = {"messages": [item], "contacts": [{"wa_id": other, "profile": {"name": "Meena"}}]}
    with monkeypatch.context() as older:
        older.setattr(cloud_format, "parse_message", lambda *_: [][0])
        post_webhook(bare, META, meta(change("messages", value, META_NUMBER)))
    assert len(kept(bare)) == 1
    contact_wrote(bare, other)
    bare.http("DELETE", f"/v1/contacts/{other}")
    assert "Meena" not in json.dumps(bare.items())
