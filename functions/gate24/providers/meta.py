"""Meta's Cloud API: the signature of its webhooks, and its send API.

Source: developers.facebook.com, WhatsApp Cloud API, pages updated 2025-12 to 2026-09, read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from gate24.channels import Channel, ChannelSecrets, ProviderName
from gate24.events import Media, Routed
from gate24.providers.authenticity import matches_any
from gate24.providers.cloud_format import parse_cloud
from gate24.providers.fields import ident, items, json_object, mapping, retry_after, text
from gate24.providers.interface import HttpRequest, Outbound, Proof, ProviderAnswer, ReadMarks, TemplateSend

API_VERSION = "v26.0"
"""Graph API version, current since 2026-07-29."""

_SIGNATURE_HEADER = "x-hub-signature-256"
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")

# Error codes that say that Meta did not process the message, which may be sent again later: rate limits (4, 80007,
# 130429, 131056) and an unavailable service (2, 131016, 131057, 133004). Meta, error codes, 2025-12-12.
_NOT_PROCESSED = frozenset({"2", "4", "80007", "130429", "131016", "131056", "131057", "133004"})

# A 4xx means that nothing was sent, except 408: it says only that somebody waited too long.
_NOT_A_REFUSAL = frozenset({408})

_WITH_CAPTION = frozenset({"image", "video", "document"})


class Meta:
    """The ``Provider`` of channels at Meta's Cloud API."""

    name: ProviderName = "meta"
    read_marks: ReadMarks
    statuses_carry_our_id = True
    tells_deductions = False
    """``biz_opaque_callback_data``, which ``request`` always sends (Meta, statuses reference, updated 2026-09)."""

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], raw: bytes, secrets: ChannelSecrets) -> bool:
        """By the HMAC-SHA256 of the raw bytes under any of the app's secrets."""
        signature = _SIGNATURE.fullmatch(headers.get(_SIGNATURE_HEADER, ""))
        if signature is None:
            return False
        keys = [secret.encode() for secret in secrets.app_secrets if secret]
        return matches_any(signature.group(1), [hmac.new(key, raw, hashlib.sha256).hexdigest() for key in keys])

    def proof(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Proof | None:
        """A well-formed signature."""
        signature = headers.get(_SIGNATURE_HEADER, "")
        return Proof({_SIGNATURE_HEADER: signature}, {}) if _SIGNATURE.fullmatch(signature) else None

    def parse(self, body: dict[str, Any], received_at: int) -> list[Routed]:
        """Every update of the batch, each with its own phone_number_id."""
        return parse_cloud(body, received_at)

    def __init__(self) -> None:
        self.read_marks = _Marks()

    def unsupported(self, message: Outbound) -> str | None:
        """Nothing: what callers send is in Meta's own form."""
        return None

    def request(self, channel: Channel, secrets: ChannelSecrets, message: Outbound) -> HttpRequest:
        """JSON. ``to`` keeps its ``+``: without it Meta prepends the business number's country code. A user id is named
        by ``recipient`` (business-scoped user ids, read 2026-11)."""
        kind, content = _content(message)
        is_reply = message.answers is not None and kind != "reaction"
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **({"to": message.to} if message.to else {"recipient": message.user_id}),
            **({"context": {"message_id": message.answers}} if is_reply else {}),
            "type": kind,
            kind: content,
            # Meta repeats it in every status, which settles a send whose answer was lost.
            "biz_opaque_callback_data": message.message_id,
        }
        return _post(channel, secrets, body)

    def read_answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderAnswer:
        """Accepted is 2xx with an id, rejected a 4xx whose code does not mean "busy"; the text is never compared. After
        any other 5xx the message may have gone out."""
        answer = json_object(body)
        error = mapping(answer.get("error"))
        code, reason = ident(error.get("code")), text(error.get("message"), 200)
        if 200 <= status < 300:
            message_id = next((ident(mapping(sent).get("id")) for sent in items(answer.get("messages"))), None)
            return (
                ProviderAnswer("accepted", message_id)
                if message_id
                else ProviderAnswer("unknown", code=code, reason=reason)
            )
        if status == 429 or (status >= 400 and code in _NOT_PROCESSED):
            return ProviderAnswer("busy", code=code, reason=reason, retry_after=retry_after(headers))
        if 400 <= status < 500 and status not in _NOT_A_REFUSAL:
            return ProviderAnswer("rejected", code=code, reason=reason)
        return ProviderAnswer("unknown", code=code, reason=reason)


class _Marks:
    """Meta, mark messages as read and typing indicators, read 2026-11: the same address as a send's."""

    def unsupported(self, channel: Channel, typing: bool) -> str | None:
        return None

    def request(self, channel: Channel, secrets: ChannelSecrets, provider_id: str, typing: bool) -> HttpRequest:
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
        return _post(channel, secrets, body | ({"typing_indicator": {"type": "text"}} if typing else {}))

    def read_answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderAnswer:
        """Done is 2xx with ``success``; the rest is as after a send."""
        if 200 <= status < 300 and json_object(body).get("success") is True:
            return ProviderAnswer("accepted")
        return META.read_answer(status, body, headers)


def _post(channel: Channel, secrets: ChannelSecrets, body: Mapping[str, Any]) -> HttpRequest:
    return HttpRequest(
        method="POST",
        url=f"{channel.api_base}/{API_VERSION}/{channel.phone_number_id}/messages",
        headers={"Authorization": f"Bearer {secrets.api_key}", "Content-Type": "application/json"},
        body=json.dumps(body).encode("ascii"),
    )


def _content(message: Outbound) -> tuple[str, Any]:
    """The message's type and what is under that name."""
    if message.template is not None:
        return "template", _template(message.template)
    if message.media is not None:
        return message.media.kind, _media(message.media)
    if message.content:
        kind, content = next(iter(message.content.items()))
        return kind, {**content, "message_id": message.answers} if kind == "reaction" else content
    preview = {} if message.preview_url is None else {"preview_url": message.preview_url}
    return "text", {"body": message.text or "", **preview}


def _media(media: Media) -> dict[str, Any]:
    content: dict[str, Any] = {"id": media.media_id} if media.media_id else {"link": media.url or ""}
    if media.voice:
        content["voice"] = True
    if media.caption and media.kind in _WITH_CAPTION:
        content["caption"] = media.caption
    if media.filename and media.kind == "document":
        content["filename"] = media.filename
    return content


def _template(template: TemplateSend) -> dict[str, Any]:
    named = {"name": template.name, "language": {"code": template.language}}
    if template.components is not None:
        return {**named, "components": list(template.components)}
    components: list[dict[str, Any]] = []
    if template.media is not None:
        kind = template.media.kind
        components.append({"type": "header", "parameters": [{"type": kind, kind: _media(template.media)}]})
    if template.params:
        components.append(
            {"type": "body", "parameters": [{"type": "text", "text": param} for param in template.params]}
        )
    return {**named, "components": components}


META = Meta()
