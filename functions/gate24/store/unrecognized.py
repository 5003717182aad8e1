"""Authentic events that were not understood, or that the code tripped on: kept raw, listed for staff, and replayed.

What was not understood is kept for 30 days, what is poisonous until it is replayed or erased. The same event told again
is one item: its name is made of channel and content.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import Any

from gate24 import clock
from gate24.contacts import Stretch
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.store import keys
from gate24.store.items import MentionItem, UnrecognizedItem, UnrecognizedNameItem
from gate24.store.packed_text import pack_letters, unpack_letters, unpack_start
from gate24.store.table import (
    Item,
    contact_key,
    delete,
    delete_all,
    get,
    put,
    put_all,
    put_new,
    query,
    translated,
    update,
)

KEPT_SECONDS = 30 * 24 * 3600
_LARGEST = 300_000
"""Bytes of a kept event, with a margin below DynamoDB's 400 KB; what is larger is packed, and what is still too
large is cut."""

_POISONOUS = "not_recorded_"
"""How the reason of a poisonous event begins; the kind of the error follows."""

_NUMBERS = re.compile(r"(?<![0-9])[1-9][0-9]{4,14}(?![0-9])")
_USER_IDS = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\.[A-Za-z0-9]{1,128}(?![A-Za-z0-9])")
_MENTIONS_MOST = 60
"""Contacts beside whom an event is noted: whatever looks like a number counts, so most are nobody's."""


_SEARCHED_AT_ONCE = 10
"""Events that name very many contacts; each is read whole."""

SEARCHED = f"{keys.MENTION}~"
"""The position behind all events that name very many contacts."""


@dataclass(frozen=True, slots=True)
class UnrecognizedEvent:
    """``position``: where it stands. ``at``: when it came first (epoch ms), ``last_at``: last. ``text``: its JSON in
    ASCII, or as much of it as was asked for. ``is_whole``: False where it was so large that only the beginning is kept.
    ``again_text``: the JSON of what to replay, a webhook's body or an event (``store.event_format``). ``copies``: how
    often it was told again."""

    position: str
    channel_id: str
    reason: str
    at: int
    last_at: int
    copies: int
    text: str
    is_whole: bool
    again_text: str

    @property
    def id(self) -> str:
        """Its name for the API and for operators."""
        return self.position.replace("#", "-")

    @property
    def raw(self) -> Any:
        """Its JSON value, or the text of what was cut."""
        return _value(self.text)

    @property
    def again(self) -> Any:
        return _value(self.again_text)

    @property
    def is_poisonous(self) -> bool:
        """Whether it was understood, and could not be stored."""
        return self.reason.startswith(_POISONOUS)


def position_of(event_id: str) -> str | None:
    """Where the event of that id stands; None if it is no such id."""
    return event_id.replace("-", "#") if re.fullmatch(r"[0-9]{13}-[0-9a-f]{12,32}", event_id) else None


def keep(organization_id: str, channel_id: str, reason: str, raw: Any, received_at: int, again: Any = None) -> None:
    """Keeps an event; one that is kept already is counted. What was erased is not kept again. ``again``: what to
    replay; None if ``raw`` is that."""
    ttl = received_at // 1000 + KEPT_SECONDS
    _keep(organization_id, channel_id, reason, raw, received_at, raw if again is None else again, raw, ttl)


def keep_poisonous(organization_id: str, channel_id: str, error: str, event: dict[str, Any], received_at: int) -> None:
    """Keeps an event (``store.event_format``) on which the code tripped with that kind of error, until it is mended."""
    has_time = event["event"]["at"] < received_at
    told = event if has_time else {**event, "event": {**event["event"], "at": None}}
    _keep(organization_id, channel_id, poisonous_reason(error), event, received_at, event, told, None)


def poisonous_reason(error: str) -> str:
    """Why an event is kept on which the code trips with that kind of error."""
    return f"{_POISONOUS}{error}"


def position_told(organization_id: str, channel_id: str, told: Any) -> str | None:
    """Where the event with that content stands now (consistent); None where it is not kept."""
    name = _name(channel_id, _as_text(told))
    named = get(UnrecognizedNameItem, _names_pk(organization_id), name, consistent=True)
    found = None if named is None else find(organization_id, named.event)
    return None if found is None else found.position


def _name(channel_id: str, told_text: str) -> str:
    return hashlib.sha256(f"{channel_id}\0{told_text}".encode()).hexdigest()[:32]


def _keep(
    organization_id: str,
    channel_id: str,
    reason: str,
    raw: Any,
    received_at: int,
    again: Any,
    told: Any,
    ttl: int | None,
) -> None:
    """``told``: the content by which the event is known when it is told again."""
    text = _as_text(raw)
    again_text = text if again is raw else _as_text(again)
    told_text = text if told is raw else _as_text(told)
    name = _name(channel_id, told_text)
    if _is_erased(organization_id, name):
        return
    position = f"{received_at:013d}#{name}"
    naming = UnrecognizedNameItem(_names_pk(organization_id), name, event=position, ttl=ttl)
    named = put(naming, Item.pk.does_not_exist() | (Item.ttl < clock.now_ms() // 1000))
    first = named.item(UnrecognizedNameItem)
    if not named.applied and first is not None:
        position = first.event
        if _count_copy(organization_id, position, received_at):
            return
    mentions = _mentions(organization_id, text, again_text, position, ttl)
    put_all(MentionItem, mentions)  # first, so that none is without them
    body = {"channel": channel_id, "reason": reason, "at": received_at, **_stored(text, again_text)}
    put_new(UnrecognizedItem(_pk(organization_id), position, body=body, last_at=received_at, ttl=ttl))
    if _is_erased(organization_id, name):  # meanwhile
        remove(organization_id, position)


def _count_copy(organization_id: str, position: str, received_at: int) -> bool:
    """Counts an event that was told again, once for each time of receipt. False if it is not there."""
    is_later = UnrecognizedItem.last_at.does_not_exist() | (UnrecognizedItem.last_at < received_at)
    counted = [
        UnrecognizedItem.copies.set((UnrecognizedItem.copies | 0) + 1),
        UnrecognizedItem.last_at.set(received_at),
    ]
    written = update(UnrecognizedItem(_pk(organization_id), position), counted, Item.pk.exists() & is_later)
    return written.applied or bool(written.image)


def newest(
    organization_id: str, before: str | None, at_a_time: int, letters: int | None = None
) -> Iterator[UnrecognizedEvent]:
    """Kept events before a position, newest first, read as far as they are taken; of each so many ``letters``,
    and then not what to replay."""
    condition = Item.sk < before if before else None
    with translated("Query"):
        for item in UnrecognizedItem.query(
            _pk(organization_id), range_key_condition=condition, scan_index_forward=False, page_size=at_a_time
        ):
            yield _event(item, letters)


def oldest_first(
    organization_id: str, start: int, end: int, after: str | None, letters: int
) -> Iterator[UnrecognizedEvent]:
    """Kept events that came in that time (epoch ms, ``end`` excluded), read as they are taken; of each so many
    ``letters``, and not what to replay. ``after``: the position after which to go on."""
    first = f"{after}\0" if after is not None else f"{max(start, 0):013d}"
    condition = Item.sk.between(first, max(first, f"{max(end, 0):013d}"))
    with translated("Query"):
        for item in UnrecognizedItem.query(_pk(organization_id), range_key_condition=condition):
            yield _event(item, letters)


def find(organization_id: str, position: str) -> UnrecognizedEvent | None:
    """The event that stands there now (consistent), or None."""
    found = get(UnrecognizedItem, _pk(organization_id), position, consistent=True)
    return None if found is None else _event(found)


def remove(organization_id: str, position: str) -> None:
    """Removes an event, and what notes it. Where that breaks off only notes are left, which name nobody."""
    item = get(UnrecognizedItem, _pk(organization_id), position, consistent=True)
    if item is not None:
        delete(item)
        delete_all(_mentions(organization_id, *_texts(item.body), position, None))
    _forget_name(organization_id, position)


def _forget_name(organization_id: str, position: str) -> None:
    named = UnrecognizedNameItem(_names_pk(organization_id), _name_at(position))
    delete(named, UnrecognizedNameItem.event == position)


def keep_for_good(organization_id: str, position: str, reason: str) -> None:
    """An event that is understood by now turned out to be poisonous: it does not expire any more."""
    item = get(UnrecognizedItem, _pk(organization_id), position, consistent=True)
    if item is None:
        return
    put_all(MentionItem, _mentions(organization_id, *_texts(item.body), position, None))
    put(UnrecognizedNameItem(_names_pk(organization_id), _name_at(position), event=position))
    is_there = Item.pk.exists()
    actions = [UnrecognizedItem.body.set({**item.body, "reason": reason}), UnrecognizedItem.ttl.remove()]
    update(UnrecognizedItem(item.pk, position), actions, is_there)


def _mentions(organization_id: str, text: str, again: str, sk: str, ttl: int | None) -> list[MentionItem]:
    """Beside each contact whom the event may name: where it stands. So it is found when the contact is erased."""
    contact_ids = sorted(_named(organization_id, text, again))
    if len(contact_ids) > _MENTIONS_MOST:
        return [MentionItem(_of_many(organization_id), f"{keys.MENTION}{sk}", event=sk, ttl=ttl)]
    return [
        MentionItem(keys.contact_pk(organization_id, contact_id), f"{keys.MENTION}{sk}", event=sk, ttl=ttl)
        for contact_id in contact_ids
    ]


def contacts_named_in(organization_id: str, raw: Any) -> list[str]:
    """The contacts whom an event may name: whatever looks like a number or a user id counts."""
    text = _as_text(raw)
    return sorted(_named(organization_id, text, text))


def of_person(organization_id: str, stretches: Iterable[Stretch]) -> list[UnrecognizedEvent]:
    """The kept events that name the person, newest first; without those that may name very many contacts."""
    found = []
    for stretch in stretches:
        pk, between = (
            keys.contact_pk(organization_id, stretch.contact_id),
            Item.sk.between(*keys.between(keys.MENTION, stretch.after, stretch.until)),
        )
        mentions = query(MentionItem, pk, range_key_condition=between)
        found += [event for each in mentions if (event := find(organization_id, each.event)) is not None]
    return sorted({event.id: event for event in found}.values(), key=lambda event: event.id, reverse=True)


def erase_mentioned(organization_id: str, mentions: list[MentionItem]) -> None:
    """Erases the kept events that the mentions lead to, and all that notes them but these mentions: they go last, so
    that whoever goes on with an erasure finds the rest. Each event leaves its name, so that it is not kept when it is
    told again."""
    for mention in mentions:
        put(Item(*_place_of_erased(organization_id, _name_at(mention.event))))
        _forget_name(organization_id, mention.event)
        item = get(UnrecognizedItem, _pk(organization_id), mention.event, consistent=True)
        if item is not None:
            noted = _mentions(organization_id, *_texts(item.body), mention.event, None)
            delete_all([each for each in noted if each.pk != mention.pk])
            delete(item)


def _named(organization_id: str, text: str, again: str) -> set[str]:
    """The contacts whom an event may name."""
    whole = text if again == text else f"{text} {again}"
    refs = [ContactRef(f"+{digits}") for digits in _NUMBERS.findall(whole)]
    refs += [ContactRef(user_id=user_id) for user_id in _USER_IDS.findall(whole)]
    return {keys.contact_id(contact_key(), organization_id, ref) for ref in refs}


def erase_among_many(organization_id: str, stretches: tuple[Stretch, ...], start: str) -> str:
    """Searches the next of the events that name very many contacts, from a position on (empty: the first), and erases
    those that came in one of the stretches and name its contact. Returns the position from which to go on; ``SEARCHED``
    when all are searched."""
    later = Item.sk.between(start or keys.MENTION, SEARCHED)
    found = query(MentionItem, _of_many(organization_id), range_key_condition=later, limit=_SEARCHED_AT_ONCE)
    for mention in found:
        event = get(UnrecognizedItem, _pk(organization_id), mention.event, consistent=True)
        named = set() if event is None else _named(organization_id, *_texts(event.body))
        if event is None or any(each.contact_id in named and _came_in(each, mention) for each in stretches):
            erase_mentioned(organization_id, [mention])
            delete(mention)
    return f"{found[-1].sk}\0" if len(found) == _SEARCHED_AT_ONCE else SEARCHED


def _came_in(stretch: Stretch, mention: MentionItem) -> bool:
    first, last = keys.between(keys.MENTION, stretch.after, stretch.until)
    return first <= mention.sk <= last


def _is_erased(organization_id: str, name: str) -> bool:
    return get(Item, *_place_of_erased(organization_id, name), consistent=True) is not None


def _place_of_erased(organization_id: str, name: str) -> tuple[str, str]:
    return keys.erased_pk(organization_id, name), f"{keys.MENTION}{name}"


def _name_at(position: str) -> str:
    return position.split("#")[1]


def _names_pk(organization_id: str) -> str:
    return f"UN#{organization_id}"


def _of_many(organization_id: str) -> str:
    return f"UM#{organization_id}"


def _pk(organization_id: str) -> str:
    return f"U#{organization_id}"


def _as_text(raw: Any) -> str:
    """As JSON in ASCII: a lone surrogate, which a body may hold, is not UTF-8."""
    try:
        return json.dumps(raw, default=str)
    except RecursionError:
        return json.dumps("nested too deeply")


def _stored(text: str, again: str) -> dict[str, Any]:
    """The event and what to replay as they are stored: packed where they are large. What is still too large can only be
    read."""
    texts = {"raw": text} | ({"again": again} if again != text else {})
    packed = {f"packed_{name}" if name == "again" else "packed": pack_letters(each) for name, each in texts.items()}
    for stored in (texts, packed, {"packed": packed["packed"]}):
        if len(json.dumps(stored)) <= _LARGEST:
            return stored
    return {"raw": text[: _LARGEST // 2], "cut": True}


def _texts(body: dict[str, Any]) -> tuple[str, str]:
    """The event, and what to replay."""
    raw = unpack_letters(body["packed"]) if "packed" in body else str(body["raw"])
    if "packed_again" in body:
        return raw, unpack_letters(body["packed_again"])
    return raw, body.get("again", raw)


def _event(item: UnrecognizedItem, letters: int | None = None) -> UnrecognizedEvent:
    body = item.body
    if letters is None:
        text, again = _texts(body)
    else:
        packed = body.get("packed")
        text = unpack_start(b64decode(packed), letters) if packed else str(body["raw"])[:letters]
        again = ""
    return UnrecognizedEvent(
        item.sk,
        body["channel"],
        body["reason"],
        body["at"],
        item.last_at or body["at"],
        item.copies or 0,
        text,
        not body.get("cut"),
        again,
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
