"""What is known of a month's budget of an organization or a channel. Money is integer micro-units."""

from __future__ import annotations

from typing import NamedTuple

from gate24.lazy_dataclass import dataclass


class ToldShare(NamedTuple):
    """That so many percent of a budget (micro-units) were told to be reached."""

    budget: int
    share: int


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget as the rollup last held it against what the days have cost. ``month``: local (``YYYY-MM``).
    ``channel_id``: None for the budget of the whole organization. ``budget``, ``shares``: as they were set then.
    ``spent``: what the stated days of the month cost, in ``currency``. ``as_of``: when the reading of the newest day
    began (epoch ms). ``told``: of which shares it was told, of this budget and of others that were set in the month."""

    month: str
    channel_id: str | None
    currency: str
    budget: int
    shares: tuple[int, ...]
    spent: int
    as_of: int
    told: frozenset[ToldShare] = frozenset()


class Spent(NamedTuple):
    """What a month has cost (micro-units), and as of when that is known (epoch ms; None: nothing was computed yet)."""

    micro: int
    as_of: int | None
