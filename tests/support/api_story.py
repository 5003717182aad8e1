"""One story that asks every operation of the API and gets every answer that the document promises.

An organization writes with Asha and others for two days in November; then everything is asked wrongly once. The
examples of the document are what the system answered (``tests.support.api_examples``), and a client that is generated
from the document tells the same story (``tests/contract/test_generated_client.py``).
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from gate24 import clock
from gate24.api import (
    admin_organization_data,
    admin_shadow_routes,
    admin_template_routes,
    admin_work_routes,
    recognized,
    reconciliation,
    upload_routes,
    webhook_routes,
    what_if_routes,
)
from gate24.api.costs_xlsx import MEDIA_TYPE
from gate24.api.parameters import PARAMETERS
from gate24.api.routes import ROUTES, Route
from gate24.providers import endpoint, forward
from gate24.providers.endpoint import EndpointAnswer
from gate24.providers.file_download import Downloaded, TooLarge
from gate24.providers.interface import ProviderAnswer
from gate24.rules.delivery_retries import EARLIER_SECRETS_MOST
from gate24.rules.endpoint_addresses import url_fault
from gate24.store import api_keys, audit_log, care, members, organizations, subscriptions
from gate24.store.api_keys import KeyHolder
from gate24.store.direct_calls import DirectCalls
from gate24.usecases import (
    administer_channels,
    erase_contact,
    mark_read,
    send_message,
    upload_media,
)
from tests.support import hooks, scene, stream
from tests.support.bodies import (
    Body,
    change,
    gupshup,
    gupshup_consent,
    gupshup_message,
    gupshup_preference,
    gupshup_status,
    gupshup_template,
    gupshup_text,
    gupshup_v3,
    meta,
    meta_number_change,
    meta_text,
    sign,
)
from tests.support.console_mock import console_handler
from tests.support.scene import HOUR, MINUTE, SECOND, mail_sender, post_webhook, pushing, script_bsp
from tests.support.system import (
    APP_SECRET,
    GUPSHUP,
    KEYS,
    META,
    META_NUMBER,
    ORG,
    PHONE,
    TOKEN,
    VERIFY_TOKEN,
    Answer,
    System,
    put_template,
)

BY_OPERATION = {route.operation: route for route in ROUTES}
PLATFORM = "key-platform"
SIGNED_IN = "token."
"""How a member's token begins here; the address follows."""
LEELA = f"{SIGNED_IN}leela@example.org"
PUSH_KEY = "BFGMRjGkPaTyf38Vb_fEo_k5tSgo9aFUKHKaFbK7ZwL3D1MGqPMlsv1dDVqk63R5-8W_lZy8wVBxWKl7iBu2d6U"
MORNING = int(datetime(2026, 11, 21, 4, 30, tzinfo=UTC).timestamp() * 1000)
"""10:00 where the organization is."""

ASHA, MEENA, RAVI, LATA, KIRAN, STRANGER, OLD, NEW = (PHONE, *(f"+9198765432{n}" for n in range(11, 18)))
NOOR = "IN.1234567890123456"


@dataclass(frozen=True, slots=True)
class Question:
    """A request to the API. ``parameters`` by their keys in ``PARAMETERS``; ``key``: as in ``System.http``."""

    route: Route
    parameters: dict[str, Any]
    body: Any = None
    key: str | None = ORG
    accept: str | None = None

    @property
    def path(self) -> str:
        """With its query."""
        path = self.route.path
        for name, value in self._placed("path").items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        query = self._placed("query")
        return f"{path}?{urlencode(query)}" if query else path

    @property
    def headers(self) -> dict[str, str]:
        return self._placed("header") | ({"Accept": self.accept} if self.accept else {})

    def _placed(self, place: str) -> dict[str, Any]:
        """The parameters that are in this place, by the names that callers use."""
        named = ((PARAMETERS[key], value) for key, value in self.parameters.items())
        return {parameter.name: value for parameter, value in named if parameter.place == place}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what the system answered. ``name``: of the example."""

    name: str
    question: Question
    answer: Answer


Ask = Callable[[Question], Answer]


def ask_directly(gate24: System) -> Ask:
    """Asks the system itself."""
    serve = serving(gate24)

    def ask(question: Question) -> Answer:
        body = "" if question.body is None else compact(question.body)
        return serve(question.route.method, question.path, body, question.headers, question.key)

    return ask


def serving(gate24: System) -> Callable[[str, str, str, dict[str, str], str | None], Answer]:
    """The whole of what API Gateway serves: beside the system, the console's page. Takes a request's method, path with
    query, body, headers and API key."""
    console = console_handler()

    def serve(method: str, path: str, body: str, headers: dict[str, str], key: str | None) -> Answer:
        if (method, path) == ("GET", "/console"):
            page = console.lambda_handler({"rawPath": path, "headers": {}}, None)
            return Answer(page["statusCode"], page["headers"], page["body"])
        return gate24.http(method, path, body, headers, key)

    return serve


def compact(body: Any) -> str:
    """JSON as HTTP clients write it, so that a signature fits."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True)
class Story:
    """``now``: the clock of everybody in it (epoch ms)."""

    gate24: System
    ask: Ask
    now: int = MORNING
    exchanges: list[Exchange] = field(default_factory=list)
    _message_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def asked(
        self,
        operation: str,
        name: str,
        status: int,
        body: Any = None,
        /,
        *,
        key: str | None = ORG,
        accept: str | None = None,
        **parameters: Any,
    ) -> Answer:
        """Asks, and keeps the answer as an example of the operation. A refusal's name is its code."""
        question = Question(BY_OPERATION[operation], parameters, body, key, accept)
        answer = self.ask(question)
        assert answer.status == status, f"{operation} {name}: {answer.status} {answer.text}"
        if status >= 400 and answer.headers["content-type"] == "application/problem+json":
            assert answer.json["code"] == name or (name, answer.json["code"]) == ("scope_missing", "unauthorized")
        self.exchanges.append(Exchange(name, question, answer))
        return answer

    def refused(self, operation: str, code: str, status: int, body: Any = None, /, **parameters: Any) -> None:
        self.asked(operation, code, status, body, **parameters)

    def sends(self, name: str, status: int, body: Body, to: str = ASHA, key: str | None = None) -> Answer:
        """Sends by the Gupshup channel; the Idempotency-Key is the example's name unless told otherwise."""
        message = {"to": to, "channel": GUPSHUP, **body}
        return self.asked("sendMessage", name, status, message, idempotency_key=name if key is None else key)

    def writes(self, name: str, phone: str, text: str, ago: int) -> None:
        at = self.now - ago
        body = gupshup_message("text", {"text": text}, self.message_id(), phone[1:], at, name)
        post_webhook(self.gate24, GUPSHUP, body)

    def message_id(self) -> str:
        """As WhatsApp would give it."""
        return f"wamid.in-{next(self._message_numbers)}"

    def opts_in(self, phone: str) -> None:
        post_webhook(self.gate24, GUPSHUP, gupshup_consent("opted-in", phone[1:], self.now - HOUR))


_BY_THE_CLOCK = (
    admin_organization_data,
    admin_shadow_routes,
    admin_template_routes,
    admin_work_routes,
    reconciliation,
    what_if_routes,
)
"""What answers with as much as it has read in some seconds."""


@contextmanager
def telling(gate24: System, ask: Ask) -> Iterator[Story]:
    """A story whose clock and whose random ids are its own, so that it is the same each time."""
    story = Story(gate24, ask)
    numbers = itertools.count(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now_ms", lambda: story.now)
        patch.setattr(scene, "now", lambda: story.now)
        tokens = SimpleNamespace(token_hex=lambda size: f"{next(numbers):0{2 * size}x}")
        for module in (care, send_message, subscriptions, webhook_routes):
            patch.setattr(module, "secrets", tokens)
        patch.setattr(api_keys, "new_secret", lambda: f"g24_{next(numbers):0>43}")
        tokens_of_webhooks = SimpleNamespace(token_urlsafe=lambda size: f"{next(numbers):0>43}")
        patch.setattr(administer_channels, "random", tokens_of_webhooks)
        patch.setattr(upload_media, "secrets", SimpleNamespace(token_hex=lambda size: "7" * 2 * size))
        acts = itertools.count(1)
        patch.setattr(audit_log, "new_id", lambda: f"{next(acts):012x}")
        patch.setattr(recognized, "recognize_member", lambda token: members.find(token.removeprefix(SIGNED_IN)))
        patch.setattr(random, "random", lambda: 0.0)
        patch.setattr(webhook_routes, "fault_of", lambda url, allowed: url_fault(url, allowed))  # no name is looked up
        patch.setattr(forward, "ATTEMPTS", 1)
        for module in _BY_THE_CLOCK:
            patch.setattr(module, "_SECONDS", 600)  # a busy machine gives the same answers
        patch.setattr(erase_contact, "SECONDS_AT_ONCE", 600.0)
        yield story


def tell(story: Story) -> None:
    """The whole of it. Every operation is asked, and every documented answer is given."""
    for chapter in (
        _setting_up,
        _asha_writes,
        _replies_go_out,
        _what_becomes_of_them,
        _others,
        _together,
        _who_hides_the_number,
        _refusals_by_the_gate,
        _what_the_bsp_says,
        _keys_of_requests,
        _looking,
        _two_days_later,
        _events,
        _webhooks_out,
        _wrong_questions,
        _members,
        _keys_of_an_organization,
        _an_admin_in_the_console,
        _a_platform_sets_up,
        _what_any_route_may_answer,
        _webhooks,
        _the_end,
    ):
        chapter(story)


REMINDER = {"name": "class_reminder", "language": "en", "params": ["Monday"]}
TIMETABLE = {"kind": "document", "url": "https://files.example.org/timetable.pdf", "filename": "timetable.pdf"}
REPLY = {"type": "text", "text": {"body": "The class is on Monday at ten."}}
BUTTONS = {
    "type": "button",
    "body": {"text": "Will you come on Monday?"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "coming", "title": "Yes"}},
            {"type": "reply", "reply": {"id": "away", "title": "No"}},
        ]
    },
}
LIST = {
    "type": "list",
    "body": {"text": "Which class?"},
    "action": {
        "button": "Choose",
        "sections": [{"rows": [{"id": "mon", "title": "Monday", "description": "At ten"}], "title": "Mornings"}],
    },
    "header": {"type": "text", "text": "Classes"},
}
PLACE = {"latitude": 18.5204, "longitude": 73.8567, "name": "Community hall", "address": "Station Road, Pune"}
CARD = {"name": {"formatted_name": "Front desk"}, "phones": [{"phone": "+91 98765 43219", "type": "WORK"}]}
COMPONENTS = {
    "name": "class_reminder",
    "language": "en",
    "components": [{"type": "body", "parameters": [{"type": "text", "text": "Monday"}]}],
}


def _template(bsp_template_id: str, **changes: Any) -> Body:
    registered = {"channel": GUPSHUP, "bsp_template_id": bsp_template_id, "language": "en", "category": "utility"}
    return {**registered, "status": "approved", "params": 1, "media": None, **changes}


def _setting_up(story: Story) -> None:
    for entry, _ in audit_log.everything(ORG):  # of what was set up by another clock
        audit_log.drop(ORG, entry)
    scene.change_organization(name="Example NGO")
    everything = frozenset({"read", "send", "admin"})
    api_keys.put(KEYS[ORG], KeyHolder(ORG, "front desk", everything))
    api_keys.put(KEYS["reader"], KeyHolder(ORG, "reports", frozenset({"read"})))
    api_keys.put("key-nothing", KeyHolder(ORG, "nothing", frozenset()))
    api_keys.put("key-gone", KeyHolder("gone", "gone", everything))
    api_keys.put(PLATFORM, KeyHolder("", "portal", frozenset({"admin"})))
    story.asked("getMe", "organization", 200)
    reminder = _template("7f9c2ba4-0d8e-4c11-9a53-6f1f0c5d2e10", body="Hello, your class is on {{1}}.")
    story.asked("putTemplate", "reminder", 200, reminder, name="class_reminder")
    labels = {"channel": GUPSHUP, "language": "en", "labels": ["Day of the class"]}
    story.asked("labelTemplate", "day", 200, labels, name="class_reminder")
    story.asked("getKeywords", "built_in", 200)
    story.asked("changeKeywords", "added", 200, {"add_opt_out_keywords": ["No more messages"]})
    story.asked("tryKeyword", "opts_out", 200, {"text": "Stop. Thank you"})
    timetable = _template("0b52a3f0-7c1d-4d6e-8f21-2f7f0c9e4b11", params=0, media="document")
    story.asked("putTemplate", "with_document", 200, timetable, name="timetable")
    scene.put_marketing_template(story.gate24)
    rejected = {"id": "learning-gupshup-fees", "elementName": "fees", "status": "rejected"}
    assert put_template(story.gate24, GUPSHUP, name="fees", status="pending").status == 200
    story.now += SECOND
    told = gupshup_template({**rejected, "rejectedReason": "INVALID_FORMAT"}, at=story.now)
    post_webhook(story.gate24, GUPSHUP, told)
    story.asked("listTemplates", "registry", 200)
    first = story.asked("listTemplates", "first_page", 200, limit=1)
    story.asked("listTemplates", "second_page", 200, limit=1, cursor=first.json["next_cursor"])


_TABLE = {
    "columns": ["Phone", "Name", "Consent", "Consent_at", "Consent_source", "Consent_evidence", "Village"],
    "rows": [
        {"row": 1, "cells": ["+919876543217", "Meena", "opt_in", "2026-06-15", "paper form", "form 18", "Khed"]},
        {"row": 2, "cells": ["98765 43218", "Ravi", "opt_in", "2026-06-15", "paper form", "", "Khed"]},
    ],
}


def _asha_writes(story: Story) -> None:
    body = gupshup_text("When is the class?", story.message_id(), ASHA[1:], story.now)
    story.asked("receiveGupshup", "message", 200, body, key=None, channel_id=GUPSHUP, webhook_token=TOKEN)
    story.asked("receiveGupshup", "token_in_url", 200, body, key=None, channel_id=GUPSHUP, token=TOKEN)
    story.now += MINUTE
    opt_in = {"action": "opt_in", "source": "paper form", "evidence": "form 17 of the camp in Pune"}
    story.asked("recordConsent", "opt_in", 201, opt_in, phone=ASHA)
    story.asked("importPeople", "tried", 200, _TABLE | {"dry_run": True})
    story.asked("checkMessage", "allowed", 200, {"to": ASHA, "channel": GUPSHUP, **REPLY})


def _accepts(story: Story, number: int) -> str:
    """The BSP will accept the next message under this id."""
    bsp_id = f"e6a3c6de-5b0c-4f5e-8a44-{number:012d}"
    script_bsp(story.gate24, outcome="accept", body={"status": "submitted", "messageId": bsp_id})
    return bsp_id


def _replies_go_out(story: Story) -> None:
    bodies: list[tuple[str, Body]] = [
        ("text", REPLY | {"tags": {"campaign": "november"}}),
        ("media", {"type": "media", "media": TIMETABLE | {"caption": "November", "size_bytes": 120_000}}),
        ("template", {"type": "template", "template": REMINDER}),
        ("template_with_document", {"type": "template", "template": _timetable()}),
    ]
    for number, (name, body) in enumerate(bodies, start=1):
        _accepts(story, number)
        story.sends(name, 202, body)
        story.now += MINUTE
    _other_kinds_go_out(story)
    _files_are_uploaded(story)


def _files_are_uploaded(story: Story) -> None:
    sent = _sent(story, "media")[0]
    story.asked("getMedia", "redirect", 302, media_id=sent)
    story.asked("getMedia", "address", 200, media_id=sent, redirect="false")
    story.refused("getMedia", "payload_invalid", 400, media_id=sent, redirect="perhaps")
    photo = {"url": "https://filemanager.gupshup.io/wa/app/wa/media/1?download=false", "contentType": "image/jpeg"}
    body = gupshup_message("image", photo, story.message_id(), ASHA[1:], story.now, "Asha")
    post_webhook(story.gate24, GUPSHUP, body)
    story.refused("getMedia", "not_found", 404, media_id=story.gate24.conversation(ASHA)[0]["id"])  # not fetched yet
    file = {"url": TIMETABLE["url"], "channel": GUPSHUP, "filename": TIMETABLE["filename"]}
    story.refused("uploadMedia", "payload_invalid", 400, file | {"filename": "x" * 300})
    story.refused("uploadMedia", "not_found", 404, file | {"channel": "another"})
    story.refused("uploadMedia", "url_not_allowed", 422, file | {"url": "https://169.254.169.254/latest/meta-data"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upload_routes, "download", _a_timetable)
        story.asked("uploadMedia", "by_address", 201, file)
        for code, status, answer in (
            ("throttled", 429, ProviderAnswer("busy", code="130429", reason="(#130429) Rate limit hit")),
            ("bsp_rejected", 502, ProviderAnswer("rejected", code="131053", reason="(#131053) Media upload error")),
        ):
            patch.setattr(upload_media, "upload_to_graph", lambda *_, answer=answer: answer)
            story.refused("uploadMedia", code, status, file | {"channel": META})
        patch.setattr(upload_routes, "download", _too_much)
        story.refused("uploadMedia", "media_too_large", 422, file)


def _a_timetable(url: str, file: BinaryIO, *_: Any) -> Downloaded:
    return Downloaded(200, file.write(b"%PDF-1.4\n"), "application/pdf")


def _too_much(*_: Any) -> Downloaded:
    raise TooLarge


def _other_kinds_go_out(story: Story) -> None:
    asked, _ = _sent(story, "text")
    bodies: list[tuple[str, Body]] = [
        ("buttons", {"type": "interactive", "interactive": BUTTONS}),
        ("list", {"type": "interactive", "interactive": LIST}),
        ("location", {"type": "location", "location": PLACE, "context": {"message_id": asked}}),
        ("contacts", {"type": "contacts", "contacts": [CARD]}),
        ("reaction", {"type": "reaction", "reaction": {"message_id": asked, "emoji": "\U0001f44d"}}),
        ("template_components", {"type": "template", "template": COMPONENTS}),
    ]
    for number, (name, body) in enumerate(bodies, start=11):
        _accepts(story, number)
        story.sends(name, 202, body)
        story.now += SECOND
    for name in ("buttons", "location", "contacts", "reaction", "template_components"):
        story.asked("getMessage", name, 200, id=_sent(story, name)[0])


def _timetable() -> Body:
    return {"name": "timetable", "language": "en", "media": TIMETABLE | {"size_bytes": 120_000}}


def _sent(story: Story, name: str) -> tuple[str, str]:
    """The ids of a message that was sent, ours and the BSP's."""
    answer = next(each.answer for each in story.exchanges if each.name == name and "bsp_message_id" in each.answer.text)
    return answer.json["id"], answer.json["bsp_message_id"]


def _what_becomes_of_them(story: Story) -> None:
    message, bsp_id = _sent(story, "text")
    price = {"policy": "PMP", "category": "service", "type": "free_customer_service"}
    for status in ("enqueued", "sent", "delivered", "read"):
        story.now += SECOND
        told = gupshup_status(
            *(status, bsp_id, "wamid.out-1", ASHA[1:], story.now), pricing=price if status == "sent" else None
        )
        post_webhook(story.gate24, GUPSHUP, told)
    story.asked("getMessage", "read", 200, id=message)
    message, bsp_id = _sent(story, "media")
    told = gupshup_status(
        *("failed", bsp_id, "wamid.out-2", ASHA[1:], story.now), code=131053, reason="Media upload error"
    )
    post_webhook(story.gate24, GUPSHUP, told)
    story.asked("getMessage", "failed", 200, id=message)
    message, _ = _sent(story, "template_with_document")
    story.asked("getMessage", "template", 200, id=message)
    image = {"url": "https://files.example.org/1", "contentType": "image/jpeg", "caption": "Is this the place?"}
    place = {"latitude": "18.5204", "longitude": "73.8567", "name": "Community hall"}
    card = {"name": {"formatted_name": "Ravi, field worker"}, "phones": [{"phone": "+91 98765 43212"}]}
    for kind, part, context in (
        ("image", image | {"urlExpiry": story.now + 168 * HOUR}, None),
        ("contact", {"contacts": [card]}, None),
        ("reaction", {"emoji": "\U0001f44d", "gsId": bsp_id}, None),
        ("location", place, None),
        ("button_reply", {"title": "Yes", "id": "yes", "postbackText": "coming"}, {"gsId": bsp_id}),
    ):
        story.now += MINUTE
        body = gupshup_message(kind, part, story.message_id(), ASHA[1:], story.now, context=context)
        post_webhook(story.gate24, GUPSHUP, body)
    story.now += MINUTE
    ends = (story.now + 2 * MINUTE) // SECOND
    call = {"id": "wacid.in-1", "from": ASHA[1:], "timestamp": story.now // SECOND, "direction": "USER_INITIATED"}
    times = {"start_time": ends - 95, "end_time": ends, "duration": 95, "status": "COMPLETED"}
    for told in (call | {"event": "connect"}, call | times | {"event": "terminate", "timestamp": ends}):
        post_webhook(story.gate24, GUPSHUP, gupshup_v3(meta(change("calls", {"calls": [told]}))))
    story.now += 2 * MINUTE
    story.asked("listMessages", "conversation", 200, phone=ASHA, limit=11)


def _others(story: Story) -> None:
    """Meena wrote yesterday and agreed, Ravi opted out, Lata stopped marketing, Kiran is blocked."""
    for phone in (MEENA, LATA, KIRAN):
        story.opts_in(phone)
    story.writes("Meena", MEENA, "Namaste", ago=25 * HOUR)
    story.writes("Ravi", RAVI, "STOP", ago=2 * HOUR)
    story.writes("Lata", LATA, "Hello", ago=3 * HOUR)
    post_webhook(story.gate24, GUPSHUP, gupshup_preference("stop", LATA[1:], story.now))
    story.writes("Sana", OLD, "Hello", ago=3 * HOUR)
    changed = meta_number_change(OLD[1:], NEW[1:], story.now - 2 * HOUR)
    post_webhook(story.gate24, GUPSHUP, gupshup_v3(changed))
    story.asked("blockContact", "blocked", 200, {"reason": "abusive messages"}, phone=KIRAN)


def _together(story: Story) -> None:
    """Staff share Meena's chat."""
    newest = story.gate24.conversation(ASHA)[0]["id"]
    story.asked("markContactRead", "read", 200, {"up_to": newest}, phone=ASHA)
    story.asked("assignContact", "assigned", 200, {"assignee": "asha@example.org"}, phone=MEENA)
    story.asked("labelContact", "labelled", 200, {"labels": ["pregnancy", "call back"]}, phone=MEENA)
    beside = {"labels": ["pregnancy", "call back", "nutrition"], "instead_of": ["pregnancy", "call back"]}
    story.asked("labelContact", "labelled_beside_a_colleague", 200, beside, phone=MEENA)
    story.asked("addNote", "noted", 201, {"text": "Prefers to be called after six."}, phone=MEENA)
    story.asked("setContactState", "done", 200, {"state": "done"}, phone=MEENA)
    story.asked("setAnswering", "answering", 200, {}, phone=ASHA)
    story.asked("endAnswering", "answered", 200, phone=ASHA)
    story.asked("listNotes", "notes", 200, phone=MEENA)
    story.asked("listActions", "actions", 200, phone=MEENA)
    story.asked("exportContact", "whole", 200, phone=MEENA)
    replies = {"data": [{"name": "hours", "text": "Dear {{name}}, we are here from 9 to 5."}]}
    story.asked("putQuickReplies", "put", 200, replies)
    story.asked("getQuickReplies", "all", 200)
    story.asked("listContacts", "labelled", 200, label="pregnancy")
    story.asked("listContacts", "needs_answer", 200, filter="needs_answer")


def _who_hides_the_number(story: Story) -> None:
    """Noor writes under Meta's user id alone."""
    body = meta_text("Is there a class for children?", story.message_id(), None, story.now - HOUR, META_NUMBER, NOOR)
    post_webhook(story.gate24, META, body)
    story.asked("getContact", "without_number", 200, phone=NOOR)
    script_bsp(story.gate24, outcome="accept", body={"messages": [{"id": "wamid.out-3"}]})
    story.sends("to_user_id", 202, REPLY | {"channel": META}, NOOR)
    _is_marked_as_read(story)
    story.asked("listMessages", "without_number", 200, phone=NOOR)


def _is_marked_as_read(story: Story) -> None:
    told = {person: story.gate24.conversation(person)[-1]["id"] for person in (ASHA, NOOR)}
    typing = {"typing": True}
    story.asked("markMessageRead", "with_typing", 204, typing, id=told[NOOR])
    story.refused("markMessageRead", "payload_invalid", 400, {"typing": "yes"}, id=told[NOOR])
    story.refused("markMessageRead", "not_found", 404, typing, id="none")
    story.refused("markMessageRead", "not_supported_by_provider", 422, typing, id=told[ASHA])
    for code, status, answer in (
        ("throttled", 429, ProviderAnswer("busy", code="130429", reason="(#130429) Rate limit hit")),
        ("bsp_rejected", 502, ProviderAnswer("rejected", code="131009", reason="(#131009) Invalid parameter")),
        ("bsp_outcome_unknown", 504, ProviderAnswer("unknown", code="131000", reason="(#131000) Something went wrong")),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mark_read, "forward", lambda *_, answer=answer: answer)
            story.refused("markMessageRead", code, status, typing, id=told[NOOR])


def _refusals_by_the_gate(story: Story) -> None:
    _accepts(story, 5)
    story.sends("text_with_fallback", 202, REPLY | {"fallback": {"template": REMINDER}}, MEENA)
    story.asked("checkMessage", "refused", 200, {"to": MEENA, "channel": GUPSHUP, **REPLY})
    camp = {"type": "template", "template": {"name": "camp", "language": "en", "params": ["Sunday"]}}
    template = {"type": "template", "template": REMINDER}
    for code, status, body, phone in (
        ("window_closed", 409, REPLY, MEENA),
        ("not_opted_in", 403, template, STRANGER),
        ("opted_out", 403, template, RAVI),
        ("blocked", 403, REPLY, KIRAN),
        ("number_changed", 403, REPLY, OLD),
        ("marketing_stopped", 403, camp, LATA),
        ("template_not_found", 422, {"type": "template", "template": REMINDER | {"name": "reminder_2"}}, ASHA),
        ("template_not_approved", 422, {"type": "template", "template": REMINDER | {"name": "fees"}}, ASHA),
        ("template_params_mismatch", 422, {"type": "template", "template": REMINDER | {"params": []}}, ASHA),
        ("media_too_large", 422, {"type": "media", "media": TIMETABLE | {"size_bytes": 104_857_601}}, ASHA),
        ("text_too_long", 422, {"type": "text", "text": {"body": "x" * 4097}}, ASHA),
        ("recipient_invalid", 422, REPLY, "98765 43210"),
        ("not_supported_by_provider", 422, REPLY, NOOR),
        ("payload_invalid", 400, {"type": "text", "text": {"body": " "}}, ASHA),
        ("not_found", 404, REPLY | {"channel": "another"}, ASHA),
    ):
        story.now += SECOND
        story.sends(code, status, body, phone)
    scene.change_organization(monthly_budget=20_000, refuse_above_budget=True)
    scene.run_rollup(organization=ORG, **{"from": "2026-11-21", "to": "2026-11-21"})
    story.now += SECOND
    story.sends("budget_exceeded", 409, camp, ASHA)
    scene.change_organization(refuse_above_budget=False)
    refused = next(each.answer for each in story.exchanges if each.name == "not_opted_in")
    story.asked("getMessage", "refused", 200, id=refused.json["id"])


def _what_the_bsp_says(story: Story) -> None:
    for code, status, http_status in (
        ("bsp_rejected", 502, 400),
        ("bsp_outcome_unknown", 504, 500),
        ("throttled", 429, 429),
    ):
        story.now += MINUTE
        script_bsp(story.gate24, outcome="reject", status=http_status)
        story.sends(code, status, REPLY)
    story.now += MINUTE
    _accepts(story, 6)
    sent = story.sends("sent_after_throttled", 202, REPLY, key="throttled")
    story.asked("getMessage", "second_attempt", 200, id=sent.json["id"])


class Killed(BaseException):
    """The function's process ends."""


def _keys_of_requests(story: Story) -> None:
    story.sends("idempotency_key_missing", 400, REPLY, key="")
    story.sends("idempotency_key_reused", 422, {"type": "text", "text": {"body": "Another text."}}, key="text")

    def killed(*_: Any) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(send_message, "forward", killed)
        with pytest.raises(Killed):
            story.gate24.send(REPLY, "request_in_progress")
    story.sends("request_in_progress", 409, REPLY)
    _asked_again(story)


def _asked_again(story: Story) -> None:
    """Every final answer of a key is given again as it was, refusals too."""
    sent = [each for each in story.exchanges if each.question.route.operation == "sendMessage"]
    for first in sent:
        if "id" in first.answer.json:
            question = first.question
            again = story.asked("sendMessage", first.name, first.answer.status, question.body, **question.parameters)
            assert again.text == first.answer.text
            assert again.headers["idempotency-replayed"] == "true"


def _looking(story: Story) -> None:
    story.now += MINUTE
    story.asked("listContacts", "closing_first", 200, sort="expires_at", window="open", limit=2)
    story.asked("listContacts", "with_counts", 200, counts="true", limit=1)
    story.asked("listContacts", "found", 200, q="Asha", limit=1)
    story.asked("getContact", "window_open", 200, phone=ASHA)
    story.asked("listMessages", "with_refusals", 200, phone=ASHA, limit=4)
    story.asked("listConsents", "history", 200, phone=KIRAN)
    story.asked("unblockContact", "unblocked", 200, phone=KIRAN)
    opt_out = {"action": "opt_out", "source": "phone call"}
    story.asked("recordConsent", "opt_out", 201, opt_out, phone=KIRAN)


def _two_days_later(story: Story) -> None:
    post_webhook(story.gate24, GUPSHUP, gupshup("moon-event", {"phase": 1}, at=story.now))
    story.now += 48 * HOUR
    days = {"from": "2026-11-20", "to": "2026-11-21"}
    scene.run_rollup(organization=ORG, **days)
    story.asked("listDailyCosts", "days", 200, **days)
    story.asked("listDailyCosts", "csv", 200, accept="text/csv", **days)
    story.asked("listDailyCosts", "workbook", 200, accept=MEDIA_TYPE, **days)
    months = {"from_month": "2026-11", "to_month": "2026-11"}
    story.asked("listMonthlyCosts", "month", 200, **months)
    story.asked("listMonthlyCosts", "csv", 200, accept="text/csv", **months)
    story.asked("listMonthlyCosts", "workbook", 200, accept=MEDIA_TYPE, **months)
    story.asked("getBudgets", "month", 200, month="2026-11")
    story.asked("getCostsReport", "page", 200, month_reported="2026-11", language="en")
    story.asked("showWhatIf", "other_card", 200, card="gupshup-2026-10-01", **days)
    story.asked("showLiveCosts", "now", 200, live_day="2026-11-21")
    story.asked("listCostMessages", "of_the_day", 200, costs_day="2026-11-21", limit=3)
    story.asked("listCostMessages", "templates", 200, costs_day="2026-11-21", of_category="utility")
    story.asked("listRateCards", "all", 200)
    story.asked("reconcileCosts", "lines", 200, limit=2, **days)
    story.asked("reconcileCosts", "csv", 200, accept="text/csv", limit=2, **days)
    story.asked("listOwnChannels", "lights", 200)
    events = story.asked("listUnrecognized", "events", 200).json["data"]
    story.asked("getUnrecognized", "event", 200, unrecognized_id=events[0]["id"])
    story.asked("getContact", "window_closed", 200, phone=ASHA)


def _events(story: Story) -> None:
    story.asked("listEvents", "first_question", 200)  # from then on they are kept
    stream.tell_at(story.gate24.items(), story.now)
    story.now += 10 * SECOND
    first = story.asked("listEvents", "messages", 200, types="message.received,message.status,message.refused", limit=4)
    story.asked("listEvents", "next", 200, after=first.json["next_cursor"], limit=1)
    for each in ("consent.changed", "template.changed", "costs.stated", "budget.reached"):
        story.asked("listEvents", each.replace(".", "_"), 200, types=each, limit=1)


BOT = {"url": "https://bot.example.org/hooks/gate24", "events": ["*"], "description": "The bot for class times"}


def _webhooks_out(story: Story) -> None:
    """The bot's endpoint answers twice, then it has too much to do."""
    made = story.asked("createWebhook", "all_events", 201, BOT).json
    bodies = {"url": "https://bot.example.org/hooks/meta", "events": ["*"], "channels": [META], "format": "provider"}
    other = story.asked("createWebhook", "providers_bodies", 201, bodies).json
    mine: dict[str, Any] = {"webhook_id": made["id"]}
    story.asked("listWebhooks", "webhooks", 200)
    chosen = {"events": ["message.received", "message.status"], "channels": [GUPSHUP]}
    story.asked("changeWebhook", "chosen_events", 200, chosen, **mine)
    story.asked("changeWebhook", "paused", 200, {"status": "paused"}, **mine)
    story.asked("changeWebhook", "resumed", 200, {"status": "active"}, **mine)
    story.asked("rotateWebhookSecret", "rotated", 200, **mine)
    answers = [EndpointAnswer(200, '{"ok": true}', 84), EndpointAnswer(None, _SILENT, 15_000)]
    answers += [EndpointAnswer(200, '{"ok": true}', 84), EndpointAnswer(503, "busy", 212)]
    fed = story.asked("listEvents", "to_be_replayed", 200, types="message.received", limit=2).json["data"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(endpoint, "call", lambda *_: answers.pop(0))
        story.asked("testWebhook", "answered", 200, **mine)
        story.asked("testWebhook", "not_answered", 200, **mine)
        again = {"event_ids": [*(each["id"] for each in fed), "evt_none"]}
        story.asked("replayEvents", "by_ids", 202, again, **mine)
        assert hooks.deliver() == []
    story.now += SECOND
    times = {"from": "2026-11-21T04:00:00Z", "to": "2026-11-21T04:30:00Z"}
    story.asked("replayEvents", "of_a_time", 202, times, **mine)
    story.asked("listDeliveries", "deliveries", 200, **mine)
    story.asked("listDeliveries", "waiting", 200, delivery_status="pending", **mine)
    story.asked("getWebhook", "failing_once", 200, **mine)
    story.asked("deleteWebhook", "deleted", 204, webhook_id=other["id"])
    story.refused("createWebhook", "payload_invalid", 400, BOT | {"channels": ["another"]})
    story.refused("createWebhook", "url_not_allowed", 422, BOT | {"url": "https://169.254.169.254/"})
    story.refused("changeWebhook", "payload_invalid", 400, {"channels": ["another"]}, **mine)
    story.refused("changeWebhook", "url_not_allowed", 422, {"url": "http://bot.example.org/"}, **mine)
    story.refused("listWebhooks", "payload_invalid", 400, cursor="AAAA")
    story.refused("listDeliveries", "payload_invalid", 400, cursor="AAAA", **mine)
    story.refused("replayEvents", "payload_invalid", 400, {"to": "2026-11-21T04:30:00Z"}, **mine)
    for operation, body in (
        *(("getWebhook", None), ("changeWebhook", {"description": "new"}), ("deleteWebhook", None)),
        *(("rotateWebhookSecret", None), ("testWebhook", None), ("listDeliveries", None), ("replayEvents", times)),
    ):
        story.refused(operation, "not_found", 404, body, webhook_id="wh_none")
    for _ in range(EARLIER_SECRETS_MOST - 1):  # one was there
        assert story.gate24.http("POST", f"/v1/webhooks/{made['id']}/rotate").status == 200
    story.refused("rotateWebhookSecret", "throttled", 429, **mine)


def _members(story: Story) -> None:
    """Who of the staff signs in; by the organization itself, and by the platform that hosts it."""
    story.asked("putMember", "admin", 200, {"role": "admin", "name": "Leela"}, email="leela@example.org")
    story.asked("putMember", "agent", 200, {"role": "agent", "name": "Asha"}, email="Asha@example.org")
    story.asked("listMembers", "members", 200)
    story.refused("listMembers", "payload_invalid", 400, cursor="AAAA")
    story.refused("putMember", "payload_invalid", 400, {"role": "owner"}, email="asha@example.org")
    story.refused("putMember", "last_admin", 409, {"role": "agent"}, email="leela@example.org")
    story.refused("removeMember", "last_admin", 409, email="leela@example.org")
    story.refused("removeMember", "payload_invalid", 400, email="asha")
    _notifications(story)
    story.asked("removeMember", "removed", 204, email="asha@example.org")
    story.refused("removeMember", "not_found", 404, email="asha@example.org")
    here: dict[str, Any] = {"organization_id": ORG, "key": PLATFORM}
    asha = here | {"email": "asha@example.org"}
    story.asked("putMemberOf", "supervisor", 200, {"role": "supervisor", "name": "Asha"}, **asha)
    leela = here | {"email": "leela@example.org"}
    story.refused("putMemberOf", "last_admin", 409, {"role": "agent"}, **leela)
    story.refused("removeMemberOf", "last_admin", 409, **leela)
    story.asked("listMembersOf", "members", 200, **here)
    story.refused("listMembersOf", "payload_invalid", 400, cursor="AAAA", **here)
    story.refused("putMemberOf", "payload_invalid", 400, {"role": "owner"}, **asha)
    story.refused("removeMemberOf", "payload_invalid", 400, **here, email="asha")
    story.asked("removeMemberOf", "removed", 204, **asha)
    story.refused("removeMemberOf", "not_found", 404, **asha)
    nobody = asha | {"organization_id": "nobody"}
    story.refused("putMemberOf", "not_found", 404, {"role": "agent"}, **nobody)
    story.refused("listMembersOf", "not_found", 404, organization_id="nobody", key=PLATFORM)


def _notifications(story: Story) -> None:
    """How staff are told of chats that close soon: by mail, once this installation has an address to send it from."""
    hour = {"closing_digest_minutes": 60}
    story.asked("getMyNotifications", "of_a_key", 200)
    story.refused("setNotifications", "mail_not_set_up", 409, hour)
    here: dict[str, Any] = {"organization_id": ORG, "key": PLATFORM}
    story.refused("changeOrganization", "mail_not_set_up", 409, hour, **here)
    hills = {"id": "hills", "name": "Hills Trust", "timezone": "Asia/Kolkata", "currency": "INR", **hour}
    story.refused("createOrganization", "mail_not_set_up", 409, hills, key=PLATFORM)
    with mail_sender("gate24@example.org"):
        story.asked("setNotifications", "an_hour_before", 200, hour)
        story.asked("getNotifications", "an_hour_before", 200)
        story.refused("setNotifications", "payload_invalid", 400, {"closing_digest_minutes": 5})
        story.asked("getMyNotifications", "of_a_member", 200, key=LEELA)
        story.asked("setMyNotifications", "in_hindi", 200, {"mail": True, "language": "hi"}, key=LEELA)
        story.refused("setMyNotifications", "payload_invalid", 400, {"mail": "yes"}, key=LEELA)
        story.asked("setNotifications", "no_mails", 200, {"closing_digest_minutes": None})
    browser: dict[str, Any] = {"endpoint": "https://push.example.org/send/9f2c", "push": True}
    story.refused("setMyPush", "push_not_set_up", 409, browser, key=LEELA)
    with pushing(known_as=PUSH_KEY):
        story.asked("setMyPush", "told", 200, browser, key=LEELA)
        story.asked("setMyPush", "told_no_more", 200, browser | {"push": False}, key=LEELA)
        story.refused("setMyPush", "url_not_allowed", 422, browser | {"endpoint": "https://10.0.0.7/send"}, key=LEELA)
        story.refused("setMyPush", "payload_invalid", 400, {"push": True}, key=LEELA)


def _keys_of_an_organization(story: Story) -> None:
    """A platform that hosts the organization makes its keys."""
    here: dict[str, Any] = {"organization_id": ORG, "key": PLATFORM}
    bot = {"name": "chatbot", "scopes": ["read", "send"], "expires_at": "2027-02-19T00:00:00Z"}
    made = story.asked("createApiKey", "chatbot", 201, bot, **here).json
    mine = here | {"key_id": made["id"]}
    story.asked("rotateApiKey", "rotated", 200, {"grace_hours": 48}, **mine)
    story.asked("listApiKeys", "keys", 200, **here)
    story.asked("revokeApiKey", "revoked", 204, **mine)
    story.refused("listApiKeys", "payload_invalid", 400, cursor="AAAA", **here)
    story.refused("createApiKey", "payload_invalid", 400, bot | {"expires_at": "2020-02-19T00:00:00Z"}, **here)
    story.refused(
        "rotateApiKey", "payload_invalid", 400, {"grace_hours": -1}, **here, key_id=api_keys.key_id(KEYS[ORG])
    )
    for operation, body in (("listApiKeys", None), ("createApiKey", bot)):
        story.refused(operation, "not_found", 404, body, organization_id="nobody", key=PLATFORM)
    for operation in ("rotateApiKey", "revokeApiKey"):
        story.refused(operation, "not_found", 404, **mine)


def _an_admin_in_the_console(story: Story) -> None:
    """She makes a key and ends it, and looks up who changed what."""
    leela: dict[str, Any] = {"key": LEELA}
    story.now += SECOND
    asked = {"name": "reports", "scopes": ["read"], "channels": [GUPSHUP]}
    made = story.asked("makeKey", "reports", 201, asked, **leela).json
    mine = leela | {"key_id": made["id"]}
    story.asked("rotateKey", "rotated", 200, {"grace_hours": 48}, **mine)
    story.refused("rotateKey", "payload_invalid", 400, {"grace_hours": -1}, **mine)
    story.asked("listKeys", "keys", 200, **leela)
    story.now += SECOND
    story.asked("revokeKey", "revoked", 204, **mine)
    story.refused("listKeys", "payload_invalid", 400, cursor="AAAA", **leela)
    story.refused("makeKey", "payload_invalid", 400, asked | {"scopes": ["admin"]}, **leela)
    for operation in ("rotateKey", "revokeKey"):
        story.refused(operation, "not_found", 404, **mine)
    story.asked("listAuditLog", "newest", 200, limit=3, **leela)
    story.asked("listAuditLog", "members", 200, audit_kind="members", audit_from="2026-11-21", limit=2, **leela)
    story.refused("listAuditLog", "payload_invalid", 400, audit_from="2026-11-31", **leela)
    story.asked("listErasures", "erasures", 200, **leela)
    story.refused("listErasures", "payload_invalid", 400, cursor="AAAA", **leela)


def _a_platform_sets_up(story: Story) -> None:
    """It adds an organization with its number; then everything is asked wrongly once."""
    platform: dict[str, Any] = {"key": PLATFORM}
    trust = {"id": "reading-trust", "name": "Reading Trust", "timezone": "Asia/Kolkata", "currency": "USD"}
    story.asked("createOrganization", "reading_trust", 201, trust | {"retention_days": 365}, **platform)
    here = platform | {"organization_id": "reading-trust"}
    words = {"opt_out_keywords": ["STOP", "UNSUBSCRIBE", "बंद"]}
    story.asked("changeOrganization", "keywords", 200, words, **here)
    story.asked("changeOrganization", "another_keyword", 200, {"add_opt_out_keywords": ["बन्द"]}, **here)
    number = {"id": "reading", "provider": "gupshup", "business_number": "+919876543219", "app": "ReadingApp"}
    number["app_id"] = "3f1d0b8e-6f7e-4b0a-9a55-0c1d2e3f4a5b"
    story.asked("createChannel", "gupshup", 201, number, **here)
    of_meta = {"id": "reading-meta", "provider": "meta", "business_number": "+919876543220"}
    of_meta |= {"phone_number_id": "100000000000009", "rate_card": "meta-2026-10-01:2026-10-01"}
    story.asked("createChannel", "meta", 201, of_meta, **here)
    channel = here | {"channel_id": "reading"}
    story.asked("changeChannel", "margin", 200, {"margin_seconds": 60}, **channel)
    secret = {"value": "the-api-key-of-the-app"}
    story.asked("putChannelSecret", "api_key", 200, secret, **channel, secret_kind="api-key")
    token = {"value": "the-next-webhook-token", "add": True}
    story.asked("putChannelSecret", "beside_the_old_one", 200, token, **channel, secret_kind="webhook-token")
    story.asked("getChannel", "channel", 200, **channel)
    story.asked("listChannels", "channels", 200, **here)
    story.asked("getOrganization", "organization", 200, **here)
    story.asked("listOrganizations", "organizations", 200, **platform)
    story.refused("listOrganizations", "payload_invalid", 400, cursor="AAAA", **platform)
    story.refused("createOrganization", "payload_invalid", 400, trust | {"timezone": "asia/kolkata"}, **platform)
    story.refused("changeOrganization", "payload_invalid", 400, {"currency": "INR"}, **here)
    story.refused("listChannels", "payload_invalid", 400, cursor="AAAA", **here)
    story.refused("createChannel", "payload_invalid", 400, number, **here)
    story.refused("changeChannel", "payload_invalid", 400, {"phone_number_id": "100000000000009"}, **channel)
    short = {"value": "short"}
    story.refused("putChannelSecret", "payload_invalid", 400, short, **channel, secret_kind="webhook-token")
    nobody = platform | {"organization_id": "nobody"}
    for operation, body in (
        *(("getOrganization", None), ("changeOrganization", words), ("listChannels", None), ("createChannel", number)),
    ):
        story.refused(operation, "not_found", 404, body, **nobody)
    story.asked("deleteChannel", "deleted", 204, **here, channel_id="reading-meta")
    gone = here | {"channel_id": "reading-meta"}
    for operation in ("getChannel", "deleteChannel"):
        story.refused(operation, "not_found", 404, **gone)
    story.refused("changeChannel", "not_found", 404, {"margin_seconds": 60}, **gone)
    story.refused("putChannelSecret", "not_found", 404, secret, **gone, secret_kind="api-key")
    learning = platform | {"organization_id": ORG}
    story.asked("exportOrganization", "lines", 200, **learning, export_limit=3)
    story.refused("exportOrganization", "payload_invalid", 400, **learning, cursor="AAAA")
    story.refused("exportOrganization", "not_found", 404, **nobody)
    _a_platform_does_an_operators_work(story, learning, nobody)
    story.refused("deleteOrganization", "payload_invalid", 400, **learning, confirm="reading-trust")
    story.refused("deleteOrganization", "not_found", 404, **nobody, confirm="nobody")
    story.refused("getOrganizationDeletion", "not_found", 404, **learning)
    story.asked("deleteOrganization", "reading_trust", 202, **here, confirm="reading-trust")
    story.asked("getOrganizationDeletion", "under_way", 200, **here)


def _a_platform_does_an_operators_work(story: Story, learning: dict[str, Any], nobody: dict[str, Any]) -> None:
    lines = (
        "phone,name,consent,consent_at,consent_source",
        "+919876543213,Asha,opt_in,2026-06-15,paper form",
        "12,,,,",
    )
    contacts = {"csv": "\n".join(lines), "dry_run": True}
    story.asked("importContacts", "tried", 200, contacts, **learning)
    consents = {"csv": "phone,action,source\n+919876543215,opt_in,paper form", "dry_run": True}
    story.asked("importConsents", "tried", 200, consents, **learning)
    story.asked("rollUpDays", "days", 202, {"from": "2026-11-01", "to": "2026-11-02"}, **learning)
    events = story.asked("listUnrecognizedOf", "events", 200, **learning, limit=1).json["data"]
    story.asked("replayUnrecognized", "still_not_understood", 200, {"ids": [events[0]["id"]]}, **learning)
    story.asked("checkOrganization", "checks", 200, **learning)
    listed = {"id": "t-1", "elementName": "visit", "languageCode": "en", "status": "APPROVED", "category": "UTILITY"}
    app_id = {"app_id": _listed_at_the_provider(story, listed | {"data": "Dear {{1}}"})}
    channel = learning | {"channel_id": GUPSHUP}
    story.asked("syncTemplates", "entered", 200, app_id, **channel)
    story.asked("syncOwnTemplates", "entered", 200, app_id | {"channel": GUPSHUP})
    story.refused("syncOwnTemplates", "payload_invalid", 400, {"waba_id": "100000000000019", "channel": GUPSHUP})
    story.refused("syncOwnTemplates", "not_found", 404, app_id | {"channel": "another"})
    story.refused("syncTemplates", "payload_invalid", 400, {"waba_id": "100000000000019"}, **channel)
    story.asked("reportShadow", "whole", 200, **channel, report_from="2026-11-01", report_to="2026-11-30")
    story.refused("reportShadow", "payload_invalid", 400, **channel, report_from="2026-11-02", report_to="2026-11-01")
    story.refused("reportShadow", "not_found", 404, **learning, channel_id="nothing")
    story.refused("syncTemplates", "not_found", 404, app_id, **learning, channel_id="nothing")
    keys: list[dict[str, Any]] = story.asked("listPlatformKeys", "keys", 200, key=PLATFORM).json["data"]
    mine = {"key": PLATFORM, "key_id": keys[0]["id"]}
    api_keys.put("key-former", KeyHolder("", "former portal", frozenset({"admin"})))
    former = {"key": PLATFORM, "key_id": api_keys.key_id("key-former")}
    story.asked("rotatePlatformKey", "rotated", 200, {"grace_hours": 48}, **former)
    story.asked("revokePlatformKey", "revoked", 204, **former)
    story.refused("rotatePlatformKey", "payload_invalid", 400, {"grace_hours": -1}, **mine)
    for operation in ("rotatePlatformKey", "revokePlatformKey"):
        story.refused(operation, "not_found", 404, **former)
    story.refused("listPlatformKeys", "payload_invalid", 400, cursor="AAAA", key=PLATFORM)
    story.refused("listUnrecognizedOf", "payload_invalid", 400, cursor="AAAA", **learning)
    story.refused("importContacts", "payload_invalid", 400, {"csv": "name\nAsha"}, **learning)
    story.refused("importConsents", "payload_invalid", 400, {"csv": "name\nAsha"}, **learning)
    story.refused("rollUpDays", "payload_invalid", 400, {"from": "2026-11-02", "to": "2026-11-01"}, **learning)
    story.refused("replayUnrecognized", "payload_invalid", 400, {"ids": []}, **learning)
    for operation, body in (
        *(("importContacts", contacts), ("importConsents", consents), ("rollUpDays", {})),
        *(("replayUnrecognized", {"ids": ["none"]}), ("listUnrecognizedOf", None), ("checkOrganization", None)),
    ):
        story.refused(operation, "not_found", 404, body, **nobody)


def _listed_at_the_provider(story: Story, template: Body) -> str:
    """Gupshup lists the template of the channel's app; the app's id."""
    assert story.gate24.simulator is not None
    file, app_id = story.gate24.simulator.config.path, "7d1f0c7e-5a34-4c1e-9b52-0000a1b2c3d9"
    config = json.loads(file.read_text(encoding="utf-8"))
    next(each for each in config["channels"] if each["id"] == GUPSHUP).update(app_id=app_id, templates=[template])
    file.write_text(json.dumps(config), encoding="utf-8")
    return app_id


_SILENT = "The endpoint did not answer within 15 seconds."


def _wrong_questions(story: Story) -> None:
    event = story.gate24.http("GET", "/v1/unrecognized").json["data"][0]
    for operation, code, status, more in (
        ("getMessage", "not_found", 404, {"id": "none"}),
        ("getUnrecognized", "not_found", 404, {"unrecognized_id": "none"}),
        *((name, "payload_invalid", 400, {"cursor": "AAAA"}) for name in _LISTS),
        ("listEvents", "payload_invalid", 400, {"after": "AAAA"}),
        ("getUnrecognized", "payload_invalid", 400, {"unrecognized_id": event["id"], "cursor": "AAAA"}),
        ("listMessages", "payload_invalid", 400, {"phone": ASHA, "cursor": "AAAA"}),
        ("listConsents", "payload_invalid", 400, {"phone": ASHA, "cursor": "AAAA"}),
        ("listDailyCosts", "payload_invalid", 400, {"from": "2026-11-21", "to": "2026-11-20"}),
        ("listMonthlyCosts", "payload_invalid", 400, {"from_month": "2026-11", "to_month": "2026-10"}),
        ("getBudgets", "payload_invalid", 400, {"month": "2026-13"}),
        ("getCostsReport", "payload_invalid", 400, {"month_reported": "0000-01"}),
        ("showWhatIf", "payload_invalid", 400, {"card": "free", "from": "2026-11-21", "to": "2026-11-22"}),
        ("showLiveCosts", "payload_invalid", 400, {"live_day": "2999-01-01"}),
        ("listCostMessages", "payload_invalid", 400, {"costs_day": "2999-01-01"}),
        ("reconcileCosts", "payload_invalid", 400, {"from": "2026-11-21", "to": "2026-11-20"}),
    ):
        story.refused(operation, code, status, **more)
    for operation, body in _ABOUT_A_KNOWN_CONTACT.items():
        story.refused(operation, "not_found", 404, body, phone="+919876599999")
        story.refused(operation, "recipient_invalid", 422, body, phone="nobody")
    consent = {"action": "opt_in", "source": "paper form"}
    story.refused("recordConsent", "payload_invalid", 400, consent | {"source": ""}, phone=ASHA)
    story.refused("importPeople", "payload_invalid", 400, _TABLE | {"columns": ["name"]})
    story.refused("recordConsent", "recipient_invalid", 422, consent, phone="nobody")
    story.refused("blockContact", "payload_invalid", 400, {"reason": "x" * 501}, phone=ASHA)
    story.refused("blockContact", "recipient_invalid", 422, phone="nobody")
    story.refused("markContactRead", "payload_invalid", 400, {"up_to": "none"}, phone=ASHA)
    story.refused("setContactState", "payload_invalid", 400, {"state": "closed"}, phone=ASHA)
    story.refused("assignContact", "payload_invalid", 400, {}, phone=ASHA)
    story.refused("labelContact", "payload_invalid", 400, {"labels": ["x" * 41]}, phone=ASHA)
    story.refused("addNote", "payload_invalid", 400, {"text": ""}, phone=ASHA)
    story.refused("listNotes", "payload_invalid", 400, phone=ASHA, cursor="AAAA")
    story.refused("listActions", "payload_invalid", 400, phone=ASHA, cursor="AAAA")
    story.refused("exportContact", "payload_invalid", 400, phone=ASHA, cursor="AAAA")
    story.refused("setAnswering", "payload_invalid", 400, {"for": 20}, phone=ASHA)
    twice = {"data": [{"name": "hours", "text": "9 to 5."}, {"name": "Hours", "text": "9 to 5."}]}
    story.refused("putQuickReplies", "payload_invalid", 400, twice)
    story.refused("putTemplate", "payload_invalid", 400, _template("id-1", params=-1), name="class_reminder")
    story.refused("putTemplate", "not_found", 404, _template("id-1", channel="another"), name="class_reminder")
    labels = {"channel": GUPSHUP, "language": "en", "labels": ["Day of the class"]}
    story.refused("labelTemplate", "payload_invalid", 400, labels | {"labels": ["Day", "Hour"]}, name="class_reminder")
    story.refused("labelTemplate", "not_found", 404, labels, name="nothing")
    story.refused("changeKeywords", "payload_invalid", 400, {"remove_opt_out_keywords": ["STOP"]})
    story.refused("tryKeyword", "payload_invalid", 400, {"text": ""})
    ask = {"channel": GUPSHUP, "to": ASHA, **REPLY}
    story.refused("checkMessage", "payload_invalid", 400, ask | {"text": {"body": " "}})
    story.refused("checkMessage", "recipient_invalid", 422, ask | {"to": "98765"})
    story.refused("checkMessage", "not_found", 404, ask | {"channel": "another"})


_ABOUT_A_KNOWN_CONTACT: dict[str, Any] = {
    **dict.fromkeys(("getContact", "eraseContact", "unblockContact", "listMessages", "listConsents")),
    **dict.fromkeys(("markContactRead", "setAnswering", "endAnswering", "listNotes", "listActions", "exportContact")),
    "setContactState": {"state": "done"},
    "assignContact": {"assignee": None},
    "labelContact": {"labels": []},
    "addNote": {"text": "Calls back."},
}
"""Operations with the body that each takes."""

_LISTS = ("listContacts", "listTemplates", "listUnrecognized")


def _what_any_route_may_answer(story: Story) -> None:
    questions = [exchange.question for exchange in first_successes(story).values()]
    questions.append(Question(BY_OPERATION["eraseContact"], {"phone": LATA}))
    questions.append(Question(BY_OPERATION["getErasure"], {"erasure_id": "3f9c2a7be410"}))
    for question in questions:
        if question.route.scope is None:
            continue
        operation, body, parameters = question.route.operation, question.body, question.parameters
        for name, status, key in (
            ("no_api_key", 401, None),
            ("wrong_api_key", 403, "wrong"),
            ("scope_missing", 403, "key-nothing"),
            ("unauthorized", 401, "key-gone"),
        ):
            story.asked(operation, name, status, body, key=key, **parameters)
        with table_down():
            story.refused(operation, "unavailable", 503, body, key=question.key, **parameters)


def first_successes(story: Story) -> dict[str, Exchange]:
    """The first successful exchange of each operation."""
    found: dict[str, Exchange] = {}
    for exchange in story.exchanges:
        if exchange.answer.status < 300:
            found.setdefault(exchange.question.route.operation, exchange)
    return found


@contextmanager
def table_down() -> Iterator[None]:
    """DynamoDB answers nothing but whose API key or token it is, and the queue takes nothing."""

    def down(original: Any) -> Any:
        def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            names_caller = "KEY#" in str(arguments) or "MEMBER#" in str(arguments)
            if service == "sqs" or (service == "dynamodb" and not names_caller):
                raise ClientError({"Error": {"Code": "InternalServerError", "Message": "down"}}, operation)
            return original(client, operation, arguments)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for kind in (BaseClient, DirectCalls):
            patch.setattr(kind, "_make_api_call", down(vars(kind)["_make_api_call"]))
        organizations.forget()
        yield
    organizations.forget()


def _webhooks(story: Story) -> None:
    body = meta_text("Namaste", story.message_id(), MEENA[1:], story.now, META_NUMBER)
    signature = sign(APP_SECRET, compact(body).encode())
    authentic: dict[str, Any] = {"channel_id": META, "signature": signature}
    handshake = {
        "channel_id": META,
        "hub_mode": "subscribe",
        "hub_verify_token": VERIFY_TOKEN,
        "hub_challenge": "1158201444",
    }
    story.asked("receiveMeta", "message", 200, body, key=None, **authentic)
    story.asked("verifyMeta", "handshake", 200, key=None, **handshake)
    gupshup_body = gupshup_text("Namaste", story.message_id(), MEENA[1:], story.now)
    token = {"channel_id": GUPSHUP, "webhook_token": TOKEN}
    no_object = {"channel_id": META, "signature": sign(APP_SECRET, b"[]")}
    story.refused("receiveMeta", "payload_invalid", 400, [], key=None, **no_object)
    story.refused("receiveGupshup", "payload_invalid", 400, [], key=None, **token)
    story.refused("verifyMeta", "payload_invalid", 400, key=None, **handshake | {"hub_mode": "unsubscribe"})
    story.refused("receiveMeta", "unauthorized", 401, body, key=None, **authentic | {"channel_id": "another"})
    story.refused("receiveGupshup", "unauthorized", 401, gupshup_body, key=None, **token | {"webhook_token": "wrong"})
    story.refused("verifyMeta", "unauthorized", 401, key=None, **handshake | {"hub_verify_token": "wrong"})
    with table_down():
        story.refused("receiveMeta", "unavailable", 503, body, key=None, **authentic)
        story.refused("receiveGupshup", "unavailable", 503, gupshup_body, key=None, **token)
        story.refused("verifyMeta", "unavailable", 503, key=None, **handshake)


def _the_end(story: Story) -> None:
    story.asked("eraseContact", "erased", 204, phone=LATA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
        begun = story.asked("eraseContact", "long_conversation", 202, phone=MEENA).json["erasure"]
    story.asked("getErasure", "running", 200, erasure_id=begun)
    story.asked("eraseContact", "finished", 204, phone=MEENA)
    story.asked("getErasure", "done", 200, erasure_id=begun)
    story.refused("getErasure", "not_found", 404, erasure_id="another")
    story.asked("blockContact", "erased", 204, {"reason": "asked for it on the phone"}, phone=LATA)
    story.asked("unblockContact", "erased", 204, phone=LATA)
    story.asked("getHealth", "with_an_api_key", 200)
    for operation in ("getHealth", "getOpenApi", "getConsole"):
        story.asked(operation, "answer", 200, key=None)
