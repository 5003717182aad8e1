"""Progress and error messages of ``make start``."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator


class StartError(Exception):
    """The stack cannot start. The message says to the user what is wrong and what to do."""


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Print the name of a step, and its duration once it is done."""
    began = time.monotonic()
    print(f"  {name} ...", end="", flush=True)
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - began:.1f} s", flush=True)
