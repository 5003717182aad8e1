"""What an organization's settings may be. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from gate24.channels import Channel, Organization
from gate24.rules.budget_settings import BUDGET_SETTINGS, budget_faults
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT, keywords
from gate24.rules.retention import LEAST_DAYS, MOST_DAYS
from gate24.rules.settings_table import (
    Fault,
    Setting,
    WrongSettings,
    id_fault,
    read_settings,
    text,
    whole_number,
)
from gate24.rules.window import WINDOW_MS

_CURRENCIES = Path(__file__).with_name("currencies.json")
_MOST_MINUTES = WINDOW_MS // 60_000 - 1
_MOST_SENDS = 100_000
DIGEST_LEAST_MINUTES, DIGEST_MOST_MINUTES = 15, 600


def _timezone(given: Any) -> str:
    if given in _timezones():
        return str(given)
    near = get_close_matches(given.title() if isinstance(given, str) else "", _timezones(), 1, 0.5)
    meant = f"; {near[0]} is one" if near else ", as Asia/Kolkata is"
    raise ValueError(f"{given!r} is no IANA time zone{meant}.")


@cache
def _timezones() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


@cache
def currencies() -> frozenset[str]:
    """The currencies of countries in ISO 4217, list one (read 2026-11)."""
    return frozenset(json.loads(_CURRENCIES.read_text(encoding="utf-8")))


def _currency(given: Any) -> str:
    if given in currencies():
        return str(given)
    raise ValueError(f"{given!r} is no currency of ISO 4217, as USD and INR are.")


def _keywords(given: Any) -> frozenset[str]:
    """From a list, or text with commas between the keywords."""
    words = given.split(",") if isinstance(given, str) else given
    if not isinstance(words, (list, tuple, set, frozenset)) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{given!r} is no list of keywords, as STOP,UNSUBSCRIBE is.")
    return keywords(word.strip() for word in words)


SETTINGS = (
    Setting("name", text, "The name that staff see", is_required=True),
    Setting("timezone", _timezone, "The IANA time zone by which its days of costs begin", is_required=True),
    Setting("currency", _currency, "The currency of its costs (ISO 4217)", is_required=True),
    Setting(
        "retention_days",
        whole_number(LEAST_DAYS, MOST_DAYS, "days", none="forever"),
        "For how many days the content of messages is kept; forever unless it is set",
    ),
    Setting("opt_out_keywords", _keywords, "Messages that opt out, with commas between them"),
    Setting("opt_in_keywords", _keywords, "Messages that opt in, with commas between them"),
    Setting("sends_at_once", whole_number(1, _MOST_SENDS, "sends"), "How many sends may be under way at once"),
    Setting(
        "closing_soon_minutes",
        whole_number(1, _MOST_MINUTES, "minutes"),
        "How long before its end it is told that a window closes",
    ),
    Setting(
        "closing_digest_minutes",
        whole_number(DIGEST_LEAST_MINUTES, DIGEST_MOST_MINUTES, "minutes", none="off"),
        "How long before they close staff get a mail of chats that wait for an answer; off unless it is set",
    ),
    *BUDGET_SETTINGS,
)


KEYWORD_CHANGES = tuple(
    Setting(f"{verb}_{name}", _keywords, f"Keywords that opt {direction}, {what}")
    for name, direction in (("opt_out_keywords", "out"), ("opt_in_keywords", "in"))
    for verb, what in (("add", "beside those there are"), ("remove", "to take from those there are"))
)
"""Changes to the lists of keywords that leave the others as they are."""

CHANGES = (*SETTINGS, *KEYWORD_CHANGES)
"""What may be given to change an organization."""


def new_organization(organization_id: str, given: Mapping[str, Any]) -> Organization:
    """WrongSettings with all that is wrong."""
    values, faults = read_settings(SETTINGS, given, is_new=True)
    faults = id_fault("an organization", organization_id) + faults
    defaults = {"opt_out_keywords": DEFAULT_OPT_OUT, "opt_in_keywords": DEFAULT_OPT_IN}
    if not faults:
        found = Organization(id=organization_id, **(defaults | values))
        faults = _overlap(found) + budget_faults(found)
    if faults:
        raise WrongSettings(*faults)
    return found


def changed_organization(
    organization: Organization, given: Mapping[str, Any], channels: Iterable[Channel]
) -> Organization:
    """The organization with what is given. Its days and costs are kept by time zone and currency, so these two stay
    once it has a channel. WrongSettings."""
    values, faults = read_settings(CHANGES, given, is_new=False)
    faults += _change_keywords(values, organization)
    before = asdict(organization)
    if list(channels):
        faults += [
            Fault(name, f"The {word} of an organization that has a channel stays: its costs are kept by it.")
            for name, word in (("timezone", "time zone"), ("currency", "currency"))
            if values.get(name, before[name]) != before[name]
        ]
    if not faults:
        found = replace(organization, **values)
        faults = _overlap(found) + budget_faults(found)
    if faults:
        raise WrongSettings(*faults)
    return found


def _change_keywords(values: dict[str, Any], organization: Organization) -> list[Fault]:
    """Puts the changed lists in the place of the changes of ``values``; what is wrong with these."""
    faults = []
    for name in ("opt_out_keywords", "opt_in_keywords"):
        added, removed = (values.pop(f"{verb}_{name}", None) for verb in ("add", "remove"))
        if added is None and removed is None:
            continue
        asked = "add" if added is not None else "remove"
        if name in values:
            faults.append(Fault(f"{asked}_{name}", f"Give either {name}, which replaces the list, or a change to it."))
            continue
        there, gone = getattr(organization, name), removed or frozenset()
        faults += [Fault(f"remove_{name}", f"There is no keyword {word!r} to remove.") for word in sorted(gone - there)]
        values[name] = (there - gone) | (added or frozenset())
        if not values[name]:
            faults.append(Fault(f"remove_{name}", "At least one keyword has to stay."))
    return faults


def _overlap(organization: Organization) -> list[Fault]:
    both = organization.opt_out_keywords & organization.opt_in_keywords
    return [Fault("opt_in_keywords", f"{word!r} opts in and out; it can do one of them.") for word in sorted(both)]
