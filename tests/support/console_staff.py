"""Members, keys, erasures and audit log of an organization, in the console's API in memory."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from tests.support.console_inbox import Member

Json = dict[str, Any]
Answer = tuple[int, Json | None]

HOUR_MS = 3_600_000
_numbers = itertools.count(1)


def now_ms() -> int:
    return round(time.time() * 1000)


@dataclass
class Staff:
    """``keys``, ``erasures`` and ``log`` as the API answers them, the two last newest first. ``since``: epoch ms when
    the members were added. ``page``: of how many rows a page has at most."""

    keys: list[Json] = field(default_factory=list)
    erasures: list[Json] = field(default_factory=list)
    log: list[Json] = field(default_factory=list)
    since: int = field(default_factory=lambda: now_ms() - 40 * 24 * HOUR_MS)
    page: int = 100

    def add_key(self, name: str, scopes: tuple[str, ...] = ("read",), **more: Any) -> Json:
        number = next(_numbers)
        key = {
            "id": f"{number:012x}",
            "organization": "org",
            "name": name,
            "prefix": "g24_AbCd",
            "scopes": list(scopes),
            "channels": None,
            "created_at": rfc3339(now_ms() - 9 * 24 * HOUR_MS),
            "last_used_at": None,
            "expires_at": None,
            **more,
        }
        self.keys.append(key)
        return key

    def add_erasure(self, by: Json | None, survives: tuple[str, ...] = (), ago_ms: int = 0, **more: Any) -> None:
        at = rfc3339(now_ms() - ago_ms)
        row: Json = {"erasure": f"{next(_numbers):012x}", "status": "done", "begun_at": at, "finished_at": at, "by": by}
        row |= {"deleted": 12, "parts": 2, "parts_done": 2, "survives": list(survives)}
        self.erasures.append(row | more)

    def note(self, kind: str, act: str, by: Json, subject: str, **more: Any) -> None:
        entry: Json = {"id": f"{next(_numbers):012x}", "at": rfc3339(now_ms()), "kind": kind, "act": act, "by": by}
        entry |= {"subject": subject, "name": None, "changes": [], "facts": {}, "outcome": "done"}
        self.log.insert(0, entry | more)


@dataclass
class Asked:
    """``named``: what stands in the path at the places of ``{}``."""

    staff: Staff
    members: list[Member]
    by: Member
    named: tuple[str, ...]
    query: dict[str, str]
    body: Json

    @property
    def actor(self) -> Json:
        if self.by.email is None:
            return {"kind": "key", "name": self.by.name}
        return {"kind": "member", "name": self.by.name, "email": self.by.email}


def _page(asked: Asked, rows: list[Json]) -> Answer:
    start = int(asked.query.get("cursor", 0))
    end = start + min(int(asked.query.get("limit", 50)), asked.staff.page)
    more = str(end) if end < len(rows) else None
    return 200, {"data": rows[start:end], "next_cursor": more, "server_time": rfc3339(now_ms())}


def _member(asked: Asked, member: Member) -> Json:
    added_at = rfc3339(asked.staff.since)
    return {"email": member.email, "name": member.name, "role": member.role, "added_at": added_at}


def list_members(asked: Asked) -> Answer:
    return _page(asked, [_member(asked, each) for each in asked.members])


def _named(asked: Asked) -> Member | None:
    return next((each for each in asked.members if each.email == asked.named[0].lower()), None)


def _require_another_admin(asked: Asked, member: Member) -> None:
    others = [each for each in asked.members if each.role == "admin" and each != member]
    if member.role == "admin" and not others:
        raise Problem("last_admin")


def put_member(asked: Asked) -> Answer:
    found, email = _named(asked), asked.named[0].lower()
    if found is None:
        made = Member(asked.body.get("name", email.partition("@")[0]), email, asked.body["role"])
        asked.members.append(made)
        asked.staff.note("members", "member.added", asked.actor, email, name=made.name)
        return 200, _member(asked, made)
    changed = replace(found, role=asked.body["role"], name=asked.body.get("name", found.name))
    if changed.role != "admin":
        _require_another_admin(asked, found)
    asked.members[asked.members.index(found)] = changed
    changes = [{"field": "role", "old": found.role, "new": changed.role}]
    asked.staff.note("members", "member.changed", asked.actor, email, name=changed.name, changes=changes)
    return 200, _member(asked, changed)


def remove_member(asked: Asked) -> Answer:
    found = _named(asked)
    if found is None:
        raise Problem("not_found")
    _require_another_admin(asked, found)
    asked.members.remove(found)
    asked.staff.note("members", "member.removed", asked.actor, asked.named[0], name=found.name)
    return 204, None


def list_keys(asked: Asked) -> Answer:
    return _page(asked, asked.staff.keys)


def make_key(asked: Asked) -> Answer:
    made = asked.staff.add_key(
        asked.body["name"],
        tuple(asked.body["scopes"]),
        channels=asked.body.get("channels"),
        expires_at=asked.body.get("expires_at"),
        created_at=rfc3339(now_ms()),
    )
    return 201, made | {"key": f"g24_{'k' * 39}{next(_numbers):04d}"}


def _key(asked: Asked) -> Json:
    found = next((each for each in asked.staff.keys if each["id"] == asked.named[0]), None)
    if found is None:
        raise Problem("not_found")
    return found


def rotate_key(asked: Asked) -> Answer:
    until = rfc3339(now_ms() + asked.body.get("grace_hours", 24) * HOUR_MS)
    return 200, _key(asked) | {"key": f"g24_{'r' * 39}{next(_numbers):04d}", "previous_valid_until": until}


def revoke_key(asked: Asked) -> Answer:
    asked.staff.keys.remove(_key(asked))
    return 204, None


def list_erasures(asked: Asked) -> Answer:
    return _page(asked, asked.staff.erasures)


def list_log(asked: Asked) -> Answer:
    kind, first, last = (asked.query.get(name) for name in ("kind", "from", "to"))

    def is_wanted(entry: Json) -> bool:
        day = datetime.fromisoformat(entry["at"]).date().isoformat()
        return kind in (None, entry["kind"]) and (first or day) <= day <= (last or day)

    return _page(asked, [each for each in asked.staff.log if is_wanted(each)])


ROUTES: dict[tuple[str, str], Callable[[Asked], Answer]] = {
    ("GET", "members"): list_members,
    ("PUT", "members/{}"): put_member,
    ("DELETE", "members/{}"): remove_member,
    ("GET", "keys"): list_keys,
    ("POST", "keys"): make_key,
    ("POST", "keys/{}/rotate"): rotate_key,
    ("DELETE", "keys/{}"): revoke_key,
    ("GET", "erasures"): list_erasures,
    ("GET", "audit-log"): list_log,
}
"""By method and path, in which a name is ``{}``."""

_FOR_ALL = {("GET", "members")}


def staff_answer(
    staff: Staff, members: list[Member], by: Member, method: str, parts: list[str], query: dict[str, str], body: Any
) -> Answer | None:
    """None where it is no route of these; Problem as the API has it, for roles too."""
    for (own_method, path), answer in ROUTES.items():
        own = path.split("/")
        if own_method != method or len(own) != len(parts):
            continue
        if all(each in ("{}", part) for each, part in zip(own, parts, strict=True)):
            is_admin = by.email is None or by.role == "admin"
            is_open = (method, path) in _FOR_ALL or is_admin
            if not is_open or (own[0] == "keys" and by.email is None):
                raise Problem("unauthorized", status=403)
            named = tuple(part for each, part in zip(own, parts, strict=True) if each == "{}")
            return answer(Asked(staff, members, by, named, query, body or {}))
    return None
