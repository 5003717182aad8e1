"""Meta: the Cloud API's send endpoint and webhooks, whose format is also Gupshup's version 3.

Formats by developers.facebook.com (Cloud API reference: messages, webhooks, error codes), read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from bsp_simulator.config import Channel
from bsp_simulator.message import (
    AcceptedMessage,
    ImmediateAnswer,
    InboundMessage,
    Send,
    failure_reason,
    is_user_id,
    new_whatsapp_id,
    price_type,
)
from bsp_simulator.script import Status

USUAL_STATUSES: tuple[Status, ...] = (Status("sent"), Status("delivered"), Status("read"))
WINDOW_CLOSED_STATUSES: tuple[Status, ...] = (Status("failed", 131047),)
ACCEPTED_STATUS = 200
MEDIA = ("image", "video", "audio", "document", "sticker")
MESSAGE_TYPES = frozenset(("text", *MEDIA, "template", "interactive", "reaction", "location", "contacts"))
ERRORS = {
    400: (100, "Invalid parameter"),
    401: (190, "Error validating access token"),
    403: (10, "Application does not have permission for this action"),
    429: (130429, "(#130429) Rate limit hit"),
    500: (131000, "(#131000) Something went wrong"),
    503: (131016, "(#131016) Service unavailable"),
}
"""HTTP status -> error code and message of a rejection for which the script gives no body."""


PROFILE: dict[str, Any] = {
    "about": "Classes for all",
    "address": "Station Road, Pune",
    "description": "A simulated number",
    "email": "desk@example.org",
    "vertical": "NONPROFIT",
    "websites": ["https://example.org"],
    "messaging_product": "whatsapp",
}
"""What contacts see of each number (Cloud API, business profiles, read 2026-11)."""


def _error(code: int, message: str, details: str = "", **more: Any) -> dict[str, Any]:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, **more}
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return {"error": {**error, "fbtrace_id": secrets.token_urlsafe(17)}}


def rejection(status: int) -> dict[str, Any]:
    """The body of a rejection with that HTTP status."""
    code, message = ERRORS.get(status, ERRORS[400])
    return _error(code, message)


def upload_refused(message: str) -> dict[str, Any]:
    """The body of a refusal of a file."""
    return _error(100, message)


def no_object() -> dict[str, Any]:
    """The body of a refusal where an id names nothing that the token may see."""
    message = "Unsupported get request. Object does not exist, cannot be loaded due to missing permissions"
    return _error(100, message, error_subcode=33)


def _invalid(details: str, code: int = 100) -> ImmediateAnswer:
    return ImmediateAnswer(400, _error(code, f"(#{code}) Invalid parameter", details))


def channels_of_account(channels: tuple[Channel, ...], headers: Mapping[str, str]) -> list[Channel]:
    """The channels for which the call's access token is valid."""
    token = headers.get("authorization", "").removeprefix("Bearer ")
    return [each for each in channels if each.provider == "meta" and token and each.access_token == token]


def template_page(channel: Channel, query: Mapping[str, str], address: str) -> dict[str, Any]:
    """The answer to ``GET /{WABA id}/message_templates``: of those that fit the filters ``limit`` templates (25) after
    the cursor ``after`` or before ``before``, with the ``fields`` and what of the ``summary`` is asked for."""
    own = [_listed(each) for each in channel.templates]
    fitting = [each for each in own if all(fits(each, query[name]) for name, fits in FILTERS.items() if name in query)]
    limit = int(query.get("limit", "25"))
    start = max(0, int(query["before"]) - limit) if "before" in query else int(query.get("after", "0"))
    end = min(int(query["before"]) if "before" in query else start + limit, len(fitting))
    fields = {"id", *query["fields"].split(",")} if "fields" in query else None
    page = [each if fields is None else {name: each[name] for name in each if name in fields} for each in fitting]
    asked = {name: value for name, value in query.items() if name not in ("before", "after")}
    paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
    if end < len(fitting):
        paging["next"] = f"{address}?{urlencode({**asked, 'after': end})}"
    if start > 0:
        paging["previous"] = f"{address}?{urlencode({**asked, 'before': start})}"
    counts = {"total_count": len(fitting), "message_template_count": len(own)} | SUMMARY
    summary = {name: value for name, value in counts.items() if name in query.get("summary", "").split(",")}
    return {"data": page[start:end], "paging": paging} | ({"summary": summary} if summary else {})


def business_profile(query: Mapping[str, str]) -> dict[str, Any]:
    """The answer to ``GET /{phone number ID}/whatsapp_business_profile``: the ``fields`` that are asked for."""
    asked = query.get("fields", "").split(",")
    return {"data": [{name: value for name, value in PROFILE.items() if name in (*asked, "messaging_product")}]}


def _one_of(name: str) -> Callable[[Mapping[str, Any], str], bool]:
    return lambda template, wanted: template[name] in wanted.split(",")


def _has_text(*names: str) -> Callable[[Mapping[str, Any], str], bool]:
    return lambda template, wanted: any(wanted.lower() in str(template[name]).lower() for name in names)


FILTERS: dict[str, Callable[[Mapping[str, Any], str], bool]] = {
    **{name: _one_of(name) for name in ("status", "category", "language")},
    "name": _has_text("name"),
    "content": _has_text("components"),
    "name_or_content": _has_text("name", "components"),
}
SUMMARY = {"message_template_limit": 6000, "are_translations_complete": True}
"""Graph API reference, WhatsApp Business account message templates (read 2026-11)."""


def _listed(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template in the form of Meta's list; one that has components is so already."""
    if "components" in template:
        return {"parameter_format": "POSITIONAL", **template}
    kind = str(template.get("templateType") or "TEXT")
    header_example = {"header_handle": ["https://files.example.org/header"]}
    header = [] if kind == "TEXT" else [{"type": "HEADER", "format": kind, "example": header_example}]
    body = str(template.get("data", ""))
    samples = [f"sample {number}" for number in sorted(set(re.findall(r"{{(\d+)}}", body)), key=int)]
    return {
        "id": template.get("id", ""),
        "name": template.get("elementName", ""),
        "language": template.get("languageCode", ""),
        "status": template.get("status", ""),
        "category": template.get("category", "UTILITY"),
        "parameter_format": "POSITIONAL",
        "components": [
            *header,
            {"type": "BODY", "text": body, **({"example": {"body_text": [samples]}} if samples else {})},
        ],
    }


def read_send(
    channels: tuple[Channel, ...], headers: Mapping[str, str], phone_number_id: str, body: Any
) -> Send | ImmediateAnswer:
    """Reads a call of ``/{phone_number_id}/messages``. ``to`` takes precedence over ``recipient``."""
    account = channels_of_account(channels, headers)
    if not account:
        return ImmediateAnswer(401, rejection(401))
    channel = next((each for each in account if each.phone_number_id == phone_number_id), None)
    if channel is None:
        return ImmediateAnswer(
            400, _error(100, "Unsupported post request. The object does not exist", error_subcode=33)
        )
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        return _invalid("messaging_product must be whatsapp")
    if body.get("status") == "read":
        if not isinstance(body.get("message_id"), str):
            return _invalid("message_id is required", 131008)
        return ImmediateAnswer(200, {"success": True})
    contact = _recipient(body)
    if isinstance(contact, ImmediateAnswer):
        return contact
    kind = body.get("type", "text")
    missing = _missing(kind, body)
    if missing is not None:
        return _invalid(missing, 131008)
    template = kind == "template"
    if template and not (
        isinstance(body[kind], dict) and body[kind].get("name") and isinstance(body[kind].get("language"), dict)
    ):
        return _invalid("template needs a name and a language", 131008)
    category = _category(channel, body[kind]) if template else "service"
    if category == "authentication" and is_user_id(contact):
        return _invalid("Authentication templates cannot be sent to a business-scoped user id", 131062)
    reference = body.get("biz_opaque_callback_data")
    return Send(
        channel=channel,
        contact=contact,
        input=body.get("to") or body["recipient"],
        freeform=not template,
        category=category,
        reference=reference if isinstance(reference, str) else None,
    )


REQUIRED: dict[str, tuple[str, ...]] = {
    "interactive": ("type", "action"),
    "location": ("latitude", "longitude"),
    "contacts": ("name.formatted_name",),
    "reaction": ("message_id", "emoji"),
}
"""What the object of a message must have (Cloud API, messages, read 2026-11); of contacts each."""


def _missing(kind: Any, body: Mapping[str, Any]) -> str | None:
    """What the message lacks, in words, or None."""
    if kind not in MESSAGE_TYPES or not isinstance(body.get(kind), dict | list):
        return "type must name an object of the message"
    objects = body[kind] if isinstance(body[kind], list) else [body[kind]]
    for name in REQUIRED.get(kind, ()):
        if not objects or not all(_has(each, name.split(".")) for each in objects):
            return f"{kind}.{name} is required"
    return None


def _has(value: Any, path: list[str]) -> bool:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def _recipient(body: Mapping[str, Any]) -> str | ImmediateAnswer:
    """The digits of ``to``, or the user id in ``recipient``."""
    if not isinstance(body.get("to") or body.get("recipient"), str):
        return _invalid("to or recipient is required", 131008)
    if not body.get("to"):
        user_id: str = body["recipient"]
        return user_id if is_user_id(user_id) else _invalid("recipient is not a business-scoped user id", 131009)
    digits = "".join(char for char in body["to"].removeprefix("+") if char not in " -()")
    is_number = digits.isascii() and digits.isdigit()
    return digits if is_number else _invalid("to is not a phone number", 131009)


def _category(channel: Channel, template: Mapping[str, Any]) -> str | None:
    named = (each for each in channel.templates if template["name"] in (each.get("elementName"), each.get("name")))
    category = next(named, {}).get("category")
    return str(category).lower() if category else None


def new_id() -> str:
    """A message id: Meta uses WhatsApp's."""
    return new_whatsapp_id()


def _person(contact: str) -> dict[str, str]:
    return {"wa_id": contact} if contact.isdigit() else {"user_id": contact}


def acceptance(send: Send, message_id: str) -> dict[str, Any]:
    """The body of an acceptance."""
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": send.input, **_person(send.contact)}],
        "messages": [{"id": message_id, **({} if send.freeform else {"message_status": "accepted"})}],
    }


def message_id_in(body: Any) -> str | None:
    """The message id in the body of a scripted acceptance, or None."""
    try:
        value = body["messages"][0]["id"]
    except (KeyError, IndexError, TypeError):
        return None
    return value if isinstance(value, str) and value else None


def status_body(accepted: AcceptedMessage, status: Status, at: int) -> dict[str, Any] | None:
    """The webhook for a status at ``at``, epoch ms; None for ``enqueued``, which Meta does not have.

    All but a failure name the person, and by the user id, too, where one was told: Meta, which always has one, names no
    number where none was sent to (business-scoped user ids, read 2026-11).
    """
    if status.name == "enqueued":
        return None
    send = accepted.send
    by_number = send.contact.isdigit()
    recipient = {"recipient_id": send.contact} if by_number else {"recipient_user_id": send.contact}
    entry: dict[str, Any] = {
        "id": accepted.id,
        "status": status.name,
        "timestamp": str(at // 1000),
        **recipient,
    }
    if send.reference is not None:
        entry["biz_opaque_callback_data"] = send.reference
    if status.name in ("sent", "delivered") and send.category is not None:
        kind, billable = price_type(send.category)
        entry["pricing"] = {"billable": billable, "pricing_model": "PMP", "type": kind, "category": send.category}
    if status.name == "failed":
        reason = failure_reason(status.code)
        entry["errors"] = [
            {
                "code": status.code,
                "title": reason,
                "message": reason,
                "error_data": {"details": status.details or reason},
            }
        ]
        return _envelope(send.channel, {"statuses": [entry]})
    contact = {"profile": {"name": accepted.name}} | ({"wa_id": send.contact} if by_number else {})
    if accepted.user_id is not None:
        entry["recipient_user_id"] = contact["user_id"] = accepted.user_id
    return _envelope(send.channel, {"contacts": [contact], "statuses": [entry]})


def inbound_body(channel: Channel, message: InboundMessage) -> dict[str, Any]:
    """The webhook for a contact's message. For a Gupshup channel it is Gupshup's version 3."""
    is_hidden = message.contact == message.user_id
    sender = {} if is_hidden else {"from": message.contact}
    contact = {"profile": {"name": message.name}} | ({} if is_hidden else {"wa_id": message.contact})
    if message.user_id is not None:
        sender["from_user_id"] = contact["user_id"] = message.user_id
    entry = {**sender, "id": message.id, "timestamp": str(message.at // 1000), **message.content}
    body = _envelope(channel, {"contacts": [contact], "messages": [entry]})
    return body if channel.provider == "meta" else {"gs_app_id": channel.app_id or channel.app, **body}


def echo_body(channel: Channel, message_id: str, to: str, at: int, content: Mapping[str, Any]) -> dict[str, Any]:
    """The webhook for a message that was sent in the WhatsApp Business app."""
    recipient = {"to_user_id": to} if is_user_id(to) else {"to": to}
    entry = {"from": channel.digits, **recipient, "id": message_id, "timestamp": str(at // 1000), **content}
    body = _envelope(channel, {"message_echoes": [entry]}, "smb_message_echoes")
    return body if channel.provider == "meta" else {"gs_app_id": channel.app_id or channel.app, **body}


def text_content(text: str) -> dict[str, Any]:
    """The type and content of a text."""
    return {"type": "text", "text": {"body": text}}


def _envelope(channel: Channel, value: dict[str, Any], field: str = "messages") -> dict[str, Any]:
    metadata = {"display_phone_number": channel.digits, "phone_number_id": channel.phone_number_id or channel.digits}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": f"waba-{channel.id}", "changes": [change]}]}


def webhook_headers(channel: Channel, raw: bytes) -> dict[str, str]:
    """The header that authenticates a webhook: HMAC-SHA256 of the raw body, keyed with the app's secret."""
    digest = hmac.new(channel.app_secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}
