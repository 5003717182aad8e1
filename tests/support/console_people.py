"""The people, messages and costs of the console's API in memory. No person in here is a real one."""

from __future__ import annotations

import csv
import io
import itertools
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

HOUR = 3600.0
DAY = 24 * HOUR
ZONE = ZoneInfo("Asia/Kolkata")
_ids = itertools.count(1)

# fmt: off
GIVEN = [
    "Asha", "Bimal", "Chitra", "Deepak", "Esha", "Farhan", "Gita", "Harish", "Indu", "Jaya", "Kiran", "Lata", "Meena",
    "Nikhil", "Omana", "Priya", "Ravi", "Sunita",
]
FAMILY = ["Devi", "Kumar", "Sharma", "Patil", "Das", "Rao", "Nair", "Khan", "Joshi", "Singh", "Bai", "Gowda"]
# fmt: on


def rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def problem(status: int, code: str, **more: Any) -> tuple[int, Json]:
    return status, {"type": "about:blank", "status": status, "title": code, "code": code, "retryable": False, **more}


@dataclass
class Person:
    phone: str
    name: str
    last_inbound: dict[str, float] = field(default_factory=dict)
    consents: list[Json] = field(default_factory=list)
    blocks: list[Json] = field(default_factory=list)
    blocked: bool = False
    unreachable: bool = False
    marketing_stopped: bool = False
    messages: list[Json] = field(default_factory=list)
    activity: float = 0.0
    margin: float = 0.0

    def writes(self, text: str | None, channel: str = "gupshup-1", at: float | None = None, **more: Any) -> Json:
        at = at or time.time()
        self.last_inbound[channel] = max(at, self.last_inbound.get(channel, 0))
        return self.add({"direction": "inbound", "type": "text", "text": text, "status": "received", **more}, at)

    def add(self, message: Json, at: float | None = None) -> Json:
        at = at or time.time()
        self.activity = max(self.activity, at)
        full = {"id": f"m{next(_ids)}", "at": rfc3339(at), "statuses": [], **message}
        self.messages.append(full)
        return full

    def window(self, channel: str) -> Json:
        at = self.last_inbound.get(channel)
        if at is None:
            return dict.fromkeys(("opened_at", "last_inbound_at", "expires_at", "closed_by")) | {
                "state": "never_opened",
                "seconds_left": 0,
            }
        expires = at + DAY - self.margin
        is_open = time.time() < expires
        return {
            "state": "open" if is_open else "closed",
            "opened_at": rfc3339(at),
            "last_inbound_at": rfc3339(at),
            "expires_at": rfc3339(expires),
            "seconds_left": max(0, int(expires - time.time())),
            "closed_by": None if is_open else "lapsed",
        }

    def expires(self) -> float:
        return max(self.last_inbound.values(), default=-DAY) + DAY - self.margin

    def consent_status(self) -> Json:
        if not self.consents:
            return {"status": "none", "at": None, "source": None}
        last = self.consents[-1]
        return {
            "status": {"opt_in": "opted_in", "opt_out": "opted_out"}[last["action"]],
            "at": last["at"],
            "source": last["source"],
        }

    def consent(self, action: str, source: str = "keyword", evidence: str = "", at: float | None = None) -> Json:
        entry = {"action": action, "source": source, "evidence": evidence, "at": rfc3339(at or time.time())}
        self.consents.append(entry)
        return entry

    def block(self, wanted: bool, reason: str | None = None) -> Json:
        self.blocked = wanted
        self.blocks.append(
            {
                "action": "block" if wanted else "unblock",
                "source": "api",
                "evidence": reason,
                "at": rfc3339(time.time()),
            }
        )
        return contact_json(self)

    def history(self) -> list[Json]:
        return sorted(self.consents + self.blocks, key=lambda entry: entry["at"], reverse=True)

    def conversation(self, query: dict[str, str]) -> Json:
        newest = sorted(self.messages, key=lambda message: message["at"], reverse=True)
        start, limit = int(query.get("cursor", 0)), int(query.get("limit", 50))
        more = str(start + limit) if len(newest) > start + limit else None
        return {"data": newest[start : start + limit], "next_cursor": more}

    def refusal(self, kind: str, category: str | None, channel: str) -> str | None:
        """The table of contract section 3, for the console's sake."""
        is_open = self.window(channel)["state"] == "open"
        status = self.consent_status()
        if self.blocked:
            return "blocked"
        if status["status"] == "opted_out":
            wrote_since = is_open and rfc3339(self.last_inbound[channel]) > status["at"]
            return None if wrote_since and kind != "template" else "opted_out"
        if status["status"] == "none" and (not is_open or category == "marketing"):
            return "not_opted_in"
        return None if is_open or kind == "template" else "window_closed"


def contact_json(person: Person) -> Json:
    return {
        "phone": person.phone,
        "name": person.name,
        "blocked": person.blocked,
        "unreachable": person.unreachable,
        "marketing_stopped": person.marketing_stopped,
        "consent": person.consent_status(),
        "windows": [{"channel": channel, "window": person.window(channel)} for channel in person.last_inbound],
        "last_activity_at": rfc3339(person.activity) if person.activity else None,
    }


@dataclass
class Organization:
    name: str
    scopes: tuple[str, ...] = ("read", "send", "admin")
    people: dict[str, Person] = field(default_factory=dict)
    templates: list[Json] = field(default_factory=list)
    channels: tuple[str, ...] = ("gupshup-1",)

    def add(self, person: Person) -> Person:
        self.people[person.phone] = person
        return person

    def erase(self, phone: str) -> None:
        del self.people[phone]

    def me(self) -> Json:
        channels = [
            {"id": name, "provider": name.split("-")[0], "business_number": f"+91 80000 0000{index}"}
            for index, name in enumerate(self.channels)
        ]
        return {
            "organization": {"id": "org", "name": self.name, "timezone": str(ZONE), "currency": "USD"},
            "scopes": list(self.scopes),
            "channels": channels,
        }

    def page(self, query: dict[str, str]) -> Json:
        now = time.time()
        q = query.get("q", "").lower()
        filters = {
            "open": lambda p: p.expires() > now,
            "closing": lambda p: now < p.expires() < now + 4 * HOUR,
            "closed": lambda p: bool(p.last_inbound) and p.expires() <= now,
            "never_opened": lambda p: not p.last_inbound,
            "all": lambda p: True,
        }
        everyone = [p for p in self.people.values() if q in p.name.lower() or q.lstrip("+") in p.phone]
        found = [p for p in everyone if filters[query.get("window", "all")](p)]
        if query.get("sort") == "expires_at":
            found.sort(key=lambda p: (p.expires() <= now, p.expires() if p.expires() > now else -p.activity))
        else:
            found.sort(key=lambda p: -p.activity)
        start, limit = int(query.get("cursor", 0)), min(int(query.get("limit", 50)), 200)
        answer: Json = {
            "data": [contact_json(p) for p in found[start : start + limit]],
            "next_cursor": str(start + limit) if len(found) > start + limit else None,
        }
        if query.get("counts") == "true":
            answer["counts"] = {name: sum(map(test, everyone)) for name, test in filters.items()}
        return answer

    def check(self, body: Json) -> Json:
        person = self.people[body["to"]]
        channel = body.get("channel") or self.channels[0]
        named = (body.get("template") or {}).get("name")
        category = next((t["category"] for t in self.templates if t["name"] == named), None)
        code = person.refusal(body["type"], category, channel)
        cost = _cost(body["type"])
        window = person.window(channel)
        if code:
            actions = {"window_closed": ["send_template", "wait_for_inbound"]}.get(code, ["wait_for_inbound"])
            return {"decision": "refuse", "code": code, "allowed_actions": actions, "window": window, "cost": None}
        sent_as = "template" if body["type"] == "template" else "freeform"
        return {
            "decision": "allow",
            "code": None,
            "sent_as": sent_as,
            "allowed_actions": [],
            "window": window,
            "cost": cost,
        }

    def send(self, body: Json, scripted: tuple[int, str] | None) -> tuple[int, Json]:
        person = self.people[body["to"]]
        message = {
            "direction": "outbound",
            "type": body["type"],
            "template": body.get("template"),
            "text": (body.get("text") or {}).get("body"),
        }
        refused = self.check(body)["code"]
        if refused:
            person.add({**message, "status": "refused", "code": refused})
            return problem(409 if refused == "window_closed" else 403, refused, allowed_actions=["send_template"])
        if scripted:
            status, code = scripted
            ends = {"bsp_rejected": "rejected", "bsp_outcome_unknown": "unknown"}
            person.add({**message, "status": ends.get(code, "refused"), "code": code})
            return problem(status, code)
        cost = _cost(body["type"])
        stored = person.add({**message, "status": "accepted", "cost": cost})
        return 202, {
            "id": stored["id"],
            "status": "accepted",
            "sent_as": body["type"],
            "bsp_message_id": "b1",
            "window": person.window(body.get("channel") or self.channels[0]),
            "cost": cost,
        }

    def costs(self) -> list[Json]:
        today = datetime.now(ZONE).date()
        return [_day(today - timedelta(days=ago), ago) for ago in range(45)]

    def costs_csv(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("date", "total"))
        writer.writerows((day["date"], day["total"]) for day in self.costs())
        return out.getvalue()


def _cost(kind: str) -> Json:
    lines = [{"fee": "gupshup", "amount": "0.0010"}]
    if kind == "template":
        lines.insert(0, {"fee": "whatsapp", "amount": "0.0042"})
    return {"amount": "0.0052" if kind == "template" else "0.0010", "currency": "USD", "lines": lines, "estimate": True}


def _day(day: date, ago: int) -> Json:
    dice = random.Random(day.toordinal())
    inbound, freeform, template = dice.randint(80, 240), dice.randint(40, 180), dice.randint(0, 90)
    fees = {
        "whatsapp": template * 42,
        "gupshup": (inbound + freeform + template) * 10,
        "media": dice.randint(0, 12) * 10,
    }
    money = {name: f"{units / 10_000:.4f}" for name, units in fees.items()}
    return {
        "date": day.isoformat(),
        "timezone": str(ZONE),
        "currency": "USD",
        "status": "provisional" if ago < 2 else "restated" if ago == 5 else "final",
        "total": f"{sum(fees.values()) / 10_000:.4f}",
        "fees": money,
        "messages": {
            "inbound": inbound,
            "freeform": freeform,
            "template": template,
            "failed": ago % 3,
            "refused": ago % 4,
        },
        "by_channel": [],
        "by_category": [],
        "unpriced": 0,
        "provider_billed": {"count": freeform + template, "differences": 2 if ago == 5 else 0},
    }


TEMPLATES = [
    {
        "name": "camp_reminder",
        "channel": "gupshup-1",
        "bsp_template_id": "t1",
        "language": "en",
        "category": "utility",
        "status": "approved",
        "params": 2,
        "media": None,
        "body": "Namaste {{1}}, the health camp is on {{2}}. Reply here to talk to us.",
    },
    {
        "name": "shivir_suchna",
        "channel": "gupshup-1",
        "bsp_template_id": "t2",
        "language": "hi",
        "category": "utility",
        "status": "approved",
        "params": 1,
        "media": None,
        "body": "नमस्ते {{1}}, क्या आप हमसे बात करना चाहेंगे?",
    },
    {
        "name": "annual_appeal",
        "channel": "gupshup-1",
        "bsp_template_id": "t3",
        "language": "en",
        "category": "marketing",
        "status": "approved",
        "params": 0,
        "media": "image",
    },
    {
        "name": "old_notice",
        "channel": "gupshup-1",
        "bsp_template_id": "t4",
        "language": "en",
        "category": "utility",
        "status": "paused",
        "params": 0,
        "media": None,
    },
]


def phone(number: int) -> str:
    return f"+9198765{number:05d}"


def demo(count: int = 200, scopes: tuple[str, ...] = ("read", "send", "admin")) -> Organization:
    """An organization with one contact in each state, a full conversation, and ``count`` contacts in all."""
    organization = Organization("Demo Health Trust", scopes, templates=list(TEMPLATES))
    now = time.time()
    dice = random.Random(7)
    for index in range(count):
        person = Person(phone(index), f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}")
        if index % 7:
            person.writes("Namaste", at=now - 60 - index * 97.0)
        else:
            person.activity = now - 60 - index * 97.0
        if index % 3:
            person.consent("opt_in", "import", "Enrolment form", at=now - 30 * DAY)
        organization.add(person)
    for person in _special(now)[: max(count, 1)]:
        organization.add(person)
    return organization


def _special(now: float) -> list[Person]:
    people = {
        "open": Person(phone(90001), "Sunita, Class 7"),
        "closing": Person(phone(90002), "Ravi, driver"),
        "soon": Person(phone(90003), "Meena, mother"),
        "closed": Person(phone(90004), "Harish, volunteer"),
        "never": Person(phone(90005), "Indu, teacher"),
        "opted_out": Person(phone(90006), "Farhan, Class 8"),
        "blocked": Person(phone(90007), "Nikhil, cook", blocked=True),
        "unreachable": Person(phone(90008), "Lata, nurse", unreachable=True),
        "returned": Person(phone(90009), "आशा देवी"),
    }
    ages = {
        "open": 1.6 * HOUR,
        "closing": 22.3 * HOUR,
        "soon": DAY - 750,
        "closed": 30 * HOUR,
        "opted_out": 40 * HOUR,
        "blocked": 2 * HOUR,
        "unreachable": 50 * HOUR,
        "returned": 600.0,
    }
    for order, (state, person) in enumerate(people.items()):
        if state in ages:
            person.writes("Thank you, I will come.", at=now - ages[state])
        person.activity = now - order * 5 - 1
        if state not in ("never", "blocked"):
            person.consent("opt_in", "keyword", "START", at=now - 20 * DAY)
    people["opted_out"].consent("opt_out", "keyword", "STOP", at=now - 26 * HOUR)
    people["returned"].consent("opt_out", "keyword", "रोकें", at=now - 5 * HOUR)
    people["open"].messages = []
    _talk(people["open"], now)
    return list(people.values())


def _talk(person: Person, now: float) -> None:
    def ours(text: str, ago: float, status: str, **more: Any) -> None:
        person.add({"direction": "outbound", "type": "text", "text": text, "status": status, **more}, now - ago)

    person.add(
        {
            "direction": "outbound",
            "type": "template",
            "template": {"name": "camp_reminder", "language": "en", "params": ["Sunita", "25 November"]},
            "status": "read",
            "cost": _cost("template"),
        },
        now - 28 * HOUR,
    )
    ours("Are you coming on Wednesday?", 27 * HOUR, "refused", code="window_closed")
    person.writes("Yes. Which papers do I need to bring?", at=now - 3 * HOUR)
    ours("Your ration card and the old prescription, please.", 2.9 * HOUR, "read", cost=_cost("text"))
    person.writes(
        None,
        at=now - 2 * HOUR,
        type="image",
        media={
            "kind": "image",
            "url": "https://files.example.org/card.jpg",
            "caption": "This one?",
            "size_bytes": 81_000,
        },
    )
    ours("That is the right one.", 1.9 * HOUR, "delivered", cost=_cost("text"))
    ours(
        "See you at ten.",
        1.8 * HOUR,
        "failed",
        code="bsp_failed",
        failure={
            "code": "131026",
            "reason": "Message undeliverable",
            "kind": "unreachable",
            "meaning": "This number cannot be reached.",
        },
    )
    person.writes("ठीक है, धन्यवाद 🙏", at=now - 1.6 * HOUR)
    ours("Bring your daughter too.", 1.5 * HOUR, "unknown")
    ours("The bus leaves at nine.", 0.4 * HOUR, "sent", cost=_cost("text"))
