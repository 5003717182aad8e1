"""Webhooks of the BSPs, the retry queue of what could not be stored when it came, and replays by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api import webhooks
from gate24.observability import logger, observed
from gate24.store.aws import connect_store
from gate24.usecases.retry_queued import retry_queued

connect_store()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), a batch of SQS messages, or ``{"replay": {"organization", "events": [id]}}``."""
    if "replay" in event:
        return _replay(event["replay"])
    if "Records" not in event:
        return webhooks.respond(event)
    return _retry(event, context) if event["Records"] else {"batchItemFailures": []}


def _replay(asked: dict[str, Any]) -> dict[str, Any]:
    from gate24.usecases.replay_unrecognized import replay_unrecognized

    return {"events": [asdict(each) for each in replay_unrecognized(asked["organization"], asked["events"])]}


def _retry(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """What fails again goes back; after the queue's limit, to its dead-letter queue."""
    # Imported here: a cold start of the webhook need not pay for it (12 ms).
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, _retry_record, processor, context)
    return dict(answer)


def _retry_record(record: Any) -> None:
    try:
        retry_queued(record.body)
    except Exception as error:
        logger.warning("parked_event_failed", extra={"error": type(error).__name__})
        raise
