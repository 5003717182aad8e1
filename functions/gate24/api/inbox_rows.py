"""What a row of the list of contacts says of a chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gate24.api.render import author_json, rfc3339, time_or_none
from gate24.authors import Author
from gate24.channels import Channel, Organization
from gate24.contacts import Contact
from gate24.inbox import Answering, Note, Standing
from gate24.rules.decision import writable
from gate24.rules.retention import forgotten_before
from gate24.usecases.count_unread import standing_of


def inbox_json(
    organization: Organization, contact: Contact, channels: list[Channel], now: int, is_limited: bool
) -> dict[str, Any]:
    """How the chat stands on these channels, and what may be sent there at ``now`` (epoch ms). ``is_limited``: who asks
    is not told what is of all channels."""
    found = standing_of(organization.id, contact, {channel.id for channel in channels})
    may = writable(contact, channels, now)
    return {
        "last_message": _last_message(organization, contact, found, now),
        "unread": found.unread,
        "waiting_since": time_or_none(found.waiting_since),
        "state": found.state,
        "assignee": None if is_limited else contact.care.assignee,
        "labels": [] if is_limited else list(contact.care.labels),
        "answering": _answering(contact.care.answering, now),
        "may": {"freeform": may.freeform, "template": may.template, "code": may.code},
    }


def _last_message(organization: Organization, contact: Contact, found: Standing, now: int) -> dict[str, Any] | None:
    said = found.last
    if said is None:
        return None
    sent = contact.sent
    is_kept = said.at >= forgotten_before(organization, now)
    author = Author("contact", contact.name) if found.is_inbound or sent is None else sent.author
    return {
        "direction": "inbound" if found.is_inbound else "outbound",
        "type": said.type,
        "preview": said.preview if is_kept else None,
        "at": rfc3339(said.at),
        "author": None if author is None else author_json(author),
        "failed": not found.is_inbound and sent is not None and sent.failed,
    }


def _answering(answering: Sequence[Answering], now: int) -> dict[str, Any] | None:
    still = [
        {"name": each.name, "email": each.email, "until": rfc3339(each.until)} for each in answering if each.until > now
    ]
    return {**still[0], "others": still[1:]} if still else None


def note_json(note: Note) -> dict[str, Any]:
    return {"id": note.id, "text": note.text, "author": author_json(note.author), "at": rfc3339(note.at)}


def action_json(note: Note) -> dict[str, Any]:
    """``detail``: the assignee, the labels; of a note nothing, which is read among the notes."""
    detail = None if note.action == "note" else note.text
    return {"action": note.action, "detail": detail, "author": author_json(note.author), "at": rfc3339(note.at)}
