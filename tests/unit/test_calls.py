"""Voice calls: a body beside its event, and what all that is said of a call does to the window."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.events import Call, ContactRef, Event, Unrecognized
from gate24.providers.gupshup import GUPSHUP
from gate24.providers.meta import META
from gate24.rules.calls import join_calls
from gate24.rules.window import advance, advance_by_call, close
from gate24.windows import NEVER_OPENED, Window, WindowMessage
from tests.support import bodies
from tests.support.bodies import AT, E164, OWN_NUMBER, PHONE, USER_ID, Body

RECEIVED = AT + 600_000
SECONDS = AT // 1000
PERSON = ContactRef(E164)


def parsed(value: Body) -> Event:
    body = bodies.meta(bodies.change("calls", value))
    (at_meta,) = META.parse(body, RECEIVED)
    (passed_through,) = GUPSHUP.parse(bodies.gupshup_v3(body), RECEIVED)
    assert passed_through.event == at_meta.event
    return at_meta.event


def theirs(**more: Any) -> Body:
    """A call of the person's."""
    call = {"id": "wacid.1", "from": PHONE, "to": OWN_NUMBER, "timestamp": str(SECONDS), "event": "connect"}
    return call | {"direction": "USER_INITIATED"} | more


def ours(**more: Any) -> Body:
    """A call of ours."""
    return theirs(**({"from": OWN_NUMBER, "to": PHONE, "direction": "BUSINESS_INITIATED"} | more))


ENDED = {"event": "terminate", "timestamp": str(SECONDS + 130), "status": "COMPLETED"}
TIMES = {"start_time": str(SECONDS + 10), "end_time": str(SECONDS + 130), "duration": 120}
THEIRS = Call(PERSON, "wacid.1", AT, "user_initiated", True)
OURS = Call(PERSON, "wacid.1", AT, "business_initiated", False)


# Meta, user-initiated calls (2026-06): "id", "to", "from", "event", "timestamp", "direction", "session"; of a call that
# ended "status": FAILED | COMPLETED, and "start_time", "end_time", "duration" "only present when the call was picked up
# by the other party". Business-initiated calls: the same, and statuses RINGING, ACCEPTED, REJECTED.
@pytest.mark.parametrize(
    ("call", "event"),
    [
        (theirs(), THEIRS),
        (theirs(session={"sdp_type": "offer", "sdp": "v=0"}), THEIRS),
        (theirs(**ENDED, **TIMES), replace(THEIRS, at=AT + 10_000, status="completed", seconds=120)),
        (theirs(**ENDED | {"status": "FAILED"}), replace(THEIRS, at=AT + 130_000, status="failed")),
        (theirs(**ENDED | {"status": ["Failed", "Completed"]}), replace(THEIRS, at=AT + 130_000)),
        (theirs(**ENDED, start_time="1671644824"), replace(THEIRS, at=AT + 130_000, status="completed")),
        (theirs(**ENDED, duration="x"), replace(THEIRS, at=AT + 130_000, status="completed")),
        (theirs(event="media_update"), THEIRS),
        # The sides as in Meta's own example of a person's call, and without a direction
        (theirs(**{"from": OWN_NUMBER, "to": PHONE}), THEIRS),
        (theirs(direction=None, session={"sdp_type": "offer"}) | {"from": OWN_NUMBER, "to": PHONE}, THEIRS),
        (theirs(direction=None), THEIRS),
        (theirs(**{"from": None, "from_user_id": USER_ID}), replace(THEIRS, contact=ContactRef(None, USER_ID))),
        (theirs(from_user_id=USER_ID), replace(THEIRS, contact=ContactRef(E164, USER_ID))),
        (ours(), OURS),
        (ours(direction=None), OURS),
        (ours(direction=None, session={"sdp_type": "answer"}), OURS),
        (
            ours(**ENDED, **TIMES),
            replace(OURS, at=AT + 10_000, opens=True, status="completed", seconds=120),
        ),
        (ours(**ENDED | {"status": "FAILED"}), replace(OURS, at=AT + 130_000, status="failed")),
    ],
)
def test_a_call_is_told_with_who_called_and_whether_it_opens_the_window(call: Body, event: Event) -> None:
    assert parsed({"calls": [call]}) == event


@pytest.mark.parametrize(
    ("status", "opens"), [("RINGING", False), ("ACCEPTED", True), ("REJECTED", False), ("accepted", True)]
)
def test_a_status_of_our_call_tells_whether_the_person_accepts_it(status: str, opens: bool) -> None:
    said = {"id": "wacid.1", "timestamp": str(SECONDS), "type": "call", "status": status, "recipient_id": PHONE}
    event = parsed({"statuses": [said]})
    assert event == Call(PERSON, "wacid.1", AT, "business_initiated", opens, status=status.lower())  # type: ignore[arg-type]
    (under_messages,) = META.parse(bodies.meta(bodies.change("messages", {"statuses": [said]})), RECEIVED)
    assert under_messages.event == event


def test_the_name_and_the_user_id_are_those_of_the_same_person() -> None:
    someone = bodies.profile("Ravi", "919876500000")
    value = {"contacts": [someone, bodies.profile("Asha", user_id=USER_ID)], "calls": [theirs()]}
    assert parsed(value) == replace(THEIRS, contact=ContactRef(E164, USER_ID), name="Asha")
    assert parsed({"contacts": [someone], "calls": [theirs()]}) == THEIRS


@pytest.mark.parametrize(
    "value",
    [
        {"calls": [theirs(id=None)]},
        {"calls": [theirs(**{"from": None})]},
        {"calls": ["x"]},
        {"statuses": [{"id": "wacid.1", "type": "call", "status": "HUMMING", "recipient_id": PHONE}]},
        {"statuses": [{"id": "wacid.1", "type": "call", "status": "RINGING"}]},
    ],
)
def test_a_call_that_cannot_be_read_is_kept_as_it_came(value: Body) -> None:
    assert isinstance(parsed(value), Unrecognized)


def test_what_is_said_of_a_call_is_joined_in_any_order() -> None:
    said: list[dict[str, Any]] = [
        {"direction": "business_initiated"},
        {"direction": "business_initiated", "status": "ringing"},
        {"direction": "business_initiated", "status": "accepted", "opens": True},
        {"direction": "business_initiated", "status": "completed", "duration": 9, "opens": True},
    ]
    whole = {"direction": "business_initiated", "status": "completed", "duration": 9, "opens": True}
    for order in itertools.permutations(said):
        joined: dict[str, Any] = {}
        for each in (*order, *order):
            joined = join_calls(joined, each)
        assert joined == whole


MINUTE = 60_000


def after(steps: Sequence[tuple[str, int, bool]]) -> Window:
    """The window after events of the call "c", of messages and of the provider's word that it is closed."""
    window = NEVER_OPENED
    for name, at, opens in steps:
        if name == "closed":
            window, _ = close(window, at)
        elif name == "c":
            window, _ = advance_by_call(window, name, at, opens)
        else:
            window, _ = advance(window, WindowMessage(name, at))
    return window


STEPS = [
    ("c", AT, True),
    ("c", AT + 2 * MINUTE, True),
    ("c", AT + MINUTE, False),
    ("m1", AT + MINUTE // 2, True),
    ("m2", AT - MINUTE, True),
    ("closed", AT + MINUTE, True),
]


# Meta, calling pricing (2026): "When a WhatsApp user calls you, regardless of if you accept the call or not. When a
# WhatsApp user accepts your call."
@given(st.permutations(STEPS), st.lists(st.sampled_from(STEPS), max_size=3))
def test_a_call_opens_the_window_once_at_its_begin_in_whatever_order_it_is_told(
    order: list[tuple[str, int, bool]], again: list[tuple[str, int, bool]]
) -> None:
    window = after([*order, *again])
    assert window.last_inbound_at == AT + MINUTE // 2
    assert (window.opened_at, window.provider_closed_at) == (AT - MINUTE, AT + MINUTE)
    assert window.last_writing_at == AT + MINUTE // 2


@pytest.mark.parametrize(("opens", "last"), [(True, AT), (False, None)])
def test_a_call_alone_opens_the_window_but_is_not_writing(opens: bool, last: int | None) -> None:
    for order in ((AT, AT + MINUTE), (AT + MINUTE, AT)):
        window = after([("c", at, opens) for at in order])
        assert (window.last_inbound_at, window.opened_at, window.last_writing_at) == (last, last, None)


def test_the_entry_stands_under_the_time_that_was_reported_first() -> None:
    window, first = advance_by_call(NEVER_OPENED, "c", AT + MINUTE, True)
    _, second = advance_by_call(window, "c", AT, True)
    assert (first.first_reported_at, second.first_reported_at) == (AT + MINUTE, AT + MINUTE)
