"""Erasure, page by page: deletes what is stored of a person; keeps the refusal to be written to, and the ledger entries
without the person, and remembers what was told, so that it brings nobody back when it is told again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import islice

from gate24.contacts import EVERY_CHANNEL, ConsentEntry, Contact, Erasure, Stretch
from gate24.message_keys import short_hash
from gate24.rules.consent import consent_status, entries_of, has_stopped_marketing
from gate24.rules.message_content import fetched_file
from gate24.rules.number_changes import belongs, goes_along
from gate24.store import (
    care,
    changed_days,
    consent_history,
    keys,
    media_files,
    media_queue,
    messages,
    name_words,
    number_changes,
    sent_around,
    unrecognized,
    waiting_bodies,
    waiting_statuses,
)
from gate24.store.consent_history import entry_of
from gate24.store.contacts import read, suppressed
from gate24.store.items import (
    BodyMentionItem,
    ConsentItem,
    ContactItem,
    ErasureItem,
    MentionItem,
    MessageItem,
    SuppressionItem,
    WaitingStatusItem,
)
from gate24.store.known_fields import known_fields
from gate24.store.table import Item, delete, delete_all, get, put, put_all, put_new, query, translated, update

_OPT_OUT_AT = SuppressionItem.opt_out_at
_PAGE = 100
_ID_LENGTH = 12
"""Of an erasure's id (``short_hash``)."""
_FETCHED_BY_THEN_SECONDS = 300
"""Longer than fetching a file may take (120 s, template.yaml)."""

_ALWAYS_KEPT = (keys.SUPPRESSION, keys.LEFT, keys.CAME)


class Overtaken(Exception):
    """Another function has gone on with the erasure since this one read it."""


def suppress(organization_id: str, contact_id: str, contact: Contact, erasure: Erasure) -> None:
    """Keeps the time of the erasure and the refusals that hold now; one from an earlier erasure that holds no more is
    not kept. One that is the word of somebody who left this number since stays with that person."""
    _hand_over(organization_id, contact_id, contact)
    consent = contact.consent
    stopped = {name: told for name, told in consent.stopped_marketing.items() if has_stopped_marketing(consent, name)}
    put(
        SuppressionItem(
            keys.contact_pk(organization_id, contact_id),
            keys.SUPPRESSION,
            opt_out_at=consent.opt_out_at if consent_status(consent) == "opted_out" else None,
            stopped_marketing={name: told for name, told in stopped.items() if name != EVERY_CHANNEL} or None,
            stopped_marketing_at=stopped.get(EVERY_CHANNEL),
            blocked=consent.blocked or None,
            blocked_at=consent.blocked_at if consent.blocked else None,
            erased_at=erasure.at,
            identities=set(erasure.own_ids),
            erasure=erasure.id,
        )
    )


def _hand_over(organization_id: str, contact_id: str, contact: Contact) -> None:
    """Puts what outlived the erasure of somebody who left the number into that person's history, before what outlives
    this erasure takes its place."""
    own = next((each for each in contact.present if each.contact_id == contact_id), Stretch(contact_id))
    kept = get(SuppressionItem, keys.contact_pk(organization_id, contact_id), keys.SUPPRESSION, consistent=True)
    if kept is None or own.after is None or (kept.erased_at or 0) > (own.after_known or own.after):
        return
    for entry in entries_of(suppressed(kept)):
        consent_history.append(organization_id, contact_id, replace(entry, at=min(entry.at, own.after)))


def change_block(organization_id: str, contact_id: str, blocked: bool, at: int) -> None:
    """Blocks or unblocks somebody who was erased, under every identity of the person. Nothing else is written: nothing
    of the person comes back."""
    for each in _identities(organization_id, contact_id):
        item = SuppressionItem(keys.contact_pk(organization_id, each), keys.SUPPRESSION)
        update(item, [SuppressionItem.blocked.set(blocked), SuppressionItem.blocked_at.set(at)], Item.pk.exists())
        number_changes.reckon(organization_id, each)


def refuse_later(organization_id: str, contact_id: str, entry: ConsentEntry) -> None:
    """Keeps an opt-out that was under way while its contact was erased; nothing else of that time matters any more."""
    if entry.action != "opt_out":
        return
    moved = _OPT_OUT_AT
    for each in _identities(organization_id, contact_id):
        item = SuppressionItem(keys.contact_pk(organization_id, each), keys.SUPPRESSION)
        update(item, [moved.set(entry.at)], moved.does_not_exist() | (moved < entry.at))
        number_changes.reckon(organization_id, each)


def remember_as(organization_id: str, contact_id: str, more: set[str]) -> None:
    """Somebody who was erased has these user ids (contacts' ids), too: the refusals hold under each that nothing was
    kept of."""
    ids = _identities(organization_id, contact_id) | more
    kept = get(SuppressionItem, keys.contact_pk(organization_id, contact_id), keys.SUPPRESSION, consistent=True)
    for each in sorted(ids):
        item = SuppressionItem(keys.contact_pk(organization_id, each), keys.SUPPRESSION)
        if kept is not None and each in more:
            kept.pk = item.pk
            put_new(kept)
        update(item, [SuppressionItem.identities.add(ids)], Item.pk.exists())
        number_changes.reckon(organization_id, each)


def _identities(organization_id: str, contact_id: str) -> set[str]:
    """The ids under which somebody was erased."""
    kept = get(SuppressionItem, keys.contact_pk(organization_id, contact_id), keys.SUPPRESSION, consistent=True)
    return {contact_id, *(kept.identities or () if kept else ())}


def knows_message(organization_id: str, name: str) -> bool:
    """Whether a message of this name (the end of its key) was erased."""
    return get(Item, keys.erased_pk(organization_id, name), f"{keys.MESSAGE}{name}", consistent=True) is not None


def knows_consent(organization_id: str, contact_id: str, entry_name: str) -> bool:
    """Whether that entry of a consent history was erased."""
    return get(Item, *_place_of_consent(organization_id, contact_id, entry_name), consistent=True) is not None


def _place_of_consent(organization_id: str, contact_id: str, entry_name: str) -> tuple[str, str]:
    name = short_hash(contact_id, entry_name)
    return keys.erased_pk(organization_id, name), f"{keys.CONSENT}{name}"


def hide(organization_id: str, contact_id: str) -> None:
    """Deletes what readers know the contact by: names, consent, windows. The messages are no longer found by it."""
    pk = keys.contact_pk(organization_id, contact_id)
    facts = query(Item, pk, range_key_condition=Item.sk.startswith(keys.DECISION_FACTS), consistent_read=True)
    delete_all([item for item in facts if not item.sk.startswith(_ALWAYS_KEPT)])
    name_words.remove_all(organization_id, contact_id)
    care.forget_marks(organization_id, contact_id)
    number_changes.reckon(organization_id, contact_id)


def is_left_over(organization_id: str, contact_id: str) -> bool:
    """Whether there are messages without a contact, as an erasure leaves them that broke off."""
    pk = keys.contact_pk(organization_id, contact_id)
    return bool(query(Item, pk, range_key_condition=Item.sk.startswith(keys.MESSAGE), limit=1, consistent_read=True))


def erase_page(
    organization_id: str,
    stretch: Stretch,
    own_ids: tuple[str, ...],
    is_spared: Callable[[], bool] = lambda: False,
) -> int:
    """Erases the next messages, consents, waiting statuses and unrecognized events of a stretch; returns how many. None
    is left where it returns 0. ``own_ids``: the person's contacts, under each of which something may be told again.
    ``is_spared``: asked between reading and erasing; where it says so, nothing is erased.

    Files go before the messages that name them, and each of the rest leaves its name before it goes. In between a
    message stands twice in its day's ledger, once without the person; whoever reads the ledger takes both for one
    (``store.costs.entries``)."""
    for prefix in keys.DATED:
        found = _page(organization_id, stretch, prefix)
        if found and is_spared():
            return 0
        if found:
            said = [each for each in found if isinstance(each, MessageItem)]
            sent_around.forget(organization_id, [messages.message_of(each) for each in said if each.sent_around])
            _note_days(organization_id, said)
            put_all(MessageItem, [messages.without_person(organization_id, each) for each in said])
            _erase_files(organization_id, said)
            agreed = [each for each in found if isinstance(each, ConsentItem)]
            put_all(Item, _names(organization_id, {stretch.contact_id, *own_ids}, agreed))
            waiting_statuses.remove_by_id([each for each in found if isinstance(each, WaitingStatusItem)])
            unrecognized.erase_mentioned(organization_id, [each for each in found if isinstance(each, MentionItem)])
            waiting_bodies.erase_mentioned([each for each in found if isinstance(each, BodyMentionItem)])
            under_way = [each for each in said if each.status in ("sending", "unknown")]
            for each in under_way:  # one that is settled meanwhile is found again, with its day
                delete(each, MessageItem.status == each.status)
            delete_all([Item(each.pk, each.sk) for each in found if each not in under_way])
            return len(found)
    return 0


def _note_days(organization_id: str, said: list[MessageItem]) -> None:
    """The days of the messages are reckoned again, without the person among those reached."""
    days = {keys.day_of_partition(each.g) for each in said if each.g is not None}
    changed_days.note_all(organization_id, sorted(days))


def _erase_files(organization_id: str, said: list[MessageItem]) -> None:
    """Deletes the files of the person's messages. One that is being fetched at this moment may be put after that, and
    even before its message goes: it is looked for once more when no fetching can be under way (``media_queue``)."""
    with_content = (messages.message_of(each) for each in said if each.media is not None or each.content is not None)
    files = [(each.key, file) for each in with_content if (file := fetched_file(each)) is not None]
    for key, file in files:
        if file.fetch is None:
            media_queue.put(organization_id, key, _FETCHED_BY_THEN_SECONDS)
    media_files.delete_of_messages(organization_id, [key for key, _ in files])


def _page(organization_id: str, stretch: Stretch, prefix: str) -> list[Item]:
    """Of a history some entries may stay for somebody else: what goes is read past them, and no further."""
    is_history = prefix == keys.CONSENT
    last = stretch.until_known if is_history else stretch.until
    pk, dated = keys.contact_pk(organization_id, stretch.contact_id), keys.between(prefix, stretch.after, last)
    if not is_history:
        found = query(
            Item, pk, range_key_condition=Item.sk.between(*dated), consistent_read=True, limit=_PAGE, page_size=_PAGE
        )
        return found[:_PAGE]
    number = read(organization_id, stretch.contact_id)
    has_other = not (number.is_left and number.left_at == stretch.until)
    theirs = (each for each in _history(pk, dated) if _goes(stretch, entry_of(each), has_other))
    return list(islice(theirs, _PAGE))


def _history(pk: str, dated: tuple[str, str]) -> Iterator[ConsentItem]:
    """The entries, oldest first, read as far as they are taken."""
    condition = Item.sk.between(*dated)
    with translated("Query"):
        yield from ConsentItem.query(pk, range_key_condition=condition, consistent_read=True, page_size=_PAGE)


def _goes(stretch: Stretch, entry: ConsentEntry, has_other: bool) -> bool:
    """Whether the entry goes with the stretch: what staff recorded for two people stays for the other, if somebody else
    has the number (``has_other``)."""
    if not belongs(entry, stretch):
        return False
    is_from_before = entry.is_by_staff and entry.at <= (stretch.after_known or 0)
    is_for_two = stretch.until is not None and entry.at > stretch.until and not goes_along(entry)
    return not is_from_before and not (is_for_two and has_other)


def _names(organization_id: str, contact_ids: set[str], items: list[ConsentItem]) -> list[Item]:
    names = {item.sk.removeprefix(keys.CONSENT).split("#", 1)[1] for item in items}
    return [Item(*_place_of_consent(organization_id, each, name)) for each in contact_ids for name in names]


def finish(organization_id: str, contact_id: str, erasure_id: str) -> None:
    """From now on what was told before the erasure is known by its name alone."""
    item = SuppressionItem(keys.contact_pk(organization_id, contact_id), keys.SUPPRESSION)
    update(item, [SuppressionItem.erasure.remove()], SuppressionItem.erasure == erasure_id)
    number_changes.reckon(organization_id, contact_id)


def save(organization_id: str, erasure: Erasure) -> Erasure:
    """Saves how far it is, and returns it so. Overtaken where another function saved it since it was read: that one
    goes on with it."""
    read, revision = ErasureItem.revision, None if erasure.finished_at is not None else secrets.token_hex(8)
    after = replace(erasure, revision=revision)
    item = _item(organization_id, after)
    written = put(item, read.does_not_exist() if erasure.revision is None else read == erasure.revision)
    found = written.item(ErasureItem)
    if written.applied or (found is not None and (found.revision, found.body) == (revision, item.body)):
        return after
    raise Overtaken


def _item(organization_id: str, erasure: Erasure) -> ErasureItem:
    stretches = [asdict(each) for each in erasure.stretches]
    body = asdict(erasure) | {"own_ids": list(erasure.own_ids), "stretches": stretches}
    revision, searched_to = body.pop("revision"), body.pop("searched_to") or None
    if erasure.finished_at is not None:
        searched_to = None
    return ErasureItem(_pk(organization_id), erasure.id, searched_to=searched_to, revision=revision, body=body)


def erasure(organization_id: str, erasure_id: str) -> Erasure | None:
    """The erasure as it stands now (consistent); None if there is none of that id."""
    if len(erasure_id) > _ID_LENGTH:
        return None
    found = get(ErasureItem, _pk(organization_id), erasure_id, consistent=True)
    return None if found is None else _erasure(found)


def _erasure(found: ErasureItem) -> Erasure:
    body = known_fields(Erasure, found.body)
    stretches = tuple(Stretch(**known_fields(Stretch, each)) for each in body["stretches"])
    known = {"own_ids": tuple(body["own_ids"]), "stretches": stretches}
    return Erasure(**(body | known), searched_to=found.searched_to or "", revision=found.revision)


def all_of(organization_id: str) -> list[Erasure]:
    """The organization's erasures, in no order."""
    return [_erasure(item) for item in query(ErasureItem, _pk(organization_id))]


def refusals(organization_id: str, erasure: Erasure) -> list[str]:
    """What outlives the erasure under keyed hashes: ``opt_out``, ``marketing_stop``, ``block``. A later erasure of the
    same person has what outlives both."""
    pk = keys.contact_pk(organization_id, erasure.own_ids[-1])
    kept = get(SuppressionItem, pk, keys.SUPPRESSION)
    if kept is None or kept.erased_at != erasure.at:
        return []
    has_stopped = kept.stopped_marketing is not None or kept.stopped_marketing_at is not None
    held = {"opt_out": kept.opt_out_at is not None, "marketing_stop": has_stopped, "block": bool(kept.blocked)}
    return [name for name, is_held in held.items() if is_held]


def _pk(organization_id: str) -> str:
    return f"X#{organization_id}"


def forget_user_ids(organization_id: str, contact_id: str, user_ids: set[str]) -> None:
    """Takes the user ids of somebody who was erased off a number that somebody else has now."""
    item = ContactItem(keys.contact_pk(organization_id, contact_id), keys.CONTACT)
    if user_ids:
        update(item, [ContactItem.user_ids.delete(user_ids), ContactItem.linked.delete(user_ids)], Item.pk.exists())
