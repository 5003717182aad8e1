"""Copies Meta's list of templates into gate24's registry.

The list's fields are those of GET /{WABA id}/message_templates (developers.facebook.com, Graph API reference, WhatsApp
Business account message templates, and templates' components), read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from gate24.providers.meta import API_VERSION
from gate24.providers.template_words import template_category, template_status
from infra.operator.api import Api, ApiUnavailable
from infra.operator.templates_sync import Listed, TemplateSkipped, enter

_PAGE = 100
_FIELDS = "id,name,language,status,category,components"
_MEDIA = {"TEXT": None, "PRODUCT": None, "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
_COMPONENTS = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS", "LIMITED_TIME_OFFER"})
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
"""By number, or by name."""


def enter_listed(graph: Api, api: Api, waba_id: str, channel: str) -> Iterator[Listed]:
    """Enters the templates of the WhatsApp Business account one by one. ``graph``: the Graph API with the channel's
    token. Raises ApiUnavailable."""
    for template in _listed(graph, waba_id):
        name, language = str(template.get("name") or "(no name)"), str(template.get("language") or "")
        yield enter(api, name, language, template, registry_entry, channel)


def _listed(graph: Api, waba_id: str) -> Iterator[Mapping[str, Any]]:
    asked: dict[str, Any] = {"fields": _FIELDS, "limit": _PAGE}
    while True:
        page = graph.call("GET", f"/{API_VERSION}/{quote(waba_id, safe='')}/message_templates?{urlencode(asked)}")
        if page.status != 200 or not isinstance(page.body.get("data"), list):
            said = page.body.get("error")
            # Not its words: they may hold the token.
            reason = f" ({said.get('type')}, code {said.get('code')})" if isinstance(said, dict) else ""
            raise ApiUnavailable(f"Meta answered {page.status} to the request for the list{reason}")
        yield from page.body["data"]
        paging = page.body.get("paging") or {}
        if not paging.get("next"):
            return
        asked["after"] = paging["cursors"]["after"]


def registry_entry(template: Mapping[str, Any], channel: str) -> dict[str, Any]:
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
    if header not in _MEDIA:
        raise TemplateSkipped(f"headers of format {header} are not supported")
    body = str(components.get("BODY", {}).get("text") or "")
    return {
        "channel": channel,
        "bsp_template_id": str(template["id"]),
        "language": template["language"],
        "category": category,
        "status": status,
        "params": len(set(_PLACEHOLDER.findall(body))),
        "media": _MEDIA[header],
        **({"body": body} if body else {}),
    }
