"""Software written for a provider, with two addresses changed: its calls go through the same gate and are answered and
refused in the provider's own words (``providers.graph_calls``, ``providers.gupshup_calls``).

API Gateway asks no authorizer here: a provider's client expects the provider's own error where its key is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from gate24 import clock
from gate24.api import http
from gate24.api.access import Access, access_by_key
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.routes import BODY_BYTES, WEBHOOK_BYTES
from gate24.api.send_answers import refusal
from gate24.api.send_routes import not_taken, send_request
from gate24.api.validate import read_parameters, validate
from gate24.api_keys import Scope
from gate24.channels import Channel
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import short_hash
from gate24.messages import StoredAnswer
from gate24.observability import about, logger
from gate24.providers import graph_calls, gupshup_calls
from gate24.providers.forward import relay
from gate24.providers.interface import HttpRequest, ProviderAnswer
from gate24.rules.message_content import upload_places
from gate24.store import key_fingerprint, organizations, table, templates
from gate24.store.secrets import channel_secrets
from gate24.store.table import StoreError
from gate24.usecases.outcomes import Accepted, NotTaken, Outcome, Refused
from gate24.usecases.send_message import send_message

Told = tuple[int, dict[str, Any]]
"""An HTTP status and a body in the provider's shape."""

NOTHING: Mapping[str, str] = {}

_RELAYED: tuple[tuple[str, str, Scope], ...] = (
    ("POST", r"(?P<number>\d+)/media", "send"),
    ("GET", r"(?P<number>\d+)", "read"),
    ("GET", r"(?P<number>\d+)/whatsapp_business_profile", "read"),
    ("GET", r"\d+/message_templates", "read"),
)
"""What of the Graph API is passed on with the channel's token, beside sends and marks of reading: the method, the path
after the version, and what the API key must be allowed to do. ``number`` is a channel's ``phone_number_id``."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a provider says yes and no. ``accepted``: of the provider's id of the message, the recipient as the caller
    wrote it, and the number (None for a user id). ``error``: of gate24's code, a sentence, the request's id, what the
    provider said, and whether it was a template. ``named``: a place in a send (JSON Pointer) as the caller knows it."""

    name: str
    accepted: Callable[[str, Any, str | None], Told]
    error: Callable[[str, str, str, ProviderAnswer | None, bool], Told]
    named: Callable[[str], str]


_META = _Shape(
    "graph",
    lambda provider_id, to, phone: (200, graph_calls.accepted(provider_id, to, phone)),
    graph_calls.error,
    str,
)
_GUPSHUP = _Shape(
    "gupshup",
    lambda provider_id, _to, _phone: (202, gupshup_calls.accepted(provider_id)),
    lambda code, detail, _request_id, said, _is_template: gupshup_calls.error(code, detail, said),
    gupshup_calls.named,
)


def respond(event: dict[str, Any]) -> dict[str, Any]:
    """Answers an HTTP API event (payload 2.0) as the provider would."""
    request_id = http.request_id(event)
    about(request_id)
    shape, called = (_META, _graph) if _path(event).startswith("/graph/") else (_GUPSHUP, _gupshup)
    try:
        return called(event)
    except Problem as problem:
        return _problem(shape, problem, request_id)
    except StoreError as error:
        logger.error("store_failed", extra={"reason": str(error)})
        return _problem(shape, Problem("unavailable", "Nothing was sent.", retry_after=1), request_id)


# ---------------------------------------------------------------- Meta's Graph API


def _graph(event: dict[str, Any]) -> dict[str, Any]:
    scheme, _, key = http.headers_of(event).get("authorization", "").partition(" ")
    caller = _caller(key.strip() if scheme.lower() == "bearer" else _key_in_address(event) or "")
    method = event["requestContext"]["http"]["method"]
    version, _, path = _path(event).removeprefix("/graph/").partition("/")
    sends = re.fullmatch(r"(\d+)/messages", path) if method == "POST" else None
    if sends is None:
        return _relay(event, caller, method, version, path)
    channel = _number(caller, sends[1])
    caller.require("send")
    http.check_size(event, BODY_BYTES)
    body = http.json_object(http.raw_body(event))
    if graph_calls.is_read_mark(body):
        return _passed_on(event, channel, method, version, path)
    if why := graph_calls.unsupported(body):
        raise Problem("not_supported_by_provider", why)
    return _send(event, caller, channel, graph_calls.read_send(body), graph_calls.recipient(body), _META)


def _relay(event: dict[str, Any], caller: Access, method: str, version: str, path: str) -> dict[str, Any]:
    media = re.fullmatch(r"(\d+)(/file)?", path) if method == "GET" else None
    at_meta = [each for each in caller.channels() if each.provider == "meta"]
    numbers = {each.phone_number_id for each in organizations.channels(caller.organization.id)}
    if media is not None and at_meta and media[1] not in numbers:
        return _media(event, caller, at_meta, version, media)
    for its_method, pattern, scope in _RELAYED:
        found = re.fullmatch(pattern, path)
        if method == its_method and found is not None:
            caller.require(scope)
            http.check_size(event, WEBHOOK_BYTES)
            named = found.groupdict().get("number")
            if named is None and at_meta:
                if caller.limit is not None:
                    why = "Meta lists those of an account; GET /v1/templates lists those of a channel."
                    raise caller.is_limited(why)
                return _of_account(event, at_meta, version, path)
            return _passed_on(event, _number(caller, named), method, version, path)
    raise Problem("not_found", f"{method} of this path is not passed on.")


def _media(
    event: dict[str, Any], caller: Access, at_meta: list[Channel], version: str, media: re.Match[str]
) -> dict[str, Any]:
    """A file, or where it is."""
    from gate24.api import drop_in_media  # sends do not pay for it

    caller.require("read")
    number = http.query_of(event).get("phone_number_id")
    if media[2] is None and number is None:
        return drop_in_media.describe(event, at_meta, version, media[1])
    channel = _number(caller, number)
    if media[2]:
        return drop_in_media.give_file(channel, media[1])
    return drop_in_media.describe(event, [channel], version, media[1])


def _of_account(event: dict[str, Any], channels: list[Channel], version: str, path: str) -> dict[str, Any]:
    """Meta's answer about an account, of which the path does not tell whose token opens it: that of the first channel
    which Meta answers with 200, else of the last; Problem ``unavailable`` where Meta answers none."""
    answer: dict[str, Any] | None = None
    for channel in channels:
        try:
            answer = _passed_on(event, channel, "GET", version, path)
        except Problem as problem:
            failed = problem
            continue
        if answer["statusCode"] == 200:
            about(channel=channel.id)
            return answer
    if answer is None:
        raise failed
    return answer


def _number(caller: Access, phone_number_id: str | None) -> Channel:
    """The channel of that number, or the only one at Meta; Problem ``not_found``, ``unauthorized`` where the key is
    limited to others."""
    if phone_number_id is None:
        own = [each for each in caller.channels() if each.provider == "meta"]
    else:
        at_meta = (each for each in organizations.channels(caller.organization.id) if each.provider == "meta")
        own = [each for each in at_meta if each.phone_number_id == phone_number_id]
        caller.require_channels(*(each.id for each in own))
    if len(own) != 1:
        raise Problem("not_found", "The path names none of the organization's numbers, or it is not clear which.")
    about(channel=own[0].id)
    return own[0]


def _passed_on(event: dict[str, Any], channel: Channel, method: str, version: str, path: str) -> dict[str, Any]:
    """Meta's own answer to the same call with the channel's token."""
    query = {name: value for name, value in http.query_of(event).items() if name != "access_token"}
    address = f"{channel.api_base}/{quote(version, safe='')}/{path}{'?' if query else ''}{urlencode(query)}"
    headers = {"Authorization": f"Bearer {channel_secrets(channel.id).api_key}"}
    if content_type := http.headers_of(event).get("content-type"):
        headers["Content-Type"] = content_type
    told = relay(HttpRequest(method, address, headers, http.raw_body(event)))
    if told is None:
        raise Problem("unavailable", "The provider did not answer in time.", retry_after=1)
    content = graph_calls.page_at(told.body, _address(event), _key_in_address(event))
    return http.answer(told.status, content.decode("utf-8", "replace"), content_type=told.content_type)


def _key_in_address(event: dict[str, Any]) -> str | None:
    """Meta takes the token there, too, and Chatwoot asks for templates so."""
    return http.query_of(event).get("access_token")


def _address(event: Mapping[str, Any]) -> str:
    """What the caller called, without the query."""
    return f"{http.api_url(event, '/graph/')}{_path(event)}"


# ---------------------------------------------------------------- Gupshup's API


def _gupshup(event: dict[str, Any]) -> dict[str, Any]:
    caller = _caller(http.headers_of(event).get("apikey", "").strip())
    route = f"{event['requestContext']['http']['method']} {_path(event).removeprefix('/gupshup')}"
    if route not in ("POST /wa/api/v1/msg", "POST /wa/api/v1/template/msg"):
        raise Problem("not_found", "gate24 takes POST /wa/api/v1/msg and /wa/api/v1/template/msg.")
    caller.require("send")
    http.check_size(event, BODY_BYTES)
    form = dict(parse_qsl(http.raw_body(event).decode("utf-8", "replace"), keep_blank_values=True))
    channel = _app(caller, form)
    try:
        if route.endswith("/template/msg"):
            send = gupshup_calls.read_template(form, lambda its_id: _template_of(channel, its_id))
        else:
            send = gupshup_calls.read_session(form)
    except gupshup_calls.NotUnderstood as error:
        raise Problem("payload_invalid", str(error)) from None
    except LookupError:
        raise Problem("template_not_found", "No template of this id is in the registry.") from None
    as_written = {name: form[name] for name in gupshup_calls.CONTENT if name in form}
    if upload_places(send):  # the id is ours: Gupshup is given an address in its place
        as_written = {}
    return _send(event, caller, channel, send, form.get("destination"), _GUPSHUP, as_written)


def _app(caller: Access, form: Mapping[str, str]) -> Channel:
    """The channel that the form names by its number and its app."""
    for channel in organizations.channels(caller.organization.id):
        is_its_app = form.get("src.name") in (None, "", channel.app)
        if channel.provider == "gupshup" and channel.business_number == gupshup_calls.source(form) and is_its_app:
            about(channel=channel.id)
            caller.require_channels(channel.id)
            return channel
    raise Problem("payload_invalid", "Invalid App Details: source and src.name name no channel of the organization.")


def _template_of(channel: Channel, bsp_template_id: str) -> tuple[str, str] | None:
    for template in templates.templates(channel.organization_id):
        if template.channel_id == channel.id and template.bsp_template_id == bsp_template_id:
            return template.name, template.language
    return None


# ---------------------------------------------------------------- both


def _path(event: Mapping[str, Any]) -> str:
    """The path, of the route's pattern and its parameters: what a custom domain puts before it is not in it."""
    path = str(event["routeKey"]).partition(" ")[2]
    for name, value in (event.get("pathParameters") or {}).items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    return path


def _caller(api_key: str) -> Access:
    """Who calls; Problem ``unauthorized``."""
    caller = access_by_key(api_key) if api_key else None
    if caller is None:
        raise Problem("unauthorized", "The API key is missing or wrong.")
    about(organization=caller.organization.id)
    if key_fingerprint.is_wrong():
        table.contact_key()
    return caller


def _send(
    event: dict[str, Any],
    caller: Access,
    channel: Channel,
    send: dict[str, Any],
    recipient: Any,
    shape: _Shape,
    as_written: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    """Sends through the gate. ``recipient``: as the caller wrote it; ``as_written``: what of the provider's form
    goes out as it is."""
    body = {**send, "channel": channel.id}
    errors = validate("SendRequest", body)
    if errors:
        raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
    request = send_request(Call(event, caller, {}, clock.now_ms()), body)
    fingerprint = short_hash(shape.name, request.fingerprint, *as_written.values())
    request = replace(request, fingerprint=fingerprint, as_written=as_written)
    request_id = http.request_id(event)

    def render(outcome: Outcome) -> StoredAnswer:
        if isinstance(outcome, Accepted):
            status, told = shape.accepted(outcome.provider_id or outcome.message_id, recipient, request.to.phone)
        else:
            problem = refusal(outcome)
            is_template = isinstance(outcome, Refused) and outcome.decision.sent_as == "template"
            status, told = shape.error(problem.code, _detail(shape, problem), request_id, outcome.answer, is_template)
        return StoredAnswer(status, json.dumps(told, ensure_ascii=False))

    try:
        sent = send_message(request, _idempotency_key(event), render)
    except NotTaken as error:
        raise not_taken(error) from None
    if sent.answer.status >= 400:
        logger.info("request_refused", extra={"status": sent.answer.status})
    headers = {"idempotency-replayed": "true"} if sent.replayed else {}
    return http.answer(sent.answer.status, sent.answer.text, headers)


def _idempotency_key(event: dict[str, Any]) -> str | None:
    """The caller's, if there is one: without it a repeated call is a second message, as at the provider."""
    headers = http.headers_of(event)
    if "idempotency-key" not in headers:
        return None
    values, errors = read_parameters(("idempotency_key",), headers)
    if errors:
        raise Problem("payload_invalid", "The header Idempotency-Key has 1 to 255 characters.", errors=errors)
    key: str = values["idempotency_key"]
    return key


def _detail(shape: _Shape, problem: Problem) -> str:
    """All that gate24 says, as one text."""
    wrong = [f"{shape.named(each['pointer'])} {each['detail']}" for each in problem.errors]
    allowed = [f"Allowed: {', '.join(problem.allowed_actions)}."] if problem.allowed_actions else []
    return " ".join([problem.detail, *wrong, *allowed]).strip()


def _problem(shape: _Shape, problem: Problem, request_id: str) -> dict[str, Any]:
    http.log_refusal(problem.code, problem.status)
    is_forbidden = problem.code == "unauthorized" and problem.status == 403
    code = "scope_missing" if is_forbidden else problem.drop_in_code or problem.code
    status, told = shape.error(code, _detail(shape, problem), request_id, None, False)
    headers = {} if problem.retry_after is None else {"retry-after": str(problem.retry_after)}
    return http.answer(status, told, headers)
