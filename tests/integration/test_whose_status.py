"""A status settles the send that it is about, and no other: by what the provider says of whose it is."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gate24 import clock
from gate24.providers import forward
from gate24.rules.message_status import LEASE_MS
from gate24.usecases import send_message
from tests.support.bodies import gupshup_billing, gupshup_status, meta_status
from tests.support.scene import (
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
    script_bsp,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, TEMPLATE, TEXT, System, system


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has a contact of its own."""
    with system(tmp_path_factory.mktemp("whose"), in_memory=True) as made:
        yield made


def shown(gate24: System, message_id: str) -> dict[str, Any]:
    found: dict[str, Any] = gate24.http("GET", f"/v1/messages/{message_id}").json
    return found


def unknown_to(gate24: System, phone: str, channel: str, body: dict[str, Any] = TEXT) -> dict[str, Any]:
    """The answer to a send that the BSP took without answering. The contact opted in and wrote an hour before."""
    contact_opted_in(gate24, phone, 2 * HOUR)
    contact_wrote(gate24, phone, HOUR, channel)
    with bsp_that(gate24, outcome="timeout_after_accept", statuses=[]):
        answer = gate24.send(body | {"to": f"+{phone}", "channel": channel})
    assert answer.status == 504, answer.text
    sent: dict[str, Any] = answer.json
    return sent


def to_meta(kind: str, wamid: str, our_id: str | None, phone: str, **more: Any) -> dict[str, Any]:
    return meta_status(kind, wamid, our_id, phone, now(), phone_number_id=META_NUMBER, **more)


META_STATUSES = [
    # what a status says by biz_opaque_callback_data, whether it settles our unknown send
    # Meta, statuses reference (updated 2026-09): "biz_opaque_callback_data: An arbitrary string, useful for tracking
    # [...] returned in the webhook", in each status of a message that was sent with it. gate24 sends every message so.
    ("ours", True),
    ("none", False),
    ("another system's", False),
    ("another message of ours", False),
]


@pytest.mark.parametrize(("said", "settles"), META_STATUSES)
def test_at_meta_only_a_status_that_carries_our_id_settles_an_unknown_send(
    shared: System, said: str, settles: bool
) -> None:
    phone = new_number()
    other = accepted_send(shared, phone, META)
    message = unknown_to(shared, phone, META)["id"]
    our_id = {"ours": message, "none": None, "another system's": "crm-4711", "another message of ours": other["id"]}[
        said
    ]
    for kind in ("sent", "delivered"):
        post_webhook(shared, META, to_meta(kind, f"wamid.{phone}", our_id, phone))
    assert shown(shared, message)["status"] == ("delivered" if settles else "unknown")
    is_others = said == "another message of ours"
    assert shown(shared, other["id"])["status"] == ("delivered" if is_others else "accepted")


@pytest.mark.parametrize(("callback", "is_its"), [(None, True), ("crm-4711", False)])
@pytest.mark.parametrize("early", [False, True], ids=["after our write", "before our write"])
def test_the_wamid_of_metas_answer_names_the_message_unless_the_status_names_somebody_elses(
    shared: System, monkeypatch: pytest.MonkeyPatch, callback: str | None, is_its: bool, early: bool
) -> None:
    """Meta, message status webhook (updated 2026-09): ``id`` is the id that the send's answer gave."""
    phone = new_number()

    def tell(wamid: str | None) -> None:
        assert wamid is not None
        post_webhook(shared, META, to_meta("delivered", wamid, callback, phone))

    if early:
        told_before_the_answer(monkeypatch, tell)
    sent = accepted_send(shared, phone, META)
    if not early:
        tell(sent["bsp_message_id"])
    assert shown(shared, sent["id"])["status"] == ("delivered" if is_its else "accepted")


def told_before_the_answer(monkeypatch: pytest.MonkeyPatch, tell: Callable[[str | None], None]) -> None:
    """What the BSP tells of a message comes before our own write of its answer."""

    def and_be_told_at_once(*args: Any) -> Any:
        answer = forward.forward(*args)
        tell(answer.bsp_message_id)
        return answer

    monkeypatch.setattr(send_message, "forward", and_be_told_at_once)


def enqueued(gs_id: str, phone: str, at: int, kind: str = "session") -> dict[str, Any]:
    return gupshup_status("enqueued", gs_id, f"wamid.{gs_id}", phone, at, kind=kind)


GUPSHUP_STATUSES: list[tuple[str, dict[str, Any], list[tuple[str, int]], bool]] = [
    # what was sent, what is told of one Gupshup id with its milliseconds after the send, whether it settles it
    # Gupshup, docs/message-events (read 2026-11): enqueued has whatsappMessageId and type ("session"); sent has the
    # time of the sending. A delivery may be of a message that was sent long before.
    ("freeform", TEXT, [("session", 0)], True),
    ("template", TEMPLATE, [("template", 0)], True),
    ("freeform", TEXT, [("template", 0)], False),
    # Whether Gupshup calls a template "session", too, is not documented.
    ("template", TEMPLATE, [("session", 0)], True),
    ("freeform", TEXT, [("something new", 0)], True),
    ("freeform", TEXT, [("sent", 0)], True),
    ("freeform", TEXT, [("delivered", 0)], False),
    ("freeform", TEXT, [("delivered", 0), ("sent", 0)], True),
    ("freeform", TEXT, [("read", 0), ("delivered", 0)], False),
    ("freeform", TEXT, [("session", -10 * SECOND)], False),
    ("freeform", TEXT, [("session", 11 * MINUTE)], False),
    ("freeform", TEXT, [("sent", -10 * SECOND), ("delivered", 0)], False),
]


@pytest.mark.parametrize(("kind", "body", "told", "settles"), GUPSHUP_STATUSES)
def test_at_gupshup_an_unknown_send_is_guessed_only_where_kind_and_time_agree(
    shared: System,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    body: dict[str, Any],
    told: list[tuple[str, int]],
    settles: bool,
) -> None:
    phone, at = new_number(), now()
    message = unknown_to(shared, phone, GUPSHUP, body)["id"]
    monkeypatch.setattr(clock, "now_ms", lambda: at + HOUR)
    gs_id = f"gs-{phone}"
    for status, after in told:
        is_status = status in ("sent", "delivered", "read")
        post_webhook(
            shared,
            GUPSHUP,
            gupshup_status(status, gs_id, f"wamid.{gs_id}", phone, at + SECOND + after)
            if is_status
            else enqueued(gs_id, phone, at + SECOND + after, status),
        )
    assert (shown(shared, message)["status"] != "unknown") is settles


def test_of_two_ids_at_gupshup_the_one_of_the_right_kind_settles_the_send(shared: System) -> None:
    phone = new_number()
    message = unknown_to(shared, phone, GUPSHUP)["id"]
    post_webhook(shared, GUPSHUP, enqueued("gs-theirs", phone, now(), "template"))
    post_webhook(shared, GUPSHUP, enqueued("gs-ours", phone, now(), "session"))
    assert shown(shared, message)["bsp_message_id"] == "gs-ours"


PRICED = {"policy": "PMP", "category": "marketing", "type": "regular"}


def test_a_guessed_status_or_deduction_never_changes_the_price(shared: System) -> None:
    phone = new_number()
    gs_id = f"gs-{phone}"
    message = unknown_to(shared, phone, GUPSHUP, TEMPLATE)["id"]
    estimate = shown(shared, message)["cost"]
    post_webhook(shared, GUPSHUP, gupshup_status("sent", gs_id, f"w.{phone}", phone, now(), pricing=PRICED))
    post_webhook(shared, GUPSHUP, gupshup_status("delivered", gs_id, f"w.{phone}", phone, now(), pricing=PRICED))
    deducted = gupshup_billing(gs_id, True, now(), category="marketing")
    deducted["payload"]["references"]["destination"] = phone
    post_webhook(shared, GUPSHUP, deducted)
    found = shown(shared, message)
    assert (found["status"], found["cost"]) == ("delivered", estimate)
    assert estimate["estimate"] is True


def test_a_status_that_was_told_for_our_id_settles_the_price(shared: System) -> None:
    phone = new_number()
    sent = accepted_send(shared, phone)
    status = gupshup_status("sent", sent["bsp_message_id"], f"w.{phone}", phone, now(), pricing=PRICED)
    post_webhook(shared, GUPSHUP, status)
    assert shown(shared, sent["id"])["cost"]["estimate"] is False


# What a failure tells of the contact holds from the send on


class Day:
    """A clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = (now() - 20 * HOUR) // 1000 * 1000
        monkeypatch.setattr(clock, "now_ms", lambda: self.at)


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Day:
    return Day(monkeypatch)


def wrote(gate24: System, phone: str, channel: str, at: int, text: str = "Namaste") -> None:
    contact_wrote(gate24, phone, now() - at, channel, text)


def failed(phone: str, channel: str, sent: dict[str, Any], code: int, at: int) -> dict[str, Any]:
    bsp_id = sent["bsp_message_id"]
    if channel == META:
        return meta_status("failed", bsp_id, sent["id"], phone, at, code, META_NUMBER)
    return gupshup_status("failed", bsp_id, f"w.{phone}", phone, at, code, "its own text")


EFFECTS = [
    # code, channel, what the contact says between the send and the status, what holds in the end
    # Gupshup, docs/error-and-status-messages; Meta, Cloud API error codes (updated 2025-12-12): each code says why the
    # provider did not deliver when it tried, not how things stand when the status comes.
    (131047, META, "Are you there?", lambda contact: contact["window"] == "open"),
    (470, GUPSHUP, "Are you there?", lambda contact: contact["window"] == "open"),
    (1004, GUPSHUP, "Are you there?", lambda contact: contact["window"] == "open"),
    (1012, GUPSHUP, "START", lambda contact: contact["consent"]["status"] == "opted_in"),
    (1012, GUPSHUP, "Are you there?", lambda contact: contact["consent"]["status"] == "opted_out"),
    (131026, META, "Are you there?", lambda contact: contact["unreachable"] is False),
    (1002, GUPSHUP, "Are you there?", lambda contact: contact["unreachable"] is False),
    (131047, META, None, lambda contact: contact["window"] == "closed"),
    (131026, META, None, lambda contact: contact["unreachable"] is True),
]


@pytest.mark.parametrize(("code", "channel", "said", "holds"), EFFECTS)
@pytest.mark.parametrize("status_first", [False, True], ids=["status last", "status first"])
def test_a_failure_speaks_of_the_time_of_the_send(
    shared: System,
    day: Day,
    code: int,
    channel: str,
    said: str | None,
    holds: Callable[[Any], bool],
    status_first: bool,
) -> None:
    phone, started = new_number(), day.at
    contact_opted_in(shared, phone, now() - day.at + HOUR)
    sent = accepted_at(shared, phone, channel, day)
    day.at = started + HOUR
    events: list[Callable[[], None]] = [
        lambda: post_webhook(shared, channel, failed(phone, channel, sent, code, started + 5 * MINUTE))
    ]
    if said is not None:
        events.append(lambda: wrote(shared, phone, channel, started + MINUTE, said))
    for event in events if status_first else reversed(events):
        event()
    contact = shared.contact(phone)
    contact["window"] = shared.window(phone, channel)["state"]
    assert holds(contact), contact


def accepted_at(gate24: System, phone: str, channel: str, day: Day) -> dict[str, Any]:
    """A freeform that the BSP accepted at the day's time; the contact wrote an hour before."""
    wrote(gate24, phone, channel, day.at - HOUR)
    answer = gate24.send(TEXT | {"to": f"+{phone}", "channel": channel})
    assert answer.status == 202, answer.text
    sent: dict[str, Any] = answer.json
    return sent


def test_a_failure_that_comes_before_our_own_write_is_dated_by_the_send_too(
    shared: System, monkeypatch: pytest.MonkeyPatch, day: Day
) -> None:
    closed = {}
    for early in (False, True):
        phone, started = new_number(), day.at
        with monkeypatch.context() as patch:
            tell = told_failure(shared, phone, started + 20 * SECOND, day)
            if early:
                told_before_the_answer(patch, tell)
            sent = accepted_at(shared, phone, GUPSHUP, day)
            if not early:
                tell(sent["bsp_message_id"])
        assert shown(shared, sent["id"])["status"] == "failed"
        assert shared.window(phone)["closed_by"] == "provider"
        wrote(shared, phone, GUPSHUP, started + 10 * SECOND)
        closed[early] = shared.window(phone)["state"]
        day.at = started
    assert closed == {False: "open", True: "open"}


def told_failure(gate24: System, phone: str, at: int, day: Day) -> Callable[[str | None], None]:
    def tell(gs_id: str | None) -> None:
        day.at = at + SECOND  # within the lease of a send that is under way
        post_webhook(gate24, GUPSHUP, gupshup_status("failed", gs_id, f"w.{phone}", phone, at, 470, "late"))

    return tell


FOREIGN = [
    # what a failure is about, when it closes the window (seconds after the send), None: not at all
    # A message sent around gate24 has no send of ours to be dated by, so it counts from its own time.
    ("another's message, our send accepted", 20),
    ("another's message, before our own write", 20),
    ("another's message, our send unknown", None),
]


@pytest.mark.parametrize(("about", "closes"), FOREIGN)
def test_a_failure_of_another_senders_message_counts_from_its_own_time_in_any_order(
    shared: System, monkeypatch: pytest.MonkeyPatch, day: Day, about: str, closes: int | None
) -> None:
    phone, started = new_number(), day.at
    tell = told_failure(shared, phone, started + 20 * SECOND, day)
    if "before our own write" in about:
        with monkeypatch.context() as patch:
            told_before_the_answer(patch, lambda gs_id: tell("gs-elsewhere"))
            accepted_at(shared, phone, GUPSHUP, day)
    elif "unknown" in about:
        wrote(shared, phone, GUPSHUP, day.at - HOUR)
        wrote(shared, phone, GUPSHUP, day.at - MINUTE)
        script_bsp(shared, outcome="reset")
        assert shared.send(TEXT | {"to": f"+{phone}"}).status == 504
        script_bsp(shared, outcome="reset")
        assert shared.send(TEXT | {"to": f"+{phone}"}).status == 504
        tell("gs-elsewhere")
    else:
        accepted_at(shared, phone, GUPSHUP, day)
        tell("gs-elsewhere")
    assert shared.window(phone)["state"] == ("open" if closes is None else "closed")
    if closes is not None:
        wrote(shared, phone, GUPSHUP, started + (closes - 5) * SECOND)
        assert shared.window(phone)["state"] == "closed"
        wrote(shared, phone, GUPSHUP, started + (closes + 5) * SECOND)
        assert shared.window(phone)["state"] == "open"


def test_what_is_told_of_a_failed_send_may_come_in_any_order(shared: System, day: Day) -> None:
    """By the WhatsApp id alone, as a week later at Gupshup; that id is told by enqueued."""
    started, states = day.at, set()
    for order in itertools.permutations(("failed", "enqueued", "wrote")):
        phone = new_number()
        day.at = started
        sent = accepted_at(shared, phone, GUPSHUP, day)
        day.at = started + HOUR
        wamid = f"wamid.{phone}"
        for what in order:
            if what == "wrote":
                wrote(shared, phone, GUPSHUP, started + MINUTE)
            elif what == "enqueued":
                status = gupshup_status("enqueued", sent["bsp_message_id"], wamid, phone, started + SECOND)
                post_webhook(shared, GUPSHUP, status)
            else:
                body = gupshup_status("failed", None, wamid, phone, started + 5 * MINUTE, 470, "late")
                post_webhook(shared, GUPSHUP, body)
        found = shown(shared, sent["id"])
        states.add((found["status"], shared.window(phone)["state"]))
    assert states == {("failed", "open")}


def test_statuses_settle_a_crashed_send_at_gupshup_by_the_kind_that_it_was(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = new_number()
    contact_wrote(shared, phone, HOUR)

    def dies(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(send_message, "settle", dies)
        with pytest.raises(KeyboardInterrupt):
            shared.send(TEXT | {"to": f"+{phone}"})
    gs_id = received_by_bsp(shared, phone)[0]["message_id"]
    monkeypatch.setattr(clock, "now_ms", lambda: now() + LEASE_MS)
    post_webhook(shared, GUPSHUP, enqueued("gs-template", phone, now(), "template"))
    ours = shared.conversation(phone)[0]
    assert ours["status"] == "unknown"
    post_webhook(shared, GUPSHUP, enqueued(gs_id, phone, now(), "session"))
    found = shown(shared, ours["id"])
    assert (found["bsp_message_id"], found["status"]) == (gs_id, "accepted")
