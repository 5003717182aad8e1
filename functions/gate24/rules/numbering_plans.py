"""Which phone numbers the world's numbering plans have (the library phonenumbers).

It is imported with the module because Lambda's start-up phase has a full CPU. Its geocoder, carrier and time zone data
are not loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import phonenumbers

from gate24.rules.phone_numbers import digits_of, has_country_code, provider_phone, spellings


def caller_phone(raw: object) -> str | None:
    """The number that an API caller gave, in E.164 with ``+``; None if its numbering plan has no such number.

    It has its country code; a trunk zero after that (``+91 0 98765...``) is dropped.
    """
    digits = digits_of(raw)
    parsed = _parse(f"+{digits}") if digits else None
    if parsed is None:
        return None
    e164 = _e164(parsed)
    is_e164 = provider_phone(e164) is not None  # the library knows German numbers of 16 digits
    return e164 if is_e164 and any(_is_valid(spelling) for spelling in spellings(e164)) else None


class NationalNumber(NamedTuple):
    """A number that was written as inside a country: ``e164`` is that number with its country code, ``other`` what the
    same digits mean with the country code that they begin with, if anything. Both in E.164."""

    e164: str
    other: str | None


def national_number(raw: object, business_numbers: Iterable[str]) -> NationalNumber | None:
    """What a caller left the country code of: digits without ``+`` or ``00`` that are a valid number in the country of
    one of the business numbers. None for digits that mean the same with and without the code, and for all others."""
    digits = digits_of(raw)
    if not digits or has_country_code(raw):
        return None
    other = caller_phone(f"+{digits}")
    for business_number in business_numbers:
        ours = _parse(business_number)
        e164 = caller_phone(f"+{ours.country_code}{digits}") if ours else None
        if e164 is not None and e164 != other:
            return NationalNumber(e164, other)
    return None


def is_possible_phone(e164: str) -> bool:
    """Whether the number has a length that its numbering plan knows, valid or not."""
    # Not is_possible_number: that one also takes a local number without its area code.
    possible = phonenumbers.ValidationResult.IS_POSSIBLE
    parsed = [_parse(spelling) for spelling in spellings(e164)]
    return any(each and phonenumbers.is_possible_number_with_reason(each) == possible for each in parsed)


def _parse(e164: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None


def _e164(parsed: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_valid(e164: str) -> bool:
    """Of ``+43 00 12000`` the library drops one zero, and would drop the other from what it made of it."""
    parsed = _parse(e164)
    return parsed is not None and phonenumbers.is_valid_number(parsed) and _e164(parsed) == e164
