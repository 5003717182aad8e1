"""Names of things in the table: keys, ids and shards.

Everything of a person lies in one partition, named by a keyed hash of the number (or of Meta's user id), so
that no number stands in a key, one consistent query gives the gate all it needs, and erasure is the deletion
of a partition.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gate24 import clock
from gate24.message_keys import CONTACT_ID_BYTES, MessageKey, id_text
from gate24.rules.phone_numbers import match_key
from gate24.settings import shards

if TYPE_CHECKING:  # the authorizer reads items, and no events
    from gate24.events import ContactRef
    from gate24.shard_plans import ShardPlan

CONTACTS = "C#"
"""How the partitions of contacts begin."""
CONTACT = "A#CONTACT"
SUPPRESSION = "A#SUPPRESSION"
ALIAS = "A#ALIAS"
WINDOW = "A#W#"
LEFT = "A#LEFT#"
CAME = "A#CAME#"
DECISION_FACTS = "A#"
"""What the gate reads of a contact: everything whose sort key starts so."""
MARK = "K#"
"""By what a contact is found that staff marked: a label, or a member to whom the chat is assigned."""
MESSAGE = "M#"
CONSENT = "H#"
WAITING_STATUS = "O#"
WAITING_BY_ID = "S#"
"""A waiting status once more, by the BSP's id of its message."""
SENT_AROUND = "N#"
"""Which message it is that was sent around gate24, by the BSP's id of it."""
MENTION = "U#"
"""That an event which was not understood names the contact."""
NOTE = "J#"
"""A note of staff about the contact, or what somebody did about the chat."""
NAME_WORD = "Q#"
"""A word of the contact's name, by which it is found."""
WAITING_BODY = "B#"
"""That a provider's body which waits to be passed on tells of the contact."""
DATED = (MESSAGE, CONSENT, WAITING_STATUS, MENTION, WAITING_BODY, NOTE)
"""What has its time at the head of its sort key."""
AUDIT = "AL"
"""How the partition of an organization's audit log begins."""
BUDGET = "BUDGET#"
CHANGED_DAY = "CHANGED#"
CHECK_HELD = "CHECK_HELD"
"""That statuses are held: read between the days that changed and the last closed one."""
CLOSED_DAYS = "CLOSED"
SUBSCRIPTION = "WEBHOOK#"
WAITING_ENDPOINTS = "WEBHOOKS_WAITING"
"""The partition of the endpoints for which something waits, for the schedule."""

_HELD_SHARDS = 4

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def contact_id(secret: bytes, organization_id: str, ref: ContactRef) -> str:
    """The contact's name in the table: 20 URL-safe characters. By number where there is one; the spellings of
    one Brazilian, Mexican or Argentinian number give one id."""
    identity = f"p{match_key(ref.phone)}" if ref.phone else f"u{ref.user_id}"
    digest = hmac.new(secret, f"{organization_id}\0{identity}".encode(), hashlib.sha256).digest()
    return id_text(digest[:CONTACT_ID_BYTES])


def contact_pk(organization_id: str, contact_id: str) -> str:
    return f"{CONTACTS}{organization_id}#{contact_id}"


def message_sort(key: MessageKey) -> str:
    return f"{MESSAGE}{key.at:013d}#{key.suffix}"


def between(prefix: str, after: int | None, until: int | None) -> tuple[str, str]:
    """The first and the last sort key of what is dated after ``after`` and until ``until`` (epoch ms; None: no bound),
    where a sort key is the prefix, 13 digits of time and a name."""
    first = prefix if after is None else f"{prefix}{after:013d}~"
    return first, f"{prefix}~" if until is None else f"{prefix}{until:013d}~"


def message_key(pk: str, sort: str) -> MessageKey:
    """The key of a message's item."""
    _, at, suffix = sort.split("#")
    return MessageKey(pk.rsplit("#", 1)[1], int(at), suffix)


def erased_pk(organization_id: str, name: str) -> str:
    """Where it is kept that something was told and is erased; ``name``: its hexadecimal short hash."""
    return f"E#{organization_id}#{name[0]}"


def reservation_pk(organization_id: str, idempotency_key: str) -> str:
    return f"I#{organization_id}#{hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]}"


def day_partitions(organization_id: str, day: str) -> list[str]:
    """The partitions of the ledger of one local day (``YYYY-MM-DD``)."""
    return [f"L#{organization_id}#{day}#{shard}" for shard in range(shards().days.on(day))]


def audit_pk(organization_id: str) -> str:
    """The partition of what was changed of an organization, by its times."""
    return f"{AUDIT}#{organization_id}"


def closing_rounds_pk(organization_id: str) -> str:
    """The partition of how staff were told of chats that close soon."""
    return f"CR#{organization_id}"


def days_pk(organization_id: str) -> str:
    """The partition of what is known of an organization's days."""
    return f"D#{organization_id}"


def day_partition(organization_id: str, day: str, contact_id: str) -> str:
    return f"L#{organization_id}#{day}#{_shard(contact_id, shards().days.on(day))}"


def budget_sort(month: str, channel_id: str | None) -> str:
    """Of a month's budget (``YYYY-MM``) of a channel, or of the whole organization, in ``days_pk``."""
    return f"{BUDGET}{month}#{channel_id or ''}"


def is_day(sort: str) -> bool:
    """Whether the item in ``days_pk`` is a day's costs."""
    return sort[:1].isdigit()


def day_of_partition(partition: str) -> str:
    """The local day (``YYYY-MM-DD``) of a partition of its ledger."""
    return partition.rsplit("#", 2)[1]


def day_sort(key: MessageKey) -> str:
    return f"{key.at:013d}#{key.id}"


def list_partitions(organization_id: str) -> list[str]:
    """The partitions of an organization's list of contacts, those of a raise to come included."""
    return [f"W#{organization_id}#{shard}" for shard in range(shards().contacts.most)]


def list_partition(organization_id: str, contact_id: str) -> str:
    """Where a row of the contact that is written now stands."""
    return f"W#{organization_id}#{_shard(contact_id, _count_at(shards().contacts, clock.now_ms()))}"


def first_list_partitions(organization_id: str) -> list[str]:
    """The partitions that the list began with."""
    return list_partitions(organization_id)[: shards().contacts.first]


def spread_partitions(first_partition: str) -> list[str]:
    """All partitions over which raises spread the rows of one that the list began with, itself first. All rows of a
    contact are in them, because each count is a multiple of the first."""
    prefix, shard = first_partition.rsplit("#", 1)
    plan = shards().contacts
    return [f"{prefix}#{number}" for number in range(int(shard), plan.most, plan.first)]


def list_sort(expires_at: int, contact_id: str, channel_id: str) -> str:
    """A row of the list: only the hour in which the window ends, so that most messages do not move it.
    A contact without a window has hour 0 and no channel."""
    return f"{expires_at // HOUR_MS:07d}#{contact_id}#{channel_id}"


def list_hour(sort: str) -> int:
    """The hour of a row of the list (hours since the epoch)."""
    return int(sort.split("#")[0])


def mark_sort(kind: str, value: str) -> str:
    """``kind``: ``A`` of a member to whom the chat is assigned, ``L`` of a label."""
    return f"{MARK}{kind}#{value}"


def marked_partition(organization_id: str, kind: str, value: str) -> str:
    """Of the index: the contacts that have the mark."""
    return f"K{kind}#{organization_id}#{value}"


def name_word_sort(token: str, word: str) -> str:
    """``token``: of the name (``store.name_words``)."""
    return f"{NAME_WORD}{token}#{word}"


def name_words_partition(organization_id: str, word: str) -> str:
    """Of the index: the words of names that begin with the same letter, or as this one does."""
    return f"Q#{organization_id}#{word[0]}"


def name_word_place(word: str, contact_id: str, token: str) -> str:
    return f"{word}#{contact_id}#{token}"


def deliveries_pk(organization_id: str, subscription_id: str) -> str:
    return f"WD#{organization_id}#{subscription_id}"


def delivery_sort(at: int, event_id: str) -> str:
    return f"{at:013d}#{event_id}"


def due_partition(organization_id: str, subscription_id: str) -> str:
    """Of the index: the deliveries that wait, by when they are due."""
    return f"WP#{organization_id}#{subscription_id}"


def put_off_pk(organization_id: str, subscription_id: str) -> str:
    """Of the contacts whose events were put off: the last one of each."""
    return f"WO#{organization_id}#{subscription_id}"


def ended_partition(organization_id: str, subscription_id: str, status: str) -> str:
    """Of the index: the deliveries that ended without success, by the time of their event."""
    return f"WF#{organization_id}#{subscription_id}#{status}"


def held_partitions(organization_id: str) -> list[str]:
    """Of the index: the statuses that are held until something tells when their messages were sent."""
    return [f"O#{organization_id}#{shard}" for shard in range(_HELD_SHARDS)]


def held_partition(organization_id: str, contact_id: str) -> str:
    return f"O#{organization_id}#{_shard(contact_id, _HELD_SHARDS)}"


def lonely_billing_partitions(organization_id: str) -> list[str]:
    """Of the index: the billing events whose message is not known, by their times."""
    return [f"OB#{organization_id}#{shard}" for shard in range(_HELD_SHARDS)]


def lonely_billing_partition(organization_id: str, contact_id: str) -> str:
    return f"OB#{organization_id}#{_shard(contact_id, _HELD_SHARDS)}"


def waiting_body_pk(organization_id: str, subscription_id: str, event_id: str) -> str:
    return f"WB#{organization_id}#{subscription_id}#{event_id}"


def feed_pk(organization_id: str, at: int, shard: int = 0) -> str:
    """A partition of the feed's events that were written on the day of ``at`` (epoch ms). The first one is named as the
    whole day was before there were others."""
    return f"F#{organization_id}#{at // DAY_MS}{f'#{shard}' if shard else ''}"


def feed_partitions(organization_id: str, at: int) -> list[str]:
    """All partitions of that day's events."""
    return [feed_pk(organization_id, at, shard) for shard in range(_count_at(shards().feed, at))]


def feed_shard(event_id: str, at: int) -> int:
    """In which of them an event that is written at ``at`` stands."""
    return _shard(event_id, _count_at(shards().feed, at))


def feed_sort(at: int, number: int, event_id: str) -> str:
    """The place of an event that was written at ``at``, as the number-th of those that were written together."""
    return f"{at:013d}#{number:04d}#{event_id}"


def feed_time(sort: str) -> int:
    """When the event of that place was written (epoch ms)."""
    return int(sort[:13])


def feed_name_pk(organization_id: str, event_id: str) -> str:
    """Where it is kept that an event is in the feed."""
    return f"FN#{organization_id}#{event_id[-1]}"


def closed_windows_key(organization_id: str) -> tuple[str, str]:
    """Where it is kept until when windows that close were told of."""
    return f"F#{organization_id}", "WINDOWS"


def _count_at(plan: ShardPlan, at: int) -> int:
    """How many there are on the UTC day of ``at`` (epoch ms)."""
    if plan.most == plan.first:
        return plan.first
    return plan.on(datetime.fromtimestamp(at / 1000, UTC).date().isoformat())


def _shard(text: str, count: int) -> int:
    """The lowest byte comes first: of 4, 8 or another power of two up to 256 it alone decides, as it did before the
    others were looked at."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little") % count
