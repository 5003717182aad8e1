"""Worked examples of what messages cost beside others, for each price list after that of 2021, with where the rule is
published. The prices themselves have a test of their own (``test_rate_cards.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from gate24.costs import LedgerEntry, LedgerKind, MonthCount
from gate24.events import Pricing
from gate24.rules import ledger
from gate24.rules.conversations import joined_conversation
from gate24.rules.entry_points import entry_point_hours
from gate24.rules.pricing import price
from gate24.rules.rate_cards import RateCard, rate_card, rate_card_ids
from gate24.rules.rollup import DayFold
from gate24.rules.settlement import Settlement, conversation_of, is_in_entry_point, opens_conversation

INDIA, POLAND, CZECHIA = "+919876543210", "+48500000001", "+420600000001"
MINUTE, DAY = 60_000, 86_400_000


class Sent(NamedTuple):
    """A message that was delivered, so many minutes after the day's midnight; to ``to``, on a channel. ``by_ad``: of an
    incoming one, whether the person came by an advertisement."""

    minute: int
    kind: LedgerKind
    category: str | None = None
    told: Pricing | None = None
    in_window: bool = False
    to: str = INDIA
    delivered: bool = True
    by_ad: bool = False


class Example(NamedTuple):
    """``cards``: to which it applies. ``days``: what was sent on each of them, ``used``: what the tier has counted in
    the month before. ``costs``: of each day the WhatsApp fees as multiples of list prices: ``(times, kind, category)``,
    or micro-units."""

    what: str
    source: str
    cards: Sequence[str]
    days: Sequence[Sequence[Sent]]
    costs: Sequence[Sequence[tuple[int, LedgerKind, str | None]] | int]
    used: int = 5_000


def cards(first: str, last: str, has_tier: str | None = None) -> list[str]:
    """Meta's and Gupshup's of those days, with such a tier where one is named."""
    found = [rate_card(each) for each in rate_card_ids() if each != "gupshup-2021-02"]
    return [
        each.id
        for each in found
        if first <= each.effective_from <= last
        and (has_tier is None or any(has_tier in tiers.categories for tiers in each.tiers))
    ]


BY_ANY, BY_CATEGORY = cards("2022-02-01", "2023-05-31"), cards("2023-06-01", "2025-06-30")
FREE_CONVERSATIONS = cards("2022-02-01", "2025-06-30", "service")
PER_MESSAGE = cards("2025-07-01", "9999")
IN_WINDOW_FREE, SINCE_OCTOBER = cards("2025-07-01", "2026-09-30"), cards("2026-10-01", "9999")
UTILITY, MARKETING = Sent(0, "template", "utility"), Sent(0, "template", "marketing")
REPLY = Sent(0, "freeform")
CAME = Sent(0, "inbound", by_ad=True)

_CBP = "Meta, conversation-based pricing (developer pages; Gupshup's support pages of 2022 and 2023)"
_PMP = "Meta, pricing on the platform, per-message pricing (developer pages, 2025-07 to 2026-09)"
_OCTOBER = "Meta, pricing updates of 2026-10-01 (developer pages, status reference)"


def at(minute: int, sent: Sent) -> Sent:
    return sent._replace(minute=minute)


EXAMPLES = [
    Example(
        *("a conversation across midnight is paid by the day on which it was opened", _CBP, [*BY_ANY, *BY_CATEGORY]),
        [[at(23 * 60 + 50, MARKETING)], [at(10, MARKETING), at(23 * 60 + 49, MARKETING)]],
        [[(1, "template", "marketing")], []],
    ),
    Example(
        *("24 hours after it was opened the next message opens another", _CBP, [*BY_ANY, *BY_CATEGORY]),
        [[at(23 * 60 + 50, MARKETING)], [at(10, MARKETING), at(23 * 60 + 50, MARKETING)]],
        [[(1, "template", "marketing")], [(1, "template", "marketing")]],
    ),
    Example(
        *("another category opens a conversation of its own", _CBP, BY_CATEGORY),
        [[at(0, MARKETING), at(5, UTILITY), at(6, MARKETING), at(7, UTILITY)]],
        [[(1, "template", "marketing"), (1, "template", "utility")]],
    ),
    Example(
        *("before there were categories, all messages were part of the open conversation", _CBP, BY_ANY),
        [[at(0, MARKETING), at(5, UTILITY), at(6, REPLY)]],
        [[(1, "template", "marketing")]],
    ),
    Example(
        *("a reply is part of any conversation that is open", _CBP, BY_CATEGORY),
        [[at(0, UTILITY), at(5, REPLY)]],
        [[(1, "template", "utility")]],
    ),
    Example(
        *("the free conversations of the month end in the middle of a day", _CBP, FREE_CONVERSATIONS),
        [[at(0, REPLY), at(60, REPLY._replace(to="+919876543211")), at(61, REPLY._replace(to="+919876543212"))]],
        [[(1, "freeform", "service")]],
        used=998,
    ),
    Example(
        *("replies to one person open one service conversation, of which the first 1,000 of a month are free", _CBP),
        FREE_CONVERSATIONS,
        [[at(0, REPLY), at(5, REPLY), at(6, REPLY)]],
        [[]],
        used=999,
    ),
    Example(
        *("a conversation of an advertisement is free, and opens no other", _CBP, [*BY_ANY, *BY_CATEGORY]),
        [[at(0, REPLY._replace(told=Pricing("referral_conversion", "fep", "CBP", billable=False)))]],
        [[]],
    ),
    Example(
        *("what failed to arrive opens no conversation", _CBP, [*BY_ANY, *BY_CATEGORY]),
        [[at(0, MARKETING._replace(delivered=False)), at(5, MARKETING)]],
        [[(1, "template", "marketing")]],
    ),
    Example(
        *("each delivered template costs, however many there are", _PMP, PER_MESSAGE),
        [[at(0, MARKETING), at(5, MARKETING), at(6, MARKETING._replace(delivered=False))]],
        [[(2, "template", "marketing")]],
    ),
    Example(
        *("utility is free while the session window is open", _PMP, IN_WINDOW_FREE),
        [[at(0, UTILITY._replace(in_window=True)), at(5, UTILITY), at(6, REPLY)]],
        [[(1, "template", "utility")]],
    ),
    Example(
        *("utility costs in the open session window, too", _OCTOBER, SINCE_OCTOBER),
        [[at(0, UTILITY._replace(in_window=True)), at(5, UTILITY)]],
        [[(2, "template", "utility")]],
    ),
    Example(
        *("what the provider charged in the open window is charged", _PMP, IN_WINDOW_FREE),
        [[at(0, UTILITY._replace(in_window=True, told=Pricing("utility", "regular", "PMP")))]],
        [[(1, "template", "utility")]],
    ),
    Example(
        *("within a free entry point templates cost nothing", _PMP, PER_MESSAGE),
        [[at(0, MARKETING._replace(told=Pricing("referral_conversion", "free_entry_point", "PMP"))), at(5, MARKETING)]],
        [[(1, "template", "marketing")]],
    ),
    *(
        Example(
            *(f"who came by an advertisement is written to free for {hours} hours from the answer on", source, of),
            [
                [at(0, CAME), at(60, REPLY)],
                *[[] for _ in range(hours // 24 - 1)],
                [at(59, MARKETING), at(60, MARKETING), at(61, MARKETING)],
            ],
            [*[[]] * (hours // 24), [(charged, "template", "marketing")]],
        )
        for hours, charged, source, of in (  # the last two messages, which are one conversation where such cost
            (24, 1, "Wati, the free entry point until 2023-02-28", cards("2022-02-01", "2022-02-01")),
            (72, 1, "Wati, the free entry point from 2023-03-01 on", cards("2023-03-01", "2025-06-30")),
            (72, 2, "YCloud, Meta's prices of 2025-07-01", cards("2025-07-01", "2026-09-30")),
            (168, 2, "Meta's pricing page of 2026-09-28, as quoted", SINCE_OCTOBER),
        )
    ),
    Example(
        *("who is answered later than a day after the advertisement is not", _PMP, PER_MESSAGE),
        [[at(0, CAME)], [at(0, MARKETING)]],
        [[], [(1, "template", "marketing")]],
    ),
    Example(
        *("whose answer the provider charged is in no free entry point", _PMP, PER_MESSAGE),
        [[at(0, CAME), at(1, MARKETING._replace(told=Pricing("marketing", "regular", "PMP"))), at(9, MARKETING)]],
        [[(2, "template", "marketing")]],
    ),
    Example(
        *("the category that was charged holds, not the one that was asked for", _PMP, PER_MESSAGE),
        [[at(0, UTILITY._replace(told=Pricing("marketing", "regular", "PMP")))]],
        [[(1, "template", "marketing")]],
    ),
    Example(
        *("the free 1,000 service messages of a number's month end in the middle of a day", _OCTOBER, SINCE_OCTOBER),
        [[at(0, REPLY), at(1, REPLY), at(2, REPLY), at(3, REPLY)], [at(0, REPLY)]],
        [[(2, "freeform", "service")], [(1, "freeform", "service")]],
        used=998,
    ),
    Example(
        *("a service message within an entry point does not use up the free ones", _OCTOBER, SINCE_OCTOBER),
        [[at(0, REPLY._replace(told=Pricing("service", "free_entry_point", "PMP"))), at(1, REPLY), at(2, REPLY)]],
        [[(1, "freeform", "service")]],
        used=999,
    ),
    Example(
        *("a cheaper tier begins with the next message", "Meta, volume tiers of Rest of Central & Eastern Europe"),
        ["meta-2026-10-01", "gupshup-2026-10-01"],
        [
            [
                at(0, UTILITY._replace(to=CZECHIA)),
                at(1, UTILITY._replace(to=CZECHIA)),
                at(2, UTILITY._replace(to=POLAND)),
            ]
        ],
        [-20_100],
        used=99_999,
    ),
]


def entries_of(card: RateCard, days: Sequence[Sequence[Sent]]) -> list[list[LedgerEntry]]:
    """As the gate and the statuses make them."""
    known: list[LedgerEntry] = []
    found = []
    for number, day in enumerate(days):
        of_day = []
        for place, sent in enumerate(day):
            when = number * DAY + sent.minute * MINUTE
            others = [each for each, to in zip(known, _recipients(days), strict=False) if to == sent.to]
            hours = 0 if sent.by_ad else entry_point_hours(others, when) if sent.kind != "inbound" else None
            facts: dict[str, Any] = {"in_window": sent.in_window, "entry_point_hours": hours}
            cost = price(card, sent.kind, sent.to, sent.category, **facts)
            entry = ledger.new_entry(f"{number:06x}{place:06x}", when, "one", sent.kind, "counted", cost, sent.category)
            if card.conversations is not None and not is_in_entry_point(entry):
                name = joined_conversation(others, card.conversations, sent.kind, sent.category, when)
                entry = replace(entry, conversation=name)
            if sent.told is not None:
                cost = price(card, sent.kind, sent.to, sent.category, pricing=sent.told, **facts)
                told = sent.told.category if sent.kind == "template" else None
                entry = ledger.repriced(entry, cost, told or sent.category)
            entry = ledger.with_delivery(entry, ["delivered"] if sent.delivered else ["sent"])
            known.append(entry)
            of_day.append(entry)
        found.append(of_day)
    return found


def _recipients(days: Sequence[Sequence[Sent]]) -> list[str]:
    return [sent.to for day in days for sent in day]


@pytest.mark.parametrize(
    ("example", "card_id"),
    [pytest.param(each, card, id=f"{card}-{each.what}") for each in EXAMPLES for card in each.cards],
)
def test_the_example_costs_what_is_published(example: Example, card_id: str) -> None:
    card = rate_card(card_id)
    tiers = next((each for each in card.tiers if len(each.steps) > 1 and _is_meant(each.categories, example)), None)
    counts = {}
    if tiers is not None:
        name = "/".join((tiers.name, tiers.market, "one" if tiers.per == "channel" else ""))
        counts[name] = MonthCount(example.used, example.used)
    days, before, costs = entries_of(card, example.days), list[LedgerEntry](), []
    for number, entries in enumerate(days):
        fold = DayFold(card.currency, 0, counts=counts)
        paid = {conversation_of(each) for each in before if opens_conversation(each)}
        settlement = Settlement(fold.counts, lambda paid=paid: set(paid))  # type: ignore[misc]
        for entry in entries:
            fold.add([entry], settlement)
        day = fold.costs(date(2026, 11, 2) + timedelta(days=number), "UTC")
        costs.append(day.sums.fees["whatsapp"])
        counts = {name: MonthCount(each.after, each.after) for name, each in day.counts.items()}
        before += entries
    assert costs == [_micros(card, each, example) for each in example.costs]


def _is_meant(categories: frozenset[str | None], example: Example) -> bool:
    sent = example.days[0][0]
    return (sent.category or "service") in categories


def _micros(card: RateCard, asked: Sequence[tuple[int, LedgerKind, str | None]] | int, example: Example) -> int:
    if isinstance(asked, int):  # the first at the list price, the second at the tier's, another market's at its list's
        listed = [card.fee("template", "whatsapp", card.market(to), "utility") or 0 for to in (CZECHIA, POLAND)]
        return sum(listed) - asked
    market = card.market(INDIA)
    return sum(times * (card.fee(kind, "whatsapp", market, category) or 0) for times, kind, category in asked)


def test_each_later_list_has_at_least_three_examples() -> None:
    for card_id in rate_card_ids():
        count = sum(card_id in each.cards for each in EXAMPLES)
        assert count >= 3 or card_id == "gupshup-2021-02", card_id
