"""Which messages are opt-in and opt-out keywords, as tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.channels import Organization
from gate24.events import ConsentAction, ContactRef, InboundMessage
from gate24.rules.consent import (
    DEFAULT_OPT_IN,
    DEFAULT_OPT_OUT,
    keyword_action,
    keyword_request,
    keywords,
    normalize,
)


def organization(opt_out: frozenset[str] = DEFAULT_OPT_OUT, opt_in: frozenset[str] = DEFAULT_OPT_IN) -> Organization:
    return Organization("o", "o", "Asia/Kolkata", "USD", opt_out, opt_in)


# "Normalised exact match on whole text after trimming, case-folding, punctuation, NFKC [...] 'Stop. Thank you' should
# match, 'STOP 12345' or 'don't stop' should not silently opt out."
@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("STOP", "opt_out"),
        ("Stop!", "opt_out"),
        ("*stop*", "opt_out"),
        ("STOP \U0001f64f", "opt_out"),
        ("\u200fSTOP\ufe0f", "opt_out"),
        ("\u202aST\u2060OP\u202c", "opt_out"),
        ("\uff33\uff34\uff2f\uff30", "opt_out"),
        ("opt-out", "opt_out"),
        ("Stop. Thank you", "opt_out"),
        ("बंद करें।", "opt_out"),
        ("बन्द", "opt_out"),
        (" बन्द\u200d गर्नुहोस्। धन्यवाद", "opt_out"),
        ("বন্ধ করুন।", "opt_out"),
        ("بند کریں\u06d4", "opt_out"),
        ("আজ স্কুল বন্ধ", None),
        ("বন্ধ", None),
        ("بند", None),
        ("विद्यालय बन्द छ", None),
        ("start", "opt_in"),
        ("STOP 12345", None),
        ("don't stop", None),
        ("STOP START", None),
        ("?", None),
        ("\u2764\ufe0f", None),
        ("\U0001f44d", None),
        ("", None),
        (" \n", None),
        ("\u200d\ufe0f", None),
        (None, None),
        ("stop " * 60, None),
    ],
)
def test_a_whole_message_of_words_is_compared_without_its_signs(text: str | None, action: str | None) -> None:
    assert keyword_action(text, organization()) == action


# "A keyword that consists of symbols only matches a message that consists of the same symbols (variation selectors,
# skin tones, invisible characters apart)."
@pytest.mark.parametrize(
    ("keyword", "text", "is_match"),
    [
        ("\U0001f44e", "\U0001f44e", True),
        ("\U0001f44e", "\U0001f44e\U0001f3fd", True),
        ("\U0001f44e\U0001f3ff", " \U0001f44e \n", True),
        ("\U0001f44e", "\U0001f44e!", True),
        ("\U0001f44e", "*\U0001f44e*", True),
        ("\U0001f44e", "\U0001f44d", False),
        ("\U0001f44e", "\U0001f44e\U0001f44e", False),
        ("\U0001f44e", "\U0001f44e\u2764", False),
        ("\U0001f44e", "no \U0001f44e", False),
        ("\u274c", "\u274c\ufe0f", True),
        ("\u2764\ufe0f", "\u2764", True),
        ("\u2764", "\U0001f49a", False),
        ("\U0001f6d1", "\U0001f6d1", True),
        ("?", "?", True),
        ("?", " \uff1f", True),
        ("?", "??", False),
        ("?", "!", False),
        ("?", "?\U0001f44e", False),
        ("?", "Is there a class today?", False),
        ("#\ufe0f\u20e3", "#\u20e3", True),
        ("#\ufe0f\u20e3", "*\ufe0f\u20e3", False),
        ("0\ufe0f\u20e3", "0\ufe0f\u20e3", True),
        ("0", "0.", True),
        ("STOP \U0001f6d1", "stop", True),
        ("STOP \U0001f6d1", "\U0001f6d1", False),
    ],
)
def test_symbols_are_compared_as_symbols(keyword: str, text: str, is_match: bool) -> None:
    assert keyword_action(text, organization(opt_out=keywords([keyword]))) == ("opt_out" if is_match else None)
    own = organization(opt_out=frozenset(), opt_in=keywords([keyword]))
    assert keyword_action(text, own) == ("opt_in" if is_match else None)


@pytest.mark.parametrize("keyword", ["", "  ", "\ufe0f", "\u200d\u2060", "\U0001f3fd", "\u0301"])
def test_a_keyword_with_nothing_to_compare_is_refused_in_words(keyword: str) -> None:
    with pytest.raises(ValueError, match=r"has no letter, digit or symbol, so no message can match it\.$"):
        keywords(["STOP", keyword])


def test_a_keyword_longer_than_any_message_that_is_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="has more than 200 characters"):
        keywords(["stop " * 60])


@given(st.text(max_size=60))
def test_normalizing_twice_changes_nothing_and_an_empty_text_never_matches(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)
    if not normalize(text):
        assert keyword_action(text, organization(opt_out=frozenset({""}), opt_in=frozenset({""}))) is None


OUT, IN = "STOP", "START"


# "An opt-out in either wins over an opt-in in the other." "An opt-out [in an edit] does count (a no is a no)."
@pytest.mark.parametrize(
    ("kind", "text", "payload", "request_"),
    [
        ("button", "Details", "p1", (None, None)),
        ("button", OUT, "p1", ("opt_out", OUT)),
        ("button", "No more", OUT, ("opt_out", OUT)),
        ("button", "Yes please", IN, ("opt_in", IN)),
        ("button_reply", IN, OUT, ("opt_out", OUT)),
        ("list_reply", OUT, IN, ("opt_out", OUT)),
        ("text", OUT, None, ("opt_out", OUT)),
        ("hologram", OUT, None, ("opt_out", OUT)),
        ("edit", OUT, None, ("opt_out", OUT)),
        ("edit", IN, None, (None, None)),
        ("reaction", OUT, None, (None, None)),
    ],
)
def test_what_a_message_asks_for_by_all_that_it_says(
    kind: str, text: str, payload: str | None, request_: tuple[ConsentAction | None, str | None]
) -> None:
    payloads = (payload,) if payload else ()
    message = InboundMessage(ContactRef("+919876543210"), "wamid.1", 1, kind, text=text, payloads=payloads)
    actions = {said: keyword_action(said, organization()) for said in message.keyword_texts}
    assert keyword_request(message, actions) == request_
