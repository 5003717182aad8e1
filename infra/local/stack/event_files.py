"""The events of ``events/``, filled in for the running stack.

A file is an event as AWS sends it. What differs from stack to stack or from day to day stands in it as ``${name}``:
keys, secrets, times, and ids of what is in the stack, which is looked up or made when a file names it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gate24.message_keys import MessageKey, message_key
from stack.settings import ROOT

EVENTS = ROOT / "events"

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_OF_THE_BODY = {"body_bytes", "body_hmac", "body_md5"}
_CONTACTS = {"learning-gupshup": "919876543210", "learning-meta": "919876543216"}
"""Of the demo (``demo_data``): who wrote last on which channel."""

_UNRECOGNIZED = {"version": 2, "type": "kind-of-tomorrow", "payload": {}}


class EventInvalid(Exception):
    """The event cannot be filled in; the text says why."""


def fill(text: str, stack: Mapping[str, Any]) -> Any:
    """The event of a file's text for the stack that ``stack.json`` describes. EventInvalid where it is not JSON, names
    a placeholder that there is not, or the stack does not give what it names."""
    values = _Values(stack)
    filled = _PLACEHOLDER.sub(lambda found: found[0] if found[1] in _OF_THE_BODY else values.of(found[1]), text)
    try:
        event = json.loads(filled)
    except ValueError as error:
        raise EventInvalid(f"it is not JSON: {error}") from None
    if not isinstance(event, dict):
        return event
    if "Records" in event:
        return event | {"Records": [_sealed(record, values) for record in event["Records"]]}
    return _sealed(event, values)


def _sealed(part: dict[str, Any], values: _Values) -> dict[str, Any]:
    """The request or the queue's message with what follows from its body: length, checksum, Meta's signature."""
    if not isinstance(part.get("body"), str):
        return part
    try:
        body = b64decode(part["body"], validate=True) if part.get("isBase64Encoded") else part["body"].encode()
    except ValueError:
        raise EventInvalid("its body is not base64, as isBase64Encoded says") from None
    of_the_body = {
        "body_bytes": str(len(body)),
        "body_hmac": hmac.new(values.of("app_secret").encode(), body, hashlib.sha256).hexdigest(),
        "body_md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
    }
    sealed: dict[str, Any] = json.loads(_PLACEHOLDER.sub(lambda found: of_the_body[found[1]], json.dumps(part)))
    return sealed


class _Values:
    """What the placeholders of one event stand for, each looked up once. All of them are plain text within JSON."""

    def __init__(self, stack: Mapping[str, Any]) -> None:
        self._stack = stack
        self._organization = stack["organizations"][0]
        self._channels = {channel["id"]: channel for channel in self._organization["channels"]}
        self._now = time.time()
        self._known: dict[str, str] = {}
        self._messages: dict[str, MessageKey] = {}
        self._sources: dict[str, Callable[[], str]] = {
            "api_key": lambda: self._organization["api_key"],
            "webhook_token": lambda: self._channels["learning-gupshup"]["webhook_token"],
            "app_secret": lambda: self._channels["learning-meta"]["app_secret"],
            "verify_token": lambda: self._channels["learning-meta"]["verify_token"],
            "bsp_url": lambda: self._stack["bsp_url"],
            "now": lambda: f"{datetime.fromtimestamp(self._now, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "hour_ago": lambda: f"{datetime.fromtimestamp(self._now - 3600, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "now_ms": lambda: str(int(self._now * 1000)),
            "now_seconds": lambda: str(int(self._now)),
            "today": lambda: f"{datetime.fromtimestamp(self._now, ZoneInfo(self._organization['timezone'])):%Y-%m-%d}",
            "unique": lambda: secrets.token_hex(6),
            "message_id": lambda: self._message("learning-gupshup").id,
            "message_at": lambda: str(self._message("learning-gupshup").at),
            "message_suffix": lambda: self._message("learning-gupshup").suffix,
            "contact_id": lambda: self._message("learning-gupshup").contact_id,
            "meta_message_id": lambda: self._message("learning-meta").id,
            "file_message_id": self._message_with_file,
            "upload_id": self._upload,
            "webhook_id": self._webhook,
            "unrecognized_id": self._unrecognized,
        }

    def of(self, name: str) -> str:
        if name not in self._sources:
            there = ", ".join(sorted({*self._sources, *_OF_THE_BODY}))
            raise EventInvalid(f"there is no ${{{name}}}; there are {there}")
        if name not in self._known:
            self._known[name] = self._sources[name]()
        return self._known[name]

    def _message(self, channel: str) -> MessageKey:
        """The newest message that the demo's contact wrote on the channel."""
        if channel not in self._messages:
            self._messages[channel] = self._newest(_CONTACTS[channel], lambda each: each["direction"] == "inbound")
        return self._messages[channel]

    def _message_with_file(self) -> str:
        """A message of a picture, which the simulator sends."""
        phone = _CONTACTS["learning-meta"]
        picture = {"kind": "image", "caption": "The notebook"}
        body = {"channel_id": "learning-meta", "from": f"+{phone}", "media": picture}
        _call("POST", f"{self._stack['bsp_url']}/_sim/inbound", body)
        return self._newest(phone, lambda each: "media" in each).id

    def _newest(self, phone: str, is_wanted: Callable[[dict[str, Any]], bool]) -> MessageKey:
        listed = self._api("GET", f"/v1/contacts/{phone}/messages")["data"]
        keys = [message_key(message["id"]) for message in listed if is_wanted(message)]
        if not keys or keys[0] is None:
            raise EventInvalid(f"the demo's contact +{phone} has no such message; start the stack anew")
        return keys[0]

    def _upload(self) -> str:
        """The id of a file that was uploaded just now, as the event of it does."""
        event = json.loads((EVENTS / "send_gate" / "upload_media.json").read_text(encoding="utf-8"))
        headers = {"Content-Type": event["headers"]["content-type"]}
        return str(self._api("POST", "/v1/media", b64decode(event["body"]), headers)["id"])

    def _webhook(self) -> str:
        """A webhook that is there for events of this folder alone; without one it is made."""
        url = f"{self._stack['bsp_url']}/_sim/hooks/invoke"
        made = [each for each in self._api("GET", "/v1/webhooks")["data"] if each["url"] == url]
        body = {"url": url, "events": ["message.received"]}
        return str((made[0] if made else self._api("POST", "/v1/webhooks", body))["id"])

    def _unrecognized(self) -> str:
        """An event that was not understood; without one the provider tells of something that nobody knows."""
        kept = self._api("GET", "/v1/unrecognized")["data"]
        if not kept:
            channel = self._channels["learning-gupshup"]
            _call("POST", channel["webhook_url"], _UNRECOGNIZED, {"X-Webhook-Token": channel["webhook_token"]})
            kept = self._api("GET", "/v1/unrecognized")["data"]
        return str(kept[0]["id"])

    def _api(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        authorization = {"Authorization": f"Bearer {self.of('api_key')}"}
        return _call(method, self._stack["api_url"] + path, body, authorization | dict(headers or {}))


def _call(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """The answer's JSON, None where it is empty. EventInvalid where the stack does not answer with success."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read().decode()
    except urllib.error.HTTPError as error:
        raise EventInvalid(f"{method} {url} answered {error.code}: {error.read().decode()[:500]}") from None
    except OSError as error:
        raise EventInvalid(f"{method} {url} did not answer: {error}") from None
    return json.loads(text) if text else None


def cases(function: str) -> list[Path]:
    """The event files of a function."""
    return sorted((EVENTS / function).glob("*.json"))
