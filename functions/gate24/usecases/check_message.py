"""The gate: one request to send, the facts that decide it, and the verdict. Used alike by the dry run and by
the send."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from gate24.api import limits
from gate24.api.access import Access
from gate24.api.problems import Problem
from gate24.api.validate import validate
from gate24.channels import Channel
from gate24.events import ContactRef, Media
from gate24.providers import Outbound, TemplateSend
from gate24.rules.decision import Decision, Facts, Wanted, decide
from gate24.rules.phone_numbers import parse_phone
from gate24.rules.pricing import Cost, media_too_large, price, rate_card
from gate24.rules.window import state_at
from gate24.store import configuration, contacts
from gate24.store.contacts import Person


@dataclass(frozen=True, slots=True)
class Request:
    """A valid request to send. ``fingerprint`` stands for the whole body, whatever the order of its fields."""

    access: Access
    channel: Channel
    to: str
    contact: str
    body: dict[str, Any]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """``decision`` with the facts that it rests on and what the message will cost (None: it does not go).
    ``template``: the registry's entry of the template that goes out, with the part of the body that names it."""

    decision: Decision
    facts: Facts
    person: Person
    cost: Cost | None
    category: str | None
    template: TemplateSend | None
    server_time: int


def read_request(access: Access, body: dict[str, Any], schema: str = "SendRequest") -> Request:
    """The request in a body; Problem ``payload_invalid``, ``not_found`` (channel) or ``recipient_invalid``."""
    errors = validate(schema, body)
    if errors:
        raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
    channel = access.channel(body.get("channel"))
    to = parse_phone(body["to"], strict=True) or parse_phone(body["to"])
    contact = contacts.contact_id(access.organization.id, ContactRef(to)) if to else ""
    if to is None or (parse_phone(to, strict=True) is None and not _is_known(access, contact)):
        errors = [{"pointer": "/to", "detail": "is not a phone number with its country code (E.164)"}]
        raise Problem("recipient_invalid", "The recipient is not a phone number.", ("correct_request",), errors=errors)
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Request(access, channel, to, contact, body, hashlib.sha256(canonical.encode()).hexdigest())


def _is_known(access: Access, contact: str) -> bool:
    """Whoever wrote to us has a number that exists, whatever the numbering plan of our library says."""
    return contacts.person(access.organization.id, contact).wrote


def judge(request: Request, now: int) -> Verdict:
    """Decides by one consistent read of the contact (and one of the template) at this moment."""
    person = contacts.person(request.access.organization.id, request.contact)
    window = person.window(request.channel.id)
    facts = Facts(person.consent, window, state_at(window, now, request.channel.margin_seconds * 1000))
    template: TemplateSend | None = None
    category: str | None = None
    if request.body["type"] == "template":
        wanted, template, category = _template(request, request.body["template"])
        decision = decide(facts, wanted)
    else:
        fallback = None
        if "fallback" in request.body and not facts.state.is_open:
            fallback, template, category = _template(request, request.body["fallback"]["template"])
        decision = decide(facts, Wanted("freeform", **_content_fault(request)), fallback)
    if decision.sent_as == "freeform":
        template, category = None, None
    cost = _cost(request, decision, template, category) if decision.allowed else None
    return Verdict(decision, facts, person, cost, category, template, now)


def _content_fault(request: Request) -> dict[str, str | None]:
    detail = limits.text_fault(request.body)
    if detail is not None:
        return {"fault": "text_too_long", "fault_detail": detail}
    size = (request.body.get("media") or {}).get("size_bytes")
    return {"fault": "media_too_large"} if _too_large(request, size) else {}


def _too_large(request: Request, size: int | None) -> bool:
    return size is not None and media_too_large(rate_card(request.channel.rate_card), size)


def _template(request: Request, named: dict[str, Any]) -> tuple[Wanted, TemplateSend | None, str | None]:
    """The template in the registry as it is now, and what is wrong with the way it is asked for."""
    entry = configuration.template(request.access.organization.id, request.channel.id, named["name"], named["language"])
    if entry is None:
        return Wanted("template", fault="template_not_found"), None, None
    media = named.get("media")
    send = TemplateSend(
        named["name"],
        named["language"],
        entry["bsp_template_id"],
        tuple(named.get("params", ())),
        media_of(media) if media else None,
    )
    fault, detail = _template_fault(request, entry, named)
    return Wanted("template", entry["category"], fault, detail), send, entry["category"]


def _template_fault(request: Request, entry: dict[str, Any], named: dict[str, Any]) -> tuple[str | None, str | None]:
    media = named.get("media") or {}
    expected, given = int(entry.get("params") or 0), len(named.get("params", ()))
    if entry["status"] != "approved":
        return "template_not_approved", f"The template is {entry['status']} at the provider."
    if _too_large(request, media.get("size_bytes")):
        return "media_too_large", None
    if expected != given:
        return "template_params_mismatch", f"The template takes {expected} parameters, {given} were given."
    if media.get("kind") != entry.get("media"):
        wanted = entry.get("media") or "no media"
        return "template_params_mismatch", f"The template's header takes {wanted}."
    return None, None


def media_of(media: dict[str, Any]) -> Media:
    """A body's media part."""
    return Media(
        kind=media["kind"],
        url=media["url"],
        caption=media.get("caption") or None,
        filename=media.get("filename") or None,
        size_bytes=media.get("size_bytes"),
    )


def _cost(request: Request, decision: Decision, template: TemplateSend | None, category: str | None) -> Cost:
    media = template.media if template else None
    if decision.sent_as == "freeform" and request.body["type"] == "media":
        media = media_of(request.body["media"])
    return price(
        rate_card(request.channel.rate_card),
        decision.sent_as,
        request.to,
        category,
        media.size_bytes if media else None,
        has_media=media is not None,
    )


def outbound(request: Request, verdict: Verdict, message_id: str) -> Outbound:
    """The message as it goes to the BSP."""
    if verdict.template is not None:
        return Outbound(message_id, request.to, template=verdict.template)
    if request.body["type"] == "media":
        return Outbound(message_id, request.to, media=media_of(request.body["media"]))
    return Outbound(message_id, request.to, text=request.body["text"]["body"])
