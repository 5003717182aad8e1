"""Meta's Graph API as its callers know it: a send in Meta's words becomes one in gate24's, and an outcome becomes an
answer or an error of Meta's.

Source: developers.facebook.com, WhatsApp Cloud API, messages and error codes, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gate24.providers.fields import mapping, text
from gate24.providers.interface import ProviderAnswer
from gate24.rules.content_limits import MEDIA_KINDS

SAME_WORDS = ("interactive", "location", "contacts", "reaction")
"""What gate24 calls as Meta does, content included."""

TRACKER = "biz_opaque_callback_data"
"""The caller's own label. Meta gets gate24's id in its place, so it is kept as a tag of this name."""


class GraphError(NamedTuple):
    """``status`` of HTTP, ``code`` and ``title`` as Meta has them. ``is_transient``: the same call may succeed
    later."""

    status: int
    code: int
    title: str
    is_transient: bool = False


INVALID_PARAMETER = GraphError(400, 100, "Invalid parameter")
RE_ENGAGEMENT = GraphError(400, 131047, "Re-engagement message")
UNDELIVERABLE = GraphError(400, 131026, "Message undeliverable")
STOPPED = GraphError(400, 131050, "User has stopped receipt of messages from this business")
NO_TEMPLATE = GraphError(404, 132001, "Template does not exist in the translation")
UNAVAILABLE = GraphError(500, 131016, "Service unavailable", is_transient=True)

ERRORS: dict[str, GraphError] = {
    "payload_invalid": INVALID_PARAMETER,
    "idempotency_key_missing": INVALID_PARAMETER,
    "idempotency_key_reused": INVALID_PARAMETER,
    "unauthorized": GraphError(401, 190, "Invalid OAuth access token"),
    "scope_missing": GraphError(403, 10, "Application does not have permission for this action"),
    "not_found": GraphError(404, 100, "Unsupported request: there is no such object, or gate24 does not pass it on"),
    "window_closed": RE_ENGAGEMENT,
    "not_opted_in": RE_ENGAGEMENT,
    "opted_out": STOPPED,
    "marketing_stopped": STOPPED,
    "blocked": GraphError(400, 130403, "Business has blocked this user"),
    "number_changed": UNDELIVERABLE,
    "recipient_invalid": GraphError(400, 131009, "Parameter value is not valid"),
    "text_too_long": GraphError(400, 131009, "Parameter value is not valid"),
    "template_not_found": NO_TEMPLATE,
    "template_not_approved": NO_TEMPLATE,
    "template_params_mismatch": GraphError(400, 132000, "Number of parameters does not match the expected number"),
    "media_too_large": GraphError(400, 131053, "Media upload error"),
    "url_not_allowed": GraphError(400, 131053, "Media upload error"),
    "not_supported_by_provider": GraphError(400, 131051, "Unsupported message type"),
    "request_in_progress": UNAVAILABLE,
    "throttled": GraphError(400, 130429, "Rate limit hit", is_transient=True),
    "unavailable": UNAVAILABLE,
    "bsp_rejected": GraphError(400, 131000, "Something went wrong"),
    "bsp_outcome_unknown": GraphError(504, 131000, "Something went wrong"),
}
"""What each refusal of the gate becomes. A client that knows Meta's codes does the right thing by them: a freeform to
somebody who has not opted in and has no open window is what Meta itself refuses with 131047."""

TEMPLATE_ERRORS: dict[str, GraphError] = {"not_opted_in": STOPPED}
"""What else a refused template becomes: another template would be refused, too."""


def read_send(body: Mapping[str, Any]) -> dict[str, Any]:
    """The send in the words of ``POST /v1/messages``, without the channel. What it does not know stays as it is, so
    that the schema refuses it by its name."""
    kind = text(body.get("type"), 64) or "text"
    content = body.get(kind)
    send: dict[str, Any] = {"to": _recipient(body), "type": kind}
    if kind == "text":
        send["text"] = content
    elif kind in MEDIA_KINDS:
        send["type"] = "media"
        send["media"] = {"kind": kind, **_media(mapping(content))}
    elif kind == "template":
        send["template"] = _template(mapping(content))
    else:
        send[kind] = content
    if "context" in body:
        send["context"] = body["context"]
    if tracker := text(body.get(TRACKER), 256):
        send["tags"] = {TRACKER: tracker}
    return send


def is_read_mark(body: Mapping[str, Any]) -> bool:
    """Whether a call of ``/messages`` marks a message as read, with or without the sign that somebody is typing."""
    return body.get("status") == "read"


def accepted(provider_id: str, to: Any, phone: str | None) -> dict[str, Any]:
    """Meta's answer. ``to``: as the caller wrote it; ``phone``: E.164, None for a user id."""
    contact = {"input": to, "wa_id": phone.removeprefix("+")} if phone else {"input": to, "user_id": to}
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": provider_id}]}


def error(
    code: str, detail: str, request_id: str, said: ProviderAnswer | None = None, is_template: bool = False
) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the body of a refusal with gate24's ``code``; KeyError for one that is not in ``ERRORS``.
    Where the provider refused, its own code and words (``said``)."""
    kind = TEMPLATE_ERRORS.get(code, ERRORS[code]) if is_template else ERRORS[code]
    own = said.code if code == "bsp_rejected" and said is not None and (said.code or "").isdecimal() else None
    number, title = (int(own), said.reason or kind.title) if own and said else (kind.code, kind.title)
    content = {
        "message": title if title.startswith(f"(#{number})") else f"(#{number}) {title}",
        "type": "OAuthException",
        "code": number,
        "error_data": {"messaging_product": "whatsapp", "details": detail},
        "fbtrace_id": request_id,
        **({"is_transient": True} if kind.is_transient else {}),
    }
    return kind.status, {"error": content}


def _recipient(body: Mapping[str, Any]) -> Any:
    """A number with its ``+``, which callers of Meta leave out, or a user id."""
    to = body.get("to", body.get("recipient"))
    written = text(to, 256)
    return f"+{written}" if written is not None and written.isdecimal() else to


def _media(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"url" if name == "link" else name: value for name, value in content.items() if name != "voice"}


def _template(content: Mapping[str, Any]) -> dict[str, Any]:
    """``language.policy`` is Meta's old field, always "deterministic"."""
    language = mapping(content.get("language")).get("code")
    return {**content, "language": language}
