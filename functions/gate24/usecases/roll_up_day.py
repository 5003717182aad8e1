"""Computes what one organization's local day has cost.

A day is computed from all of its ledger entries each time, never added to, so that running it again changes nothing.
Entries get into a day's ledger with their message (``store.messages``) and follow what becomes of it
(``usecases.apply_status``, ``rules.ledger``).

The ledger is read page by page, and only sums are kept. What is free or cheaper by what else was sent in the month
(``rules.settlement``) goes on from where the last stated day of the month ended; where a day's count changes, the next
stated one is put into the queue. Where the time is up, the sums and the place in the ledger go
into the queue, and another invocation goes on there. It does not look again at what was passed: what changed there
meanwhile is found by the next run, since the day is open, or noted as changed. A day is saved only when it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from gate24.channels import Organization
from gate24.costs import DayCosts, MonthCount
from gate24.lazy_dataclass import dataclass
from gate24.observability import about, about_another, count
from gate24.rules.rollup import DayFold, day_bounds, day_status, local_day
from gate24.rules.settlement import Settlement, conversation_of, opens_conversation
from gate24.store import changed_days, costs, organizations, rollup_queue
from gate24.store.rollup_queue import QueuedDay
from gate24.usecases.state_costs import day_exchanges
from gate24.usecases.watch_budgets import watch_budgets

WORK_SECONDS = 780
"""How long an invocation takes up new work: its function ends after 900 s (template.yaml)."""

_CONVERSATION_MS = 24 * 3_600_000
"""How long what was opened before a day may be open in it."""

_NONE = MonthCount()


@dataclass(frozen=True, slots=True)
class DayResult:
    """``changed``: whether the day says something else than before."""

    organization_id: str
    costs: DayCosts
    changed: bool


def roll_up_day(
    organization: Organization,
    day: date,
    fold: DayFold,
    is_time_up: Callable[[], bool],
    ended_at: int | None = None,
) -> DayResult | DayFold:
    """Computes the day, from where ``fold`` stands, and saves it if it says something else than before; what was read
    so far if the time is up before. A day without any message is saved, too: it is a row of zeros, and a late first
    message restates it.

    ``ended_at``: since when (epoch ms) nothing can come any more, where the organization is deleted. The day is over
    then, and without any message it is not stated."""
    if fold.currency != organization.currency:
        fold = new_fold(organization, day, fold.begun_at)
    settlement = Settlement(fold.counts, lambda: conversations_before(organization, day, fold.position))
    for _ in fold.read(costs.day_rows(organization.id, day.isoformat(), fold.position), settlement):
        if is_time_up():
            return fold
    before = costs.day_costs(organization.id, day.isoformat())
    for name in before.counts if before is not None else ():
        settlement.counts.setdefault(name, _NONE)  # so that the next day hears that nothing counts in it any more
    computed = fold.costs(day, organization.timezone)
    _, end = day_bounds(day, organization.timezone)
    over_at = end if ended_at is None else min(end, ended_at)
    result = replace(computed, status=day_status(before, computed, over_at, fold.begun_at))
    is_stated = ended_at is None or before is not None or any(computed.sums.messages.values())
    is_other = is_stated and result != before
    if is_other and ended_at is None and settlement.has_conversations:
        _queue(organization, _next_stated(organization, day))  # what it goes by is in the ledger already
    changed = is_other and costs.save(organization.id, result, fold.begun_at)
    if is_stated and not is_other and result.status == "provisional":
        costs.confirm(organization.id, result.day, fold.begun_at)
    if changed and result.status == "restated":
        count("rollup.restated")
    if ended_at is None:
        watch_budgets(organization, day, fold.begun_at)
    if ended_at is None and changed == is_other:
        _follow(organization, day, settlement.counts)
    return DayResult(organization.id, result, changed)


def new_fold(organization: Organization, day: date, now: int) -> DayFold:
    """``now``: epoch ms."""
    exchanges = day_exchanges(organization, day)
    return DayFold(organization.currency, now, exchanges=exchanges, counts=counts_before(organization, day))


def counts_before(organization: Organization, day: date) -> dict[str, MonthCount]:
    """The month's counts where the day begins: as the last day of the month that was stated before it left them."""
    if day.day == 1:
        return {}
    last = costs.last_stated(organization.id, day.replace(day=1).isoformat(), (day - timedelta(days=1)).isoformat())
    return {} if last is None else {name: MonthCount(each.after, each.after) for name, each in last.counts.items()}


def conversations_before(organization: Organization, day: date, until: int) -> set[str]:
    """The conversations that messages of the day may be part of, and that earlier ones opened: before the day began, or
    before a moment of it (epoch ms)."""
    begin, _ = day_bounds(day, organization.timezone)
    until = max(begin, until)
    since = begin - _CONVERSATION_MS
    found = set[str]()
    each = local_day(since, organization.timezone)
    while each <= day:
        for at, entries in costs.entries(organization.id, each.isoformat(), since):
            if at >= until:
                break
            found.update(conversation_of(entry) for entry in entries if opens_conversation(entry))
        each += timedelta(days=1)
    return found


def _follow(organization: Organization, day: date, counts: Mapping[str, MonthCount]) -> None:
    """Queues the day anew where the one before it ended otherwise meanwhile, and the next stated one where that began
    otherwise than this one ended. Repeating it changes nothing, and makes up for what broke off after the day was
    stated."""
    if not counts:
        return
    before = counts_before(organization, day)
    if _before(counts) != _before(before):
        rollup_queue.put([QueuedDay(organization.id, day)])
        return
    following = _next_stated(organization, day)
    if following is None:
        return
    is_same_month = following.day[:7] == day.isoformat()[:7]
    ended = {name: each.after for name, each in counts.items() if each.after} if is_same_month else {}
    if ended != _before(following.counts):
        _queue(organization, following)


def _before(counts: Mapping[str, MonthCount]) -> dict[str, int]:
    """Those that were there before the day."""
    return {name: each.before for name, each in counts.items() if each.before}


def _next_stated(organization: Organization, day: date) -> DayCosts | None:
    return costs.first_stated(organization.id, (day + timedelta(days=1)).isoformat())


def _queue(organization: Organization, stated: DayCosts | None) -> None:
    if stated is not None:
        rollup_queue.put([QueuedDay(organization.id, date.fromisoformat(stated.day))])


def roll_up_queued_day(text: str, now: int, is_time_up: Callable[[], bool]) -> None:
    """Computes a day out of the queue, or puts it back with what was read so far. Repeating it changes nothing."""
    about_another()
    queued = rollup_queue.read(text)
    about(organization=queued.organization_id)
    organization = organizations.organization(queued.organization_id)
    if organization is None:
        return
    fold = queued.fold or new_fold(organization, queued.day, now)
    done = roll_up_day(organization, queued.day, fold, is_time_up)
    if isinstance(done, DayFold):
        rollup_queue.put([replace(queued, fold=done)])
        count("rollup.resumed")
    elif queued.is_changed:
        changed_days.forget(organization.id, queued.day.isoformat(), fold.begun_at)
