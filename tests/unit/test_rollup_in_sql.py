"""Days of costs beside a second computation of them, written apart from it: SQL over the messages as they were told of.

The months have days of 23 and 25 hours, zones off by quarters and halves of an hour, several channels, and price lists
that change at a local midnight, also in the middle of a month.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gate24.channels import Channel, DatedCard, Organization
from gate24.costs import DayCosts, LedgerEntry, LedgerKind, LedgerState, MonthCount
from gate24.events import Pricing
from gate24.rules import ledger
from gate24.rules.pricing import card_at, price
from gate24.rules.rate_cards import RateCard, rate_card
from gate24.rules.rollup import DayFold, day_bounds, local_day
from gate24.rules.settlement import Settlement, conversation_of, is_in_entry_point, opens_conversation
from tests.support.price_lists import added_price_lists

_SERVICE_FREE = {"name": "service", "categories": ["service"], "market": "*", "per": "channel", "source": "test"}
_VOLUME = {"name": "utility", "categories": ["utility"], "per": "organization", "source": "test"}
_META = {"based_on": "meta-2026-10-01"}
_LISTS: list[dict[str, Any]] = [
    _META | {"id": "free-three", "tiers": [_SERVICE_FREE | {"steps": [{"from": 0, "fee": "0"}, {"from": 3}]}]},
    _META
    | {
        "id": "volume",
        "free_in_window": ["utility"],
        "tiers": [
            _SERVICE_FREE | {"steps": [{"from": 0, "fee": "0"}, {"from": 2}]},
            _VOLUME
            | {"market": "India", "steps": [{"from": 0}, {"from": 2, "fee": "0.0010"}, {"from": 5, "fee": "0.0003"}]},
        ],
    },
    {
        "id": "resold",
        "provider": "gupshup",
        "based_on": "gupshup-2026-10-01",
        "whatsapp_fees_of": "volume",
    },
    _META
    | {
        "id": "talks",
        "model": "CBP",
        "conversations": {"hours": 24, "opens_by": "category"},
        "tiers": [_SERVICE_FREE | {"steps": [{"from": 0, "fee": "0"}, {"from": 2}]}],
    },
]
LISTS = ("gupshup-2021-02", "gupshup-2026-10-01", *(each["id"] for each in _LISTS))

MONTHS = [
    ("Asia/Kathmandu", date(2026, 11, 1)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("America/St_Johns", date(2027, 3, 1)),
    ("Europe/Berlin", date(2026, 10, 1)),
    ("Africa/Cairo", date(2027, 4, 1)),
]
CHANNELS = ("north", "south")
_STATES: list[LedgerState] = ["counted", "counted", "counted", "counted", "counted", "failed", "unknown"]
EXAMPLES = int(os.environ.get("GATE24_EXAMPLES", "0"))


class Told(NamedTuple):
    """A message as it was told of. ``told``: type, billable, category of the provider's price. ``media``: the bytes of
    its file, -1 where they are not known. ``entry_hours``: since a free entry point began."""

    at: int
    suffix: str
    channel: str
    kind: LedgerKind
    category: str | None
    phone: str
    media: int | None
    in_window: bool
    delivered: bool
    state: LedgerState
    told: tuple[str | None, bool | None, str | None] | None
    conversation: str
    entry_hours: int | None


@pytest.fixture(scope="module", autouse=True)
def _lists() -> Iterator[None]:
    with added_price_lists(*_LISTS):
        yield


def told_messages(random: Random, zone: str, first: date) -> list[Told]:
    """Somewhat more than a month of messages."""
    begin, _ = day_bounds(first - timedelta(days=1), zone)
    end, _ = day_bounds(first + timedelta(days=32), zone)
    found = []
    for talk in range(random.randrange(5, 90)):
        opened, category = random.randrange(begin, end), random.choice(["marketing", "utility", "authentication"])
        midnight, _ = day_bounds(local_day(opened, zone), zone)
        opened = random.choice([opened, midnight, midnight - 1])
        channel, phone = random.choice(CHANNELS), random.choice(["+919876543210", "+4915555500000", "+97798", "+2637"])
        for number in range(random.randrange(1, 5)):
            kind: LedgerKind = random.choice(["template", "freeform", "freeform", "inbound"])
            told = random.choice(
                [
                    *(None, None, ("regular", None, None), ("regular", True, None)),
                    *(("free_customer_service", None, None), ("free_entry_point", None, None)),
                    *((None, False, category), ("regular", None, random.choice(["marketing", "utility"]))),
                ]
            )
            found.append(
                Told(
                    at=opened + random.randrange(24 * 3_600_000),
                    suffix=f"{talk:06x}{number:06x}",
                    channel=channel,
                    kind=kind,
                    category=category if kind == "template" else None,
                    phone=phone,
                    media=random.choice([None, None, 65_536, 65_537, 5_242_881, -1]),
                    in_window=kind == "template" and random.random() < 0.4,
                    delivered=kind != "inbound" and random.random() < 0.7,
                    state=random.choice(_STATES) if kind != "inbound" else "counted",
                    told=told if kind == "template" else (told and kind == "freeform" and (*told[:2], None)) or None,
                    conversation=f"{talk:06x}{'f' * 6}",
                    entry_hours=random.choice([None, None, 0, 23, 71, 72, 167, 168]),
                )
            )
    return found


def entry_of(message: Told, channel: Channel, organization: Organization) -> LedgerEntry:
    """As ``usecases`` make it of what is told."""
    card = card_at(channel, organization, message.at)
    size, has_media = None if message.media == -1 else message.media, message.media is not None
    facts: dict[str, Any] = {"has_media": has_media, "in_window": message.in_window}
    facts["entry_point_hours"] = message.entry_hours
    cost = price(card, message.kind, message.phone, message.category, size, None, **facts)
    entry = ledger.new_entry(message.suffix, message.at, channel.id, message.kind, "counted", cost, message.category)
    if message.told is not None:
        kind, billable, category = message.told
        said = Pricing(category=category, type=kind, billable=billable)
        cost = price(card, message.kind, message.phone, message.category, size, said, **facts)
        told_category = category if message.kind == "template" else None
        entry = ledger.repriced(entry, cost, told_category or entry.category)
    conversation = None if is_in_entry_point(entry) else message.conversation
    entry = replace(entry, state=message.state, conversation=conversation)
    return ledger.with_delivery(entry, ["delivered"] if message.delivered else [])


def days_of(entries: list[LedgerEntry], zone: str) -> list[DayCosts]:
    """The days as the rollup states them, one after another."""
    by_day: dict[date, list[LedgerEntry]] = {}
    for entry in entries:
        by_day.setdefault(local_day(entry.at, zone), []).append(entry)
    found: list[DayCosts] = []
    for day in sorted(by_day):
        begin, _ = day_bounds(day, zone)
        before = found[-1].counts if found and found[-1].day[:7] == day.isoformat()[:7] else {}
        fold = DayFold("USD", 0, counts={name: MonthCount(each.after, each.after) for name, each in before.items()})
        paid = {
            conversation_of(each)
            for each in entries
            if begin - 24 * 3_600_000 <= each.at < begin and opens_conversation(each)
        }
        settlement = Settlement(fold.counts, lambda paid=paid: set(paid))  # type: ignore[misc]
        for at in sorted({entry.at for entry in by_day[day]}):
            fold.add([entry for entry in by_day[day] if entry.at == at], settlement)
        found.append(fold.costs(day, zone))
    return found


_TABLES = """
CREATE TABLE message (at, suffix, channel, kind, category, digits, media, in_window, delivered, state, told_type,
  told_billable, told_category, conversation, entry_hours);
CREATE TABLE clock (since, until, seconds);
CREATE TABLE chosen (channel, card, since);
CREATE TABLE card (id, model, has_conversations, free_bytes, step_bytes, step_fee, has_markets, lasts_hours);
CREATE TABLE price (card, kind, fee, market, category, micro);
CREATE TABLE prefix (card, digits, market);
CREATE TABLE markup (card, category, part);
CREATE TABLE free_in_window (card, category);
CREATE TABLE step (card, tier, category, market, per, start, fee);
"""

_DAYS = """
WITH dated AS MATERIALIZED (
  SELECT message.*, date(at / 1000 + seconds, 'unixepoch') AS day
  FROM message JOIN clock ON at >= clock.since AND at < clock.until),
carded AS MATERIALIZED (
  SELECT dated.*, card.*, substr(day, 1, 7) AS month,
    coalesce(told_category, category, CASE kind WHEN 'freeform' THEN 'service' END) AS name,
    CASE WHEN has_markets THEN coalesce((SELECT market FROM prefix WHERE prefix.card = card.id
      AND substr(dated.digits, 1, length(prefix.digits)) = prefix.digits
      ORDER BY length(prefix.digits) DESC LIMIT 1), '*') ELSE '*' END AS market
  FROM dated JOIN card ON card.id = coalesce(
    (SELECT card FROM chosen WHERE chosen.channel = dated.channel AND since <= day ORDER BY since DESC LIMIT 1),
    (SELECT card FROM chosen WHERE chosen.channel = dated.channel ORDER BY since LIMIT 1))),
found AS MATERIALIZED (
  SELECT carded.*,
    (SELECT micro FROM price WHERE price.card = id AND price.kind = carded.kind AND fee = 'whatsapp'
      AND price.market = CASE WHEN EXISTS (SELECT 1 FROM price AS other WHERE other.card = id
        AND other.kind = carded.kind AND other.fee = 'whatsapp' AND other.market = carded.market)
        THEN carded.market ELSE '*' END
      AND price.category IN (coalesce(name, '*'), '*') ORDER BY price.category = '*' LIMIT 1) AS listed,
    (SELECT micro FROM price WHERE price.card = id AND price.kind = carded.kind AND fee = 'gupshup' LIMIT 1) AS own,
    (SELECT part FROM markup WHERE markup.card = id AND markup.category = coalesce(told_category, carded.category))
      AS part,
    model <> 'NBP' AND (coalesce(told_type, '') LIKE 'free%' OR told_billable = 0) AS told_free,
    told_type IS NULL AND told_billable IS NULL AND in_window AND kind = 'template'
      AND EXISTS (SELECT 1 FROM free_in_window AS f WHERE f.card = id AND f.category = name) AS free_by_window,
    told_type IS NULL AND told_billable IS NULL AND kind <> 'inbound' AND coalesce(entry_hours < lasts_hours, 0)
      AS free_by_entry,
    (SELECT tier || '/' || s.market || '/' || CASE per WHEN 'channel' THEN channel ELSE '' END FROM step AS s
      WHERE s.card = id AND s.category = name AND s.market IN ('*', carded.market) LIMIT 1) AS counter,
    (SELECT fee FROM step AS s WHERE s.card = id AND s.category = name AND s.market IN ('*', carded.market)
      AND start = 0) AS first_fee
  FROM carded),
priced AS MATERIALIZED (
  SELECT found.*, coalesce(CASE WHEN told_free OR free_by_window OR free_by_entry THEN 0 ELSE listed END, 0)
      AS whatsapp,
    NOT (told_free OR free_by_window OR free_by_entry) AND listed IS NULL AS lacks_whatsapp,
    CASE WHEN kind = 'inbound' OR step_fee = 0 OR media IS NULL OR media = -1 OR media <= free_bytes THEN 0
      ELSE step_fee * ((media + step_bytes - 1) / step_bytes) END AS media_fee,
    kind <> 'inbound' AND step_fee <> 0 AND coalesce(media, 0) = -1 AS lacks_media
  FROM found),
marked AS MATERIALIZED (
  SELECT priced.*, (whatsapp * coalesce(part, 0) + 500000) / 1000000 AS more FROM priced),
ordered AS MATERIALIZED (
  SELECT marked.*, has_conversations AND kind <> 'inbound' AND coalesce(sum(delivered AND state = 'counted'
      AND kind <> 'inbound' AND has_conversations AND NOT free_by_entry)
    OVER (PARTITION BY conversation ORDER BY at, suffix ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS is_paid
  FROM marked),
placed AS MATERIALIZED (
  SELECT ordered.*, counter IS NOT NULL AND kind <> 'inbound' AND state = 'counted' AND delivered AND NOT is_paid
    AND (whatsapp > 0 OR (first_fee = 0 AND (told_type = 'free_customer_service'
      OR (told_billable = 0 AND coalesce(told_type, '') NOT LIKE 'free_%')))) AS takes_place
  FROM ordered),
counted AS MATERIALIZED (
  SELECT placed.*, coalesce(sum(takes_place) OVER (PARTITION BY month, counter ORDER BY at, suffix
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS place
  FROM placed),
stepped AS MATERIALIZED (
  SELECT counted.*, (SELECT s.fee FROM step AS s WHERE s.card = id AND s.category = name
      AND s.market IN ('*', counted.market) AND s.start <= place ORDER BY s.start DESC LIMIT 1) AS step_price
  FROM counted),
due AS MATERIALIZED (
  SELECT stepped.*, CASE WHEN is_paid OR whatsapp = 0 THEN 0
    WHEN kind = 'inbound' OR step_price IS NULL THEN whatsapp
    WHEN step_price = 0 AND (told_type = 'regular' OR told_billable = 1) THEN whatsapp
    ELSE step_price END AS fee
  FROM stepped),
settled AS MATERIALIZED (
  SELECT due.*, model <> 'NBP' AND kind <> 'inbound' AND NOT delivered AS is_open FROM due)
SELECT day,
  sum(state = 'counted' AND kind = 'inbound'), sum(state = 'counted' AND kind = 'freeform'),
  sum(state = 'counted' AND kind = 'template'), sum(state = 'failed'), sum(state = 'unknown'),
  sum(CASE WHEN state = 'counted' AND NOT is_open THEN fee ELSE 0 END),
  sum(CASE WHEN state = 'counted' THEN own + CASE WHEN is_open AND fee + more > 0 THEN 0 ELSE more END ELSE 0 END),
  sum(CASE WHEN state = 'counted' THEN media_fee ELSE 0 END),
  sum(state = 'counted' AND is_open AND fee + more > 0),
  sum(CASE WHEN state = 'counted' AND is_open THEN fee + CASE WHEN fee + more > 0 THEN more ELSE 0 END ELSE 0 END),
  sum(state = 'counted' AND (lacks_whatsapp OR lacks_media)),
  sum(CASE WHEN state = 'unknown' THEN whatsapp + own + more + media_fee ELSE 0 END)
FROM settled GROUP BY day ORDER BY day
"""


def days_in_sql(messages: list[Told], chosen: dict[str, list[DatedCard]], zone: str) -> list[tuple[Any, ...]]:
    """The days as SQL computes them."""
    base = sqlite3.connect(":memory:")
    base.executescript(_TABLES)
    for table, rows in _rows(messages, chosen, zone).items():
        base.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})" if rows else "SELECT 1", rows)
    return base.execute(_DAYS).fetchall()


def _rows(messages: list[Told], chosen: dict[str, list[DatedCard]], zone: str) -> dict[str, list[tuple[Any, ...]]]:
    cards = [rate_card(each) for each in LISTS]
    return {
        "message": [
            (
                *(each.at, each.suffix, each.channel, each.kind, each.category, each.phone[1:], each.media),
                *(each.in_window, each.delivered, each.state, *(each.told or (None, None, None)), each.conversation),
                each.entry_hours,
            )
            for each in messages
        ],
        "clock": _clock(messages, zone),
        "chosen": [(channel, *each) for channel, cards in chosen.items() for each in cards],
        "card": [
            (each.id, each.model, each.conversations is not None, *_media(each), bool(each.markets), _hours(each))
            for each in cards
        ],
        "price": [
            (each.id, kind, fee, market, category, listed.fee)
            for each in cards
            for kind, by_fee in each.fees.items()
            for fee, by_market in by_fee.items()
            for market, by_category in by_market.items()
            for category, listed in by_category.items()
        ],
        "prefix": [(each.id, digits, market) for each in cards for digits, market in each.markets.items()],
        "markup": [(each.id, *part) for each in cards for part in each.markup.items()],
        "free_in_window": [(each.id, category) for each in cards for category in each.free_in_window],
        "step": [
            (each.id, tiers.name, category, tiers.market, tiers.per, *step)
            for each in cards
            for tiers in each.tiers
            for category in tiers.categories
            for step in tiers.steps
        ],
    }


def _hours(card: RateCard) -> int | None:
    return card.entry_point.hours if card.entry_point else None


def _media(card: RateCard) -> tuple[int, int, int]:
    return card.media.free_bytes, card.media.step_bytes, card.media.step_fee


def _clock(messages: list[Told], zone: str) -> list[tuple[int, int, float]]:
    """By quarters of an hour what the zone's clocks are off by, joined where it is the same."""
    quarter = 900_000
    first = min((each.at for each in messages), default=0) // quarter
    last = max((each.at for each in messages), default=0) // quarter
    joined: list[list[float]] = []
    for number in range(first, last + 1):
        offset = datetime.fromtimestamp(number * 900, UTC).astimezone(ZoneInfo(zone)).utcoffset()
        assert offset is not None
        if joined and joined[-1][2] == offset.total_seconds():
            joined[-1][1] = (number + 1) * quarter
        else:
            joined.append([number * quarter, (number + 1) * quarter, offset.total_seconds()])
    return [(int(since), int(until), int(seconds)) for since, until, seconds in joined]


def summed(day: DayCosts) -> tuple[Any, ...]:
    messages, fees = day.sums.messages, day.sums.fees
    return (
        *(day.day, messages["inbound"], messages["freeform"], messages["template"]),
        *(messages["failed"], messages["unknown"], fees["whatsapp"], fees["gupshup"], fees["media"]),
        *(day.undelivered.count, day.undelivered.micro, day.unpriced, day.unknown_amount),
    )


@settings(
    max_examples=EXAMPLES // 20 or 60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
@given(seed=st.integers(0, 2**32), month=st.sampled_from(MONTHS))
def test_every_day_is_what_sql_computes_of_its_messages(seed: int, month: tuple[str, date]) -> None:
    random, (zone, first) = Random(seed), month
    organization = Organization("learning", "Learning", zone, "USD", frozenset(), frozenset())
    changes = [date(2021, 2, 1), *(first + timedelta(days=each) for each in sorted(random.sample(range(30), 2)))]
    chosen = {
        channel: [DatedCard(random.choice(LISTS), since.isoformat()) for since in changes[: random.randrange(1, 4)]]
        for channel in CHANNELS
    }
    plain = Channel("", "learning", "meta", "+919876543210", "https://example.org", "meta-2026-10-01")
    channels = {name: replace(plain, id=name, rate_cards=tuple(cards)) for name, cards in chosen.items()}
    messages = told_messages(random, zone, first)
    entries = [entry_of(each, channels[each.channel], organization) for each in messages]
    random.shuffle(entries)
    days = days_of(entries, zone)
    assert [summed(day) for day in days] == days_in_sql(messages, chosen, zone)
    for day in days:
        assert day.sums.total == sum(each.micro for each in day.by_category.values())
        assert day.sums.total == sum(each.total for each in day.by_channel.values())
