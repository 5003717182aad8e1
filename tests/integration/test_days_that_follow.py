"""A day whose messages count in a tier of the month hands what changes on to the next stated one, whatever comes in
between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gate24.channels import DatedCard
from gate24.rules.rollup import day_bounds
from gate24.store import rollup_queue
from gate24.store.rollup_queue import DaysNotQueued, QueuedDay
from tests.support.bodies import gupshup_consent, meta_status
from tests.support.price_lists import added_price_lists
from tests.support.scene import (
    HOUR,
    change_channel,
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

pytestmark = pytest.mark.in_memory

FIRST, SECOND = date(2027, 3, 8), date(2027, 3, 9)
VOLUME = {"name": "utility", "categories": ["utility"], "market": "India", "per": "organization", "source": "test"}
LISTS: list[dict[str, Any]] = [
    {
        "id": "volume",
        "based_on": "meta-2026-10-01",
        "tiers": [VOLUME | {"steps": [{"from": 0}, {"from": 1, "fee": "0.0001"}]}],
    },
    {
        "id": "talks",
        "based_on": "meta-2026-10-01",
        "model": "CBP",
        "conversations": {"hours": 24, "opens_by": "category"},
        "tiers": [],
    },
]
CHEAPER = "0.0001"


@pytest.fixture
def gate24(tmp_path: Path) -> Iterator[System]:
    with added_price_lists(*LISTS), system(tmp_path, in_memory=True) as made:
        put_template(made, META)
        yield made


@pytest.fixture
def time() -> Iterator[list[int]]:
    with standing_clock(day_bounds(FIRST, "Asia/Kolkata")[0] + 20 * HOUR) as standing:
        yield standing


def sent(gate24: System, time: list[int], phone: str) -> str:
    post_webhook(gate24, GUPSHUP, gupshup_consent("opted-in", phone, time[0]))
    answer = gate24.send({"to": f"+{phone}", "channel": META, **TEMPLATE})
    assert answer.status == 202, answer.text
    return str(answer.json["bsp_message_id"])


def told(gate24: System, status: str, bsp_id: str, at: int, phone: str, category: str = "utility") -> None:
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
    more: dict[str, Any] = {"phone": phone, "at": at, "pricing": pricing, "phone_number_id": META_NUMBER}
    post_webhook(gate24, META, meta_status(status, bsp_id, **more))


def rolled_up(day: date) -> None:
    run_rollup(organization=ORG, **{"from": str(day), "to": str(day)})


def queue_is_worked_off() -> list[str]:
    """The days that were in the queue, in their order."""
    done = []
    while records := queued_days():
        for record in records:
            done.append(str(rollup_queue.read(record["body"]).day))
            assert not handler("day_rollup")({"Records": [record]}, CONTEXT)["batchItemFailures"]
        assert len(done) < 20
    return done


def whatsapp(gate24: System, day: date) -> str:
    return str(daily_costs(gate24, day, day)[0]["fees"]["whatsapp"])


def two_days(gate24: System, time: list[int], card: str) -> tuple[str, str]:
    """A message on each, stated; the first one of a conversation is not delivered yet. Returns its id at the provider
    and its contact."""
    change_channel(META, rate_cards=(DatedCard(card, "2021-02-01"),))
    phone = new_number()
    first = sent(gate24, time, phone)
    if card != "talks":
        told(gate24, "delivered", first, time[0] + 1000, phone)
    time[0] += 8 * HOUR
    other = phone if card == "talks" else new_number()
    second = sent(gate24, time, other)
    told(gate24, "delivered", second, time[0] + 1000, other)
    time[0] += 20 * 24 * HOUR
    for day in (FIRST, SECOND):
        rolled_up(day)
        queue_is_worked_off()
    time[0] += HOUR
    return first, phone


def test_a_count_that_goes_altogether_is_handed_on(gate24: System, time: list[int]) -> None:
    first, phone = two_days(gate24, time, "volume")
    list_price = whatsapp(gate24, FIRST)
    assert whatsapp(gate24, SECOND) == CHEAPER != list_price
    told(gate24, "read", first, time[0], phone, category="marketing")
    rolled_up(FIRST)
    assert queue_is_worked_off() == [str(SECOND)]
    assert whatsapp(gate24, SECOND) == list_price
    assert whatsapp(gate24, FIRST) not in (list_price, CHEAPER)


@pytest.mark.parametrize("card", ["volume", "talks"])
def test_what_was_not_queued_after_a_day_was_stated_is_queued_by_the_repetition(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch, card: str
) -> None:
    first, phone = two_days(gate24, time, card)
    before = whatsapp(gate24, SECOND)
    told(gate24, "read", first, time[0], phone, category="marketing")

    def fails(days: list[QueuedDay]) -> None:
        if days:
            raise DaysNotQueued("ServiceUnavailable")

    with monkeypatch.context() as patch:
        patch.setattr(rollup_queue, "put", fails)
        with pytest.raises(RuntimeError):
            rolled_up(FIRST)
    time[0] += HOUR
    rolled_up(FIRST)
    queue_is_worked_off()
    assert whatsapp(gate24, SECOND) != before
