"""What a message costs by a dated rate card (``rules.rate_cards``). All arithmetic is in integers."""

from __future__ import annotations

from gate24.channels import Channel, Organization
from gate24.costs import FEES, Cost, Fee, LedgerEntry, LedgerKind, Line
from gate24.events import Pricing
from gate24.rules.rate_cards import ANY, RateCard, rate_card, rate_card_ids
from gate24.rules.rollup import local_day

_MARKETS_OF = "meta-2026-10-01"

_SAME_RATE = {"marketing_lite": "marketing"}
"""Provider categories that a price list names otherwise: Meta lists one marketing rate for its Cloud API and for
its Marketing Messages API (pricing page, read 2026-11)."""


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
) -> Cost:
    """What one message costs by the card.

    ``contact_phone``: the contact's number in E.164; without one, ``country`` tells the market (Meta's price list has
    ISO 3166 codes since 2026-05, because of user ids). ``category``: a template's, as we know it.
    ``media_bytes``: the size of the file, None where there is none, or where ``has_media`` is set: unknown.
    ``pricing``: what the provider said since; its category wins over ours, and on a PMP card it may say that the
    WhatsApp fee was waived. A fee that cannot be known is left out and the cost is ``unpriced``.
    """
    provider_category = pricing.category if pricing else None
    name = provider_category or category or ("service" if kind == "freeform" else None)
    markup = card.markup.get(name or "", 0)
    name = _SAME_RATE.get(name, name) if name else None
    market = card.market(contact_phone, country)
    whatsapp = 0 if _waived(card, pricing) else card.fee(kind, "whatsapp", market, name)
    known: dict[Fee, int | None] = {
        "whatsapp": whatsapp,
        "gupshup": _with_markup(card.fee(kind, "gupshup", market, name), whatsapp, markup),
        "media": _media_fee(card, kind, media_bytes, has_media),
    }
    of = market_of(contact_phone, country)
    lines = tuple(Line(fee, micros) for fee in FEES if (micros := known[fee]) is not None)
    return Cost(card.currency, lines, unpriced=None in known.values(), rate_card=card.id, market=of)


def media_too_large(card: RateCard, size_bytes: int) -> bool:
    """Whether an outgoing file is above what the BSP takes (Gupshup: 100 MB, upload API and price list)."""
    return size_bytes > card.media.max_bytes


def _waived(card: RateCard, pricing: Pricing | None) -> bool:
    """Meta's status reference (2026-09): ``pricing.type`` free_customer_service, free_entry_point and
    free_group_customer_service are not charged; ``billable`` says the same until it is removed. Its subtype paid_exempt
    (changelog, 2026-10) is of service messages for which governments and non-profits do not pay."""
    if card.model != "PMP" or pricing is None:
        return False
    is_free = (pricing.type or "").startswith("free_") or pricing.subtype == "paid_exempt"
    return is_free or pricing.billable is False


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
