"""What a process remembers and no snapshot of Lambda SnapStart may keep.

A snapshot is one start, from which many processes begin, weeks later. Their connections are closed, what was read is
old, though ``time.monotonic`` has stood still meanwhile, and all of them have the same ``random``. What ``secrets`` and
``uuid4`` give comes from the operating system, which SnapStart keeps unique (Lambda developer guide, "Handling
uniqueness with Lambda SnapStart", read 2026-11).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

_forgets: list[Callable[[], object]] = []


def not_kept(forget: Callable[[], object]) -> None:
    """``forget`` is called around a snapshot. It asks nobody anything, and may be called at any time."""
    _forgets.append(forget)


def forget() -> None:
    """Forgets all that is not to be kept."""
    for each in _forgets:
        each()


def restored() -> None:
    """A process begins from a snapshot. Nothing is asked of AWS here: Lambda gives it 10 s and then fails the call,
    while a request knows what to do in an outage."""
    random.seed()
    forget()


def prepare() -> None:
    """The end of a function's start, after which the snapshot is taken if there is to be one."""
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return
    try:
        import snapshot_restore_py as hooks  # part of Lambda's runtimes since Python 3.12, not of the artifact
    except ImportError:
        forget()
        return
    hooks.register_before_snapshot(forget)
    hooks.register_after_restore(restored)
