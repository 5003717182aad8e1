"""A key that was used before: its first answer again, or that there is none yet."""

from __future__ import annotations

import json

from gate24.api import http
from gate24.api.problems import Problem
from gate24.api.render import time_or_none, window_json
from gate24.rules.message_status import shown_status
from gate24.rules.window import state_at
from gate24.store import contacts, keys, messages
from gate24.store.items import MessageItem, milliseconds
from gate24.store.messages import Reserved
from gate24.usecases.apply_status import adopt_orphans
from gate24.usecases.check_message import Request
from send_gate.sending import Told, outcome_unknown, told_problem


def again(request: Request, idempotency_key: str, held: Reserved, request_id: str) -> Told | None:
    """The first answer of the key. None: nothing was sent and the key is free now, so it may be reserved anew.

    Problem while the first request is under way, and where the key was used with another body.
    """
    if held.fingerprint != request.fingerprint:
        raise Problem("idempotency_key_reused", "This Idempotency-Key was used with another body.", ("use_new_key",))
    org, now = request.access.organization, http.now_ms()
    key = keys.message_key(held.message_id)
    assert key is not None
    found = messages.find(org.id, key)
    if found is not None and found.answer is not None:
        return _first(found)
    if found is not None and found.status == "rejected":  # its owner died before it gave the key back
        messages.release(org.id, idempotency_key, found.owner or "")
        return None
    if found is None and messages.is_erased(org.id, key):
        raise Problem("not_found", "The answer of this key was erased with the contact. Nothing is sent for it again.")
    if now < held.lease_until:
        raise Problem("request_in_progress", "The first request with this key is still in progress.", retry_after=1)
    told = _lost(request, found, held.message_id, request_id, now)
    messages.close_lost(
        org.id,
        key,
        "accepted" if told.status == 202 else "unknown",
        type=request.body["type"],
        channel=request.channel.id,
        to=request.to,
        code="bsp_outcome_unknown",
        answer=told.text,
        answer_status=told.status,
    )
    adopt_orphans(org, request.channel, request.contact, now)
    stored = messages.find(org.id, key)
    return _first(stored) if stored is not None and stored.answer is not None else told


def _first(item: MessageItem) -> Told:
    return Told(int(item.answer_status or 200), item.answer or "", replayed=True)


def _lost(request: Request, found: MessageItem | None, message_id: str, request_id: str, now: int) -> Told:
    """The answer for a send whose owner died before giving one: accepted if a status proved it, else unknown."""
    margin_ms = request.channel.margin_seconds * 1000
    person = contacts.person(request.access.organization.id, request.contact)
    window = window_json(state_at(person.window(request.channel.id), now, margin_ms))
    if found is not None:
        shown = shown_status(found.status, messages.statuses_of(found), milliseconds(found.lease_until), now)
        if shown in ("accepted", "sent", "delivered", "read"):
            body = {
                "id": message_id,
                "status": "accepted",
                "sent_as": found.sent_as,
                "bsp_message_id": found.provider_id or found.whatsapp_id,
                "window": window,
                "server_time": time_or_none(now),
                "cost": found.cost,
            }
            return Told(202, json.dumps(body, ensure_ascii=False), replayed=True)
    return told_problem(outcome_unknown(request, message_id, None, window, now), request_id, replayed=True)
