"""One line of the benchmarks' table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """``budget``: what design and access patterns allow; ``floor``: what cannot be undercut, measured likewise.
    ``spread``: the least and the most that was measured, where it was measured several times. Each is None where there
    is none. ``missing``: why nothing was measured; then ``value`` is None."""

    group: str
    what: str
    value: float | None
    unit: str
    budget: float | None = None
    floor: float | None = None
    spread: tuple[float, float] | None = None
    missing: str | None = None

    @property
    def over(self) -> bool:
        return self.budget is not None and self.value is not None and self.value > self.budget


Part = tuple[str, Callable[[], Iterable[Row]]]
"""A part of the benchmarks: its name, and what measures it."""


def middle(
    group: str,
    what: str,
    values: Sequence[float],
    unit: str,
    budget: float | None = None,
    floor: float | None = None,
) -> Row:
    """The median of several measurements, with the least and the most."""
    return Row(group, what, median(values), unit, budget, floor, (min(values), max(values)))
