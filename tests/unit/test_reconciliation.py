"""A provider's bill against a ledger: whatever both say, each message is in one class, and both sides add up."""

import csv
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate24.channels import Organization
from gate24.costs import Cost, LedgerEntry, LedgerKind, Line
from gate24.events import Pricing
from gate24.message_keys import MessageKey
from gate24.rules import ledger as ledger_rules
from gate24.rules import provider_bills
from gate24.rules.money import amount
from gate24.rules.provider_bills import FORMATS, Bill, Expected, WrongBill
from gate24.rules.reconciliation import REASONS, VERDICTS, Tally, against_event, our_cost, our_side
from gate24.rules.reconciliation import Line as Found
from gate24.store import costs, messages
from gate24.store.ledger_format import dump, load
from gate24.usecases.reconcile_billing import Period
from infra.admin import bill_spool
from infra.admin.bill_reconciliation import Comparison
from infra.admin.bill_spool import BillSpool
from stack.settings import ROOT

ORGANIZATION = Organization("learning", "Learning", "Asia/Kolkata", "USD", frozenset(), frozenset())
FIRST, LAST = date(2026, 11, 24), date(2026, 11, 26)
DAYS = [date(2026, 11, day).isoformat() for day in (24, 25, 26)]
NOON = 1_795_588_200_000
"""2026-11-25, 12:00 in Asia/Kolkata."""
NOW = NOON + 10 * 86_400_000
OF_DAY = dict(zip(DAYS, (NOON - 86_400_000, NOON, NOON + 86_400_000), strict=True))
USD = Expected("Asia/Kolkata", frozenset({"USD"}))


@st.composite
def ledgers(draw: st.DrawFn) -> dict[str, list[LedgerEntry]]:
    """By day."""
    found: dict[str, list[LedgerEntry]] = {day: [] for day in DAYS}
    for number in range(draw(st.integers(0, 12))):
        day = draw(st.sampled_from(DAYS))
        key = MessageKey("A" * 20, OF_DAY[day] + number, f"{number:012x}")
        kind: LedgerKind = draw(st.sampled_from(["template", "freeform", "inbound"]))
        entry = LedgerEntry(
            message_id=key.suffix if draw(st.integers(0, 9)) == 0 else key.id,
            at=key.at,
            channel_id="reading",
            kind=kind,
            state=draw(st.sampled_from(["counted", "counted", "counted", "failed", "unknown", "rejected", "refused"])),
            category=draw(st.sampled_from([None, "utility", "marketing", "authentication"])),
            whatsapp=draw(st.sampled_from([0, 4200, 11_800])),
            gupshup=draw(st.sampled_from([0, 1000])),
            market=draw(st.sampled_from([None, "India", "Brazil"])),
            unpriced=draw(st.integers(0, 9)) == 0,
        )
        found[day].append(entry)
    return found


def provider_id(message_id: str) -> str:
    return f"gs-{message_id}"


@contextmanager
def stored(ledger: dict[str, list[LedgerEntry]]) -> Iterator[None]:
    """The store has this ledger, and knows each message by two ids of the provider's."""

    def entries(_: str, day: str, start: int) -> Iterator[tuple[int, list[LedgerEntry]]]:
        for entry in sorted(ledger[day], key=lambda each: each.at):
            if entry.at >= start:
                yield entry.at, [entry]

    def ids(_: str, keys: list[MessageKey]) -> dict[str, tuple[str, ...]]:
        return {each.id: (provider_id(each.id), f"wamid-{each.id}") for each in keys}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(costs, "entries", entries)
        patch.setattr(messages, "provider_ids", ids)
        yield


def compared(rows: list[dict[str, Any]], form: str = "gate24", expected: Expected = USD) -> list[Found]:
    """The lines that a bill of these rows comes to."""
    with TemporaryDirectory() as folder, BillSpool() as spool:
        file = Path(folder) / "bill.csv"
        with file.open("w", newline="") as text:
            writer = csv.DictWriter(text, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        period = Period(ORGANIZATION, FIRST, LAST, NOW)
        comparison = Comparison(period, None, Bill(FORMATS[form], expected), file)
        return list(comparison.lines(spool, lambda what, count: None))


def row(day: str, micro: int, category: str | None = None, **more: Any) -> dict[str, Any]:
    told = {"provider_id": "", "message_id": "", "date": day, "category": category or "", "amount": amount(micro)}
    return told | {"currency": "USD"} | more


@st.composite
def billed(draw: st.DrawFn) -> tuple[dict[str, list[LedgerEntry]], list[dict[str, Any]], dict[str, str]]:
    """A ledger, the rows of a bill that was made of it, and what was done to each message by its id."""
    ledger = draw(ledgers())
    rows: list[dict[str, Any]] = []
    done: dict[str, str] = {}
    for day, entries in ledger.items():
        for entry in entries:
            is_whole = len(entry.message_id) > 12
            done[entry.message_id] = what = draw(
                st.sampled_from(["same", "by wamid", "by our id", "price", "category", "twice", "missing"])
            )
            if what == "missing" or entry.state == "refused" or not is_whole:
                done[entry.message_id] = "missing"
                continue
            cost = our_cost(entry).total()
            name: dict[str, Any] = {"provider_id": provider_id(entry.message_id)}
            if what == "by wamid":
                name = {"provider_id": f"wamid-{entry.message_id}"}
            if what == "by our id":
                name = {"message_id": entry.message_id}
            category = "service_conversation" if what == "category" else entry.category
            told = row(day, cost + (7 if what == "price" else 0), category, **name)
            rows += [told, told] if what == "twice" else [told]
    for number in range(draw(st.integers(0, 3))):
        day = draw(st.sampled_from([*DAYS, "2026-11-01"]))
        rows += [row(day, draw(st.integers(0, 10**6)), provider_id=f"stranger-{number}")] * draw(st.integers(1, 2))
    rows.append(row(DAYS[0], 5, provider_id="one-at-least"))
    return ledger, draw(st.permutations(rows)), done


@given(billed())
@settings(max_examples=150, deadline=None)
def test_each_message_is_in_exactly_one_class_and_both_sides_add_up(
    case: tuple[dict[str, list[LedgerEntry]], list[dict[str, Any]], dict[str, str]],
) -> None:
    ledger, rows, done = case
    with stored(ledger):
        lines = compared(rows)
    entries = [entry for of_day in ledger.values() for entry in of_day]
    tally = Tally()
    for line in lines:
        tally.add(line)
        assert (line.verdict == "matched") == (line.reason is None)
        assert line.reason is None or line.reason in REASONS
        assert (line.ours is None, line.theirs is None) == (line.verdict == "only_theirs", line.verdict == "only_ours")
    # Every message of either side stands in one line.
    names = Counter(each["provider_id"] or each["message_id"] for each in rows)
    on_theirs = sum(line.theirs is not None for line in lines)
    assert on_theirs == len(names)
    by_message = {line.message_id: line for line in lines if line.message_id and line.verdict != "only_theirs"}
    whole = [entry for entry in entries if len(entry.message_id) > 12]
    expected = {each.message_id for each in whole if each.state == "counted" or done[each.message_id] != "missing"}
    assert by_message.keys() == expected
    erased = [entry for entry in entries if len(entry.message_id) == 12 and entry.state == "counted"]
    assert sum(line.ours is not None for line in lines) == len(expected) + len(erased)
    # The amounts add up, by class and as a whole.
    total = tally.total
    assert total.ours_micro == sum(our_cost(entry).total() for entry in entries)
    assert total.theirs_micro == sum(round(float(each["amount"]) * 1e6) for each in rows)
    parts = [tally.of_class(each) for each in VERDICTS]
    for name in ("lines", "ours", "ours_micro", "theirs", "theirs_micro"):
        assert sum(getattr(part, name) for part in parts) == getattr(total, name)
    assert Tally.from_json(tally.to_json()) == tally
    # And each is where it belongs.
    for entry in whole:
        if entry.message_id in by_message:
            line = by_message[entry.message_id]
            assert line.verdict == _expected_class(entry, done[entry.message_id]), (entry, line)


def _expected_class(entry: LedgerEntry, what: str) -> str:
    if what == "missing":
        return "only_ours"
    if what in ("price", "twice") or (what == "category" and entry.category is not None):
        return "different"
    return "matched"


@given(ledgers(), st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 3), st.integers(0, 10**5)), max_size=4))
@settings(max_examples=100, deadline=None)
def test_groups_are_in_exactly_one_class_and_both_sides_add_up(
    ledger: dict[str, list[LedgerEntry]], extra: list[tuple[str, int, int]]
) -> None:
    counted = [(day, entry) for day, entries in ledger.items() for entry in entries if entry.state == "counted"]
    countries = {"India": "IN", "Brazil": "BR", None: ""}
    names = {"inbound": "inbound", "freeform": "service", "template": "unknown"}
    rows = [
        {
            "date": day,
            "country": countries[entry.market],
            "category": entry.category or names[entry.kind],
            "count": 1,
            "amount": amount(our_cost(entry).total()),
            "currency": "USD",
        }
        for day, entry in counted
    ]
    added = [
        {
            "date": day,
            "country": "IN",
            "category": "utility",
            "count": count,
            "amount": amount(micro),
            "currency": "USD",
        }
        for day, count, micro in extra
    ]
    rows += added or [
        {"date": "2026-10-01", "country": "IN", "category": "utility", "count": 1, "amount": "0.5", "currency": "USD"}
    ]
    with stored(ledger):
        lines = compared(rows)
    groups = [(line.day, line.market, side.category) for line in lines if (side := line.ours or line.theirs)]
    assert len(groups) == len(lines)
    assert len(set(groups)) == len(groups)
    tally = Tally()
    for line in lines:
        tally.add(line)
    assert (tally.total.ours, tally.total.ours_micro) == (
        len(counted),
        sum(our_cost(entry).total() for _, entry in counted),
    )
    assert tally.total.theirs == sum(int(str(each["count"])) for each in rows)
    assert tally.total.theirs_micro == sum(round(float(str(each["amount"])) * 1e6) for each in rows)
    if not any(number or micro for _, number, micro in extra):
        assert {line.verdict for line in lines} <= {"matched", "only_theirs"}


ENTRY = LedgerEntry("m", NOON, "reading", "template", "counted", "utility", whatsapp=4200, gupshup=1000)
deductions = st.builds(
    Pricing,
    category=st.sampled_from([None, "utility", "marketing", "service", "referral_conversion"]),
    billable=st.sampled_from([None, True, False]),
)


@given(ledgers(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_message_is_in_one_class_by_its_billing_event_whenever_that_comes(
    ledger: dict[str, list[LedgerEntry]], data: st.DataObject
) -> None:
    for entry in (each for entries in ledger.values() for each in entries):
        said = data.draw(st.none() | deductions)
        told = entry if said is None else ledger_rules.with_deduction(entry, said)
        finding = against_event(told, True, NOW)
        if finding is None:
            assert told.billed is None and entry.state != "counted"
            continue
        assert finding.verdict in VERDICTS[:3] and (finding.reason in REASONS or finding.verdict == "matched")
        assert (finding.verdict == "only_ours") == (told.billed is None)
        if told.billed is not None:
            assert (finding.verdict == "different") == told.billed_differs
            # What follows after the event is compared with it, too.
            failed = ledger_rules.by_status(told, "failed")
            assert (
                failed.billed_differs
                == ledger_rules.with_deduction(
                    ledger_rules.by_status(entry, "failed"), said or Pricing()
                ).billed_differs
            )


def test_a_price_that_comes_after_the_billing_event_settles_the_difference() -> None:
    told = ledger_rules.with_deduction(ENTRY, Pricing(category="marketing", billable=True))
    assert told.billed_differs
    after = ledger_rules.repriced(told, Cost("USD", (Line("whatsapp", 9900),)), "marketing")
    assert not after.billed_differs
    assert load(dump(after), "m", NOON) == after


@pytest.mark.parametrize(
    ("billed", "differs", "expected"),
    [
        ("utility", False, Pricing(category="utility", billable=True)),
        ("utility", True, Pricing(category="utility", billable=False)),
        ("marketing", True, Pricing(category="marketing")),
        ("billable", False, Pricing(billable=True)),
        ("free", True, Pricing(billable=False)),
    ],
)
def test_an_entry_of_an_earlier_version_says_as_much_as_follows(billed: str, differs: bool, expected: Pricing) -> None:
    assert ledger_rules.deduction(replace(ENTRY, billed=billed, billed_differs=differs)) == expected


def test_our_side_is_one_function_of_the_entry() -> None:
    assert our_side(replace(ENTRY, state="failed"), "USD", None).micro == 0
    assert our_side(ENTRY, "USD", None).micro == 5200
    assert our_side(ENTRY, "USD", None, whatsapp_only=True).micro == 4200
    assert our_side(ENTRY, "INR", None).card == (5200, "USD")


def test_every_reason_is_explained_on_the_page() -> None:
    page = (ROOT / "docs" / "reconciliation.md").read_text(encoding="utf-8")
    assert [code for code in REASONS if f"| `{code}` |" not in page] == []


# What a file may be


def read(text: str, form: str = "gate24", expected: Expected = USD) -> list[provider_bills.BillRow]:
    return list(Bill(FORMATS[form], expected).read(text.splitlines(keepends=True)))


def wrong(text: str, form: str = "gate24", expected: Expected = USD) -> str:
    with pytest.raises(WrongBill) as refused:
        read(text, form, expected)
    return str(refused.value)


HEAD = "provider_id,date,category,amount,currency\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "lacks the column date, amount and currency of the format gate24. It has: nothing."),
        ("provider_id,day,amount,currency\n", "lacks the column date of the format gate24."),
        ("provider_id,date,amonut,currency\n", "Is amonut what is called amount?"),
        (
            "provider_id,date,amount,currency,categorie\nx,2026-11-25,1,USD,utility\n",
            "Is categorie what is called category?",
        ),
        ("date,amount,currency\n2026-11-25,1,USD\n", "names neither messages (provider_id or message_id) nor how many"),
        ("provider_id,date,amount,currency,DATE\n", "has the column DATE twice."),
        (HEAD, "has no rows below its header."),
        (HEAD + "gs-1,2026-11-25,utility,-0.1,USD\n", "Line 2: the amount -0.1 is negative."),
        (HEAD + 'gs-1,2026-11-25,utility,"0,0042",USD\n', "Line 2: '0,0042' is no amount like 0.0042."),
        (HEAD + "gs-1,2026-11-25,utility,NaN,USD\n", "Line 2: 'NaN' is no amount"),
        (HEAD + "gs-1,2026-11-25,utility,1e99,USD\n", "Line 2: "),
        (HEAD + "gs-1,2026-11-25,utility,1,EUR\n", "its currency is EUR; the organization and its rate cards have USD"),
        (HEAD + "gs-1,2026-11-25,utility,1,USD\ngs-2,2026-11-25,utility,1,\n", "Line 3: its currency is empty"),
        (
            HEAD + "gs-1,9999-12-31T23:59:00Z,utility,1,USD\n",
            "Line 2: '9999-12-31T23:59:00Z' is no day like 2026-11-25.",
        ),
        (HEAD + "gs-1,2026-11-31,utility,1,USD\n", "Line 2: '2026-11-31' is no day of the calendar."),
        (HEAD + "gs-1,25/11/2026,utility,1,USD\n", "Line 2: '25/11/2026' is no day like 2026-11-25."),
        (HEAD + "gs-1,2026-11-25,utility,1\n", "Line 2: it has 4 cells, and the header 5."),
        (HEAD + ",2026-11-25,utility,1,USD\n", "Line 2: it names no message."),
        (HEAD + 'gs-1,2026-11-25,"utility,1,USD\n', "is no CSV in line 2"),
        (HEAD + "gs-1,2026-11-25,<b>,1,USD\n", "Line 2: '<b>' is no category like utility."),
        (
            HEAD + "".join(f"gs-{number},2026-11-25,utility,-1,USD\n" for number in range(9)),
            "9 lines are wrong. Line 2: the amount -1 is negative.",
        ),
        (
            "date,count,amount,currency,country\n2026-11-25,1.5,1,USD,IN\n",
            "Line 2: '1.5' is no number of messages.",
        ),
        (
            "date,count,amount,currency,country\n2026-11-25,1,1,USD,India\n",
            "'India' is no country of two letters like IN",
        ),
        (
            "provider_id,date,amount,currency,billable\nx,2026-11-25,1,USD,false\n",
            "Line 2: it is not billable, and its amount is 1.",
        ),
        ("provider_id,date,amount,currency,billable\nx,2026-11-25,1,USD,maybe\n", "'maybe' is neither true nor false"),
    ],
)
def test_a_file_with_anything_wrong_is_refused_with_where_and_what(text: str, sentence: str) -> None:
    assert sentence in wrong(text)


def test_a_file_with_too_many_rows_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_bills, "MOST_ROWS", 3)
    line = "gs-1,2026-11-25,utility,1,USD\n"
    assert len(read(HEAD + line * 3)) == 3
    assert wrong(HEAD + line * 4) == "has more than 3 rows: split it by days."


def test_what_spreadsheets_and_json_make_of_a_file_is_understood() -> None:
    rows = read("PROVIDER_ID; Date ;Amount;Currency;note\n\n gs-1 ;2026-11-24T20:00:00Z;4.2e-03;USD;x\n;;;;\n")
    assert [(each.provider_id, each.day, each.micro) for each in rows] == [("gs-1", "2026-11-25", 4200)]
    assert read(HEAD + "gs-1,2026-11-25,Authentication-International,0.0000005,USD\n")[0][:4] == (
        *(2, "2026-11-25", 1),
        "authentication_international",
    )


META = "start,end,country,pricing_category,pricing_type,volume,cost\n"
RUPEES = Expected("Asia/Kolkata", frozenset({"USD", "INR"}), "INR", "+919876543210")


def test_metas_data_points_are_of_the_day_that_most_of_their_time_is_on() -> None:
    start = NOON // 1000 - 43_200
    for hours in (-5, 0, 5):  # the account's day may begin at another hour
        since = start + hours * 3600
        (found,) = read(f"{META}{since},{since + 86_400},IN,UTILITY,REGULAR,100,11.5\n", "meta", RUPEES)
        assert found == (2, "2026-11-25", 11_500_000, "utility", None, None, "India", 100)
    assert "ask Meta for the granularity DAILY" in wrong(
        f"{META}{start},{start + 30 * 86_400},IN,UTILITY,REGULAR,1,1\n", "meta", RUPEES
    )
    assert "names no currency: give --currency." in wrong(META, "meta")
    assert read(f"{META}{start},,FJ,UTILITY,REGULAR,1,1\n", "meta", RUPEES)[0].market == "Other"


def test_a_line_of_another_number_or_app_is_refused_where_the_bill_is_of_one_channel() -> None:
    head = "start,phone_number,volume,cost\n"
    assert read(f"{head}2026-11-25,919876543210,1,1\n", "meta", RUPEES)[0].messages == 1
    assert "Line 2: it is of '+919876543211', and the channel is +919876543210." in wrong(
        f"{head}2026-11-25,+919876543211,1,1\n", "meta", RUPEES
    )
    app = replace(USD, sender="HelplineApp")
    usage = "appName,date,currency,totalMsg,totalFees,waFees\n"
    assert read(f"{usage}HelplineApp,2026-11-25,USD,7,0.007,0\n", "gupshup", app)[0].micro == 7000
    assert "it is of 'Other'" in wrong(f"{usage}Other,2026-11-25,USD,7,0.007,0\n", "gupshup", app)


def test_days_that_begin_at_another_hour_and_other_categories_are_likely_reasons() -> None:
    entries = [replace(ENTRY, message_id=MessageKey("A" * 20, NOON, f"{n:012x}").id, at=NOON + n) for n in range(4)]
    ledger = {DAYS[0]: entries[:1], DAYS[1]: entries[1:], DAYS[2]: []}
    head = {"country": "", "currency": "USD"}
    told = [
        {"date": DAYS[0], "category": "utility", "count": 2, "amount": "0.0104", **head},
        {"date": DAYS[1], "category": "utility", "count": 2, "amount": "0.0104", **head},
    ]
    with stored(ledger):
        assert {(line.verdict, line.reason) for line in compared(told)} == {("different", "day_boundary")}
    told = [
        {"date": DAYS[0], "category": "utility", "count": 1, "amount": "0.0052", **head},
        {"date": DAYS[1], "category": "marketing", "count": 1, "amount": "0.0118", **head},
        {"date": DAYS[1], "category": "utility", "count": 2, "amount": "0.0104", **head},
    ]
    with stored(ledger):
        found = [(line.day, line.verdict, line.reason) for line in compared(told)]
    assert found == [
        (DAYS[0], "matched", None),
        (DAYS[1], "only_theirs", "category_changed"),
        (DAYS[1], "different", "category_changed"),
    ]


def test_memory_does_not_grow_with_the_bill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bill_spool, "_AT_ONCE", 500)

    def peak(rows: int) -> int:
        lines = (f"gs-{number},2026-11-25,utility,0.0052,USD\n" for number in range(rows))

        def text() -> Iterator[str]:
            yield HEAD
            yield from lines

        tracemalloc.start()
        try:
            with BillSpool() as spool:
                spool.fill(Bill(FORMATS["gate24"], USD).read(text()))
                spool.take([[f"gs-{number}"] for number in range(100)])
                assert sum(len(each) for each in spool.left()) == rows - 100
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_000)
    small, large = peak(3_000), peak(12_000)
    assert large < small * 1.3
