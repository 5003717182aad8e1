"""What a delivery status or a billing event does: to the message, to its cost and to the contact.

A status finds its message by our own id (Meta echoes it) or, among the contact's newest messages, by the ids
under which the BSP knows it. One that finds none waits beside the contact's messages, because it may have
come before our own write of the send.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from gate24.channels import Channel, Organization
from gate24.events import Billed, ContactRef, Event, Failure, Pricing, StatusChanged
from gate24.observability import count
from gate24.rules.failures import meaning
from gate24.rules.message_status import shown_status
from gate24.rules.pricing import Cost, cost_json, price, rate_card
from gate24.rules.rollup import LedgerEntry, billing_differs, local_day
from gate24.store import consents, contacts, keys, messages, unrecognized, windows
from gate24.store import ledger_format as ledger
from gate24.store import retry_queue as parking
from gate24.store.items import MessageItem, OrphanItem

CLOCK_SLACK_MS = 5_000
"""How much earlier than our own clock's a BSP's time may be for the same moment."""

RECONCILE_MS = 10 * 60_000
"""How long after an unknown send a status may still be taken for its own, where only the number and the time
tell."""


def record_status(organization: Organization, channel: Channel, event: StatusChanged, received_at: int) -> str:
    """Keeps the status with its message, or beside the contact until the message is known."""
    item = _find(organization, event)
    if item is not None:
        _apply(organization, channel, item, event, received_at)
        if event.whatsapp_id is not None:  # what came before under this id alone
            adopt_orphans(organization, channel, messages.key_of(item).contact, received_at)
        return f"status_{event.status}"
    return _wait(organization, channel, event, event.status, received_at)


def record_billed(organization: Organization, channel: Channel, event: Billed, received_at: int) -> str:
    """Notes what the BSP deducted for beside what we reckoned."""
    if event.source != "whatsapp":
        return "billed_other"
    item = _by_bsp(organization, event.contact, event.bsp_ids)
    if item is not None:
        _apply(organization, channel, item, event, received_at)
        return "billed"
    return _wait(organization, channel, event, "billed", received_at)


def _wait(
    organization: Organization, channel: Channel, event: StatusChanged | Billed, said: str, received_at: int
) -> str:
    """What is about a message that is not known, or not yet. What it tells of a known contact holds at once. Kept
    without the contact, so that nothing of a person who was erased comes back with it."""
    kept = replace(event, contact=None)
    if event.contact is None:
        unrecognized.keep(organization.id, channel.id, "status_without_message", asdict(kept), received_at)
        return "status_without_message"
    contact = contacts.resolve(organization.id, event.contact)
    mark = keys.mark_of(channel.id, *event.bsp_ids, said)
    messages.keep_orphan(organization.id, contact, mark, {"channel": channel.id, **parking.dump(kept)}, event.at)
    failure = event.failure if isinstance(event, StatusChanged) and event.status == "failed" else None
    if failure is not None and contacts.person(organization.id, contact).exists:
        on_failure(organization, channel, contact, failure, event.at)
    adopt_orphans(organization, channel, contact, received_at)
    return "status_waiting"


def adopt_orphans(organization: Organization, channel: Channel, contact: str, now: int) -> None:
    """Gives waiting statuses to the messages that they are about. ``now``: epoch ms.

    By the BSP's id where a message has it. Else, the rule for a send whose outcome is unknown: all waiting
    statuses of one BSP id belong to it if the first of them came no more than ``RECONCILE_MS`` after the
    send, and it is the only unknown send of the contact on this channel that could be meant, and no other BSP
    id could mean it either. What is ambiguous stays unknown.
    """
    by_id: dict[str, list[OrphanItem]] = {}
    for orphan in messages.orphans(organization.id, contact):
        if orphan.event["channel"] == channel.id and orphan.event["event"]["bsp_ids"]:
            by_id.setdefault(orphan.event["event"]["bsp_ids"][0], []).append(orphan)
    if not by_id:
        return
    first = {bsp_id: min(int(orphan.at) for orphan in group) for bsp_id, group in by_id.items()}
    sent = [
        item
        for item in messages.since(organization.id, contact, min(first.values()) - RECONCILE_MS)
        if item.direction == "outbound" and item.channel == channel.id
    ]
    known = {bsp_id: item for item in sent for bsp_id in (item.provider_id, item.whatsapp_id) if bsp_id}
    for bsp_id, group in by_id.items():
        found = known.get(bsp_id) or _only_unknown(sent, bsp_id, first, now)
        for orphan in group if found is not None else ():
            assert found is not None
            _apply(organization, channel, found, parking.load(orphan.event), now)
            messages.drop_orphan(orphan)


def _only_unknown(sent: list[MessageItem], bsp_id: str, first: dict[str, int], now: int) -> MessageItem | None:
    """The one send that the statuses of this id can be about; ``first``: when each waiting id was first told."""
    meant = [item for item in sent if _may_be_meant(item, first[bsp_id])]
    others = [at for other, at in first.items() if other != bsp_id]
    has_rival = any(_may_be_meant(item, at) for item in meant for at in others)
    return meant[0] if len(meant) == 1 and not has_rival and _is_lost(meant[0], now) else None


def _is_lost(item: MessageItem, now: int) -> bool:
    """Whether nobody is left who could settle the send: its outcome is unknown, or its owner's lease is over."""
    return item.status == "unknown" or (item.status == "sending" and now >= (item.lease_until or 0))


def _may_be_meant(item: MessageItem, first: int) -> bool:
    """An open send, without an id at the BSP, made shortly before the status. One that is still under way
    counts, because it makes the case ambiguous."""
    sent_at = messages.key_of(item).at
    is_open = item.status in ("unknown", "sending") and item.provider_id is None
    return is_open and sent_at - CLOCK_SLACK_MS <= first <= sent_at + RECONCILE_MS


def _find(organization: Organization, event: StatusChanged) -> MessageItem | None:
    key = keys.message_key(event.message_id) if event.message_id else None
    if key is not None:
        found = messages.find(organization.id, key)
        if found is not None:
            return found
    return _by_bsp(organization, event.contact, event.bsp_ids)


def _by_bsp(organization: Organization, ref: ContactRef | None, bsp_ids: tuple[str, ...]) -> MessageItem | None:
    if ref is None or not bsp_ids:
        return None
    contact = contacts.resolve(organization.id, ref)
    found = messages.by_bsp_ids(organization.id, [contact], bsp_ids)
    if found is None:
        merged = contacts.person(organization.id, contact).merged
        found = messages.by_bsp_ids(organization.id, sorted(merged), bsp_ids) if merged else None
    return found


def _apply(organization: Organization, channel: Channel, item: MessageItem, event: Event, now: int) -> None:
    if isinstance(event, Billed):
        _keep_accounts(organization, channel, item, billed=event.pricing)
    elif isinstance(event, StatusChanged):
        _apply_status(organization, channel, item, event, now)


def _apply_status(
    organization: Organization, channel: Channel, item: MessageItem, event: StatusChanged, now: int
) -> None:
    key = messages.key_of(item)
    failure = event.failure if event.status == "failed" else None
    after = messages.add_status(
        item,
        event.status,
        event.at,
        whatsapp_id=event.whatsapp_id,
        code=failure.code if failure else None,
        reason=failure.reason if failure else None,
    )
    if after is None:
        return
    if _is_lost(after, now) and event.status != "failed":
        bsp_id = event.bsp_ids[0] if event.bsp_ids else None
        messages.settle(organization.id, key, "accepted", None, provider_id=bsp_id)
    _keep_accounts(organization, channel, after, event.pricing)
    if failure is not None:
        on_failure(organization, channel, key.contact, failure, event.at)


def _keep_accounts(
    organization: Organization,
    channel: Channel,
    item: MessageItem,
    pricing: Pricing | None = None,
    billed: Pricing | None = None,
) -> None:
    """The ledger follows what became of the message: failed costs nothing; the provider's category wins. Where
    another event changed the message meanwhile, it is reckoned anew."""
    key = messages.key_of(item)
    found: MessageItem | None = item
    while found is not None and found.ledger is not None:
        entry = ledger.load(found.ledger, key.id, key.at)
        cost = _cost(channel, found, entry, pricing) if pricing is not None else None
        if cost is not None and pricing is not None:
            template_category = pricing.category if entry.kind == "template" else None
            entry = ledger.priced(entry, cost, template_category or entry.category)
        if entry.state in ("counted", "failed"):
            shown = shown_status(found.status, messages.statuses_of(found), None, 0)
            entry = replace(entry, state="failed" if shown == "failed" else "counted")
        if billed is not None:
            differs = billing_differs(entry.whatsapp if entry.state == "counted" else 0, entry.category, billed)
            said = billed.category or ("billable" if billed.billable else "free")
            entry = replace(entry, billed=said, billed_differs=differs)
        day = None if billed is not None else local_day(key.at, organization.timezone).isoformat()
        shown_cost = cost_json(cost, estimate=False) if cost is not None else None
        if messages.set_ledger(organization.id, found, ledger.dump(entry), day, shown_cost):
            return
        found = messages.find(organization.id, key)


def _cost(channel: Channel, item: MessageItem, entry: LedgerEntry, pricing: Pricing) -> Cost | None:
    """The price by what the provider says of the message; None where it says nothing that matters."""
    if not (pricing.category or pricing.type):
        return None
    size = (item.media or {}).get("size_bytes")
    card = rate_card(channel.rate_card)
    return price(card, entry.kind, item.to, entry.category, size, pricing, has_media=bool(item.media))


def on_failure(organization: Organization, channel: Channel, contact: str, failure: Failure, at: int) -> None:
    """What a provider's refusal tells of the contact: each kind moves a register of its own."""
    org, nobody = organization.id, ContactRef()
    kind = meaning(failure.code).kind
    if kind == "window_closed":
        if windows.close_window(org, contact, channel.id, at):
            count("gate.divergence", provider=channel.provider)
    elif kind == "opted_out":
        consents.record_consent(org, contact, nobody, "opt_out", at, "provider", f"failure {failure.code}", "provider")
    elif kind == "marketing_stopped":
        consents.record_marketing(org, contact, nobody, True, at)
    elif kind == "unreachable":
        consents.record_unreachable(org, contact, nobody, failure.code, at)
