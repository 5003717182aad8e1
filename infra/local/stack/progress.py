"""What ``make start`` tells while it works."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator


class StartError(Exception):
    """The stack cannot start. The message says what is wrong and what to do, to a person."""


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Announce a step, and how long it took when it is done."""
    began = time.monotonic()
    print(f"  {what} ...", end="", flush=True)
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - began:.1f} s", flush=True)
