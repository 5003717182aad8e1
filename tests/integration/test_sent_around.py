"""What other software, or the WhatsApp Business app, sent around gate24 is shown in the conversation and priced by what
its statuses say. It opens no window, and is never taken for a message of ours, nor one of ours for it."""

import itertools
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

import pytest

from gate24 import clock
from gate24.api.render import rfc3339
from gate24.changes import MessageChange
from gate24.events import ContactRef
from gate24.message_keys import message_key
from gate24.providers import forward
from gate24.rules.feed_events import events_of
from gate24.rules.rollup import local_day
from gate24.rules.shadow import is_by_software
from gate24.store import contacts, keys, messages, sent_around, table
from gate24.usecases import send_message
from gate24.usecases.note_held_statuses import note_held_statuses
from tests.support.bodies import (
    Body,
    gupshup_billing,
    gupshup_status,
    gupshup_v3,
    meta_number_change,
    meta_status,
    meta_text,
)
from tests.support.bodies import echo as echo_body
from tests.support.scene import (
    DIGITS,
    HOUR,
    MINUTE,
    SECOND,
    accepted_send,
    bsp_that,
    contact_opted_in,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    received_by_bsp,
    rolled_up,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEXT, System, system

_numbers = itertools.count(1)

UTILITY = {"policy": "PMP", "category": "utility", "type": "regular"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has a contact of its own."""
    with system(tmp_path_factory.mktemp("around"), in_memory=True) as made:
        yield made


def at_gupshup(status: str, name: str, phone: str, at: int, **more: Any) -> Body:
    return gupshup_status(status, f"gs-{name}", f"wamid.{name}", phone, at, **more)


def at_meta(status: str, name: str, phone: str, at: int, category: str | None = None, **more: Any) -> Body:
    if category is not None:
        more["pricing"] = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
    return meta_status(status, f"wamid.{name}", None, phone, at, phone_number_id=META_NUMBER, **more)


def echo(
    channel: str, name: str, phone: str, at: int, text: str = "From the app", field: str = "smb_message_echoes"
) -> Body:
    body = echo_body(name, phone, at, text, field, META_NUMBER)
    return gupshup_v3(body) if channel == GUPSHUP else body


def billed(name: str, phone: str, at: int) -> Body:
    body = gupshup_billing(f"gs-{name}", True, at, category="utility")
    body["payload"]["references"] |= {"destination": phone, "id": f"wamid.{name}"}
    return body


def of_contact(gate24: System, phone: str) -> list[dict[str, Any]]:
    """What was sent around gate24 to the contact, newest first."""
    return [each for each in gate24.conversation(phone) if each.get("sent_around")]


def known(gate24: System, phone: str) -> list[dict[str, Any]]:
    """The items of the contact that are about messages sent around gate24 or wait for one."""
    pk = keys.contact_pk(ORG, contacts.contact_id(ORG, ContactRef(f"+{phone}")))
    prefixes = (keys.SENT_AROUND, keys.WAITING_STATUS, keys.WAITING_BY_ID, keys.MESSAGE)
    return [each for each in gate24.items() if each["pk"]["S"] == pk and each["sk"]["S"].startswith(prefixes)]


def ledger(gate24: System, phone: str) -> list[str]:
    return [each["l"]["S"] for each in known(gate24, phone) if "l" in each and "ar" in each]


# What a message is by what is told of it


@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_a_message_that_another_system_sent_is_shown_as_such(shared: System, channel: str) -> None:
    phone, at = new_number(), now()
    contact_wrote(shared, phone, HOUR, channel)
    name = f"seen-{phone}"
    bodies = [at_gupshup("enqueued", name, phone, at), at_gupshup("delivered", name, phone, at + SECOND)]
    if channel == META:
        bodies = [at_meta("sent", name, phone, at), at_meta("delivered", name, phone, at + SECOND)]
    for body in bodies:
        post_webhook(shared, channel, body)
    (message,) = of_contact(shared, phone)
    assert (message["direction"], message["type"], message["status"]) == ("outbound", "unknown", "delivered")
    assert message["bsp_message_id"] == (f"wamid.{name}" if channel == META else f"gs-{name}")
    assert message["sent_around"] is True
    assert shared.http("GET", f"/v1/messages/{message['id']}").json["sent_around"] is True
    assert received_by_bsp(shared, phone) == []


PRICES = [
    # channel, what its statuses say (the last is delivered, or failed), what kind it is, what it costs
    (GUPSHUP, [("enqueued", {"kind": "session"})], "freeform", "0.0010"),
    (GUPSHUP, [("enqueued", {"kind": "template"})], "template", "0.0052"),
    (GUPSHUP, [("sent", {"pricing": UTILITY})], "template", "0.0052"),
    (GUPSHUP, [("sent", {"pricing": UTILITY | {"category": "service"}})], "freeform", "0.0010"),
    (GUPSHUP, [("enqueued", {"kind": "session"}), ("sent", {"pricing": UTILITY})], "template", "0.0052"),
    (GUPSHUP, [("enqueued", {"kind": "template"}), ("failed", {"code": 1002, "reason": "no"})], "template", "0"),
    (META, [("sent", {"category": "marketing"}), ("delivered", {})], "template", "0.0118"),
    (META, [("sent", {"category": "service"}), ("delivered", {})], "freeform", "0.0014"),
    (META, [("sent", {}), ("delivered", {"category": "utility"})], "template", "0.0014"),
    (META, [("sent", {"category": "marketing"}), ("failed", {"code": 131026})], "template", "0"),
]


@pytest.mark.parametrize(("channel", "said", "kind", "amount"), PRICES)
def test_it_costs_what_its_statuses_say_in_any_order(
    shared: System, channel: str, said: list[tuple[str, dict[str, Any]]], kind: str, amount: str
) -> None:
    told = at_meta if channel == META else at_gupshup
    seen = set()
    for order in itertools.permutations(range(len(said))):
        phone, at = new_number(), now() - MINUTE
        contact_wrote(shared, phone, HOUR, channel)
        for which in (*order, *order):  # each twice
            status, more = said[which]
            post_webhook(shared, channel, told(status, f"priced-{phone}", phone, at + which * SECOND, **more))
        (message,) = of_contact(shared, phone)
        seen.add((message["sent_as"], message["cost"]["amount"], message["status"], len(message["statuses"])))
        (entry,) = ledger(shared, phone)
        assert f'"k":"{kind}"' in entry and ('"s":"failed"' in entry) == (amount == "0")
    assert {each[:2] for each in seen} == {(kind, amount)}
    assert len(seen) == 1


def test_a_status_that_says_only_whether_it_is_billable_tells_no_price(shared: System) -> None:
    only = {"pricing": {"billable": False, "pricing_model": "PMP"}}
    said: list[tuple[str, dict[str, Any]]] = [("sent", only), ("delivered", only), ("read", {"category": "utility"})]
    for channel, told in ((META, at_meta), (GUPSHUP, at_gupshup)):
        for order in itertools.permutations(range(3)):
            phone, at, costs = new_number(), now() - MINUTE, []
            contact_wrote(shared, phone, HOUR, channel)
            for which in order:
                status, more = said[which]
                more = {"pricing": UTILITY} if channel == GUPSHUP and which == 2 else more
                body = told(status, f"billable-{phone}", phone, at + which * SECOND, **more)
                post_webhook(shared, channel, body)
                costs += [each["cost"] for each in of_contact(shared, phone)]
            assert costs[-1]["estimate"] is False
            assert costs[-1]["amount"] == ("0.0014" if channel == META else "0.0052")
            if order == (0, 1, 2):
                assert [each["estimate"] for each in costs] == [True, True, False]


def test_what_is_told_of_one_message_in_any_order_ends_in_the_same_message(shared: System) -> None:
    """Statuses, what the BSP deducted and copies of them."""
    states = set()
    orders = list(itertools.permutations(range(5)))[::7]
    for order in orders:
        phone, at = new_number(), now() // 1000 * 1000 - MINUTE
        name = f"any-{phone}"
        contact_wrote(shared, phone, HOUR)
        bodies = [
            at_gupshup("enqueued", name, phone, at, kind="template"),
            at_gupshup("sent", name, phone, at, pricing=UTILITY),
            at_gupshup("delivered", name, phone, at + SECOND, pricing=UTILITY),
            at_gupshup("read", name, phone, at + 2 * SECOND),
            billed(name, phone, at + SECOND),
        ]
        for which in (*order, order[0], order[-1]):
            post_webhook(shared, GUPSHUP, bodies[which])
        (message,) = of_contact(shared, phone)
        (entry,) = ledger(shared, phone)
        statuses = tuple(each["status"] for each in message["statuses"])
        states.add((message["status"], message["sent_as"], message["cost"]["amount"], statuses, entry))
        assert not [each for each in known(shared, phone) if each["sk"]["S"].startswith((keys.WAITING_STATUS, "S#"))]
    assert len(states) == 1, states


def test_it_stands_in_its_days_costs(shared: System) -> None:
    today = date.fromtimestamp(clock.now_ms() / 1000)
    first, last = date.fromordinal(today.toordinal() - 1), date.fromordinal(today.toordinal() + 1)
    before = rolled_up(shared, first, last)
    phone = new_number()
    contact_opted_in(shared, phone)
    post_webhook(shared, GUPSHUP, at_gupshup("enqueued", f"day-{phone}", phone, now(), kind="template"))
    after = rolled_up(shared, first, last)

    def count(days: list[dict[str, Any]]) -> int:
        return sum(each["messages"]["template"] for each in days)

    assert count(after) == count(before) + 1


@pytest.mark.parametrize(("channel", "most"), [(GUPSHUP, 13), (META, 9)])
def test_its_first_status_makes_few_calls_and_each_later_one_few(shared: System, channel: str, most: int) -> None:
    """The first writes the message and what points to it: by two ids at Gupshup, which knows it by both."""
    phone, at = new_number(), now()
    contact_wrote(shared, phone, HOUR, channel)
    told, found = at_meta if channel == META else at_gupshup, []
    client = table.connection().connection.client
    call, calls = client._make_api_call, list[str]()

    def counted(operation: str, asked: Any) -> Any:
        calls.append(operation)
        return call(operation, asked)

    for status in ("sent", "delivered", "read"):
        calls.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "_make_api_call", counted)
            post_webhook(shared, channel, told(status, f"few-{phone}", phone, at))
        found.append((len(calls), sum(each in ("PutItem", "UpdateItem", "DeleteItem") for each in calls)))
    assert found[0][0] <= most and found[0][1] <= 4
    delivery = (3, 2) if channel == META else (2, 1)  # by Meta's price list it costs from then on
    assert found[1:] == [delivery, (2, 1)]


# Messages that are known by their delivery alone


def a_day_later() -> None:
    """What was held is taken up."""
    assert note_held_statuses([ORG], clock.now_ms() + 25 * HOUR, lambda: False) >= 0


def days_of(gate24: System, phone: str) -> list[str]:
    """The local days in whose ledgers the messages stand that were sent around gate24."""
    return [keys.day_of_partition(each["g"]["S"]) for each in known(gate24, phone) if "ar" in each]


@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_a_message_of_which_only_the_delivery_is_told_is_noted_a_day_later(shared: System, channel: str) -> None:
    told, first = (at_meta if channel == META else at_gupshup), now() // 1000 * 1000 - MINUTE
    seen = set()
    for order in itertools.permutations((0, 1)):
        phone = new_number()
        for which in (*order, *order):
            status, at = ("delivered", first) if which == 0 else ("read", first + 9 * SECOND)
            post_webhook(shared, channel, told(status, f"late-{phone}", phone, at))
        assert shared.http("GET", f"/v1/contacts/{phone}").status == 404, "nothing is shown before it was held"
        a_day_later()
        a_day_later()
        (message,) = of_contact(shared, phone)
        assert shared.contact(phone)["phone"] == f"+{phone}"
        seen.add((message["at"], message["at_is_estimate"], message["status"], message["cost"]["amount"]))
        assert message["cost"]["estimate"] is True
        assert len(days_of(shared, phone)) == 1
        assert not [each for each in known(shared, phone) if each["sk"]["S"].startswith((keys.WAITING_STATUS, "S#"))]
        post_webhook(shared, channel, told("read", f"late-{phone}", phone, first + 9 * SECOND))
        assert of_contact(shared, phone) == [message]
    assert {each[:3] for each in seen} == {(rfc3339(first), True, "read")}
    amounts = {"0.0014", "0"} if channel == META else {"0.0010"}  # free of the month's first, where its day is stated
    assert {each[3] for each in seen} <= amounts


@pytest.mark.parametrize(
    ("channel", "pricing", "amount"),
    [
        (META, UTILITY | {"billable": True}, "0.0014"),
        (META, {"category": "marketing"}, "0.0118"),
        (GUPSHUP, UTILITY, "0.0052"),
    ],
)
def test_it_is_priced_by_what_its_delivery_says(
    shared: System, channel: str, pricing: dict[str, Any], amount: str
) -> None:
    phone = new_number()
    told = at_meta if channel == META else at_gupshup
    post_webhook(shared, channel, told("delivered", f"said-{phone}", phone, now() - MINUTE, pricing=pricing))
    a_day_later()
    (message,) = of_contact(shared, phone)
    assert (message["sent_as"], message["cost"]["amount"], message["cost"]["estimate"]) == ("template", amount, False)


@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_what_tells_of_its_sending_later_corrects_its_time_and_day_and_nothing_else(
    shared: System, channel: str
) -> None:
    """In each order, and with the day's run after each of them: one message of one time, day and cost."""
    told, end = (at_meta if channel == META else at_gupshup), now() // 1000 * 1000 - MINUTE
    said = [("sent", end - 30 * HOUR), ("delivered", end - SECOND), ("read", end)]
    day = local_day(end - 30 * HOUR, "Asia/Kolkata").isoformat()
    seen = set()
    for order in itertools.permutations(said):
        phone = new_number()
        for status, at in order:
            post_webhook(shared, channel, told(status, f"moved-{phone}", phone, at))
            a_day_later()
        (message,) = of_contact(shared, phone)
        statuses = tuple((each["status"], each["at"]) for each in message["statuses"])
        seen.add((message["at"], message.get("at_is_estimate"), message["cost"]["amount"], statuses))
        assert days_of(shared, phone) == [day]
    ((at, is_estimate, *_),) = seen
    assert (at, is_estimate) == (rfc3339(end - 30 * HOUR), None)


def test_its_cost_moves_to_the_day_of_its_sending(shared: System) -> None:
    phone, at = new_number(), now() - MINUTE
    last = local_day(at, "Asia/Kolkata")
    first = local_day(at - 100 * HOUR, "Asia/Kolkata")

    def templates() -> dict[str, int]:
        return {each["date"]: each["messages"]["template"] for each in rolled_up(shared, first, last)}

    before = templates()
    post_webhook(shared, META, at_meta("delivered", f"day-{phone}", phone, at, "utility"))
    a_day_later()
    assert templates() == before | {last.isoformat(): before[last.isoformat()] + 1}
    post_webhook(shared, META, at_meta("sent", f"day-{phone}", phone, at - 100 * HOUR, "utility"))
    assert templates() == before | {first.isoformat(): before[first.isoformat()] + 1}


def test_an_echo_that_comes_later_tells_its_time_and_content(shared: System) -> None:
    phone, at = new_number(), now() // 1000 * 1000 - MINUTE
    post_webhook(shared, META, at_meta("read", f"heard-{phone}", phone, at))
    a_day_later()
    post_webhook(shared, META, echo(META, f"heard-{phone}", phone, at - HOUR))
    (message,) = of_contact(shared, phone)
    assert (message["at"], message["text"]) == (rfc3339(at - HOUR), "From the app")
    assert "at_is_estimate" not in message


def test_what_may_be_of_a_send_of_ours_without_outcome_goes_on_waiting(shared: System) -> None:
    phone = new_number()
    contact_wrote(shared, phone, HOUR)
    with bsp_that(shared, outcome="timeout_after_accept", statuses=[]):
        ours = shared.send(TEXT | {"to": f"+{phone}"}).json["id"]
    post_webhook(shared, GUPSHUP, at_gupshup("delivered", f"whose-{phone}", phone, now()))
    a_day_later()
    assert of_contact(shared, phone) == []
    assert shared.http("GET", f"/v1/messages/{ours}").json["status"] == "unknown"
    assert [each for each in known(shared, phone) if each["sk"]["S"].startswith(keys.WAITING_STATUS)]


def test_a_delivery_of_a_message_of_ours_from_long_ago_is_given_to_it(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = new_number()
    sent = accepted_send(shared, phone)
    monkeypatch.setattr(messages, "_LAST_FEW", (1, 1))
    monkeypatch.setattr(messages, "_LOOK_BACK", (1, 1))
    contact_wrote(shared, phone, -SECOND)
    contact_wrote(shared, phone, -2 * SECOND)
    at = now() + 20 * 24 * HOUR
    monkeypatch.setattr(clock, "now_ms", lambda: at)
    post_webhook(shared, GUPSHUP, gupshup_status("read", sent["bsp_message_id"], f"wamid.{phone}", phone, at))
    a_day_later()
    assert of_contact(shared, phone) == []
    assert shared.http("GET", f"/v1/messages/{sent['id']}").json["status"] == "read"


def test_a_delivery_brings_back_nobody_who_was_erased_and_keeps_no_number(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, at = new_number(), now()
    post_webhook(shared, GUPSHUP, at_gupshup("delivered", f"held-{phone}", phone, at - HOUR))
    assert f"+{phone}" in str(known(shared, phone)), "held with the number of somebody never heard of"
    contact_wrote(shared, phone, HOUR)
    assert shared.http("DELETE", f"/v1/contacts/{phone}").status == 204
    monkeypatch.setattr(clock, "now_ms", lambda: at + HOUR)
    in_ledgers = entries(shared)
    post_webhook(shared, GUPSHUP, at_gupshup("delivered", f"gone-{phone}", phone, at + 30 * MINUTE))
    a_day_later()
    assert entries(shared) == in_ledgers
    assert shared.http("GET", f"/v1/contacts/{phone}").status == 404
    assert f"+{phone}" not in str(known(shared, phone))


# Echoes


@pytest.mark.parametrize("echo_first", [True, False])
@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_an_echo_gives_its_content_to_the_message_of_its_statuses(
    shared: System, channel: str, echo_first: bool
) -> None:
    phone, at = new_number(), now() - MINUTE
    contact_wrote(shared, phone, HOUR, channel)
    name, told = f"echo-{phone}", at_meta if channel == META else at_gupshup
    bodies = [echo(channel, name, phone, at), told("sent", name, phone, at), told("read", name, phone, at + SECOND)]
    for body in bodies if echo_first else (*reversed(bodies), bodies[0]):
        post_webhook(shared, channel, body)
    (message,) = of_contact(shared, phone)
    assert (message["type"], message["text"], message["status"]) == ("text", "From the app", "read")
    assert (message["cost"]["amount"], message["sent_as"]) == ("0", "freeform"), "what is sent in the app is free"


@pytest.mark.parametrize(("channel", "amount"), [(GUPSHUP, "0.0010"), (META, "0.0014")])
def test_a_price_that_a_status_tells_holds_for_what_was_sent_in_the_app_too(
    shared: System, channel: str, amount: str
) -> None:
    amounts = set()
    service = UTILITY | {"category": "service"}
    for order in ((0, 1), (1, 0)):
        phone, at = new_number(), now() - MINUTE
        told = at_meta if channel == META else at_gupshup
        said = told("sent", f"app-{phone}", phone, at, pricing=service)
        bodies = [echo(channel, f"app-{phone}", phone, at), said]
        for which in order:
            post_webhook(shared, channel, bodies[which])
        if channel == META:  # whose price list charges at delivery
            post_webhook(shared, channel, told("delivered", f"app-{phone}", phone, at + 1000, pricing=service))
        (message,) = of_contact(shared, phone)
        amounts.add(message["cost"]["amount"])
    assert amounts == {amount}


@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_an_echo_opens_no_window_and_tells_no_name(shared: System, channel: str) -> None:
    phone = new_number()
    post_webhook(shared, channel, echo(channel, f"shut-{phone}", phone, now()))
    contact = shared.contact(phone)
    assert shared.window(phone, channel)["state"] == "never_opened"
    assert (contact["consent"]["status"], contact["name"]) == ("none", None)
    refused = shared.send(TEXT | {"to": f"+{phone}", "channel": channel})
    assert refused.json["code"] == "not_opted_in"


@pytest.mark.parametrize(("field", "in_app"), [("smb_message_echoes", True), ("message_echoes", False)])
def test_it_is_kept_whether_it_was_sent_in_the_app(shared: System, field: str, in_app: bool) -> None:
    for order in ((0, 1), (1, 0)):
        phone, at = new_number(), now() - MINUTE
        said = echo(META, f"typed-{phone}", phone, at, "Hello", field)
        bodies = [said, at_meta("sent", f"typed-{phone}", phone, at, "service")]
        for which in order:
            post_webhook(shared, META, bodies[which])
        (shown,) = of_contact(shared, phone)
        key = message_key(shown["id"])
        stored = messages.find(ORG, key) if key else None
        assert stored is not None and stored.in_app is in_app
        assert is_by_software(stored) is not in_app


@pytest.mark.parametrize("status_at", [None, 0, 1, 2])
def test_a_message_of_which_both_kinds_of_echo_tell_was_sent_in_the_app_whichever_comes_first(
    shared: System, status_at: int | None
) -> None:
    ends = []
    for fields in (("smb_message_echoes", "message_echoes"), ("message_echoes", "smb_message_echoes")):
        phone, at = new_number(), now() - MINUTE
        bodies = [echo(META, f"both-{phone}", phone, at, "Hello", field) for field in fields]
        if status_at is not None:
            bodies.insert(status_at, at_meta("sent", f"both-{phone}", phone, at))
        for body in (*bodies, *bodies):
            post_webhook(shared, META, body)
        (shown,) = of_contact(shared, phone)
        key = message_key(shown["id"])
        stored = messages.find(ORG, key) if key else None
        assert stored is not None and stored.in_app is True and not is_by_software(stored)
        ends.append((shown["text"], shown["cost"]["amount"], stored.cost_is_estimate))
    assert ends[0] == ends[1]


def test_an_echo_of_a_message_of_ours_is_no_message_of_its_own(shared: System, monkeypatch: pytest.MonkeyPatch) -> None:
    for early in (False, True):
        phone = new_number()
        with monkeypatch.context() as patch:
            if early:
                told_before_the_answer(patch, partial(tell_echo, shared, phone))
            sent = accepted_send(shared, phone, META)
        post_webhook(shared, META, echoed(sent["bsp_message_id"], phone))
        assert of_contact(shared, phone) == []
        assert len([each for each in shared.conversation(phone) if each["direction"] == "outbound"]) == 1


def test_at_gupshup_an_echo_of_a_message_of_ours_waits_for_what_tells_its_id(shared: System) -> None:
    """Gupshup answers with an id of its own; its enqueued tells WhatsApp's, which the echo has."""
    phone = new_number()
    sent = accepted_send(shared, phone, GUPSHUP)
    post_webhook(shared, GUPSHUP, echo(GUPSHUP, f"ours-{phone}", phone, now(), "Hello", "message_echoes"))
    assert of_contact(shared, phone) == []
    post_webhook(shared, GUPSHUP, echo(GUPSHUP, f"typed-{phone}", phone, now()))
    (typed,) = of_contact(shared, phone)
    assert typed["text"] == "From the app", "what was typed in the app is no send of ours, and waits for none"
    enqueued = gupshup_status("enqueued", sent["bsp_message_id"], f"wamid.ours-{phone}", phone, now())
    post_webhook(shared, GUPSHUP, enqueued)
    assert of_contact(shared, phone) == [typed]
    assert [each for each in known(shared, phone) if each["sk"]["S"].startswith(keys.WAITING_STATUS)] == []


def tell_echo(gate24: System, phone: str, wamid: str | None) -> None:
    post_webhook(gate24, META, echoed(wamid, phone))


def echoed(wamid: str | None, phone: str) -> Body:
    return echo(META, str(wamid).removeprefix("wamid."), phone, now(), "Hello", "message_echoes")


def told_before_the_answer(monkeypatch: pytest.MonkeyPatch, tell: Callable[[str | None], None]) -> None:
    def and_be_told_at_once(*args: Any) -> Any:
        answer = forward.forward(*args)
        tell(answer.bsp_message_id)
        return answer

    monkeypatch.setattr(send_message, "forward", and_be_told_at_once)


# Ours and theirs


@pytest.mark.parametrize("behind", [0, 5 * MINUTE], ids=["clocks agree", "the BSP's clock is late"])
@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_a_status_that_comes_before_our_own_write_makes_no_second_message(
    shared: System, monkeypatch: pytest.MonkeyPatch, channel: str, behind: int
) -> None:
    phone = new_number()

    def tell(bsp_id: str | None) -> None:
        at = now() - behind
        if channel == GUPSHUP:
            post_webhook(shared, GUPSHUP, gupshup_status("enqueued", bsp_id, f"wamid.{phone}", phone, at))
        else:
            ours = received_by_bsp(shared, phone)[-1]["json"]["biz_opaque_callback_data"]
            body = meta_status("sent", str(bsp_id), ours, phone, at, phone_number_id=META_NUMBER)
            post_webhook(shared, META, body)

    told_before_the_answer(monkeypatch, tell)
    sent = accepted_send(shared, phone, channel)
    assert of_contact(shared, phone) == []
    assert shared.http("GET", f"/v1/messages/{sent['id']}").json["statuses"]


def test_while_a_send_of_ours_is_unknown_what_is_told_waits_and_then_both_are_there(shared: System) -> None:
    phone = new_number()
    contact_wrote(shared, phone, HOUR)
    with bsp_that(shared, outcome="timeout_after_accept", statuses=[]):
        ours = shared.send(TEXT | {"to": f"+{phone}"}).json["id"]
    for _ in range(2):
        post_webhook(shared, GUPSHUP, at_gupshup("enqueued", f"theirs-{phone}", phone, now(), kind="template"))
        assert of_contact(shared, phone) == []
    post_webhook(shared, GUPSHUP, at_gupshup("enqueued", f"ours-{phone}", phone, now(), kind="session"))
    (theirs,) = of_contact(shared, phone)
    assert (theirs["bsp_message_id"], theirs["sent_as"]) == (f"gs-theirs-{phone}", "template")
    found = shared.http("GET", f"/v1/messages/{ours}").json
    assert (found["bsp_message_id"], found["status"]) == (f"gs-ours-{phone}", "accepted")
    assert "sent_around" not in found
    assert [each for each in known(shared, phone) if each["sk"]["S"].startswith(keys.WAITING_STATUS)] == []


def test_a_status_of_a_message_of_ours_long_ago_makes_no_second_message(shared: System) -> None:
    phone = new_number()
    sent = accepted_send(shared, phone)
    at = now()
    for number in range(6):
        contact_wrote(shared, phone, -SECOND * number)
    status = gupshup_status("sent", sent["bsp_message_id"], f"wamid.{phone}", phone, at)
    post_webhook(shared, GUPSHUP, status)
    assert of_contact(shared, phone) == []
    assert shared.http("GET", f"/v1/messages/{sent['id']}").json["status"] == "sent"


def test_two_statuses_that_come_at_once_make_one_message(shared: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, at, name = new_number(), now(), f"twice-{new_number()}"
    take, others = sent_around.take, [at_gupshup("sent", name, phone, at - SECOND, pricing=UTILITY)]

    def and_another_comes_first(*args: Any) -> Any:
        while others:
            post_webhook(shared, GUPSHUP, others.pop())
        return take(*args)

    monkeypatch.setattr(sent_around, "take", and_another_comes_first)
    post_webhook(shared, GUPSHUP, at_gupshup("enqueued", name, phone, at, kind="template"))
    (message,) = of_contact(shared, phone)
    assert {each["status"] for each in message["statuses"]} == {"enqueued", "sent"}
    assert message["cost"]["amount"] == "0.0052"


def test_what_a_crash_left_undone_a_repetition_finishes(shared: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, body_at = new_number(), now()
    body = at_gupshup("enqueued", f"crash-{phone}", phone, body_at, kind="template")
    with monkeypatch.context() as patch:
        take = sent_around.take

        def dies(*args: Any) -> Any:
            take(*args)
            raise KeyboardInterrupt

        patch.setattr(sent_around, "take", dies)
        with pytest.raises(KeyboardInterrupt):
            shared.webhook(body)
    assert of_contact(shared, phone) == []
    post_webhook(shared, GUPSHUP, body)
    (message,) = of_contact(shared, phone)
    assert message["status"] == "accepted"


# Who it went to


def test_who_was_never_heard_of_is_a_contact_without_consent(shared: System) -> None:
    phone = new_number()
    post_webhook(shared, GUPSHUP, at_gupshup("enqueued", f"new-{phone}", phone, now(), kind="template"))
    assert shared.contact(phone)["consent"]["status"] == "none"
    assert len(of_contact(shared, phone)) == 1


def test_who_is_known_by_a_failure_alone_is_none(shared: System) -> None:
    phone, at = new_number(), now()
    failed = at_gupshup("failed", f"f-{phone}", phone, at + SECOND, code=1002, reason="Not on WhatsApp")
    post_webhook(shared, GUPSHUP, failed)
    assert shared.http("GET", f"/v1/contacts/{phone}").status == 404
    post_webhook(shared, GUPSHUP, at_gupshup("enqueued", f"f-{phone}", phone, at))
    (message,) = of_contact(shared, phone)
    assert (message["status"], message["cost"]["amount"]) == ("failed", "0")


def test_what_is_told_of_somebody_who_was_erased_brings_nobody_back(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, at = new_number(), now()
    contact_wrote(shared, phone, HOUR)
    for status in ("enqueued", "sent"):
        post_webhook(shared, GUPSHUP, at_gupshup(status, f"before-{phone}", phone, at))
    assert shared.http("DELETE", f"/v1/contacts/{phone}").status == 204
    assert known(shared, phone) == [], "nothing points to what was erased"
    in_ledgers = entries(shared)
    monkeypatch.setattr(clock, "now_ms", lambda: at + HOUR)
    for status in ("enqueued", "sent", "delivered", "failed"):
        post_webhook(shared, GUPSHUP, at_gupshup(status, f"before-{phone}", phone, at, code=1002))
    post_webhook(shared, GUPSHUP, at_gupshup("sent", f"at-once-{phone}", phone, at + MINUTE))
    assert entries(shared) == in_ledgers, "no day's costs change by what may have been told before"
    post_webhook(shared, GUPSHUP, at_gupshup("sent", f"after-{phone}", phone, at + 30 * MINUTE))
    assert entries(shared) == in_ledgers + 1, "what was sent since costs, without the person"
    assert shared.http("GET", f"/v1/contacts/{phone}").status == 404
    assert not [each for each in known(shared, phone) if each["sk"]["S"].startswith(keys.MESSAGE)]


@pytest.mark.parametrize("bsp_id", ["both", "gs"])
def test_what_failed_to_somebody_who_was_erased_costs_nothing_in_any_order(
    shared: System, monkeypatch: pytest.MonkeyPatch, bsp_id: str
) -> None:
    """A failure on Gupshup's side names its own id alone."""
    real = clock.now_ms
    for order in itertools.permutations((0, 1, 2)):
        phone, at = new_number(), real()
        contact_wrote(shared, phone, HOUR)
        before = at_gupshup("enqueued", f"was-{phone}", phone, at - MINUTE, kind="template")
        post_webhook(shared, GUPSHUP, before)
        assert shared.http("DELETE", f"/v1/contacts/{phone}").status == 204
        was = erased_entries(shared)
        sent, wamid = at + 30 * MINUTE, f"wamid.x-{phone}" if bsp_id == "both" else f"gs-x-{phone}"
        bodies = [
            at_gupshup("enqueued", f"x-{phone}", phone, sent, kind="template"),
            gupshup_status("failed", f"gs-x-{phone}", wamid, phone, sent + SECOND, code=1002, reason="no"),
            at_gupshup("sent", f"x-{phone}", phone, sent),
        ]
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now_ms", lambda at=at: at + HOUR)
            for which in (*order, *order):
                post_webhook(shared, GUPSHUP, bodies[which])
            post_webhook(shared, GUPSHUP, at_gupshup("failed", f"was-{phone}", phone, sent, code=1002, reason="no"))
        (entry,) = [each for each in erased_entries(shared) if each not in was]
        assert '"s":"failed"' in entry[1]
        assert set(was) <= set(erased_entries(shared)), "what was erased itself stays as it was"


def erased_entries(gate24: System) -> list[tuple[str, str]]:
    """What is in the days' costs without a person."""
    found = [each for each in gate24.items() if each["pk"]["S"].startswith("E#") and "l" in each]
    return [(each["sk"]["S"], each["l"]["S"]) for each in found]


def entries(gate24: System) -> int:
    return sum("l" in each and each.get("g", {"S": ""})["S"].startswith("L#") for each in gate24.items())


def test_it_stands_in_the_conversation_of_who_had_the_number_then(shared: System) -> None:
    old, new, at = new_number(), new_number(), now() - HOUR
    contact_wrote(shared, old, 2 * HOUR, META)
    post_webhook(shared, META, meta_number_change(old, new, at, META_NUMBER))
    post_webhook(shared, META, at_meta("sent", f"then-{old}", old, at - MINUTE, "utility"))
    (message,) = of_contact(shared, new)
    assert message["bsp_message_id"] == f"wamid.then-{old}"
    assert shared.contact(old)["number_changed_at"] is not None, "nobody has the old number"


def test_it_stands_once_where_it_is_told_again_under_the_number_that_was_hidden(shared: System) -> None:
    phone, at = new_number(), now()
    user_id, name, their_id = f"IN.{phone}", f"hidden-{phone}", {"biz_opaque_callback_data": "their-own-id"}
    hidden = at_meta("sent", name, phone, at, "utility", recipient_user_id=user_id, **their_id)
    del hidden["entry"][0]["changes"][0]["value"]["statuses"][0]["recipient_id"]
    post_webhook(shared, META, meta_text("Hello", f"wamid.h-{phone}", None, at - HOUR, META_NUMBER, user_id))
    post_webhook(shared, META, hidden)
    post_webhook(shared, META, meta_text("It is me", f"wamid.s-{phone}", phone, at, META_NUMBER, user_id))
    post_webhook(shared, META, at_meta("sent", name, phone, at, "utility", **their_id))
    post_webhook(shared, META, at_meta("failed", name, phone, at + SECOND, code=131026, **their_id))
    (message,) = of_contact(shared, phone)
    assert (message["status"], message["cost"]["amount"]) == ("failed", "0")


def test_it_is_told_as_a_status_and_never_as_a_message_received(shared: System) -> None:
    phone = new_number()
    post_webhook(shared, GUPSHUP, at_gupshup("sent", f"told-{phone}", phone, now()))
    (shown,) = of_contact(shared, phone)
    key = message_key(shown["id"])
    stored = messages.find(ORG, key) if key else None
    assert stored is not None
    change = MessageChange(organization_id=ORG, number="1", at=now(), old=None, new=stored)
    (event,) = events_of(change, lambda _: 0)
    assert (event.type, event.facts["status"]) == ("message.status", "sent")


def test_it_is_exported_with_the_contact(shared: System) -> None:
    post_webhook(shared, META, echo(META, "exported", DIGITS, now()))
    assert "From the app" in shared.http("GET", f"/v1/contacts/{DIGITS}/messages").text
