"""What a message costs beside the others of its month: within a free tier or a volume tier, in a conversation that
another message has opened, or not yet delivered. Pure.

Messages take their places in the order of their times, those of one moment in the order of their suffixes: so the same
messages cost the same in whatever order they were told of. A tier counts by calendar months of the organization's zone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import NamedTuple

from gate24.costs import Fee, LedgerEntry, LedgerKind, MonthCount
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import suffix_of
from gate24.rules.rate_cards import RateCard, Tiers, rate_card, rate_card_ids

_CHARGED_AT_DELIVERY = ("CBP", "PMP")
"""The models of Meta (pricing page, read 2026-11); of the older list a message costs when it was taken."""

_TOLD_CHARGED = frozenset({"regular", "billable"})
_TOLD_FREE_BY_TIER = frozenset({"free_customer_service", "free_tier", "free"})
"""Meta's status reference (2026-10): a service message that is free by the month's 1,000 is free_customer_service."""


_LISTED: tuple[Fee, ...] = ("whatsapp", "gupshup")
"""The fees of which a card has rows."""

_SAME_RATE = {"marketing_lite": "marketing"}
"""Provider categories that a price list names otherwise: Meta lists one marketing rate for its Cloud API and for
its Marketing Messages API (pricing page, read 2026-11)."""


def listed_category(kind: LedgerKind, category: str | None) -> str | None:
    """Under which name a card has the price of a category."""
    name = category or ("service" if kind == "freeform" else None)
    return _SAME_RATE.get(name, name) if name else None


_NO_COUNT = MonthCount()


class Settled(NamedTuple):
    """The fees of a message in micro-units. ``undelivered``: what it will cost besides when it is delivered.
    ``in_window``: what a template cost more than a freeform would have, which the open session window allowed; None of
    any other message. ``is_verified``: whether the price was read in a publication."""

    whatsapp: int
    gupshup: int
    undelivered: int = 0
    in_window: int | None = None
    is_verified: bool = True


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a kind of messages is settled by its card."""

    at_delivery: bool
    has_conversations: bool
    tiers: Tiers | None
    tiers_market: str
    markup: int
    freeform_fee: int
    is_verified: bool
    card: RateCard

    def counter(self, channel_id: str) -> str:
        """The name under which the messages of a month are counted."""
        assert self.tiers is not None
        per = channel_id if self.tiers.per == "channel" else ""
        return "/".join((self.tiers.name, self.tiers_market, per))


@dataclass(slots=True)
class Settlement:
    """Settles a day's messages one after another. ``counts``: by counter, those of the month, as they stand before the
    day; afterwards with the day. ``paid_before``: the conversations that were opened before the day, asked for once,
    where the day has such."""

    counts: dict[str, MonthCount]
    paid_before: Callable[[], set[str]] = set
    _paid: set[str] | None = field(default=None, init=False)

    def of(self, entry: LedgerEntry) -> Settled:
        """What the next message costs."""
        plan = plan_of(entry)
        if plan is None:
            return as_listed(entry)
        counter = plan.counter(entry.channel_id) if plan.tiers else ""
        count = self.counts.setdefault(counter, MonthCount()) if plan.tiers else None
        is_paid = plan.has_conversations and self._is_paid(entry)
        step = _step(plan, count.after) if count else 0
        if count is not None and not is_paid and _takes_place(plan, entry):
            after = _step(plan, count.after + 1)
            marks = [] if after == step else [(entry.at, suffix_of(entry.message_id), after)]
            self.counts[counter] = MonthCount(count.before, count.after + 1, (*count.marks, *marks))
        return _settled(entry, plan, step, is_paid)

    def of_many(self, many: Sequence[tuple[LedgerEntry, int]]) -> list[Settled] | None:
        """What the next messages cost each: ``many`` has of those that cost the same an entry and their number. None,
        and nothing is counted, where their order matters: where some are in conversations, or where a step of a tier
        ends among them."""
        plans = [plan_of(entry) for entry, _ in many]
        taken = Counter[str]()
        for (entry, times), plan in zip(many, plans, strict=True):
            if plan is not None and plan.has_conversations:
                return None
            if plan is not None and plan.tiers is not None:
                taken[plan.counter(entry.channel_id)] += times if _takes_place(plan, entry) else 0
        settled = []
        for (entry, _), plan in zip(many, plans, strict=True):
            if plan is None:
                settled.append(as_listed(entry))
                continue
            step = 0
            if plan.tiers is not None:
                counter = plan.counter(entry.channel_id)
                after = self.counts.get(counter, _NO_COUNT).after
                step = _step(plan, after)
                if _step(plan, after + taken[counter]) != step:
                    return None
            settled.append(_settled(entry, plan, step, is_paid=False))
        for counter, number in taken.items():
            count = self.counts.get(counter, _NO_COUNT)
            self.counts[counter] = replace(count, after=count.after + number)
        return settled

    @property
    def has_conversations(self) -> bool:
        """Whether some of the messages are in conversations."""
        return self._paid is not None

    def _is_paid(self, entry: LedgerEntry) -> bool:
        """Whether another message opened its conversation; if none did, this one does once it is delivered."""
        if self._paid is None:
            self._paid = self.paid_before()
        name = conversation_of(entry)
        is_paid = name in self._paid
        if _is_charged(entry):
            self._paid.add(name)
        return is_paid


def settled(entry: LedgerEntry, counts: Mapping[str, MonthCount], is_paid: bool) -> Settled:
    """What one message costs by the counts of its day, as a rollup stated them. ``is_paid``: whether an earlier one
    opened its conversation."""
    plan = plan_of(entry)
    if plan is None:
        return as_listed(entry)
    step = 0
    if plan.tiers and (count := counts.get(plan.counter(entry.channel_id))):
        place = (entry.at, suffix_of(entry.message_id))
        passed = bisect_left([(at, suffix) for at, suffix, _ in count.marks], place)
        step = count.marks[passed - 1][2] if passed else _step(plan, count.before)
    return _settled(entry, plan, step, is_paid)


def is_settled_later(entry: LedgerEntry) -> bool:
    """Whether what it costs depends on other messages, or on its delivery."""
    return entry.state == "counted" and plan_of(entry) is not None


def conversation_of(entry: LedgerEntry) -> str:
    """The name of its conversation; that of one whose conversation is not known is its own."""
    return entry.conversation or suffix_of(entry.message_id)


def opens_conversation(entry: LedgerEntry) -> bool:
    """Whether it opens its conversation, if no earlier message does."""
    plan = plan_of(entry)
    return plan is not None and plan.has_conversations and entry.state == "counted" and _is_charged(entry)


def is_in_conversation(entry: LedgerEntry) -> bool:
    """Whether its card prices conversations."""
    plan = plan_of(entry)
    return plan is not None and plan.has_conversations


def plan_of(entry: LedgerEntry) -> _Plan | None:
    """None of a message that costs what its list says, whatever else there is; so does one of an earlier version, which
    did not keep whether it was delivered."""
    if entry.rate_card is None or entry.calling_code is None or entry.kind == "inbound":
        return None
    return plan_of_kind(entry.rate_card, entry.kind, entry.category, entry.calling_code)


@lru_cache(maxsize=4096)
def plan_of_kind(card_id: str, kind: LedgerKind, category: str | None, calling_code: str | None) -> _Plan | None:
    if card_id not in rate_card_ids():
        return None
    card = rate_card(card_id)
    market = card.market(calling_code)
    name = listed_category(kind, category)
    tiers = tiers_of(card, market, name)
    is_read = is_verified(card, kind, market, name)
    at_delivery = card.model in _CHARGED_AT_DELIVERY
    if not at_delivery and tiers is None and is_read:
        return None
    return _Plan(
        at_delivery=at_delivery,
        has_conversations=card.conversations is not None,
        tiers=tiers,
        tiers_market=tiers.market if tiers else "",
        markup=card.markup.get(category or "", 0),
        freeform_fee=card.fee("freeform", "whatsapp", market, "service") or 0,
        is_verified=is_read,
        card=card,
    )


def is_in_entry_point(entry: LedgerEntry) -> bool:
    """Whether it is free for having been sent in a free entry point, of which the provider said nothing."""
    plan = plan_of(entry)
    return plan is not None and _in_entry_point(entry, plan)


def is_verified(
    card: RateCard, kind: LedgerKind, market: str, category: str | None, in_entry_point: bool = False
) -> bool:
    """Whether all of its prices for such a message were read in a publication, and where it is free by a free entry
    point (``in_entry_point``) how long that lasts."""
    if in_entry_point and not _reads_entry_points(card):
        return False
    known = (fee for fee in _LISTED if card.fee(kind, fee, market, category) is not None)
    return all(card.is_verified(kind, fee, market, category) for fee in known)


def _reads_entry_points(card: RateCard) -> bool:
    """Whether it was read in a publication how long a free entry point lasts."""
    return card.entry_point is not None and card.entry_point.source.verified


def tiers_of(card: RateCard, market: str, category: str | None) -> Tiers | None:
    """The tiers of prices in which such a message counts."""
    return next((each for each in card.tiers if category in each.categories and each.market in ("*", market)), None)


def _step(plan: _Plan, count: int) -> int:
    assert plan.tiers is not None
    return bisect_right([step.start for step in plan.tiers.steps], count) - 1


def _is_charged(entry: LedgerEntry) -> bool:
    """Whether it was delivered, or the BSP deducted for it."""
    return entry.delivered or entry.billed is not None


def _takes_place(plan: _Plan, entry: LedgerEntry) -> bool:
    """Whether the message counts in its tier: what is free for another reason does not."""
    assert plan.tiers is not None
    if not _is_charged(entry):
        return False
    is_free_by_tier = plan.tiers.steps[0].fee == 0 and entry.told in _TOLD_FREE_BY_TIER
    return entry.whatsapp > 0 or is_free_by_tier


def as_listed(entry: LedgerEntry) -> Settled:
    """What it costs by the list alone."""
    in_window = entry.whatsapp if entry.kind == "template" and entry.in_window else None
    return Settled(entry.whatsapp, entry.gupshup, in_window=in_window)


def _settled(entry: LedgerEntry, plan: _Plan, step: int, is_paid: bool) -> Settled:
    whatsapp = 0 if is_paid else entry.whatsapp
    fee = plan.tiers.steps[step].fee if plan.tiers and whatsapp else None
    if fee is not None and (fee or entry.told not in _TOLD_CHARGED):
        whatsapp = fee
    markup = (entry.whatsapp * plan.markup + 500_000) // 1_000_000
    undelivered = 0
    if plan.at_delivery and not _is_charged(entry):
        undelivered, whatsapp = whatsapp + markup, 0
    in_window = None
    if entry.kind == "template" and entry.in_window:
        in_window = max(0, whatsapp - plan.freeform_fee)
    is_read = plan.is_verified and (_reads_entry_points(plan.card) or not _in_entry_point(entry, plan))
    return Settled(whatsapp, entry.gupshup - (markup if undelivered else 0), undelivered, in_window, is_read)


def _in_entry_point(entry: LedgerEntry, plan: _Plan) -> bool:
    return entry.told is None and plan.card.is_in_entry_point(entry.entry_point_hours)
