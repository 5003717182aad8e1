"""Gives waiting statuses to the messages that they are about.

By the BSP's id where a message has it. Else, where the provider's statuses do not carry our own id
(``Provider.statuses_carry_our_id``), a send whose outcome is unknown is guessed: all waiting statuses of one BSP id
belong to it if

- one of them is dated by the send (``_DATED_BY_THE_SEND``) and came no more than ``MATCHED_WITHIN_MS`` after it,
- none says that it is another kind of message (Gupshup's enqueued tells a template),
- it is the only unknown send of the contact on this channel that could be meant, and
- no other BSP id could mean it either.

What is ambiguous stays unknown. Only what waits under the same id, or was told around the same send, is read.
A failure that can be about no message of ours still tells of the contact.

What can be about no send of ours was sent around gate24 (``note_sent_around``): something dates it by the sending, and
no send without an outcome is near. While there is one, it waits; when that one's case is settled, the rest is noted.
Where nothing dates it, it is held for ``HELD_FOR_MS``, in which what dates it may come, and then noted under the
earliest time that is told of it (``note_held_statuses``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gate24.channels import Channel, Organization
from gate24.events import Billed, ContactRef, Echoed, StatusChanged
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey
from gate24.messages import Message
from gate24.providers import provider
from gate24.rules.message_status import is_undecided
from gate24.rules.sent_around import event_ids
from gate24.store import contacts, messages, sent_around, waiting_statuses
from gate24.store.waiting_statuses import WaitingStatus
from gate24.usecases.apply_failure import apply_failure
from gate24.usecases.apply_status import (
    CLOCK_SLACK_MS,
    SENT_JUST_BEFORE,
    apply_status,
    is_named_by_us,
    keep_waiting,
    names_by_our_id,
)
from gate24.usecases.note_sent_around import bsp_ids, join_echo, note_sent_around, of_echo, of_status

MATCHED_WITHIN_MS = 10 * 60_000
"""How long after an unknown send a status may still be taken for its own, where only the number, the kind and the time
tell."""

HELD_FOR_MS = 24 * 3_600_000
"""How long after a send a failure, a delivery or a reading of an unheard-of id may turn out to be about it."""

DELIVERED_WITHIN_MS = 30 * 24 * 3_600_000
"""How long Meta tries to deliver a message."""

_LOOKED_AT = messages.LOOKED_AT
"""Waiting statuses around a send at most."""

_DATED_BY_THE_SEND = SENT_JUST_BEFORE | {"failed"}
"""A delivery or a reading may be of a message that was sent long before."""


@dataclass(frozen=True, slots=True)
class _Group:
    """All waiting statuses of one BSP id, oldest first."""

    bsp_id: str
    statuses: list[WaitingStatus]

    @property
    def first_at(self) -> int:
        return self.statuses[0].at

    @property
    def last_at(self) -> int:
        return self.statuses[-1].at

    def dated_at(self) -> int | None:
        """The first time that tells when the message was sent (epoch ms), if any does."""
        return min((each.at for each in self.dated), default=None)

    @property
    def dated(self) -> list[WaitingStatus]:
        return [each for each in self.statuses if is_dated(each.event)]

    @property
    def undated(self) -> list[WaitingStatus]:
        return [each for each in self.statuses if _is_held(each.event)]

    @property
    def to(self) -> ContactRef | None:
        """Who it went to, if a status was kept with that."""
        return next((each.event.contact for each in self.statuses if each.event.contact is not None), None)

    @property
    def all_ids(self) -> set[str]:
        return {bsp_id for each in self.statuses for bsp_id in event_ids(each.event)}

    def may_mean(self, message: Message, at: int) -> bool:
        """Whether these statuses, at this time, may be about the message: an open send, without an id at the BSP, made
        shortly before. One that is still under way counts, because it makes the case ambiguous."""
        kinds = {each.event.sent_as for each in self.statuses if isinstance(each.event, StatusChanged)} - {None}
        is_near = message.send_time - CLOCK_SLACK_MS <= at <= message.send_time + MATCHED_WITHIN_MS
        return _is_open(message) and is_near and kinds <= {message.sent_as}


def is_dated(event: StatusChanged | Echoed | Billed) -> bool:
    """Whether the event's time tells when its message was sent."""
    return isinstance(event, Echoed) or (isinstance(event, StatusChanged) and event.status in _DATED_BY_THE_SEND)


def _is_held(event: StatusChanged | Echoed | Billed) -> bool:
    """Whether it is a delivery or a reading, which is held until something tells when its message was sent."""
    return isinstance(event, StatusChanged) and not is_dated(event) and not is_named_by_us(event)


def hear_of_unknown(
    organization: Organization, channel: Channel, event: StatusChanged | Echoed | Billed, now: int
) -> str:
    """Receives what is told of a message that is not stored, or not yet: notes one that was sent around gate24, and
    keeps what may turn out to be about a send of ours. Returns a word for the metrics. ``now``: epoch ms."""
    if event.contact is not None and event.bsp_ids and is_dated(event):
        contact_id = contacts.resolve(organization.id, event.contact)
        group = _Group(event.bsp_ids[0], [WaitingStatus(channel.id, event.at, event, "")])
        case = _Case.near(organization, channel, contact_id, now, event)
        if case.is_sent_around(group) and case.note(group, event.contact):
            return "sent_around"
    held_until = now + HELD_FOR_MS if event.bsp_ids and _is_held(event) else None
    kept_under = keep_waiting(organization, channel, event, now, held_until)
    if kept_under is None:
        return "status_without_message"
    match_status(organization, channel, kept_under, event, now)
    return "status_waiting"


def match_status(
    organization: Organization, channel: Channel, contact_id: str, event: StatusChanged | Echoed | Billed, now: int
) -> None:
    """Looks for the message of a status that was kept just now. ``now``: epoch ms."""
    if not event.bsp_ids:
        return
    group = _group(organization, channel, contact_id, event.bsp_ids[0])
    if not group.statuses:  # given to its message meanwhile
        return
    case = _Case.between(organization, channel, contact_id, now, group.first_at, group.last_at)
    message = case.known.get(group.bsp_id) or sent_around.find(
        organization.id, contact_id, channel.id, sorted(group.all_ids)
    )
    if message is not None:
        case.give(group.statuses, message)
        return
    for each in case.open_near(group.first_at, group.last_at):
        if case.guess(each):  # what else waits is looked at with what is known now
            match_message(organization, channel, each.key, now)
            return
    case.settle_rest(group)


def match_message(organization: Organization, channel: Channel, key: MessageKey, now: int) -> None:
    """Looks for the statuses of a message of which something is known now: an id, or that its outcome is unknown. What
    else waited for that is looked at anew. ``now``: epoch ms."""
    contact_id = key.contact_id
    if not waiting_statuses.is_any(organization.id, contact_id):
        return
    message = messages.find(organization.id, key)
    if message is None:
        return
    at = message.send_time
    near = _waiting(organization, channel, contact_id, at - MATCHED_WITHIN_MS, at + HELD_FOR_MS)
    given = set[str]()
    last_at = max((status.at for status in near), default=at)
    case = _Case.between(organization, channel, contact_id, now, at, last_at)
    for bsp_id in filter(None, (message.provider_id, message.whatsapp_id)):
        case.give(_group(organization, channel, contact_id, bsp_id, near).statuses, message)
        given.add(bsp_id)
    for each in case.open_near(at - MATCHED_WITHIN_MS, at + MATCHED_WITHIN_MS) if near else ():
        if case.guess(each):
            match_message(organization, channel, each.key, now)
            return
    for bsp_id in dict.fromkeys(status.event.bsp_ids[0] for status in near):
        if bsp_id not in given:
            case.settle_rest(_group(organization, channel, contact_id, bsp_id, near))


def settle_held(organization: Organization, channel: Channel, contact_id: str, held: WaitingStatus, now: int) -> bool:
    """Notes the message of a status that was held long enough as sent around gate24. False where it goes on waiting: it
    may be about a send of ours, or nothing of the person may be stored. ``now``: epoch ms."""
    group = _group(organization, channel, contact_id, held.event.bsp_ids[0])
    if not group.statuses:  # given to its message meanwhile
        return True
    first_at = group.first_at
    if not provider(channel.provider).statuses_carry_our_id:  # it may be of any that was sent in that time
        first_at -= DELIVERED_WITHIN_MS
    case = _Case.between(organization, channel, contact_id, now, first_at, group.last_at)
    ids = sorted(group.all_ids)
    message = next((case.known[each] for each in ids if each in case.known), None)
    message = message or sent_around.find(organization.id, contact_id, channel.id, ids)
    if message is not None:
        case.give(group.statuses, message)
        return True
    to = group.to
    if to is None:
        contact = contacts.read(organization.id, contact_id)
        to = ContactRef(contact.phone, contact.user_id) if contact.exists else None
    return to is not None and case.is_sent_around(group, is_held=True) and case.note(group, to)


def _waiting(
    organization: Organization, channel: Channel, contact_id: str, start: int, end: int
) -> list[WaitingStatus]:
    """The first of the channel's in that time (epoch ms): as many as are looked at, and one more."""
    found = waiting_statuses.between(organization.id, contact_id, start, end, _LOOKED_AT + 1)
    return [status for status in found if status.channel_id == channel.id and status.event.bsp_ids]


def _group(
    organization: Organization,
    channel: Channel,
    contact_id: str,
    bsp_id: str,
    near: Sequence[WaitingStatus] = (),
) -> _Group:
    """``near``: what was read by its time. Version 0.1.0 kept statuses by their time alone."""
    found = {each.position: each for each in near if each.event.bsp_ids[0] == bsp_id}
    found |= {each.position: each for each in waiting_statuses.of_id(organization.id, contact_id, channel.id, bsp_id)}
    return _Group(bsp_id, [found[position] for position in sorted(found)])


class _Case:
    """What was sent to the contact on the channel when statuses of that time (epoch ms) may be about it."""

    def __init__(
        self, organization: Organization, channel: Channel, contact_id: str, now: int, found: Sequence[Message]
    ) -> None:
        self.organization, self.channel, self.contact_id, self.now = organization, channel, contact_id, now
        self.sent = [each for each in found if each.direction == "outbound" and each.channel_id == channel.id]
        self.known = {
            bsp_id: message for message in self.sent for bsp_id in (message.provider_id, message.whatsapp_id) if bsp_id
        }

    @classmethod
    def between(
        cls, organization: Organization, channel: Channel, contact_id: str, now: int, first_at: int, last_at: int
    ) -> _Case:
        # A key that was given back may go out long after its message was made.
        start, end = first_at - HELD_FOR_MS, last_at + MATCHED_WITHIN_MS
        return cls(organization, channel, contact_id, now, messages.since(organization.id, contact_id, start, end))

    @classmethod
    def near(
        cls,
        organization: Organization,
        channel: Channel,
        contact_id: str,
        now: int,
        event: StatusChanged | Echoed | Billed,
    ) -> _Case:
        """As far as it tells whether the event's message was sent around gate24: of many messages the last ones."""
        if provider(channel.provider).statuses_carry_our_id and isinstance(event, StatusChanged):
            return cls(organization, channel, contact_id, now, ())
        start, end = event.at - HELD_FOR_MS, event.at + MATCHED_WITHIN_MS
        return cls(organization, channel, contact_id, now, messages.around(organization.id, contact_id, start, end))

    def open_near(self, first_at: int, last_at: int) -> list[Message]:
        """The sends to which a status from this time may belong without naming them."""
        if provider(self.channel.provider).statuses_carry_our_id:
            return []
        return [
            each
            for each in self.sent
            if _is_open(each) and first_at - MATCHED_WITHIN_MS <= each.send_time <= last_at + CLOCK_SLACK_MS
        ]

    def give(self, statuses: list[WaitingStatus], message: Message, is_guess: bool = False) -> None:
        """Gives the message its statuses; those that name another one only tell of the contact."""
        others = [each for each in statuses if names_by_our_id(self.channel, each.event) and not message.sent_around]
        for status in statuses:
            if status not in others:
                self._apply(message, status.event, is_guess)
                waiting_statuses.remove(self.organization.id, self.contact_id, status)
        self.tell_of_contact(others)

    def _apply(
        self, message: Message, event: StatusChanged | Echoed | Billed, is_guess: bool = False, is_new: bool = False
    ) -> None:
        """``is_new``: the message was stored with the event."""
        if isinstance(event, Echoed):
            if not is_new:
                join_echo(self.organization, self.channel, message, event)
        elif not is_new:
            apply_status(self.organization, self.channel, message, event, self.now, is_guess)
        elif isinstance(event, StatusChanged) and event.status == "failed" and event.failure is not None:
            apply_failure(self.organization, self.channel, self.contact_id, event.failure, event.at)

    def is_sent_around(self, group: _Group, is_held: bool = False) -> bool:
        """Whether the statuses can be about no send of ours: its outcome is known, or it was made at another time, and
        no id of it is still to be told. ``is_held``: they were held for what dates them, and need not be dated."""
        dated_at = group.dated_at()
        if dated_at is None and is_held:
            dated_at = group.first_at
        if dated_at is None or any(is_named_by_us(each.event) for each in group.statuses):
            return False
        if group.all_ids & self.known.keys():
            return False
        events = [each.event for each in group.dated]
        if any(isinstance(event, Echoed) and event.in_app for event in events):  # what staff typed is no send of ours
            return True
        is_asked = any(isinstance(event, Echoed) for event in events)
        if provider(self.channel.provider).statuses_carry_our_id and not is_asked:
            return True
        held_for = MATCHED_WITHIN_MS if any(_is_with_sending(event) for event in events) else HELD_FOR_MS
        tells_later = not provider(self.channel.provider).statuses_carry_our_id
        has_one_id = tells_later and len(group.all_ids) == 1
        for message in self.sent:
            after = dated_at - message.send_time
            if _is_open(message) and -MATCHED_WITHIN_MS <= after <= held_for:  # the BSP's clock may be far behind
                return False
            is_without_id = message.stage == "accepted" and message.whatsapp_id is None and not message.sent_around
            if has_one_id and is_without_id and -MATCHED_WITHIN_MS <= after <= HELD_FOR_MS:
                return False
        return True

    def note(self, group: _Group, to: ContactRef) -> bool:
        """Notes the message that was sent around gate24, with all that is told of it. False where nothing of the person
        may be stored."""
        first = min(group.dated or group.undated, key=lambda each: each.at)
        if isinstance(first.event, Echoed):
            made = of_echo(self.organization, self.channel, self.contact_id, to, first.event)
        else:
            assert isinstance(first.event, StatusChanged), "deductions date nothing and are not held"
            made = of_status(self.organization, self.channel, self.contact_id, to, first.event)
            made = replace(made, time_is_estimate=not group.dated)
        noted = note_sent_around(self.organization, self.channel, self.contact_id, made, self.now)
        if noted is None:
            return False
        self._apply(noted.message, first.event, is_new=noted.is_new)
        if first.position:
            waiting_statuses.remove(self.organization.id, self.contact_id, first)
        waiting = {each.position: each for each in group.statuses if each.position}
        for bsp_id in bsp_ids(noted.message):
            found = _group(self.organization, self.channel, self.contact_id, bsp_id).statuses
            waiting |= {each.position: each for each in found}
        self.give([each for each in waiting.values() if each != first], noted.message)
        return True

    def settle_rest(self, group: _Group) -> None:
        """What waits and is not given to a send of ours: a message that was sent around gate24, or nothing yet."""
        to = next((each.to for each in self.sent if each.to is not None), None)
        if not (to is not None and self.is_sent_around(group) and self.note(group, to)):
            self.tell_of_contact(group.statuses)

    def guess(self, message: Message) -> str | None:
        """Gives an unknown send the statuses of the one id that can be about it and about no other send. Returns the
        id; None where it is ambiguous, as it is where more statuses wait than are looked at."""
        at = message.send_time
        near = _waiting(self.organization, self.channel, self.contact_id, at - CLOCK_SLACK_MS, at + MATCHED_WITHIN_MS)
        if len(near) > _LOOKED_AT or not is_undecided(message.stage, message.lease_until, self.now):
            return None
        able, rivals = list[_Group](), list[_Group]()
        for bsp_id in dict.fromkeys(status.event.bsp_ids[0] for status in near):
            if bsp_id in self.known:
                continue
            group = _group(self.organization, self.channel, self.contact_id, bsp_id, near)
            dated_at = group.dated_at()
            able += [group] if dated_at is not None and group.may_mean(message, dated_at) else []
            rivals += [group] if group.may_mean(message, group.first_at) else []
            if len(rivals) > 1:
                return None
        if len(able) != 1 or rivals not in ([], able):
            return None
        (group,) = able
        if any(group.may_mean(other, group.dated_at() or 0) for other in self.sent if other is not message):
            return None
        self.give(group.statuses, message, is_guess=True)
        return group.bsp_id

    def tell_of_contact(self, statuses: list[WaitingStatus]) -> None:
        """A failure of a message that is not ours counts from its own time, of a known contact. While it may still turn
        out to be about a send of ours, it says nothing: then it would count from that send."""
        for status in statuses:
            event = status.event
            if not isinstance(event, StatusChanged) or event.status != "failed" or event.failure is None:
                continue
            may_be_ours = not names_by_our_id(self.channel, event) and any(
                _may_turn_out_to_be(self.channel, message, event) for message in self.sent
            )
            if not may_be_ours and contacts.read(self.organization.id, self.contact_id).exists:
                apply_failure(self.organization, self.channel, self.contact_id, event.failure, status.at)


def _may_turn_out_to_be(channel: Channel, message: Message, event: StatusChanged) -> bool:
    """Whether the message may still get the id of the event: the BSP's from its answer or, where the BSP tells
    WhatsApp's id later (Gupshup's enqueued), that one, if the event has a single id."""
    tells_later = not provider(channel.provider).statuses_carry_our_id
    gets_id = tells_later and message.stage == "accepted" and message.whatsapp_id is None and len(event.bsp_ids) == 1
    is_near = message.send_time - CLOCK_SLACK_MS <= event.at <= message.send_time + HELD_FOR_MS
    return is_near and (gets_id or _is_open(message))


def _is_with_sending(event: StatusChanged | Echoed | Billed) -> bool:
    return not isinstance(event, StatusChanged) or event.status in SENT_JUST_BEFORE


def _is_open(message: Message) -> bool:
    """Whether its outcome is open, so that nobody has told its id at the BSP."""
    return message.stage in ("unknown", "sending") and message.provider_id is None


def _status(waiting: WaitingStatus) -> str | None:
    return waiting.event.status if isinstance(waiting.event, StatusChanged) else None
