"""What a message costs by a dated rate card (a price list). A card is data beside this file, read once, and all
arithmetic is in integers.

A card's fees are looked up by kind of message, fee, market and category, where ``*`` stands for any. A card that
has markets knows them by the longest prefix of the recipient's calling code. A BSP's card may go by the WhatsApp fees
of Meta's own (``whatsapp_fees_of``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from gate24.channels import Channel, Organization
from gate24.costs import FEES, Cost, Fee, LedgerEntry, LedgerKind, Line
from gate24.events import Pricing
from gate24.rules.money import micro
from gate24.rules.rollup import local_day

_CARDS = Path(__file__).parent / "rate_cards"
_CALLING_CODES = Path(__file__).with_name("calling_codes.json")
_ANY = "*"
_MARKETS_OF = "meta-2026-10-01"

_SAME_RATE = {"marketing_lite": "marketing"}
"""Provider categories that a price list names otherwise: Meta lists one marketing rate for its Cloud API and for
its Marketing Messages API (pricing page, read 2026-11)."""


@dataclass(frozen=True, slots=True)
class MediaFee:
    """The fee of a file, by its bytes: none up to ``free_bytes``, then ``step_fee`` micro-units for each started
    ``step_bytes`` of the whole file. Above ``max_bytes`` it cannot be sent."""

    free_bytes: int
    step_bytes: int
    step_fee: int
    max_bytes: int

    def of(self, size_bytes: int) -> int:
        """The fee in micro-units."""
        if size_bytes <= self.free_bytes:
            return 0
        return self.step_fee * -(-size_bytes // self.step_bytes)


@dataclass(frozen=True, slots=True)
class RateCard:
    """A dated price list. ``fees``: kind, fee, market, category -> micro-units. ``markets``: calling-code prefix
    -> market, the empty prefix being the rest; empty where one price holds everywhere. ``model``: NBP (a fee for each
    notification, nothing is free) or PMP (Meta's per-message pricing, where the status may say it was free).
    ``markup``: of a category the part of the WhatsApp fee, in millionths, that the BSP takes for itself besides."""

    id: str
    currency: str
    effective_from: str
    source: str
    model: str
    media: MediaFee
    fees: Mapping[str, Mapping[str, Mapping[str, Mapping[str, int]]]]
    markets: Mapping[str, str]
    markup: Mapping[str, int] = field(default_factory=dict)

    def market(self, phone: str | None, country: str | None = None) -> str:
        """The market of an E.164 number by its longest known prefix, or of an ISO 3166 country where there is no
        number; ``*`` where there is none to tell."""
        if not self.markets:
            return _ANY
        digits = phone.removeprefix("+") if phone else calling_codes().get(country) if country else None
        if not digits:
            return _ANY
        longest = max(map(len, self.markets))
        prefixes = (digits[:length] for length in range(longest, -1, -1))
        return next((self.markets[prefix] for prefix in prefixes if prefix in self.markets), _ANY)

    def fee(self, kind: LedgerKind, fee: Fee, market: str, category: str | None) -> int | None:
        """Micro-units, or None where the card has no such price."""
        by_market = self.fees[kind][fee]
        by_category = by_market.get(market, by_market.get(_ANY, {}))
        return by_category.get(category or _ANY, by_category.get(_ANY))


@cache
def calling_codes() -> dict[str, str]:
    """By ISO 3166 code of a country the digits with which its numbers begin, as far as markets tell them apart."""
    codes: dict[str, str] = json.loads(_CALLING_CODES.read_text(encoding="utf-8"))
    return codes


@cache
def rate_card_ids() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in _CARDS.glob("*.json")))


def card_currencies() -> tuple[str, ...]:
    """The currencies in which there are rate cards."""
    return tuple(sorted({rate_card(each).currency for each in rate_card_ids()}))


@cache
def rate_card(card_id: str) -> RateCard:
    """The rate card of that id, read once; KeyError if there is none."""
    return _parse(_data(card_id))


def _data(card_id: str) -> dict[str, Any]:
    """The card's file, with the WhatsApp fees and the markets of another card where it goes by that one's. KeyError."""
    paths = {path.stem: path for path in _CARDS.glob("*.json")}
    data: dict[str, Any] = json.loads(paths[card_id].read_text(encoding="utf-8"))
    if "whatsapp_fees_of" in data:
        other = _data(data["whatsapp_fees_of"])
        fees = {kind: {**own, "whatsapp": other["fees"][kind]["whatsapp"]} for kind, own in data["fees"].items()}
        data |= {"markets": other["markets"], "fees": fees}
    return data


def market_of(phone: str | None, country: str | None = None) -> str | None:
    """The market of a person in reports, whatever the card: by Meta's list of 2026-10-01. None where nothing tells."""
    market = rate_card(_MARKETS_OF).market(phone, country)
    return None if market == _ANY else market


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


def _parse(data: dict[str, Any]) -> RateCard:
    media = data["media"]
    return RateCard(
        id=data["id"],
        currency=data["currency"],
        effective_from=data["effective_from"],
        source=data["source"],
        model=data["model"],
        media=MediaFee(media["free_bytes"], media["step_bytes"], micro(media["step_fee"]), media["max_bytes"]),
        fees={
            kind: {
                fee: {
                    market: {category: micro(text) for category, text in by_category.items()}
                    for market, by_category in by_market.items()
                }
                for fee, by_market in by_fee.items()
            }
            for kind, by_fee in data["fees"].items()
        },
        markets={prefix: market for market, prefixes in data["markets"].items() for prefix in prefixes},
        markup={category: micro(part) for category, part in data.get("markup", {}).items()},
    )
