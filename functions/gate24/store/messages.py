"""Messages: stored once, in the order of the conversation, with what the day's ledger needs beside them.

An inbound message is stored once by its provider id; an outbound one is reserved before the BSP is called and
settled after. Times are epoch milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action

from gate24.authors import author_of_text
from gate24.contacts import Stretch
from gate24.costs import Cost, LedgerEntry, Line
from gate24.events import UNKNOWN_TYPE, ContactRef, Failure, Media
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey
from gate24.messages import Direction, FailedAttempt, Message, Settlement, StoredAnswer
from gate24.rules.calls import join_calls
from gate24.rules.ledger import by_status
from gate24.rules.message_content import fetched_file
from gate24.rules.message_status import message_status
from gate24.rules.money import amount, micro
from gate24.rules.retention import without_content
from gate24.rules.window import WINDOW_MS
from gate24.store import changed_days, keys, ledger_format, media_files
from gate24.store.items import MessageItem, ReservationItem, SentAroundItem, times
from gate24.store.known_fields import known_fields
from gate24.store.table import Item, Written, delete, get, put, put_new, query, translated, update

RESERVATION_KEPT_SECONDS = 8 * 24 * 3600
"""Longer than the 7 days for which a key is promised to be honoured."""

TOLD_SECONDS = 38 * 24 * 3600
"""Longer than the 30 days in which Meta delivers a message and the 7 days in which it repeats a webhook."""

LOOKED_AT = 40
"""How many messages around a moment are looked at, so that another system's cost no more the more there are."""

_OUTBOUND, _BOTH = ("outbound",), ("outbound", "inbound")

_MEDIA_FACTS = ("sha256", "voice", "animated")

_LAST_FEW, _LOOK_BACK, _LOOK_AROUND = (4, 4), (400, 100), (LOOKED_AT, LOOKED_AT)
"""How many of a contact's newest messages are searched for the one that a status is about, at most and at a time:
first, then, and of those that were sent by a known time."""


def add(organization_id: str, message: Message, day: str) -> bool:
    """Stores an inbound message, or one that was sent around gate24, in that local day's ledger. False if it was there
    already; one whose type could not be told gets the content that is understood now."""
    item = _item(organization_id, message)
    _put_into_day(item, organization_id, message.key, day)
    written = put_new(item)
    stored = written.item(MessageItem)
    if stored is not None and stored.type == UNKNOWN_TYPE != item.type:
        add_content(organization_id, message)
    return written.applied


def add_content(organization_id: str, message: Message) -> bool:
    """Gives a stored message whose type was not known the type and the content of this one. False where it has some."""
    item = _item(organization_id, message)
    names = ("type", "text", "media", "media_facts", "content", "reply_to", "details", "in_app")
    told = {name: value for name in names if (value := getattr(item, name)) is not None}
    understood = [getattr(MessageItem, name).set(value) for name, value in told.items()]
    return update(_place(organization_id, message.key), understood, MessageItem.type == UNKNOWN_TYPE).applied


def set_in_app(organization_id: str, key: MessageKey) -> None:
    """Says of a stored message that staff sent it in the WhatsApp Business app."""
    update(_place(organization_id, key), [MessageItem.in_app.set(True)], Item.pk.exists())


def add_call(organization_id: str, call: Message) -> bool:
    """Stores a call, which stands in no day's ledger, or joins what is said of it to what was said before. Returns
    whether it is new."""
    item = _item(organization_id, call)
    written = put_new(item)
    is_new = written.applied
    while not written.applied and (found := written.item(MessageItem)) is not None:
        joined = join_calls(found.details or {}, item.details or {})
        if joined == found.details:
            break
        as_read = MessageItem.details == found.details if found.details else MessageItem.details.does_not_exist()
        written = update(_place(organization_id, call.key), [MessageItem.details.set(joined)], as_read)
    return is_new


@dataclass(frozen=True, slots=True)
class Reservation:
    """Who holds an idempotency key. ``is_mine``: this call holds it now. Else it is somebody's: with the
    ``fingerprint`` of the body it was used for, its message, its ``owner`` and the end of that one's lease."""

    is_mine: bool
    fingerprint: str
    message_id: str
    lease_until: int
    owner: str


def reserve(
    organization_id: str, idempotency_key: str, fingerprint: str, key: MessageKey, owner: str, lease_until: int
) -> Reservation:
    """Takes the idempotency key, or tells who has it. A key that was given back is taken with its message, if the body
    is the same. ``owner`` is unique to this call, so that the SDK's own repetition of a write that was lost on the way
    back is not taken for somebody else's."""
    item = ReservationItem(
        keys.reservation_pk(organization_id, idempotency_key),
        "RESERVATION",
        fingerprint=fingerprint,
        message_id=key.id,
        owner=owner,
        lease_until=lease_until,
        ttl=key.at // 1000 + RESERVATION_KEPT_SECONDS,
    )
    written = put_new(item)
    holder = None if written.applied else written.item(ReservationItem)
    if holder is not None and holder.given_back and holder.owner != owner:
        if holder.fingerprint == fingerprint:
            item.message_id = holder.message_id
        still_free = (ReservationItem.owner == holder.owner) & ReservationItem.given_back.exists()
        written = put(item, still_free)
        holder = None if written.applied else written.item(ReservationItem)
    if holder is None or holder.owner == owner:
        return Reservation(True, fingerprint, item.message_id, lease_until, owner)
    return Reservation(False, holder.fingerprint, holder.message_id, holder.lease_until, holder.owner)


def is_reserved(organization_id: str, idempotency_key: str) -> bool:
    """Whether the key was used before, or is in use."""
    item = get(ReservationItem, keys.reservation_pk(organization_id, idempotency_key), "RESERVATION", consistent=True)
    return item is not None


def release(organization_id: str, idempotency_key: str, owner: str, keeps_message: bool) -> None:
    """Gives the key back: nothing was sent and the same request may be made again. ``keeps_message``: it goes on with
    the message that is stored."""
    item = ReservationItem(keys.reservation_pk(organization_id, idempotency_key), "RESERVATION")
    if keeps_message:
        update(item, [ReservationItem.given_back.set(True)], ReservationItem.owner == owner)
    else:
        delete(item, ReservationItem.owner == owner)


def begin(organization_id: str, message: Message, previous: Message | None = None, day: str | None = None) -> bool:
    """Writes a message that is about to be sent; one that was refused, in that local day's ledger. ``previous``: the
    same message as it was read after an attempt that sent nothing. False if somebody else closed this key's message or
    goes on with it."""
    item = _item(organization_id, message)
    if day is not None:
        _put_into_day(item, organization_id, message.key, day)
    if previous is None:
        written = put_new(item)
    else:
        unmoved = (MessageItem.status == previous.stage) & (MessageItem.owner == previous.owner)
        unmoved &= MessageItem.answer.does_not_exist()
        if not previous.statuses:
            unmoved &= MessageItem.statuses.does_not_exist()
        written = put(item, unmoved)
    holder = None if written.applied else written.item(MessageItem)
    return written.applied or (
        holder is not None
        and (holder.owner, holder.status, holder.forwarded_at) == (message.owner, message.stage, message.forwarded_at)
    )


def settle(organization_id: str, key: MessageKey, settlement: Settlement) -> bool:
    """Ends the sending of a message: False if it was settled already (or is gone). A message that is ``unknown`` may
    still become accepted or rejected, and a provider's id that was guessed gives way to the one that it told. Of one
    that was erased while it was under way only what it costs is kept."""
    written = _settle(organization_id, key, settlement)
    if not written.applied and written.image is None and settlement.day is not None:
        _count_erased(organization_id, key, settlement.day, settlement.ledger)
    return written.applied


def give_back(organization_id: str, key: MessageKey, settlement: Settlement) -> bool:
    """Settles a message of which nothing was sent. Returns whether there is one."""
    written = _settle(organization_id, key, settlement)
    return written.applied or written.image is not None


def _settle(organization_id: str, key: MessageKey, settlement: Settlement) -> Written:
    """The ledger of a message whose outcome was unknown says so; it is corrected by what it says at that moment."""
    written = _end(organization_id, key, settlement, MessageItem.status == "sending")
    while (unknown := _ended_unknown(written, settlement)) is not None:
        as_read, outcome = MessageItem.status == "unknown", settlement
        if unknown.g is not None:
            changed_days.note(organization_id, keys.day_of_partition(unknown.g))
        if unknown.ledger is not None:
            as_read &= MessageItem.ledger == unknown.ledger
            status = message_status(settlement.stage, times(unknown.statuses), None, 0)
            entry = by_status(ledger_format.load(unknown.ledger, key.id, key.at), status)
            outcome = replace(settlement, ledger=settlement.ledger or entry)
        written = _end(organization_id, key, outcome, as_read)
    return written


def _ended_unknown(written: Written, settlement: Settlement) -> MessageItem | None:
    """The message as it stood, if its outcome was unknown and the settlement tells it."""
    item = None if written.applied or settlement.stage == "unknown" else written.item(MessageItem)
    if item is None or item.status != "unknown" or settlement.owner not in (None, item.owner):
        return None
    return item


def _end(organization_id: str, key: MessageKey, outcome: Settlement, condition: Condition) -> Written:
    item, answer = _place(organization_id, key), outcome.answer
    said: list[tuple[Any, Any]] = [
        (MessageItem.status, outcome.stage),
        (MessageItem.provider_id, outcome.provider_id),
        (MessageItem.code, outcome.code),
        (MessageItem.reason, outcome.reason),
        (MessageItem.ledger, ledger_format.dump(outcome.ledger) if outcome.ledger else None),
        (MessageItem.provider_id_is_guess, outcome.provider_id_is_guess or None),
        (MessageItem.failed_attempts, _attempts_json(outcome.failed_attempts)),
    ]
    if outcome.day is not None:
        _put_into_day(item, organization_id, key, outcome.day)
        said += [(Item.g, item.g), (Item.h, item.h)]
    actions = [attribute.set(value) for attribute, value in said if value is not None]
    if answer is not None:  # the first that a caller may have got holds
        actions.append(MessageItem.answer_status.set(MessageItem.answer_status | answer.status))
        actions.append(MessageItem.answer.set(MessageItem.answer | answer.text))
    if outcome.owner is not None:
        condition &= MessageItem.owner == outcome.owner
    if outcome.provider_id is not None and not outcome.provider_id_is_guess:
        condition |= MessageItem.provider_id_is_guess == True  # noqa: E712 (an expression of DynamoDB)
        actions.append(MessageItem.provider_id_is_guess.remove())
    return update(item, actions, condition)


def _attempts_json(attempts: tuple[FailedAttempt, ...]) -> list[list[Any]] | None:
    return [[each.at, each.code, each.reason] for each in attempts] or None


def close_abandoned(organization_id: str, message: Message, settlement: Settlement) -> None:
    """Closes a send whose function crashed after it was begun: marks it unknown, or accepted if a status proves it. A
    message that was settled meanwhile takes the answer alone, if it has none. What was erased does not come back."""
    if settle(organization_id, message.key, settlement):
        return
    answer = settlement.answer
    assert answer is not None
    actions = [MessageItem.answer.set(answer.text), MessageItem.answer_status.set(answer.status)]
    item = _place(organization_id, message.key)
    update(item, actions, Item.pk.exists() & MessageItem.answer.does_not_exist())


def without_person(organization_id: str, item: MessageItem) -> MessageItem:
    """What stays of a message that is erased: that it was there, and its place in the ledger, without the contact's
    key in its id. Its name is that of the provider's message on its channel, whoever it was told of and at whatever
    time, so that it costs once."""
    key = keys.message_key(item.pk, item.sk)
    erased = MessageItem(keys.erased_pk(organization_id, key.suffix), f"{keys.MESSAGE}{key.suffix}")
    erased.direction = erased.type = erased.status = "erased"
    erased.channel, erased.ledger = item.channel, item.ledger
    if item.g is not None:
        erased.g, erased.h = item.g, f"{key.at:013d}#{key.suffix}"
    return erased


def add_erased(organization_id: str, message: Message, day: str, names: Iterable[str] = ()) -> None:
    """A message that was under way while its contact was erased, or came later: only what it costs is kept. ``names``:
    by which it may be told of (hashes of its ids at the BSP)."""
    item = _item(organization_id, message)
    _put_into_day(item, organization_id, message.key, day)
    put_new(without_person(organization_id, item))
    for name in names:
        if name != message.key.suffix:
            place = _erased_place(organization_id, name, keys.SENT_AROUND)
            put_new(SentAroundItem(*place, message=message.key.suffix, ttl=message.key.at // 1000 + TOLD_SECONDS))


def erased_name(organization_id: str, name: str) -> str | None:
    """The name under which it is kept what an erased message of this name costs (consistent); None if there is none."""
    if get(Item, *_erased_place(organization_id, name), consistent=True) is not None:
        return name
    other = get(SentAroundItem, *_erased_place(organization_id, name, keys.SENT_AROUND), consistent=True)
    return None if other is None else other.message


def fail_erased(organization_id: str, name: str, sent_after: int) -> None:
    """It failed: it costs nothing. Only one that was sent after then (epoch ms), when its person was erased already: no
    day's costs change by what is told of a message that was erased itself."""
    item = get(MessageItem, *_erased_place(organization_id, name), consistent=True)
    if item is None or item.ledger is None or item.g is None or item.h is None:
        return
    at = int(item.h.partition("#")[0])
    entry = ledger_format.load(item.ledger, name, at)
    if at <= sent_after or entry.state != "counted":
        return
    changed_days.note(organization_id, keys.day_of_partition(item.g))
    failed = ledger_format.dump(replace(entry, state="failed"))
    update(MessageItem(item.pk, item.sk), [MessageItem.ledger.set(failed)], MessageItem.ledger == item.ledger)


def _erased_place(organization_id: str, name: str, prefix: str = keys.MESSAGE) -> tuple[str, str]:
    return keys.erased_pk(organization_id, name), f"{prefix}{name}"


def _count_erased(organization_id: str, key: MessageKey, day: str, ledger: LedgerEntry | None) -> None:
    """Puts a message that was erased before it was settled into its day's ledger."""
    item = _place(organization_id, key)
    _put_into_day(item, organization_id, key, day)
    erased = without_person(organization_id, item)
    actions = [Item.g.set(erased.g), Item.h.set(erased.h)]
    if ledger is not None:
        actions.append(MessageItem.ledger.set(ledger_format.dump(ledger)))
    update(erased, actions, Item.pk.exists() & Item.g.does_not_exist())


def is_erased(organization_id: str, key: MessageKey) -> bool:
    """Whether there was a message of that name, which went with its contact."""
    return get(Item, keys.erased_pk(organization_id, key.suffix), f"{keys.MESSAGE}{key.suffix}", True) is not None


def find(organization_id: str, key: MessageKey) -> Message | None:
    """The message at that key (consistent)."""
    found = get(MessageItem, *_address(organization_id, key), consistent=True)
    return None if found is None else _message(found)


def find_many(organization_id: str, message_keys: Iterable[MessageKey]) -> list[Message]:
    """Those of the messages that are stored, in any order, read by batches (not consistent)."""
    wanted = [_address(organization_id, key) for key in message_keys]
    with translated("BatchGetItem"):
        return [_message(item) for item in MessageItem.batch_get(wanted)]


def provider_ids(organization_id: str, message_keys: Iterable[MessageKey]) -> dict[str, tuple[str, ...]]:
    """By the ids of the messages that are stored those by which the provider knows them, the one of its answer first
    (not consistent). Read by batches, and of each message no more than that."""
    wanted = [_address(organization_id, key) for key in message_keys]
    with translated("BatchGetItem"):
        found = MessageItem.batch_get(wanted, attributes_to_get=["pk", "sk", "pi", "wi"])
        return {
            keys.message_key(item.pk, item.sk).id: tuple(filter(None, (item.provider_id, item.whatsapp_id)))
            for item in found
        }


def newest_first(
    organization_id: str, stretch: Stretch, before: str | None = None, consistent: bool = False, **kwargs: Any
) -> Iterator[Message]:
    """The messages of a stretch, newest first, read as far as they are taken. ``before``: the ``position`` of a message
    after which to go on. ``kwargs``: ``limit`` and ``page_size`` of PynamoDB's ``Model.query``."""
    return map(_message, _newest_items(organization_id, stretch, before, consistent, **kwargs))


def _newest_items(
    organization_id: str, stretch: Stretch, before: str | None = None, consistent: bool = False, **kwargs: Any
) -> Iterator[MessageItem]:
    pk = keys.contact_pk(organization_id, stretch.contact_id)
    first, last = keys.between(keys.MESSAGE, stretch.after, stretch.until)
    if before is not None and before <= first:
        return
    condition = Item.sk.between(first, min(before, last) if before else last)
    kwargs |= {"range_key_condition": condition, "scan_index_forward": False, "consistent_read": consistent}
    with translated("Query"):
        for item in MessageItem.query(pk, **kwargs):
            if item.sk != before:
                yield item


def position(message: Message) -> str:
    """Where a message stands in its conversation; later messages have greater ones."""
    return keys.message_sort(message.key)


def opening_times(organization_id: str, stretch: Stretch, channel_id: str) -> Iterator[int]:
    """Times of the messages and calls that opened or extended the window of a channel, newest first."""
    for message in newest_first(organization_id, stretch, consistent=True):
        if message.channel_id == channel_id and message.opens_window:
            yield message.key.at


def copies(
    organization_id: str,
    contact_ids: Iterable[str],
    channel_id: str,
    provider_id: str,
    around: int,
    direction: Direction = "inbound",
    days_before: int = 1,
) -> list[MessageKey]:
    """Where the contacts have this message or call of the channel's provider, from so many days before ``around`` until
    a day after it (consistent)."""
    first, last = (f"{keys.MESSAGE}{max(0, around + days * WINDOW_MS):013d}" for days in (-days_before, 1))
    return [
        keys.message_key(item.pk, item.sk)
        for contact_id in contact_ids
        for item in query(
            MessageItem,
            keys.contact_pk(organization_id, contact_id),
            range_key_condition=Item.sk.between(first, last),
            filter_condition=(MessageItem.provider_id == provider_id) & (MessageItem.channel == channel_id),
            consistent_read=True,
        )
        if item.direction == direction
    ]


def remove(organization_id: str, copies: Iterable[MessageKey]) -> None:
    """Takes away copies of a message that is stored elsewhere."""
    for key in copies:
        item = _place(organization_id, key)
        stored = get(MessageItem, item.pk, item.sk, consistent=True)
        if stored is not None and stored.g is not None:
            changed_days.note(organization_id, keys.day_of_partition(stored.g))
        if stored is not None and stored.media is not None and stored.direction == "inbound":
            media_files.delete_of_messages(organization_id, [key])
        delete(item)


def among_last_few(organization_id: str, contact_id: str, provider_ids: tuple[str, ...]) -> Message | None:
    """The outgoing message which the BSP knows by one of the ids, if it is one of the contact's last few, as it mostly
    is: reading these costs a single read unit."""
    return _newest_with(organization_id, [Stretch(contact_id)], provider_ids, _OUTBOUND, (_LAST_FEW,))


def by_provider_ids(
    organization_id: str, contact_ids: Iterable[str], provider_ids: tuple[str, ...], sent_by: int | None = None
) -> Message | None:
    """The outgoing message which the BSP knows by one of the ids, among the contact's newest. ``sent_by``: where it is
    known that it was sent shortly before that time (epoch ms), so that few messages can be meant."""
    stretches = [Stretch(each, until=sent_by) for each in contact_ids]
    page = _LOOK_BACK if sent_by is None else _LOOK_AROUND
    return _newest_with(organization_id, stretches, provider_ids, _OUTBOUND, (page,))


def by_any_id(organization_id: str, stretches: Iterable[Stretch], provider_id: str) -> Message | None:
    """The message, of either direction, which the BSP knows by this id, among the newest of each stretch."""
    return _newest_with(organization_id, stretches, (provider_id,), _BOTH, (_LAST_FEW, _LOOK_BACK))


def _newest_with(
    organization_id: str,
    stretches: Iterable[Stretch],
    provider_ids: Iterable[str],
    directions: Collection[str],
    pages: Iterable[tuple[int, int]],
) -> Message | None:
    """``pages``: how many messages are read at most, and how many at a time; then the next pair, from the start."""
    wanted = set(provider_ids)
    for stretch in stretches:
        for limit, at_a_time in pages:
            for item in _newest_items(organization_id, stretch, consistent=True, limit=limit, page_size=at_a_time):
                if wanted & {item.provider_id, item.whatsapp_id} and item.direction in directions:
                    return _message(item)
    return None


def around(organization_id: str, contact_id: str, start: int, until: int) -> list[Message]:
    """The newest ``LOOKED_AT`` of the contact's messages of that time (epoch ms, consistent)."""
    stretch = Stretch(contact_id, after=max(0, start - 1), until=until)
    return list(newest_first(organization_id, stretch, consistent=True, limit=LOOKED_AT, page_size=LOOKED_AT))


def since(
    organization_id: str, contact_id: str, start: int, until: int | None = None, with_sent_around: bool = True
) -> list[Message]:
    """The contact's messages from ``start`` on, oldest first (consistent). Both times epoch ms."""
    pk = keys.contact_pk(organization_id, contact_id)
    condition = Item.sk.between(*keys.between(keys.MESSAGE, max(0, start - 1), until))
    wanted = None if with_sent_around else MessageItem.sent_around.does_not_exist()
    found = query(MessageItem, pk, range_key_condition=condition, filter_condition=wanted, consistent_read=True)
    return [_message(item) for item in found]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What the ledger is to know of a message. ``day``: the local day in whose ledger it belongs, if it is not in one.
    ``cost``: what is shown; None where that stays."""

    entry: LedgerEntry
    day: str | None
    cost: Cost | None = None
    cost_is_estimate: bool = False


def add_status(
    organization_id: str,
    message: Message,
    status: str,
    at: int,
    whatsapp_id: str | None = None,
    failure: Failure | None = None,
    reckoned: Reckoned | None = None,
) -> Message | None:
    """Keeps a delivery status of the message, once, with its first time. ``message``: as it was read; what it had
    been told by then chooses which write is tried first. ``reckoned``: what the ledger is to know by this status; it is
    kept in the same write, if nothing else changed the message meanwhile. Returns the message as it is then, None if it
    is gone."""
    target, one = _place(organization_id, message.key), MessageItem.statuses[status]
    beside = [
        (MessageItem.whatsapp_id, whatsapp_id),
        (MessageItem.code, failure.code if failure else None),
        (MessageItem.reason, failure.reason if failure else None),
    ]
    also = [attribute.set(value) for attribute, value in beside if value is not None]
    correction = [] if reckoned is None else _correction(organization_id, message, reckoned)
    is_first = not message.statuses
    while True:
        if is_first:
            said, condition = MessageItem.statuses.set({status: at}), MessageItem.statuses.does_not_exist()
            condition = Item.pk.exists() & condition
        else:
            said, condition = one.set(at), one.does_not_exist() & MessageItem.statuses.exists()
        if correction:
            condition &= _is_as_read(message)
        written = update(target, [said, *also, *correction], condition, "ALL_NEW")
        item = written.item(MessageItem)
        found = None if item is None else _message(item)
        if written.applied or found is None or status in found.statuses:
            return found
        is_first, correction = not found.statuses, []


def set_ledger(organization_id: str, message: Message, reckoned: Reckoned) -> bool:
    """Corrects what the ledger knows of a message (it failed, it was billed, it got settled late), and the cost that
    is shown. False if its statuses or its ledger changed since ``message`` was read: then what was reckoned from it is
    out of date."""
    actions = _correction(organization_id, message, reckoned)
    return not actions or update(_place(organization_id, message.key), actions, _is_as_read(message)).applied


def _correction(organization_id: str, message: Message, reckoned: Reckoned) -> list[Action]:
    """What corrects the message in the write that follows; nothing where it says so already. Of a closed day it is
    noted before."""
    assert message.ledger is not None
    entry, cost, cost_is_estimate = reckoned.entry, reckoned.cost, reckoned.cost_is_estimate
    actions: list[Action] = []
    if message.ledger != entry:
        actions.append(MessageItem.ledger.set(ledger_format.dump(entry)))
    stored = _stored_cost(message.cost, message.cost_is_estimate) if message.cost else None
    if cost is not None and stored != _stored_cost(cost, cost_is_estimate):
        actions.append(MessageItem.cost.set(_stored_cost(cost, cost_is_estimate)))
    if message.ledger.kind != entry.kind:  # of a message that was sent around gate24
        actions.append(MessageItem.sent_as.set(entry.kind))
    if message.ledger_day is not None and actions:
        changed_days.note(organization_id, message.ledger_day)
    if reckoned.day is not None and message.ledger_day is None:
        item = _place(organization_id, message.key)
        _put_into_day(item, organization_id, message.key, reckoned.day)
        actions += [Item.g.set(item.g), Item.h.set(item.h)]
    return actions


def _is_as_read(message: Message) -> Condition:
    """That the message's statuses and its ledger are what was read."""
    assert message.ledger is not None
    as_read: Condition = (
        size(MessageItem.statuses) == len(message.statuses)  # type: ignore[no-untyped-call]
        if message.statuses
        else MessageItem.statuses.does_not_exist()
    )
    as_read &= MessageItem.ledger == (message.ledger.stored or ledger_format.dump(message.ledger))
    return as_read


def correct_time(organization_id: str, message: Message, at: int, is_estimate: bool, day: str) -> bool:
    """Corrects when a message that was sent around gate24 was sent (epoch ms), and in the ledger of which local day it
    stands. False if that changed since ``message`` was read."""
    item = _place(organization_id, message.key)
    known, estimate = MessageItem.forwarded_at, MessageItem.time_is_estimate
    actions = [known.set(at), estimate.set(True) if is_estimate else estimate.remove()]
    if message.ledger_day is not None:
        changed_days.note(organization_id, message.ledger_day)
    if day != message.ledger_day:
        _put_into_day(item, organization_id, message.key, day)
        actions += [Item.g.set(item.g), Item.h.set(item.h)]
    as_read = Item.pk.exists() & (estimate.exists() if message.time_is_estimate else estimate.does_not_exist())
    as_read &= known.does_not_exist() if message.forwarded_at is None else known == message.forwarded_at
    return update(item, actions, as_read).applied


def forget_content(organization_id: str, item: MessageItem) -> bool:
    """Takes the content out of a message as it was read, its file first: where that fails, the next run finds the
    message again. Its place in the ledger is not touched, so the index is not
    written. False if that was done already, or the message is gone."""
    message = _message(item)
    file = fetched_file(message)
    if file is not None:
        media_files.delete_of_messages(organization_id, [message.key])
    left = _item(organization_id, without_content(message))
    stays = ((MessageItem.template, left.template), (MessageItem.details, left.details))
    goes = [MessageItem.text, MessageItem.media, MessageItem.media_facts, MessageItem.content, MessageItem.reply_to]
    actions: list[Action] = [each.remove() for each in goes]
    actions += [each.remove() if value is None else each.set(value) for each, value in stays]
    condition = Item.pk.exists() & MessageItem.content_forgotten.does_not_exist()
    is_forgotten = update(item, [*actions, MessageItem.content_forgotten.set(True)], condition).applied
    if file is not None and file.fetch is None:  # it may have been fetched in between
        media_files.delete_of_messages(organization_id, [message.key])
    return is_forgotten


def set_media(organization_id: str, key: MessageKey, media: Media) -> bool:
    """Keeps what has come of fetching the message's file. False if the message or its content is gone."""
    condition = Item.pk.exists() & MessageItem.content_forgotten.does_not_exist()
    actions = [MessageItem.media.set(_without_none(asdict(media)))]
    return update(_place(organization_id, key), actions, condition).applied


def _address(organization_id: str, key: MessageKey) -> tuple[str, str]:
    return keys.contact_pk(organization_id, key.contact_id), keys.message_sort(key)


def _place(organization_id: str, key: MessageKey) -> MessageItem:
    return MessageItem(*_address(organization_id, key))


def _put_into_day(item: MessageItem, organization_id: str, key: MessageKey, day: str) -> None:
    """Puts the message into the ledger of that local day, with the write that follows."""
    changed_days.note(organization_id, day)
    item.g, item.h = keys.day_partition(organization_id, day, key.contact_id), keys.day_sort(key)


def _item(organization_id: str, message: Message) -> MessageItem:
    opening = {"opens": message.opens_window} if message.direction == "inbound" or message.opens_window else {}
    details = {**opening, **message.details}
    media = _without_none(asdict(message.media)) if message.media else {}
    media_facts = {name: media.pop(name) for name in _MEDIA_FACTS if name in media}
    pk, sk = _address(organization_id, message.key)
    return MessageItem(
        pk,
        sk,
        direction=message.direction,
        type=message.type,
        channel=message.channel_id,
        status=message.stage,
        statuses=dict(message.statuses) or None,
        text=message.text,
        media=media or None,
        media_facts=media_facts or None,
        template=message.template,
        content=json.dumps(message.content, ensure_ascii=False, separators=(",", ":")) if message.content else None,
        reply_to=message.reply_to,
        details=details or None,
        to=message.to.text if message.to else None,
        sent_as=message.sent_as,
        provider_id=message.provider_id,
        whatsapp_id=message.whatsapp_id,
        code=message.code,
        reason=message.reason,
        owner=message.owner,
        lease_until=message.lease_until,
        forwarded_at=message.forwarded_at,
        failed_attempts=_attempts_json(message.failed_attempts),
        cost=_stored_cost(message.cost, message.cost_is_estimate) if message.cost else None,
        ledger=ledger_format.dump(message.ledger) if message.ledger else None,
        answer_status=message.answer.status if message.answer else None,
        answer=message.answer.text if message.answer else None,
        content_forgotten=not message.is_content_kept or None,
        sent_around=message.sent_around or None,
        time_is_estimate=message.time_is_estimate or None,
        in_app=message.in_app,
        author=message.author.text if message.author else None,
    )


def message_of(item: MessageItem) -> Message:
    """The message of its item."""
    return _message(item)


def _message(item: MessageItem) -> Message:
    key = keys.message_key(item.pk, item.sk)
    details = dict(item.details or {})
    cost = item.cost
    return Message(
        key=key,
        direction=item.direction,  # type: ignore[arg-type]
        type=item.type,
        channel_id=item.channel,
        stage=item.status,  # type: ignore[arg-type]
        statuses=times(item.statuses),
        text=item.text,
        media=Media(**known_fields(Media, {**item.media, **(item.media_facts or {})})) if item.media else None,
        template=item.template,
        content=json.loads(item.content) if item.content else None,
        reply_to=item.reply_to,
        opens_window=bool(details.pop("opens", False)),
        details=details,
        to=_person(item.to) if item.to else None,
        sent_as=item.sent_as,  # type: ignore[arg-type]
        provider_id=item.provider_id,
        whatsapp_id=item.whatsapp_id,
        code=item.code,
        reason=item.reason,
        owner=item.owner,
        lease_until=item.lease_until,
        forwarded_at=item.forwarded_at,
        provider_id_is_guess=bool(item.provider_id_is_guess),
        failed_attempts=tuple(FailedAttempt(*each) for each in item.failed_attempts or ()),
        cost=_cost(cost) if cost else None,
        cost_is_estimate=bool(cost and cost["estimate"]),
        ledger=ledger_format.load(item.ledger, key.id, key.at) if item.ledger else None,
        ledger_day=None if item.g is None else keys.day_of_partition(item.g),
        answer=StoredAnswer(item.answer_status or 200, item.answer) if item.answer is not None else None,
        is_content_kept=not item.content_forgotten,
        sent_around=bool(item.sent_around),
        time_is_estimate=bool(item.time_is_estimate),
        in_app=item.in_app,
        author=author_of_text(item.author) if item.author else None,
    )


def _person(stored: str) -> ContactRef:
    return ContactRef(stored) if stored.startswith("+") else ContactRef(user_id=stored)


def _stored_cost(cost: Cost, estimate: bool) -> dict[str, Any]:
    return {
        "amount": amount(cost.total),
        "currency": cost.currency,
        "lines": [{"fee": line.fee, "amount": amount(line.micro)} for line in cost.lines if line.micro],
        "estimate": estimate or cost.unpriced,
    }


def _cost(stored: dict[str, Any]) -> Cost:
    return Cost(stored["currency"], tuple(Line(line["fee"], micro(line["amount"])) for line in stored["lines"]))


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
