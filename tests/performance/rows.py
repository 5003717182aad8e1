"""One line of the benchmarks' table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """``budget``: the target, which design and access patterns allow; ``floor``: what cannot be undercut, measured
    likewise. ``spread``: the least and the most that was measured; a count is the same each time and has none
    (``EXACT``). ``missing``: why nothing was measured; then ``value`` is None.

    ``at_least``: the target is the least, not the most. ``is_yardstick``: others are held against it, or it explains
    them; it has no target of its own."""

    group: str
    what: str
    value: float | None
    unit: str
    budget: float | None = None
    floor: float | None = None
    spread: tuple[float, float] | None = None
    missing: str | None = None
    at_least: bool = False
    is_yardstick: bool = False

    @property
    def over(self) -> bool:
        """Whether the target is missed."""
        if self.budget is None or self.value is None:
            return False
        return self.value < self.budget if self.at_least else self.value > self.budget

    @property
    def lacks(self) -> tuple[str, ...]:
        """What the row would have to tell beside its figure."""
        if self.missing is not None or self.is_yardstick:
            return ()
        has = {"target": self.budget is not None, "spread": self.spread is not None or self.unit in EXACT}
        return tuple(name for name, is_there in has.items() if not is_there)


EXACT = frozenset({"", "calls", "WRU", "RRU", "WRU/s", "bytes", "KB", "MB"})
"""Units of what is counted."""


Part = tuple[str, Callable[[], Iterable[Row]]]
"""A part of the benchmarks: its name, and what measures it."""


def middle(
    group: str,
    what: str,
    values: Sequence[float],
    unit: str,
    budget: float | None = None,
    floor: float | None = None,
    *,
    at_least: bool = False,
    is_yardstick: bool = False,
) -> Row:
    """The median of several measurements, with the least and the most."""
    spread = (min(values), max(values))
    return Row(
        *(group, what, median(values), unit, budget, floor, spread), at_least=at_least, is_yardstick=is_yardstick
    )
