"""The people and the organization of the console's API in memory. Who may be sent what is decided by gate24's own
rules, and contacts and windows are rendered as the API renders them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from gate24.api.pages import TEXT_LETTERS
from gate24.api.problems import Problem
from gate24.api.render import consent_json, contact_json, cost_json, rfc3339, template_json, window_json
from gate24.channels import Channel
from gate24.contacts import Consent, ConsentEntry, Contact
from gate24.costs import Cost, DayCosts, Line
from gate24.events import ContactRef
from gate24.rules.consent import latest, said_by
from gate24.rules.decision import Decision, Facts, Wanted, decide, facts_of
from gate24.rules.web_push import device_name
from gate24.templates import Template
from gate24.windows import Window
from tests.support.console_admin import Administration
from tests.support.console_inbox import Inbox, Member, best, inbox_json
from tests.support.console_staff import Staff

Json = dict[str, Any]

HOUR = 3600.0
DAY = 24 * HOUR
MARGIN = 30.0
"""The gate stops so many seconds before WhatsApp does."""
ZONE = ZoneInfo("Asia/Kolkata")
_ids = itertools.count(1)


def ms(at: float) -> int:
    return int(at * 1000)


def now_ms() -> int:
    return ms(time.time())


def channel_named(name: str, index: int = 0) -> Channel:
    provider: Any = name.split("-")[0]
    return Channel(
        name, "org", provider, f"+91987650000{index}", "https://bsp.example.org", "", margin_seconds=int(MARGIN)
    )


@dataclass
class Person:
    """Times are epoch seconds. ``phone``: the user id while the number is hidden. ``may``: what the API says may be
    sent, instead of what gate24's rules say. ``left_at``: when somebody left this number; nothing of that person is in
    here."""

    phone: str
    name: str
    last_inbound: dict[str, float] = field(default_factory=dict)
    history: list[ConsentEntry] = field(default_factory=list)
    unreachable: bool = False
    messages: list[Json] = field(default_factory=list)
    activity: float = 0.0
    may: Json | None = None
    user_id: str | None = None
    left_at: float | None = None
    inbox: Inbox = field(default_factory=Inbox)

    @property
    def number(self) -> str | None:
        return None if self.phone == self.user_id else self.phone

    def writes(self, text: str | None, channel: str = "gupshup-1", at: float | None = None, **more: Any) -> Json:
        at = at or time.time()
        self.last_inbound[channel] = max(at, self.last_inbound.get(channel, 0))
        message = {"direction": "inbound", "type": "text", "channel": channel, "text": text, "status": "received"}
        return self.add({**message, **more}, at)

    def add(self, message: Json, at: float | None = None) -> Json:
        at = at or time.time()
        self.activity = max(self.activity, at)
        stated = {name: value for name, value in message.items() if value is not None}
        full = {"id": f"m{next(_ids)}", "channel": "gupshup-1", "at": rfc3339(ms(at)), "statuses": [], **stated}
        full.setdefault("author", self._author(full))
        self.messages.append(full)
        return full

    def _author(self, message: Json) -> Json:
        """Of a message whose author is not stated."""
        if message["direction"] == "inbound":
            return {"kind": "contact", "name": self.name or None}
        is_around = message.get("sent_around") or message["type"] == "call"
        return {"kind": "provider" if is_around else "key", "name": None}

    def consent(
        self,
        action: str,
        source: str = "keyword",
        evidence: str | None = None,
        at: float | None = None,
        channel: str | None = None,
        author: Json | None = None,
    ) -> ConsentEntry:
        """An entry of the history: opt_in, opt_out, block, unblock; with a channel marketing_stop, marketing_resume.
        ``author``: whoever of the staff said so."""
        by = author or {"kind": None, "name": None}
        entry = ConsentEntry(action, ms(at or time.time()), source, evidence, by["name"], channel, staff=by["kind"])
        self.history.append(entry)
        return entry

    def last(self, *actions: str) -> ConsentEntry | None:
        return max((entry for entry in self.history if entry.action in actions), key=lambda e: e.at, default=None)

    def closes(self) -> float:
        """When the window closes that stays open longest."""
        return max(self.last_inbound.values(), default=-DAY) + DAY - MARGIN

    def contact(self) -> Contact:
        opt_in, opt_out, block = self.last("opt_in"), self.last("opt_out"), self.last("block", "unblock")
        stopped: dict[str, int] = {}
        resumed: dict[str, int] = {}
        for said in map(said_by, self.history):
            stopped, resumed = latest(stopped, said.stopped_marketing), latest(resumed, said.resumed_marketing)
        consent = Consent(
            opt_in_at=opt_in.at if opt_in else None,
            opt_in_source=opt_in.source if opt_in else None,
            opt_out_at=opt_out.at if opt_out else None,
            opt_out_source=opt_out.source if opt_out else None,
            stopped_marketing=stopped,
            resumed_marketing=resumed,
            blocked=block is not None and block.action == "block",
        )
        windows = {name: Window(ms(at), ms(at), ms(at)) for name, at in self.last_inbound.items()}
        return Contact(
            id=self.phone,
            phone=self.number,
            user_id=self.user_id,
            user_ids=frozenset({self.user_id} if self.user_id else ()),
            name=self.name or None,
            consent=consent,
            windows=windows,
            unreachable_at=now_ms() if self.unreachable else None,
            sent_at=ms(self.activity) or None,
            left_at=ms(self.left_at) if self.left_at else None,
        )

    def facts(self, channel: str) -> Facts:
        contact = self.contact()
        return facts_of(contact, channel_named(channel), ContactRef(contact.phone, contact.user_id), now_ms())

    def conversation(self, query: dict[str, str]) -> Json:
        newest = sorted(self.messages, key=lambda message: message["at"], reverse=True)
        start, limit = int(query.get("cursor", 0)), int(query.get("limit", 50))
        more = str(start + limit) if len(newest) > start + limit else None
        return {"data": [_listed(message) for message in newest[start : start + limit]], "next_cursor": more}

    def consents(self) -> Json:
        newest = sorted(self.history, key=lambda entry: entry.at, reverse=True)
        return {"data": [consent_json(entry, self.name or None) for entry in newest], "next_cursor": None}


def _listed(message: Json) -> Json:
    text = message.get("text") or ""
    return message | {"text": text[:TEXT_LETTERS], "text_cut": True} if len(text) > TEXT_LETTERS else message


@dataclass
class Organization:
    name: str
    scopes: tuple[str, ...] = ("read", "send", "admin")
    people: dict[str, Person] = field(default_factory=dict)
    templates: list[Template] = field(default_factory=list)
    costs: list[DayCosts] = field(default_factory=list)
    is_limited: bool = False
    """Whether the key is limited to channels, and told of no whole organization's costs."""
    channels: tuple[str, ...] = ("gupshup-1",)
    rejection: Json = field(default_factory=lambda: {"name": "gupshup", "details": "Invalid Destination"})
    """What the BSP says where it rejects a message, and of which kind that is, where gate24 knows."""
    failure_kind: str | None = None
    webhooks: list[Json] = field(default_factory=list)
    deliveries: dict[str, list[Json]] = field(default_factory=dict)
    """By status, of each webhook."""
    has_inbox: bool = True
    """Whether it is an API that has the inbox, or one from before it."""
    looks_through: int | None = None
    """How many contacts a page looks through: it may be empty though there are more. None: all."""
    members: list[Member] = field(default_factory=list)
    quick_replies: list[Json] = field(default_factory=list)
    administration: Administration = field(default_factory=Administration)
    digest_minutes: int | None = None
    mail_is_set_up: bool = True
    mail_choices: dict[str, Json] = field(default_factory=dict)
    """Of members, by their addresses."""
    push_key: str | None = None
    """With which browsers subscribe; None where this installation pushes to none."""
    pushed_to: dict[str, list[str]] = field(default_factory=dict)
    """The endpoints of browsers, by their members' addresses."""
    staff: Staff = field(default_factory=Staff)
    member: Json | None = None
    """As ``GET /v1/me`` tells who is signed in; None for an API key."""

    def __post_init__(self) -> None:
        self.administration.templates, self.administration.webhooks = self.templates, self.webhooks

    def notifications(self, by: Member, choice: Json | None) -> Json:
        """Whether the caller gets mails, after the ``choice`` of a member."""
        if choice is not None and by.email:
            self.mail_choices[by.email] = {"language": "en", **self.mail_choices.get(by.email, {}), **choice}
        default = {"mail": bool(by.email) and by.role != "agent", "language": "en"}
        no_member, off = {"no_member": not by.email}, {"off": self.digest_minutes is None}
        no_mail = no_member | {"mail_not_set_up": not self.mail_is_set_up} | off
        no_push = no_member | {"push_not_set_up": self.push_key is None} | off
        return {
            **self.mail_choices.get(by.email or "", default),
            "email": by.email,
            "closing_digest_minutes": self.digest_minutes,
            "no_mail_because": next((why for why, is_so in no_mail.items() if is_so), None),
            "push_key": self.push_key,
            "push_devices": [device_name(each) for each in self.pushed_to.get(by.email or "", [])],
            "no_push_because": next((why for why, is_so in no_push.items() if is_so), None),
        }

    def push(self, by: Member, body: Json) -> Json:
        """What a member has said of a browser."""
        told, endpoint = self.pushed_to.setdefault(str(by.email), []), body["endpoint"]
        if endpoint in told:
            told.remove(endpoint)
        if body["push"]:
            told.append(endpoint)
        return self.notifications(by, None)

    def add_webhook(self, **stated: Any) -> Json:
        """A webhook as the API tells it, active unless that is stated otherwise."""
        webhook = {
            "id": f"wh_{len(self.webhooks) + 1:020x}",
            "url": "https://bot.example.org/hooks/gate24",
            "events": ["*"],
            "channels": None,
            "format": "gate24",
            "description": "",
            "status": "active",
            "pause_reason": None,
            "failing_since": None,
            "is_cut_off": False,
            "behind_since": None,
            "created_at": rfc3339(ms(time.time() - 30 * DAY)),
        }
        self.webhooks.append(webhook | stated)
        return self.webhooks[-1]

    def add_deliveries(self, status: str, count: int) -> None:
        """Events that were not delivered."""
        at = rfc3339(ms(time.time() - DAY))
        for number in range(count):
            delivery = {"event_id": f"evt_{status}{number}", "type": "message.received", "channel": None, "at": at}
            attempts = {"attempts": 13, "first_failed_at": at, "next_attempt_at": None, "last_answer": None}
            self.deliveries.setdefault(status, []).append({**delivery, "status": status, **attempts})

    def webhook_page(self) -> Json:
        return {"data": self.webhooks, "next_cursor": None}

    def delivery_page(self, query: dict[str, str]) -> Json:
        found, limit = self.deliveries.get(query["status"], []), int(query.get("limit", 50))
        return {"data": found[:limit], "next_cursor": "more" if len(found) > limit else None}

    def add(self, person: Person) -> Person:
        self.people[person.phone] = person
        return person

    def message(self, message_id: str) -> Json | None:
        stored = (message for person in list(self.people.values()) for message in person.messages)
        return next((message for message in stored if message["id"] == message_id), None)

    def find(self, name: str) -> Person | None:
        """By number or user id."""
        return next((person for person in list(self.people.values()) if name in (person.phone, person.user_id)), None)

    def erase(self, person: Person) -> None:
        self.people = {key: each for key, each in self.people.items() if each is not person}

    def change_number(self, person: Person, number: str) -> Person:
        """The person goes on at the new number, without the windows; of the old one only that it was left is known."""
        moved = self.add(replace(person, phone=number, last_inbound={}))
        left = Person(person.phone, "", left_at=time.time())
        self.people[person.phone] = left
        return moved

    def channel_list(self) -> list[Channel]:
        return [channel_named(name, index) for index, name in enumerate(self.channels)]

    def contact(self, person: Person) -> Json:
        answer = contact_json(person.contact(), self.channel_list(), now_ms())
        if person.may is not None:
            for entry in answer["windows"]:
                entry["may"] = {state: told and person.may for state, told in entry["may"].items()}
        if not self.has_inbox:
            return answer
        return answer | inbox_json(person.inbox, person.messages, best(answer["windows"]))

    def signed_in(self) -> Member | None:
        return Member(*(self.member[each] for each in ("name", "email", "role"))) if self.member else None

    def me(self) -> Json:
        return {
            **(self.member or {"kind": "key", "name": "demo"}),
            "organization": {
                "id": "org",
                "name": self.name,
                "timezone": str(ZONE),
                "currency": "USD",
                "retention_days": None,
            },
            "scopes": list(self.scopes),
            "channels": [
                {
                    "id": each.id,
                    "provider": each.provider,
                    "business_number": each.business_number,
                    "margin_seconds": each.margin_seconds,
                    "mode": each.mode,
                }
                for each in self.channel_list()
            ],
        }

    def page(self, query: dict[str, str]) -> Json:
        now = time.time()
        windows: dict[str, Callable[[Person], bool]] = {
            "open": lambda p: p.closes() > now,
            "closing": lambda p: now < p.closes() < now + 4 * HOUR,
            "closed": lambda p: bool(p.last_inbound) and p.closes() <= now,
            "never_opened": lambda p: not p.last_inbound,
            "all": lambda p: True,
        }
        everyone = list(self.people.values())
        is_urgent = query.get("sort") == "expires_at" or (query.get("filter") == "needs_answer" and "sort" not in query)
        if is_urgent:
            everyone.sort(key=lambda p: (p.closes() <= now, p.closes() if p.closes() > now else -p.activity))
        else:
            everyone.sort(key=lambda p: -p.activity)
        start, limit = int(query.get("cursor", 0)), min(int(query.get("limit", 50)), 200)
        end = len(everyone) if self.looks_through is None else start + self.looks_through
        found: list[Json] = []
        for place, person in enumerate(everyone[start:end], start):
            if len(found) == limit:
                end = place
                break
            if windows[query.get("window", "all")](person) and _is_found(person, query.get("q", "")):
                row = self.contact(person)
                found += [row] if _is_wanted(row, query) else []
        answer: Json = {"data": found, "next_cursor": str(end) if end < len(everyone) else None}
        if query.get("counts") == "true":
            answer["counts"] = {name: sum(map(test, everyone)) for name, test in windows.items()}
        return answer

    def template_page(self) -> Json:
        return {"data": [template_json(template) for template in self.templates], "next_cursor": None}

    def person(self, body: Json) -> Person:
        return self.find(body["to"]) or Person(body["to"], "")

    def decide(self, body: Json) -> tuple[Facts, Decision]:
        facts = self.person(body).facts(body.get("channel") or self.channels[0])
        named = (body.get("template") or {}).get("name")
        category = next((each.category for each in self.templates if each.name == named), None)
        return facts, decide(facts, Wanted("template" if body["type"] == "template" else "freeform", category))

    def check(self, body: Json) -> Json:
        facts, decision = self.decide(body)
        return {
            "decision": "allow" if decision.allowed else "refuse",
            "code": decision.code,
            "sent_as": decision.sent_as,
            "allowed_actions": list(decision.allowed_actions),
            "window": window_json(facts.state),
            "cost": cost(body["type"]) if decision.allowed else None,
        }

    def send(self, body: Json, scripted: str | None, author: Json) -> tuple[int, Json]:
        """``scripted``: the code that the BSP's side ends with, instead of an acceptance."""
        person = self.person(body)
        facts, decision = self.decide(body)
        message = {
            "direction": "outbound",
            "type": body["type"],
            "channel": body.get("channel"),
            "template": body.get("template"),
            "media": sent_media(body["media"]) if "media" in body else None,
            "text": (body.get("text") or {}).get("body"),
            "reaction": body.get("reaction"),
            "author": author,
            "reply_to": (body.get("context") or body.get("reaction") or {}).get("message_id"),
        }
        code = decision.code or scripted
        if code:
            ends = {"bsp_rejected": "rejected", "bsp_outcome_unknown": "unknown"}
            stored = person.add({**message, "status": ends.get(code, "refused"), "code": code})
            said = self.rejection if code == "bsp_rejected" else None
            if said and self.failure_kind:
                words = {"code": said.get("code", "none"), "reason": said.get("details")}
                stored["failure"] = {**words, "kind": self.failure_kind, "meaning": "Not sent."}
            actions = decision.allowed_actions if decision.code else ()
            return refused(Problem(code, decision.detail, actions, provider=said, extra={"id": stored["id"]}))
        stored = person.add({**message, "status": "accepted", "cost": cost(body["type"])})
        return 202, {
            "id": stored["id"],
            "status": "accepted",
            "sent_as": decision.sent_as,
            "bsp_message_id": "b1",
            "window": window_json(facts.state),
            "cost": cost(body["type"]),
        }


def _is_found(person: Person, q: str) -> bool:
    """By a part of the number, the user id, or the beginning of each word of the name."""
    sought = q.lower().split()
    words = person.name.lower().split()
    by_name = all(any(word.startswith(each) for word in words) for each in sought)
    return by_name or q.lstrip("+") in person.phone or q.lower() in (person.user_id or "").lower()


def _is_wanted(row: Json, query: dict[str, str]) -> bool:
    tests: dict[str | None, Callable[[], bool]] = {
        None: lambda: True,
        "needs_answer": lambda: row["waiting_since"] is not None and (row["may"]["freeform"] or row["may"]["template"]),
        "cannot_be_written_to": lambda: not (row["may"]["freeform"] or row["may"]["template"]),
    }
    if not tests[query.get("filter")]() or ("label" in query and query["label"] not in row["labels"]):
        return False
    return "assignee" not in query or query["assignee"] == (row["assignee"] or "none")


def sent_media(media: Json) -> Json:
    """An uploaded file's own id is what it is read by."""
    return {**media, "media_id": media["id"]} if "id" in media else media


def refused(problem: Problem) -> tuple[int, Json]:
    return problem.status, problem.to_json("r1")


def cost(kind: str) -> Json:
    whatsapp = 4200 if kind == "template" else 0
    return cost_json(Cost("USD", (Line("whatsapp", whatsapp), Line("gupshup", 1000))), estimate=True)
