"""Webhooks out in a test: made by the API, delivered out of the queue, received by the simulator."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from gate24 import clock
from gate24.api import (
    event_bodies,
    event_routes,  # noqa: F401  # has its own name of ``body``: loaded before ``render_all`` changes that
)
from gate24.api.render import rfc3339
from gate24.channels import Organization
from gate24.feed import FeedEvent
from gate24.store import subscriptions
from gate24.usecases import retry_deliveries
from gate24.usecases.queue_deliveries import queue_events
from tests.support.scene import records_of
from tests.support.system import CONTEXT, GUPSHUP, ORG, System, handler

_numbers = itertools.count(1)


def hook_url(gate24: System, name: str = "bot") -> str:
    assert gate24.simulator is not None
    return f"{gate24.simulator.url}/_sim/hooks/{name}"


def make_webhook(gate24: System, name: str = "bot", key: str = ORG, **more: Any) -> dict[str, Any]:
    """A webhook to the simulator's receiver of that name; with its secret."""
    body = {"url": hook_url(gate24, name), "events": ["*"], **more}
    answer = gate24.http("POST", "/v1/webhooks", body, key=key)
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def webhook(gate24: System, webhook_id: str) -> dict[str, Any]:
    """As the API shows it now."""
    found: dict[str, Any] = gate24.http("GET", f"/v1/webhooks/{webhook_id}").json
    return found


def deliveries_of(gate24: System, webhook_id: str, status: str | None = None) -> list[dict[str, Any]]:
    query = f"?status={status}" if status else ""
    found: list[dict[str, Any]] = gate24.http("GET", f"/v1/webhooks/{webhook_id}/deliveries{query}").json["data"]
    return found


def arrived(gate24: System, name: str | None = None) -> list[dict[str, Any]]:
    """What the receiver got, oldest first."""
    assert gate24.simulator is not None
    found = gate24.simulator.hooks.journal.oldest_first()
    return [each for each in found if name in (None, each["name"])]


def script_hook(gate24: System, name: str = "bot", **answer: Any) -> None:
    """How the receiver answers next (an entry of ``POST /_sim/hooks-script``)."""
    assert gate24.simulator is not None
    gate24.simulator.hooks.add({"name": name, **answer})


def new_event(contact: str = "contact-1", channel: str | None = GUPSHUP, organization: str = ORG) -> FeedEvent:
    """An event of its own."""
    number = next(_numbers)
    facts = {"number": number}
    return FeedEvent(
        f"evt_{number:032x}", "message.status", clock.now_ms(), organization, channel, contact, None, facts
    )


def tell(*events: FeedEvent) -> None:
    """Queues the events as the stream's function does."""
    for event in events:
        queue_events(event.organization_id, [event])


def rendered(organization: Organization, event: FeedEvent) -> dict[str, Any]:
    """A body that every event has."""
    head = {"type": event.type, "id": event.id, "timestamp": rfc3339(event.at)}
    return head | {"organization": organization.id, "channel": event.channel_id, "data": dict(event.facts)}


def render_all(monkeypatch: Any) -> None:
    """Events by hand, which stand for no message, are told all the same."""
    monkeypatch.setattr(event_bodies, "body", rendered)


def queued_records() -> list[dict[str, Any]]:
    """What lies in the queue of deliveries, as ``records_of``."""
    return records_of("DELIVERY_QUEUE_URL")


def deliver(records: list[dict[str, Any]] | None = None) -> list[str]:
    """Hands what is queued to its function, one at a time; the ids of what it gives back."""
    given_back = []
    for record in queued_records() if records is None else records:
        answer = handler("deliver_events")({"Records": [record]}, CONTEXT)
        given_back += [each["itemIdentifier"] for each in answer["batchItemFailures"]]
    return given_back


def run_schedule(while_probing: Callable[[], object] | None = None) -> dict[str, Any]:
    """The schedule's function, once. ``while_probing``: what happens when it waits for its probes; else it does not."""
    subscriptions.forget()
    with pytest.MonkeyPatch.context() as patch:
        if while_probing is None:
            patch.setattr(retry_deliveries, "PROBES_SECONDS", -1.0)
        else:
            patch.setattr(retry_deliveries, "sleep", lambda _: while_probing())
        done: dict[str, Any] = handler("retry_deliveries")({}, CONTEXT)
    return done
