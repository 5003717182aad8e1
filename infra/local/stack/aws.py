"""Starts MiniStack with at most 8 workers per function; further requests wait for a free one.

MiniStack (1.5.33) starts a new worker for every request that finds none free: 32 requests at once to a cold function
unpack and import it 32 times (measured on 2 cores: 25 s and 2.2 GB; with the limit 11 s and 0.5 GB). Waiting cannot
deadlock, because no function of gate24 invokes another.
"""

from __future__ import annotations

import time
from typing import Any

from ministack.app import main
from ministack.services import lambda_svc

_MAX_WORKERS = 8
_WAIT_SECONDS = 25.0
_POLL_SECONDS = 0.005

_acquire = lambda_svc.acquire_worker


def _acquire_or_wait(name: str, config: Any, code: bytes, qualifier: str = "$LATEST", **_: Any) -> tuple[Any, str]:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        worker, reason = _acquire(name, config, code, qualifier=qualifier, max_concurrency=_MAX_WORKERS)
        if worker is not None or time.monotonic() > deadline:
            return worker, reason
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    lambda_svc.acquire_worker = _acquire_or_wait
    main()
