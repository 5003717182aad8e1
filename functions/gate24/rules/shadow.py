"""Shadow mode: what the gate would have said of a message that was sent around it, and where the provider's outcome
tells otherwise. Pure.

A message is judged by what stood at the time of its sending, by the provider's clock, whatever was told since and in
whatever order. Not judged is what the provider does not tell: texts, files, a template's parameters and whether it was
registered and approved. Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import Literal, NamedTuple

from gate24.channels import Channel
from gate24.contacts import Consent, ConsentEntry
from gate24.events import UNKNOWN_TYPE
from gate24.lazy_dataclass import dataclass
from gate24.messages import Message, SentAs
from gate24.rules.consent import entries_of, has_stopped_marketing, join, said_by
from gate24.rules.decision import Facts, Wanted, permissions, refusal
from gate24.rules.failures import FailureKind, meaning
from gate24.rules.message_status import Status, message_status
from gate24.rules.recipients import Naming
from gate24.rules.sent_around import is_in_app
from gate24.rules.window import expires_at, state_at
from gate24.windows import Window

_DATES_THE_SEND = frozenset({"enqueued", "sent", "failed"})
"""A delivery or a reading may come long after the sending."""

_CONSENT_CODES = frozenset({"blocked", "number_changed", "not_opted_in", "opted_out", "marketing_stopped"})
"""Refusals by what the provider does not know, or does not keep anybody from."""

_CONSENT_FAILURES: frozenset[FailureKind] = frozenset({"not_opted_in", "opted_out", "marketing_stopped"})

_REFUSED_THERE = _CONSENT_FAILURES | {"window_closed"}

_SAME_TO_THE_GATE = {
    "marketing_lite": "marketing",
    "authentication_international": "authentication",
    "authentication-international": "authentication",
}
"""Categories of the provider's prices, as templates have them."""

_CATEGORIES = (None, "marketing", "authentication")
"""What makes a difference to the gate: none of them stands for all others."""

UnknownReason = Literal["kind_not_told", "time_not_told", "heard_for_less_than_24_hours", "number_changed_hands"]

UNKNOWN_REASONS: dict[UnknownReason, str] = {
    "kind_not_told": "whether it was a template, or of which category, was not told, and it makes a difference",
    "time_not_told": "when it was sent was not told, only when it was delivered or read",
    "heard_for_less_than_24_hours": "the contact may have written before gate24 heard the channel",
    "number_changed_hands": "the contact's number has changed hands since or before",
}

Disagreement = Literal[
    "delivered_though_closed", "delivered_in_margin", "failed_though_open", "failed_for_consent_unknown_here"
]

DISAGREEMENTS: dict[Disagreement, str] = {
    "delivered_though_closed": "the gate held the window closed, the provider delivered a freeform message",
    "delivered_in_margin": "the same, in the safety margin before the window's end",
    "failed_though_open": "the gate held the window open, the provider said that it was closed",
    "failed_for_consent_unknown_here": "the gate would have allowed it, the provider named a missing opt-in or a stop",
}


class Opening(NamedTuple):
    """A message or call that opened the window. ``is_writing``: it counts as writing again after an opt-out."""

    at: int
    is_writing: bool


@dataclass(frozen=True, slots=True)
class Past:
    """What is stored of a contact and bears on sends on one channel. ``closures``: from when on the provider said that
    the window was closed. ``entries``: of the consent history. ``is_left``: whether the person has left the number."""

    openings: tuple[Opening, ...] = ()
    closures: tuple[int, ...] = ()
    entries: tuple[ConsentEntry, ...] = ()
    is_left: bool = False
    naming: Naming = "number"


@dataclass(frozen=True, slots=True)
class SentAround:
    """A message that was sent around the gate. ``sent_as``: None where that was not told. ``category``: a template's,
    as the provider told it. ``status``: what became of it; ``code``: the provider's, if it failed. ``is_time_told``:
    False where nothing told when it was sent, and ``sent_at`` is when it was delivered or read."""

    sent_as: SentAs | None
    category: str | None
    sent_at: int
    status: Status
    code: str | None = None
    is_time_told: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """``code``: with which the gate would have refused; None: it would have allowed it, or ``unknown`` says why that
    cannot be told. ``is_open``: whether the window was; None: not known. ``agrees``: the provider delivered what the
    gate would have allowed, or refused, for the window or a consent, what the gate would have. ``against_consent``: it
    was delivered though consent forbade it, which is no disagreement: the provider does not know of it.
    ``freeform_would_do``: a template in an open window, in which a freeform message might have been sent instead."""

    code: str | None = None
    unknown: UnknownReason | None = None
    is_open: bool | None = None
    disagreement: Disagreement | None = None
    agrees: bool = False
    against_consent: bool = False
    freeform_would_do: bool = False

    @property
    def verdict(self) -> Literal["allow", "refuse", "unknown"]:
        if self.unknown is not None:
            return "unknown"
        return "allow" if self.code is None else "refuse"


def is_by_software(message: Message) -> bool:
    """Whether software sent the message around gate24. Staff typed the rest in the WhatsApp Business app, which knows
    no window."""
    return message.sent_around and message.ledger is not None and not is_in_app(message)


def as_told(message: Message) -> SentAround:
    """What was told of a message that was sent around gate24. It has the time of what was heard first that dates the
    sending. Where nothing tells its kind it is stored as freeform; that a window was closed is said of freeform
    messages alone."""
    statuses, status = message.statuses, message_status(message.stage, message.statuses, None, 0)
    failed_by_window = status == "failed" and meaning(message.code).kind == "window_closed"
    is_echoed, is_told_at_once = message.type != UNKNOWN_TYPE, "enqueued" in statuses
    is_kind_told = is_echoed or is_told_at_once or failed_by_window or not message.cost_is_estimate
    category = message.ledger.category if message.ledger else None
    return SentAround(
        sent_as=message.sent_as if is_kind_told or message.sent_as == "template" else None,
        category=_SAME_TO_THE_GATE.get(category, category) if category else None,
        sent_at=min([message.send_time, *(at for name, at in statuses.items() if name in _DATES_THE_SEND)]),
        status=status,
        code=message.code if status == "failed" else None,
        is_time_told=not message.time_is_estimate,
    )


def judge(message: SentAround, past: Past, channel: Channel) -> Judgement:
    """What the gate would have said at the sending, and whether the provider's outcome tells otherwise."""
    if not message.is_time_told:
        return Judgement(unknown="time_not_told")
    known = facts_at(past, channel, message.sent_at)
    possible = [known]
    if _may_have_been_open(known, channel, message.sent_at):
        wrote = Window(message.sent_at, message.sent_at, message.sent_at)
        possible.append(replace(known, window=wrote, state=state_at(wrote, message.sent_at)))
    codes = [{refusal(facts, wanted) for wanted in _wanted(message)} for facts in possible]
    is_open = known.state.is_open if len(possible) == 1 else None
    every = set[str | None]().union(*codes)
    if len(every) > 1:
        is_by_kind = any(len(each) > 1 for each in codes)
        return Judgement(unknown="kind_not_told" if is_by_kind else "heard_for_less_than_24_hours", is_open=is_open)
    (code,) = every
    is_delivered = message.status in ("delivered", "read")
    return Judgement(
        code=code,
        is_open=is_open,
        disagreement=_disagreement(message, known, code, is_open),
        agrees=is_delivered if code is None else _failure(message) in _REFUSED_THERE,
        against_consent=is_delivered and code in _CONSENT_CODES,
        freeform_would_do=message.sent_as == "template" and bool(is_open) and permissions(known).freeform,
    )


def facts_at(past: Past, channel: Channel, at: int) -> Facts:
    """What the gate would have known at ``at``. What a failure tells counts from the second after its send: a message
    does not refuse itself by its own failure."""
    before = [each for each in past.openings if each.at <= at]
    last = max((each.at for each in before), default=None)
    window = Window(
        last_inbound_at=last,
        opened_at=last,
        last_writing_at=max((each.at for each in before if each.is_writing), default=None),
        provider_closed_at=max((each for each in past.closures if each < second_of(at)), default=None),
    )
    said = (each for each in past.entries if each.at < (second_of(at) if _is_by_failure(each) else at + 1))
    consent = reduce(join, map(said_by, said), Consent())
    state = state_at(window, at, channel.margin_seconds * 1000)
    return Facts(consent, window, state, has_stopped_marketing(consent, channel.id), past.is_left, past.naming)


def unmoved_since(window: Window, consent: Consent, at: int) -> bool:
    """Whether window and consent, as they stand now, are what stood at ``at`` already, so that no history is needed."""
    moved = (window.last_inbound_at, window.last_writing_at)
    said = (window.provider_closed_at, *(entry.at for entry in entries_of(consent)))
    latest = max((each for each in moved if each is not None), default=0)
    latest_said = max((each for each in said if each is not None), default=-1)
    return latest <= at and latest_said < second_of(at)


def past_of(window: Window, consent: Consent, is_left: bool, naming: Naming) -> Past:
    """The past of a contact whose window and consent have not moved since."""
    times = ((window.last_inbound_at, False), (window.last_writing_at, True))
    openings = tuple(Opening(at, is_writing) for at, is_writing in times if at is not None)
    closures = () if window.provider_closed_at is None else (window.provider_closed_at,)
    return Past(openings, closures, tuple(entries_of(consent)), is_left, naming)


def second_of(at: int) -> int:
    """The start of its second: Meta's times are whole seconds, and so a failure is dated."""
    return at // 1000 * 1000


def _is_by_failure(entry: ConsentEntry) -> bool:
    return entry.actor == "provider" and (entry.evidence or "").startswith("failure ")


def _may_have_been_open(known: Facts, channel: Channel, at: int) -> bool:
    """Whether the contact may have written in the 24 hours before, when gate24 did not hear the channel yet."""
    since = channel.shadow_since
    is_open_or_closed_for_sure = known.state.is_open or known.state.closed_by == "provider"
    return since is not None and at < expires_at(since) and not is_open_or_closed_for_sure


def _wanted(message: SentAround) -> Iterable[Wanted]:
    """All that the message may have been."""
    if message.sent_as != "template":
        yield Wanted("freeform")
    if message.sent_as != "freeform":
        for category in (message.category,) if message.category else _CATEGORIES:
            yield Wanted("template", category)


def _failure(message: SentAround) -> FailureKind | None:
    return meaning(message.code).kind if message.status == "failed" else None


def _disagreement(message: SentAround, known: Facts, code: str | None, is_open: bool | None) -> Disagreement | None:
    failure = _failure(message)
    if code is None and failure in _CONSENT_FAILURES:
        return "failed_for_consent_unknown_here"
    if message.sent_as != "freeform" or is_open is None:
        return None
    if is_open:
        return "failed_though_open" if failure == "window_closed" else None
    if message.status not in ("delivered", "read"):
        return None
    last, closed = known.window.last_inbound_at, known.state.closed_by
    is_in_margin = closed == "lapsed" and last is not None and message.sent_at < expires_at(last)
    return "delivered_in_margin" if is_in_margin else "delivered_though_closed"
