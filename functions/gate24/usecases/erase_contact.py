"""Erases a contact: everything but its opt-out, and the ledger entries without the person.

The person is gone to every reader before the first message is deleted; the rest is done page by page, by the request
itself as far as it gets, and then from the retry queue. Each step may be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from gate24 import clock
from gate24.contacts import Contact, Erasure, Stretch
from gate24.events import ContactRef
from gate24.message_keys import short_hash
from gate24.observability import count
from gate24.store import contacts, erasure, name_words, number_changes, retry_queue, unrecognized
from gate24.store.erasure import Overtaken
from gate24.store.retry_queue import NotQueued, QueuedErasure
from gate24.store.table import StoreError

SECONDS_AT_ONCE = 6.0
"""How long one call goes on; API Gateway waits 30 s for an answer, and the queue's consumer has 20 s."""

_TAKEN_OVER_AFTER_SECONDS = 30
"""When the queue goes on with an erasure whose request did not finish it, or died, and when it looks once more for what
was under way: longer than any function that writes messages may run (20 s, template.yaml)."""


def erase_contact(organization_id: str, contact: Contact, at: int, by: Mapping[str, str] | None = None) -> Erasure:
    """Begins to erase the contact, the identities merged into it, its aliases and what it said under earlier numbers,
    and goes on for ``SECONDS_AT_ONCE``.

    What stays: under the keyed hash of the number, an opt-out, marketing stop or block; and the ledger facts of the
    messages (fee, kind, channel), cut off from the person, so that no day's costs change. ``at``: epoch ms. ``by``: who
    asks for it, as ``Erasure`` keeps it. StoreError where it can neither be finished nor queued.
    """
    known = [contact, *(contacts.read(organization_id, each) for each in contact.all_ids if each != contact.id)]
    theirs = [each for each in known if each.id == contact.id or each.left_at is None or each.is_left]
    merged = (each for each in theirs if each.left_at is None)
    user_ids = contact.user_ids.union(contact.linked, *(each.user_ids for each in merged))
    aliases = {contacts.contact_id(organization_id, ContactRef(user_id=user_id)) for user_id in user_ids}
    whole = [each for each in contact.earlier if each.is_whole]  # user ids, which nobody else ever has
    left = [each for each in contact.earlier if not each.is_whole]
    own = {each.contact_id: each for each in (*(Stretch(each) for each in aliases), *whole, *contact.present)}
    own_ids = (*sorted(own.keys() - {contact.id} - {each.contact_id for each in left}), contact.id)
    for stretch in left:  # somebody else may have that number now
        erasure.forget_user_ids(organization_id, stretch.contact_id, set(user_ids))
    stretches = (
        *left,
        *(replace(own[each], until=at, until_known=at) for each in own_ids),
    )
    begun = Erasure(short_hash(contact.id, str(at)), at, own_ids, stretches, by=by)
    is_queued = _queue(organization_id, begun, _TAKEN_OVER_AFTER_SECONDS)  # first, so that none is begun and forgotten
    with suppress(Overtaken):  # another request began the same one in the same millisecond
        begun = erasure.save(organization_id, begun)
    done = _go_on_in_request(organization_id, begun)
    if done.finished_at is None and not is_queued:
        raise _not_queued()
    count("contact.erased")
    return done


def _take_out_of_sight(organization_id: str, begun: Erasure) -> Erasure:
    """No reader finds the person any more, and what was told before brings nobody back. The refusals are kept under all
    ids before the first contact goes that tells of them."""
    contact = contacts.read(organization_id, begun.own_ids[-1])
    if (contact.erased_at or 0) > begun.at:
        return replace(begun, is_hidden=True)  # a later erasure did so; who is there by now has come since
    if contact.erasure != begun.id:
        for contact_id in begun.own_ids:
            erasure.suppress(organization_id, contact_id, contact, begun)
    left = (each.contact_id for each in begun.stretches if each.contact_id not in begun.own_ids)
    numbers = [contacts.read(organization_id, each) for each in left]
    unused = [each.id for each in numbers if each.is_left and not each.linked | each.user_ids]
    for contact_id in (*unused, *begun.own_ids):
        erasure.hide(organization_id, contact_id)
    for each in numbers:
        if each.id not in unused:  # hidden by an attempt that broke off before it reckoned, perhaps
            number_changes.reckon(organization_id, each.id)
    return erasure.save(organization_id, replace(begun, is_hidden=True))


def _go_on(organization_id: str, begun: Erasure) -> Erasure:
    """Goes on with an erasure for ``SECONDS_AT_ONCE``; returns how far it is, which is saved. Overtaken where another
    function saved it meanwhile."""
    until = time.monotonic() + SECONDS_AT_ONCE
    done = read = begun if begun.is_hidden else _take_out_of_sight(organization_id, begun)
    try:
        while done.stretches_done < len(done.stretches) or done.searched_to != unrecognized.SEARCHED:
            if time.monotonic() > until:
                return erasure.save(organization_id, done)
            done = _erase_some(organization_id, done)
    except StoreError:
        if done != read:
            with suppress(StoreError, Overtaken):  # what failed is told, not this
                erasure.save(organization_id, done)
        raise
    for contact_id in done.own_ids:
        erasure.finish(organization_id, contact_id, done.id)
    return erasure.save(organization_id, replace(done, finished_at=clock.now_ms()))


def _erase_some(organization_id: str, done: Erasure) -> Erasure:
    """The next page of what stands beside the contacts, and then of the events that name very many; returns how far it
    is."""
    if done.stretches_done == len(done.stretches):
        searched_to = unrecognized.erase_among_many(organization_id, done.stretches, done.searched_to)
        return replace(done, searched_to=searched_to)
    deleted = erasure.erase_page(organization_id, done.stretches[done.stretches_done], done.own_ids)
    finished = done.stretches_done + (deleted == 0)
    return replace(done, deleted=done.deleted + deleted, stretches_done=finished)


def go_on_from_queue(organization_id: str, erasure_id: str) -> None:
    """Goes on with an erasure, and queues what is left of it; StoreError where that fails. Of a finished one erases
    what was written meanwhile.

    Whoever is overtaken queues nothing: the other function does, or is tried again. So a message that SQS delivers
    twice does not double the work for the rest of the erasure."""
    found = erasure.erasure(organization_id, erasure_id)
    if found is None:
        return
    if found.finished_at is not None:
        _erase_left_over(organization_id, found)
        return
    try:
        done = _go_on(organization_id, found)
    except Overtaken:
        return
    delay_seconds = 0 if done.finished_at is None else _TAKEN_OVER_AFTER_SECONDS
    if not _queue(organization_id, done, delay_seconds):
        raise _not_queued()


def go_on_again(organization_id: str, begun: Erasure) -> Erasure:
    """Goes on with an erasure that is asked for again; StoreError where it can neither be finished nor queued. Returns
    how far it is."""
    is_queued = _queue(organization_id, begun, _TAKEN_OVER_AFTER_SECONDS)  # it may never have been queued
    done = _go_on_in_request(organization_id, begun)
    if done.finished_at is None and not (_queue(organization_id, done, 0) or is_queued):
        raise _not_queued()
    return done


def _go_on_in_request(organization_id: str, begun: Erasure) -> Erasure:
    """The erasure is queued already, so that who is overtaken by a request that dies then leaves none behind with which
    nobody goes on."""
    try:
        return _go_on(organization_id, begun)
    except Overtaken:
        return erasure.erasure(organization_id, begun.id) or begun


def _not_queued() -> StoreError:
    return StoreError("SendMessage", "erasure_not_queued")


def _erase_left_over(organization_id: str, finished: Erasure) -> None:
    """A function that read the contact before the erasure may have written its message after it. Where there is a
    contact again, the messages are that contact's: it is stored before its messages and looked for after they are read,
    so that one that comes meanwhile keeps them."""
    for stretch in finished.stretches:
        is_back = partial(_is_there, organization_id, stretch.contact_id)
        while erasure.erase_page(organization_id, stretch, finished.own_ids, is_back):
            pass
        if not is_back():
            name_words.remove_all(organization_id, stretch.contact_id)


def _is_there(organization_id: str, contact_id: str) -> bool:
    contact = contacts.read(organization_id, contact_id)
    return contact.exists or bool(contact.windows)


def _queue(organization_id: str, begun: Erasure, delay_seconds: int) -> bool:
    try:
        retry_queue.put(QueuedErasure(organization_id, begun.id), delay_seconds)
    except NotQueued:
        return False
    return True
