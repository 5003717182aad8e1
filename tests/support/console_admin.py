"""What the administration's pages ask, in the console's API in memory. A route is a row of ``ROUTES``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from gate24.api.keyword_routes import check_change, keywords_json
from gate24.api.problems import Problem
from gate24.api.render import rfc3339, template_json
from gate24.channels import Organization
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT, keyword_action
from gate24.rules.organization_settings import changed_organization
from gate24.rules.settings_table import WrongSettings
from gate24.templates import Template

Json = dict[str, Any]
Answer = tuple[int, Json | None]

NOT_FOUND = {
    **{"type": "about:blank", "title": "Not found", "status": 404, "code": "not_found"},
    **{"detail": "There is none.", "request_id": "r", "retryable": False, "allowed_actions": []},
}


@dataclass
class Administration:
    """``unrecognized``: events as ``GET /v1/unrecognized`` tells them, newest first. ``part_letters``: of an event's
    text in one answer."""

    unrecognized: list[Json] = field(default_factory=list)
    part_letters: int = 500_000
    channels: list[Json] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    """Those of the organization: the same list."""
    webhooks: list[Json] = field(default_factory=list)
    """Those of the organization: the same list."""
    tested: Json = field(default_factory=lambda: {"ok": True, "status": 200, "answer": "thank you", "problem": None})
    replays: list[Json] = field(default_factory=list)
    """What the next replays answer."""
    keywords: Organization = field(
        default_factory=lambda: Organization(
            "org", "Demo Health Trust", "Asia/Kolkata", "USD", DEFAULT_OPT_OUT, DEFAULT_OPT_IN
        )
    )
    """An organization that has nothing but its keywords."""
    listed: list[Json] = field(default_factory=list)
    """What copying the provider's templates answers."""

    def add_channel(self, channel_id: str, light: str, heard_ago: int | None, **more: Any) -> Json:
        """A channel that was heard so many minutes ago; None: never, as far as was looked back."""
        now = int(time.time() * 1000)
        heard = None if heard_ago is None else rfc3339(now - heard_ago * 60_000)
        number = f"+91987650000{len(self.channels)}"
        channel = {
            **{"id": channel_id, "provider": channel_id.split("-")[0], "business_number": number},
            **{"app": "Learning", "app_id": "7d1f0c7e-5a34-4c1e-9b52-0000a1b2c3d9", "mode": "enforce"},
            **{"margin_seconds": 30, "messages_per_second": 20},
            **{"rate_card": "gupshup-2021-02", "rate_cards": [], "light": light, "troubles": [], "not_stored": 0},
            **{"secrets": {"api-key": 1, "webhook-token": 2}, "looked_back_to": rfc3339(now - 7 * 86_400_000)},
            **{"last_heard_at": heard, "last_message_at": heard, "last_status_at": None},
            **more,
        }
        self.channels.append(channel)
        return channel

    def add_unrecognized(self, reason: str, raw: Any, at: int, copies: int = 0, channel: str = "gupshup-1") -> Json:
        """``at``: epoch ms of the last time; the first was an hour before each copy."""
        event = {
            "id": f"{at:013d}-{len(self.unrecognized):012x}",
            "at": rfc3339(at - copies * 3_600_000),
            "last_at": rfc3339(at),
            "copies": copies,
            "channel": channel,
            "reason": reason,
            "raw": raw,
        }
        self.unrecognized.insert(0, event)
        return event


@dataclass
class Asked:
    """``named``: what stands in the path at the places of ``{}``."""

    of: Administration
    named: tuple[str, ...]
    query: dict[str, str]
    body: Json


def list_unrecognized(asked: Asked) -> Answer:
    start, limit = int(asked.query.get("cursor", 0)), int(asked.query.get("limit", 50))
    found = asked.of.unrecognized
    more = str(start + limit) if len(found) > start + limit else None
    return 200, {"data": found[start : start + limit], "next_cursor": more}


def get_unrecognized(asked: Asked) -> Answer:
    found = next((each for each in asked.of.unrecognized if each["id"] == asked.named[0]), None)
    if found is None:
        return 404, NOT_FOUND
    text, start = json.dumps(found["raw"]), int(asked.query.get("cursor", 0))
    end = start + asked.of.part_letters
    head = {name: value for name, value in found.items() if name != "raw"}
    more = str(end) if end < len(text) else None
    return 200, {**head, "text": text[start:end], "is_whole": True, "next_cursor": more}


def list_channels(asked: Asked) -> Answer:
    return 200, {"data": asked.of.channels}


def label_template(asked: Asked) -> Answer:
    for index, each in enumerate(asked.of.templates):
        if (each.channel_id, each.name, each.language) == (
            asked.body["channel"],
            asked.named[0],
            asked.body["language"],
        ):
            asked.of.templates[index] = replace(each, labels=tuple(asked.body["labels"]))
            return 200, template_json(asked.of.templates[index])
    return 404, NOT_FOUND


def sync_templates(asked: Asked) -> Answer:
    return 200, {"data": asked.of.listed}


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def create_webhook(asked: Asked) -> Answer:
    webhook = {
        **{"id": f"wh_{len(asked.of.webhooks) + 1:020x}", "channels": None, "format": "gate24", "description": ""},
        **{"status": "active", "pause_reason": None, "failing_since": None, "is_cut_off": False, "behind_since": None},
        **{"created_at": rfc3339(int(time.time() * 1000)), **asked.body},
    }
    asked.of.webhooks.append(webhook)
    return 201, webhook | {"secret": SECRET}


def webhook_named(asked: Asked) -> Json:
    return next(each for each in asked.of.webhooks if each["id"] == asked.named[0])


def change_webhook(asked: Asked) -> Answer:
    webhook = webhook_named(asked)
    webhook |= asked.body | ({"pause_reason": None} if "status" in asked.body else {})
    return 200, webhook


def delete_webhook(asked: Asked) -> Answer:
    asked.of.webhooks.remove(webhook_named(asked))
    return 204, None


def rotate_webhook(asked: Asked) -> Answer:
    return 200, webhook_named(asked) | {"secret": SECRET}


def test_webhook(asked: Asked) -> Answer:
    return 200, asked.of.tested | {"took_ms": 87, "event_id": "evt_ping"}


def replay_events(asked: Asked) -> Answer:
    return 202, asked.of.replays.pop(0) | {"not_found": []}


def get_keywords(asked: Asked) -> Answer:
    return 200, keywords_json(asked.of.keywords)


def change_keywords(asked: Asked) -> Answer:
    """By the rules of the server itself."""
    try:
        check_change(asked.of.keywords, asked.body)
        asked.of.keywords = changed_organization(asked.of.keywords, asked.body, ())
    except Problem as problem:
        told = {"detail": problem.detail, "errors": list(problem.errors)}
    except WrongSettings as wrong:
        told = {"detail": str(wrong), "errors": []}
    else:
        return get_keywords(asked)
    return 400, NOT_FOUND | {"title": "Wrong", "status": 400, "code": "payload_invalid"} | told


def try_keyword(asked: Asked) -> Answer:
    return 200, {"action": keyword_action(asked.body["text"], asked.of.keywords)}


ROUTES: dict[tuple[str, str], Callable[[Asked], Answer]] = {
    ("GET", "channels"): list_channels,
    ("PUT", "templates/{}/labels"): label_template,
    ("POST", "templates/sync"): sync_templates,
    ("POST", "webhooks"): create_webhook,
    ("PATCH", "webhooks/{}"): change_webhook,
    ("DELETE", "webhooks/{}"): delete_webhook,
    ("POST", "webhooks/{}/rotate"): rotate_webhook,
    ("POST", "webhooks/{}/test"): test_webhook,
    ("POST", "webhooks/{}/replay"): replay_events,
    ("GET", "keywords"): get_keywords,
    ("PATCH", "keywords"): change_keywords,
    ("POST", "keywords/try"): try_keyword,
    ("GET", "unrecognized"): list_unrecognized,
    ("GET", "unrecognized/{}"): get_unrecognized,
}
"""By method and path, in which a name is ``{}``."""


def administered(
    of: Administration, method: str, parts: list[str], query: dict[str, str], body: Json | None
) -> Answer | None:
    """What a route of the administration answers; None where it is none of them."""
    for (own_method, path), answer in ROUTES.items():
        own = path.split("/")
        if own_method == method and len(own) == len(parts):
            pairs = list(zip(own, parts, strict=True))
            if all(each in ("{}", part) for each, part in pairs):
                return answer(Asked(of, tuple(part for each, part in pairs if each == "{}"), query, body or {}))
    return None
