"""By which words of their names contacts are found: items of their own beside the contact, in the index by the word.

The words are written before the name, and taken away after it, so that nobody who has a name is ever missing. Each name
that a contact gets has a token, which stands in the contact, too: what is found under another token is left over from a
name of before, or of a write that came to nothing, and is passed over. It goes with the contact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate24 import clock
from gate24.contacts import Contact
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import short_hash
from gate24.rules.names import is_named, name_words
from gate24.store import keys
from gate24.store.items import NameWordItem
from gate24.store.table import Item, delete_all, is_together, put_all, put_new, query, query_index

_ROWS_AT_A_TIME = 100
_LAST = "\U0010ffff"


def new_token(contact_id: str, name: str) -> str:
    """Of a name that is about to be written at this moment. No other write has it, so that whoever takes the words of
    an older name away takes nobody else's."""
    return short_hash(contact_id, name, str(clock.now_ms()))


def is_there(contact: Contact, name: str) -> bool:
    """Whether the contact has that name and is found by it."""
    return contact.name == name and contact.name_token is not None


def items_of(organization_id: str, contact_id: str, name: str, token: str) -> list[NameWordItem]:
    """What stands in the index for a contact's name."""
    words, pk = name_words(name), keys.contact_pk(organization_id, contact_id)
    return [
        NameWordItem(
            pk,
            keys.name_word_sort(token, word),
            g=keys.name_words_partition(organization_id, word),
            h=keys.name_word_place(word, contact_id, token),
            words=" ".join(words),
        )
        for word in words
    ]


def write_new(organization_id: str, contact_id: str, name: str) -> str:
    """Writes the words of a name that the contact is about to get; returns the token, which it gets with the name."""
    token = new_token(contact_id, name)
    write(items_of(organization_id, contact_id, name, token))
    return token


def write(items: list[NameWordItem]) -> None:
    """Writes them, whether some of them are there or not."""
    if is_together():
        for item in items:
            put_new(item)
    else:
        put_all(NameWordItem, items)


def remove(items: Sequence[Item]) -> None:
    delete_all([Item(each.pk, each.sk) for each in items])


def remove_of(organization_id: str, contact_id: str, name: str | None, token: str | None) -> None:
    """Takes away the words of a name that the contact has no more."""
    if name is not None and token is not None:
        remove(items_of(organization_id, contact_id, name, token))


def remove_all(organization_id: str, contact_id: str) -> None:
    """Takes away all words by which the contact was ever found."""
    pk = keys.contact_pk(organization_id, contact_id)
    condition = Item.sk.startswith(keys.NAME_WORD)
    remove(query(Item, pk, range_key_condition=condition, attributes_to_get=["pk", "sk"], consistent_read=True))


@dataclass(frozen=True, slots=True)
class Found:
    """A contact that has, or had, a name with the wanted words. ``position``: after which the search goes on."""

    contact_id: str
    token: str
    position: str


def find(organization_id: str, wanted: tuple[str, ...], after: str | None = None) -> Iterator[Found | str]:
    """The contacts each of whose wanted words begins a word of the name, by the word with which the longest of them
    begins, then by contact; read as far as they are taken. Of rows that are passed over their position alone."""
    longest = max(wanted, key=len)
    first = longest if after is None else f"{after} "
    found = query_index(
        keys.name_words_partition(organization_id, longest),
        range_key_condition=Item.h.between(first, f"{longest}{_LAST}"),
        attributes_to_get=["h", "l"],
        limit=_ROWS_AT_A_TIME,
    )
    for row in found:
        position, words = row["h"]["S"], tuple(row["l"]["S"].split(" "))
        word, contact_id, its_token = position.split("#")
        is_first = word == min(each for each in words if each.startswith(longest))
        yield Found(contact_id, its_token, position) if is_first and is_named(words, wanted) else position
