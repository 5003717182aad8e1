"""What a message costs that is stored already, by what is known of it since."""

from __future__ import annotations

from gate24.channels import Channel, Organization
from gate24.costs import Cost, LedgerEntry
from gate24.events import ContactRef, Pricing
from gate24.messages import Message
from gate24.rules.pricing import card_at, card_of_entry, price
from gate24.rules.sent_around import cost_of


def price_stored(
    organization: Organization, channel: Channel, message: Message, entry: LedgerEntry, pricing: Pricing | None = None
) -> Cost:
    """The price of the message of this entry, by the card by which it was priced before; of one that was sent around
    gate24, whose time may have been corrected since, by that of its day. ``pricing``: what the provider says of it."""
    to, hours, at, is_around = (
        message.to or ContactRef(),
        entry.entry_point_hours,
        message.send_time,
        message.sent_around,
    )
    card = card_at(channel, organization, at) if is_around else card_of_entry(entry, channel, organization, at)
    if is_around and entry.kind != "inbound":
        return cost_of(card, entry.kind, to, entry.category, pricing, hours)
    size = message.media.size_bytes if message.media else None
    return price(
        *(card, entry.kind, to.phone, entry.category, size, pricing),
        has_media=message.media is not None,
        country=to.country,
        in_window=entry.in_window,
        entry_point_hours=hours,
    )
