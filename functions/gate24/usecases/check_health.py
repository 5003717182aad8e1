"""Checks what an organization's messages need: table, contact key, queue, and each channel's secrets and settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from gate24 import clock
from gate24.channels import Channel
from gate24.lazy_dataclass import dataclass
from gate24.rules.rate_cards import rate_card
from gate24.store import organizations, retry_queue, shard_record, table
from gate24.store.key_fingerprint import WrongContactKey
from gate24.store.retry_queue import NotQueued
from gate24.store.secrets import channel_secrets
from gate24.store.table import StoreError

CheckName = Literal["table", "contact_key", "queue", "secrets", "settings"]


@dataclass(frozen=True, slots=True)
class Check:
    """``problem``: what is wrong and what to do, None if nothing is. ``channel_id``: of a check of one channel.
    ``missing``: the secrets or settings that it lacks, or that name nothing."""

    name: CheckName
    problem: str | None = None
    channel_id: str | None = None
    missing: tuple[str, ...] = ()


TABLE_FAILS = Check("table", "cannot be read: look for an outage of DynamoDB, or at the function's permissions")


def check_health(organization_id: str) -> list[Check]:
    """All checks of one organization. Nothing is written, and nothing is sent."""
    shared = [
        Check("table", _table(organization_id)),
        Check("contact_key", _contact_key()),
        Check("queue", _queue()),
    ]
    return shared + [check for channel in _channels(organization_id) for check in _channel(channel)]


def _table(organization_id: str) -> str | None:
    try:
        if not organizations.is_stored(organization_id):
            return "lacks the organization of this key: enter it again"
        hidden = shard_record.hidden(clock.now_ms())
        return f"is not read whole: {hidden}" if hidden else None
    except StoreError:
        return TABLE_FAILS.problem


def _contact_key() -> str | None:
    try:
        table.contact_key()
    except WrongContactKey:
        return "is not the key that the table was written with: point the stack at the right secret"
    except StoreError:
        return "cannot be read: look for an outage of Secrets Manager, or at the function's permissions"
    return None


def _queue() -> str | None:
    try:
        retry_queue.reach()
    except NotQueued as error:
        return f"cannot be reached ({error}): look for an outage of SQS, or at the function's permissions"
    return None


def _channels(organization_id: str) -> list[Channel]:
    try:
        return organizations.channels(organization_id)
    except StoreError:  # the table's check tells
        return []


def _channel(channel: Channel) -> Iterator[Check]:
    yield _secrets(channel)
    yield _settings(channel)


def _secrets(channel: Channel) -> Check:
    try:
        found = channel_secrets(channel.id, may_be_stale=False)
    except StoreError as error:
        wrong = "are no JSON object as documented: write them anew"
        if error.retryable:
            wrong = "cannot be read: look for an outage of Secrets Manager, or at the function's permissions"
        return Check("secrets", wrong, channel.id)
    needed = {"api_key": found.api_key}
    if channel.provider == "gupshup":
        needed |= {"webhook_tokens": "".join(found.webhook_tokens)}
    else:
        needed |= {"app_secrets": "".join(found.app_secrets), "verify_tokens": "".join(found.verify_tokens)}
    missing = tuple(name for name, value in needed.items() if not value)
    lacks = f"lack {', '.join(missing)}: add them to the channel's secret" if missing else None
    return Check("secrets", lacks, channel.id, missing)


def _settings(channel: Channel) -> Check:
    needed = {"app": channel.app} if channel.provider == "gupshup" else {"phone_number_id": channel.phone_number_id}
    missing = tuple(name for name, value in needed.items() if not value)
    if missing:
        wrong = f"lack {', '.join(missing)}: enter the channel again with it"
        return Check("settings", wrong, channel.id, missing)
    try:
        for card_id in {channel.rate_card, *(card for card, _ in channel.rate_cards)}:
            rate_card(card_id)
    except KeyError:
        wrong = "name a rate card that does not exist: enter the channel again with one that does"
        return Check("settings", wrong, channel.id, ("rate_card",))
    return Check("settings", channel_id=channel.id)
