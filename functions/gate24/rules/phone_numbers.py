"""Who somebody is: phone numbers in E.164, their aliases, and Meta's business-scoped user ids.

phonenumbers is imported with the module on purpose: Lambda's start-up phase has a full CPU. Its geocoder,
carrier and time zone data are never touched.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import phonenumbers

_WRITTEN_NUMBER = re.compile(r"\+?[\d\s().\-\u2010-\u2015/]{4,40}")
_MARKS = re.compile(r"[^\d+]")
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


class _Alias(NamedTuple):
    """Two ways to write one person's number: ``key`` is the one that stands for both."""

    pattern: re.Pattern[str]
    key: str
    other: str


# A WhatsApp id may differ from the number that was dialled; both are the same person.
# Gupshup tells of it in its "mismatch" event (support article 4413210201625), Meta in the answer's wa_id
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


def parse_phone(raw: object, strict: bool = False) -> str | None:
    """The number in E.164 with ``+``, or None if it is none.

    Taken with or without ``+``, with a leading ``00``, spaces, dashes, dots and parentheses, and always with
    its country code. A webhook's number (not ``strict``) needs a possible length and keeps every digit, for
    it is the provider's own name of the person. An API caller's (``strict``) must be valid, and a trunk zero
    (``+91 0 98765...``) is dropped.
    """
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 < raw < 10**16:
        raw = str(raw)
    if not isinstance(raw, str) or len(raw) > 60:
        return None
    written = raw.strip()
    if not _WRITTEN_NUMBER.fullmatch(written):
        return None
    digits = "".join(str(int(mark)) for mark in _MARKS.sub("", written) if mark != "+")
    if digits.startswith("00") and not written.startswith("+"):
        digits = digits[2:]
    number = f"+{digits}"
    if not strict:
        return number if any(_is_possible(variant) for variant in spellings(number)) else None
    parsed = _parse(number)
    if parsed is None:
        return None
    formatted = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return formatted if any(_is_valid(variant) for variant in spellings(formatted)) else None


def match_key(e164: str) -> str:
    """One key for all the ways to write a person's number. For finding people only: a message is always sent
    to the number as it was given."""
    return spellings(e164)[0]


def parse_user_id(raw: object) -> str | None:
    """Meta's business-scoped user id (``IN.`` and up to 128 letters and digits), untouched, or None.
    Upper and lower case differ (developers.facebook.com, business-scoped user ids, read 2026-11)."""
    return raw if isinstance(raw, str) and _USER_ID.fullmatch(raw) else None


def spellings(e164: str) -> tuple[str, ...]:
    """All the ways to write a person's number in E.164, the one that stands for them first."""
    for alias in _ALIASES:
        match = alias.pattern.fullmatch(e164)
        if match:
            return match.expand(alias.key), match.expand(alias.other)
    return (e164,)


def _parse(e164: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None


def _is_possible(e164: str) -> bool:
    # Not is_possible_number: that one also takes a local number without its area code.
    parsed = _parse(e164)
    return parsed is not None and (
        phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
    )


def _is_valid(e164: str) -> bool:
    parsed = _parse(e164)
    return parsed is not None and phonenumbers.is_valid_number(parsed)
