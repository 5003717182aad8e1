"""One line of the benchmarks' table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """``budget``: what design and access patterns allow; ``floor``: what cannot be undercut, measured likewise.
    Either is None where there is none."""

    group: str
    what: str
    value: float
    unit: str
    budget: float | None = None
    floor: float | None = None

    @property
    def over(self) -> bool:
        return self.budget is not None and self.value > self.budget
