"""Computes organizations' days out of the queue, one an invocation."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import logger, observed
from gate24.store.aws import connect_store
from gate24.usecases.roll_up_day import WORK_SECONDS, roll_up_queued_day

connect_store()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A batch of SQS messages. What fails goes back; after the queue's limit, to its dead-letter queue."""
    is_time_up = clock.time_limit(WORK_SECONDS)
    failed = []
    for record in event["Records"]:
        try:
            roll_up_queued_day(record["body"], clock.now_ms(), is_time_up)
        except Exception as error:  # whatever it is, the other days are to be computed
            logger.error("day_rollup_failed", extra={"message_id": record["messageId"], "error": type(error).__name__})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
