"""Who comes by an advertisement and is answered within a day gets messages free of WhatsApp's fee for a while: the
estimate says so before the send, and what is told later, in whatever order, ends in the same cost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate24.rules.rollup import day_bounds, local_day
from tests.support.bodies import Body, change, message, meta, meta_status, profile
from tests.support.scene import (
    HOUR,
    MARKETING,
    MINUTE,
    contact_opted_in,
    new_number,
    post_webhook,
    rolled_up,
    script_bsp,
    standing_clock,
)
from tests.support.system import META, META_NUMBER, TEXT, System, put_template, system

pytestmark = pytest.mark.in_memory

NOON = 1_795_588_200_000
"""2026-11-25, 12:00 in Asia/Kolkata; by Meta's list of 2026-10-01 messages may be free for 168 hours."""
DAY_MS = 24 * HOUR
NOTHING = "0"
FULL = "0.0118"
"""Of a marketing template to India."""
AD = {"source_type": "ad", "source_id": "120", "headline": "Chat with us"}
REGULAR = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
FREE = {"billable": False, "pricing_model": "PMP", "type": "free_entry_point", "category": "referral_conversion"}


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has contacts of its own."""
    with system(tmp_path_factory.mktemp("entry"), in_memory=True) as made:
        assert put_template(made, META, name="camp", category="marketing").status == 200
        yield made


def comes(phone: str, at: int, referral: dict[str, Any] | None = None) -> Body:
    told = message("text", {"body": "Tell me more"}, f"wamid.{phone}-{at}", phone, at)
    if referral is not None:
        told["referral"] = referral
    return meta(change("messages", {"contacts": [profile(phone=phone)], "messages": [told]}, META_NUMBER))


def comes_by(gate24: System, phone: str, at: int, referral: dict[str, Any] | None = None) -> None:
    """Somebody who has opted in."""
    with standing_clock(at):
        contact_opted_in(gate24, phone)
        post_webhook(gate24, META, comes(phone, at, referral))


def is_told(phone: str, name: str, at: int, kind: str = "sent", **more: Any) -> Body:
    return meta_status(kind, f"wamid.{phone}-{name}", None, phone, at, phone_number_id=META_NUMBER, **more)


def sent(gate24: System, phone: str, at: int, body: dict[str, Any] = MARKETING) -> dict[str, Any]:
    """The answer's cost, and what the dry run said before."""
    asked = body | {"channel": META, "to": f"+{phone}"}
    with standing_clock(at):
        before = gate24.http("POST", "/v1/messages/check", asked).json["cost"]
        script_bsp(gate24, outcome="accept", statuses=[])
        answer = gate24.send(asked, f"key-{phone}-{at}")
    assert answer.status == 202, answer.text
    assert answer.json["cost"] == before
    return {"id": answer.json["id"], **before}


def costs(gate24: System, phone: str) -> list[tuple[str, bool]]:
    """Of what was sent to the contact, oldest first: the amount, and whether it is an estimate."""
    with standing_clock(NOON + 9 * DAY_MS):
        pages = gate24.http("GET", f"/v1/contacts/{phone}/messages").json["data"]
    found = [(each["cost"]["amount"], each["cost"]["estimate"]) for each in pages if each["direction"] == "outbound"]
    return found[::-1]


def test_who_came_by_an_advertisement_is_written_to_free_until_the_end_of_its_days(gate24: System) -> None:
    phone = new_number()
    comes_by(gate24, phone, NOON, AD)
    answer = NOON + 23 * HOUR
    first = sent(gate24, phone, answer, TEXT)
    assert (first["amount"], first["assumed"], first["unverified"]) == (NOTHING, ["in_free_entry_point"], True)
    later = sent(gate24, phone, answer + 30 * HOUR)
    last = sent(gate24, phone, answer + 168 * HOUR - 1)
    assert [later["amount"], last["amount"]] == [NOTHING] * 2
    after = sent(gate24, phone, answer + 168 * HOUR)
    assert (after["amount"], after["assumed"]) == (FULL, ["delivered", "no_free_entry_point"])
    assert "unverified" not in after


@pytest.mark.parametrize("referral", [None, {"source_type": "post"}, {}], ids=str)
def test_who_came_otherwise_is_not(gate24: System, referral: dict[str, Any] | None) -> None:
    phone = new_number()
    comes_by(gate24, phone, NOON, referral)
    assert sent(gate24, phone, NOON + MINUTE)["amount"] == FULL


def test_an_answer_after_a_day_begins_nothing(gate24: System) -> None:
    phone = new_number()
    comes_by(gate24, phone, NOON, AD)
    with standing_clock(NOON + 20 * HOUR):
        post_webhook(gate24, META, comes(phone, NOON + 20 * HOUR))
    assert sent(gate24, phone, NOON + 24 * HOUR)["amount"] == FULL


def test_a_second_advertisement_begins_another(gate24: System) -> None:
    phone = new_number()
    for at in (NOON, NOON + 5 * DAY_MS):
        comes_by(gate24, phone, at, AD)
        sent(gate24, phone, at + MINUTE, TEXT)
    assert sent(gate24, phone, NOON + 8 * DAY_MS)["amount"] == NOTHING


@pytest.mark.parametrize(("told", "left"), [(REGULAR, FULL), (FREE, NOTHING)], ids=["regular", "free"])
def test_what_a_status_says_of_the_answer_holds_for_what_follows(
    gate24: System, told: dict[str, Any], left: str
) -> None:
    phone = new_number()
    comes_by(gate24, phone, NOON, AD)
    first = sent(gate24, phone, NOON + MINUTE)
    assert sent(gate24, phone, NOON + 2 * HOUR)["amount"] == NOTHING
    with standing_clock(NOON + 3 * HOUR):
        body = meta_status("sent", f"wamid.{phone}", first["id"], phone, NOON + 3 * HOUR, None, META_NUMBER)
        body["entry"][0]["changes"][0]["value"]["statuses"][0]["pricing"] = told
        post_webhook(gate24, META, body)
    assert costs(gate24, phone) == [(left, False), (left, True)]
    assert sent(gate24, phone, NOON + 4 * HOUR)["amount"] == left


def test_an_answer_that_fails_is_none(gate24: System) -> None:
    phone = new_number()
    comes_by(gate24, phone, NOON, AD)
    first = sent(gate24, phone, NOON + MINUTE)
    sent(gate24, phone, NOON + 20 * HOUR)
    after = sent(gate24, phone, NOON + MINUTE + 168 * HOUR)
    assert after["amount"] == FULL
    with standing_clock(NOON + 169 * HOUR):
        body = meta_status("failed", f"wamid.{phone}", first["id"], phone, NOON + HOUR, 131026, META_NUMBER)
        post_webhook(gate24, META, body)
    # The next message was the answer, and its 168 hours end later.
    assert costs(gate24, phone)[1:] == [(NOTHING, True), (NOTHING, True)]


def test_its_days_say_that_they_rest_on_what_is_unverified(gate24: System) -> None:
    phone = new_number()
    day = local_day(NOON, "Asia/Kolkata") + timedelta(days=30)
    noon = day_bounds(day, "Asia/Kolkata")[0] + 12 * HOUR
    comes_by(gate24, phone, noon, AD)
    first = sent(gate24, phone, noon + MINUTE)
    body = meta_status("delivered", f"wamid.{phone}", first["id"], phone, noon + HOUR, None, META_NUMBER)
    with standing_clock(noon + HOUR):
        post_webhook(gate24, META, body)
        (found,) = rolled_up(gate24, day, day)
    assert (found["total"], found["unverified"], found["messages"]["template"]) == (NOTHING, 1, 1)
    with standing_clock(noon + 2 * HOUR):
        answer = gate24.http("GET", f"/v1/costs/what-if?card=gupshup-2021-02&from={day}&to={day}").json
    assert answer["what_if"] != NOTHING, "by a list that knows no free entry points it is charged"


_EVENTS: dict[str, Callable[[str], Body]] = {
    "came": lambda phone: comes(phone, NOON, AD),
    "came again": lambda phone: comes(phone, NOON + 3 * DAY_MS, AD),
    "first": lambda phone: is_told(phone, "first", NOON + HOUR),
    "second": lambda phone: is_told(phone, "second", NOON + 2 * HOUR),
    "third": lambda phone: is_told(phone, "third", NOON + 30 * HOUR),
    "fourth": lambda phone: is_told(phone, "fourth", NOON + 4 * DAY_MS),
    "first fails": lambda phone: is_told(phone, "first", NOON + 2 * HOUR, "failed", code=131026),
    "second is priced": lambda phone: is_told(phone, "second", NOON + 3 * HOUR, "delivered", pricing=REGULAR),
}

_FAILED = (NOTHING, False)
"""Of somebody who was never heard of before a failure is not kept."""


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(sorted(_EVENTS)), min_size=3), st.randoms(use_true_random=False))
def test_the_order_in_which_it_is_told_changes_no_cost(gate24: System, names: set[str], chance: random.Random) -> None:
    """Of messages that were sent around gate24, so that all of it is told by webhooks."""
    found = []
    for order in (sorted(names, key=list(_EVENTS).index), chance.sample(sorted(names), len(names))):
        phone = new_number()
        with standing_clock(NOON + 8 * DAY_MS):
            for name in [*order, *chance.sample(order, len(order) // 2)]:  # some twice
                post_webhook(gate24, META, _EVENTS[name](phone))
        of_order = sorted(costs(gate24, phone))
        found.append(([each for each in of_order if each != _FAILED], order))
    assert found[0][0] == found[1][0], found
