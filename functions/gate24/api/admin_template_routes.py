"""A provider's list of templates copied into the registry, for a platform or an organization's admin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any
from urllib.parse import unquote

from gate24 import clock
from gate24.api import http
from gate24.api.administered import named_channel, wrong
from gate24.api.call import Call
from gate24.api.organization_routes import enter_template
from gate24.api.problems import Problem
from gate24.api.render import template_json
from gate24.api.validate import validate
from gate24.channels import Channel
from gate24.lazy_dataclass import dataclass
from gate24.providers.forward import relay
from gate24.providers.interface import HttpRequest
from gate24.providers.template_lists import Answer, ApiUnavailable, Listed, enter_gupshups, enter_metas, synced
from gate24.store import templates
from gate24.store.secrets import channel_secrets
from gate24.templates import Template

_SECONDS = 8.0
"""How long one request enters templates; its function has 20 s (template.yaml), and the page of the list that is asked
for last may take another 10."""

_ENTERED_ANEW_MS = 15 * 60_000
"""What was entered as it is less than this ago is not entered again, so that a request after one that had no time for
the whole list gets further."""

_TEMPLATES = "/v1/templates/"


@dataclass(frozen=True, slots=True)
class _Provider:
    """The provider's API with the channel's own key. ``owner``: the field of the request that says whose list it is.
    Problem ``payload_invalid`` where the provider does not know it."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    owner: str

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        told = relay(HttpRequest(method, f"{self.url}{path}", self.headers, b""))
        if told is None:
            raise ApiUnavailable("it did not answer")
        if told.status in (400, 404):
            raise wrong(
                self.owner, f"is not one that the provider takes with the channel's key: it answered {told.status}"
            )
        try:
            value = json.loads(told.body or b"{}")
        except ValueError:
            value = {}
        return Answer(told.status, value if isinstance(value, dict) else {})


@dataclass(frozen=True, slots=True)
class _Registry:
    """The routes of the registry, as a key of the organization has them."""

    channel: Channel
    now: int
    known: dict[tuple[str, str], Template] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        if method == "GET":
            found = templates.templates(self.channel.organization_id)
            self.known.update(
                ((each.name, each.language), each) for each in found if each.channel_id == self.channel.id
            )
            return Answer(200, {"data": [template_json(each) for each in found], "next_cursor": None})
        if validate("TemplateRequest", body):
            return Answer(400, {"code": "payload_invalid"})
        settings = {name: value for name, value in body.items() if name != "channel"}
        name = unquote(path.removeprefix(_TEMPLATES))
        if self._is_entered(name, settings):
            return Answer(200, {})
        try:
            entered = enter_template(self.channel.organization_id, self.channel.id, name, settings, self.now)
        except Problem as problem:
            return Answer(400, {"code": problem.code})
        return Answer(200, template_json(entered))

    def _is_entered(self, name: str, settings: Mapping[str, Any]) -> bool:
        """Whether it was entered as it is a moment ago."""
        known = self.known.get((name, settings["language"]))
        if known is None or self.now - min(known.status_at, known.category_at) > _ENTERED_ANEW_MS:
            return False
        asked = Template(self.channel.id, name, **settings)
        asked = replace(asked, status_at=known.status_at, category_at=known.category_at, labels=known.labels)
        return known == asked


def sync(call: Call) -> dict[str, Any]:
    return _sync(named_channel(call), call.body("TemplatesSyncRequest", optional=True), call.now)


def sync_own(call: Call) -> dict[str, Any]:
    """As an admin of the organization asks for it."""
    body = call.body("OwnTemplatesSyncRequest", optional=True)
    return _sync(call.access.channel(body.pop("channel", None)), body, call.now)


def _sync(channel: Channel, body: Mapping[str, str], now: int) -> dict[str, Any]:
    owner = _owner(channel, body)
    key = channel_secrets(channel.id, may_be_stale=False).api_key
    if not key:
        errors = [{"pointer": "", "detail": "the channel has no api-key yet: put its secret first"}]
        raise Problem("payload_invalid", "The channel has no API key yet.", errors=errors)
    is_at_meta = channel.provider == "meta"
    headers = {"Authorization": f"Bearer {key}"} if is_at_meta else {"apikey": key}
    enter = enter_metas if is_at_meta else enter_gupshups
    provider, registry = (
        _Provider(channel.api_base, headers, _OWNERS[channel.provider][0]),
        _Registry(channel, now),
    )
    listed, is_time_up = list[Listed](), clock.time_limit(_SECONDS)
    try:
        for each in synced(enter(provider, registry, owner, channel.id), registry, channel.id):
            listed.append(each)
            if is_time_up():
                raise ApiUnavailable("there was no time for the rest: ask again, or use ./gate24 templates sync")
    except ApiUnavailable as error:
        raise Problem(
            "unavailable", f"The provider's templates are not all entered ({error}).", retry_after=1
        ) from None
    return http.answer(200, {"data": [_listed_json(each) for each in listed]})


_OWNERS = {
    "gupshup": ("app_id", "the app at Gupshup, a UUID"),
    "meta": ("waba_id", "the WhatsApp Business account at Meta that has the number"),
}
"""Whose list it is: the field of the request, and what its id is of."""


def _owner(channel: Channel, body: Mapping[str, str]) -> str:
    """The id of whose list it is; Problem ``payload_invalid`` where it is not given."""
    name, meant = _OWNERS[channel.provider]
    other = next((each for each in body if each != name), None)
    if other is not None:
        raise wrong(other, f"is of another provider: give {name}")
    owner = body.get(name) or (channel.app_id if channel.provider == "gupshup" else None)
    if owner is None:
        raise wrong(name, f"is missing: the id of {meant}")
    return owner


def _listed_json(listed: Listed) -> dict[str, Any]:
    return {"name": listed.name, "language": listed.language, "status": listed.status, "reason": listed.reason}


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"syncTemplates": sync, "syncOwnTemplates": sync_own}
