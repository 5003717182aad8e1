"""Many rows of a ledger that are added up by their kinds say what they say one after another, and what a day's shards
give is all of it, once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from gate24.authors import Author
from gate24.channels import Channel, DatedCard, Organization
from gate24.costs import Exchange, LedgerEntry, MonthCount
from gate24.message_keys import MessageKey
from gate24.rules import rollup
from gate24.rules.day_rows import DayRows
from gate24.rules.rollup import DayFold, day_bounds
from gate24.rules.settlement import Settlement, conversation_of, opens_conversation
from gate24.store import costs, keys, ledger_format
from tests.support.price_lists import added_price_lists
from tests.unit.test_rollup_in_sql import _LISTS, CHANNELS, entry_of, told_messages

ZONE, MONTH = "Asia/Kathmandu", date(2026, 11, 1)
TIERED = ["free-three", "volume", "resold", "gupshup-2021-02"]
EXCHANGES = {"USD": Exchange("USD", "INR", 843_217_000_000, "2026-11-01", "test")}


@pytest.fixture(scope="module", autouse=True)
def _lists() -> Iterator[None]:
    with added_price_lists(*_LISTS):
        yield


@pytest.fixture(params=[1, 3, 40])
def together_from(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """As many rows are added up by their kinds."""
    monkeypatch.setattr(rollup, "TOGETHER_LEAST", request.param)
    for name in ("CAMPAIGNS_MOST", "TEMPLATES_MOST", "AUTHORS_MOST"):
        monkeypatch.setattr(rollup, name, 5)
    return int(request.param)


def a_month(random: Random, cards: list[str]) -> list[LedgerEntry]:
    """Entries as they stand in ledgers: some at one moment, some twice, some of erased contacts."""
    organization = Organization("learning", "Learning", ZONE, "USD", frozenset(), frozenset())
    plain = Channel("", "learning", "meta", "+919876543210", "https://example.org", "meta-2026-10-01")
    chosen = {name: (DatedCard(random.choice(cards), MONTH.replace(year=2021).isoformat()),) for name in CHANNELS}
    channels = {name: replace(plain, id=name, rate_cards=dated) for name, dated in chosen.items()}
    found = []
    for told in told_messages(random, ZONE, MONTH):
        entry = entry_of(told, channels[told.channel], organization)
        contact = f"{random.randrange(30):020d}"
        at = entry.at // 7_200_000 * 7_200_000
        key = MessageKey(contact, at, told.suffix)
        name = random.choice([key.id, key.id, key.id, key.suffix])
        campaign = random.choice([None, f"c{random.randrange(random.choice([3, 9]))}"])
        billed = random.choice([None, None, None, "billable"])
        given = replace(
            entry, message_id=name, at=at, campaign=campaign, billed=billed, billed_differs=billed is not None
        )
        template = random.choice([None, *(f"t{number}" for number in range(random.choice([3, 9])))])
        author = random.choice([None, Author("provider"), Author("key", f"k{random.randrange(4)}")])
        given = replace(given, template=template, author=author)
        found.append(replace(given, currency=random.choice(["USD", "USD", "EUR"])))
        if random.random() < 0.03:
            found.append(replace(given, message_id=random.choice([key.id, key.suffix]), state="failed"))
    return [ledger_format.load(ledger_format.dump(each), each.message_id, each.at) for each in found]


def rows_of(entries: list[LedgerEntry]) -> DayRows:
    sorts = [f"{entry.at:013d}#{entry.message_id}" for entry in entries]
    texts = [entry.stored or "" for entry in entries]
    return DayRows(sorts, texts, ledger_format.Kinds().of, ledger_format.load)


def new_fold(random: Random) -> DayFold:
    counts = {f"service/*/{name}": MonthCount(2, 2) for name in CHANNELS if random.random() < 0.5}
    return DayFold("INR", 0, exchanges=dict(EXCHANGES), counts=counts)


@pytest.mark.parametrize("seed", range(60))
def test_rows_that_are_added_up_by_their_kinds_say_what_they_say_one_after_another(
    together_from: int, seed: int
) -> None:
    random = Random(seed)
    entries = a_month(random, TIERED if seed % 3 else [*TIERED, "talks"])
    begin, _ = day_bounds(MONTH + timedelta(days=2), ZONE)
    paid = {conversation_of(each) for each in entries if each.at < begin and opens_conversation(each)}
    entries = [each for each in entries if each.at >= begin]
    one_by_one, together = new_fold(Random(seed)), new_fold(Random(seed))
    settlement = Settlement(one_by_one.counts, lambda: set(paid))
    for at in sorted({entry.at for entry in entries}):
        one_by_one.add([entry for entry in entries if entry.at == at], settlement)
        one_by_one.position = at + 1
    random.shuffle(entries)
    steps = list(together.read([rows_of(entries)], Settlement(together.counts, lambda: set(paid))))
    assert together == one_by_one
    assert len(steps) <= len({entry.at for entry in entries})


def test_many_messages_are_one_step(together_from: int) -> None:
    text = ledger_format.dump(LedgerEntry("", 0, "north", "inbound", "counted", rate_card="gupshup-2021-02"))
    sorts = [keys.day_sort(MessageKey("0" * 20, number, f"{number:012x}")) for number in range(1_000)]
    fold = DayFold("USD", 0)
    rows = DayRows(sorts, [text] * 1_000, ledger_format.Kinds().of, ledger_format.load)
    assert len(list(fold.read([rows], Settlement(fold.counts)))) == 1
    assert fold.whole.messages["inbound"] == 1_000
    assert fold.position == 1_000


def test_where_a_tier_ends_few_are_looked_at_one_after_another(together_from: int) -> None:
    entry = LedgerEntry(
        *("", 0, "north", "freeform", "counted"),
        whatsapp=1000,
        rate_card="free-three",
        delivered=True,
        calling_code="91",
    )
    text, fold = ledger_format.dump(entry), DayFold("USD", 0)
    sorts = [keys.day_sort(MessageKey("0" * 20, number, f"{number:012x}")) for number in range(4_096)]
    rows = DayRows(sorts, [text] * 4_096, ledger_format.Kinds().of, ledger_format.load)
    steps = list(fold.read([rows], Settlement(fold.counts)))
    assert fold.whole.fees["whatsapp"] == (4_096 - 3) * 1000
    assert [count.marks for count in fold.counts.values()] == [((2, f"{2:012x}", 1),)]
    assert len(steps) <= 2 * together_from + 12


# What shards give


@pytest.mark.parametrize("seed", range(80))
def test_the_shards_of_a_day_are_given_whole_and_moments_are_not_torn(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    count, moments = random.choice([1, 2, 5]), random.choice([1, 3, 50])
    monkeypatch.setattr(keys, "day_partitions", lambda *_: [str(number) for number in range(count)])
    shards = {
        str(number): sorted(
            f"{random.randrange(moments):013d}#{number}{row:035d}" for row in range(random.choice([0, 1, 7, 60]))
        )
        for number in range(count)
    }

    def pages(partition: str, **asked: Any) -> Iterator[list[dict[str, Any]]]:
        left = list(shards[partition])
        while left:
            size = random.choice([0, 1, 4, 9])
            page, left = left[:size], left[size:]
            yield [{"h": {"S": sort}, "l": {"S": sort[-3:]}} for sort in page]

    monkeypatch.setattr(costs, "query_index_pages", pages)
    given = list(costs.day_rows("learning", "2026-11-21"))
    assert sorted(sort for rows in given for sort in rows.sorts) == sorted(
        sort for each in shards.values() for sort in each
    )
    assert all(sort.endswith(text) for rows in given for sort, text in zip(rows.sorts, rows.texts, strict=True))
    bounds = [(min(rows.sorts)[:13], max(rows.sorts)[:13]) for rows in given]
    assert all(last < first for (_, last), (first, _) in pairwise(bounds))
    assert [rows.until for rows in given] == [int(last) for _, last in bounds]
