"""What lies in the table: its items and their attributes, with the short names that DynamoDB bills."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    MapAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)

from gate24.store import keys
from gate24.store.packed_text import PackedAttribute
from gate24.store.table import IntegerAttribute, Item, stored_under


class TimesAttribute(MapAttribute[str, Any]):
    """A map of names to times (epoch ms), each of which can be written alone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]

    @classmethod
    def is_raw(cls) -> bool:
        return True


def times(attribute: Any) -> dict[str, int]:
    """What stands in a ``TimesAttribute`` of an item, None included."""
    return {name: int(at) for name, at in attribute.as_dict().items()} if attribute is not None else {}


@stored_under(keys.CONTACT)
class ContactItem(Item):
    """A person: consent, block, names. It never carries a TTL.

    ``stopped_marketing_at`` and ``resumed_marketing_at``: as they were stored before each channel had its own.
    ``reckoned`` (JSON): what holds where a number changed hands (``store.number_changes``), instead of the times
    beside it; ``reckoned_version`` counts how often it was written. ``consent_came_along``: the last of the times was
    not said under this identity, but moved when another one was merged in. ``last_sent`` (JSON): the newest message of
    ours; from ``read_to`` on what staff did about the chat (``gate24.inbox``)."""

    phone = UnicodeAttribute(attr_name="p", null=True)
    user_ids = UnicodeSetAttribute(attr_name="u", null=True)
    user_id = UnicodeAttribute(attr_name="ui", null=True)
    user_id_at = IntegerAttribute(attr_name="uia", null=True)
    name = UnicodeAttribute(attr_name="n", null=True)
    name_token = UnicodeAttribute(attr_name="nt", null=True)
    first_at = IntegerAttribute(attr_name="f", null=True)
    opt_in_at = IntegerAttribute(attr_name="oi", null=True)
    opt_in_source = UnicodeAttribute(attr_name="ois", null=True)
    opt_out_at = IntegerAttribute(attr_name="oo", null=True)
    opt_out_source = UnicodeAttribute(attr_name="oos", null=True)
    stopped_marketing = TimesAttribute(attr_name="msc", null=True)
    resumed_marketing = TimesAttribute(attr_name="mrc", null=True)
    stopped_marketing_at = IntegerAttribute(attr_name="ms", null=True)
    resumed_marketing_at = IntegerAttribute(attr_name="mr", null=True)
    blocked = BooleanAttribute(attr_name="b", null=True)
    blocked_at = IntegerAttribute(attr_name="ba", null=True)
    unreachable_at = IntegerAttribute(attr_name="ua", null=True)
    unreachable_code = UnicodeAttribute(attr_name="uc", null=True)
    sent_at = IntegerAttribute(attr_name="sa", null=True)
    merged = UnicodeSetAttribute(attr_name="mg", null=True)
    linked = UnicodeSetAttribute(attr_name="lk", null=True)
    reckoned = JSONAttribute(attr_name="rk", null=True)
    reckoned_version = IntegerAttribute(attr_name="rv", null=True)
    consent_came_along = BooleanAttribute(attr_name="ca", null=True)
    last_sent_at = IntegerAttribute(attr_name="la", null=True)
    last_sent = JSONAttribute(attr_name="ls", null=True)
    last_sent_name = UnicodeAttribute(attr_name="lsn", null=True)
    last_sent_failed = BooleanAttribute(attr_name="lf", null=True)
    read_to = IntegerAttribute(attr_name="rt", null=True)
    read_at = IntegerAttribute(attr_name="ra", null=True)
    done_to = IntegerAttribute(attr_name="dt", null=True)
    done_at = IntegerAttribute(attr_name="da", null=True)
    assignee = UnicodeAttribute(attr_name="as", null=True)
    labels = UnicodeSetAttribute(attr_name="lb", null=True)
    answering = JSONAttribute(attr_name="aw", null=True)


@stored_under(keys.WINDOW)
class WindowItem(Item):
    """The session window of the contact on one channel. Its TTL is housekeeping: ``expires_at`` and the clock
    decide (``rules/window.py``)."""

    last_inbound_at = IntegerAttribute(attr_name="li", null=True)
    opened_at = IntegerAttribute(attr_name="oa", null=True)
    last_writing_at = IntegerAttribute(attr_name="lw", null=True)
    provider_closed_at = IntegerAttribute(attr_name="pc", null=True)
    expires_at = IntegerAttribute(attr_name="ex", null=True)
    recent = TimesAttribute(attr_name="rc", null=True)
    told_closing = IntegerAttribute(attr_name="tg", null=True)
    told_closed = IntegerAttribute(attr_name="td", null=True)
    entered_at = IntegerAttribute(attr_name="en", null=True)
    said_at = IntegerAttribute(attr_name="ha", null=True)
    said_type = UnicodeAttribute(attr_name="ht", null=True)
    said_preview = UnicodeAttribute(attr_name="hp", null=True)
    late_at = IntegerAttribute(attr_name="lt", null=True)


@stored_under(keys.ALIAS)
class AliasItem(Item):
    """Another identity of a contact: this partition's person is ``contact``. It was first named beside the number of
    the contact ``named_with``, at ``at`` by the provider's clock."""

    contact = UnicodeAttribute(attr_name="c")
    at = IntegerAttribute(attr_name="at", null=True)
    named_with = UnicodeAttribute(attr_name="w", null=True)


@stored_under(keys.LEFT)
class LeftItem(Item):
    """A person left this number for the contact ``to`` at ``at``; ``known_at``: when we were first told."""

    to = UnicodeAttribute(attr_name="to")
    at = IntegerAttribute(attr_name="at")
    known_at = IntegerAttribute(attr_name="k")


@stored_under(keys.CAME)
class CameItem(Item):
    """Somebody came to this number from the number of the contact ``old``."""

    old = UnicodeAttribute(attr_name="o")


@stored_under(keys.SUPPRESSION)
class SuppressionItem(Item):
    """What outlives an erasure: when it was, and the refusal to be written to, under the keyed hash of the number.
    ``identities``: the keyed hashes of all numbers and user ids of the person, each of which has the same refusal.
    ``erasure``: the id of the erasure while it is under way."""

    opt_out_at = IntegerAttribute(attr_name="oo", null=True)
    stopped_marketing = TimesAttribute(attr_name="msc", null=True)
    stopped_marketing_at = IntegerAttribute(attr_name="ms", null=True)
    blocked = BooleanAttribute(attr_name="b", null=True)
    blocked_at = IntegerAttribute(attr_name="ba", null=True)
    erased_at = IntegerAttribute(attr_name="e", null=True)
    identities = UnicodeSetAttribute(attr_name="is", null=True)
    erasure = UnicodeAttribute(attr_name="er", null=True)


@stored_under(keys.MESSAGE)
class MessageItem(Item):
    """One message of a conversation, inbound, outbound or refused. ``ledger`` (JSON) is what the day's rollup
    needs of it: the only attribute that the index projects. ``content_forgotten``: its content was taken out
    (``store.retention``). ``content`` (JSON): objects of Meta's form by the names of their fields. ``media_facts``: of
    the file, what an earlier version, to which a deployment may go back, would not read in ``media``. ``author``: the
    kind and the name, with a ``#`` between."""

    direction = UnicodeAttribute(attr_name="d")
    type = UnicodeAttribute(attr_name="t")
    channel = UnicodeAttribute(attr_name="c")
    status = UnicodeAttribute(attr_name="s")
    statuses = TimesAttribute(attr_name="st", null=True)
    code = UnicodeAttribute(attr_name="cd", null=True)
    reason = UnicodeAttribute(attr_name="rs", null=True)
    text = UnicodeAttribute(attr_name="x", null=True)
    media = JSONAttribute(attr_name="md", null=True)
    media_facts = JSONAttribute(attr_name="mf", null=True)
    template = JSONAttribute(attr_name="tp", null=True)
    content = PackedAttribute(attr_name="ct", null=True)
    reply_to = UnicodeAttribute(attr_name="rt", null=True)
    details = JSONAttribute(attr_name="dt", null=True)
    to = UnicodeAttribute(attr_name="to", null=True)
    sent_as = UnicodeAttribute(attr_name="as", null=True)
    provider_id = UnicodeAttribute(attr_name="pi", null=True)
    whatsapp_id = UnicodeAttribute(attr_name="wi", null=True)
    owner = UnicodeAttribute(attr_name="ow", null=True)
    lease_until = IntegerAttribute(attr_name="lu", null=True)
    forwarded_at = IntegerAttribute(attr_name="fa", null=True)
    provider_id_is_guess = BooleanAttribute(attr_name="pg", null=True)
    failed_attempts = JSONAttribute(attr_name="fl", null=True)
    cost = JSONAttribute(attr_name="co", null=True)
    answer_status = IntegerAttribute(attr_name="an", null=True)
    answer = PackedAttribute(attr_name="ab", null=True)
    ledger = UnicodeAttribute(attr_name="l", null=True)
    content_forgotten = BooleanAttribute(attr_name="cf", null=True)
    sent_around = BooleanAttribute(attr_name="ar", null=True)
    time_is_estimate = BooleanAttribute(attr_name="ae", null=True)
    in_app = BooleanAttribute(attr_name="ia", null=True)
    author = UnicodeAttribute(attr_name="au", null=True)


@stored_under(keys.NAME_WORD)
class NameWordItem(Item):
    """A word of a contact's name, in the index by the word. ``words``: all of that name, which the index projects."""

    words = UnicodeAttribute(attr_name="l")


@stored_under(keys.SENT_AROUND)
class SentAroundItem(Item):
    """Where the message stands that the BSP knows by an id and that was sent around gate24."""

    message = UnicodeAttribute(attr_name="m")


@stored_under(keys.WAITING_STATUS)
@stored_under(keys.WAITING_BY_ID)
class WaitingStatusItem(Item):
    """A delivery status whose message has not been stored yet; in the index where it is held until something tells when
    that was sent."""

    event = JSONAttribute(attr_name="e")
    at = IntegerAttribute(attr_name="at")


@stored_under(keys.MENTION)
class MentionItem(Item):
    """Where an event stands that was not understood and names the contact (``store.unrecognized``)."""

    event = UnicodeAttribute(attr_name="e")


class UnrecognizedItem(Item):
    """An event that was not understood or could not be stored. ``copies``: how often it was told again."""

    body = JSONAttribute(attr_name="j")
    copies = IntegerAttribute(attr_name="n", null=True)
    last_at = IntegerAttribute(attr_name="la", null=True)


class UnrecognizedNameItem(Item):
    """Where the event of this name stands (``store.unrecognized``)."""

    event = UnicodeAttribute(attr_name="e")


@stored_under(keys.CONSENT)
class ConsentItem(Item):
    """One entry of the append-only consent history. ``staff``: whether its actor is a member or an API key."""

    action = UnicodeAttribute(attr_name="a")
    at = IntegerAttribute(attr_name="at")
    source = UnicodeAttribute(attr_name="so")
    evidence = UnicodeAttribute(attr_name="ev", null=True)
    actor = UnicodeAttribute(attr_name="ac", null=True)
    staff = UnicodeAttribute(attr_name="sf", null=True)
    channel = UnicodeAttribute(attr_name="c", null=True)


class ReservationItem(Item):
    """An Idempotency-Key in use: which body it belongs to and where its message lies. ``given_back``: nothing was sent,
    and the next request with the key goes on with the message."""

    fingerprint = UnicodeAttribute(attr_name="f")
    message_id = UnicodeAttribute(attr_name="m")
    owner = UnicodeAttribute(attr_name="ow")
    lease_until = IntegerAttribute(attr_name="lu")
    given_back = BooleanAttribute(attr_name="gb", null=True)


class TemplateItem(Item):
    """A template of the registry. ``body`` (JSON) is what its owner entered; status and category, each with the
    time of what was last said of it, stand apart, so that each moves forward alone; and so do the ``labels`` of its
    values, which whoever enters the template does not know."""

    body = JSONAttribute(attr_name="j")
    status = UnicodeAttribute(attr_name="s", null=True)
    status_at = IntegerAttribute(attr_name="sa", null=True)
    reason = UnicodeAttribute(attr_name="rs", null=True)
    category = UnicodeAttribute(attr_name="cat", null=True)
    category_at = IntegerAttribute(attr_name="ca", null=True)
    labels = JSONAttribute(attr_name="lb", null=True)


@stored_under(keys.MARK)
class MarkItem(Item):
    """That staff marked the contact; by its place in the index all who have the mark are found."""


@stored_under(keys.NOTE)
class NoteItem(Item):
    """A note of staff, or what somebody did about the chat. ``action``: note, assign, label, done, reopen."""

    action = UnicodeAttribute(attr_name="a")
    text = UnicodeAttribute(attr_name="x", null=True)
    author_kind = UnicodeAttribute(attr_name="k", null=True)
    author = UnicodeAttribute(attr_name="n", null=True)


class SendSlotsItem(Item):
    """What all sends of a channel share. ``next_us``: the first free slot of its rate limit. ``number``: slots taken so
    far; ``under_way``: those whose sends have not ended. ``points``: what speaks for cutting the channel off, the
    last of it at ``failed_us``; ``cut_off_until_us``: there while it is cut off. Times are epoch microseconds."""

    next_us = IntegerAttribute(attr_name="x", null=True)
    number = IntegerAttribute(attr_name="n", null=True)
    under_way = IntegerAttribute(attr_name="o", null=True)
    points = IntegerAttribute(attr_name="f", null=True)
    failed_us = IntegerAttribute(attr_name="e", null=True)
    cut_off_until_us = IntegerAttribute(attr_name="u", null=True)


class FeedItem(Item):
    """An event of the feed (JSON), at its place in it (``store.feed``)."""

    body = JSONAttribute(attr_name="j")


class FeedNameItem(Item):
    """Where the event of this id stands in the feed. ``shard``: of the partitions of its day; None: the first."""

    place = UnicodeAttribute(attr_name="p")
    shard = IntegerAttribute(attr_name="s", null=True)


class DayItem(Item):
    """What an organization's day has cost. ``begun_at``: when the reading that it is made of began."""

    body = JSONAttribute(attr_name="j")
    begun_at = IntegerAttribute(attr_name="b", null=True)


class ClosingRoundItem(Item):
    """The last round in which staff were told of chats that close soon, and what was told before it; or, without a
    number, that somebody was claimed to hear of one (``store.closing_rounds``)."""

    body = JSONAttribute(attr_name="j", null=True)
    number = IntegerAttribute(attr_name="n", null=True)
    is_under_way = BooleanAttribute(attr_name="uw", null=True)


class BudgetItem(Item):
    """A month's budget of an organization or a channel, as it was last held against the costs (``store.budgets``)."""

    body = JSONAttribute(attr_name="j")


@stored_under(keys.CHANGED_DAY)
class ChangedDayItem(Item):
    """The ledger of this closed day may have changed at ``at`` or shortly after."""

    at = IntegerAttribute(attr_name="at")


@stored_under(keys.CHECK_HELD)
class CheckHeldItem(Item):
    """That some statuses are held until about ``until`` (``store.waiting_statuses``)."""

    until = IntegerAttribute(attr_name="u")


@stored_under(keys.CLOSED_DAYS)
class ClosedDaysItem(Item):
    """Until which day an organization's days are closed: reckoned only where they are noted as changed."""

    until = UnicodeAttribute(attr_name="u")


class CountsItem(Item):
    """How many contacts of a partition of the list are in each state. ``rows``: what was read for it. ``turn_until``: a
    process is counting anew until then."""

    counts = JSONAttribute(attr_name="j")
    rows = IntegerAttribute(attr_name="r")
    at = IntegerAttribute(attr_name="at")
    turn_until = IntegerAttribute(attr_name="tu", null=True)


@stored_under(keys.SUBSCRIPTION)
class SubscriptionItem(Item):
    """A webhook of an organization, and how the calls of its endpoint go (``gate24.subscriptions``)."""

    body = JSONAttribute(attr_name="j")
    paused = BooleanAttribute(attr_name="pa", null=True)
    pause_reason = UnicodeAttribute(attr_name="pr", null=True)
    generation = UnicodeAttribute(attr_name="ge")
    previous_generation = UnicodeAttribute(attr_name="pg", null=True)
    previous_until = IntegerAttribute(attr_name="pu", null=True)
    older_generations = JSONAttribute(attr_name="og", null=True)
    failures = IntegerAttribute(attr_name="f", null=True)
    probes = IntegerAttribute(attr_name="pb", null=True)
    failing_since = IntegerAttribute(attr_name="fs", null=True)
    failed_at = IntegerAttribute(attr_name="fa", null=True)
    cut_off_until = IntegerAttribute(attr_name="cu", null=True)
    behind_since = IntegerAttribute(attr_name="bs", null=True)
    behind_at = IntegerAttribute(attr_name="ba", null=True)


class DeliveryItem(Item):
    """What became of one event for one subscription."""

    status = UnicodeAttribute(attr_name="s")
    event = JSONAttribute(attr_name="e")
    replay = UnicodeAttribute(attr_name="r", null=True)
    attempts = IntegerAttribute(attr_name="a")
    first_failed_at = IntegerAttribute(attr_name="ff", null=True)
    next_at = IntegerAttribute(attr_name="na", null=True)
    answer = JSONAttribute(attr_name="la", null=True)
    contacts = JSONAttribute(attr_name="c", null=True)
    not_before = IntegerAttribute(attr_name="nb", null=True)


class PutOffItem(Item):
    """The last event of a contact that was put off for a subscription."""

    delivery = UnicodeAttribute(attr_name="d")


class WaitingEndpointItem(Item):
    """Something waits for this endpoint, or did at ``at``."""

    at = IntegerAttribute(attr_name="at")


class BodyPartItem(Item):
    """A part of a provider's body that waits to be passed on."""

    raw = BinaryAttribute(attr_name="b", legacy_encoding=False)


@stored_under(keys.WAITING_BODY)
class BodyMentionItem(Item):
    """Where a provider's body lies that tells of the contact."""

    place = UnicodeAttribute(attr_name="w")


class ErasureItem(Item):
    """An erasure. ``searched_to`` and ``revision``: only while it is under way."""

    body = JSONAttribute(attr_name="j")
    searched_to = UnicodeAttribute(attr_name="st", null=True)
    revision = UnicodeAttribute(attr_name="r", null=True)


class ApiKeyItem(Item):
    """An API key by the hash of its secret, and about when it was last used."""

    body = JSONAttribute(attr_name="j")
    last_used_at = IntegerAttribute(attr_name="u", null=True)


class DocumentItem(Item):
    """What is read and written whole: organizations, channels, the list of API keys."""

    body = JSONAttribute(attr_name="j")
