"""Gives waiting statuses to the messages that they are about."""

from __future__ import annotations

from gate24.channels import Channel, Organization
from gate24.messages import Message
from gate24.rules.message_status import is_undecided
from gate24.store import messages, waiting_statuses
from gate24.store.waiting_statuses import WaitingStatus
from gate24.usecases.apply_status import apply_status

CLOCK_SLACK_MS = 5_000
"""How much earlier than our own clock's a BSP's time may be for the same moment."""

MATCHED_WITHIN_MS = 10 * 60_000
"""How long after an unknown send a status may still be taken for its own, where only the number and the time
tell."""


def match_waiting_statuses(organization: Organization, channel: Channel, contact_id: str, now: int) -> None:
    """``now``: epoch ms.

    By the BSP's id where a message has it. Else, the rule for a send whose outcome is unknown: all waiting
    statuses of one BSP id belong to it if the first of them came no more than ``MATCHED_WITHIN_MS`` after the
    send, and it is the only unknown send of the contact on this channel that could be meant, and no other BSP
    id could mean it either. What is ambiguous stays unknown.
    """
    by_id: dict[str, list[WaitingStatus]] = {}
    for waiting in waiting_statuses.waiting(organization.id, contact_id):
        if waiting.channel_id == channel.id and waiting.event.bsp_ids:
            by_id.setdefault(waiting.event.bsp_ids[0], []).append(waiting)
    if not by_id:
        return
    first_at = {provider_id: min(status.at for status in group) for provider_id, group in by_id.items()}
    sent = [
        message
        for message in messages.since(organization.id, contact_id, min(first_at.values()) - MATCHED_WITHIN_MS)
        if message.direction == "outbound" and message.channel_id == channel.id
    ]
    known = {found: message for message in sent for found in (message.provider_id, message.whatsapp_id) if found}
    for provider_id, group in by_id.items():
        found = known.get(provider_id) or _only_unknown(sent, provider_id, first_at, now)
        for status in group if found is not None else ():
            assert found is not None
            apply_status(organization, channel, found, status.event, now)
            waiting_statuses.remove(organization.id, contact_id, status)


def _only_unknown(sent: list[Message], provider_id: str, first_at: dict[str, int], now: int) -> Message | None:
    """The one send that the statuses of this id can be about; ``first_at``: when each waiting id was first told."""
    meant = [message for message in sent if _may_be_meant(message, first_at[provider_id])]
    others = [at for other, at in first_at.items() if other != provider_id]
    has_rival = any(_may_be_meant(message, at) for message in meant for at in others)
    if len(meant) != 1 or has_rival:
        return None
    return meant[0] if is_undecided(meant[0].stage, meant[0].lease_until, now) else None


def _may_be_meant(message: Message, first_at: int) -> bool:
    """An open send, without an id at the BSP, made shortly before the status. One that is still under way
    counts, because it makes the case ambiguous."""
    is_open = message.stage in ("unknown", "sending") and message.provider_id is None
    return is_open and message.key.at - CLOCK_SLACK_MS <= first_at <= message.key.at + MATCHED_WITHIN_MS
