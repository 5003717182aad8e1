"""Copies Gupshup's list of templates into gate24's registry.

    GUPSHUP_API_KEY=... python -m infra.operator.templates_sync --app-id APP_ID --channel CHANNEL

The list's fields are documented under GET /wa/app/{appId}/template, docs.gupshup.io, read 2026-11.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gate24.providers.template_words import template_category, template_status
from infra.operator.api import Api, ApiUnavailable, add_arguments, gate24_api

BSP_URL = "https://api.gupshup.io"
_MEDIA = {"TEXT": None, "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
_PLACEHOLDER = re.compile(r"\{\{\s*(\d+)\s*\}\}")


class TemplateSkipped(Exception):
    """The template is not entered into the registry; the text says why."""


def main(argv: list[str] | None = None) -> int:
    """Exit status. 0: all are entered; 1: some were skipped, or Gupshup or gate24 did not answer."""
    parser = argparse.ArgumentParser(prog="templates_sync", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--app-id", required=True, help="the app's id at Gupshup (not its name)")
    parser.add_argument("--channel", required=True, help="the channel's id at gate24")
    parser.add_argument("--bsp-url", default=BSP_URL)
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    key = os.environ.get("GUPSHUP_API_KEY")
    if not key:
        raise SystemExit("Set GUPSHUP_API_KEY.")
    bsp = Api(arguments.bsp_url.rstrip("/"), {"apikey": key})
    try:
        skipped = sync(bsp, gate24_api(arguments), arguments.app_id, arguments.channel)
    except ApiUnavailable as error:
        print(f"Not finished: {error}. Run the same command again.", file=sys.stderr)
        return 1
    return 1 if skipped else 0


def sync(bsp: Api, api: Api, app_id: str, channel: str) -> int:
    """Enters every template of the app and prints a line for each. Returns how many were skipped."""
    skipped = 0
    for template in enter_listed(bsp, api, app_id, channel):
        skipped += template.status is None
        print(template.line)
    return skipped


@dataclass(frozen=True, slots=True)
class Listed:
    """A template of a provider's list. ``status``: as it is entered in the registry, None where it was skipped."""

    name: str
    language: str
    status: str | None
    reason: str | None = None

    @property
    def line(self) -> str:
        name = f"{self.name} ({self.language})"
        return f"skipped  {name}: {self.reason}" if self.status is None else f"entered  {name}: {self.status}"


def enter_listed(bsp: Api, api: Api, app_id: str, channel: str) -> Iterator[Listed]:
    """Enters the templates of the app one by one. Raises ApiUnavailable."""
    listed = bsp.call("GET", f"/wa/app/{quote(app_id, safe='')}/template")
    if listed.status != 200 or not isinstance(listed.body.get("templates"), list):
        raise ApiUnavailable(f"Gupshup answered {listed.status} to the request for the list")
    for template in listed.body["templates"]:
        name, language = str(template.get("elementName")), str(template.get("languageCode"))
        yield enter(api, name, language, template, registry_entry, channel)


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


def registry_entry(template: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """The registry's entry for a template of Gupshup's list. Raises TemplateSkipped if gate24 cannot send it."""
    status, category = template_status(template.get("status")), template_category(template.get("category"))
    kind = str(template.get("templateType") or "TEXT").upper()
    if not template.get("id") or not template.get("elementName"):
        raise TemplateSkipped("it has no id or no name")
    if status is None or category is None:
        raise TemplateSkipped(f"its status {template.get('status')} or category {template.get('category')} is unknown")
    if kind not in _MEDIA:
        raise TemplateSkipped(f"templates of type {kind} are not supported")
    body = str(template.get("data") or "")
    return {
        "channel": channel,
        "bsp_template_id": template["id"],
        "language": str(template.get("languageCode") or "en").replace("-", "_"),
        "category": category,
        "status": status,
        "params": len(set(_PLACEHOLDER.findall(body))),
        "media": _MEDIA[kind],
        **({"body": body} if body else {}),
    }


if __name__ == "__main__":
    sys.exit(main())
