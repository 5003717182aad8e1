"""Who a caller means by ``to``, by ``{phone}`` in a path: a phone number or Meta's user id."""

from __future__ import annotations

from collections.abc import Iterable

from gate24.api.problems import Problem
from gate24.channels import Channel
from gate24.events import ContactRef
from gate24.rules.numbering_plans import NationalNumber, caller_phone, national_number
from gate24.rules.phone_numbers import parse_user_id, provider_phone


def person(written: str, channels: Iterable[Channel]) -> ContactRef | None:
    """Who is meant; None if it is neither a user id nor digits that a number could have.

    Problem ``recipient_invalid`` with a suggestion for a number without its country code, which is not guessed: the
    same digits may be somebody else's number in another country. ``channels``: whose countries it may be of.
    """
    user_id = parse_user_id(written.strip())
    if user_id is not None:
        return ContactRef(user_id=user_id)
    national = national_number(written, (channel.business_number for channel in channels))
    if national is not None:
        suggestion = {"suggestion": national.e164}
        raise Problem("recipient_invalid", _detail(national), ("correct_request",), extra=suggestion)
    phone = caller_phone(written) or provider_phone(written)
    return None if phone is None else ContactRef(phone)


def _detail(national: NationalNumber) -> str:
    if national.other is None:
        return f"The number lacks its country code: write {national.e164}."
    return f"These digits are two numbers: write {national.e164}, or {national.other} if that one is meant."
