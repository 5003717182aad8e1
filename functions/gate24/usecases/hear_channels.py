"""When the providers of an organization's channels were last heard, by what is stored already.

Nothing is written for it when a webhook comes: a message of a contact stands in its day's ledger, and a status beside
its message. So the newest rows of the ledger tell when a contact wrote, and the newest sends when a status came. What
no message of ours or theirs shows is not counted: what a provider says of a template, for example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import islice

from gate24.channels import Channel, Organization
from gate24.costs import LedgerEntry
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import message_key
from gate24.rules.channel_light import QUIET_AFTER_MS, Heard, Send
from gate24.rules.rollup import local_day
from gate24.store import costs, messages, unrecognized
from gate24.usecases.administer_channels import secret_counts

_DAYS = 7
"""How far it is looked back, in local days of the organization."""

_ROWS_MOST = 1000
"""Of the ledger in one request: a busy channel could stand before a quiet one by the hundred thousand."""

_SENDS = 5
"""Of a channel, whose statuses are looked at."""

_EVENTS_MOST = 100
"""Events that could not be stored, or were not understood, that are looked at."""

_PROOFS = ("webhook-token", "app-secret")
"""The secrets without which no webhook of a channel is taken."""

_SENT = ("counted", "failed")


@dataclass(frozen=True, slots=True)
class ChannelsHeard:
    """``heard`` and ``secrets`` (how many of each kind are valid) by the channel's id. ``looked_back_to`` (epoch ms):
    before it nothing was looked for."""

    heard: Mapping[str, Heard]
    secrets: Mapping[str, Mapping[str, int]]
    looked_back_to: int


def hear_channels(organization: Organization, channels: Iterable[Channel], now: int) -> ChannelsHeard:
    """``channels``: those of the organization that are asked for. ``now``: epoch ms."""
    ids = [each.id for each in channels]
    secrets = {each.id: secret_counts(each) for each in channels}
    wrote, sent, looked_back_to = _newest(organization, ids, now)
    told = _told(organization.id, [each for entries in sent.values() for each in entries])
    not_stored = _not_stored(organization.id, now)
    heard = {
        channel_id: Heard(
            message_at=wrote.get(channel_id),
            sends=tuple(Send(each.at, told.get(each.message_id)) for each in sent[channel_id]),
            has_webhook_secret=any(secrets[channel_id].get(name) for name in _PROOFS),
            not_stored=not_stored.get(channel_id, 0),
        )
        for channel_id in ids
    }
    return ChannelsHeard(heard, secrets, looked_back_to)


def _newest(
    organization: Organization, ids: list[str], now: int
) -> tuple[dict[str, int], dict[str, list[LedgerEntry]], int]:
    """By channel when a contact last wrote, and the newest sends; and how far back it was looked (epoch ms)."""
    wrote: dict[str, int] = {}
    sent: dict[str, list[LedgerEntry]] = {each: [] for each in ids}
    at = now
    rows = 0
    for entry in islice(_entries(organization, now), _ROWS_MOST):
        rows, at = rows + 1, min(at, entry.at)
        if entry.channel_id not in sent:
            continue
        if entry.kind == "inbound":
            wrote.setdefault(entry.channel_id, entry.at)
        elif entry.state in _SENT and len(sent[entry.channel_id]) < _SENDS:
            sent[entry.channel_id].append(entry)
        if all(each in wrote and len(sent[each]) == _SENDS for each in ids):
            return wrote, sent, at
    return wrote, sent, at if rows == _ROWS_MOST else now - _DAYS * 24 * 3_600_000


def _entries(organization: Organization, now: int) -> Iterator[LedgerEntry]:
    """Newest first, through the days. The provider's clock may be ahead of ours, so that a row stands in tomorrow's."""
    today = local_day(now, organization.timezone)
    for back in range(-1, _DAYS + 1):
        yield from costs.newest_entries(organization.id, (today - timedelta(days=back)).isoformat())


def _told(organization_id: str, sends: list[LedgerEntry]) -> dict[str, int]:
    """By the message's id when the newest status of it was."""
    keys = [key for each in sends if (key := message_key(each.message_id)) is not None]
    found = messages.find_many(organization_id, keys)
    return {each.key.id: max(each.statuses.values()) for each in found if each.statuses}


def _not_stored(organization_id: str, now: int) -> dict[str, int]:
    """By channel how many events of the last day were understood and could not be stored."""
    counts: dict[str, int] = {}
    for event in islice(unrecognized.newest(organization_id, None, _EVENTS_MOST, 1), _EVENTS_MOST):
        if event.is_poisonous and event.last_at >= now - QUIET_AFTER_MS:
            counts[event.channel_id] = counts.get(event.channel_id, 0) + 1
    return counts
