"""What the settings of a month's budget may be, of an organization and of a channel alike. Pure."""

from __future__ import annotations

import re
from typing import Any

from gate24.channels import Channel, Organization
from gate24.rules.money import MICRO_DIGITS, micro
from gate24.rules.settings_table import Fault, Setting, switch

_AMOUNT = re.compile(rf"[0-9]{{1,12}}(\.[0-9]{{1,{MICRO_DIGITS}}})?")
_NONE = "none"
_MOST_SHARES = 10
_HIGHEST_SHARE = 1000


def _amount(given: Any) -> int | None:
    """Micro-units; None for no budget."""
    if given is None or given == _NONE:
        return None
    if not isinstance(given, str) or not _AMOUNT.fullmatch(given):
        raise ValueError(
            f"{given!r} is no amount of money of at most {MICRO_DIGITS} decimals, as 250.00 is, or {_NONE}."
        )
    return micro(given)


def _shares(given: Any) -> tuple[int, ...]:
    """In order, from a list, or text with commas between the shares."""
    words = given.split(",") if isinstance(given, str) else given
    found = [_share(each) for each in words] if isinstance(words, (list, tuple)) else []
    if not 1 <= len(found) <= _MOST_SHARES or None in found:
        raise ValueError(
            f"{given!r} is no list of shares: 1 to {_MOST_SHARES} whole numbers of percent from 1 to "
            f"{_HIGHEST_SHARE}, as 50,80,100 is."
        )
    return tuple(sorted({share for share in found if share is not None}))


def _share(given: Any) -> int | None:
    is_number = type(given) is int or (isinstance(given, str) and re.fullmatch(r"[0-9]{1,4}", given.strip()))
    return int(given) if is_number and 1 <= int(given) <= _HIGHEST_SHARE else None


BUDGET_SETTINGS = (
    Setting(
        "monthly_budget", _amount, f"What a local month may cost, in the organization's currency; {_NONE} for no budget"
    ),
    Setting("budget_shares", _shares, "The percentages of it that are told once they are reached, with commas"),
    Setting(
        "refuse_above_budget", switch, "Whether marketing templates are refused once the budget is reached: on or off"
    ),
)


def budget_faults(owner: Organization | Channel) -> list[Fault]:
    """What is wrong with the settings beside each other."""
    if not owner.refuse_above_budget or owner.monthly_budget is not None:
        return []
    said = "Without a budget nothing can be refused above it: give monthly_budget, or set refuse_above_budget to off."
    return [Fault("refuse_above_budget", said)]
