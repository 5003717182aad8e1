"""What the organization's people do about a contact, in the console's API in memory: who reads, answers, is assigned,
which labels and notes there are, and who is writing an answer."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gate24.api.render import rfc3339
from gate24.rules.decision import Permissions
from gate24.rules.inbox import labels_after

Json = dict[str, Any]

ANSWERING_SECONDS = 20.0
PREVIEW_LETTERS = 80
TOLD = frozenset({"received", "accepted", "sent", "delivered", "read", "unknown"})
"""The statuses of messages that the list shows: those of a refusal it does not."""
_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Member:
    """Whom a key of the API in memory stands for; without an address it is a key."""

    name: str
    email: str | None = None
    role: str = "agent"

    @property
    def author(self) -> Json:
        return {"kind": "member" if self.email else "key", "name": self.name}

    def me(self) -> Json:
        kind: Json = {"kind": "member", "email": self.email, "role": self.role} if self.email else {"kind": "key"}
        return {**kind, "name": self.name}


@dataclass
class Inbox:
    """Times are epoch seconds. ``answering``: who writes an answer and until when, whoever began first first."""

    read_at: float = 0.0
    done_at: float = 0.0
    assignee: str | None = None
    labels: list[str] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)
    answering: list[tuple[Member, float]] = field(default_factory=list)

    def act(self, by: Member, action: str, detail: str | None = None) -> None:
        entry = {"action": action, "detail": detail, "author": by.author, "at": rfc3339(int(time.time() * 1000))}
        self.actions.insert(0, entry)

    def note(self, by: Member, text: str, at: float | None = None) -> Json:
        when = rfc3339(int((at or time.time()) * 1000))
        self.notes.insert(0, {"id": f"note_{next(_ids)}", "text": text, "author": by.author, "at": when})
        self.act(by, "note")
        return self.notes[0]


def inbox_json(inbox: Inbox, messages: list[Json], may: Permissions | Json) -> Json:
    """What a row and a contact have besides, from the conversation's messages."""
    told = [each for each in messages if each["status"] in TOLD]
    told.sort(key=lambda each: each["at"])
    waiting = _waiting(told, inbox)
    last_inbound = max((each["at"] for each in told if each["direction"] == "inbound"), default="")
    answered = max((each["at"] for each in told if each["direction"] == "outbound"), default="")
    seen = max(answered, rfc3339(int(inbox.read_at * 1000)))
    answering = [
        {"name": each.name, "email": each.email, "until": rfc3339(int(until * 1000))}
        for each, until in inbox.answering
        if until > time.time()
    ]
    return {
        "last_message": _last(told[-1]) if told else None,
        "unread": sum(each["direction"] == "inbound" and each["at"] > seen for each in told),
        "waiting_since": waiting,
        "state": "done" if inbox.done_at and last_inbound <= rfc3339(int(inbox.done_at * 1000)) else "open",
        "assignee": inbox.assignee,
        "labels": sorted(inbox.labels),
        "answering": answering[0] | {"others": answering[1:]} if answering else None,
        "may": may,
    }


def _waiting(told: list[Json], inbox: Inbox) -> str | None:
    since = rfc3339(int(inbox.done_at * 1000))
    waiting: str | None = None
    for each in told:
        if each["direction"] == "outbound":
            waiting = None
        elif each["at"] > since:
            waiting = waiting or each["at"]
    return waiting


def _last(message: Json) -> Json:
    words = message.get("text") or (message.get("media") or {}).get("caption")
    preview = " ".join(words.split())[:PREVIEW_LETTERS] if words else None
    author = message.get("author")
    kind = (message.get("media") or {}).get("kind") or message["type"]
    told = {"direction": message["direction"], "type": kind, "preview": preview, "at": message["at"], "author": author}
    return {**told, "failed": message["direction"] == "outbound" and message["status"] == "failed"}


def best(windows: list[Json]) -> Json:
    """What may be sent now on the best of the channels."""
    now = [entry["may"]["open"] or entry["may"]["closed"] for entry in windows]
    found = max(now, key=lambda may: (may["freeform"], may["template"]), default=None)
    if found is None:
        return {"freeform": False, "template": False, "code": "not_opted_in"}
    code = None if found["freeform"] and found["template"] else found["code"]
    return {"freeform": found["freeform"], "template": found["template"], "code": code}


def change(inbox: Inbox, by: Member, method: str, below: str, body: Json) -> tuple[int, Json | None] | None:
    """What a request below a contact does and answers; an empty answer stands for the contact. None: no such
    route."""
    actions: dict[tuple[str, str], Callable[[], tuple[int, Json | None]]] = {
        ("POST", "read"): lambda: _read(inbox),
        ("PUT", "assignee"): lambda: _assign(inbox, by, body["assignee"]),
        ("PUT", "labels"): lambda: _label(inbox, by, body["labels"], body["instead_of"]),
        ("PUT", "state"): lambda: _state(inbox, by, body["state"]),
        ("POST", "notes"): lambda: (201, inbox.note(by, body["text"])),
        ("GET", "notes"): lambda: (200, {"data": inbox.notes, "next_cursor": None}),
        ("GET", "actions"): lambda: (200, {"data": inbox.actions, "next_cursor": None}),
        ("PUT", "answering"): lambda: _answering(inbox, by, time.time() + ANSWERING_SECONDS),
        ("DELETE", "answering"): lambda: _answering(inbox, by, 0),
    }
    action = actions.get((method, below))
    return action() if action else None


def _read(inbox: Inbox) -> tuple[int, None]:
    inbox.read_at = time.time()
    return 200, None


def _assign(inbox: Inbox, by: Member, assignee: str | None) -> tuple[int, None]:
    inbox.assignee = assignee
    inbox.act(by, "assign", assignee)
    return 200, None


def _label(inbox: Inbox, by: Member, labels: list[str], instead_of: list[str]) -> tuple[int, None]:
    inbox.labels = sorted(labels_after(inbox.labels, labels, instead_of))
    inbox.act(by, "label", ", ".join(inbox.labels))
    return 200, None


def _state(inbox: Inbox, by: Member, state: str) -> tuple[int, None]:
    inbox.done_at = time.time() if state == "done" else 0.0
    inbox.act(by, "done" if state == "done" else "reopen")
    return 200, None


def _answering(inbox: Inbox, by: Member, until: float) -> tuple[int, None]:
    still = [each for each in inbox.answering if each[1] > time.time()]
    known = [member for member, _ in still]
    inbox.answering = [(by, until) if member == by else (member, at) for member, at in still]
    inbox.answering += [] if by in known else [(by, until)]
    return 200, None
