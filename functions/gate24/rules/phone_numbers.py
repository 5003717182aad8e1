"""Reads what identifies a person: phone numbers in E.164 with their other spellings, and Meta's user ids.

Needs no numbering plan (``rules.numbering_plans``), so that the functions which only hear from providers need not load
them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_WRITTEN_NUMBER = re.compile(r"\+?[\d\s().\-\u2010-\u2015/]{4,40}")
_NOT_DIGITS = re.compile(r"\D")
_E164_DIGITS = re.compile(r"[1-9][0-9]{4,14}")
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


class _Alias(NamedTuple):
    """Two spellings of one person's number: ``key`` is the one that both are matched by."""

    pattern: re.Pattern[str]
    key: str
    other: str


# A WhatsApp id may differ from the number that was dialled; both are the same person.
# Gupshup reports it in its "mismatch" event (support article 4413210201625), Meta in the answer's wa_id
# (developers.facebook.com, send-messages); both read 2026-11.
_ALIASES = (
    # Brazil: mobiles got a ninth digit, 9, and older WhatsApp ids lack it. What remains starts with 6 to 9;
    # landlines start with 2 to 5 and never had one.
    _Alias(re.compile(r"\+55(\d{2})9?([6-9]\d{7})"), r"+55\g<1>\g<2>", r"+55\g<1>9\g<2>"),
    # Mexico: a 1 after the country code for mobiles, abolished in 2019, still in WhatsApp ids.
    _Alias(re.compile(r"\+521?(\d{10})"), r"+52\g<1>", r"+521\g<1>"),
    # Argentina: a 9 after the country code for mobiles called from abroad.
    _Alias(re.compile(r"\+549?(\d{10})"), r"+54\g<1>", r"+549\g<1>"),
)


def provider_phone(raw: object) -> str | None:
    """The number of a person in an authenticated webhook, in E.164 with ``+``; None if it is no number.

    WhatsApp has accepted the number, so no numbering plan is asked: an id may have a form that the plan no longer has
    (Benin and Ivory Coast went from eight digits to ten in 2024 and 2021) or does not have yet. Every digit is kept,
    because the number is the provider's own name of the person. Lengths with the country code: at most 15, without a
    leading zero (ITU-T E.164, 2010), at least 5, below the shortest in use (Niue's seven).
    """
    digits = digits_of(raw)
    return f"+{digits}" if digits and _E164_DIGITS.fullmatch(digits) else None


def match_key(e164: str) -> str:
    """One key for all spellings of a person's number. For finding people only: a message is always sent to the
    number as it was given."""
    return spellings(e164)[0]


def parse_user_id(raw: object) -> str | None:
    """Meta's business-scoped user id (a country code, a dot, up to 128 letters and digits), unchanged, or None.
    Upper and lower case differ (developers.facebook.com, business-scoped user ids, read 2026-11)."""
    return raw if isinstance(raw, str) and _USER_ID.fullmatch(raw) else None


def spellings(e164: str) -> tuple[str, ...]:
    """All spellings of a person's number in E.164, the match key first."""
    for alias in _ALIASES:
        match = alias.pattern.fullmatch(e164)
        if match:
            return match.expand(alias.key), match.expand(alias.other)
    return (e164,)


def digits_of(raw: object) -> str | None:
    """The digits of a written number: with or without ``+``, with a leading ``00``, spaces, dashes, dots, slashes and
    parentheses, in any script. None if there is anything else in it."""
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 < raw < 10**16:
        raw = str(raw)
    if not isinstance(raw, str) or len(raw) > 60:
        return None
    written = raw.strip()
    if not _WRITTEN_NUMBER.fullmatch(written):
        return None
    digits = _digits(written)
    return digits.removeprefix("00") if not written.startswith("+") else digits


def has_country_code(raw: object) -> bool:
    """Whether a written number says that a country code comes first: by ``+``, or by ``00``."""
    return isinstance(raw, str) and (raw.strip().startswith("+") or _digits(raw).startswith("00"))


def _digits(written: str) -> str:
    return "".join(str(int(digit)) for digit in _NOT_DIGITS.sub("", written))
