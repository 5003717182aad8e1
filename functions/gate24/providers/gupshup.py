"""Gupshup as a BSP: the token and the two formats of its webhooks, and its send API.

Source: docs.gupshup.io and partner-docs.gupshup.io, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from gate24.channels import Channel, ChannelSecrets, ProviderName
from gate24.events import Event, Noted, Routed
from gate24.providers.authenticity import matches_any
from gate24.providers.cloud_format import FieldParser, parse_cloud
from gate24.providers.fields import ident, json_object, mapping, retry_after, text
from gate24.providers.gupshup_content import session_message, template_fields, unsupported
from gate24.providers.gupshup_v2 import parse_billing, parse_v2
from gate24.providers.interface import HttpRequest, Outbound, Proof, ProviderAnswer, ReadMarks
from gate24.rules.times import provider_time_ms

_TOKEN_HEADER, _TOKEN_PARAMETER = "x-webhook-token", "token"

MESSAGE_PATH = "/wa/api/v1/msg"
TEMPLATE_PATH = "/wa/api/v1/template/msg"

# HTTP statuses that say that Gupshup did not process the request ({"message": "Too Many Requests"}, OpenAPI of
# /wa/api/v1/msg, read 2026-11). 503 is documented only as a failure code in a webhook, so as an HTTP status it proves
# nothing.
_NOT_PROCESSED = frozenset({429})

# A 4xx means that nothing was sent, except 408: it says only that somebody waited too long.
_NOT_A_REFUSAL = frozenset({408})


class Gupshup:
    """The ``Provider`` of channels at Gupshup's self-serve API."""

    name: ProviderName = "gupshup"
    read_marks: ReadMarks
    statuses_carry_our_id = False
    tells_deductions = True
    """Gupshup takes no id of ours. It gives its own in the answer to the send, and repeats that in each status."""

    def __init__(self) -> None:
        self.read_marks = _Marks()

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], raw: bytes, secrets: ChannelSecrets) -> bool:
        """By our own token, in a header of the subscription (partner-docs setsubscription-api-v3) or, where
        only a URL can be set, in its query. Gupshup signs nothing."""
        tokens = (headers.get(_TOKEN_HEADER, ""), query.get(_TOKEN_PARAMETER, ""))
        return any([matches_any(token, secrets.webhook_tokens) for token in tokens])

    def proof(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Proof | None:
        """The token, wherever it is."""
        in_header = {_TOKEN_HEADER: headers[_TOKEN_HEADER]} if headers.get(_TOKEN_HEADER) else {}
        in_query = {_TOKEN_PARAMETER: query[_TOKEN_PARAMETER]} if query.get(_TOKEN_PARAMETER) else {}
        return Proof(in_header, in_query) if in_header or in_query else None

    def parse(self, body: dict[str, Any], received_at: int) -> list[Routed]:
        """Version 3 has Meta's envelope, version 2 Gupshup's own. One app has one URL, so the URL alone says which
        channel an event belongs to, never Meta's phone_number_id."""
        if "entry" in body or "object" in body:
            return [replace(routed, phone_number_id=None) for routed in parse_cloud(body, received_at, _V3_FIELDS)]
        return parse_v2(body, received_at)

    def unsupported(self, message: Outbound) -> str | None:
        """By the tables of ``gupshup_content``."""
        return unsupported(message)

    def request(self, channel: Channel, secrets: ChannelSecrets, message: Outbound) -> HttpRequest:
        """A form to one of two endpoints. Numbers are without ``+``."""
        assert message.to is not None, "Gupshup sends to numbers only (rules.recipients)"
        form = {
            "channel": "whatsapp",
            "source": channel.business_number.removeprefix("+"),
            "destination": message.to.removeprefix("+"),
            "src.name": channel.app or "",
        }
        path = MESSAGE_PATH
        if message.template is not None:
            path = TEMPLATE_PATH
            form |= template_fields(message.template)
        else:
            form["message"] = json.dumps(session_message(message))
        form |= message.as_written
        return HttpRequest(
            method="POST",
            url=f"{channel.api_base}{path}",
            headers={"apikey": secrets.api_key, "Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode("ascii"),
        )

    def read_answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderAnswer:
        """Accepted is 2xx with an id and without the status "error", even if the Content-Type says text/html. What
        fails after that comes as a webhook. After a 5xx the message may have gone out."""
        answer = json_object(body)
        reason = text(answer.get("message"), 200)
        code = ident(answer.get("code"))
        if status in _NOT_PROCESSED:
            return ProviderAnswer("busy", code=code, reason=reason, retry_after=retry_after(headers))
        if 200 <= status < 300:
            if answer.get("status") == "error":
                return ProviderAnswer("rejected", code=code, reason=reason)
            message_id = ident(answer.get("messageId"))
            return ProviderAnswer("accepted", message_id) if message_id else ProviderAnswer("unknown", reason=reason)
        if 400 <= status < 500 and status not in _NOT_A_REFUSAL:
            return ProviderAnswer("rejected", code=code, reason=reason)
        return ProviderAnswer("unknown", code=code, reason=reason)


class _Marks:
    """``PUT /wa/app/{appId}/msg/{msgId}/read`` (docs.gupshup.io, mark inbound message as read). It takes the account's
    key: clients in use send it as ``apikey``, as to every other path of that API, while the page about the status of
    a mark calls its header ``Authorization`` (all read 2026-11). Not tried at Gupshup itself."""

    def unsupported(self, channel: Channel, typing: bool) -> str | None:
        if channel.app_id is None:
            return (
                f"The channel {channel.id} has no app_id. Gupshup marks messages as read by the app's id, a UUID and "
                "not the app's name: set it as app_id of the channel."
            )
        if typing:
            return (
                "Gupshup shows nobody that an answer is being written: only its partner API does, by a partner's own "
                "token. Without typing the message can be marked as read."
            )
        return None

    def request(self, channel: Channel, secrets: ChannelSecrets, provider_id: str, typing: bool) -> HttpRequest:
        named = f"{quote(channel.app_id or '', safe='')}/msg/{quote(provider_id, safe='')}"
        return HttpRequest(
            method="PUT",
            url=f"{channel.api_base}/wa/app/{named}/read",
            headers={"apikey": secrets.api_key},
            body=b"",
        )

    def read_answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderAnswer:
        """Done is 2xx, whose body is empty, without the status "error"; the rest is as after a send."""
        if 200 <= status < 300 and json_object(body).get("status") != "error":
            return ProviderAnswer("accepted")
        return GUPSHUP.read_answer(status, body, headers)


def _parse_billing(value: Mapping[str, Any], at: int, _received_at: int) -> Iterable[Event]:
    yield parse_billing(mapping(value.get("billing")), at)


def _parse_platform(value: Mapping[str, Any], at: int, _received_at: int) -> Iterable[Event]:
    yield Noted(text(value.get("type"), 64) or "platform-event", provider_time_ms(value.get("timestamp"), at))


# What Gupshup adds to Meta's fields (partner-docs, v3-billing-events and platform-events-1, read 2026-11).
_V3_FIELDS: dict[str, FieldParser] = {"billing-event": _parse_billing, "platform-event": _parse_platform}

GUPSHUP = Gupshup()
