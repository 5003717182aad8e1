"""Rows of a day's ledger, so that many of them are added up as few. Pure.

Most messages of a day differ in nothing but their id and time from thousands of others. What such rows have in common
is read once, and is their ``RowKind``.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from gate24.costs import LedgerEntry
from gate24.lazy_dataclass import dataclass

_AT_DIGITS = 13
_ID_LETTERS, _CONTACT_LETTERS, _SUFFIX_LETTERS = 36, 20, 8
"""Of a message's id and its parts (``message_keys``): its 15, 6 and 6 bytes begin at whole letters each."""
_SORT_LETTERS = _AT_DIGITS + 1 + _ID_LETTERS
_CONTACT = slice(_AT_DIGITS + 1, _AT_DIGITS + 1 + _CONTACT_LETTERS)
_SUFFIX_DIGITS = 12


class RowKind:
    """What some rows have in common. ``entry``: any of them, without its id, its time and what no sum is made of.
    ``reaches``: whether each reached a person. Kinds are told apart by being two objects, which costs nothing."""

    __slots__ = ("entry", "reaches")

    def __init__(self, entry: LedgerEntry) -> None:
        self.entry = entry
        self.reaches = entry.state == "counted" and entry.kind != "inbound"


@dataclass(frozen=True, slots=True)
class DayRows:
    """All that a day's ledger has of some moments that follow each other, in no order. ``sorts``: of each row
    ``<epoch ms>#<message id>``, the time with 13 digits. ``texts``: as they are stored. ``kind_of``: the kind of a
    text. ``entry_of``: the entry of a text, a message id and a time."""

    sorts: list[str]
    texts: list[str]
    kind_of: Callable[[str], RowKind]
    entry_of: Callable[[str, str, int], LedgerEntry]

    @property
    def until(self) -> int:
        """The last of the moments (epoch ms)."""
        return int(max(self.sorts)[:_AT_DIGITS])

    def kinds(self) -> list[RowKind]:
        """Of each row."""
        return list(map(self.kind_of, self.texts))

    def moments(self) -> Iterator[tuple[int, list[LedgerEntry]]]:
        """The entries in the order of time, those of one moment together."""
        pairs = sorted(zip(self.sorts, self.texts, strict=True), key=itemgetter(0))
        for at, together in groupby(pairs, key=lambda pair: pair[0].partition("#")[0]):
            when = int(at)
            yield when, [self.entry_of(text, sort.partition("#")[2], when) for sort, text in together]

    def halves(self) -> tuple[DayRows, DayRows] | None:
        """The rows of the earlier moments and those of the later ones, about as many each; None of one moment."""
        pairs = sorted(zip(self.sorts, self.texts, strict=True), key=itemgetter(0))
        sorts, texts = [sort for sort, _ in pairs], [text for _, text in pairs]
        middle = sorts[len(sorts) // 2].partition("#")[0]
        cut = bisect_left(sorts, middle) or bisect_left(sorts, f"{middle}$")
        if cut == len(sorts):
            return None
        return replace(self, sorts=sorts[:cut], texts=texts[:cut]), replace(self, sorts=sorts[cut:], texts=texts[cut:])

    def is_each_once(self) -> bool:
        """Whether all rows are of different messages; False also where that is not seen quickly."""
        try:
            return len(set(map(_name, self.sorts))) == len(self.sorts)
        except ValueError:
            return False

    def reached(self, kinds: list[RowKind]) -> set[str]:
        """The ids of the contacts that were reached. ``kinds``: of each row."""
        pairs = zip(self.sorts, kinds, strict=True)
        return {sort[_CONTACT] for sort, kind in pairs if kind.reaches and len(sort) == _SORT_LETTERS}


def _name(sort: str) -> str:
    """A message's time and suffix: of an erased contact the suffix is all that is left of the id, in hexadecimal."""
    if len(sort) == _SORT_LETTERS:
        return sort[:_AT_DIGITS] + sort[-_SUFFIX_LETTERS:]
    at, _, suffix = sort.partition("#")
    if len(suffix) != _SUFFIX_DIGITS:
        raise ValueError("no id of a message, and no suffix of one")
    return at + urlsafe_b64encode(bytes.fromhex(suffix)).decode()
