"""What a row of another software's contacts means for what is known of the person here.

Pure. Nothing moves back: of each time the later one holds, an opt-out wins a tie, and what is older than an erasure,
or may be of somebody who had the number before, is not taken. So a row that is imported twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from gate24.contacts import ConsentEntry, Contact
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.rules.consent import consent_since, consent_source, consent_status, join, said_by

Outcome = Literal["imported", "updated", "unchanged", "outdated", "rejected"]
"""Of a row: the contact is new here, something of it is, nothing is; or it is not taken, because what is known here is
newer, or because something in the row is wrong."""

OUTCOMES: tuple[Outcome, ...] = ("imported", "updated", "unchanged", "outdated", "rejected")
CHANGED: tuple[Outcome, ...] = ("imported", "updated")
"""Of rows after which something is otherwise than before."""
MAY_CHANGE: tuple[Outcome, ...] = (*CHANGED, "outdated")
"""A row that is outdated may tell of a refusal from before an erasure, which is kept."""


_STATUS = {"opt_in": "opted_in", "opt_out": "opted_out"}
_LATER = {"opted_in": "opted_in_later", "opted_out": "opted_out_later"}


@dataclass(frozen=True, slots=True)
class ImportedContact:
    """A row. ``ref``: the person, by a number (E.164 with ``+``) or by Meta's user id. ``said``: the opt-ins and
    opt-outs. ``last_inbound_at``: when the person last wrote to the channel (epoch ms); both are there or neither.
    ``is_statement``: the organization says itself what the person agreed to; ``is_undated``: without saying when, so
    that it is of the moment of the import."""

    ref: ContactRef
    name: str | None = None
    said: tuple[ConsentEntry, ...] = ()
    channel_id: str | None = None
    last_inbound_at: int | None = None
    is_statement: bool = False
    is_undated: bool = False

    @property
    def times(self) -> list[int]:
        """All that it dates (epoch ms)."""
        return [*(entry.at for entry in self.said), *([self.last_inbound_at] if self.last_inbound_at else [])]


@dataclass(frozen=True, slots=True)
class News:
    """What of a row is not known yet. ``reason``: why it is outdated, or what else whoever imports should know;
    ``code`` names it, and ``since`` (epoch ms) is when that came about. ``late_refusal``: an opt-out that is kept
    though the person was erased."""

    outcome: Outcome
    reason: str | None = None
    name: str | None = None
    said: tuple[ConsentEntry, ...] = ()
    last_inbound_at: int | None = None
    late_refusal: ConsentEntry | None = None
    code: str | None = None
    since: int | None = None


def news(contact: Contact, row: ImportedContact, shown: Callable[[int], str]) -> News:
    """What is news of the row. ``contact``: as of now. ``shown``: a time (epoch ms) for people."""
    erased_at, left_at = contact.erased_at, contact.left_at
    comes_back = row.is_statement and min(row.times, default=0) > max(erased_at or 0, left_at or 0)
    if erased_at is not None and not comes_back and (contact.is_erased or any(at <= erased_at for at in row.times)):
        reason = f"was erased on {shown(erased_at)}: the import brings nobody back"
        return News("outdated", reason, late_refusal=_late_refusal(contact, row), code="erased_later", since=erased_at)
    is_theirs = row.last_inbound_at is not None and row.last_inbound_at > (left_at or 0)
    if left_at is not None and not comes_back and (row.said or (not is_theirs and (contact.is_left or row.times))):
        reason = f"the number changed hands on {shown(left_at)}: the row may be of somebody else"
        return News("outdated", reason, code="number_changed", since=left_at)
    name = row.name if contact.name is None else None
    if row.is_statement and (settled := _settled(contact, row, shown)):
        takes_name = name is not None and settled.outcome == "unchanged"
        return News("updated", name=name) if takes_name else settled
    said = tuple(entry for entry in row.said if join(contact.consent, said_by(entry)) != contact.consent)
    last = contact.window(row.channel_id or "").last_inbound_at or 0
    moves = row.last_inbound_at if row.last_inbound_at is not None and row.last_inbound_at > last else None
    if not contact.exists:
        outcome: Outcome = "imported"
    else:
        outcome = "updated" if said or moves is not None or name is not None else "unchanged"
    stays = _stays(contact, row, shown)
    if stays is None:
        return News(outcome, None, name, said, moves)
    reason, code, since = stays
    return News(outcome, reason, name, said, moves, code=code, since=since)


def _settled(contact: Contact, row: ImportedContact, shown: Callable[[int], str]) -> News | None:
    """Of a statement that says nothing new: it is known, or the contact's later word stays."""
    (entry,) = row.said
    consent, since = contact.consent, consent_since(contact.consent)
    if since is None:
        return None
    status = consent_status(consent)
    if status == _STATUS[entry.action]:
        is_known = consent_source(consent) == entry.source if row.is_undated else entry.at <= since
        return News("unchanged") if is_known else None
    said = f"the contact {status.replace('_', ' ')} on {shown(since)}"
    code = _LATER[status]
    if row.is_undated and entry.action == "opt_in":
        return News("rejected", f"{said}: say in the column at when the contact opted in", code=code, since=since)
    return News("outdated", said, code=code, since=since) if entry.at <= since else None


def _late_refusal(contact: Contact, row: ImportedContact) -> ConsentEntry | None:
    known = contact.consent.opt_out_at or 0
    refusals = [entry for entry in row.said if entry.action == "opt_out" and entry.at > known]
    return max(refusals, key=lambda entry: entry.at, default=None)


def _stays(contact: Contact, row: ImportedContact, shown: Callable[[int], str]) -> tuple[str, str, int | None] | None:
    """What the row would have otherwise, with its code and since when it is so."""
    if contact.consent.blocked:
        return "is blocked here, and stays so", "stays_blocked", contact.consent.blocked_at
    after = contact.consent
    for entry in row.said:
        after = join(after, said_by(entry))
    said_last = max(row.said, key=lambda entry: (entry.at, entry.action), default=None)
    is_refused = said_last is not None and said_last.action == "opt_in" and consent_status(after) == "opted_out"
    since = consent_since(after)
    if is_refused and since is not None:
        return f"opted out on {shown(since)}, and stays so", "stays_opted_out", since
    return None
