"""The simulator's HTTP routes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from bsp_simulator import gupshup, media, media_types, meta
from bsp_simulator.bsp import SimulatedBsp
from bsp_simulator.config import Channel
from bsp_simulator.inbound import InboundInvalid
from bsp_simulator.reply import Reply
from bsp_simulator.script import ScriptInvalid
from bsp_simulator.webhooks import now_ms

LOGGER = logging.getLogger("bsp_simulator")


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP call. ``headers`` have lower-case names, ``path_parameter`` is the variable part of the path, ``query``
    what follows it."""

    path: str
    headers: Mapping[str, str]
    raw: bytes
    query: str
    path_parameter: str = ""

    @property
    def origin(self) -> str:
        """The simulator's own address, as the caller wrote it."""
        return f"http://{self.headers.get('host', '')}"

    def form(self) -> dict[str, str]:
        """The form-encoded body; the last value of a repeated field."""
        return dict(parse_qsl(self.raw.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Any:
        """The JSON body, or None if it is not JSON."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None


def _send_session_message(simulator: SimulatedBsp, call: Call) -> Reply:
    return _send_by_gupshup(simulator, call, template=False)


def _send_template_message(simulator: SimulatedBsp, call: Call) -> Reply:
    return _send_by_gupshup(simulator, call, template=True)


def _send_by_gupshup(simulator: SimulatedBsp, call: Call, *, template: bool) -> Reply:
    form = call.form()
    read = gupshup.read_send(simulator.config.channels(), call.headers, form, template=template)
    return simulator.reply_to_send(call.path, call.headers, {"form": form}, read)


def _mark_read_at_gupshup(simulator: SimulatedBsp, call: Call) -> Reply:
    account = gupshup.channels_of_account(simulator.config.channels(), call.headers)
    answered = gupshup.read_mark_answer(account, call.path_parameter)
    return simulator.reply_to_send(call.path, call.headers, {"form": call.form()}, answered)


def _send_by_meta(simulator: SimulatedBsp, call: Call) -> Reply:
    body = call.json()
    read = meta.read_send(simulator.config.channels(), call.headers, call.path_parameter, body)
    return simulator.reply_to_send(call.path, call.headers, {"json": body}, read)


def _list_templates(simulator: SimulatedBsp, call: Call) -> Reply:
    account = gupshup.channels_of_account(simulator.config.channels(), call.headers)
    if not account:
        return Reply(401, gupshup.rejection(401))
    channel = gupshup.channel_of_app(account, call.path_parameter)
    if channel is None:
        return Reply(400, gupshup.unknown_app())
    return Reply(200, gupshup.template_list(channel))


def _list_templates_of_meta(simulator: SimulatedBsp, call: Call) -> Reply:
    account = meta.channels_of_account(simulator.config.channels(), call.headers)
    if not account:
        return Reply(401, meta.rejection(401))
    channel = next((each for each in account if call.path_parameter in (each.waba_id, each.phone_number_id)), None)
    if channel is None:
        return Reply(400, meta.no_object())
    return Reply(200, meta.template_page(channel, dict(parse_qsl(call.query)), f"{call.origin}{call.path}"))


def _describe_profile(simulator: SimulatedBsp, call: Call) -> Reply:
    own = {each.phone_number_id for each in simulator.config.channels() if _is_its_token(each, call)}
    if call.path_parameter not in own:
        return Reply(400, meta.no_object()) if own else Reply(401, meta.rejection(401))
    return Reply(200, meta.business_profile(dict(parse_qsl(call.query))))


def _describe_object(simulator: SimulatedBsp, call: Call) -> Reply:
    """Meta: whose a phone number ID is, or where a file is."""
    file = simulator.media.get(call.path_parameter)
    if not _knows_token(simulator, call):
        return Reply(401, meta.rejection(401))
    own = (each for each in simulator.config.channels() if _is_its_token(each, call))
    number = next((each for each in own if each.phone_number_id == call.path_parameter), None)
    if number is not None:
        return Reply(200, {"id": number.phone_number_id, "display_phone_number": number.business_number})
    return (
        Reply(200, media.meta_details(call.path_parameter, file, call.origin)) if file else Reply(400, meta.no_object())
    )


def _delete_file(simulator: SimulatedBsp, call: Call) -> Reply:
    if not _knows_token(simulator, call):
        return Reply(401, meta.rejection(401))
    removed = simulator.media.remove(call.path_parameter)
    return Reply(200, {"success": True}) if removed else Reply(400, meta.no_object())


def _give_file_of_meta(simulator: SimulatedBsp, call: Call) -> Reply:
    file = simulator.media.get(dict(parse_qsl(call.query)).get("mid", ""))
    if not _knows_token(simulator, call):
        return Reply(401, meta.rejection(401))
    return Reply(200, file.content, content_type=file.mime_type) if file else Reply(404, "Not Found")


def _give_file_of_gupshup(simulator: SimulatedBsp, call: Call) -> Reply:
    file = simulator.media.get(call.path_parameter)
    if file is None:
        return Reply(400, {"status": "error", "message": "Invalid Media Id"})
    return Reply(200, file.content, content_type=file.mime_type)


def _upload_file(simulator: SimulatedBsp, call: Call) -> Reply:
    numbers = {each.phone_number_id for each in simulator.config.channels() if _is_its_token(each, call)}
    if call.path_parameter not in numbers:
        return Reply(401, meta.rejection(401)) if not numbers else Reply(400, meta.no_object())
    file = media.uploaded(call.headers.get("content-type", ""), call.raw, dict(parse_qsl(call.query)))
    if file is None:
        return Reply(400, meta.rejection(400))
    if fault := media_types.upload_fault(file):
        return Reply(400, meta.upload_refused(fault))
    return Reply(200, {"id": simulator.media.add(file)})


def _knows_token(simulator: SimulatedBsp, call: Call) -> bool:
    return any(_is_its_token(each, call) for each in simulator.config.channels())


def _is_its_token(channel: Channel, call: Call) -> bool:
    token = call.headers.get("authorization", "").removeprefix("Bearer ")
    return channel.provider == "meta" and bool(token) and channel.access_token == token


def _list_requests(simulator: SimulatedBsp, call: Call) -> Reply:
    return Reply(200, {"requests": simulator.requests.oldest_first()})


def _clear_requests(simulator: SimulatedBsp, call: Call) -> Reply:
    return Reply(200, {"deleted": simulator.requests.clear()})


def _add_to_script(simulator: SimulatedBsp, call: Call) -> Reply:
    try:
        return Reply(200, {"queued": simulator.script.add(call.json())})
    except ScriptInvalid as error:
        return Reply(400, {"error": str(error)})


def _list_script(simulator: SimulatedBsp, call: Call) -> Reply:
    return Reply(200, {"script": simulator.script.remaining()})


def _clear_script(simulator: SimulatedBsp, call: Call) -> Reply:
    return Reply(200, {"deleted": simulator.script.clear()})


def _post_inbound(simulator: SimulatedBsp, call: Call) -> Reply:
    return _post_for_channel(simulator, call, simulator.contact_writes)


def _post_echo(simulator: SimulatedBsp, call: Call) -> Reply:
    return _post_for_channel(simulator, call, simulator.app_sends)


def _post_for_channel(
    simulator: SimulatedBsp, call: Call, post: Callable[[Channel, dict[str, Any], str], dict[str, Any]]
) -> Reply:
    request = call.json()
    if not isinstance(request, dict):
        return Reply(400, {"error": "the body must be a JSON object"})
    channel = simulator.config.channel(str(request.get("channel_id", "")))
    if channel is None:
        known = [each.id for each in simulator.config.channels()]
        why = "no channel of that channel_id; ./gate24 channel set tells the simulator of one that was made by the API"
        return Reply(404, {"error": why, "channel_ids": known})
    if not channel.webhook_url:
        return Reply(409, {"error": "the configuration has no webhook_url for this channel yet"})
    try:
        return Reply(200, post(channel, request, call.origin))
    except InboundInvalid as error:
        return Reply(400, {"error": str(error)})


def _list_webhooks(simulator: SimulatedBsp, call: Call) -> Reply:
    return Reply(200, {"webhooks": simulator.poster.journal.oldest_first()[::-1]})


def _receive_hook(simulator: SimulatedBsp, call: Call) -> Reply:
    return simulator.hooks.receive(call.path_parameter, call.headers, call.raw, now_ms())


def _list_hooks(simulator: SimulatedBsp, call: Call) -> Reply:
    return Reply(200, {"hooks": simulator.hooks.journal.oldest_first()})


def _clear_hooks(simulator: SimulatedBsp, call: Call) -> Reply:
    return Reply(200, {"deleted": simulator.hooks.clear()})


def _add_to_hooks_script(simulator: SimulatedBsp, call: Call) -> Reply:
    try:
        return Reply(200, {"queued": simulator.hooks.add(call.json())})
    except ScriptInvalid as error:
        return Reply(400, {"error": str(error)})


def _health(simulator: SimulatedBsp, call: Call) -> Reply:
    return Reply(200, {"status": "ok", "channels": len(simulator.config.channels())})


Route = Callable[["SimulatedBsp", Call], Reply]
ROUTES: tuple[tuple[str, str, dict[str, Route]], ...] = (
    ("/wa/api/v1/msg", r"/wa/api/v1/msg", {"POST": _send_session_message}),
    ("/wa/api/v1/template/msg", r"/wa/api/v1/template/msg", {"POST": _send_template_message}),
    ("/wa/app/{app}/template", r"/wa/app/([^/]+)/template", {"GET": _list_templates}),
    ("/wa/app/{app}/msg/{id}/read", r"/wa/app/([^/]+)/msg/[^/]+/read", {"PUT": _mark_read_at_gupshup}),
    ("/{version}/{number}/messages", r"/v\d+\.\d+/([^/]+)/messages", {"POST": _send_by_meta}),
    ("/{version}/{number}/media", r"/v\d+\.\d+/([^/]+)/media", {"POST": _upload_file}),
    (
        "/{version}/{account}/message_templates",
        r"/v\d+\.\d+/([^/]+)/message_templates",
        {"GET": _list_templates_of_meta},
    ),
    (
        "/{version}/{number}/whatsapp_business_profile",
        r"/v\d+\.\d+/([^/]+)/whatsapp_business_profile",
        {"GET": _describe_profile},
    ),
    ("/{version}/{object}", r"/v\d+\.\d+/(\d+)", {"GET": _describe_object, "DELETE": _delete_file}),
    ("/whatsapp_business/attachments", r"/whatsapp_business/attachments/", {"GET": _give_file_of_meta}),
    ("/wa/{app}/wa/media/{id}", r"/wa/[^/]+/wa/media/(\d+)", {"GET": _give_file_of_gupshup}),
    ("/_sim/requests", r"/_sim/requests", {"GET": _list_requests, "DELETE": _clear_requests}),
    ("/_sim/script", r"/_sim/script", {"GET": _list_script, "POST": _add_to_script, "DELETE": _clear_script}),
    ("/_sim/inbound", r"/_sim/inbound", {"POST": _post_inbound}),
    ("/_sim/echo", r"/_sim/echo", {"POST": _post_echo}),
    ("/_sim/webhooks", r"/_sim/webhooks", {"GET": _list_webhooks}),
    ("/_sim/hooks", r"/_sim/hooks", {"GET": _list_hooks, "DELETE": _clear_hooks}),
    ("/_sim/hooks/{name}", r"/_sim/hooks/(.+)", {"POST": _receive_hook}),
    ("/_sim/hooks-script", r"/_sim/hooks-script", {"POST": _add_to_hooks_script}),
    ("/_sim/healthz", r"/_sim/healthz", {"GET": _health}),
)
"""For each route: its name in the log (without ids), the pattern of its path, and a function for each method."""


def answer(
    simulator: SimulatedBsp, method: str, path: str, headers: Mapping[str, str], raw: bytes, query: str = ""
) -> tuple[str, Reply]:
    """The route's name for the log, and the reply. An unexpected exception is replied to with 500."""
    for label, pattern, methods in ROUTES:
        if found := re.fullmatch(pattern, path):
            serve = methods.get(method)
            if serve is None:
                return label, Reply(405, {"error": f"{label} takes {', '.join(methods)}"})
            try:
                return label, serve(simulator, Call(path, headers, raw, query, *found.groups()))
            except Exception as error:
                LOGGER.exception("%s failed", label)
                return label, Reply(500, {"error": type(error).__name__})
    return "(unknown)", Reply(404, {"error": "no such route"})
