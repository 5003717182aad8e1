"""Words of names: what a name is found by, in any script, and what finds it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.rules.names import LETTERS_MOST, WORDS_MOST, is_named, name_words, query_words

WORDS = [
    ("Asha Devi", ("asha", "devi")),
    ("  ASHA  asha ", ("asha",)),
    ("José Núñez", ("jose", "nunez")),
    ("Jose\u0301", ("jose",)),
    ("Łukasz Østergård-Đorđević", ("lukasz", "ostergard", "dordevic")),
    ("Straße", ("strasse",)),
    ("\u0130nan", ("inan",)),
    ("O'Brien", ("o", "brien")),
    ("किरण देवी", ("किरण", "देवी")),
    ("क्\u200dषमा", ("क्षमा",)),
    ("\u0958ुतुब", ("क\u093cुतुब",)),
    ("রাহুল দাস", ("রাহুল", "দাস")),
    ("ஸ்ரீ", ("ஸ்ரீ",)),
    ("राम।श्याम", ("राम", "श्याम")),
    ("محمد علي", ("محمد", "علي")),
    ("王小明", ("王小明",)),
    ("\uff21\uff53\uff48\uff41", ("asha",)),
    ("\U0001d4d0\U0001d4fc\U0001d4f1\U0001d4ea", ("asha",)),
    ("👨\u200d👩\u200d👧 Asha ❤\ufe0f", ("asha",)),
    ("1\ufe0f\u20e3 first", ("1", "first")),
    ("Class 7B", ("class", "7b")),
    ("#a#b", ("a", "b")),
    ("✨ ... 🙏", ()),
    ("", ()),
    ("one two three four five six seven", ("one", "two", "three", "four", "five", "six")),
    ("Venkatanarasimharajuvaripeta", ("venkatanarasimharaju",)),
]


@pytest.mark.parametrize(("name", "words"), WORDS)
def test_a_name_has_its_words(name: str, words: tuple[str, ...]) -> None:
    assert name_words(name) == words


FINDS = [
    ("asha", "Asha Devi", True),
    ("dev", "Asha Devi", True),
    ("de as", "Asha Devi", True),
    ("sha", "Asha Devi", False),
    ("asha r", "Asha Devi", False),
    ("NÚÑ", "Jose Nunez", True),
    ("nun", "José Núñez", True),
    ("कि", "किरण देवी", True),
    ("रण", "किरण देवी", False),
    ("obrien", "O'Brien", False),
    ("o'brien", "O'Brien", True),
    ("venkatanarasimharajuvari", "Venkatanarasimharajuvaripeta", True),
    ("7", "Class 7B", True),
    ("asha asha", "Asha", True),
]


@pytest.mark.parametrize(("q", "name", "is_found"), FINDS)
def test_each_word_begins_a_word_of_the_name(q: str, name: str, is_found: bool) -> None:
    assert is_named(name_words(name), query_words(q)) is is_found


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_text_has_words_that_the_index_can_hold(name: str, q: str) -> None:
    """At most 6 words of at most 20 letters; nothing that would part a place in the index."""
    words = name_words(name)
    assert len(words) <= WORDS_MOST
    assert all(0 < len(each) <= LETTERS_MOST and not set(each) & {"#", " "} for each in words)
    assert name_words(" ".join(words)) == words
    assert is_named(words, query_words(" ".join(words)))
    wanted = query_words(q)
    assert is_named(words, wanted) is is_named(words, tuple(reversed(wanted)))


@given(st.lists(st.text("abcकि", min_size=1, max_size=4), max_size=5))
def test_a_word_with_which_another_begins_says_nothing_more(words: list[str]) -> None:
    wanted = query_words(" ".join(words))
    for name in (name_words("abc"), name_words("ab ca कि"), name_words("c")):
        assert is_named(name, wanted) is is_named(name, name_words(" ".join(words)))
