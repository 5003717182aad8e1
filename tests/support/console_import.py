"""People that staff import, or look for by a number that nobody has yet, in the console's API in memory. Rows are read
and judged by gate24's own rules."""

from __future__ import annotations

from typing import Any

from gate24.api.contact_rows import PEOPLE, Fault, NoSuchTable, Reading, RowRejected, by_author, facts_of, row_of
from gate24.api.named_person import person as named_person
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.authors import Author
from gate24.channels import Organization as RealOrganization
from gate24.contacts import Contact
from gate24.rules.contact_import import ImportedContact, News, news
from gate24.rules.numbering_plans import caller_phone, is_possible_phone
from tests.support.console_inbox import Member
from tests.support.console_people import ZONE, Organization, Person, now_ms, refused

Json = dict[str, Any]
Answer = tuple[int, Json]


def import_people(organization: Organization, body: Json, by: Member) -> Answer:
    chosen = by_author(PEOPLE, Author(**by.author))
    try:
        facts = facts_of(body["columns"], chosen)
    except NoSuchTable as error:
        errors = [{"pointer": "/columns", "detail": str(error)}]
        return refused(Problem("payload_invalid", str(error), errors=errors))
    real = RealOrganization("org", organization.name, str(ZONE), "USD", frozenset(), frozenset())
    reading = Reading(
        *(chosen, real, organization.channel_list(), None, ZONE, now_ms()),
        day_order=body.get("day_order"),
        is_national=body.get("national_numbers", False),
        for_silent=body.get("where_not_said", {}),
    )
    is_dry = body.get("dry_run", False)
    rows = []
    for each in body["rows"]:
        row = {"row": each["row"], "outcome": "rejected", "phone": None, "consent": None}
        try:
            read = reading.contact(row_of(each["row"], facts, each["cells"]))
        except RowRejected as rejected:
            rows.append({**row, "reasons": [_reason(fault) for fault in rejected.faults]})
            continue
        found = _news(organization, read, by, is_dry)
        faults = [Fault(found.code or "kept", found.reason, found.since)] if found.reason else []
        said = {"outcome": found.outcome, "phone": read.ref.phone, "reasons": [_reason(fault) for fault in faults]}
        rows.append({**row, **said, "consent": found.said[-1].action if found.said else None})
    return 200, {"dry_run": is_dry, "columns": facts, "rows": rows}


def _news(organization: Organization, row: ImportedContact, by: Member, is_dry: bool) -> News:
    phone = row.ref.phone or ""
    person = organization.find(phone)
    found = news(person.contact() if person else Contact(phone), row, rfc3339)
    if is_dry or found.outcome not in ("imported", "updated"):
        return found
    person = person or organization.add(Person(phone, ""))
    person.name = found.name or person.name
    person.history += found.said
    if found.outcome == "imported" or found.name:
        person.inbox.act(by, "add" if found.outcome == "imported" else "name", found.name)
    return found


def _reason(fault: Fault) -> Json:
    since = {} if fault.since is None else {"since": rfc3339(fault.since)}
    suggestion = {} if fault.suggestion is None else {"suggestion": fault.suggestion}
    return {"code": fault.code, "detail": fault.sentence, **since, **suggestion}


def unknown(organization: Organization, written: str) -> Answer:
    """What is answered of a number that nobody has."""
    try:
        ref = named_person(written, organization.channel_list())
    except Problem as problem:
        return refused(problem)
    if ref is None or (ref.phone is not None and not is_possible_phone(ref.phone)):
        return refused(Problem("recipient_invalid", "The path names nobody."))
    return refused(Problem("not_found", "There is no such contact."))


def wrong_recipient(organization: Organization, body: Json) -> Answer | None:
    """Why nothing can be sent to a number that nobody has; None where it exists."""
    if organization.find(body["to"]) or caller_phone(body["to"]):
        return None
    return refused(Problem("recipient_invalid", "The recipient is no phone number."))
