"""What somebody looks for in the list of contacts: a person by number or user id, or people by words of their names.

Pure. A whole number names one person, however it is written: with or without ``+``, with ``00``, spaces and dashes, and
without its country code where it is a number in the country of one of the organization's channels.
"""

from __future__ import annotations

from collections.abc import Iterable

from gate24.contacts import Contact
from gate24.lazy_dataclass import dataclass
from gate24.rules.names import is_named, name_words, query_words
from gate24.rules.numbering_plans import caller_phone, national_number
from gate24.rules.phone_numbers import digits_of, has_country_code, match_key, parse_user_id, provider_phone

WHOLE_DIGITS = 10
"""Fewer, without a ``+``, may be the end of somebody's number as well as a whole one of a small country."""


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """``phones``: the numbers (E.164) that it may be, or ``user_id``. ``is_whole``: nobody else can be meant. Else
    ``digits``: in whose numbers they are; ``words``: each of which begins a word of the name; or ``text``: what is in a
    name, where that has no words."""

    phones: tuple[str, ...] = ()
    user_id: str | None = None
    is_whole: bool = False
    digits: str = ""
    words: tuple[str, ...] = ()
    text: str = ""


def contact_query(q: str, business_numbers: Iterable[str]) -> ContactQuery:
    """What the text asks for."""
    user_id = parse_user_id(q.strip())
    if user_id is not None:
        return ContactQuery(user_id=user_id, is_whole=True)
    digits = "".join(str(int(char)) for char in q if char.isdecimal())
    if digits and not any(char.isalpha() for char in q):
        return _number(q, digits, business_numbers)
    words = query_words(q)
    return ContactQuery(words=words) if words else ContactQuery(text=q.strip().casefold())


def _number(q: str, digits: str, business_numbers: Iterable[str]) -> ContactQuery:
    written = digits_of(q)
    if written is None:
        return ContactQuery(digits=digits)
    in_country = (found.e164 for each in business_numbers if (found := national_number(q, [each])) is not None)
    valid = [*filter(None, [caller_phone(q)]), *in_country]
    phones = dict.fromkeys([*valid, *filter(None, [provider_phone(q)])])
    is_whole = bool(valid) and (has_country_code(q) or len(digits) >= WHOLE_DIGITS)
    return ContactQuery(phones=tuple(phones), is_whole=is_whole, digits=digits)


def fits(query: ContactQuery, contact: Contact) -> bool:
    """Whether it is the contact, or one of the contacts, who is looked for."""
    if query.words:
        return is_named(name_words(contact.name or ""), query.words)
    if query.user_id is not None:
        return query.user_id in contact.user_ids | contact.linked
    if contact.phone is not None and match_key(contact.phone) in map(match_key, query.phones):
        return True
    if query.digits:
        return not query.is_whole and query.digits in (contact.phone or "")
    return query.text in (contact.name or "").casefold()
