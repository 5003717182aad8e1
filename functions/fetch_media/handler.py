"""Fetches the files of contacts' messages from their providers, out of the queue."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import count, logger, observed
from gate24.rules.media_files import delay_seconds
from gate24.store import media_queue
from gate24.store.aws import connect_store
from gate24.usecases.fetch_media import fetch_media

connect_store()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A batch of SQS messages; one at a time as template.yaml has it."""
    failed = [record["messageId"] for record in event["Records"] if not _is_done(record)]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _is_done(record: dict[str, Any]) -> bool:
    """What fails goes back; after the queue's limit, to its dead-letter queue."""
    try:
        fetch_media(*media_queue.read(record["body"]), clock.now_ms())
    except Exception as error:  # whatever it is, the others are to be fetched
        logger.warning("media_not_fetched", extra={"error": type(error).__name__, "reason": str(error)})
        count("media.not_fetched")
        _put_off(record)
        return False
    return True


def _put_off(record: dict[str, Any]) -> None:
    """Until its next attempt; where that fails, the queue itself lets it wait for its longest."""
    try:
        attempts = int(record["attributes"]["ApproximateReceiveCount"])
        media_queue.put_off(record["receiptHandle"], delay_seconds(attempts))
    except Exception as error:  # whatever it is, the message is given back
        logger.warning("media_not_put_off", extra={"error": type(error).__name__, "reason": str(error)})
