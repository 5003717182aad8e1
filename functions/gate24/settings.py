"""The environment of a function, read once."""

from __future__ import annotations

import os
from functools import cache

from gate24.lazy_dataclass import dataclass
from gate24.shard_plans import ShardPlan, shard_plan
from gate24.version import VERSION as VERSION


@dataclass(frozen=True, slots=True)
class Settings:
    """``contact_key_secret``: name or ARN of the secret under which numbers are hashed. ``channel_secrets_prefix``:
    prefix of the channels' secrets' names. ``retry_queue_url``: the queue of what could not be stored.
    ``rollup_queue_url``: the queue of days to be reckoned. ``delivery_queue_url``: the queue of events for
    organizations' own software. ``media_queue_url``: the queue of files to be fetched.
    ``untold_changes_queue_url``: the queue of changes that could not be told. ``media_bucket``: the bucket
    where they are. All but the table are empty where the function has no need of them. ``allow_loopback``: whether
    webhooks may be told to this machine itself, and files fetched from it, as on the local stack alone. ``local_aws``:
    that stack's AWS; empty elsewhere. ``oidc_issuer`` and ``oidc_client_id``: whose ID tokens sign staff in, and for
    whom those must be; empty where nobody signs in. ``oidc_trusts_email``: whether an e-mail address counts of which
    the issuer does not say that it is verified. ``mail_sender``: the address from which staff get mails; empty where
    this installation sends none. ``push_key``: ARN of the key with which push services are shown who calls; empty where
    no browser is told. ``console_url``: where the console is, for links in mails."""

    table_name: str
    contact_key_secret: str
    channel_secrets_prefix: str
    retry_queue_url: str
    rollup_queue_url: str
    delivery_queue_url: str
    allow_loopback: bool
    media_queue_url: str
    media_bucket: str
    local_aws: str
    untold_changes_queue_url: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_trusts_email: bool
    mail_sender: str
    push_key: str
    console_url: str


@cache
def settings() -> Settings:
    """From the environment; KeyError names the variable that is missing."""
    return Settings(
        table_name=os.environ["TABLE_NAME"],
        contact_key_secret=os.environ.get("CONTACT_KEY_SECRET_ARN", ""),
        channel_secrets_prefix=os.environ.get("CHANNEL_SECRETS_PREFIX", ""),
        retry_queue_url=os.environ.get("PARKED_EVENTS_QUEUE_URL", ""),
        rollup_queue_url=os.environ.get("ROLLUP_DAYS_QUEUE_URL", ""),
        delivery_queue_url=os.environ.get("DELIVERY_QUEUE_URL", ""),
        allow_loopback=os.environ.get("ALLOW_LOOPBACK_ENDPOINTS", "") == "true",
        media_queue_url=os.environ.get("MEDIA_QUEUE_URL", ""),
        media_bucket=os.environ.get("MEDIA_BUCKET", ""),
        local_aws=os.environ.get("AWS_ENDPOINT_URL", ""),
        untold_changes_queue_url=os.environ.get("UNTOLD_CHANGES_QUEUE_URL", ""),
        oidc_issuer=os.environ.get("OIDC_ISSUER", ""),
        oidc_client_id=os.environ.get("OIDC_CLIENT_ID", ""),
        oidc_trusts_email=os.environ.get("OIDC_TRUST_EMAIL", "") == "true",
        mail_sender=os.environ.get("MAIL_SENDER", ""),
        push_key=os.environ.get("PUSH_KEY_ARN", ""),
        console_url=os.environ.get("CONSOLE_URL", ""),
    )


@dataclass(frozen=True, slots=True)
class Shards:
    """Over how many partitions of the index a day's ledger (by the local day) and a list of contacts (by the UTC day of
    the write) are spread, and over how many of the table a day's events of the feed (by the UTC day)."""

    days: ShardPlan
    contacts: ShardPlan
    feed: ShardPlan


@cache
def shards() -> Shards:
    """From the environment; ValueError says what is wrong there. No count may be lower than what every table had before
    there was a setting. The highest are set by what reads them all: a rollup in the background may ask 256 partitions
    one after the other, a page of the list or of the feed 64."""
    return Shards(
        days=shard_plan("DAY_SHARDS", os.environ.get("DAY_SHARDS", "8"), least=8, most=256),
        contacts=shard_plan("LIST_SHARDS", os.environ.get("LIST_SHARDS", "4"), least=4, most=64),
        feed=shard_plan("FEED_SHARDS", os.environ.get("FEED_SHARDS", "1"), least=1, most=64),
    )
