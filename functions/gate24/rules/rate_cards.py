"""Rate cards: the dated price lists of Meta and of BSPs. A card is a file beside this module, read once.

A file says what differs from the card that it is ``based_on``; a BSP's card may go by Meta's WhatsApp fees
(``whatsapp_fees_of``) and by another card's markets (``markets_of``). docs/rate-cards.md has the format field by field.
A card's fees are looked up by kind of message, fee, market and category, where ``*`` stands for any. A card that
has markets knows them by the longest prefix of the recipient's calling code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from gate24.costs import Fee, LedgerKind
from gate24.lazy_dataclass import dataclass
from gate24.rules.money import micro

DIRECTORY = Path(__file__).parent / "rate_cards"
_CALLING_CODES = Path(__file__).with_name("calling_codes.json")
ANY = "*"
_OF_ITSELF = ("market", "source")
"""What a row of fees has besides its categories."""

CATEGORIES = ("marketing", "marketing_lite", "utility", "authentication", "authentication_international", "service")
"""What messages are priced as, in the words of Meta's statuses."""

_WITH_WHATSAPP_FEES = ("markets", "free_in_window", "tiers", "conversations", "entry_point")
"""What a card takes from Meta's along with its fees."""

Data = Mapping[str, Any]


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


class Source(NamedTuple):
    """Where figures are from: the publication, its day or month, and whether somebody has read them there."""

    name: str
    date: str
    verified: bool


class ListPrice(NamedTuple):
    """A price of a card, in micro-units, and where it is from."""

    fee: int
    source: Source


class Step(NamedTuple):
    """From so many charged messages (or conversations) of a month on each costs ``fee`` micro-units; None: the list
    price."""

    start: int
    fee: int | None


class Tiers(NamedTuple):
    """What some categories of messages (None: those of no known one) cost in a market (``*``: all together) by how many
    were charged in the calendar month, counted for each channel or for the organization. ``steps`` ascend from 0."""

    name: str
    categories: frozenset[str | None]
    market: str
    per: str
    steps: tuple[Step, ...]
    source: Source | None = None


class Conversations(NamedTuple):
    """How conversations are opened, which last so many ``hours``. ``opens_by``: ``any``, where a contact has one
    conversation with a number at a time, or ``category``, where each category opens its own."""

    hours: int
    opens_by: str


class EntryPoint(NamedTuple):
    """For how many ``hours`` messages are free by a free entry point (``rules.entry_points``)."""

    hours: int
    source: Source


Fees = Mapping[str, Mapping[str, Mapping[str, Mapping[str, ListPrice]]]]


@dataclass(frozen=True, slots=True)
class RateCard:
    """A dated price list, of the days from ``effective_from`` to ``effective_to`` (the last one; None: until the next).
    ``fees``: kind, fee, market, category -> price. ``markets``: calling-code prefix -> market, the empty prefix being
    the rest; empty where one price holds everywhere. ``model``: NBP (a fee for each notification, nothing is free), CBP
    (a fee for each conversation) or PMP (Meta's per-message pricing, where the status may say it was free).
    ``markup``: of a category the part of the WhatsApp fee, in millionths, that the BSP takes for itself besides.
    ``free_in_window``: the categories of templates without a WhatsApp fee while the session window is open.
    ``sources``: of the fields ``media`` and ``markup``; each price and the tiers have their own."""

    id: str
    provider: str
    currency: str
    effective_from: str
    effective_to: str | None
    model: str
    media: MediaFee
    fees: Fees
    markets: Mapping[str, str]
    markup: Mapping[str, int] = field(default_factory=dict)
    free_in_window: frozenset[str] = frozenset()
    tiers: tuple[Tiers, ...] = ()
    conversations: Conversations | None = None
    entry_point: EntryPoint | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)

    def market(self, phone: str | None, country: str | None = None) -> str:
        """The market of an E.164 number by its longest known prefix, or of an ISO 3166 country where there is no
        number; ``*`` where there is none to tell."""
        if not self.markets:
            return ANY
        digits = phone.removeprefix("+") if phone else calling_codes().get(country) if country else None
        if not digits:
            return ANY
        prefix = self.prefix(digits)
        return ANY if prefix is None else self.markets[prefix]

    def prefix(self, digits: str) -> str | None:
        """The longest prefix of a number's digits that the card knows."""
        longest = max(map(len, self.markets), default=0)
        prefixes = (digits[:length] for length in range(longest, -1, -1))
        return next((each for each in prefixes if each in self.markets), None)

    def is_in_entry_point(self, hours: int | None) -> bool:
        """Whether messages are free by an entry point that began so many full hours before (None: there is none)."""
        return hours is not None and self.entry_point is not None and hours < self.entry_point.hours

    def fee(self, kind: LedgerKind, fee: Fee, market: str, category: str | None) -> int | None:
        """Micro-units, or None where the card has no such price."""
        found = self._price(kind, fee, market, category)
        return found.fee if found else None

    def is_verified(self, kind: LedgerKind, fee: Fee, market: str, category: str | None) -> bool:
        """Whether the price was read in a publication; False also where the card has no such price."""
        found = self._price(kind, fee, market, category)
        return found is not None and found.source.verified

    def _price(self, kind: LedgerKind, fee: Fee, market: str, category: str | None) -> ListPrice | None:
        by_market = self.fees[kind][fee]
        by_category = by_market.get(market, by_market.get(ANY, {}))
        return by_category.get(category or ANY, by_category.get(ANY))


@cache
def calling_codes() -> dict[str, str]:
    """By ISO 3166 code of a country the digits with which its numbers begin, as far as markets tell them apart."""
    codes: dict[str, str] = json.loads(_CALLING_CODES.read_text(encoding="utf-8"))
    return codes


@cache
def rate_card_ids() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in DIRECTORY.glob("*.json")))


@cache
def card_currencies() -> tuple[str, ...]:
    """The currencies in which there are rate cards."""
    return tuple(sorted({card_data(each)["currency"] for each in rate_card_ids()}))


@cache
def rate_card(card_id: str) -> RateCard:
    """The rate card of that id, read once; KeyError if there is none."""
    return parse_card(card_data(card_id), card_data)


@cache
def card_data(card_id: str) -> Data:
    """What the card's file says; KeyError if there is none."""
    if card_id not in rate_card_ids():
        raise KeyError(card_id)
    data: Data = json.loads((DIRECTORY / f"{card_id}.json").read_text(encoding="utf-8"))
    return data


def parse_card(data: Data, data_of: Callable[[str], Data]) -> RateCard:
    """The card of a file without faults (``card_check``). ``data_of``: what the file of another card says."""
    return RateCard(fees=_fees(data, data_of), **_settings(data, data_of))


def _settings(data: Data, data_of: Callable[[str], Data]) -> dict[str, Any]:
    """All fields of a card but its fees, those of other cards first, its own in their places."""
    settings: dict[str, Any] = {}
    if "based_on" in data:
        settings |= _settings(data_of(data["based_on"]), data_of)
    if "whatsapp_fees_of" in data:
        other = _settings(data_of(data["whatsapp_fees_of"]), data_of)
        for name in _WITH_WHATSAPP_FEES:
            settings.pop(name, None)
            if name in other:
                settings[name] = other[name]
    if "markets_of" in data:
        settings["markets"] = _settings(data_of(data["markets_of"]), data_of)["markets"]
    sources = _sources(data)
    of_fields = {name: sources[data[name]["source"]] for name in ("media", "markup") if name in data}
    own = {name: read(data[name], sources) for name, read in _READ.items() if name in data}
    return settings | own | {"sources": settings.get("sources", {}) | of_fields}


def _fees(data: Data, data_of: Callable[[str], Data]) -> dict[str, dict[str, dict[str, dict[str, ListPrice]]]]:
    fees: dict[str, dict[str, dict[str, dict[str, ListPrice]]]] = {}
    if "based_on" in data:
        fees = _fees(data_of(data["based_on"]), data_of)
    if "whatsapp_fees_of" in data:
        for kind, by_fee in _fees(data_of(data["whatsapp_fees_of"]), data_of).items():
            fees.setdefault(kind, {})["whatsapp"] = by_fee["whatsapp"]
    sources = _sources(data)
    for kind, own in data.get("fees", {}).items():
        for fee, rows in own.items():
            by_market = fees.setdefault(kind, {}).setdefault(fee, {})
            for row in rows:
                _take_row(by_market, row, sources[row["source"]])
    return fees


def _take_row(by_market: dict[str, dict[str, ListPrice]], row: Data, source: Source) -> None:
    """A row for any market stands in the place of the rows of all markets. Null takes a price away."""
    if row["market"] == ANY:
        by_market.clear()
    prices = by_market.setdefault(row["market"], {})
    for category, text in _own(row).items():
        if text is None:
            prices.pop(category, None)
        else:
            prices[category] = ListPrice(micro(text), source)


def _sources(data: Data) -> dict[str, Source]:
    return {key: Source(**source) for key, source in data["sources"].items()}


def _own(row: Data) -> dict[str, Any]:
    """By category what a row says."""
    return {category: text for category, text in row.items() if category not in _OF_ITSELF}


def _markets(of_markets: Data) -> dict[str, str]:
    return {prefix: market for market, prefixes in of_markets.items() for prefix in prefixes}


def _media(media: Data) -> MediaFee:
    return MediaFee(media["free_bytes"], media["step_bytes"], micro(media["step_fee"]), media["max_bytes"])


def _tiers(tiers: Data, sources: Mapping[str, Source]) -> Tiers:
    steps = tuple(Step(each["from"], micro(each["fee"]) if "fee" in each else None) for each in tiers["steps"])
    categories = frozenset((None, *CATEGORIES) if ANY in tiers["categories"] else tiers["categories"])
    return Tiers(tiers["name"], categories, tiers["market"], tiers["per"], steps, sources[tiers["source"]])


_READ: Mapping[str, Callable[[Any, Mapping[str, Source]], Any]] = {
    **dict.fromkeys(("id", "provider", "currency", "effective_from", "effective_to", "model"), lambda given, _: given),
    "markets": lambda given, _: _markets(given),
    "media": lambda given, _: _media(given),
    "markup": lambda given, _: {category: micro(text) for category, text in _own(given).items()},
    "free_in_window": lambda given, _: frozenset(given),
    "tiers": lambda given, sources: tuple(_tiers(each, sources) for each in given),
    "conversations": lambda given, _: Conversations(**given) if given else None,
    "entry_point": lambda given, sources: EntryPoint(given["hours"], sources[given["source"]]) if given else None,
}
"""How each field of a file is read."""
