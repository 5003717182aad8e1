"""How contacts, windows and messages look in the API's JSON."""

from __future__ import annotations

from typing import Any

from gate24.channels import Channel
from gate24.rules.failures import meaning
from gate24.rules.message_status import shown_status
from gate24.rules.times import rfc3339
from gate24.rules.window import WindowState, state_at
from gate24.store import messages
from gate24.store.contacts import Person
from gate24.store.items import ConsentItem, MessageItem, milliseconds


def time_or_none(at: float | None) -> str | None:
    """RFC 3339 of epoch ms."""
    return None if at is None else rfc3339(int(at))


def window_json(state: WindowState) -> dict[str, Any]:
    return {
        "state": state.state,
        "opened_at": time_or_none(state.opened_at),
        "last_inbound_at": time_or_none(state.last_inbound_at),
        "expires_at": time_or_none(state.expires_at),
        "seconds_left": state.seconds_left,
        "closed_by": state.closed_by,
    }


def contact_json(person: Person, channels: list[Channel], now: int) -> dict[str, Any]:
    """A contact with one window for each channel of the organization."""
    consent = person.consent
    return {
        "phone": person.phone,
        "user_ids": sorted(person.user_ids),
        "name": person.name,
        "blocked": consent.blocked,
        "consent": {"status": consent.status, "at": time_or_none(consent.at), "source": consent.source},
        "marketing_stopped": consent.marketing_stopped,
        "unreachable": person.unreachable,
        "windows": [
            {
                "channel": channel.id,
                "window": window_json(state_at(person.window(channel.id), now, channel.margin_seconds * 1000)),
            }
            for channel in channels
        ],
        "last_activity_at": time_or_none(person.last_activity_at),
    }


def consent_json(entry: ConsentItem) -> dict[str, Any]:
    return {
        "action": entry.action,
        "at": rfc3339(int(entry.at)),
        "source": entry.source,
        "evidence": entry.evidence,
        "actor": entry.actor,
    }


def message_json(item: MessageItem, now: int) -> dict[str, Any]:
    """A message with its status, computed from everything that was said of it."""
    key = messages.key_of(item)
    said = messages.statuses_of(item)
    status = shown_status(item.status, said, milliseconds(item.lease_until), now)
    body: dict[str, Any] = {
        "id": key.id,
        "direction": item.direction,
        "type": item.type,
        "channel": item.channel,
        "status": status,
        "at": rfc3339(key.at),
        "statuses": [{"status": name, "at": rfc3339(at)} for name, at in messages.status_list(item)],
    }
    optional = {
        "text": item.text,
        "media": item.media,
        "template": item.template,
        "sent_as": item.sent_as,
        "bsp_message_id": item.provider_id if item.direction == "outbound" else None,
        "details": {name: value for name, value in (item.details or {}).items() if name != "opens"} or None,
    }
    body |= {name: value for name, value in optional.items() if value is not None}
    if item.code is not None and status in ("refused", "rejected", "failed", "unknown"):
        body["code"] = item.code
        body["failure"] = failure_json(item.code, item.reason) if status in ("failed", "rejected") else None
        body["reason"] = item.reason
        body = {name: value for name, value in body.items() if value is not None}
    if item.cost is not None:
        body["cost"] = item.cost if status not in ("failed", "rejected", "refused") else nothing(item.cost)
    return body


def nothing(cost: dict[str, Any]) -> dict[str, Any]:
    """The cost of a message that ended without one."""
    return {"amount": "0", "currency": cost["currency"], "lines": [], "estimate": False}


def failure_json(code: str, reason: str | None) -> dict[str, Any]:
    """A provider's refusal in its own code and in words."""
    known = meaning(code, reason)
    return {"code": code, "reason": reason, "kind": known.kind, "meaning": known.text}
