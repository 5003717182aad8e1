"""Consent: who may be written to, by times that only move forward and keywords that must match whole.

Pure. Times are epoch milliseconds by the provider's clock (by the server's for what staff record).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

from gate24.channels import Organization
from gate24.contacts import Consent
from gate24.events import ConsentAction, InboundMessage
from gate24.rules.webhook_effects import EFFECTS, NEWER
from gate24.rules.window import later

ConsentStatus = Literal["opted_in", "opted_out", "none"]

OPT_OUT_KEYWORDS = ("STOP", "UNSUBSCRIBE", "OPTOUT", "OPT OUT")
OPT_IN_KEYWORDS = ("START", "OPTIN", "OPT IN")

HINDI_OPT_OUT_KEYWORDS = ("बंद", "बंद करो", "बंद करें", "बन्द करें", "रोकें", "स्टॉप")
"""Stop / stop (imperative, polite) / stop in Devanagari letters. Whole messages only, as all keywords."""

HINDI_OPT_IN_KEYWORDS = ("शुरू", "शुरू करें", "चालू करें", "स्टार्ट")

_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0001-\U000e01ef]")
"""Joiners, direction marks, tags and variation selectors: part of how a word or symbol is drawn, not of it."""

_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")

_LONGEST = 200
"""Characters of the longest message that is compared with keywords."""

_THANKS = ("thank you", "thankyou", "thanks", "धन्यवाद")


def consent_status(consent: Consent) -> ConsentStatus:
    """The later of opt-in and opt-out wins; an opt-out wins a tie."""
    if consent.opt_out_at is not None and consent.opt_out_at >= (consent.opt_in_at or 0):
        return "opted_out"
    return "none" if consent.opt_in_at is None else "opted_in"


def consent_since(consent: Consent) -> int | None:
    """Since when the status holds (epoch ms)."""
    times = {"opted_out": consent.opt_out_at, "opted_in": consent.opt_in_at, "none": None}
    return times[consent_status(consent)]


def consent_source(consent: Consent) -> str | None:
    """How the status came about."""
    sources = {"opted_out": consent.opt_out_source, "opted_in": consent.opt_in_source, "none": None}
    return sources[consent_status(consent)]


def has_stopped_marketing(consent: Consent) -> bool:
    """Whether the contact switched marketing off in WhatsApp; a stop wins a tie."""
    stopped_at = consent.stopped_marketing_at
    return stopped_at is not None and stopped_at >= (consent.resumed_marketing_at or 0)


def join(one: Consent, other: Consent) -> Consent:
    """Both consents, each time the later one with its source; blocked if either is. An event is a small consent,
    too, so that events may be joined in any order and any number of times."""
    opt_in = max((one.opt_in_at or 0, one.opt_in_source or ""), (other.opt_in_at or 0, other.opt_in_source or ""))
    opt_out = max((one.opt_out_at or 0, one.opt_out_source or ""), (other.opt_out_at or 0, other.opt_out_source or ""))
    return Consent(
        opt_in_at=opt_in[0] or None,
        opt_in_source=opt_in[1] or None,
        opt_out_at=opt_out[0] or None,
        opt_out_source=opt_out[1] or None,
        stopped_marketing_at=later(one.stopped_marketing_at, other.stopped_marketing_at),
        resumed_marketing_at=later(one.resumed_marketing_at, other.resumed_marketing_at),
        blocked=one.blocked or other.blocked,
    )


def normalize(text: str) -> str:
    """A message as it is compared with keywords: compatibility form, case folded, without invisible characters.

    Of a text with words the words remain, with single spaces ("*Stop!*" is "stop"); of one without, its symbols and
    emoji, in any skin tone; of one without these, its punctuation. Empty if nothing of the three is in it.
    """
    composed = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    folded = unicodedata.normalize("NFKC", composed.casefold())
    kinds = {unicodedata.category(char)[0] for char in folded}
    if kinds & {"L", "N"}:
        kept = "".join(" " if unicodedata.category(char)[0] in "PSCZ" else char for char in folded)
        return " ".join(kept.split())
    # A mark is part of the sign before it: of a keycap, for example.
    signs = {"S", "M"} if "S" in kinds else {"P", "M"} if "P" in kinds else set[str]()
    return _SKIN_TONES.sub("", "".join(char for char in folded if unicodedata.category(char)[0] in signs))


def keywords(*lists: Iterable[str]) -> frozenset[str]:
    """The keywords of the given lists, normalized. ValueError, in words for an operator, if one matches nothing."""
    found = {word: normalize(word) for words in lists for word in words}
    for word, normalized in found.items():
        if not normalized:
            raise ValueError(f"The keyword {word!r} has no letter, digit or symbol, so no message can match it.")
        if len(word) > _LONGEST:
            raise ValueError(f"The keyword that begins with {word[:20]!r} has more than {_LONGEST} characters.")
    return frozenset(found.values())


DEFAULT_OPT_OUT = keywords(OPT_OUT_KEYWORDS, HINDI_OPT_OUT_KEYWORDS)
DEFAULT_OPT_IN = keywords(OPT_IN_KEYWORDS, HINDI_OPT_IN_KEYWORDS)


def keyword_action(text: str | None, organization: Organization) -> ConsentAction | None:
    """What a message asks for if the whole of it is one of the organization's keywords, else None.

    Thanks after an opt-out ("Stop. Thank you") do not hide it; any other word does ("don't stop").
    """
    if not text or len(text) > _LONGEST:
        return None
    whole = normalize(text)
    if not whole:
        return None
    if whole in organization.opt_out_keywords or _without_thanks(whole) in organization.opt_out_keywords:
        return "opt_out"
    return "opt_in" if whole in organization.opt_in_keywords else None


def keyword_request(
    message: InboundMessage, actions: Mapping[str, ConsentAction | None]
) -> tuple[ConsentAction | None, str | None]:
    """What a message asks for, and by which text. ``actions``: the ``keyword_action`` of each text that it carries. An
    opt-out in a button's title or payload wins over an opt-in in the other; of an edited text only an opt-out
    counts."""
    counts = EFFECTS.get(message.type, NEWER).consent
    wanted: tuple[ConsentAction, ...] = ("opt_out", "opt_in") if counts == "keyword" else ("opt_out",)
    if counts in ("keyword", "opt_out_keyword"):
        for action in wanted:
            for text, asked in actions.items():
                if asked == action:
                    return action, text
    return None, None


def _without_thanks(text: str) -> str:
    thanks = next((thanks for thanks in _THANKS if text.endswith(f" {thanks}")), "")
    return text.removesuffix(thanks).rstrip()
