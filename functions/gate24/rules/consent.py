"""Consent: who may be written to, by times that only move forward and keywords that must match whole.

Pure. Times are epoch milliseconds by the provider's clock (by the server's for what staff record).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

from gate24.channels import Organization
from gate24.contacts import EVERY_CHANNEL, Consent, ConsentEntry
from gate24.events import ConsentAction, InboundMessage
from gate24.rules.webhook_effects import EFFECTS, NEWER
from gate24.rules.window import later

ConsentStatus = Literal["opted_in", "opted_out", "none"]

OPT_OUT_KEYWORDS = ("STOP", "UNSUBSCRIBE", "OPTOUT", "OPT OUT")
OPT_IN_KEYWORDS = ("START", "OPTIN", "OPT IN")

HINDI_OPT_OUT_KEYWORDS = ("बंद", "बंद करो", "बंद करें", "बन्द करो", "बन्द करें", "रोकें", "स्टॉप")
"""Stop / stop (imperative, polite) / stop in Devanagari letters. Whole messages only, as all keywords."""

_NEPALI_OPT_OUT = ("बन्द", "बन्द गर", "बन्द गर्नुहोस्", "बन्द गर्नुस्", "रोक्नुहोस्")
_BENGALI_OPT_OUT = ("বন্ধ করুন", "বন্ধ করো", "বন্ধ কর")
_URDU_OPT_OUT = ("بند کریں", "بند کرو", "بند کر دیں")
NEIGHBOURS_OPT_OUT_KEYWORDS = (*_NEPALI_OPT_OUT, *_BENGALI_OPT_OUT, *_URDU_OPT_OUT)
"""Stop (Nepali), and stop as a request. The bare words of Bengali and Urdu are left out: they also answer whether a
school is open ("closed"). An organization adds those that it wants."""

HINDI_OPT_IN_KEYWORDS = ("शुरू", "शुरू करें", "चालू करें", "स्टार्ट")

_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0001-\U000e01ef]")
"""Joiners, direction marks, tags and variation selectors: part of how a word or symbol is drawn, not of it."""

_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")

_LONGEST = 200
"""Characters of the longest message that is compared with keywords."""

_THANKS = ("thank you", "thankyou", "thanks", "धन्यवाद")


def consent_status(consent: Consent) -> ConsentStatus:
    """The later of opt-in and opt-out wins; an opt-out wins a tie."""
    if _is_refused(consent.opt_out_at, consent.opt_in_at):
        return "opted_out"
    return "none" if consent.opt_in_at is None else "opted_in"


def _is_refused(no_at: int | None, yes_at: int | None) -> bool:
    """Whether the no holds against the yes. A no in whole seconds, as Meta's times are, may have been said at any
    moment of that second: it wins a tie with a yes of the same second."""
    if no_at is None or yes_at is None:
        return no_at is not None
    return yes_at <= no_at or (no_at % 1000 == 0 and yes_at < no_at + 1000)


def consent_since(consent: Consent) -> int | None:
    """Since when the status holds (epoch ms)."""
    times = {"opted_out": consent.opt_out_at, "opted_in": consent.opt_in_at, "none": None}
    return times[consent_status(consent)]


def consent_source(consent: Consent) -> str | None:
    """How the status came about."""
    sources = {"opted_out": consent.opt_out_source, "opted_in": consent.opt_in_source, "none": None}
    return sources[consent_status(consent)]


def has_stopped_marketing(consent: Consent, channel_id: str) -> bool:
    """Whether the contact switched marketing from this business number off in WhatsApp; a stop wins a tie."""
    stopped, resumed = (
        later(said.get(channel_id), said.get(EVERY_CHANNEL))
        for said in (consent.stopped_marketing, consent.resumed_marketing)
    )
    return _is_refused(stopped, resumed)


def join(one: Consent, other: Consent) -> Consent:
    """Both consents, each time the later one with what was said then. An event is a small consent, too, so that events
    may be joined in any order and any number of times."""
    opt_in = max((one.opt_in_at or 0, one.opt_in_source or ""), (other.opt_in_at or 0, other.opt_in_source or ""))
    blocked = max((one.blocked_at or 0, one.blocked), (other.blocked_at or 0, other.blocked))
    opt_out = max((one.opt_out_at or 0, one.opt_out_source or ""), (other.opt_out_at or 0, other.opt_out_source or ""))
    return Consent(
        opt_in_at=opt_in[0] or None,
        opt_in_source=opt_in[1] or None,
        opt_out_at=opt_out[0] or None,
        opt_out_source=opt_out[1] or None,
        stopped_marketing=latest(one.stopped_marketing, other.stopped_marketing),
        resumed_marketing=latest(one.resumed_marketing, other.resumed_marketing),
        blocked=blocked[1],
        blocked_at=blocked[0] or None,
    )


def latest(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Of each name the later time."""
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}


def said_by(entry: ConsentEntry) -> Consent:
    """What one entry of the history says, as a consent (``join``)."""
    at, channels = entry.at, {entry.channel_id or EVERY_CHANNEL: entry.at}
    said = {
        "opt_in": lambda: Consent(
            opt_in_at=at, opt_in_source=entry.source, resumed_marketing=channels if entry.channel_id else {}
        ),
        "opt_out": lambda: Consent(opt_out_at=at, opt_out_source=entry.source),
        "marketing_stop": lambda: Consent(stopped_marketing=channels),
        "marketing_resume": lambda: Consent(resumed_marketing=channels),
        "block": lambda: Consent(blocked=True, blocked_at=at),
        "unblock": lambda: Consent(blocked_at=at),
    }
    return said[entry.action]() if entry.action in said else Consent()


def entries_of(consent: Consent) -> list[ConsentEntry]:
    """What stands in a consent, as entries of a history that say the same (``said_by``)."""
    said: list[tuple[str, int | None, str | None, str | None]] = [
        ("opt_in", consent.opt_in_at, consent.opt_in_source, None),
        ("opt_out", consent.opt_out_at, consent.opt_out_source, None),
        ("block" if consent.blocked else "unblock", consent.blocked_at or (0 if consent.blocked else None), None, None),
        *(("marketing_stop", at, None, channel or None) for channel, at in consent.stopped_marketing.items()),
        *(("marketing_resume", at, None, channel or None) for channel, at in consent.resumed_marketing.items()),
    ]
    return [
        ConsentEntry(action, at, source or "", None, "contact", channel)
        for action, at, source, channel in said
        if at is not None
    ]


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


DEFAULT_OPT_OUT = keywords(OPT_OUT_KEYWORDS, HINDI_OPT_OUT_KEYWORDS, NEIGHBOURS_OPT_OUT_KEYWORDS)
DEFAULT_OPT_IN = keywords(OPT_IN_KEYWORDS, HINDI_OPT_IN_KEYWORDS)

KEYWORD_LANGUAGES: Mapping[str, str] = {
    word: language
    for language, *lists in (
        ("ur", _URDU_OPT_OUT),
        ("bn", _BENGALI_OPT_OUT),
        ("ne", _NEPALI_OPT_OUT),
        ("hi", HINDI_OPT_OUT_KEYWORDS, HINDI_OPT_IN_KEYWORDS),
        ("en", OPT_OUT_KEYWORDS, OPT_IN_KEYWORDS),
    )
    for word in keywords(*lists)
}
"""The language (ISO 639-1) of each keyword that every organization has from the start."""


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
