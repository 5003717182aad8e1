"""What the BSP says that it deducted for corrects category and billability of its message, in whatever order it is
told; the amount stays the rate card's, and what was reckoned before stays to be seen."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from gate24.channels import DatedCard
from gate24.rules.money import amount
from gate24.rules.pricing import price
from gate24.rules.rate_cards import rate_card
from tests.support.bodies import Body, gupshup_billing, gupshup_status
from tests.support.scene import (
    HOUR,
    MINUTE,
    change_channel,
    contact_opted_in,
    new_number,
    post_webhook,
    rolled_up,
    script_bsp,
    standing_clock,
)
from tests.support.system import GUPSHUP, TEMPLATE, System

pytestmark = pytest.mark.in_memory

NOON = 1_795_588_200_000
"""2026-11-25, 12:00 in Asia/Kolkata."""
DAY = "2026-11-25"
CARD = "gupshup-2026-10-01"


@pytest.fixture
def on_the_card(gate24: System) -> System:
    change_channel(GUPSHUP, rate_cards=(DatedCard(CARD, "2026-10-01"),))
    return gate24


def deducted(gs_id: str, billable: bool, category: str, **more: Any) -> Callable[[str], Body]:
    return lambda phone: _to(gupshup_billing(gs_id, billable, NOON + MINUTE, category=category, **more), phone)


def _to(body: Body, phone: str) -> Body:
    body["payload"]["references"]["destination"] = phone
    return body


def status(name: str, gs_id: str, **more: Any) -> Callable[[str], Body]:
    return lambda phone: gupshup_status(name, gs_id, f"wamid.{gs_id}", phone, NOON + MINUTE, **more)


def sent_and_told(gate24: System, gs_id: str, told: list[Callable[[str], Body]]) -> tuple[str, dict[str, Any]]:
    """A utility template, and what is told of it; returns its id and its page."""
    phone = new_number()
    with standing_clock(NOON - HOUR):
        contact_opted_in(gate24, phone, ago=0)
    script_bsp(gate24, outcome="accept", body={"status": "submitted", "messageId": gs_id}, statuses=[])
    with standing_clock(NOON):
        answer = gate24.send(TEMPLATE | {"to": f"+{phone}"}, f"key-{gs_id}")
    assert answer.status == 202, answer.text
    with standing_clock(NOON + 2 * MINUTE):
        for body in told:
            post_webhook(gate24, GUPSHUP, body(phone))
    with standing_clock(NOON + 3 * HOUR):
        (page,) = gate24.http("GET", f"/v1/contacts/{phone}/messages").json["data"]
    return answer.json["id"], page


def amounts(cost: dict[str, Any]) -> dict[str, str]:
    return {line["fee"]: line["amount"] for line in cost["lines"]}


def by_the_card(category: str) -> dict[str, str]:
    lines = price(rate_card(CARD), "template", "+919876543210", category).lines
    return {line.fee: amount(line.micro) for line in lines if line.micro}


def reconciled(gate24: System, message_id: str) -> dict[str, Any]:
    with standing_clock(NOON + 3 * HOUR):
        answer = gate24.http("GET", f"/v1/costs/reconciliation?from={DAY}&to={DAY}")
    found: dict[str, Any] = next(line for line in answer.json["data"] if line["message_id"] == message_id)
    return found


def test_the_category_that_was_deducted_for_is_the_message_s(on_the_card: System) -> None:
    gs_id = "gs-other"
    told = [status("delivered", gs_id), deducted(gs_id, True, "marketing")]
    message_id, page = sent_and_told(on_the_card, gs_id, told)
    assert amounts(page["cost"]) == by_the_card("marketing") != by_the_card("utility")
    assert page["cost"]["estimate"] is False
    with standing_clock(NOON + 3 * HOUR):
        (day,) = rolled_up(on_the_card, DAY, DAY)
    assert day["total"] == page["cost"]["amount"]
    assert [part["category"] for part in day["by_category"]] == ["marketing"]
    assert day["provider_billed"] == {"count": 1, "differences": 1}
    line = reconciled(on_the_card, message_id)
    assert (line["class"], line["reason"]["code"]) == ("different", "category_changed")
    assert line["ours"] == {"category": "marketing", "charged": True, "amount": day["total"], "currency": "USD"}
    assert line["reckoned"] == {"category": "utility", "charged": True}


def test_a_conversation_from_an_advertisement_costs_no_whatsapp_fee(on_the_card: System) -> None:
    gs_id = "gs-free"
    told = [status("delivered", gs_id), deducted(gs_id, False, "referral_conversion", type="free_entry_point")]
    message_id, page = sent_and_told(on_the_card, gs_id, told)
    assert amounts(page["cost"]) == {"gupshup": "0.0010"}
    line = reconciled(on_the_card, message_id)
    assert (line["class"], line["reason"]["code"]) == ("different", "free_entry_point")
    assert (line["ours"]["charged"], line["reckoned"]) == (False, {"category": "utility", "charged": True})


def test_what_is_deducted_as_reckoned_is_an_estimate_no_more(on_the_card: System) -> None:
    gs_id = "gs-same"
    message_id, page = sent_and_told(on_the_card, gs_id, [deducted(gs_id, True, "utility"), status("delivered", gs_id)])
    assert page["cost"]["estimate"] is False and amounts(page["cost"]) == by_the_card("utility")
    line = reconciled(on_the_card, message_id)
    assert line["class"] == "matched" and "reckoned" not in line


_PRICED = {"billable": True, "pricing_model": "PMP", "policy": "PMP", "type": "regular", "category": "authentication"}
_STORIES: dict[str, dict[str, dict[str, Any]]] = {
    "a status without a price": {"delivered": {}},
    "a status that tells the price": {"delivered": {"pricing": _PRICED}},
    "a failure": {"delivered": {}, "failed": {"code": 131026}},
}


@pytest.mark.parametrize("story", _STORIES)
def test_the_order_in_which_it_is_told_changes_nothing(on_the_card: System, story: str) -> None:
    found = set()
    for number, order in enumerate(permutations(("deducted", *_STORIES[story]))):
        gs_id = f"gs-{story}-{number}".replace(" ", "-")
        events = {name: status(name, gs_id, **more) for name, more in _STORIES[story].items()}
        events["deducted"] = deducted(gs_id, True, "marketing")
        told = [events[name] for name in order for _ in range(2)]  # each twice
        message_id, page = sent_and_told(on_the_card, gs_id, told)
        line = reconciled(on_the_card, message_id)
        cost = page.get("cost") or {"lines": [], "estimate": None}
        shown = (tuple(amounts(cost).items()), cost["estimate"], line["class"], str(line["ours"]))
        found.add((*shown, str(line.get("reckoned"))))
    assert len(found) == 1, found
    if story == "a status that tells the price":
        assert dict(next(iter(found))[0]) == by_the_card("authentication")
