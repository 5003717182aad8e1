"""Gives waiting statuses to the messages that they are about.

By the BSP's id where a message has it. Else, where the provider's statuses do not carry our own id
(``Provider.statuses_carry_our_id``), a send whose outcome is unknown is guessed: all waiting statuses of one BSP id
belong to it if

- one of them is dated by the send (``_DATED_BY_THE_SEND``) and came no more than ``MATCHED_WITHIN_MS`` after it,
- none says that it is another kind of message (Gupshup's enqueued tells a template),
- it is the only unknown send of the contact on this channel that could be meant, and
- no other BSP id could mean it either.

What is ambiguous stays unknown. A failure that can be about no message of ours still tells of the contact.
"""

from __future__ import annotations

from dataclasses import dataclass

from gate24.channels import Channel, Organization
from gate24.events import StatusChanged
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

_DATED_BY_THE_SEND = frozenset({"enqueued", "sent", "failed"})
"""A delivery or a reading may be of a message that was sent long before."""


@dataclass(frozen=True, slots=True)
class _Group:
    """All waiting statuses of one BSP id, oldest first."""

    bsp_id: str
    statuses: list[WaitingStatus]

    @property
    def first_at(self) -> int:
        return min(status.at for status in self.statuses)

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


def match_waiting_statuses(organization: Organization, channel: Channel, contact_id: str, now: int) -> None:
    """``now``: epoch ms."""
    by_id: dict[str, list[WaitingStatus]] = {}
    for waiting in waiting_statuses.waiting(organization.id, contact_id):
        if waiting.channel_id == channel.id and waiting.event.bsp_ids:
            by_id.setdefault(waiting.event.bsp_ids[0], []).append(waiting)
    if not by_id:
        return
    groups = [_Group(bsp_id, statuses) for bsp_id, statuses in by_id.items()]
    # A key that was given back may go out long after its message was made.
    start = min(group.first_at for group in groups) - HELD_FOR_MS
    sent = [
        message
        for message in messages.since(organization.id, contact_id, max(0, start))
        if message.direction == "outbound" and message.channel_id == channel.id
    ]
    known = {found: message for message in sent for found in (message.provider_id, message.whatsapp_id) if found}
    unheard = [group for group in groups if group.bsp_id not in known]
    may_guess = not provider(channel.provider).statuses_carry_our_id
    for group in groups:
        found, is_guess = known.get(group.bsp_id), group in unheard
        if is_guess and may_guess:
            found = _only_unknown(sent, group, unheard, now)
        for status in group.statuses:
            if found is not None and not names_by_our_id(channel, status.event):
                apply_status(organization, channel, found, status.event, now, is_guess)
                waiting_statuses.remove(organization.id, contact_id, status)
            else:
                _tell_of_contact(organization, channel, contact_id, status, sent)


def _only_unknown(sent: list[Message], group: _Group, unheard: list[_Group], now: int) -> Message | None:
    """The one send that the statuses of this id can be about."""
    at = group.dated_at()
    meant = [message for message in sent if at is not None and group.may_mean(message, at)]
    rivals = (other for other in unheard if other is not group)
    if len(meant) != 1 or any(rival.may_mean(meant[0], rival.first_at) for rival in rivals):
        return None
    return meant[0] if is_undecided(meant[0].stage, meant[0].lease_until, now) else None


def _tell_of_contact(
    organization: Organization, channel: Channel, contact_id: str, status: WaitingStatus, sent: list[Message]
) -> None:
    """A failure of a message that is not ours counts from its own time, of a known contact. While it may still turn out
    to be about a send of ours, it says nothing: then it would count from that send."""
    event = status.event
    if not isinstance(event, StatusChanged) or event.status != "failed" or event.failure is None:
        return
    may_be_ours = not names_by_our_id(channel, event) and any(
        _may_turn_out_to_be(channel, message, event) for message in sent
    )
    if not may_be_ours and contacts.read(organization.id, contact_id).exists:
        apply_failure(organization, channel, contact_id, event.failure, status.at)


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
