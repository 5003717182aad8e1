"""Gupshup: the form-encoded send API and webhooks of version 2.

Formats by docs.gupshup.io (session messages, template messages, message events, inbound messages), read 2026-11.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import phonenumbers

from bsp_simulator.config import Channel
from bsp_simulator.message import AcceptedMessage, ImmediateAnswer, InboundMessage, Send, failure_reason, price_type
from bsp_simulator.script import Status

USUAL_STATUSES: tuple[Status, ...] = (Status("enqueued"), Status("sent"), Status("delivered"), Status("read"))
WINDOW_CLOSED_STATUSES: tuple[Status, ...] = (Status("enqueued"), Status("failed", 470))
ACCEPTED_STATUS = 202
REQUIRED: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "list": ("body", "globalButtons", "items"),
    "quick_reply": ("content", "options"),
    "cta_url": ("body", "display_text", "url"),
    "location": ("longitude", "latitude"),
    "contact": ("contact",),
    "reaction": ("msgId", "emoji"),
}
"""What a session message must have by its type (reference/msg, reference/cta-url, read 2026-11)."""

ERROR_MESSAGES = {
    400: "Invalid Destination",
    401: "Authentication Failed",
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def rejection(status: int) -> dict[str, Any]:
    """The body of a rejection with that HTTP status."""
    return {"message": ERROR_MESSAGES.get(status, "Request Failed"), "status": "error"}


def _refused(message: str, status: int = 400) -> ImmediateAnswer:
    return ImmediateAnswer(status, {"message": message, "status": "error"})


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def channels_of_account(channels: tuple[Channel, ...], headers: Mapping[str, str]) -> list[Channel]:
    """The channels with the caller's ``apikey``: those of its account."""
    key = headers.get("apikey", "")
    return [each for each in channels if each.provider == "gupshup" and each.api_key and each.api_key == key]


def channel_of_app(account: Sequence[Channel], app: str) -> Channel | None:
    """The channel by the app's id in an address; the name stands for an id that the configuration lacks."""
    return next((each for each in account if app in (each.app_id, each.app)), None)


def unknown_app() -> dict[str, Any]:
    """The body of a refusal where the account has no such app."""
    return {"message": "Invalid App Details", "status": "error"}


def read_mark_answer(account: Sequence[Channel], app: str) -> ImmediateAnswer:
    """The answer to ``PUT /wa/app/{appId}/msg/{msgId}/read``, whose body is empty once it is done."""
    if not account:
        return _refused("Authentication Failed", 401)
    return ImmediateAnswer(200, "") if channel_of_app(account, app) else ImmediateAnswer(400, unknown_app())


def read_send(
    channels: tuple[Channel, ...], headers: Mapping[str, str], form: Mapping[str, str], *, template: bool
) -> Send | ImmediateAnswer:
    """Reads a call of ``/msg`` or ``/template/msg``. As documented, ``src.name`` is optional for a template."""
    account = channels_of_account(channels, headers)
    if not account:
        return _refused("Authentication Failed", 401)
    app = form.get("src.name", "")
    channel = next((each for each in account if each.digits == form.get("source")), None)
    if channel is None or (channel.app != app and not (template and not app)):
        return ImmediateAnswer(400, unknown_app())
    destination = form.get("destination", "")
    if not (destination.isascii() and destination.isdigit()):
        return _refused("Invalid Destination")
    content = _object(form.get("template" if template else "message"))
    if template and not content.get("id"):
        return _refused("Invalid Template")
    kind = str(content.get("type", ""))
    if not template and not (kind and all(name in content for name in REQUIRED.get(kind, ()))):
        return _refused("Invalid Message")
    if kind == "text" and not content["text"]:
        return _refused("Invalid Message")
    category = next((each.get("category") for each in channel.templates if each.get("id") == content.get("id")), None)
    return Send(
        channel=channel,
        contact=destination,
        input=destination,
        freeform=not template,
        category=(str(category).lower() if category else None) if template else "service",
    )


def new_id() -> str:
    """A message id in Gupshup's format."""
    return str(uuid.uuid4())


def acceptance(send: Send, message_id: str) -> dict[str, Any]:
    """The body of an acceptance."""
    return {"status": "submitted", "messageId": message_id}


def message_id_in(body: Any) -> str | None:
    """The message id in the body of a scripted acceptance, or None."""
    value = body.get("messageId") if isinstance(body, dict) else None
    return value if isinstance(value, str) and value else None


def status_body(accepted: AcceptedMessage, status: Status, at: int) -> dict[str, Any]:
    """The ``message-event`` for a status at ``at``, epoch ms.

    The id from the answer to the send is in ``id`` for ``enqueued`` and for failures at Gupshup itself (codes 1000
    to 1999), and in ``gsId`` for statuses from WhatsApp.
    """
    send = accepted.send
    at_gupshup = status.name == "enqueued" or (status.name == "failed" and 1000 <= status.code < 2000)
    ids = {"id": accepted.id} if at_gupshup else {"id": accepted.whatsapp_id, "gsId": accepted.id}
    inner: dict[str, Any] = {"ts": at // 1000}
    if status.name == "enqueued":
        kind = "session" if send.freeform else "template"
        inner = {"whatsappMessageId": accepted.whatsapp_id, "type": kind}
    elif status.name == "failed":
        inner = {"code": status.code, "reason": status.details or failure_reason(status.code)}
    payload: dict[str, Any] = {**ids, "type": status.name, "destination": send.contact, "payload": inner}
    if status.name == "sent" and send.category is not None:
        payload["pricing"] = {"policy": "PMP", "category": send.category, "type": price_type(send.category)[0]}
    return _event(send.channel, "message-event", payload, at)


def inbound_body(channel: Channel, message: InboundMessage) -> dict[str, Any]:
    """The ``message`` event for a contact's message."""
    if message.contact == message.user_id:
        sender = {"userId": message.user_id, "name": message.name}
        return _event(channel, "message", {"id": message.id, "sender": sender, **message.content}, message.at)
    sender = {"phone": message.contact, "name": message.name}
    if message.user_id is not None:
        sender["userId"] = message.user_id
    try:
        number = phonenumbers.parse(f"+{message.contact}")
    except phonenumbers.NumberParseException:
        pass
    else:
        sender |= {"country_code": str(number.country_code), "dial_code": str(number.national_number)}
    payload = {"id": message.id, "source": message.contact, "sender": sender, **message.content}
    return _event(channel, "message", payload, message.at)


def text_content(text: str) -> dict[str, Any]:
    """The type and content of a text."""
    return {"type": "text", "payload": {"text": text}}


def _event(channel: Channel, kind: str, payload: dict[str, Any], at: int) -> dict[str, Any]:
    return {
        "app": channel.app,
        "phone": channel.digits,
        "timestamp": at,
        "version": 2,
        "type": kind,
        "payload": payload,
    }


def webhook_headers(channel: Channel, raw: bytes) -> dict[str, str]:
    """The header that authenticates a webhook: Gupshup sends the custom header that was set for the app."""
    return {"X-Webhook-Token": channel.webhook_token}


def template_list(channel: Channel) -> dict[str, Any]:
    """The answer to ``GET /wa/app/{appId}/template``. Fields that the configuration lacks get defaults,
    but for language and status, which nobody should guess."""
    defaults = {"category": "UTILITY", "templateType": "TEXT", "data": ""}
    return {"status": "success", "templates": [{**defaults, **each} for each in channel.templates]}
