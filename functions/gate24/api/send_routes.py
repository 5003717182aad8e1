"""``POST /v1/messages``, ``POST /v1/messages/check`` and ``POST /v1/messages/{id}/read``."""

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
from gate24.channels import Channel
from gate24.contacts import Contact
from gate24.events import Media
from gate24.messages import CONTENT_FIELDS, SendRequest, TemplateRequest, UploadedFile
from gate24.observability import about, count
from gate24.providers.interface import ProviderAnswer
from gate24.rules.media_files import type_fault
from gate24.rules.message_content import UploadPlace, filling, upload_places
from gate24.rules.recipients import recipient
from gate24.store import contacts, media_files, uploads
from gate24.usecases.decide_send import decide_send
from gate24.usecases.mark_read import can_be_marked, mark_read
from gate24.usecases.outcomes import NotTaken
from gate24.usecases.send_message import send_message
from gate24.usecases.state_costs import stated_cost


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
    cost = verdict.cost and stated_cost(call.organization, verdict.cost, verdict.at)
    count("gate.check", decision.code or "allow")
    body = {
        "decision": "allow" if decision.allowed else "refuse",
        "code": decision.code,
        "sent_as": decision.sent_as,
        "allowed_actions": list(decision.allowed_actions),
        "window": window_json(verdict.facts.state),
        "server_time": time_or_none(verdict.at),
        "cost": cost_json(cost, estimate=True) if cost else None,
    }
    return http.answer(200, body)


def mark_message_read(call: Call) -> dict[str, Any]:
    """Marks a contact's message as read at the provider."""
    typing = call.body("ReadRequest", optional=True).get("typing", False)
    message = call.message()
    if message is None or not can_be_marked(message):
        raise Problem("not_found", "There is no such message of a contact.")
    channel = call.access.channel(message.channel_id)
    about(channel=channel.id)
    try:
        answer = mark_read(channel, message, typing)
    except NotTaken as error:
        raise not_taken(error) from None
    if answer.outcome != "accepted":
        raise _mark_problem(channel.provider, answer)
    return http.answer(204)


def _mark_problem(provider_name: str, answer: ProviderAnswer) -> Problem:
    said = provider_json(provider_name, answer)
    if answer.outcome == "busy":
        detail = "The BSP is not taking calls at the moment; the message is not marked."
        return Problem("throttled", detail, ("retry_later",), provider=said, retry_after=answer.retry_after or 1)
    if answer.outcome == "rejected":
        return Problem("bsp_rejected", "The BSP refused to mark the message as read.", provider=said)
    detail = "The BSP did not say whether it marked the message as read. It may be marked again."
    return Problem("bsp_outcome_unknown", detail, ("retry_later",), provider=said, retryable=True)


def send_request(call: Call, body: dict[str, Any]) -> SendRequest:
    """The request in a valid body; Problem ``payload_invalid`` or ``not_found`` (both: the channel) or
    ``recipient_invalid``."""
    channel = call.access.channel(body.get("channel"))
    about(channel=channel.id)
    if call.access.limit is not None:  # two keys may leave the channel out and mean different ones
        body = {**body, "channel": channel.id}
    ref = call.recipient(body["to"], channel)
    contact = call.read(ref) if ref.phone is None else Contact(contacts.contact_id(call.organization.id, ref))
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    uploaded = _uploads(call, channel, upload_places(body))
    media = body.get("media")
    content = {name: body[name] for name in CONTENT_FIELDS if name in body} or None
    return SendRequest(
        organization=call.organization,
        channel=channel,
        to=recipient(ref, contact),
        contact_id=contact.id,
        text=body["text"]["body"] if "text" in body else None,
        media=_media(media, uploaded) if media else None,
        template=_template(body["template"]) if "template" in body else None,
        fallback=_template(body["fallback"]["template"]) if "fallback" in body else None,
        body=body,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
        content=content,
        answers=body["reaction"]["message_id"] if "reaction" in body else body.get("context", {}).get("message_id"),
        preview_url=body.get("text", {}).get("preview_url"),
        files={each.id: _given(channel, each) for each in uploaded.values()},
        is_of_limited_key=call.access.limit is not None,
        author=call.access.author,
    )


def _template(part: Mapping[str, Any]) -> TemplateRequest:
    name, language, components = part["name"], part["language"], part.get("components")
    if components is not None:
        params, media = filling(components)
        return TemplateRequest(name, language, params, media, tuple(components))
    media_part = part.get("media")
    params = tuple(part.get("params", ()))
    return TemplateRequest(name, language, params, _media(media_part) if media_part else None)


def _uploads(call: Call, channel: Channel, places: list[UploadPlace]) -> dict[str, UploadedFile]:
    """The uploaded files by their ids; Problem ``payload_invalid`` where one may not be sent as the kind it is
    named as."""
    uploaded: dict[str, UploadedFile] = {}
    for place in places:
        if place.upload_id not in uploaded:
            uploaded[place.upload_id] = _upload(call, channel, place.upload_id, place.pointer)
        fault = type_fault(place.kind, uploaded[place.upload_id])
        if fault is not None:
            errors = [{"pointer": place.pointer, "detail": fault}]
            detail = "The file is not of a type that may be sent so."
            raise Problem("payload_invalid", detail, ("correct_request",), errors=errors, drop_in_code="media_type")
    return uploaded


def _upload(call: Call, channel: Channel, upload_id: str, pointer: str) -> UploadedFile:
    """An uploaded file of this channel; Problem ``payload_invalid`` if it is none, or not any more."""
    found = uploads.find(call.organization.id, upload_id, call.now)
    if found is None or found.channel_id != channel.id:
        errors = [{"pointer": pointer, "detail": "is not a file uploaded to this channel, or has expired"}]
        raise Problem("payload_invalid", "There is no such file.", errors=errors)
    return found


def _given(channel: Channel, file: UploadedFile) -> Media:
    """What the provider is given of an uploaded file."""
    if file.provider_id is not None:
        return Media("", media_id=file.provider_id, size_bytes=file.size_bytes)
    address = media_files.address_for_provider(media_files.name_of_upload(channel.organization_id, file.id))
    return Media("", url=address, size_bytes=file.size_bytes)


NO_UPLOADS: Mapping[str, UploadedFile] = {}


def _media(part: Mapping[str, Any], uploaded: Mapping[str, UploadedFile] = NO_UPLOADS) -> Media:
    file = uploaded.get(part.get("id", ""))
    return Media(
        kind=part["kind"],
        url=part.get("url"),
        media_id=part.get("id"),
        caption=part.get("caption") or None,
        filename=part.get("filename") or None,
        mime_type=file.mime_type if file else None,
        size_bytes=part.get("size_bytes", file.size_bytes if file else None),
        voice=True if part["kind"] == "audio" and part.get("voice") else None,
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
    "markMessageRead": mark_message_read,
}
