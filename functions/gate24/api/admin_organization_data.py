"""All that there is of an organization, page by page, for a platform that keeps it elsewhere before it deletes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from gate24 import clock
from gate24.api import http, person_lines
from gate24.api.administered import named_organization
from gate24.api.audit_routes import audit_json
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import contact_json, day_json, rfc3339, template_json, time_or_none
from gate24.api.settings_json import channel_settings_json, organization_settings_json
from gate24.api.webhook_routes import webhook_json
from gate24.channels import Organization, OrganizationDeletion
from gate24.contacts import Contact
from gate24.rules.rollup import local_day
from gate24.store import (
    audit_log,
    contact_list,
    contacts,
    costs,
    organizations,
    subscriptions,
    templates,
)
from gate24.usecases.delete_organization import delete_organization, find_deletion

_SECONDS = 8.0
"""How long one request reads; its function has 20 s (template.yaml)."""

_OF_PERSON = ("consent", "note", "action", "message")
"""Events that were not understood are kept for the organization, and not for long."""

Entry = tuple[dict[str, Any], list[Any]]
"""A line, and the position after which the next request goes on."""


def export(call: Call) -> dict[str, Any]:
    """Lines of one kind after another. Each contact is as of the moment when it is read."""
    organization = named_organization(call)
    purpose = f"export {organization.id}"
    until, limit = time.monotonic() + _SECONDS, call.parameters["export_limit"]
    lines: list[Entry] = []
    for line in _lines(organization, call.now, call.position(purpose), http.api_url(call.event, "/v1/admin/")):
        lines.append(line)
        if len(lines) > limit or time.monotonic() > until:
            break
    else:
        return call.page(lines, purpose, limit=limit)
    return call.page(lines, purpose, lines[-1][1], limit=limit)


def _lines(organization: Organization, now: int, position: list[Any] | None, api_url: str) -> Iterator[Entry]:
    """``position``: the kind, and of people their place in the list with how far their own lines are."""
    channels = organizations.channels_now(organization.id)
    kind, *rest = position or ["contact", None, None, None]
    if kind == "contact":
        place, contact_id, done = rest
        if contact_id is not None:
            contact = contacts.read(organization.id, contact_id)
            if _is_there(contact):
                yield from _of_person(organization, contact, place, done, now)
        for found_id, found_at in contact_list.everybody(organization.id, place):
            contact = contacts.read(organization.id, found_id)
            if _is_there(contact):
                begin = ["contact", found_at, found_id, None]
                care = {"assignee": contact.care.assignee, "labels": list(contact.care.labels)}
                yield _line("contact", contact_json(contact, channels, now) | care), begin
                yield from _of_person(organization, contact, found_at, None, now)
    for name, of_kind in _OF_ORGANIZATION.items():
        if kind in ("contact", name):
            start = rest[0] if kind == name else 0
            for number, line in enumerate(of_kind(organization, api_url)[start:], start + 1):
                yield _line(name, line), [name, number]
            kind = "contact"


def _is_there(contact: Contact) -> bool:
    return contact.exists or bool(contact.windows)


def _of_person(
    organization: Organization, contact: Contact, place: Any, done: tuple[str, str | None] | None, now: int
) -> Iterator[Entry]:
    """``done``: the kind of the last line that there was, and its position; None where there was none."""
    name = contact.phone or contact.user_id
    for kind, said, at in person_lines.lines(organization, contact, now, done, _OF_PERSON):
        yield _line(kind, said, name), ["contact", place, contact.id, [kind, at]]


def _templates(organization: Organization, api_url: str) -> list[dict[str, Any]]:
    return [template_json(each) for each in templates.templates(organization.id)]


def _days(organization: Organization, api_url: str) -> list[dict[str, Any]]:
    return [day_json(each) for each in costs.days_costs(organization.id, "0000", "9999")]


def _settings(organization: Organization, api_url: str) -> list[dict[str, Any]]:
    return [organization_settings_json(organization, organizations.channels_now(organization.id))]


def _channels(organization: Organization, api_url: str) -> list[dict[str, Any]]:
    """Without their secrets."""
    today = local_day(clock.now_ms(), organization.timezone).isoformat()
    return [channel_settings_json(each, api_url, today) for each in organizations.channels_now(organization.id)]


def _webhooks(organization: Organization, api_url: str) -> list[dict[str, Any]]:
    """Without their secrets."""
    return [webhook_json(each) for each in subscriptions.read_all(organization.id)]


def _acts(organization: Organization, api_url: str) -> list[dict[str, Any]]:
    """Who changed what, the oldest first, so that what is done meanwhile comes last."""
    return [audit_json(each) for each, _ in audit_log.everything(organization.id)]


_OF_ORGANIZATION: dict[str, Callable[[Organization, str], list[dict[str, Any]]]] = {
    "template": _templates,
    "day": _days,
    "organization": _settings,
    "channel": _channels,
    "webhook": _webhooks,
    "act": _acts,
}
"""What comes after the people, by the kind of its lines."""


def _line(kind: str, data: dict[str, Any], contact: str | None = None) -> dict[str, Any]:
    of = {} if contact is None else {"contact": contact}
    return {"kind": kind, **of, "data": data}


def delete(call: Call) -> dict[str, Any]:
    organization = named_organization(call)
    if call.parameters["confirm"] != organization.id:
        detail = f"is not {organization.id}: repeat the id of the organization that is to be deleted"
        raise Problem("payload_invalid", "Nothing was deleted.", errors=[{"pointer": "/confirm", "detail": detail}])
    return http.answer(202, _deletion_json(delete_organization(organization, call.now)))


def get_deletion(call: Call) -> dict[str, Any]:
    found = find_deletion(str(call.parameters["organization_id"]))
    if found is None:
        raise Problem("not_found", "No deletion of such an organization is under way, and none was of late.")
    return http.answer(200, _deletion_json(found))


def _deletion_json(deletion: OrganizationDeletion) -> dict[str, Any]:
    return {
        "organization": deletion.organization_id,
        "status": "running" if deletion.finished_at is None else "done",
        "begun_at": rfc3339(deletion.at),
        "finished_at": time_or_none(deletion.finished_at),
        "channels": deletion.channels,
        "keys": deletion.keys,
        "webhooks": deletion.webhooks,
        "contacts": deletion.contacts,
        "unrecognized": deletion.unrecognized,
    }


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "exportOrganization": export,
    "deleteOrganization": delete,
    "getOrganizationDeletion": get_deletion,
}
