"""What a message costs by a dated rate card (``rules.rate_cards``). All arithmetic is in integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gate24.channels import Channel, Organization
from gate24.costs import FEES, Basis, Cost, Fee, LedgerEntry, LedgerKind, Line
from gate24.events import Pricing
from gate24.rules.ledger import repriced
from gate24.rules.rate_cards import ANY, RateCard, Tiers, calling_codes, rate_card, rate_card_ids
from gate24.rules.rollup import local_day
from gate24.rules.settlement import is_settled_later, is_verified, listed_category, tiers_of

_MARKETS_OF = "meta-2026-10-01"


def market_of(phone: str | None, country: str | None = None) -> str | None:
    """The market of a person in reports, whatever the card: by Meta's list of 2026-10-01. None where nothing tells."""
    market = rate_card(_MARKETS_OF).market(phone, country)
    return None if market == ANY else market


def card_of_entry(entry: LedgerEntry, channel: Channel, organization: Organization, at: int) -> RateCard:
    """The rate card by which the message was priced before, or as ``card_at`` where that is not known. KeyError."""
    return rate_card(entry.rate_card) if entry.rate_card in rate_card_ids() else card_at(channel, organization, at)


def card_at(channel: Channel, organization: Organization, at: int) -> RateCard:
    """The rate card by which a message of that moment (epoch ms) is priced: that of its local day. KeyError."""
    return rate_card(channel.card_on(local_day(at, organization.timezone).isoformat()))


def price(
    card: RateCard,
    kind: LedgerKind,
    contact_phone: str | None,
    category: str | None = None,
    media_bytes: int | None = None,
    pricing: Pricing | None = None,
    *,
    has_media: bool = False,
    country: str | None = None,
    in_window: bool = False,
    entry_point_hours: int | None = None,
) -> Cost:
    """What one message costs by the card.

    ``contact_phone``: the contact's number in E.164; without one, ``country`` tells the market (Meta's price list has
    ISO 3166 codes since 2026-05, because of user ids). ``category``: a template's, as we know it.
    ``media_bytes``: the size of the file, None where there is none, or where ``has_media`` is set: unknown.
    ``pricing``: what the provider said since; its category wins over ours, and on a card of Meta's models it may say
    that the WhatsApp fee was waived. ``in_window``: whether the session window is open, in which some cards have
    templates free. ``entry_point_hours``: as ``Basis`` has it; until the
    provider says otherwise a message in a free entry point has no WhatsApp fee. A fee that cannot be known is left out
    and the cost is ``unpriced``.

    It is the list price: what depends on other messages is settled with them (``rules.settlement``), and ``assumed``
    names what would make it another one.
    """
    provider_category = pricing.category if pricing else None
    named = provider_category or category
    name, markup = listed_category(kind, named), card.markup.get(named or "", 0)
    market, told = card.market(contact_phone, country), _told(pricing)
    is_template_in_window = in_window and kind == "template"
    in_entry_point = _in_entry_point(card, kind, told, entry_point_hours)
    is_free = _is_free(card, told) or in_entry_point
    is_free |= told is None and is_template_in_window and name in card.free_in_window
    whatsapp = 0 if is_free else card.fee(kind, "whatsapp", market, name)
    known: dict[Fee, int | None] = {
        "whatsapp": whatsapp,
        "gupshup": _with_markup(card.fee(kind, "gupshup", market, name), whatsapp, markup),
        "media": _media_fee(card, kind, media_bytes, has_media),
    }
    lines = tuple(Line(fee, micros) for fee in FEES if (micros := known[fee]) is not None)
    basis = Basis(
        card.id,
        market_of(contact_phone, country),
        _calling_code(contact_phone, country),
        media_bytes,
        is_size_unknown=has_media and media_bytes is None,
        in_window=is_template_in_window,
        entry_point_hours=entry_point_hours,
        told=told,
    )
    return Cost(
        card.currency,
        lines,
        unpriced=None in known.values(),
        basis=basis,
        assumed=() if pricing is not None else _assumed(card, kind, market, name, whatsapp, in_entry_point),
        is_verified=is_verified(card, kind, market, name, in_entry_point),
    )


def as_estimate(cost: Cost, entry: LedgerEntry) -> Cost:
    """The cost of a message that is not settled yet, with what it takes for granted."""
    if entry.rate_card not in rate_card_ids():
        return cost
    card = rate_card(entry.rate_card)
    market, name = card.market(entry.calling_code), listed_category(entry.kind, entry.category)
    free = _in_entry_point(card, entry.kind, entry.told, entry.entry_point_hours)
    assumed = () if entry.told else _assumed(card, entry.kind, market, name, entry.whatsapp, free)
    return replace(cost, assumed=assumed, is_verified=is_verified(card, entry.kind, market, name, free))


def assumptions_of(card: RateCard) -> tuple[str, ...]:
    """What any price by the card takes for granted before it is settled."""
    tiers = next(iter(card.tiers), None)
    return tuple(name for name, (bears, _) in _ASSUMED.items() if bears(card, tiers))


def repriced_by(card: RateCard, entry: LedgerEntry) -> LedgerEntry:
    """The entry as if that card had held. What the provider said stays where it holds by any card: that the person came
    by an advertisement, or that the sender is exempt."""
    said = None
    if entry.told == "free_entry_point":
        said = Pricing(type=entry.told)
    elif entry.told == "paid_exempt":
        said = Pricing(subtype=entry.told)
    code = entry.calling_code or _code_of_market(entry.market)
    cost = price(
        *(card, entry.kind, code, entry.category, entry.media_bytes, said),
        has_media=entry.media_bytes is not None or entry.is_size_unknown,
        in_window=entry.in_window,
        entry_point_hours=entry.entry_point_hours,
    )
    delivered = entry.delivered if is_settled_later(entry) else True
    return replace(repriced(entry, cost, entry.category), delivered=delivered, conversation=None)


def _code_of_market(market: str | None) -> str | None:
    """Some number's digits of a market, of entries of an earlier version, which had the market alone."""
    return next((digits for digits, name in rate_card(_MARKETS_OF).markets.items() if name == market), None)


def _assumed(
    card: RateCard, kind: LedgerKind, market: str, category: str | None, whatsapp: int | None, in_entry_point: bool
) -> tuple[str, ...]:
    """Of ``ASSUMPTIONS`` those that bear on a message of this WhatsApp fee that has not been sent yet."""
    if in_entry_point:
        return (_ENTRY_POINT,)
    if kind == "inbound" or not whatsapp:
        return ()
    tiers = tiers_of(card, market, category)
    return tuple(name for name, (bears, _) in _ASSUMED.items() if bears(card, tiers))


_ASSUMED: Mapping[str, tuple[Callable[[RateCard, Tiers | None], bool], str]] = {
    "delivered": (lambda card, tiers: card.model != "NBP", "That it is delivered: else it costs less."),
    "free_messages_used_up": (
        lambda card, tiers: tiers is not None and tiers.steps[0].fee == 0,
        "That the free messages of the number's month are used up.",
    ),
    "first_volume_tier": (
        lambda card, tiers: tiers is not None and tiers.steps[0].fee != 0,
        "That the month's messages have not reached a cheaper tier.",
    ),
    "opens_conversation": (
        lambda card, tiers: card.conversations is not None,
        "That no conversation is open that it would be part of.",
    ),
    "no_free_entry_point": (
        lambda card, tiers: card.model != "NBP",
        "That the person did not come by an advertisement or a page's button, which makes messages free for a while.",
    ),
}

_ENTRY_POINT = "in_free_entry_point"

ASSUMPTIONS: Mapping[str, str] = {
    **{name: said for name, (_, said) in _ASSUMED.items()},
    _ENTRY_POINT: "That messages are free for a while, because the person came by an advertisement and was answered.",
}
"""By name what an estimate may take for granted, for people."""


def media_too_large(card: RateCard, size_bytes: int) -> bool:
    """Whether an outgoing file is above what the BSP takes (Gupshup: 100 MB, upload API and price list)."""
    return size_bytes > card.media.max_bytes


def _told(pricing: Pricing | None) -> str | None:
    """In a word what the provider says of the price: Meta's status reference (2026-09) has ``pricing.type``;
    ``billable`` says the same until it is removed. The subtype paid_exempt (changelog, 2026-10) is of service messages
    for which governments and non-profits do not pay."""
    if pricing is None:
        return None
    named = _TYPES.get(pricing.category or "") or _TYPES.get(pricing.type or "", pricing.type)
    if pricing.subtype == "paid_exempt":
        return pricing.subtype
    if pricing.billable is False and not (named or "").startswith("free_"):
        return "free"
    return named or ("billable" if pricing.billable else None)


_TYPES = {"fep": "free_entry_point", "ftc": "free_tier", "referral_conversion": "free_entry_point"}
"""How Gupshup named conversations that are free (release notes, 2022), and Meta the category of those of an
advertisement."""


def _in_entry_point(card: RateCard, kind: LedgerKind, told: str | None, hours: int | None) -> bool:
    """Whether the message is free for having been sent in a free entry point, of which the provider said nothing."""
    return kind != "inbound" and told is None and card.is_in_entry_point(hours)


def _is_free(card: RateCard, told: str | None) -> bool:
    return card.model != "NBP" and told is not None and (told.startswith("free") or told == "paid_exempt")


def _calling_code(phone: str | None, country: str | None) -> str:
    """The digits by which every card tells the market; empty where nothing tells it."""
    if phone is None:
        return calling_codes().get(country, "") if country else ""
    digits = phone.removeprefix("+")
    return rate_card(_MARKETS_OF).prefix(digits) or digits[:3]


def _with_markup(fee: int | None, whatsapp: int | None, markup: int) -> int | None:
    """The BSP's own fee with its part of the WhatsApp fee, rounded to the micro-unit, half up; None where that cannot
    be known."""
    if fee is None or not markup:
        return fee
    return None if whatsapp is None else fee + (whatsapp * markup + 500_000) // 1_000_000


def _media_fee(card: RateCard, kind: LedgerKind, media_bytes: int | None, has_media: bool) -> int | None:
    if kind == "inbound" or card.media.step_fee == 0:
        return 0
    if media_bytes is None:
        return None if has_media else 0
    return card.media.of(media_bytes)
