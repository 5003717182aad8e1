"""A day's costs are the fold of its messages, and nothing but."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.api.costs_csv import to_csv
from gate24.api.render import day_json
from gate24.authors import Author
from gate24.costs import (
    AUTHORS_MOST,
    CAMPAIGNS_MOST,
    MESSAGE_COUNTS,
    OTHERS,
    TEMPLATES_MOST,
    Cost,
    DayCosts,
    DayStatus,
    LedgerEntry,
    LedgerState,
    Line,
)
from gate24.events import Pricing
from gate24.members import NAME_LENGTH
from gate24.message_keys import MessageKey
from gate24.rules import content_limits as limits
from gate24.rules.ledger import differs, new_entry, repriced
from gate24.rules.money import micro
from gate24.rules.rollup import DayFold, closed_at, day_bounds, day_status, last_closed_day, local_day, open_days
from gate24.store import rollup_queue
from gate24.store.rollup_queue import QueuedDay
from gate24.usecases.daily_costs import monthly_costs
from tests.support import ledger_index
from tests.support.rollup_memory import fold_day, peak_bytes, read_whole_day

DAY = date(2026, 11, 21)
KOLKATA = "Asia/Kolkata"
HOUR = 3_600_000


def day_of(entries: list[LedgerEntry], status: DayStatus = "final") -> DayCosts:
    """Of entries that stand at one moment."""
    fold = DayFold("USD", begun_at=0)
    fold.add(entries)
    return replace(fold.costs(DAY, KOLKATA), status=status)


def rolled(entries: list[LedgerEntry], status: DayStatus = "final") -> dict[str, Any]:
    return day_json(day_of(entries, status))


def utc(year: int, month: int, day: int, hour: int, minute: int) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1000


TEMPLATE = LedgerEntry("m1", 1, "chA", "template", "counted", "utility", whatsapp=4200, gupshup=1000, media=1000)
FREEFORM = LedgerEntry("m2", 2, "chB", "freeform", "counted", gupshup=1000)
INBOUND = LedgerEntry("m3", 3, "chA", "inbound", "counted", gupshup=1000)
FAILED = LedgerEntry("m4", 4, "chA", "template", "failed", "utility", whatsapp=4200, gupshup=1000)
REJECTED = LedgerEntry("m5", 5, "chA", "freeform", "rejected")
REFUSED = LedgerEntry("m6", 6, "chA", "freeform", "refused")
UNKNOWN = LedgerEntry("m7", 7, "chA", "template", "unknown", "utility", whatsapp=4200, gupshup=1000)
A_DAY = [TEMPLATE, FREEFORM, INBOUND, FAILED, REJECTED, REFUSED, UNKNOWN]


def test_a_day_is_shown_in_full() -> None:
    assert rolled(A_DAY) == {
        "date": "2026-11-21",
        "timezone": "Asia/Kolkata",
        "currency": "USD",
        "status": "final",
        "as_of": None,
        "total": "0.0082",
        "messages": {"inbound": 1, "freeform": 1, "template": 1, "failed": 2, "refused": 1, "unknown": 1},
        "fees": {"whatsapp": "0.0042", "gupshup": "0.0030", "media": "0.0010"},
        "by_channel": [
            {
                "channel": "chA",
                "messages": {"inbound": 1, "freeform": 0, "template": 1, "failed": 2, "refused": 1, "unknown": 1},
                "fees": {"whatsapp": "0.0042", "gupshup": "0.0020", "media": "0.0010"},
                "total": "0.0072",
            },
            {
                "channel": "chB",
                "messages": {"inbound": 0, "freeform": 1, "template": 0, "failed": 0, "refused": 0, "unknown": 0},
                "fees": {"whatsapp": "0", "gupshup": "0.0010", "media": "0"},
                "total": "0.0010",
            },
        ],
        "by_category": [
            {"category": "inbound", "count": 1, "total": "0.0010"},
            {"category": "service", "count": 1, "total": "0.0010"},
            {"category": "utility", "count": 1, "total": "0.0062"},
        ],
        "by_market": [],
        "by_campaign": [],
        "by_template": [{"template": None, "unnamed": "unknown", "count": 1, "total": "0.0062"}],
        "by_author": [{"author": None, "unnamed": "unknown", "count": 2, "total": "0.0072"}],
        "unpriced": 0,
        "unknown_amount": "0.0052",
        "undelivered": {"count": 0, "amount": "0"},
        "templates_in_window": {"count": 0, "amount": "0"},
        "unverified": 0,
        "reached": 0,
        "cost_per_reached": None,
        "provider_billed": {"count": 0, "differences": 0},
    }


def test_a_day_without_messages_costs_nothing() -> None:
    empty = rolled([])
    assert empty["total"] == "0"
    assert empty["fees"] == {"whatsapp": "0", "gupshup": "0", "media": "0"}
    assert (empty["by_channel"], empty["by_category"]) == ([], [])


entries = st.builds(
    LedgerEntry,
    message_id=st.sampled_from([f"m{number}" for number in range(8)]),
    at=st.integers(0, 100),
    channel_id=st.sampled_from(["chA", "chB", "chC"]),
    kind=st.sampled_from(["inbound", "freeform", "template"]),
    state=st.sampled_from(["counted", "failed", "rejected", "refused"]),
    category=st.sampled_from([None, "utility", "marketing"]),
    whatsapp=st.integers(0, 200_000),
    gupshup=st.integers(0, 2000),
    media=st.integers(0, 20_000),
    currency=st.sampled_from(["USD", "USD", "INR"]),
    unpriced=st.booleans(),
    billed=st.sampled_from([None, "billable", "utility"]),
    billed_differs=st.booleans(),
)


@given(st.lists(entries, max_size=20), st.data())
def test_any_order_and_any_repetition_of_entries_give_the_same_bytes(
    day: list[LedgerEntry], data: st.DataObject
) -> None:
    repeated = day + data.draw(st.lists(st.sampled_from(day), max_size=10)) if day else day
    shuffled = data.draw(st.permutations(repeated))
    assert json.dumps(rolled(shuffled)) == json.dumps(rolled(day))


@given(st.lists(entries, max_size=20))
def test_each_message_is_counted_once_and_the_parts_add_up_to_the_whole(day: list[LedgerEntry]) -> None:
    rollup = rolled(day)
    assert sum(rollup["messages"].values()) == len({entry.message_id for entry in day})
    assert sum(map(micro, rollup["fees"].values())) == micro(rollup["total"])
    for part in ("by_channel", "by_category"):
        assert sum(micro(row["total"]) for row in rollup[part]) == micro(rollup["total"])
    for name in MESSAGE_COUNTS:
        assert sum(row["messages"][name] for row in rollup["by_channel"]) == rollup["messages"][name]
    assert sum(row["count"] for row in rollup["by_category"]) == sum(
        rollup["messages"][kind] for kind in ("inbound", "freeform", "template")
    )


@pytest.mark.parametrize("late", ["failed", "rejected", "refused"])
def test_a_message_that_came_to_nothing_costs_nothing_though_it_was_counted_before(late: LedgerState) -> None:
    rollup = rolled([TEMPLATE, replace(TEMPLATE, state=late)])
    assert rollup["total"] == "0"


def test_a_message_whose_contact_is_being_erased_counts_once_though_both_its_entries_are_there() -> None:
    key = MessageKey("0" * 20, 3, "0123456789ab")
    entries = [replace(INBOUND, message_id=key.id), replace(INBOUND, message_id=key.suffix)]
    assert rolled(entries)["messages"]["inbound"] == 1


@given(st.lists(st.lists(entries, max_size=4), max_size=12), st.integers(0, 12))
def test_a_day_that_goes_on_out_of_the_queue_is_the_day_in_one_go(day: list[list[LedgerEntry]], cut: int) -> None:
    whole, gone_on = DayFold("USD", begun_at=7), DayFold("USD", begun_at=7)
    for moment in day:
        whole.add(moment)
    for moment in day[:cut]:
        gone_on.add(moment)
    queued = QueuedDay("learning", DAY, is_changed=True, fold=gone_on)
    read = rollup_queue.read(rollup_queue.write(queued))
    assert read == queued
    assert read.fold is not None
    for moment in day[cut:]:
        read.fold.add(moment)
    assert read.fold == whole


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati", "Asia/Kolkata", "Pacific/Apia", "UTC"])
@given(now=st.integers(0, 4_102_444_800_000))
def test_a_closed_day_is_over_everywhere_and_an_open_one_is_computed_by_each_run(zone: str, now: int) -> None:
    today, closed = local_day(now, zone), last_closed_day(now)
    assert closed < today
    assert today in open_days(now)
    assert open_days(now)[0] == closed + timedelta(days=1)
    assert closed_at(closed) <= now < closed_at(closed + timedelta(days=1))


def test_the_memory_of_a_rollup_does_not_grow_with_the_messages_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """``make soak`` has the same with 5,000,000 messages."""
    monkeypatch.setattr(ledger_index, "PAGE", 100)
    small, large = (peak_bytes(messages, fold_day) for messages in (2_000, 16_000))
    assert large < small * 1.2
    assert peak_bytes(16_000, read_whole_day) > 10 * large


def test_another_currency_is_not_added_up_but_counted_as_unpriced() -> None:
    rollup = rolled([FREEFORM, replace(TEMPLATE, currency="INR")])
    assert (rollup["total"], rollup["unpriced"]) == ("0.0010", 1)


def test_a_template_of_unknown_category_has_a_bucket_of_its_own() -> None:
    assert [row["category"] for row in fold_categories(replace(TEMPLATE, category=None))] == ["unknown"]


def fold_categories(*day: LedgerEntry) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = rolled(list(day))["by_category"]
    return rows


def test_what_the_bsp_deducted_is_counted_beside_with_its_differences() -> None:
    rollup = rolled(
        [replace(TEMPLATE, billed="utility"), replace(FREEFORM, billed="service", billed_differs=True), INBOUND]
    )
    assert rollup["provider_billed"] == {"count": 2, "differences": 1}


@pytest.mark.parametrize(
    ("whatsapp", "category", "billed", "expected"),
    [
        (4200, "utility", Pricing(category="utility", billable=True), False),
        (4200, "utility", Pricing(category="marketing", billable=True), True),
        (4200, "utility", Pricing(category="utility", billable=False), True),
        (0, "service", Pricing(category="service", billable=False), False),
        (0, None, Pricing(category="service", billable=True), True),
        (4200, None, Pricing(), False),
    ],
)
def test_a_difference_is_another_category_or_a_fee_on_one_side_only(
    whatsapp: int, category: str | None, billed: Pricing, expected: bool
) -> None:
    assert differs(whatsapp, category, billed) is expected


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Kolkata", date(2026, 11, 21), 24),
        ("Asia/Kathmandu", date(2026, 11, 21), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("America/Havana", date(2026, 11, 1), 25),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_local_day_has_the_hours_that_its_zone_gives_it(zone: str, day: date, hours: float) -> None:
    start, end = day_bounds(day, zone)
    assert end - start == hours * HOUR
    assert local_day(start - 1, zone) < day
    if hours:
        assert local_day(start, zone) == local_day(end - 1, zone) == day
    assert local_day(end, zone) > day


def test_a_day_in_nepal_begins_at_a_quarter_past_six_the_evening_before() -> None:
    assert day_bounds(DAY, "Asia/Kathmandu") == (utc(2026, 11, 20, 18, 15), utc(2026, 11, 21, 18, 15))
    assert local_day(utc(2026, 11, 20, 18, 15), "Asia/Kathmandu") == DAY
    assert local_day(utc(2026, 11, 20, 18, 14), "Asia/Kathmandu") == date(2026, 11, 20)


@given(st.integers(0, 4_102_444_800_000), st.sampled_from(["Asia/Kathmandu", "America/Havana", "Africa/Cairo", "UTC"]))
def test_every_instant_lies_within_the_bounds_of_its_day(at: int, zone: str) -> None:
    start, end = day_bounds(local_day(at, zone), zone)
    assert start <= at < end


END = day_bounds(DAY, KOLKATA)[1]


@pytest.mark.parametrize(
    ("previous", "entries_now", "now", "status"),
    [
        (None, A_DAY, END - 1, "provisional"),
        (None, A_DAY, END, "final"),
        ("provisional", A_DAY, END - 1, "provisional"),
        ("provisional", A_DAY[:2], END, "final"),
        ("final", A_DAY, END + 1, "final"),
        ("final", A_DAY[:2], END + 1, "restated"),
        ("restated", A_DAY, END + 1, "restated"),
        ("restated", A_DAY[:2], END + 1, "restated"),
    ],
)
def test_a_rollup_is_provisional_then_final_and_restated_only_when_it_says_something_else(
    previous: DayStatus | None, entries_now: list[LedgerEntry], now: int, status: DayStatus
) -> None:
    before = day_of(A_DAY, previous) if previous else None
    assert day_status(before, day_of(entries_now, "provisional"), END, now) == status


def test_csv_has_a_header_and_a_row_a_day() -> None:
    lines = to_csv([day_of(A_DAY), day_of([])]).splitlines()
    assert lines[0].startswith("date,timezone,currency,status,total,messages_inbound,")
    assert lines[1:] == [
        "2026-11-21,Asia/Kolkata,USD,final,0.0082,1,1,1,2,1,1,0.0042,0.0030,0.0010,0,0,0,0.0052,0,0,0,0,0,0,",
        "2026-11-21,Asia/Kolkata,USD,final,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,",
    ]


@pytest.mark.parametrize("spoil", [lambda text: f"={text}", lambda text: f"@{text}", lambda text: f"+{text}"])
def test_no_cell_of_the_csv_is_a_formula_and_quotes_are_doubled(spoil: Callable[[str], str]) -> None:
    day = replace(day_of([]), timezone=spoil('a"b'))
    cell = to_csv([day]).splitlines()[1].split(",")[1]
    assert cell == "\"'" + spoil('a""b') + '"'


def test_a_message_priced_anew_by_a_card_in_another_currency_is_not_added_as_if_in_the_first() -> None:
    sent = new_entry("m1", 1, "chA", "template", "counted", Cost("USD", (Line("whatsapp", 4200),)), "utility")
    told = repriced(sent, Cost("INR", (Line("whatsapp", 115_000),)), "utility")
    assert (told.whatsapp, told.currency) == (115_000, "INR")
    day = rolled([told, FREEFORM])
    assert (day["total"], day["currency"], day["unpriced"]) == ("0.0010", "USD", 1)


IN_INDIA = replace(TEMPLATE, message_id="m8", market="India", campaign="camp")


def test_a_day_is_split_by_market_and_by_campaign_as_far_as_they_are_known() -> None:
    nepal = replace(FREEFORM, market="Nepal")
    failed = replace(FAILED, market="India", campaign="camp")
    day = rolled([TEMPLATE, IN_INDIA, nepal, failed])
    assert day["by_market"] == [
        {"market": "India", "count": 1, "total": "0.0062"},
        {"market": "Nepal", "count": 1, "total": "0.0010"},
    ]
    assert day["by_campaign"] == [{"campaign": "camp", "count": 1, "total": "0.0062"}]


def test_of_a_days_campaigns_as_many_are_told_apart_as_fit() -> None:
    entries = [
        replace(IN_INDIA, message_id=f"m{number}", campaign=f"c{number:04}") for number in range(CAMPAIGNS_MOST + 5)
    ]
    rows = rolled(entries)["by_campaign"]
    assert len(rows) == CAMPAIGNS_MOST + 1
    assert rows[0] == {"campaign": None, "count": 5, "total": "0.0310"}
    assert sum(row["count"] for row in rows) == len(entries)


def test_a_day_that_an_earlier_version_stated_is_not_restated_for_its_markets() -> None:
    computed = day_of([IN_INDIA])
    before = replace(computed, by_market={}, by_campaign={})
    assert day_status(before, computed, 0, HOUR) == "final"
    assert day_status(replace(before, unpriced=1), computed, 0, HOUR) == "restated"
    assert day_status(replace(computed, by_campaign={}), computed, 0, HOUR) == "restated"


def test_templates_and_authors_are_told_apart_and_what_is_not_known_is_said_so() -> None:
    asha, bot = Author("member", "Asha"), Author("key", "bot")
    day = rolled(
        [
            replace(TEMPLATE, message_id="m1", template="reminder", author=asha),
            replace(TEMPLATE, message_id="m2", template="reminder", author=bot),
            replace(TEMPLATE, message_id="m9"),
            replace(FREEFORM, message_id="m4", author=asha),
            replace(FREEFORM, message_id="m5", author=Author("provider")),
            replace(FAILED, message_id="m6", template="reminder", author=asha),
            INBOUND,
        ]
    )
    assert day["by_template"] == [
        {"template": None, "unnamed": "unknown", "count": 1, "total": "0.0062"},
        {"template": "reminder", "count": 2, "total": "0.0124"},
    ]
    assert [(each["author"], each["count"], each["total"]) for each in day["by_author"]] == [
        (None, 1, "0.0062"),
        ({"kind": "key", "name": "bot"}, 1, "0.0062"),
        ({"kind": "member", "name": "Asha"}, 2, "0.0072"),
        ({"kind": "provider", "name": None}, 1, "0.0010"),
    ]
    assert day["by_author"][0]["unnamed"] == "unknown" and "author_id" not in day["by_author"][0]
    assert len({each["author_id"] for each in day["by_author"][1:]}) == 3


LONG = "\N{DEVANAGARI LETTER KA}"


@pytest.mark.parametrize(
    ("template_letters", "author_letters", "templates", "authors"),
    [(limits.TEMPLATE_NAME_LENGTH, NAME_LENGTH, 38, 42), (20, 10, TEMPLATES_MOST, AUTHORS_MOST)],
    ids=["long", "short"],
)
def test_a_day_of_very_many_names_fits_into_an_item_and_into_the_queue(
    template_letters: int, author_letters: int, templates: int, authors: int
) -> None:
    """Also of the longest, in letters that JSON spells with six: DynamoDB takes 400 KB, SQS 1 MiB."""
    entries = [
        replace(
            IN_INDIA,
            message_id=f"m{number:04}",
            campaign=f"{number:04}".rjust(limits.TAG_LENGTH, LONG),
            template=f"{number:04}".rjust(template_letters, "t"),
            author=Author("member", f"{number:04}".rjust(author_letters, LONG)),
        )
        for number in range(CAMPAIGNS_MOST + 20)
    ]
    fold = DayFold("USD", 0)
    fold.add(entries)
    day = fold.costs(date(2026, 11, 21), "Asia/Kolkata")
    for parts, most in ((day.by_template, templates), (day.by_author, authors)):
        assert len(parts) == most + 1
        assert parts[OTHERS].count == len(entries) - most
        assert sum(part.count for part in parts.values()) == len(entries)
    (others,) = (each for each in day_json(day)["by_template"] if each["template"] is None)
    assert (others["unnamed"], others["count"]) == ("others", len(entries) - templates)
    assert len(json.dumps(asdict(day))) < 380_000
    assert len(rollup_queue.write(QueuedDay("learning", date(2026, 11, 21), fold=fold)).encode()) < 1_000_000


def test_a_day_that_goes_on_in_the_queue_knows_its_names_and_one_that_an_earlier_version_began_begins_anew() -> None:
    fold = DayFold("USD", 0)
    fold.add([replace(TEMPLATE, template="reminder", author=Author("member", "Asha"))])
    text = rollup_queue.write(QueuedDay("learning", date(2026, 11, 21), fold=fold))
    read = rollup_queue.read(text).fold
    assert read is not None
    assert (read.by_template, read.by_author) == (fold.by_template, fold.by_author)
    body = json.loads(text)
    del body["fold"]["by_author"]
    assert rollup_queue.read(json.dumps(body)).fold is None


def test_a_day_that_an_earlier_version_stated_is_not_restated_for_its_names() -> None:
    computed = day_of([replace(TEMPLATE, template="reminder", author=Author("member", "Asha"))])
    before = replace(computed, by_template={}, by_author={})
    assert day_status(before, computed, 0, HOUR) == "final"
    assert day_status(replace(before, unpriced=1), computed, 0, HOUR) == "restated"
    assert day_status(replace(computed, by_template={}), computed, 0, HOUR) == "restated"


ENTRIES = st.lists(
    st.builds(
        replace,
        st.sampled_from([*A_DAY, IN_INDIA]),
        message_id=st.uuids().map(str),
        channel_id=st.sampled_from(["chA", "chB"]),
        market=st.sampled_from(["India", "Nepal"]),
        campaign=st.sampled_from(["camp", "school"]),
        category=st.sampled_from(["utility", "marketing"]),
        template=st.sampled_from([None, "reminder", "thanks"]),
        author=st.sampled_from([None, Author("member", "Asha"), Author("key", "bot")]),
    ),
    max_size=8,
)


@given(st.lists(ENTRIES, min_size=1, max_size=4))
def test_a_month_is_the_sum_of_its_days_and_of_each_way_to_split_it(days: list[list[LedgerEntry]]) -> None:
    folded = [replace(day_of(each), day=f"2026-11-{number:02}") for number, each in enumerate(days, 1)]
    (month,) = monthly_costs(folded)
    assert (month.month, month.days) == ("2026-11", len(days))
    total = sum(day.sums.total for day in folded)
    assert month.sums.total == total == sum(part.total for part in month.by_channel.values())
    for parts in (month.by_category, month.by_market, month.by_campaign):
        assert sum(part.micro for part in parts.values()) == total
        assert sum(part.count for part in parts.values()) == sum(
            month.sums.messages[kind] for kind in ("inbound", "freeform", "template")
        )
    came_in = sum(each.gupshup for day in days for each in day if each.kind == "inbound" and each.state == "counted")
    assert sum(part.micro for part in month.by_author.values()) == total - came_in
    assert sum(part.count for part in month.by_template.values()) == month.sums.messages["template"]
    assert sum(month.sums.messages.values()) == sum(map(len, days))
    assert month.unknown_amount == sum(day.unknown_amount for day in folded)


def test_a_month_is_provisional_while_a_day_is_and_each_currency_is_its_own() -> None:
    stated: list[tuple[str, DayStatus]] = [("2026-10-31", "final"), ("2026-11-01", "final")]
    stated += [("2026-11-02", "restated"), ("2026-11-03", "provisional")]
    days = [replace(day_of([TEMPLATE], status), day=day) for day, status in stated]
    changed = replace(days[2], currency="INR")
    assert [(each.month, each.status) for each in monthly_costs(days)] == [
        ("2026-10", "final"),
        ("2026-11", "provisional"),
    ]
    assert monthly_costs(days[:3])[1].status == "restated"
    assert [(each.currency, each.days) for each in monthly_costs([days[1], changed])] == [("USD", 1), ("INR", 1)]
