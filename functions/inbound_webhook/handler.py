"""Webhooks of the BSPs, the retry queue of what could not be stored when it came, and replays by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.api import webhooks
from gate24.observability import logger, observed
from gate24.store.aws import connect_store
from gate24.usecases.retry_queued import retry_queued

connect_store()

_AT_ONCE = 10
"""Messages of one batch that are stored side by side: all of them (BatchSize in template.yaml)."""


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0), a batch of SQS messages, or ``{"replay": {"organization", "events": [id]}}``."""
    if "replay" in event:
        return _replay(event["replay"])
    if "Records" not in event:
        return webhooks.respond(event)
    records = event["Records"]
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # what is decided by the provider's times may be stored in any order
        stored = list(pool.map(_is_stored, records))
    failed = [record["messageId"] for record, is_stored in zip(records, stored, strict=True) if not is_stored]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _replay(asked: dict[str, Any]) -> dict[str, Any]:
    from gate24.usecases.replay_unrecognized import replay_unrecognized

    return {"events": [asdict(each) for each in replay_unrecognized(asked["organization"], asked["events"])]}


def _is_stored(record: dict[str, Any]) -> bool:
    """What fails again goes back; after the queue's limit, to its dead-letter queue."""
    try:
        retry_queued(record["body"])
    except Exception as error:  # whatever it is, the others are to be stored
        logger.warning("parked_event_failed", extra={"error": type(error).__name__})
        return False
    return True
