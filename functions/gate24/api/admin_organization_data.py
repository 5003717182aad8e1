"""All that there is of an organization, page by page, for a platform that keeps it elsewhere before it deletes it."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from typing import Any

from gate24 import clock
from gate24.api import http
from gate24.api.administered import named_organization
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import consent_json, contact_json, day_json, message_json, rfc3339, template_json, time_or_none
from gate24.api.settings_json import channel_settings_json, organization_settings_json
from gate24.api.webhook_routes import webhook_json
from gate24.channels import Organization, OrganizationDeletion
from gate24.contacts import Contact
from gate24.rules.retention import as_kept
from gate24.rules.rollup import local_day
from gate24.store import (
    consent_history,
    contact_list,
    contacts,
    costs,
    messages,
    organizations,
    subscriptions,
    templates,
)
from gate24.usecases.delete_organization import delete_organization, find_deletion
from gate24.usecases.state_costs import with_settled_cost

_SECONDS = 8.0
"""How long one request reads; its function has 20 s (template.yaml)."""

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
                yield _line("contact", contact_json(contact, channels, now)), begin
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
    organization: Organization, contact: Contact, place: Any, done: list[Any] | None, now: int
) -> Iterator[Entry]:
    """``done``: the kind of the last line that there was, and its position; None where there was none."""
    name = contact.phone or contact.user_id
    kind, last = done or ["consent", None]
    if kind == "consent":
        entries = consent_history.of_person(organization.id, contact)
        entries.sort(key=lambda entry: entry.position, reverse=True)
        for entry in entries:
            if last is None or entry.position < last:
                at = ["contact", place, contact.id, ["consent", entry.position]]
                yield _line("consent", consent_json(entry, contact.name), name), at
    before = last if kind == "message" else None
    stretches = [messages.newest_first(organization.id, each, before, page_size=200) for each in contact.stretches]
    for message in heapq.merge(*stretches, key=messages.position, reverse=True):
        said = message_json(with_settled_cost(organization, as_kept(message, organization, now)), contact, now)
        yield _line("message", said, name), ["contact", place, contact.id, ["message", messages.position(message)]]


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


_OF_ORGANIZATION: dict[str, Callable[[Organization, str], list[dict[str, Any]]]] = {
    "template": _templates,
    "day": _days,
    "organization": _settings,
    "channel": _channels,
    "webhook": _webhooks,
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
