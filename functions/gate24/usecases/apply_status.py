"""What a delivery status or a deduction does: to the message, to its cost and to the contact.

A status finds its message by our own id (Meta echoes it) or, among the contact's newest messages, by the ids
under which the BSP knows it. One that names another id as ours is about nobody's message of ours. One that finds none
waits (``match_waiting_statuses``), because it may have come before our own write of the send.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from gate24.channels import Channel, Organization
from gate24.costs import Cost, LedgerEntry
from gate24.events import Billed, ContactRef, Pricing, StatusChanged
from gate24.message_keys import message_key
from gate24.messages import Message, Settlement
from gate24.providers import provider
from gate24.rules import ledger
from gate24.rules.message_status import is_undecided, message_status
from gate24.rules.pricing import price, rate_card
from gate24.rules.rollup import local_day
from gate24.store import contacts, messages, unrecognized, waiting_statuses
from gate24.usecases.apply_failure import apply_failure, failure_time


def find_message(organization: Organization, channel: Channel, event: StatusChanged | Billed) -> Message | None:
    """The message that the event is about, if it is stored and can be told."""
    own_id = event.message_id if isinstance(event, StatusChanged) else None
    key = message_key(own_id) if own_id else None
    found = messages.find(organization.id, key) if key is not None else None
    if found is not None or names_by_our_id(channel, event):
        return found
    return _by_provider_ids(organization, event.contact, event.bsp_ids)


def names_by_our_id(channel: Channel, event: StatusChanged | Billed) -> bool:
    """Whether the event says by an id of the sender's which message it is about, so that no other one is meant."""
    has_id = isinstance(event, StatusChanged) and event.message_id is not None
    return has_id and provider(channel.provider).statuses_carry_our_id


def _by_provider_ids(
    organization: Organization, ref: ContactRef | None, provider_ids: tuple[str, ...]
) -> Message | None:
    if ref is None or not provider_ids:
        return None
    contact_id = contacts.resolve(organization.id, ref)
    found = messages.by_provider_ids(organization.id, [contact_id], provider_ids)
    if found is None:
        others = [each for each in contacts.read(organization.id, contact_id).all_ids if each != contact_id]
        found = messages.by_provider_ids(organization.id, others, provider_ids) if others else None
    return found


def keep_waiting(
    organization: Organization, channel: Channel, event: StatusChanged | Billed, received_at: int
) -> str | None:
    """Keeps a status whose message has not been stored yet; ``match_waiting_statuses`` then says what it means. It is
    kept without the contact, so that nothing of a person who was erased comes back with it. Returns the contact's id;
    None where the event names nobody: then it is kept as unrecognized."""
    without_contact = replace(event, contact=None)
    if event.contact is None:
        raw = asdict(without_contact)
        unrecognized.keep(organization.id, channel.id, "status_without_message", raw, received_at)
        return None
    contact_id = contacts.resolve(organization.id, event.contact)
    waiting_statuses.keep(organization.id, contact_id, channel.id, without_contact)
    return contact_id


def apply_status(
    organization: Organization,
    channel: Channel,
    message: Message,
    event: StatusChanged | Billed,
    now: int,
    is_guess: bool = False,
) -> None:
    """Gives the event to its message. ``now``: epoch ms. ``is_guess``: the event may be about another one. Neither such
    an event nor a later one of the id that was guessed by it changes the message's price."""
    is_guess = is_guess or message.provider_id_is_guess
    if isinstance(event, Billed):
        if not is_guess:
            _keep_accounts(organization, channel, message, deducted=event.pricing)
        return
    failure = event.failure if event.status == "failed" else None
    proves_it = event.status != "failed"
    if is_guess and proves_it and is_undecided(message.stage, message.lease_until, now):
        # First, so that a repetition, which finds the message by the id, knows that it is a guess.
        _settle(organization, message, event, is_guess)
    after = messages.add_status(
        organization.id, message, event.status, event.at, whatsapp_id=event.whatsapp_id, failure=failure
    )
    if after is None:
        return
    if proves_it and is_undecided(after.stage, after.lease_until, now):
        _settle(organization, message, event, is_guess)
    _keep_accounts(organization, channel, after, pricing=None if is_guess else event.pricing)
    if failure is not None:
        apply_failure(organization, channel, message.key.contact_id, failure, failure_time(message.send_time))


def _settle(organization: Organization, message: Message, event: StatusChanged, is_guess: bool) -> None:
    """The status proves that the message went out."""
    provider_id = event.bsp_ids[0] if event.bsp_ids else None
    settlement = Settlement("accepted", provider_id=provider_id, provider_id_is_guess=is_guess)
    messages.settle(organization.id, message.key, settlement)


def _keep_accounts(
    organization: Organization,
    channel: Channel,
    message: Message,
    pricing: Pricing | None = None,
    deducted: Pricing | None = None,
) -> None:
    """The ledger follows what became of the message: failed costs nothing; the provider's category wins. Where
    another event changed the message meanwhile, it is reckoned anew."""
    day = None if deducted is not None else local_day(message.send_time, organization.timezone).isoformat()
    found: Message | None = message
    while found is not None and found.ledger is not None:
        entry = found.ledger
        cost = _cost(channel, found, entry, pricing) if pricing is not None else None
        if cost is not None and pricing is not None:
            category = pricing.category if entry.kind == "template" else None
            entry = ledger.repriced(entry, cost, category or entry.category)
        entry = ledger.delivered_or_failed(entry, message_status(found.stage, found.statuses, None, 0) == "failed")
        if deducted is not None:
            entry = ledger.with_deduction(entry, deducted)
        if messages.set_ledger(organization.id, found, entry, day, cost):
            return
        found = messages.find(organization.id, message.key)


def _cost(channel: Channel, message: Message, entry: LedgerEntry, pricing: Pricing) -> Cost | None:
    """The price by what the provider says of the message; None where it says nothing that matters."""
    if not (pricing.category or pricing.type):
        return None
    size = message.media.size_bytes if message.media else None
    card, to = rate_card(channel.rate_card), message.to or ContactRef()
    return price(
        *(card, entry.kind, to.phone, entry.category, size, pricing),
        has_media=message.media is not None,
        country=to.country,
    )
