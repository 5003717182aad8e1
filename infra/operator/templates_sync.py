"""Copies Gupshup's list of templates into gate24's registry, and withdraws those that it no longer has.

    GUPSHUP_API_KEY=... python -m infra.operator.templates_sync --app-id APP_ID --channel CHANNEL

The list's fields are documented under GET /wa/app/{appId}/template, docs.gupshup.io, read 2026-11.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gate24.providers.template_words import template_category, template_status
from infra.operator.api import Api, ApiUnavailable, add_arguments, gate24_api

BSP_URL = "https://api.gupshup.io"
_MEDIA = {"TEXT": None, "IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
_PLACEHOLDER = re.compile(r"\{\{\s*(\d+)\s*\}\}")

WITHDRAWN = "disabled"
"""The status of a template that the provider no longer lists: the gate refuses it."""
_NOT_LISTED = "the provider no longer lists it"


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
    """Enters every template of the app, withdraws the others and prints a line for each. Returns how many were
    skipped."""
    skipped = 0
    for template in synced(enter_listed(bsp, api, app_id, channel), api, channel):
        skipped += template.is_skipped
        print(template.line)
    return skipped


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
        entry = {each: value for each, value in known.items() if each not in ("name", "reason")}
        changes = {"status": WITHDRAWN, "reason": _NOT_LISTED}
        answer = api.call("PUT", f"/v1/templates/{quote(name, safe='')}", entry | changes)
        if answer.status == 200:
            yield Listed(name, language, WITHDRAWN, _NOT_LISTED, is_withdrawn=True)
        else:
            yield Listed(name, language, None, f"{_NOT_LISTED}, and it could not be withdrawn: {answer.code}")


def enter_listed(bsp: Api, api: Api, app_id: str, channel: str) -> Iterator[Listed]:
    """Enters the templates of the app one by one. Raises ApiUnavailable."""
    listed = bsp.call("GET", f"/wa/app/{quote(app_id, safe='')}/template")
    if listed.status != 200 or not isinstance(listed.body.get("templates"), list):
        raise ApiUnavailable(f"Gupshup answered {listed.status} to the request for the list")
    for template in listed.body["templates"]:
        name, language = str(template.get("elementName") or "(no name)"), _language(template)
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


if __name__ == "__main__":
    sys.exit(main())
