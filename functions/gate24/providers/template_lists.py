"""Copies a provider's list of templates into the registry, and withdraws those that it no longer has.

Gupshup's list is documented under GET /wa/app/{appId}/template (docs.gupshup.io), Meta's under GET /{WABA
id}/message_templates (developers.facebook.com, Graph API reference, and templates' components), both read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from gate24.lazy_dataclass import dataclass
from gate24.providers.meta import API_VERSION
from gate24.providers.template_words import template_category, template_status


class ApiUnavailable(Exception):
    """An API did not answer, or answered with what makes no sense; the text says why."""


class ListRefused(ApiUnavailable):
    """The provider refused to list its templates, and will again: the owner's id or the key is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``body``: the JSON object; empty if the answer has none."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The problem's code, or else the HTTP status."""
        return str(self.body.get("code") or self.status)


class Api(Protocol):
    """An API that is called: the provider's, or gate24's own. ApiUnavailable where it does not answer."""

    def call(self, method: str, path: str, body: Any = None) -> Answer: ...


_MEDIA = {"TEXT": None, "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
_PLACEHOLDER = re.compile(r"\{\{\s*(\d+)\s*\}\}")

_PAGE = 100
_FIELDS = "id,name,language,status,category,components"
_HEADERS = {"TEXT": None, "PRODUCT": None, "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
_COMPONENTS = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS", "LIMITED_TIME_OFFER"})
_ANY_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
"""By number, or by name."""

WITHDRAWN = "disabled"
"""The status of a template that the provider no longer lists: the gate refuses it."""
_NOT_LISTED = "the provider no longer lists it"


class TemplateSkipped(Exception):
    """The template is not entered into the registry; the text says why."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A template of a provider's list, or one that is no longer in it (``is_withdrawn``). ``language``: as the registry
    has it, empty where the list has none. ``status``: as it is entered in the registry, None where it was skipped."""

    name: str
    language: str
    status: str | None
    reason: str | None = None
    is_withdrawn: bool = False

    @property
    def is_skipped(self) -> bool:
        return self.status is None

    @property
    def line(self) -> str:
        name = f"{self.name} ({self.language})" if self.language else self.name
        if self.status is None:
            return f"skipped  {name}: {self.reason}"
        return f"withdrawn  {name}: {self.reason}" if self.is_withdrawn else f"entered  {name}: {self.status}"


def synced(entered: Iterator[Listed], api: Api, channel: str) -> Iterator[Listed]:
    """What is ``entered`` of a provider's list, and then the channel's templates that are withdrawn, because they are
    not in the list. None is where the list is empty, which may be another account's. Raises ApiUnavailable; nothing is
    withdrawn then."""
    registered = list(_registered(api, channel))  # before the list is asked for: what is entered meanwhile stays
    listed = []
    for template in entered:
        listed.append(template)
        yield template
    if listed:
        yield from _withdraw(api, registered, listed)


def _registered(api: Api, channel: str) -> Iterator[dict[str, Any]]:
    path = "/v1/templates?limit=100"
    while True:
        page = api.call("GET", path)
        if page.status == 403:  # a key that may enter templates and not read: nothing is withdrawn then
            return
        if page.status != 200:
            raise ApiUnavailable(f"gate24 answered {page.code} to the request for the registry")
        yield from (each for each in page.body["data"] if each["channel"] == channel)
        if not page.body["next_cursor"]:
            return
        path = f"/v1/templates?limit=100&cursor={quote(page.body['next_cursor'], safe='')}"


def _withdraw(api: Api, registered: Iterable[Mapping[str, Any]], listed: Iterable[Listed]) -> Iterator[Listed]:
    """A template that is listed without its language may be any of its name."""
    there = {(each.name, each.language) for each in listed}
    for known in registered:
        name, language = known["name"], known["language"]
        if known["status"] == WITHDRAWN or {(name, language), (name, "")} & there:
            continue
        entry = {each: value for each, value in known.items() if each not in ("name", "reason", "labels")}
        changes = {"status": WITHDRAWN, "reason": _NOT_LISTED}
        answer = api.call("PUT", f"/v1/templates/{quote(name, safe='')}", entry | changes)
        if answer.status == 200:
            yield Listed(name, language, WITHDRAWN, _NOT_LISTED, is_withdrawn=True)
        else:
            yield Listed(name, language, None, f"{_NOT_LISTED}, and it could not be withdrawn: {answer.code}")


def _not_listed(status: int, said: str) -> ApiUnavailable:
    return ListRefused(said) if status in (400, 401, 403, 404) else ApiUnavailable(said)


def enter_gupshups(bsp: Api, api: Api, app_id: str, channel: str) -> Iterator[Listed]:
    """Enters the templates of the app one by one. Raises ApiUnavailable."""
    listed = bsp.call("GET", f"/wa/app/{quote(app_id, safe='')}/template")
    if listed.status != 200 or not isinstance(listed.body.get("templates"), list):
        raise _not_listed(listed.status, f"Gupshup answered {listed.status} to the request for the list")
    for template in listed.body["templates"]:
        name, language = str(template.get("elementName") or "(no name)"), _language(template)
        yield enter(api, name, language, template, entry_of_gupshups, channel)


def enter(
    api: Api,
    name: str,
    language: str,
    template: Mapping[str, Any],
    entry_of: Callable[[Mapping[str, Any], str], dict[str, Any]],
    channel: str,
) -> Listed:
    """Enters one template of a provider's list, as ``entry_of`` reads it. Raises ApiUnavailable."""
    try:
        entry = entry_of(template, channel)
        answer = api.call("PUT", f"/v1/templates/{quote(name, safe='')}", entry)
        if answer.status != 200:
            raise TemplateSkipped(answer.code)
        return Listed(name, language, entry["status"])
    except TemplateSkipped as error:
        return Listed(name, language, None, str(error))


def entry_of_gupshups(template: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """The registry's entry for a template of Gupshup's list. Raises TemplateSkipped if gate24 cannot send it."""
    status, category = template_status(template.get("status")), template_category(template.get("category"))
    kind = str(template.get("templateType") or "TEXT").upper()
    if not template.get("id") or not template.get("elementName"):
        raise TemplateSkipped("it has no id or no name")
    if not _language(template) or not template.get("status"):
        raise TemplateSkipped("it has no language or no status")
    if status is None or category is None:
        raise TemplateSkipped(f"its status {template.get('status')} or category {template.get('category')} is unknown")
    if kind not in _MEDIA:
        raise TemplateSkipped(f"templates of type {kind} are not supported")
    body = str(template.get("data") or "")
    return {
        "channel": channel,
        "bsp_template_id": template["id"],
        "language": _language(template),
        "category": category,
        "status": status,
        "params": len(set(_PLACEHOLDER.findall(body))),
        "media": _MEDIA[kind],
        **({"body": body} if body else {}),
    }


def _language(template: Mapping[str, Any]) -> str:
    """As Meta writes it; empty where the list has none."""
    return str(template.get("languageCode") or "").replace("-", "_")


def enter_metas(graph: Api, api: Api, waba_id: str, channel: str) -> Iterator[Listed]:
    """Enters the templates of the WhatsApp Business account one by one. ``graph``: the Graph API with the channel's
    token. Raises ApiUnavailable."""
    for template in _listed_at_meta(graph, waba_id):
        name, language = str(template.get("name") or "(no name)"), str(template.get("language") or "")
        yield enter(api, name, language, template, entry_of_metas, channel)


def _listed_at_meta(graph: Api, waba_id: str) -> Iterator[Mapping[str, Any]]:
    asked: dict[str, Any] = {"fields": _FIELDS, "limit": _PAGE}
    while True:
        page = graph.call("GET", f"/{API_VERSION}/{quote(waba_id, safe='')}/message_templates?{urlencode(asked)}")
        if page.status != 200 or not isinstance(page.body.get("data"), list):
            said = page.body.get("error")
            # Not its words: they may hold the token.
            reason = f" ({said.get('type')}, code {said.get('code')})" if isinstance(said, dict) else ""
            raise _not_listed(page.status, f"Meta answered {page.status} to the request for the list{reason}")
        yield from page.body["data"]
        paging = page.body.get("paging") or {}
        if not paging.get("next"):
            return
        asked["after"] = paging["cursors"]["after"]


def entry_of_metas(template: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """The registry's entry for a template of Meta's list. Raises TemplateSkipped if gate24 cannot send it."""
    status, category = template_status(template.get("status")), template_category(template.get("category"))
    if not template.get("id") or not template.get("name") or not template.get("language"):
        raise TemplateSkipped("it has no id, no name or no language")
    if not template.get("status"):
        raise TemplateSkipped("it has no status")
    if status is None or category is None:
        raise TemplateSkipped(f"its status {template.get('status')} or category {template.get('category')} is unknown")
    components = {str(each.get("type")).upper(): each for each in template.get("components") or ()}
    others = sorted(components.keys() - _COMPONENTS)
    if others:
        raise TemplateSkipped(f"templates with {others[0]} are not supported")
    header = str(components.get("HEADER", {}).get("format") or "TEXT").upper()
    if header not in _HEADERS:
        raise TemplateSkipped(f"headers of format {header} are not supported")
    body = str(components.get("BODY", {}).get("text") or "")
    return {
        "channel": channel,
        "bsp_template_id": str(template["id"]),
        "language": template["language"],
        "category": category,
        "status": status,
        "params": len(set(_ANY_PLACEHOLDER.findall(body))),
        "media": _HEADERS[header],
        **({"body": body} if body else {}),
    }
