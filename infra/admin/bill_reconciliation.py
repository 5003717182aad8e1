"""Compares a provider's bill with the ledger. Nothing is written to the table.

The file is read to its end first, into a temporary one where it names messages and into sums where it does not; then
the ledger is read page by page, so that memory does not grow with either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from gate24.channels import Channel
from gate24.costs import LedgerEntry
from gate24.message_keys import MessageKey, message_key
from gate24.rules.provider_bills import Bill, BillRow, WrongBill
from gate24.rules.reconciliation import (
    NOTHING,
    Amount,
    Billed,
    Group,
    Line,
    Side,
    against_bill,
    group_lines,
    is_on_our_side,
    our_side,
    plain_category,
)
from gate24.store import messages
from gate24.usecases.reconcile_billing import Period, Rates, ledger
from infra.admin.bill_spool import BillSpool

_THREADS = 8
_MESSAGES_AT_ONCE = 100
"""As many as one BatchGetItem reads."""

_MOST_GROUPS = 500_000
_TOLD_EVERY = 50_000


class NotStated(Exception):
    """What the ledger has cannot be stated in the bill's currency; its text says what to do."""


@dataclass(slots=True)
class Comparison:
    """``channel``: the only one that is asked about; None: all of the organization."""

    period: Period
    channel: Channel | None
    bill: Bill
    file: Path
    _rates: Rates = field(init=False)

    def __post_init__(self) -> None:
        self._rates = Rates(self.period.organization)

    def lines(self, spool: BillSpool, told: Callable[[str, int], None]) -> Iterator[Line]:
        """All lines, once the file was read. ``told``: hears now and then what is done, and how much of it. WrongBill,
        before the first line; NotStated."""
        rows = _counted(self._rows(), lambda count: told("lines of the bill read", count))
        first = next(rows)  # a bill without rows is wrong
        rows = chain((first,), rows)
        if not self.bill.by_message:
            groups = _groups(rows, self.bill)
            days = (self.period.first.isoformat(), self.period.last.isoformat())
            yield from group_lines(self._our_groups(told), groups, *days)
            return
        spool.fill(rows)
        entries = _counted(self._entries(), lambda count: told("messages compared", count))
        with ThreadPoolExecutor(_THREADS) as threads:
            while batch := list(islice(entries, _THREADS * _MESSAGES_AT_ONCE)):
                yield from self._of_messages(batch, spool, threads)
        for rows_of in spool.left():
            yield self._theirs_alone(rows_of)

    def _rows(self) -> Iterator[BillRow]:
        try:
            with self.file.open(newline="", encoding="utf-8-sig") as text:
                yield from self.bill.read(text)
        except UnicodeDecodeError:
            raise WrongBill("is no text in UTF-8: save a spreadsheet as CSV (UTF-8) first.") from None
        except OSError as error:
            raise WrongBill(f"cannot be read: {error.strerror}.") from None

    def _entries(self) -> Iterator[tuple[str, LedgerEntry]]:
        """Of the channels that are asked about, with their days. What was refused never went out."""
        for day, entry, _ in ledger(self.period):
            if entry is None or entry.state == "refused":
                continue
            if self.channel is None or entry.channel_id == self.channel.id:
                yield day, entry

    def _side(self, day: str, entry: LedgerEntry) -> Side:
        currency = self.bill.currency or ""
        exchange = self._rates.of(day, entry.currency) if currency == self.period.organization.currency else None
        counts = self._rates.counts(day, entry)
        return our_side(entry, currency, exchange, self.bill.format.whatsapp_only, counts)

    def _of_messages(
        self, batch: list[tuple[str, LedgerEntry]], spool: BillSpool, threads: ThreadPoolExecutor
    ) -> Iterator[Line]:
        ids = self._ids([message_key(entry.message_id) for _, entry in batch], threads)
        start, end = self.period.start, self.period.end
        for (day, entry), known, rows in zip(batch, ids, spool.take(ids), strict=True):
            side = self._side(day, entry)
            billed = _billed(rows) if rows else None
            finding = against_bill(entry, side.micro, billed, start, end)
            if finding is None:
                continue
            yield Line(
                finding.verdict,
                finding.reason,
                day,
                ours=side,
                theirs=None if billed is None else Side(billed.category, billed.is_charged, billed.micro),
                at=entry.at,
                message_id=known[-1] if known else None,
                provider_id=known[0] if len(known) > 1 else None,
                channel_id=entry.channel_id,
                kind=entry.kind,
                row=rows[0].line if rows else None,
            )

    def _ids(self, keys: list[MessageKey | None], threads: ThreadPoolExecutor) -> list[list[str]]:
        """By which the bill may name each message, gate24's own id last; none where it was erased."""
        organization_id = self.period.organization.id
        known: dict[str, tuple[str, ...]] = {}
        if self.bill.has("provider_id"):
            there = [key for key in keys if key is not None]
            parts = [there[at : at + _MESSAGES_AT_ONCE] for at in range(0, len(there), _MESSAGES_AT_ONCE)]
            for found in threads.map(partial(messages.provider_ids, organization_id), parts):
                known |= found
        names = [None if key is None else key.id for key in keys]
        return [[] if name is None else [*known.get(name, ()), name] for name in names]

    def _theirs_alone(self, rows: list[BillRow]) -> Line:
        billed = _billed(rows)
        first, last = self.period.first.isoformat(), self.period.last.isoformat()
        is_outside = all(not first <= row.day <= last for row in rows)
        return Line(
            "only_theirs",
            "outside_period" if is_outside else "not_in_ledger",
            rows[0].day,
            theirs=Side(billed.category, billed.is_charged, billed.micro),
            message_id=rows[0].message_id,
            provider_id=rows[0].provider_id,
            row=rows[0].line,
        )

    def _our_groups(self, told: Callable[[str, int], None]) -> dict[Group, Amount]:
        found: dict[Group, Amount] = {}
        has_market, has_category = self.bill.has("country"), self.bill.has("category")
        for day, entry in _counted(self._entries(), lambda count: told("messages compared", count)):
            is_counted = entry.kind != "inbound" or self.bill.format.counts_inbound
            if not (is_on_our_side(entry) and is_counted):
                continue
            side = self._side(day, entry)
            if side.micro is None:
                raise NotStated(
                    f"A message of {day} is priced in {entry.currency}, which cannot be stated in "
                    f"{self.bill.currency}: import exchange rates (./gate24 rates import ecb|rbi FILE), or ask the "
                    f"provider for a bill in {entry.currency}."
                )
            category = plain_category(side.category or "unknown") if has_category else None
            group = Group(day, entry.market if has_market else None, category)
            found[group] = found.get(group, NOTHING).plus(Amount(1, side.micro))
        return found


def _groups(rows: Iterable[BillRow], bill: Bill) -> dict[Group, Amount]:
    """What the bill sums up, by what it tells apart. WrongBill."""
    found: dict[Group, Amount] = {}
    for row in rows:
        group = Group(row.day, row.market, row.category)
        found[group] = found.get(group, NOTHING).plus(Amount(row.messages, row.micro))
        if len(found) > _MOST_GROUPS:
            raise WrongBill(f"tells more than {_MOST_GROUPS:,} days, countries and categories apart: split it by days.")
    return found


def _billed(rows: list[BillRow]) -> Billed:
    """What the lines of one message say together; that of several is its first category."""
    category = next((row.category for row in rows if row.category), None)
    return Billed(category, sum(row.micro for row in rows), len(rows))


_T = TypeVar("_T")


def _counted(things: Iterable[_T], told: Callable[[int], None]) -> Iterator[_T]:
    """The things, while somebody hears how many they are."""
    for number, each in enumerate(things, 1):
        if number % _TOLD_EVERY == 0:
            told(number)
        yield each
