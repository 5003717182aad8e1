"""A day's total is the sum of its fees, of each breakdown and of what its messages' own pages say: for random traffic
of two channels whose price lists change, told of in any order and more than once, in the lists' currency and another.

The price lists are shorter than the real ones, so that a few messages get from one tier into the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gate24.channels import DatedCard
from gate24.rules.exchange import Publication
from gate24.rules.money import micro
from gate24.rules.rollup import day_bounds, local_day
from gate24.store import costs, exchange_rates
from tests.support.bodies import gupshup_billing, gupshup_consent, gupshup_status, gupshup_text, meta_status, meta_text
from tests.support.price_lists import added_price_lists
from tests.support.scene import (
    HOUR,
    MINUTE,
    change_channel,
    change_organization,
    daily_costs,
    new_number,
    post_webhook,
    queued_days,
    run_rollup,
    standing_clock,
)
from tests.support.system import (
    CONTEXT,
    GUPSHUP,
    META,
    META_NUMBER,
    ORG,
    TEMPLATE,
    System,
    handler,
    put_template,
    system,
)

ZONE = "Asia/Kolkata"
_FREE = {"name": "service", "categories": ["service"], "market": "*", "per": "channel", "source": "test"}
_VOLUME = {"name": "utility", "categories": ["utility"], "market": "India", "per": "organization", "source": "test"}
_LISTS: list[dict[str, Any]] = [
    {
        "id": "short",
        "based_on": "meta-2026-10-01",
        "tiers": [
            _FREE | {"steps": [{"from": 0, "fee": "0"}, {"from": 2}]},
            _VOLUME | {"steps": [{"from": 0}, {"from": 1, "fee": "0.0010"}, {"from": 3, "fee": "0.0003"}]},
        ],
    },
    {"id": "in-window", "based_on": "meta-2026-10-01", "free_in_window": ["utility"], "tiers": []},
    {"id": "resold", "provider": "gupshup", "based_on": "gupshup-2026-10-01", "whatsapp_fees_of": "short"},
    {
        "id": "talks",
        "based_on": "meta-2026-10-01",
        "model": "CBP",
        "conversations": {"hours": 24, "opens_by": "category"},
        "tiers": [_FREE | {"steps": [{"from": 0, "fee": "0"}, {"from": 1}]}],
    },
]
LISTS = ("gupshup-2021-02", *(each["id"] for each in _LISTS))
PRICINGS: list[dict[str, Any] | None] = [
    *(None, None),
    {"billable": True, "pricing_model": "PMP", "policy": "PMP", "type": "regular", "category": "utility"},
    {"billable": False, "pricing_model": "PMP", "policy": "PMP", "type": "free_entry_point", "category": "marketing"},
]


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with added_price_lists(*_LISTS), system(Path(tmp_path_factory.mktemp("costs")), in_memory=True) as made:
        for channel in (GUPSHUP, META):
            put_template(made, channel)
        yield made


@dataclass
class Traffic:
    """``told``: events that are still to be told, ``sent``: numbers of those to whom something was sent."""

    gate24: System
    random: Random
    first: date
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    people: dict[str, list[str]] = field(default_factory=dict)

    def goes_on(self, time: list[int], actions: int) -> None:
        """Messages of four days, each told of then or later."""
        self.people = {channel: [new_number() for _ in range(2)] for channel in (GUPSHUP, META)}
        for channel, phones in self.people.items():
            for phone in phones:
                post_webhook(self.gate24, GUPSHUP, gupshup_consent("opted-in", phone, time[0]))
                self._writes(channel, phone, time[0], f"{self.first}-{phone}")
        for number in range(actions):
            time[0] += self.random.choice([11 * MINUTE, HOUR, 5 * HOUR, 9 * HOUR])
            channel = self.random.choice([GUPSHUP, META])
            phone = self.random.choice(self.people[channel])
            if self.random.random() < 0.2:
                self._writes(channel, phone, time[0], f"{self.first}-{number}")
            else:
                self._sends(channel, phone, time[0])
            if self.random.random() < 0.3:
                self.tells()

    def _writes(self, channel: str, phone: str, at: int, name: str) -> None:
        body = (
            meta_text("Hello", f"wamid.{name}", phone, at, META_NUMBER)
            if channel == META
            else gupshup_text("Hello", f"wamid.{name}", phone, at)
        )
        if channel == META and self.random.random() < 0.4:
            body["entry"][0]["changes"][0]["value"]["messages"][0]["referral"] = {"source_type": "ad"}
        post_webhook(self.gate24, channel, body)

    def _sends(self, channel: str, phone: str, at: int) -> None:
        kind: dict[str, Any] = self.random.choice(
            [
                TEMPLATE,
                {"type": "text", "text": {"body": "Hello"}},
            ]
        )
        answer = self.gate24.send({"to": f"+{phone}", "channel": channel, **kind})
        if answer.status != 202:
            assert answer.json["code"] == "window_closed"
            return
        bsp_id, pricing = answer.json["bsp_message_id"], self.random.choice(PRICINGS)
        status = self.random.choice(["delivered", "delivered", "sent", "failed", "read"])
        told = gupshup_status if channel == GUPSHUP else meta_status
        more: dict[str, Any] = {"phone": phone, "at": at + 1000}
        if status == "failed":
            more |= {"code": 131026}
        elif pricing is not None:
            more |= {"pricing": pricing | ({} if kind is TEMPLATE else {"category": "service"})}
        if channel == META:
            more |= {"phone_number_id": META_NUMBER}
        self.told += [(channel, told(status, bsp_id, **more))] * self.random.choice([1, 1, 2])
        if channel == GUPSHUP and self.random.random() < 0.4:
            self.told.append((channel, self._deduction(bsp_id, phone, at, kind is TEMPLATE)))

    def _deduction(self, bsp_id: str, phone: str, at: int, is_template: bool) -> dict[str, Any]:
        category = self.random.choice(["utility", "marketing", "referral_conversion"]) if is_template else "service"
        body = gupshup_billing(bsp_id, self.random.choice([True, True, False]), at + 2000, category=category)
        body["payload"]["references"]["destination"] = phone
        return body

    def tells(self) -> None:
        """All that is left to be told, in any order."""
        self.random.shuffle(self.told)
        for channel, body in self.told:
            post_webhook(self.gate24, channel, body)
        self.told = []


def rolled_up_with_what_follows(days: list[date], random: Random) -> None:
    """Each day by itself, in any order, as parallel runs do; and what they put into the queue."""
    for day in random.sample(days, len(days)):
        run_rollup(organization=ORG, **{"from": str(day), "to": str(day)})
        while records := queued_days():
            for record in records:
                assert not handler("day_rollup")({"Records": [record]}, CONTEXT)["batchItemFailures"]


def total(parts: list[dict[str, Any]], name: str = "total") -> int:
    return sum(micro(part[name]) for part in parts)


def pages(gate24: System, people: dict[str, list[str]]) -> list[dict[str, Any]]:
    """The costs of all messages as their pages show them."""
    phones = [phone for phones in people.values() for phone in phones]
    found = [gate24.http("GET", f"/v1/contacts/{phone}/messages?limit=100").json["data"] for phone in phones]
    return [message["cost"] for messages in found for message in messages if "cost" in message]


def is_what_it_is_made_of(gate24: System, day: dict[str, Any], limit: int) -> None:
    """The day says what it says live, and what its messages say one by one, of whatever part."""
    live = gate24.http("GET", f"/v1/costs/live?day={day['date']}").json
    own = ("as_of", "counted_until", "next_cursor", "server_time")
    assert {name: live[name] for name in live if name not in own} == {
        name: day[name] for name in day if name != "as_of"
    }
    messages = [*_listed(gate24, day["date"], limit)]
    assert total(messages) == micro(day["total"])
    assert sum(micro(row["undelivered"]) for row in messages) == micro(day["undelivered"]["amount"])
    for fee, amount in day["fees"].items():
        assert sum(micro(row["fees"][fee]) for row in messages) == micro(amount)
    for part in day["by_author"]:
        rows = [*_listed(gate24, day["date"], limit, author=part["author_id"])]
        assert (len(rows), total(rows)) == (part["count"], micro(part["total"]))
    for part in day["by_template"]:
        rows = [row for row in messages if row["template"] == part["template"]]
        assert (len(rows), total(rows)) == (part["count"], micro(part["total"]))
    for part in day["by_category"]:
        rows = [row for row in messages if row["category"] == part["category"]]
        assert (len(rows), total(rows)) == (part["count"], micro(part["total"]))


def _listed(gate24: System, day: str, limit: int, **query: str) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        asked = urlencode({"day": day, "limit": limit, **query, **cursor})
        page = gate24.http("GET", f"/v1/costs/messages?{asked}").json
        yield from page["data"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None


_month = iter(range(10_000))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(seed=st.integers(0, 2**32), actions=st.integers(3, 30), currency=st.sampled_from(["USD", "INR"]))
def test_a_day_is_the_sum_of_its_fees_of_each_breakdown_and_of_its_messages(
    gate24: System, seed: int, actions: int, currency: str
) -> None:
    random, first = Random(seed), date(2027, 1, 25) + timedelta(days=40 * next(_month))
    change_organization(ORG, currency=currency, timezone=ZONE)
    exchange_rates.save([Publication("rbi", first - timedelta(days=1), {"USD": Decimal("81.5522")})])
    for channel in (GUPSHUP, META):
        changes = ["2021-02-01", *(str(first + timedelta(days=each)) for each in sorted(random.sample(range(9), 2)))]
        cards = tuple(DatedCard(random.choice(LISTS), since) for since in changes[: random.randrange(1, 4)])
        change_channel(channel, rate_cards=cards)
    begin, _ = day_bounds(first, ZONE)
    with standing_clock(begin + HOUR) as time:
        traffic = Traffic(gate24, random, first)
        traffic.goes_on(time, actions)
        days = [first + timedelta(days=each) for each in range((local_day(time[0], ZONE) - first).days + 1)]
        if random.random() < 0.5:  # stated too early
            rolled_up_with_what_follows(days, random)
        traffic.tells()
        time[0] += 72 * HOUR
        rolled_up_with_what_follows(days, random)
        costs.forget()
        found = daily_costs(gate24, days[0], days[-1])
        shown = pages(gate24, traffic.people)
        for day in found:
            is_what_it_is_made_of(gate24, day, random.choice([1, 3, 100]))
        time[0] += HOUR
        run_rollup(organization=ORG, **{"from": str(days[0]), "to": str(days[-1])})  # one after another
        assert daily_costs(gate24, days[0], days[-1]) == found
    for day in found:
        assert micro(day["total"]) == sum(map(micro, day["fees"].values()))
        for parts in ("by_channel", "by_category", "by_market"):
            assert micro(day["total"]) == total(day[parts]), parts
        assert (day["currency"], day["unpriced"], day["messages"]["unknown"]) == (currency, 0, 0)
    inbound = sum(micro(part["total"]) for day in found for part in day["by_category"] if part["category"] == "inbound")
    assert {cost["currency"] for cost in shown} <= {currency}
    assert total(found) == sum(micro(cost["amount"]) for cost in shown) + inbound
    assert sum(micro(day["undelivered"]["amount"]) for day in found) == sum(
        micro(cost.get("undelivered", "0")) for cost in shown
    )
    assert all(micro(cost["amount"]) == total(cost["lines"], "amount") for cost in shown)
