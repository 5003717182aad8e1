"""Queues events again whose delivery failed, as far as they are due."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import observed
from gate24.store.aws import connect_store
from gate24.usecases.retry_deliveries import WORK_SECONDS, retry_deliveries

connect_store()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """On schedule, every minute."""
    return asdict(retry_deliveries(clock.now_ms(), clock.time_limit(WORK_SECONDS)))
