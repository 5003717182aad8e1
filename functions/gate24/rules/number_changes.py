"""Whose a number is: what its last person said goes with the person to the next number, and what is said under the old
number after that is somebody else's.

Meta, system messages webhook reference (``user_changed_number``), updated 2026-08-11, read 2026-11: the message names
the old number, the new one and the time. What a person said is kept where it was said, so that changes may be told
late, twice and in any order; the consent is reckoned from all of it (``consent_of``).

Pure. Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gate24.contacts import Consent, ConsentEntry, NumberChange, Stretch
from gate24.lazy_dataclass import dataclass
from gate24.rules.consent import consent_status, has_stopped_marketing, join, said_by

_GOES_ALONG = frozenset({"opt_in", "marketing_resume", "block", "unblock"})
"""What staff say of one person. Their "opt_out" may be about either of two."""


@dataclass(frozen=True, slots=True)
class Tenure:
    """One person's time under one number: what was said then, by which change it ended (None: it has not), and the
    tenures of the same person that led to it."""

    entries: Sequence[ConsentEntry]
    until: NumberChange | None = None
    earlier: Sequence[Tenure] = ()


def left_by(changes: Iterable[NumberChange], at: int) -> NumberChange | None:
    """The change by which the person who had the number at ``at`` left it; None if that person still has it."""
    return min((change for change in changes if at <= change.at), key=_by_time, default=None)


def left_after(changes: Iterable[NumberChange], at: int) -> NumberChange | None:
    """The change by which somebody who came to the number at ``at`` left it again; None if the person still has it."""
    return min((change for change in changes if at < change.at), key=_by_time, default=None)


def _by_time(change: NumberChange) -> tuple[int, str]:
    return change.at, change.to


def stretch(contact_id: str, after: NumberChange | None, until: NumberChange | None) -> Stretch:
    """What was said under the number by the person who came to it when ``after`` freed it, and left it by ``until``
    (None: first of all, or not yet)."""
    return Stretch(
        contact_id,
        after.at if after else None,
        until.at if until else None,
        max(after.at, after.known_at) if after else None,
        max(until.at, until.known_at) if until else None,
    )


def belongs(entry: ConsentEntry, stretch: Stretch) -> bool:
    """Whether the entry of the number's history was said of the stretch's person.

    What a provider tells goes by its time. What staff record is meant for whom they knew: until we were told of the
    change, for the person who has left. An opt-out that they recorded in between is kept for both.
    """
    comes, goes = stretch.after or 0, stretch.until
    if entry.is_by_staff:
        goes = stretch.until_known
        comes = stretch.after_known or 0 if entry.action in _GOES_ALONG else comes
    return entry.at > comes and (goes is None or entry.at <= goes)


def outlives(entry: ConsentEntry, erased_at: int | None, stretch: Stretch) -> bool:
    """Whether a refusal that outlived an erasure is the stretch's person's. It is that of whoever was erased: of the
    person whom staff knew under the number. What was refused after an unknown change is kept for both."""
    if erased_at is None:
        return belongs(entry, stretch)
    in_between = entry.action not in _GOES_ALONG and entry.at > (stretch.after or 0)
    comes, goes = stretch.after_known, stretch.until_known
    return (comes is None or erased_at > comes or in_between) and (goes is None or erased_at <= goes)


def goes_along(entry: ConsentEntry) -> bool:
    """Whether what staff recorded is about one person alone."""
    return entry.action in _GOES_ALONG


def consent_of(tenure: Tenure) -> Consent:
    """What the person agreed to, by all that was said under all numbers."""
    consent = Consent()
    for entry in tenure.entries:
        consent = join(consent, said_by(entry))
    for earlier in tenure.earlier:
        if earlier.until is not None:
            consent = join(consent, _carried(consent_of(earlier), earlier.until))
    return consent


def _carried(consent: Consent, change: NumberChange) -> Consent:
    """What comes along with the person: a no is said again at the moment of the change, so that it holds whatever was
    said under the new number before."""
    opted_out = consent_status(consent) == "opted_out"
    stops = {name for name in consent.stopped_marketing if has_stopped_marketing(consent, name)}
    return replace(
        consent,
        opt_out_at=max(consent.opt_out_at or 0, change.at) if opted_out else consent.opt_out_at,
        stopped_marketing={
            name: max(at, change.at) if name in stops else at for name, at in consent.stopped_marketing.items()
        },
        blocked_at=max(consent.blocked_at or 0, change.known_at) if consent.blocked else None,
    )
