"""Work that need not wait for other work: requests to AWS of which neither depends on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, TypeVar

T = TypeVar("T")
Part = TypeVar("Part")

THREADS = 31
"""At most: with the caller as many as the table's client has connections (``store.table.POOL``)."""


def start(work: Callable[[], T]) -> Callable[[], T]:
    """Begins the work in another thread. What is returned waits for its end and gives the result, or raises what the
    work raised; where nobody asks, nobody hears of it."""
    return _pool().submit(work).result  # type: ignore[no-any-return]


def for_each(work: Callable[[Part], T], parts: Sequence[Part]) -> list[T]:
    """Does the work for each of the parts, which do not depend on each other; the results in their order."""
    under_way = [start(partial(work, part)) for part in parts[1:]]
    first = [work(part) for part in parts[:1]]
    return first + [result() for result in under_way]


@cache
def _pool() -> Any:
    from concurrent.futures import ThreadPoolExecutor  # no function that does one thing after another needs it

    return ThreadPoolExecutor(THREADS, thread_name_prefix="at-once")
