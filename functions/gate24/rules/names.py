"""Words of names, by which people are found: in any script, by how they begin.

Pure. ``José Núñez`` has the words ``jose`` and ``nunez``; whoever looks for ``nún jo`` finds him. Signs between letters
(spaces, hyphens, apostrophes, emoji) part words; the vowel signs of Devanagari and its relatives are part of one.
Accents of Latin letters are left out on both sides, so that they may be typed or not.
"""

from __future__ import annotations

import unicodedata

WORDS_MOST, LETTERS_MOST = 6, 20
"""Of a name the first so many words, and of a word the first so many letters, are found."""

_WITHOUT_ACCENT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"}
)
"""Letters that Unicode does not take apart."""

_SHAPES = range(0xFE00, 0xFE10)
"""Variation selectors: how a sign is drawn."""


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name by which it is found, each once, in its order."""
    return tuple(dict.fromkeys(_words(name)))[:WORDS_MOST]


def query_words(text: str) -> tuple[str, ...]:
    """The words of what somebody looks for, each of which is to begin a word of the name; empty where there is none.
    One with which another of them begins says nothing more."""
    words = sorted(set(_words(text)))
    return tuple(each for place, each in enumerate(words) if not "".join(words[place + 1 : place + 2]).startswith(each))


def is_named(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether each wanted word begins one of the name's."""
    return all(any(word.startswith(each) for word in words) for each in wanted)


def _words(text: str) -> list[str]:
    kept = "".join(char if _is_part_of_word(char) else " " for char in _folded(text))
    words = (each[:LETTERS_MOST] for each in kept.split())
    return [each for each in words if any(char.isalnum() for char in each)]


def _folded(text: str) -> str:
    """Without what only changes how it looks: width, case, ligatures, accents of Latin letters, invisible signs."""
    visible = "".join(char for char in text if not _is_invisible(char))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).translate(_WITHOUT_ACCENT)
    kept, is_on_latin = [], False
    for char in unicodedata.normalize("NFD", folded):
        is_mark = unicodedata.category(char) == "Mn"
        if not (is_mark and is_on_latin):
            kept.append(char)
        if not is_mark:
            is_on_latin = char.isascii() and char.isalpha()
    return unicodedata.normalize("NFC", "".join(kept))


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or ord(char) in _SHAPES


def _is_part_of_word(char: str) -> bool:
    """Not the frame of a keycap, which is a mark, too."""
    category = unicodedata.category(char)
    return category[0] in "LMN" and category != "Me"
