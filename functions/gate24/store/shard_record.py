"""The shard plans that the table was written with, so that a setting that hides something of it is noticed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from gate24.observability import logger
from gate24.settings import Shards, shards
from gate24.shard_plans import shard_plan
from gate24.store import changed_days, documents, organizations

_PK, _SK = "SHARDS", "PLANS"

_BEFORE = {"days": "8", "contacts": "4", "feed": "1"}
"""What held before there was a setting, and a record of it."""

_VARIABLES = {"days": "DAY_SHARDS", "contacts": "LIST_SHARDS", "feed": "FEED_SHARDS"}


class ShardsHidden(Exception):
    """The setting leaves out partitions that were written to; its text says which setting, and what it was."""


class _Process:
    confirmed: Shards | None = None


def confirm(now: int) -> None:
    """Compares the setting with the record and keeps it there; reads nothing where this process did so before.
    ShardsHidden where it hides something that was written until ``now`` (epoch ms)."""
    if _Process.confirmed == shards():
        return
    stored = documents.read(_PK, _SK, consistent=True)
    problem = _hidden(stored or {}, now)
    if problem is not None and (stored is not None or _was_in_use()):
        logger.error("shards_hidden", extra={"what_to_do": problem})
        raise ShardsHidden(problem)
    setting = {name: getattr(shards(), name).text for name in _BEFORE}
    if stored != setting:
        documents.write(_PK, _SK, setting)
    _Process.confirmed = shards()


def use_recorded() -> None:
    """This process reads the partitions that the record names: an operator's command has no setting of its own."""
    stored = _BEFORE | (documents.read(_PK, _SK, consistent=True) or {})
    os.environ |= {variable: stored[name] for name, variable in _VARIABLES.items()}
    shards.cache_clear()


def hidden(now: int) -> str | None:
    """What the setting hides by the record as it stands, and what to do; None where it hides nothing."""
    stored = documents.read(_PK, _SK)
    return None if stored is None else _hidden(stored, now)


def _hidden(before: dict[str, str], now: int) -> str | None:
    # The furthest zone is 14 hours ahead: local days until tomorrow (UTC) have begun.
    last_day = (datetime.fromtimestamp(now / 1000, UTC) + timedelta(days=1)).date().isoformat()
    known = _BEFORE | before  # a record may be older than one of the settings
    days, contacts, feed = (shard_plan(name, known[name], least=1, most=999) for name in _BEFORE)
    if not shards().days.keeps(days, last_day):
        return _what_to_do("DayShards", shards().days.text, days.text)
    # Contacts are counted by the partitions that the list began with (``keys.spread_partitions``).
    if shards().contacts.first != contacts.first or not shards().contacts.keeps(contacts, last_day):
        return _what_to_do("ListShards", shards().contacts.text, contacts.text)
    if not shards().feed.keeps(feed, last_day):
        return _what_to_do("FeedShards", shards().feed.text, feed.text)
    return None


def _what_to_do(name: str, text: str, before: str) -> str:
    return (
        f"{name} is {text!r} and was {before!r}, under which something was written; "
        f"begin it with {before!r}, and add a raise behind that with its day"
    )


def _was_in_use() -> bool:
    """Whether the table was in use before the plans were recorded."""
    return any(changed_days.closed_days(each).until is not None for each in organizations.organization_ids())


def forget() -> None:
    """Reads the record again from now on (tests)."""
    _Process.confirmed = None
