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
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gate24.channels import Channel, Organization
from gate24.events import Billed, StatusChanged
from gate24.message_keys import MessageKey
from gate24.messages import Message
from gate24.providers import provider
from gate24.rules.message_status import is_undecided
from gate24.store import contacts, messages, waiting_statuses
from gate24.store.waiting_statuses import WaitingStatus
from gate24.usecases.apply_failure import apply_failure
from gate24.usecases.apply_status import apply_status, names_by_our_id

CLOCK_SLACK_MS = 5_000
"""How much earlier than our own clock's a BSP's time may be for the same moment."""

MATCHED_WITHIN_MS = 10 * 60_000
"""How long after an unknown send a status may still be taken for its own, where only the number, the kind and the time
tell."""

HELD_FOR_MS = 24 * 3_600_000
"""How long after a send a failure of an unheard-of id may turn out to be about it."""

_LOOKED_AT = 40
"""Waiting statuses around a send at most, so that another system's cost no more the more there are."""

_DATED_BY_THE_SEND = frozenset({"enqueued", "sent", "failed"})
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
        dated = (each.at for each in self.statuses if _status(each) in _DATED_BY_THE_SEND)
        return min(dated, default=None)

    def may_mean(self, message: Message, at: int) -> bool:
        """Whether these statuses, at this time, may be about the message: an open send, without an id at the BSP, made
        shortly before. One that is still under way counts, because it makes the case ambiguous."""
        kinds = {each.event.sent_as for each in self.statuses if isinstance(each.event, StatusChanged)} - {None}
        is_near = message.send_time - CLOCK_SLACK_MS <= at <= message.send_time + MATCHED_WITHIN_MS
        return _is_open(message) and is_near and kinds <= {message.sent_as}


def match_status(
    organization: Organization, channel: Channel, contact_id: str, event: StatusChanged | Billed, now: int
) -> None:
    """Looks for the message of a status that was kept just now. ``now``: epoch ms."""
    if not event.bsp_ids:
        return
    group = _group(organization, channel, contact_id, event.bsp_ids[0])
    if not group.statuses:  # given to its message meanwhile
        return
    case = _Case(organization, channel, contact_id, now, group.first_at, group.last_at)
    message = case.known.get(group.bsp_id)
    if message is not None:
        case.give(group.statuses, message)
    elif not any(case.guess(each) == group.bsp_id for each in case.open_near(group.first_at, group.last_at)):
        case.tell_of_contact(group.statuses)


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
    near = _waiting(organization, channel, contact_id, at - CLOCK_SLACK_MS, at + HELD_FOR_MS)
    given = set[str]()
    case = _Case(organization, channel, contact_id, now, at, max((status.at for status in near), default=at))
    for bsp_id in filter(None, (message.provider_id, message.whatsapp_id)):
        case.give(_group(organization, channel, contact_id, bsp_id, near).statuses, message)
        given.add(bsp_id)
    for each in case.open_near(at - MATCHED_WITHIN_MS, at + MATCHED_WITHIN_MS) if near else ():
        guessed = case.guess(each)
        given |= {guessed} if guessed else set()
    case.tell_of_contact([status for status in near if status.event.bsp_ids[0] not in given])


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
        self, organization: Organization, channel: Channel, contact_id: str, now: int, first_at: int, last_at: int
    ) -> None:
        self.organization, self.channel, self.contact_id, self.now = organization, channel, contact_id, now
        # A key that was given back may go out long after its message was made.
        start, end = first_at - HELD_FOR_MS, last_at + MATCHED_WITHIN_MS
        found = messages.since(organization.id, contact_id, start, end)
        self.sent = [each for each in found if each.direction == "outbound" and each.channel_id == channel.id]
        self.known = {
            bsp_id: message for message in self.sent for bsp_id in (message.provider_id, message.whatsapp_id) if bsp_id
        }

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
        others = [status for status in statuses if names_by_our_id(self.channel, status.event)]
        for status in statuses:
            if status not in others:
                apply_status(self.organization, self.channel, message, status.event, self.now, is_guess)
                waiting_statuses.remove(self.organization.id, self.contact_id, status)
        self.tell_of_contact(others)

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


def _is_open(message: Message) -> bool:
    """Whether its outcome is open, so that nobody has told its id at the BSP."""
    return message.stage in ("unknown", "sending") and message.provider_id is None


def _status(waiting: WaitingStatus) -> str | None:
    return waiting.event.status if isinstance(waiting.event, StatusChanged) else None
