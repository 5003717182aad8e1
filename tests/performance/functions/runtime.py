"""Lambda's Python runtime on a folder of code, which writes down what its start and its first request spent.

As ``stack/lambda_runtime.py``, for an interpreter that has the standard library alone (``-I -S``). What is measured is
of this process, and the moments are those that the runtime itself knows: it asks for the first event when INIT is over.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any


def main(folders: str, libraries: str, written: str, handler: str) -> None:
    """``folders``: of the function's code, separated as in PATH. ``libraries``: the folder that has ``awslambdaric``.
    ``written``: the file for the moments of ``tests.performance.emulated.Start``."""
    sys.path.append(libraries)
    runtime = importlib.import_module("awslambdaric.__main__")
    sys.path.remove(libraries)
    sys.path[:0] = folders.split(os.pathsep)
    client: Any = runtime.LambdaRuntimeClient
    next_event, post = client.wait_next_invocation, client.post_invocation_result
    moments: list[tuple[float, float]] = []

    def note() -> None:
        moments.append((time.process_time(), time.monotonic()))

    def waiting(self: Any) -> Any:
        note()
        event = next_event(self)
        note()
        return event

    def posting(self: Any, *given: Any, **named: Any) -> None:
        post(self, *given, **named)
        note()
        if len(moments) == 4:
            from pathlib import Path  # not before the function's own imports

            part = Path(f"{written}.part")
            part.write_text(json.dumps(moments), encoding="utf-8")
            part.rename(written)

    client.wait_next_invocation, client.post_invocation_result = waiting, posting
    note()
    runtime.main([sys.argv[0], handler])


if __name__ == "__main__":
    main(*sys.argv[1:])
