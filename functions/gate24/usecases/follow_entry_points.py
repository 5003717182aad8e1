"""Which messages are in a free entry point, before they are sent and after something of it was told late. Of contacts
who came by no advertisement nothing is read."""

from __future__ import annotations

from dataclasses import replace

from gate24.channels import Channel, Organization
from gate24.costs import LedgerEntry
from gate24.messages import Message
from gate24.rules import ledger
from gate24.rules.entry_points import LOOK_BACK_MS, entry_point_hours
from gate24.rules.settlement import is_in_entry_point
from gate24.store import messages
from gate24.store.messages import Reckoned
from gate24.usecases.price_stored import price_stored
from gate24.windows import Window

_COST_NOTHING = ("refused", "rejected")
"""Whatever becomes of the message."""


def hours_in_entry_point(organization_id: str, contact_id: str, channel_id: str, window: Window, at: int) -> int | None:
    """As ``LedgerEntry`` has them, of a message to the contact at ``at`` (epoch ms)."""
    if window.entered_at is None or window.entered_at < at - LOOK_BACK_MS:
        return None
    found = messages.since(organization_id, contact_id, at - LOOK_BACK_MS, until=at)
    return entry_point_hours(_entries(found, channel_id), at)


def follow_entry_points(organization: Organization, channel: Channel, contact_id: str, since: int) -> None:
    """Prices the messages anew that were sent since ``since`` (epoch ms) and of whose price the provider has said
    nothing, where another free entry point holds for them than was known."""
    known = messages.since(organization.id, contact_id, since - LOOK_BACK_MS, until=since + LOOK_BACK_MS)
    entries = _entries(known, channel.id)
    for message in known:
        if message.channel_id == channel.id and message.direction == "outbound" and message.send_time >= since:
            _follow(organization, channel, message, entry_point_hours(entries, message.send_time))


def _entries(found: list[Message], channel_id: str) -> list[LedgerEntry]:
    """Each with the time at which it was sent."""
    ours = (each for each in found if each.channel_id == channel_id)
    return [replace(each.ledger, at=each.send_time) for each in ours if each.ledger is not None]


def _follow(organization: Organization, channel: Channel, message: Message, hours: int | None) -> None:
    found: Message | None = message
    while found is not None and (entry := found.ledger) is not None:
        is_settled = entry.told is not None or entry.reckoned is not None or entry.state in _COST_NOTHING
        if is_settled or found.in_app or entry.entry_point_hours == hours:
            return
        entry = replace(entry, entry_point_hours=hours)
        cost = price_stored(organization, channel, found, entry)
        entry = ledger.repriced(entry, cost, entry.category)
        entry = replace(entry, conversation=None) if is_in_entry_point(entry) else entry
        if messages.set_ledger(organization.id, found, Reckoned(entry, None, cost, cost_is_estimate=True)):
            return
        found = messages.find(organization.id, message.key)
