"""How contacts, windows, messages, templates and costs look in the API's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gate24.api.pages import RAW_LETTERS, TEXT_LETTERS, fits
from gate24.api_keys import SCOPES, ApiKey
from gate24.audit import Actor
from gate24.authors import Author, author_of_text
from gate24.channels import Channel
from gate24.contacts import ConsentEntry, Contact, Erasure
from gate24.costs import (
    FEES,
    MESSAGE_COUNTS,
    NOT_KNOWN,
    OTHERS,
    Cost,
    CountedAmount,
    DayCosts,
    Exchange,
    MonthCosts,
    Sums,
)
from gate24.events import ContactRef
from gate24.members import Member
from gate24.messages import Message
from gate24.rules.authorship import author_of_entry, author_of_message
from gate24.rules.consent import consent_since, consent_source, consent_status, has_stopped_marketing
from gate24.rules.day_parts import author_id
from gate24.rules.decision import Facts, facts_of, permissions
from gate24.rules.failures import meaning
from gate24.rules.media_files import fetch_state
from gate24.rules.message_status import RANK, message_status
from gate24.rules.money import amount
from gate24.rules.reached import cost_per_reached, reached_by
from gate24.store.unrecognized import UnrecognizedEvent
from gate24.templates import Template
from gate24.windows import WindowState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(ms: int) -> str:
    """Epoch ms as RFC 3339 in UTC with milliseconds: ``2026-11-22T10:00:00.000Z``."""
    moment = _EPOCH + timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def time_or_none(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)


def api_key_json(key: ApiKey) -> dict[str, Any]:
    """``organization`` is null for a key of the platform, ``channels`` for one that is not limited to channels."""
    return {
        "id": key.id,
        "organization": key.organization_id or None,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": [scope for scope in SCOPES if scope in key.scopes],
        "channels": None if key.channels is None else sorted(key.channels),
        "created_at": time_or_none(key.created_at),
        "last_used_at": time_or_none(key.last_used_at),
        "expires_at": time_or_none(key.expires_at),
    }


def member_json(member: Member) -> dict[str, Any]:
    return {
        "email": member.email,
        "name": member.name,
        "role": member.role,
        "added_at": rfc3339(member.added_at),
    }


def window_json(state: WindowState) -> dict[str, Any]:
    return {
        "state": state.state,
        "opened_at": time_or_none(state.opened_at),
        "last_inbound_at": time_or_none(state.last_inbound_at),
        "expires_at": time_or_none(state.expires_at),
        "gate_closes_at": time_or_none(state.gate_closes_at),
        "closing_at": time_or_none(state.closing_at),
        "seconds_left": state.seconds_left,
        "closed_by": state.closed_by,
    }


def contact_json(contact: Contact, channels: list[Channel], now: int) -> dict[str, Any]:
    """A contact with one window for each channel of the organization, and what may be sent there."""
    consent = contact.consent
    return {
        "phone": contact.phone,
        "user_id": contact.user_id,
        "user_ids": sorted(contact.user_ids),
        "name": contact.name,
        "blocked": consent.blocked,
        "consent": {
            "status": consent_status(consent),
            "at": time_or_none(consent_since(consent)),
            "source": consent_source(consent),
        },
        "marketing_stopped": any(has_stopped_marketing(consent, channel.id) for channel in channels),
        "unreachable": contact.unreachable,
        "number_changed_at": time_or_none(contact.left_at) if contact.is_left else None,
        "windows": [_channel_json(contact, channel, now) for channel in channels],
        "last_activity_at": time_or_none(contact.last_activity_at),
    }


def _channel_json(contact: Contact, channel: Channel, now: int) -> dict[str, Any]:
    """``may``: what may be sent while the window is open (None if it is not), and from the moment it closes."""
    person = ContactRef(contact.phone, contact.user_id)
    facts = facts_of(contact, channel, person, now)
    closed = facts_of(contact, channel, person, max(now, facts.state.gate_closes_at or now))
    return {
        "channel": channel.id,
        "window": window_json(facts.state),
        "marketing_stopped": facts.has_stopped_marketing,
        "may": {"open": _may(facts) if facts.state.is_open else None, "closed": _may(closed)},
    }


def _may(facts: Facts) -> dict[str, Any]:
    return asdict(permissions(facts))


def actor_json(actor: Actor) -> dict[str, Any]:
    return {"kind": actor.kind, "name": actor.name} | without_none({"email": actor.email, "key_id": actor.key_id})


def erasure_json(erasure: Erasure) -> dict[str, Any]:
    return {
        "erasure": erasure.id,
        "status": "running" if erasure.finished_at is None else "done",
        "begun_at": rfc3339(erasure.at),
        "finished_at": time_or_none(erasure.finished_at),
        "deleted": erasure.deleted,
    }


def author_json(author: Author) -> dict[str, Any]:
    return {"kind": author.kind, "name": author.name}


def consent_json(entry: ConsentEntry, contact_name: str | None = None) -> dict[str, Any]:
    """``contact_name``: of the person whose history it is in."""
    return {
        "action": entry.action,
        "at": rfc3339(entry.at),
        "source": entry.source,
        "evidence": entry.evidence,
        "actor": entry.actor,
        "author": author_json(author_of_entry(entry, contact_name)),
        "channel": entry.channel_id,
    }


def message_json(message: Message, contact: Contact, now: int) -> dict[str, Any]:
    """A message with its status, computed from everything that was said of it. ``contact``: the person whom it is from
    or to."""
    status = message_status(message.stage, message.statuses, message.lease_until, now)
    in_order = sorted(message.statuses.items(), key=lambda said: (RANK.get(said[0], 9), said[1]))
    body: dict[str, Any] = {
        "id": message.key.id,
        "direction": message.direction,
        "type": message.type,
        "channel": message.channel_id,
        "status": status,
        "author": author_json(author_of_message(message, contact)),
        "at": rfc3339(message.send_time if message.sent_around else message.key.at),
        "statuses": [{"status": name, "at": rfc3339(at)} for name, at in in_order],
    }
    optional: dict[str, Any] = {
        "contact": contact.phone or contact.user_id or (message.to.text if message.to else None),
        "provider_id": message.provider_id,
        "tags": message.details.get("tags"),
        "to": message.to.text if message.to else None,
        "text": message.text,
        "media": _media_json(message, now),
        "template": message.template,
        **(message.content or {}),
        "reply_to": message.reply_to,
        "sent_as": message.sent_as,
        "bsp_message_id": message.provider_id if message.direction == "outbound" else None,
        "sent_around": message.sent_around or None,
        "at_is_estimate": message.time_is_estimate or None,
        "details": dict(message.details) or None,
        "content_kept": None if message.is_content_kept else False,
        "attempts": _attempts_json(message) or None,
    }
    if message.code is not None and status in ("refused", "rejected", "failed", "unknown"):
        optional["code"] = message.code
        is_providers = status == "failed" or (status == "rejected" and not message.is_given_back)
        optional["failure"] = _failure_json(message) if is_providers else None
        optional["reason"] = message.reason
    if message.cost is not None:
        is_free = status in ("failed", "rejected", "refused")
        cost = Cost(message.cost.currency, ()) if is_free else message.cost
        optional["cost"] = cost_json(cost, message.cost_is_estimate and not is_free)
    return body | without_none(optional)


def _media_json(message: Message, now: int) -> dict[str, Any] | None:
    if message.media is None or (message.direction == "outbound" and message.content):  # the header of buttons
        return None
    return without_none({"id": message.key.id, **asdict(message.media), "fetch": fetch_state(message, now)})


def listed_message_json(message: Message, contact: Contact, now: int) -> dict[str, Any]:
    """A message in a list: a long text is cut."""
    text, media = message.text, message.media
    caption = None if media is None else media.caption
    if max(len(text or ""), len(caption or "")) <= TEXT_LETTERS:
        return message_json(message, contact, now)
    if media is not None:
        media = replace(media, caption=caption and caption[:TEXT_LETTERS])
    cut = replace(message, text=text and text[:TEXT_LETTERS], media=media)
    return message_json(cut, contact, now) | {"text_cut": True}


def _attempts_json(message: Message) -> list[dict[str, Any]]:
    """Every attempt to send, oldest first; empty where the first one brought the outcome."""
    attempts = [
        without_none({"at": rfc3339(each.at), "code": each.code, "reason": each.reason})
        for each in message.failed_attempts
    ]
    has_last_one = attempts and message.stage != "refused" and not message.is_given_back
    return [*attempts, {"at": rfc3339(message.send_time)}] if has_last_one else attempts


def _failure_json(message: Message) -> dict[str, Any]:
    """A provider's refusal in its own code and in words."""
    known = meaning(message.code, message.reason)
    return {"code": message.code, "reason": message.reason, "kind": known.kind, "meaning": known.text}


def cost_json(cost: Cost, estimate: bool) -> dict[str, Any]:
    """Lines without an amount are left out. ``estimate``: not yet settled by what became of the message, or not wholly
    priced."""
    return {
        "amount": amount(cost.total),
        "currency": cost.currency,
        "lines": [{"fee": line.fee, "amount": amount(line.micro)} for line in cost.lines if line.micro],
        "estimate": estimate or cost.unpriced,
        **({"undelivered": amount(cost.undelivered)} if cost.undelivered else {}),
        **({"assumed": list(cost.assumed)} if estimate and cost.assumed else {}),
        **({} if cost.is_verified else {"unverified": True}),
        **_exchange_json(cost.card.total if cost.card else 0, cost.exchange),
    }


def _exchange_json(card_micro: int, exchange: Exchange | None) -> dict[str, Any]:
    """The card's own amount and how it was converted; nothing where it was not."""
    if exchange is None:
        return {}
    return {
        "card": {"amount": amount(card_micro), "currency": exchange.from_currency},
        "exchange": {"rate": exchange.text, "day": exchange.day, "source": exchange.source},
    }


def template_json(template: Template) -> dict[str, Any]:
    labels = {"labels": list(template.labels)} if template.labels else {}
    required = {
        "name": template.name,
        "channel": template.channel_id,
        "bsp_template_id": template.bsp_template_id,
        "language": template.language,
        "category": template.category,
        "status": template.status,
        "params": template.params,
        "media": template.media,
    }
    return required | without_none({"body": template.body, "reason": template.reason}) | labels


def unrecognized_head(event: UnrecognizedEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": rfc3339(event.at),
        "last_at": rfc3339(event.last_at),
        "copies": event.copies,
        "channel": event.channel_id,
        "reason": event.reason,
    }


def unrecognized_json(event: UnrecognizedEvent) -> dict[str, Any]:
    """An event in a list: of one that fits into no page the start of its JSON, as text."""
    if not (event.is_whole and fits(event.text)):
        return unrecognized_head(event) | {"raw": event.text[:RAW_LETTERS], "raw_cut": True}
    return unrecognized_head(event) | {"raw": json.loads(event.text)}


def day_json(costs: DayCosts) -> dict[str, Any]:
    """A day's costs."""
    return {
        "date": costs.day,
        **_costs_json(costs),
        **({"converted": converted} if (converted := _converted_json(costs)) else {}),
    }


def month_json(costs: MonthCosts) -> dict[str, Any]:
    """A month's costs."""
    own = [{"amount": amount(micro), "currency": name} for name, micro in sorted(costs.card_amounts.items())]
    return {"month": costs.month, "days": costs.days, **_costs_json(costs), **({"converted_from": own} if own else {})}


def _costs_json(costs: DayCosts | MonthCosts) -> dict[str, Any]:
    return {
        "timezone": costs.timezone,
        "currency": costs.currency,
        "status": costs.status,
        "as_of": time_or_none(costs.as_of),
        "total": amount(costs.sums.total),
        **_sums_json(costs.sums),
        "by_channel": [
            {"channel": channel, **_sums_json(sums), "total": amount(sums.total)}
            for channel, sums in sorted(costs.by_channel.items())
        ],
        "by_category": _named_json("category", costs.by_category),
        "by_market": _named_json("market", costs.by_market),
        "by_campaign": _named_json("campaign", costs.by_campaign),
        "by_template": [
            {"template": None if name in _UNNAMED else name, **_part_json(name, part)}
            for name, part in costs.by_template.items()
        ],
        "by_author": [
            {
                "author": None if name in _UNNAMED else author_json(author_of_text(name)),
                **({} if name in _UNNAMED else {"author_id": author_id(name)}),
                **_part_json(name, part),
            }
            for name, part in costs.by_author.items()
        ],
        "unpriced": costs.unpriced,
        "unknown_amount": amount(costs.unknown_amount),
        "undelivered": _counted_json(costs.undelivered),
        "templates_in_window": _counted_json(costs.in_window),
        "unverified": costs.unverified,
        "reached": reached_by(costs),
        "cost_per_reached": None if (each := cost_per_reached(costs)) is None else amount(each),
        "provider_billed": {"count": costs.provider_billed, "differences": costs.provider_differences},
    }


def _counted_json(part: CountedAmount) -> dict[str, Any]:
    return {"count": part.count, "amount": amount(part.micro)}


def _named_json(kind: str, parts: Mapping[str, CountedAmount]) -> list[dict[str, Any]]:
    return [{kind: name or None, "count": part.count, "total": amount(part.micro)} for name, part in parts.items()]


_UNNAMED = {NOT_KNOWN: "unknown", OTHERS: "others"}


def _part_json(name: str, part: CountedAmount) -> dict[str, Any]:
    """A part that has a name, or says why it has none."""
    unnamed = {"unnamed": _UNNAMED[name]} if name in _UNNAMED else {}
    return {**unnamed, "count": part.count, "total": amount(part.micro)}


def _converted_json(costs: DayCosts) -> list[dict[str, Any]]:
    return [_exchange_json(micro, costs.exchanges[name]) for name, micro in sorted(costs.card_amounts.items())]


def of_channels_json(costs: dict[str, Any]) -> dict[str, Any]:
    """What a day or a month has cost on some of the channels (``rules.rollup.of_channels``)."""
    return {name: value for name, value in costs.items() if name not in _OF_ALL_CHANNELS}


_OF_ALL_CHANNELS = (
    *("by_category", "by_market", "by_campaign", "by_template", "by_author"),
    *("unpriced", "unknown_amount", "undelivered", "templates_in_window"),
    *("unverified", "reached", "cost_per_reached", "provider_billed"),
)
"""What is known of a day, and not of each channel."""


def _sums_json(sums: Sums) -> dict[str, Any]:
    return {
        "messages": {name: sums.messages[name] for name in MESSAGE_COUNTS},
        "fees": {fee: amount(sums.fees[fee]) for fee in FEES},
    }


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
