"""What gate24 knows of an organization and of its channels. Plain data; the store fills it."""

from __future__ import annotations

from dataclasses import field
from typing import Literal, NamedTuple

from gate24.lazy_dataclass import dataclass

ProviderName = Literal["gupshup", "meta"]
ChannelMode = Literal["enforce", "shadow"]
"""``shadow``: the organization tries gate24 while its software goes on sending directly (``rules.shadow``)."""

ID_LENGTH = 128
"""No id of a channel, or of a number at Meta, is longer. DynamoDB takes keys of up to 2,048 bytes."""

DEFAULT_MARGIN_SECONDS = 30
"""A window is treated as closed this long before it is, so that a message does not expire on its way."""

DEFAULT_CLOSING_SOON_MINUTES = 120
"""So long before the end of a window the organization's software hears that it closes soon."""

DEFAULT_MESSAGES_PER_SECOND = 20
"""Gupshup: "up to 20 messages/sec" (support article of 2022-02, read 2026-11)."""

DEFAULT_BUDGET_SHARES = (50, 80, 100)
"""Percent of a month's budget at which it is told that they are reached."""

DEFAULT_SENDS_AT_ONCE = 160
"""Sends of an organization that may be under way at once: two channels that hang, and a sixth of the 1,000 executions
that an account has as a rule."""


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant. ``timezone`` is an IANA name; keyword lists are normalized when they are stored.

    ``retention_days``: how long the content of messages is kept (``rules.retention``). **None, the default, keeps it
    forever.** ``forgotten_before``: what is older has no content any more (epoch ms), however long content is kept now;
    the store sets it. ``sends_at_once``: how many of its sends may be under way at the same time, on all its channels
    together (``rules.channel_breaker``).

    ``events_since``: since when its events are kept in the feed for whoever asks (epoch ms); None: they are not.
    ``closing_soon_minutes``: how long before its end it is told that a window closes.
    ``closing_digest_minutes``: so long before the gate closes, staff are told of chats that wait; None: never.

    ``monthly_budget``: what a local month may cost, in micro-units of ``currency``; None: as much as it will.
    ``budget_shares``: the percentages of it of which it is told that they are reached, in order.
    ``refuse_above_budget``: whether marketing templates are refused from then on (``rules.budget``).

    ``finds_names``: whether all its contacts are found by the words of their names (``store.name_words``); the store
    and ``usecases.index_names`` set it."""

    id: str
    name: str
    timezone: str
    currency: str
    opt_out_keywords: frozenset[str]
    opt_in_keywords: frozenset[str]
    retention_days: int | None = None
    forgotten_before: int = 0
    sends_at_once: int = DEFAULT_SENDS_AT_ONCE
    events_since: int | None = None
    closing_soon_minutes: int = DEFAULT_CLOSING_SOON_MINUTES
    monthly_budget: int | None = None
    budget_shares: tuple[int, ...] = DEFAULT_BUDGET_SHARES
    refuse_above_budget: bool = False
    finds_names: bool = False
    closing_digest_minutes: int | None = None


class DatedCard(NamedTuple):
    """A price list, and the local day (``YYYY-MM-DD``) from which it holds for a channel."""

    card: str
    since: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One WhatsApp business number at one BSP. ``api_base`` is the BSP's address without a trailing slash.
    ``rate_cards``: its price lists, the earliest first; ``rate_card``: the one that held when they were set, which
    holds always where there are none (an earlier version stored it alone).
    ``app``, ``app_id``: the name of the app at Gupshup and its id, by which its API has what is not a send.
    ``pair_limit``: whether WhatsApp's limit for each recipient is held (``rules.rate_limit.contact_wait_ms``).
    ``unsupported_opens``, ``reactions_open``: whether these open the window (``rules.window_openers``).
    ``shadow_since``: when its shadow mode was last started (epoch ms); None: never.
    ``monthly_budget``, ``budget_shares``, ``refuse_above_budget``: as the organization's, of what it costs alone."""

    id: str
    organization_id: str
    provider: ProviderName
    business_number: str
    api_base: str
    rate_card: str
    app: str | None = None
    app_id: str | None = None
    phone_number_id: str | None = None
    margin_seconds: int = DEFAULT_MARGIN_SECONDS
    messages_per_second: int = DEFAULT_MESSAGES_PER_SECOND
    pair_limit: bool = True
    unsupported_opens: bool = False
    reactions_open: bool = False
    mode: ChannelMode = "enforce"
    shadow_since: int | None = None
    rate_cards: tuple[DatedCard, ...] = ()
    monthly_budget: int | None = None
    budget_shares: tuple[int, ...] = DEFAULT_BUDGET_SHARES
    refuse_above_budget: bool = False

    def card_on(self, day: str) -> str:
        """The id of the price list of a local day (``YYYY-MM-DD``): the last one that holds by then, or the first."""
        if not self.rate_cards:
            return self.rate_card
        return next((card for card, since in reversed(self.rate_cards) if since <= day), self.rate_cards[0].card)


@dataclass(frozen=True, slots=True)
class ChannelSecrets:
    """Secrets of a channel, from Secrets Manager. Several at a time so that they can be rotated without loss.

    ``api_key``: Gupshup's ``apikey`` or Meta's bearer token. An empty tuple verifies nothing (fails closed).
    """

    api_key: str = field(default="", repr=False)
    webhook_tokens: tuple[str, ...] = field(default=(), repr=False)
    app_secrets: tuple[str, ...] = field(default=(), repr=False)
    verify_tokens: tuple[str, ...] = field(default=(), repr=False)


DeletionStep = Literal["webhooks", "people", "costs", "rest"]
"""What a deletion is about to take away; with ``costs``, to state for good."""


@dataclass(frozen=True, slots=True)
class OrganizationDeletion:
    """The deletion of an organization, as a platform asked for it: begun at ``at``, finished at ``finished_at`` (epoch
    ms, None while it is under way). ``settled_at``: from then on no function remembers a channel of it. The numbers are
    of what went so far, without that of an invocation that crashed. ``running``: the ids of erasures of long
    conversations that are under way. ``days_left``: the days whose costs are still to be stated, None while nobody has
    looked which; ``fold``: what was read of the first of them already (``store.rollup_queue``). ``secrets_left``: the
    channels, by id, that are gone and whose secrets the queue's function may not take away."""

    organization_id: str
    at: int
    settled_at: int
    channels: int = 0
    keys: int = 0
    webhooks: int = 0
    contacts: int = 0
    unrecognized: int = 0
    running: tuple[str, ...] = ()
    finished_at: int | None = None
    step: DeletionStep = "webhooks"
    channel_ids: tuple[str, ...] = ()
    days_left: tuple[str, ...] | None = None
    fold: str | None = None
    secrets_left: tuple[str, ...] = ()
