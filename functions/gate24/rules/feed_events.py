"""Which events a committed change makes. Pure: the same change makes the same events with the same ids, however often
the table's stream tells it.

| event | the change that it is |
|---|---|
| message.received | a message of a person is stored for the first time, under whichever identity |
| message.status | the status of a message of ours is another one than before |
| message.refused | a message of ours is refused, by the gate or because the provider finds the window closed |
| window.opened | a message opens a window that was closed or had never been open |
| window.closing_soon | the job ``close_windows`` marked the window |
| window.closed | the job ``close_windows`` marked the window, or the provider said that it is closed |
| consent.changed | consent or the switch for marketing is another one, and did not come along from another identity |
| contact.changed | name, user id, block or number is another one |
| contact.erased | the contact's item is deleted, as only an erasure does |
| template.changed, costs.stated | what the API says of the template or of the day is another thing |
| budget.reached | a share of a month's budget is among those that are told, and was not before |

Deleted messages, content that is kept no longer, copies under merged identities and conversations that follow a change
of number make none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import singledispatch

from gate24.changes import BudgetChange, Change, ContactChange, DayChange, MessageChange, TemplateChange, WindowChange
from gate24.contacts import Consent, Contact
from gate24.feed import FeedEvent
from gate24.message_keys import MessageKey
from gate24.messages import Message
from gate24.rules.consent import consent_since, consent_source, consent_status, has_stopped_marketing
from gate24.rules.message_status import Status, message_status
from gate24.rules.window import ends_at, expires_at, state_at
from gate24.windows import Window

MarginOf = Callable[[str], int]
"""The safety margin of a channel (ms)."""

_UNTOLD: frozenset[Status] = frozenset({"received", "sending"})
"""Where a message begins, of which nobody needs to be told."""


def events_of(change: Change, margin_of: MarginOf) -> list[FeedEvent]:
    """The events of a change, in their order."""
    return _events(change, margin_of)


@singledispatch
def _events(change: Change, margin_of: MarginOf) -> list[FeedEvent]:
    raise TypeError(type(change).__name__)


def _event(
    change: Change,
    type: str,
    at: int,
    name: tuple[object, ...],
    facts: Mapping[str, object] | None = None,
    channel_id: str | None = None,
    contact_id: str | None = None,
    message: MessageKey | None = None,
) -> FeedEvent:
    """``name``: what tells the event from all others of its type and organization."""
    digest = hashlib.sha256("\0".join(map(str, (change.organization_id, type, *name))).encode()).hexdigest()
    known = {key: value for key, value in (facts or {}).items() if value is not None}
    return FeedEvent(f"evt_{digest[:26]}", type, at, change.organization_id, channel_id, contact_id, message, known)


@_events.register
def _message(change: MessageChange, margin_of: MarginOf) -> list[FeedEvent]:
    old, new = change.old, change.new
    place = {"channel_id": new.channel_id, "contact_id": new.key.contact_id, "message": new.key}
    if new.direction == "inbound":
        if old is not None:
            return []
        # A message's suffix stands for the provider's id: under a second identity it is the same event.
        return [_event(change, "message.received", new.key.at, (new.key.suffix,), **place)]  # type: ignore[arg-type]
    status = _status(new)
    if status in _UNTOLD or (old is not None and _status(old) == status) or new.type == "call":
        return []
    type = "message.refused" if status == "refused" else "message.status"
    name = (new.key.id, status, new.code, new.forwarded_at)
    facts = {"status": status, "code": new.code if status in ("refused", "rejected", "failed", "unknown") else None}
    at = new.statuses.get(status, change.at)
    return [_event(change, type, at, name, facts, **place)]  # type: ignore[arg-type]


def _status(message: Message) -> Status:
    """By what was written alone: that a lease is over is seen by readers, and written by nobody."""
    return message_status(message.stage, message.statuses, None, 0)


@_events.register
def _window(change: WindowChange, margin_of: MarginOf) -> list[FeedEvent]:
    old, new = change.old or Window(), change.new
    margin = margin_of(change.channel_id)
    found: list[tuple[str, int, tuple[object, ...]]] = []
    opening = _opening_message(old, new, margin)
    if opening is not None and new.last_inbound_at is not None and state_at(new, change.at, margin).is_open:
        # By the message that opened it: where two identities' windows become one, it has opened already.
        found.append(("window.opened", new.last_inbound_at, (opening,)))
    run = (change.contact_id, new.opened_at)
    if new.told_closing is not None and new.told_closing != old.told_closing:
        found.append(("window.closing_soon", change.at, run))
    if new.last_inbound_at is not None and new.told_closed not in (None, old.told_closed):
        found.append(("window.closed", expires_at(new.last_inbound_at) - margin, (*run, new.last_inbound_at)))
    closed_at = new.provider_closed_at
    if closed_at is not None and closed_at != old.provider_closed_at and _was_open(old, closed_at, margin):
        found.append(("window.closed", closed_at, (*run, "provider", closed_at)))
    facts = {
        "last_inbound_at": new.last_inbound_at,
        "opened_at": new.opened_at,
        "provider_closed_at": new.provider_closed_at,
        "seen_at": change.at,
    }
    return [
        _event(change, type, at, (change.channel_id, *name), facts, change.channel_id, change.contact_id)
        for type, at, name in found
    ]


def _opening_message(old: Window, new: Window, margin_ms: int) -> str | None:
    """The name of the message that opened the window just now; None if it was open before, or is not by a message that
    it remembers: then it was opened long ago, under another identity."""
    last = new.last_inbound_at
    if last is None or last == old.last_inbound_at or _was_open(old, last, margin_ms):
        return None
    if old.last_inbound_at is not None and last < old.last_inbound_at:  # a call that began earlier than was told first
        return None
    opened_by = last if old.last_inbound_at is not None and new.opened_at == old.opened_at else new.opened_at
    return next((name for name, at in sorted(new.recent.items()) if at == opened_by), None)


def _was_open(window: Window, at: int, margin_ms: int) -> bool:
    """Whether the window was open at that moment, by what was known before."""
    last, end = window.last_inbound_at, ends_at(window)
    if last is None or end is None:
        return False
    return last <= at < min(end, expires_at(last) - margin_ms)


@_events.register
def _contact(change: ContactChange, margin_of: MarginOf) -> list[FeedEvent]:
    old, new = change.old, change.new
    if new is None:
        if old is None or not change.was_listed:
            return []
        named = {"phone": old.phone, "user_id": old.user_id}
        name = (change.contact_id, change.number)
        return [_event(change, "contact.erased", change.at, name, named, contact_id=change.contact_id)]
    before = old if change.was_listed else None
    if not change.is_listed:
        # Part of a number's contact from now on; somebody who left a number is told of under the new one.
        return [_changed(change, ["number"], change.at)] if before is not None and new.left_at is None else []
    moved_at = _moved_at(before, new)
    if moved_at is not None:
        return [_changed(change, ["number"], moved_at)]
    if before is not None and before.left_at != new.left_at:  # whoever has the number is another person now
        return [_changed(change, ["number"], new.left_at or change.at)]
    found = []
    consent, changed = _consent_changes(before.consent if before else Consent(), new.consent)
    if consent and not change.consent_came_along:
        source = consent_source(new.consent) if "consent" in consent else "provider"
        at = consent_since(new.consent) if "consent" in consent else None
        facts = {"changed": consent, "source": source}
        name = (change.contact_id, change.number)
        found.append(_event(change, "consent.changed", at or change.at, name, facts, contact_id=change.contact_id))
    if before is not None:
        # What is taken away went along with somebody who left the number.
        changed += ["name"] if new.name not in (None, before.name) else []
        changed += ["user_id"] if new.user_id not in (None, before.user_id) else []
    elif old is None and new.user_id is not None and not new.wrote and not found:
        # The provider told of the person's user id, and nothing else is known.
        changed += ["user_id"]
    if changed and not (change.consent_came_along and changed == ["block"]):
        found.append(_changed(change, changed, change.at))
    return found


def _changed(change: ContactChange, what: list[str], at: int) -> FeedEvent:
    name = (change.contact_id, change.number)
    return _event(change, "contact.changed", at, name, {"changed": what}, contact_id=change.contact_id)


def _moved_at(old: Contact | None, new: Contact) -> int | None:
    """When the person came to this number from another one (epoch ms); None if that is known already."""
    came = {(each.contact_id, each.until) for each in new.earlier if not each.is_whole}
    known = {(each.contact_id, each.until) for each in old.earlier if not each.is_whole} if old else set()
    return max((until or 0 for _, until in came - known), default=None)


def _consent_changes(old: Consent, new: Consent) -> tuple[list[str], list[str]]:
    """What is another thing of the consent, and whether a block is."""
    said = [(consent_status(each), consent_since(each), consent_source(each)) for each in (old, new)]
    channels = {*old.stopped_marketing, *new.stopped_marketing, *old.resumed_marketing, *new.resumed_marketing}
    stopped = [{each for each in channels if has_stopped_marketing(consent, each)} for consent in (old, new)]
    consent = (["consent"] if said[0] != said[1] else []) + (["marketing"] if stopped[0] != stopped[1] else [])
    is_first_word = old.blocked_at is None and new.blocked_at is not None  # may lift one that outlived an erasure
    return consent, ["block"] if old.blocked != new.blocked or is_first_word else []


@_events.register
def _template(change: TemplateChange, margin_of: MarginOf) -> list[FeedEvent]:
    old, new = change.old, change.new
    if old is not None and replace(old, status_at=new.status_at, category_at=new.category_at) == new:
        return []
    facts = {"name": new.name, "language": new.language}
    return [_event(change, "template.changed", change.at, (change.number,), facts, channel_id=new.channel_id)]


@_events.register
def _day(change: DayChange, margin_of: MarginOf) -> list[FeedEvent]:
    if change.old == change.new:
        return []
    return [_event(change, "costs.stated", change.at, (change.number,), {"day": change.new.day})]


@_events.register
def _budget(change: BudgetChange, margin_of: MarginOf) -> list[FeedEvent]:
    """One for each month, budget and share, whenever it is told."""
    new, before = change.new, change.old.told if change.old is not None else frozenset()
    facts = {"month": new.month, "currency": new.currency, "spent": new.spent, "as_of": new.as_of}
    return [
        _event(
            *(change, "budget.reached", new.as_of, (new.channel_id or "", new.month, told.budget, told.share)),
            facts | {"budget": told.budget, "share": told.share},
            new.channel_id,
        )
        for told in sorted(new.told - before)
    ]
