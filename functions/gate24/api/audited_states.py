"""What the audit log compares of each kind of thing: its fields as the API shows them, without secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from gate24.api.render import api_key_json, member_json, template_json
from gate24.store import members, organizations, quick_replies, subscriptions, templates
from gate24.usecases.record_act import State

_ANY_DAY = "9999-12-31"
_NOT_SETTINGS = {"id", "organization", "channels", "webhook_url", "rate_card"}
"""What channels and organizations show beside their settings."""


def state_of(thing: str, organization_id: str) -> State:
    """Of a thing that has none to compare there is always None."""
    read = _STATES.get(thing)
    return (lambda subject: None) if read is None else (lambda subject: read(organization_id, subject))


def template_subject(channel_id: str, name: str, language: str) -> str:
    return f"{channel_id}#{name}#{language}"


def _member(organization_id: str, email: str) -> dict[str, Any] | None:
    found = members.find(email)
    is_theirs = found is not None and found.organization_id == organization_id
    if found is None or not is_theirs:
        return None
    shown = member_json(found)
    return {name: shown[name] for name in ("name", "role")}


def _key(organization_id: str, key_id: str) -> dict[str, Any] | None:
    from gate24.store import api_keys

    found = api_keys.find(organization_id, key_id)
    shown = {} if found is None else api_key_json(found)
    return {name: shown[name] for name in ("name", "scopes", "channels", "expires_at")} if shown else None


def _channel(organization_id: str, channel_id: str) -> dict[str, Any] | None:
    from gate24.api.settings_json import channel_settings_json

    found = organizations.channel_now(channel_id)
    if found is None or found.organization_id != organization_id:
        return None
    shown = channel_settings_json(found, "", _ANY_DAY)
    return {name: value for name, value in shown.items() if name not in _NOT_SETTINGS}


def _organization(organization_id: str, _: str) -> dict[str, Any] | None:
    from gate24.api.settings_json import organization_settings_json

    found = organizations.organization_now(organization_id)
    shown = {} if found is None else organization_settings_json(found, [])
    return {name: value for name, value in shown.items() if name not in _NOT_SETTINGS} or None


def _template(organization_id: str, subject: str) -> dict[str, Any] | None:
    channel_id, _, rest = subject.partition("#")
    name, _, language = rest.rpartition("#")
    found = templates.template(organization_id, channel_id, name, language)
    return None if found is None else template_json(found)


def _webhook(organization_id: str, webhook_id: str) -> dict[str, Any] | None:
    found = subscriptions.find(organization_id, webhook_id)
    if found is None:
        return None
    return {
        "url": _host(found.url),
        "events": list(found.events),
        "channels": list(found.channels) or None,
        "format": found.format,
        "description": found.description,
        "status": "paused" if found.is_paused else "active",
    }


def _host(url: str) -> str:
    """What follows the host may be its owner's secret: a fingerprint of it tells that it changed."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]} ({sha256(url.encode()).hexdigest()[:8]})"


def _quick_replies(organization_id: str, _: str) -> dict[str, Any]:
    """Each by its name, which is no field of the list: one may be called ``name``."""
    return {f"reply {each['name']}": each["text"] for each in quick_replies.read(organization_id, consistent=True)}


_STATES: Mapping[str, Callable[[str, str], Mapping[str, Any] | None]] = {
    "member": _member,
    "key": _key,
    "channel": _channel,
    "organization": _organization,
    "template": _template,
    "webhook": _webhook,
    "quick_replies": _quick_replies,
}
