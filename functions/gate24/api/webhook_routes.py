"""Webhooks out: what an organization's own software is told of, where, and what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.limited_keys import EVENTS_OF_CHANNELS
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.channels import ProviderName
from gate24.providers.endpoint import fault_of
from gate24.rules.delivery_retries import EARLIER_SECRETS_MOST, is_failing
from gate24.settings import settings
from gate24.store import deliveries, organizations, subscriptions
from gate24.store.subscriptions import TooManySecrets
from gate24.subscriptions import (
    PING,
    SUBSCRIPTIONS_MOST,
    Delivery,
    EndpointHealth,
    Subscription,
)
from gate24.usecases.deliver_event import as_json, post
from gate24.usecases.replay_events import replay_by_id, replay_time

_PURPOSE = "webhooks"


def create_webhook(call: Call) -> dict[str, Any]:
    body = call.body("WebhookRequest")
    _check_url(body["url"])
    organization_id = call.organization.id
    if len(subscriptions.read_all(organization_id)) >= SUBSCRIPTIONS_MOST:
        detail = f"An organization has at most {SUBSCRIPTIONS_MOST} webhooks: delete one that is not needed."
        raise Problem("payload_invalid", detail)
    made = Subscription(
        id=subscriptions.new_id(),
        organization_id=organization_id,
        url=body["url"],
        events=_chosen(body["events"]),
        channels=_channels(call, body.get("channels")),
        format=body.get("format", "gate24"),
        description=body.get("description", ""),
        created_at=call.now,
        is_paused=False,
        generation=subscriptions.new_generation(),
    )
    _require_its_channels(call, made)
    subscriptions.create(made)
    return http.answer(201, _with_secret(made, call.now))


def list_webhooks(call: Call) -> dict[str, Any]:
    found = [each for each in subscriptions.read_all(call.organization.id) if _may_see(call, each)]
    start = call.position(_PURPOSE) or 0
    return call.page(((webhook_json(found[index]), index + 1) for index in range(start, len(found))), _PURPOSE)


def get_webhook(call: Call) -> dict[str, Any]:
    return http.answer(200, webhook_json(_webhook(call)))


def change_webhook(call: Call) -> dict[str, Any]:
    webhook, body = _webhook(call), call.body("WebhookChange")
    changed = webhook
    if body.get("url", webhook.url) != webhook.url:
        _check_url(body["url"])
        changed = replace(changed, url=body["url"], health=EndpointHealth())
    if "events" in body:
        changed = replace(changed, events=_chosen(body["events"]))
    if "channels" in body:
        changed = replace(changed, channels=_channels(call, body["channels"]))
    if "description" in body:
        changed = replace(changed, description=body["description"])
    if "status" in body:
        changed = replace(changed, is_paused=body["status"] == "paused")
        if webhook.is_paused and not changed.is_paused:
            changed = replace(changed, health=EndpointHealth())
    _require_its_channels(call, changed)
    return http.answer(200, webhook_json(_there(subscriptions.change(changed))))


def delete_webhook(call: Call) -> dict[str, Any]:
    """What waits for it, and what failed, goes with the next run of the schedule."""
    webhook = _webhook(call)
    deliveries.note_waiting(webhook.organization_id, webhook.id, call.now)
    subscriptions.remove(webhook.organization_id, webhook.id)
    return http.answer(204)


def rotate_secret(call: Call) -> dict[str, Any]:
    webhook = _webhook(call)
    try:
        rotated = _there(subscriptions.rotate(webhook.organization_id, webhook.id, call.now))
    except TooManySecrets as error:
        detail = f"{EARLIER_SECRETS_MOST} secrets of the last 24 hours sign along; none of them ends before its time."
        retry_after = ceil((error.ends_at - call.now) / 1000)
        raise Problem("throttled", detail, ("retry_later",), retry_after=retry_after) from None
    return http.answer(200, _with_secret(rotated, call.now))


def test_webhook(call: Call) -> dict[str, Any]:
    """Sends a ping at once, past the queue, with the proofs that a delivery has. What comes of it is told, and changes
    nothing of the webhook."""
    webhook, event_id = _webhook(call), f"evt_{secrets.token_hex(16)}"
    ping = {
        "type": PING,
        "id": event_id,
        "timestamp": rfc3339(call.now),
        "organization": webhook.organization_id,
        "channel": None,
        "data": {"webhook": webhook.id},
    }
    said = post(webhook, event_id, as_json(ping), call.now, _passed_on(webhook))
    body = {
        "ok": said.is_success,
        "status": said.status,
        "answer": None if said.status is None else said.detail,
        "problem": said.detail if said.status is None else None,
        "took_ms": said.took_ms,
        "event_id": event_id,
        "server_time": rfc3339(call.now),
    }
    return http.answer(200, body)


def _passed_on(webhook: Subscription) -> list[ProviderName]:
    """The providers whose bodies are passed on to the webhook."""
    channels = organizations.channels(webhook.organization_id) if webhook.format == "provider" else ()
    return sorted({channel.provider for channel in channels if webhook.has_channel(channel.id)})


def list_deliveries(call: Call) -> dict[str, Any]:
    webhook, status = _webhook(call), call.parameters["delivery_status"]
    purpose = f"deliveries {webhook.id} {status or ''}"
    position = call.position(purpose)
    if status is None:
        found = deliveries.newest(webhook.organization_id, webhook.id, position)
    else:
        found = deliveries.of_status(webhook.organization_id, webhook.id, status, position)
    own = ((each, at) for each, at in found if call.access.may_use(each.event.channel_id))
    return call.page(((delivery_json(each), at) for each, at in own), purpose)


def replay_events(call: Call) -> dict[str, Any]:
    webhook, body = _webhook(call), call.body("ReplayRequest")
    if ("event_ids" in body) == ("from" in body) or ("event_ids" in body and "to" in body):
        errors = [{"pointer": "/from", "detail": "Name either from (and to), or event_ids."}]
        raise Problem("payload_invalid", "What is to be told again is not clear.", errors=errors)
    if "event_ids" in body:
        done = replay_by_id(webhook, body["event_ids"], call.now)
    else:
        first = _moment(body, "from")
        last = _moment(body, "to") if "to" in body else call.now
        if last < first:
            errors = [{"pointer": "/to", "detail": "is before from"}]
            raise Problem("payload_invalid", "No time is between the two.", errors=errors)
        done = replay_time(webhook, first, last, call.now)
    answer = {
        "queued": done.queued,
        "not_found": list(done.not_found),
        "next_from": None if done.next_from is None else rfc3339(done.next_from),
        "server_time": rfc3339(call.now),
    }
    return http.answer(202, answer)


def _moment(body: dict[str, Any], name: str) -> int:
    try:
        return round(datetime.fromisoformat(body[name]).timestamp() * 1000)
    except (ValueError, OverflowError):
        errors = [{"pointer": f"/{name}", "detail": "is not a moment of the calendar"}]
        raise Problem("payload_invalid", "The time is not valid.", errors=errors) from None


def _webhook(call: Call) -> Subscription:
    found = _there(subscriptions.find(call.organization.id, call.parameters["webhook_id"]))
    return _there(found if _may_see(call, found) else None)


def _may_see(call: Call, webhook: Subscription) -> bool:
    """Whether it tells of nothing but the channels to which the key is limited."""
    limit = call.access.limit
    if limit is None:
        return True
    if not webhook.channels or not limit.issuperset(webhook.channels):
        return False
    if webhook.format == "provider":
        return not _at_meta(webhook)
    return set(webhook.events) <= set(EVENTS_OF_CHANNELS)


def _at_meta(webhook: Subscription) -> list[str]:
    """Its channels whose provider's bodies may tell of other channels, too: Meta puts up to 1,000 updates of an app's
    numbers into one body, and Gupshup has an address for each."""
    channels = organizations.channels(webhook.organization_id)
    return [each.id for each in channels if each.id in webhook.channels and each.provider == "meta"]


def _require_its_channels(call: Call, webhook: Subscription) -> None:
    """Problem ``unauthorized`` where a key that is limited to channels asks for a webhook that tells of more."""
    if call.access.limit is None:
        return
    call.access.require_channels(*webhook.channels)
    if not webhook.channels:
        raise call.access.is_limited("Name those of which the webhook tells in channels.")
    if webhook.format == "provider" and (batched := _at_meta(webhook)):
        raise call.access.is_limited(
            f"A body of Meta's may tell of other numbers, too, so it cannot be passed on for {', '.join(batched)} "
            "alone: take the format gate24."
        )
    if not _may_see(call, webhook):
        types = ", ".join(EVENTS_OF_CHANNELS)
        raise call.access.is_limited(
            f"Other events than {types} may tell of the whole organization: name these in events."
        )


def _there(found: Subscription | None) -> Subscription:
    if found is None:
        raise Problem("not_found", "There is no such webhook.")
    return found


def _check_url(url: str) -> None:
    fault = fault_of(url, settings().allow_loopback)
    if fault is not None:
        errors = [{"pointer": "/url", "detail": fault}]
        raise Problem("url_not_allowed", f"The URL {fault}.", errors=errors)


def _chosen(events: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(events))


def _channels(call: Call, chosen: list[str] | None) -> tuple[str, ...]:
    known = {channel.id for channel in organizations.channels(call.organization.id)}
    unknown = [
        {"pointer": f"/channels/{number}", "detail": "is not a channel of this organization"}
        for number, each in enumerate(chosen or ())
        if each not in known
    ]
    if unknown:
        raise Problem("payload_invalid", "A channel is not known.", errors=unknown)
    return tuple(dict.fromkeys(chosen or ()))


def webhook_json(webhook: Subscription) -> dict[str, Any]:
    """A webhook as the API shows it, without its secret."""
    health = webhook.health
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "channels": list(webhook.channels) or None,
        "format": webhook.format,
        "description": webhook.description,
        "status": "paused" if webhook.is_paused else "failing" if is_failing(health) else "active",
        "pause_reason": webhook.pause_reason,
        "failing_since": None if health.failing_since is None else rfc3339(health.failing_since),
        "is_cut_off": health.cut_off_until is not None,
        "behind_since": None if webhook.backlog is None else rfc3339(webhook.backlog.since),
        "created_at": rfc3339(webhook.created_at),
    }


def _with_secret(webhook: Subscription, now: int) -> dict[str, Any]:
    return {**webhook_json(webhook), "secret": subscriptions.signing_secrets(webhook, now)[0]}


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    event, said = delivery.event, delivery.last_answer
    first, following = delivery.first_failed_at, delivery.next_at
    return {
        "event_id": event.id,
        "type": event.type,
        "channel": event.channel_id,
        "at": rfc3339(event.at),
        "status": delivery.status,
        "attempts": delivery.attempts,
        "first_failed_at": None if first is None else rfc3339(first),
        "next_attempt_at": None if following is None else rfc3339(following),
        "last_answer": None
        if said is None
        else {"at": rfc3339(said.at), "status": said.status, "detail": said.detail, "took_ms": said.took_ms},
    }


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "createWebhook": create_webhook,
    "listWebhooks": list_webhooks,
    "getWebhook": get_webhook,
    "changeWebhook": change_webhook,
    "deleteWebhook": delete_webhook,
    "rotateWebhookSecret": rotate_secret,
    "testWebhook": test_webhook,
    "listDeliveries": list_deliveries,
    "replayEvents": replay_events,
}
