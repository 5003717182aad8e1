"""Shadow mode: what the gate would have said of what a channel's software sent around it, and what it says of that."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gate24 import clock, settings
from gate24.api import admin_shadow_routes
from gate24.channels import Channel
from gate24.costs import Cost, Line
from gate24.events import UNKNOWN_TYPE
from gate24.message_keys import MessageKey, id_text
from gate24.messages import Message
from gate24.rules.ledger import new_entry
from gate24.rules.rollup import local_day
from gate24.store import documents, messages, organizations, shard_record
from gate24.usecases.administer_channels import change_mode
from gate24.usecases.judge_sends_around import judge_sends_around
from gate24.usecases.make_api_key import create_api_key
from tests.support.administration import Printed, administered
from tests.support.bodies import (
    gupshup_consent,
    gupshup_status,
    gupshup_text,
    meta_number_change,
    meta_status,
    meta_text,
)
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import (
    HOUR,
    MINUTE,
    contact_opted_in,
    new_number,
    now,
    post_webhook,
    put_channel_secrets,
    standing_clock,
)
from tests.support.system import APP_SECRET, GUPSHUP, META, ORG, TEXT, TOKEN, System, system

DAY = 24 * HOUR
LOCAL_DAYS = ("--from", (datetime.now(UTC) - timedelta(days=4)).date().isoformat())

# Of each person: what happened and how long ago; what the gate says, and where it and the provider disagree.
PEOPLE: dict[str, tuple[list[tuple[Any, ...]], str, str | None]] = {
    "open": ([("wrote", 2 * HOUR), ("freeform", HOUR, "delivered")], "allow", None),
    "closed": (
        [("in", 40 * HOUR), ("wrote", 30 * HOUR), ("freeform", HOUR, "read")],
        "window_closed",
        "delivered_though_closed",
    ),
    "closed and failed": (
        [("in", 40 * HOUR), ("wrote", 30 * HOUR), ("freeform", HOUR, "closed")],
        "window_closed",
        None,
    ),
    "open and failed": ([("wrote", 2 * HOUR), ("freeform", HOUR, "closed")], "allow", "failed_though_open"),
    "in the margin": (
        [("in", 40 * HOUR), ("wrote", 25 * HOUR), ("freeform", HOUR + 10_000, "delivered")],
        "window_closed",
        "delivered_in_margin",
    ),
    "wrote again later": (
        [("in", 40 * HOUR), ("wrote", 30 * HOUR), ("freeform", 2 * HOUR, "delivered"), ("wrote", HOUR)],
        "window_closed",
        "delivered_though_closed",
    ),
    "in a conversation": (
        [("wrote", 3 * HOUR), ("freeform", 2 * HOUR, "delivered"), ("wrote", HOUR)],
        "allow",
        None,
    ),
    "opted out": ([("wrote", 4 * HOUR), ("out", 3 * HOUR), ("utility", HOUR, "delivered")], "opted_out", None),
    "wrote STOP": ([("wrote", 4 * HOUR), ("STOP", 3 * HOUR), ("freeform", HOUR, "delivered")], "opted_out", None),
    "wrote after STOP": (
        [("STOP", 4 * HOUR), ("wrote", 3 * HOUR), ("freeform", 2 * HOUR, "delivered"), ("STOP", HOUR)],
        "allow",
        None,
    ),
    "opted out later": ([("in", 40 * HOUR), ("utility", 3 * HOUR, "read"), ("out", HOUR)], "allow", None),
    "opted out again later": ([("out", 5 * HOUR), ("utility", 3 * HOUR, "failed"), ("out", HOUR)], "opted_out", None),
    "never asked": ([("utility", HOUR, "delivered")], "not_opted_in", None),
    "blocked": ([("block", 5 * HOUR), ("wrote", 2 * HOUR), ("freeform", HOUR, "delivered")], "blocked", None),
    "unblocked later": (
        [("block", 5 * HOUR), ("wrote", 4 * HOUR), ("freeform", 2 * HOUR, "failed"), ("unblock", HOUR)],
        "blocked",
        None,
    ),
    "blocked later": ([("wrote", 3 * HOUR), ("freeform", 2 * HOUR, "delivered"), ("block", HOUR)], "allow", None),
    "template in the window": ([("in", DAY), ("wrote", 2 * HOUR), ("utility", HOUR, "delivered")], "allow", None),
    "marketing without a yes": ([("wrote", 2 * HOUR), ("marketing", HOUR, "delivered")], "not_opted_in", None),
    "kind not told": ([("in", 40 * HOUR), ("untold", HOUR, "delivered")], "kind_not_told", None),
}
UNKNOWN = {"kind_not_told"}
FAILURES = {
    ("gupshup", "closed"): 470,
    ("meta", "closed"): 131047,
    ("gupshup", "failed"): 1002,
    ("meta", "failed"): 131026,
}
STAFF = {"block": "PUT", "unblock": "DELETE"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("shadow"), simulate=False) as made, administered(made):
        yield made


@pytest.fixture(scope="module", autouse=True)
def table(shared: System) -> Iterator[MemoryTable]:
    with memory_table(shared.dynamodb) as held:
        yield held


def new_channel(like: str, since: int | None = 10 * DAY) -> Channel:
    """Another channel of the same organization and provider, in shadow mode ``since`` so long ago."""
    found = organizations.channel(like)
    assert found is not None
    number = new_number()
    channel = Channel(
        f"{like}-{number}",
        ORG,
        found.provider,
        f"+{number}",
        found.api_base,
        found.rate_card,
        app=found.app,
        phone_number_id=number if found.provider == "meta" else None,
        mode="enforce" if since is None else "shadow",
        shadow_since=None if since is None else now() - since,
    )
    organizations.put_channel(channel)
    put_channel_secrets(channel.id, webhook_tokens=[TOKEN], app_secrets=[APP_SECRET])
    return channel


def post_to(gate24: System, channel: Channel, body: Any) -> None:
    """Consent is the organization's, whichever channel tells it."""
    if "user-event" in json.dumps(body):
        post_webhook(gate24, GUPSHUP, body)
    else:
        post(gate24, channel, body)


def post(gate24: System, channel: Channel, body: Any) -> None:
    is_meta = channel.provider == "meta"
    answer = gate24.meta_webhook(body, channel.id) if is_meta else gate24.webhook(body, channel.id)
    assert (answer.status, answer.text) == (200, "")


def statuses(channel: Channel, phone: str, name: str, kind: str, at: int, outcome: str) -> list[Any]:
    """What the provider says of a message, as far as ``kind`` and ``outcome`` have it say."""
    is_template = kind in ("utility", "marketing")
    code = FAILURES.get((channel.provider, outcome))
    said = [("sent", at)] if code is None else []
    said += [("failed", at + 1000)] if code is not None else [("delivered", at + 2000)]
    said += [("read", at + 3000)] if outcome == "read" else []
    bodies: list[Any] = []
    if channel.provider == "meta":
        for each, when in said:
            more: dict[str, Any] = {"phone": phone, "phone_number_id": channel.phone_number_id}
            if kind != "untold":
                category = kind if is_template else "service"
                more["pricing"] = {"billable": is_template, "pricing_model": "PMP", "category": category}
            bodies.append(meta_status(each, f"wamid.out-{phone}-{name}", at=when, code=code, **more))
        return bodies
    ids = (f"gs-{phone}-{name}", f"wamid.out-{phone}-{name}", phone)
    if kind != "untold":
        bodies.append(gupshup_status("enqueued", *ids, at, kind="template" if is_template else "session"))
    pricing = {"policy": "PMP", "category": kind} if is_template else None
    for each, when in said:
        bodies.append(gupshup_status(each, *ids, when, code, pricing=pricing))
    return bodies


def webhooks_of(channel: Channel, phone: str, happened: list[tuple[Any, ...]], start: int) -> list[Any]:
    """What the provider tells of one person, as bodies; what staff did as a call of the API."""
    bodies: list[Any] = []
    for number, (what, ago, *rest) in enumerate(happened):
        at, name = (start - ago) // 1000 * 1000, f"{number}-{ago}"
        if what in ("wrote", "STOP"):
            text, told = ("STOP" if what == "STOP" else "Namaste"), f"wamid.in-{phone}-{name}"
            is_meta = channel.provider == "meta"
            bodies.append(
                meta_text(text, told, phone, at, channel.phone_number_id or "")
                if is_meta
                else gupshup_text(text, told, phone, at)
            )
        elif what in ("in", "out"):
            bodies.append(gupshup_consent(f"opted-{what}", phone, at))
        elif what in STAFF:
            bodies.append((STAFF[what], phone, at))
        else:
            bodies += statuses(channel, phone, name, what, at, rest[0])
    return bodies


def tell(gate24: System, channel: Channel, order: str) -> None:
    """All that happened to all people, in this order of arrival."""
    start, told = now(), list[Any]()
    for name, (happened, *_) in PEOPLE.items():
        phone = new_number()
        told += webhooks_of(channel, phone, happened, start)
        if name != "never asked":  # a message that failed is stored of somebody who is known
            for body in webhooks_of(channel, phone, [("wrote", 90 * HOUR)], start):
                post(gate24, channel, body)
    staff = [each for each in told if isinstance(each, tuple)]
    told = [each for each in told if not isinstance(each, tuple)]
    if order == "backwards":
        told.reverse()
    elif order != "as it happened":
        random.Random(order).shuffle(told)
    for body in told:
        post_to(gate24, channel, body)
    for method, phone, at in staff:  # whom they know by then
        with standing_clock(at):
            assert gate24.http(method, f"/v1/contacts/{phone}/block", {}).status in (200, 204)


def report(capsys: pytest.CaptureFixture[str], channel: Channel, *more: str) -> Any:
    printed = Printed(capsys, "shadow", "report", channel.id, *LOCAL_DAYS, "--json", *more)
    assert printed.status == 0, printed.err
    return printed.json


@pytest.mark.parametrize("order", ["as it happened", "backwards", "in one order", "in another"])
@pytest.mark.parametrize("provider", [GUPSHUP, META])
def test_every_send_around_the_gate_is_judged_as_of_its_time_in_whatever_order_it_is_told(
    shared: System, capsys: pytest.CaptureFixture[str], provider: str, order: str
) -> None:
    channel = new_channel(provider)
    tell(shared, channel, order)
    found = report(capsys, channel)
    codes = [code for _, code, _ in PEOPLE.values()]
    assert found["seen"] == len(PEOPLE)
    assert found["allowed"] == codes.count("allow")
    refused = {code: codes.count(code) for code in codes if code not in UNKNOWN | {"allow"}}
    assert found["refused"] == {"total": sum(refused.values()), "by_code": refused}
    assert found["unknown"] == {"total": 1, "by_reason": {"kind_not_told": 1}}
    assert found["provider"] == {"delivered": len(PEOPLE) - 4, "failed": 4, "not_told": 0}
    agreed = sum(code == "allow" and happened[-1][-1] != "closed" for happened, code, _ in PEOPLE.values())
    assert found["agreements"] == agreed + 1, "what was allowed and delivered, and what was refused by both"
    kinds = sorted(each["disagreement"] for each in found["disagreements"]["messages"])
    assert kinds == sorted(kind for *_, kind in PEOPLE.values() if kind)
    against = [each["gate"]["code"] for each in found["against_consent"]["messages"]]
    assert sorted(against) == ["blocked", "not_opted_in", "not_opted_in", "opted_out", "opted_out"]
    assert found["cost"]["templates_in_open_windows"]["count"] == 1


def test_what_it_cost_and_what_a_refusal_would_have_saved(shared: System, capsys: pytest.CaptureFixture[str]) -> None:
    channel = new_channel(GUPSHUP)
    tell(shared, channel, "as it happened")
    assert report(capsys, channel)["cost"] == {
        "total": "0.0360",  # 15 that did not fail, at 0.0010, and 0.0042 for each of 5 templates
        "with_gate24": "0.0154",
        "of_refused": "0.0206",
        "of_unknown": "0.0010",
        "unpriced": 0,
        "templates_in_open_windows": {"count": 1, "extra": "0.0042"},
    }


def test_a_trial_is_started_and_ended_by_one_command_each(shared: System, capsys: pytest.CaptureFixture[str]) -> None:
    channel = new_channel(META, since=None)

    def mode() -> str:
        channels = shared.http("GET", "/v1/me").json["channels"]
        return str(next(each["mode"] for each in channels if each["id"] == channel.id))

    assert mode() == "enforce"
    started = Printed(capsys, "shadow", "start", channel.id)
    assert started.status == 0
    assert f"https://gate24.example.org/webhooks/meta/{channel.id}" in started.out
    assert mode() == "shadow"
    told = Printed(capsys, "shadow", "start", channel.id, "--json").json
    found = organizations.channel(channel.id)
    assert found is not None and found.shadow_since is not None
    assert told["mode"] == "shadow" and abs(found.shadow_since - now()) < HOUR
    again = Printed(capsys, "shadow", "start", channel.id, "--json").json
    assert again == told, "a trial goes on"
    shown = Printed(capsys, "channel", "show", channel.id, "--json").json
    assert (shown["mode"], shown["shadow_since"]) == ("shadow", told["shadow_since"])
    ended = Printed(capsys, "shadow", "enforce", channel.id)
    assert "https://gate24.example.org/graph" in ended.out
    assert mode() == "enforce"
    assert Printed(capsys, "shadow", "enforce", channel.id, "--json").json == {**told, "mode": "enforce"}


def test_what_another_process_set_a_moment_ago_stays_when_a_trial_begins() -> None:
    channel = new_channel(META, since=None)
    assert organizations.channel(channel.id) == channel, "remembered by this process"
    elsewhere = documents.read(f"CHANNEL#{channel.id}", "CHANNEL") or {}
    documents.write(f"CHANNEL#{channel.id}", "CHANNEL", elsewhere | {"margin_seconds": 90})
    change_mode(channel.id, "shadow")
    found = organizations.channel_now(channel.id)
    assert found is not None and (found.mode, found.margin_seconds) == ("shadow", 90)


@pytest.mark.parametrize(
    "arguments",
    [
        ["start", "nobodys"],
        ["enforce", "nobodys"],
        ["report", "nobodys"],
        ["report", GUPSHUP, "--from", "2026-11-31"],
        ["report", GUPSHUP, "--from", "2026-11-26", "--to", "2026-11-25"],
        ["report", GUPSHUP, "--messages", "/no/such/folder/file"],
        ["report"],
        ["stop", GUPSHUP],
    ],
    ids=" ".join,
)
def test_what_is_asked_wrongly_is_refused_with_2(
    shared: System, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    printed = Printed(capsys, "shadow", *arguments)
    assert (printed.status, printed.out) == (2, "")
    assert printed.err.startswith("gate24: ")


def test_on_the_first_day_of_a_trial_a_window_that_seems_closed_is_not_known(
    shared: System, capsys: pytest.CaptureFixture[str]
) -> None:
    channel, phone = new_channel(GUPSHUP, since=2 * HOUR), new_number()
    contact_opted_in(shared, phone, 40 * HOUR)
    for body in statuses(channel, phone, "1", "freeform", now() - HOUR, "delivered"):
        post(shared, channel, body)
    found = report(capsys, channel)
    assert found["unknown"] == {"total": 1, "by_reason": {"heard_for_less_than_24_hours": 1}}
    assert found["disagreements"]["total"] == 0
    lines = Printed(capsys, "shadow", "report", channel.id, *LOCAL_DAYS).out
    assert "1  heard_for_less_than_24_hours: the contact may have written before gate24 heard the channel" in lines


def test_what_comes_to_the_gate_is_gated_as_always_and_is_not_in_the_report(
    shared: System, capsys: pytest.CaptureFixture[str]
) -> None:
    channel, phone = new_channel(GUPSHUP), new_number()
    post(shared, channel, gupshup_text("Namaste", f"wamid.{phone}", phone, now() - 30 * HOUR))
    contact_opted_in(shared, phone, 40 * HOUR)
    answer = shared.send(TEXT | {"to": f"+{phone}", "channel": channel.id})
    assert (answer.status, answer.json["code"]) == (409, "window_closed")
    assert report(capsys, channel)["seen"] == 0


def test_people_read_a_table_and_programs_a_document_without_numbers_and_texts(
    shared: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    channel, file = new_channel(GUPSHUP), tmp_path / "messages.jsonl"
    closed = new_number()
    late = [("in", 40 * HOUR), *(("freeform", 20 * HOUR + number * MINUTE, "read") for number in range(25))]
    for body in webhooks_of(channel, closed, late, now()):
        post_to(shared, channel, body)
    printed = Printed(capsys, "shadow", "report", channel.id, *LOCAL_DAYS, "--messages", str(file))
    assert "  the gate refuses   25\n        25  window_closed\n" in printed.out
    assert "Disagreements with the provider: 25\n" in printed.out
    assert "5 more: --messages FILE writes all of them" in printed.out
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert len({row["message"] for row in rows}) == 25
    document = report(capsys, channel)
    assert sorted(rows, key=lambda row: row["at"]) == document["disagreements"]["messages"]
    first = rows[0]["message"]
    assert f"+{closed}" in shared.http("GET", f"/v1/messages/{first}").text, "the id leads to the message"
    for text in (printed.out, file.read_text(), json.dumps(document)):
        assert closed not in text


def test_only_the_days_that_are_asked_for_are_reported(shared: System, capsys: pytest.CaptureFixture[str]) -> None:
    channel, phone = new_channel(GUPSHUP), new_number()
    for body in webhooks_of(channel, phone, [("wrote", 75 * HOUR), ("freeform", 72 * HOUR, "read")], now()):
        post(shared, channel, body)
    since_the_start = Printed(capsys, "shadow", "report", channel.id, "--json").json
    assert since_the_start["seen"] == 1
    until = since_the_start["to"]
    assert Printed(capsys, "shadow", "report", channel.id, "--from", until, "--json").json["seen"] == 0


def test_a_platform_gets_the_same_report_in_as_many_answers_as_it_takes(
    shared: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, key = new_channel(GUPSHUP), create_api_key("", "portal", ["admin"], None, now()).secret
    tell(shared, channel, "as it happened")
    whole = report(capsys, channel)
    path = f"/v1/admin/organizations/{ORG}/channels/{channel.id}/shadow-report?from={LOCAL_DAYS[1]}"

    def answers() -> list[dict[str, Any]]:
        found = list[dict[str, Any]]()
        while not found or found[-1]["next_cursor"] is not None:
            more = f"&cursor={found[-1]['next_cursor']}" if found else ""
            answer = shared.http("GET", f"{path}{more}", key=key)
            assert answer.status == 200, answer.text
            found.append(answer.json)
        return found

    def without_messages(told: dict[str, Any]) -> dict[str, Any]:
        lists = {name: {**told[name], "messages": None} for name in ("disagreements", "against_consent")}
        return {name: told[name] for name in whole} | lists

    (at_once,) = answers()
    assert {name: at_once[name] for name in whole} == whole
    monkeypatch.setattr(admin_shadow_routes, "_AT_ONCE", 1)
    monkeypatch.setattr(clock, "time_limit", lambda _: lambda: True)
    parts = answers()
    assert len(parts) > 8
    assert without_messages(parts[-1]) == without_messages(whole)
    for name in ("disagreements", "against_consent"):
        named = [each["message"] for part in parts for each in part[name]["messages"]]
        assert sorted(named) == sorted(each["message"] for each in whole[name]["messages"])


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [("from=2026-11-02&to=2026-11-01", "/to"), ("from=2026-11-31", "/from"), ("cursor=AAAA", "/cursor")],
)
def test_a_report_that_a_platform_asks_for_wrongly_is_refused(shared: System, asked: str, pointer: str) -> None:
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    answer = shared.http("GET", f"/v1/admin/organizations/{ORG}/channels/{GUPSHUP}/shadow-report?{asked}", key=key)
    assert (answer.status, [each["pointer"] for each in answer.json["errors"]]) == (400, [pointer])


def test_of_a_number_that_changed_hands_the_earlier_persons_messages_are_not_judged(
    shared: System, capsys: pytest.CaptureFixture[str]
) -> None:
    channel, old, new = new_channel(META), new_number(), new_number()
    number = channel.phone_number_id or ""
    left = (now() - 3 * HOUR) // 1000 * 1000
    bodies = webhooks_of(channel, old, [("wrote", 5 * HOUR), ("freeform", 4 * HOUR, "read")], now())
    bodies += [meta_number_change(old, new, left, number)]
    bodies += statuses(channel, old, "after", "freeform", left + HOUR, "delivered")
    for body in bodies:
        post(shared, channel, body)
    found = report(capsys, channel)
    assert found["unknown"]["by_reason"] == {"number_changed_hands": 1}
    assert found["refused"]["by_code"] == {"number_changed": 1}


def test_a_report_reads_the_partitions_that_the_table_was_written_with(
    shared: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = new_channel(GUPSHUP)
    monkeypatch.setenv("DAY_SHARDS", "64")
    settings.shards.cache_clear()
    shard_record.confirm(now())
    for _ in range(12):
        for body in statuses(channel, new_number(), "1", "utility", now() - HOUR, "delivered"):
            post(shared, channel, body)
    monkeypatch.delenv("DAY_SHARDS")
    settings.shards.cache_clear()
    assert report(capsys, channel)["seen"] == 12
    documents.remove("SHARDS", "PLANS")
    shard_record.forget()
    settings.shards.cache_clear()


def test_messages_and_people_are_read_by_batches_and_as_they_are_taken(table: MemoryTable) -> None:
    channel, organization = new_channel(GUPSHUP), organizations.organization(ORG)
    assert organization is not None
    at = now() - HOUR
    day = local_day(at, organization.timezone)
    cost = Cost("USD", (Line("gupshup", 1000),))
    for number in range(1200):
        key = MessageKey(id_text(number.to_bytes(15, "big")), at + number, f"{number:012x}")
        entry = new_entry(key.id, key.at, channel.id, "freeform", "counted", cost)
        message = Message(key, "outbound", UNKNOWN_TYPE, channel.id, "accepted", sent_as="freeform", sent_around=True)
        messages.add(ORG, replace(message, statuses={"enqueued": at}, cost=cost, ledger=entry), day.isoformat())
    before = table.usage
    judged = judge_sends_around(organization, channel, [day])
    next(judged)
    first = table.usage.since(before).requests
    assert len(list(judged)) == 1199
    assert table.usage.since(before).requests < 1200 / 10
    assert first < table.usage.since(before).requests / 2
