"""All that is known of one person, as a document for that person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api import http, person_lines
from gate24.api.call import Call
from gate24.api.contact_routes import contact_body
from gate24.api.pages import fill
from gate24.api.render import rfc3339


def export_contact(call: Call) -> dict[str, Any]:
    """All that is known of one person: the first page has the contact, each as many lines as fit."""
    contact, limit = call.known_contact(), call.parameters["export_limit"]
    purpose = f"export {contact.id}"
    position = call.position(purpose)
    after = None if position is None else (position[0], position[1])
    entries = (
        ((kind, said), [kind, at]) for kind, said, at in person_lines.lines(call.organization, contact, call.now, after)
    )
    data, then = fill(entries, limit)
    found: dict[str, list[Any]] = {kind: [] for kind in person_lines.KINDS}
    for kind, said in data:
        found[kind].append(said)
    body = {"contact": contact_body(call, contact)} | {person_lines.PLURALS[kind]: each for kind, each in found.items()}
    return http.answer(200, body | {"next_cursor": call.cursor(purpose, then), "server_time": rfc3339(call.now)})


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"exportContact": export_contact}
