"""Tells of session windows that close soon or have closed, every minute."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import observed
from gate24.store.aws import connect_store
from gate24.usecases.close_windows import WORK_SECONDS, DueTimes, close_windows

connect_store()

_DUE = DueTimes()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """On schedule: ``{"told": number of windows}``. RuntimeError at the end with the organizations that failed."""
    return {"told": close_windows(clock.now_ms(), clock.time_limit(WORK_SECONDS), _DUE)}
