"""``POST /v1/messages`` and ``POST /v1/messages/check``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.problems import CONTENT_TYPE, Problem
from gate24.api.render import cost_json, time_or_none, window_json
from gate24.api.send_answers import outcome_answer, provider_json
from gate24.api.validate import read_parameters
from gate24.contacts import Contact
from gate24.events import Media
from gate24.messages import SendRequest, TemplateRequest
from gate24.observability import about, count
from gate24.rules.recipients import recipient
from gate24.store import contacts
from gate24.usecases.decide_send import decide_send
from gate24.usecases.outcomes import NotTaken
from gate24.usecases.send_message import send_message


def post_message(call: Call) -> dict[str, Any]:
    """Sends, once for its Idempotency-Key."""
    values, errors = read_parameters(("idempotency_key",), http.headers_of(call.event))
    if errors:
        raise Problem("idempotency_key_missing", "Send a header Idempotency-Key of 1 to 255 characters.", errors=errors)
    request = send_request(call, call.body("SendRequest"))
    render = partial(outcome_answer, request_id=http.request_id(call.event))
    try:
        sent = send_message(request, values["idempotency_key"], render)
    except NotTaken as error:
        raise not_taken(error) from None
    if sent.answer.status >= 400:
        http.log_refusal(json.loads(sent.answer.text)["code"], sent.answer.status)
    headers = {"idempotency-replayed": "true"} if sent.replayed else {}
    content_type = "application/json" if sent.answer.status < 400 else CONTENT_TYPE
    return http.answer(sent.answer.status, sent.answer.text, headers, content_type)


def check_message(call: Call) -> dict[str, Any]:
    """The decision and the cost, with nothing sent and nothing stored."""
    verdict = decide_send(send_request(call, call.body("SendRequest")), call.now)
    decision = verdict.decision
    count("gate.check", decision.code or "allow")
    body = {
        "decision": "allow" if decision.allowed else "refuse",
        "code": decision.code,
        "sent_as": decision.sent_as,
        "allowed_actions": list(decision.allowed_actions),
        "window": window_json(verdict.facts.state),
        "server_time": time_or_none(verdict.at),
        "cost": cost_json(verdict.cost, estimate=True) if verdict.cost else None,
    }
    return http.answer(200, body)


def send_request(call: Call, body: dict[str, Any]) -> SendRequest:
    """The request in a valid body; Problem ``payload_invalid`` or ``not_found`` (both: the channel) or
    ``recipient_invalid``."""
    channel = call.access.channel(body.get("channel"))
    about(channel=channel.id)
    ref = call.recipient(body["to"], channel)
    contact = call.read(ref) if ref.phone is None else Contact(contacts.contact_id(call.organization.id, ref))
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    media = body.get("media")
    return SendRequest(
        organization=call.organization,
        channel=channel,
        to=recipient(ref, contact),
        contact_id=contact.id,
        text=body["text"]["body"] if "text" in body else None,
        media=_media(media) if media else None,
        template=_template(body["template"]) if "template" in body else None,
        fallback=_template(body["fallback"]["template"]) if "fallback" in body else None,
        body=body,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def _template(part: Mapping[str, Any]) -> TemplateRequest:
    media = part.get("media")
    params = tuple(part.get("params", ()))
    return TemplateRequest(part["name"], part["language"], params, _media(media) if media else None)


def _media(part: Mapping[str, Any]) -> Media:
    return Media(
        kind=part["kind"],
        url=part["url"],
        caption=part.get("caption") or None,
        filename=part.get("filename") or None,
        size_bytes=part.get("size_bytes"),
    )


def not_taken(error: NotTaken) -> Problem:
    """Why a request has no final outcome, as a problem."""
    answer = error.answer
    return Problem(
        error.code,
        error.detail,
        _WHAT_NEXT.get(error.code, ()),
        provider=provider_json(error.provider_name, answer) if error.provider_name and answer else None,
        retry_after=None if error.retry_after_ms is None else -(-error.retry_after_ms // 1000),
    )


_WHAT_NEXT: dict[str, tuple[str, ...]] = {
    "throttled": ("retry_later",),
    "idempotency_key_reused": ("use_new_key",),
}

OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "sendMessage": post_message,
    "checkMessage": check_message,
}
