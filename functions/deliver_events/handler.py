"""Tells organizations' own software of events, out of the queue, one an invocation."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.api import event_bodies
from gate24.observability import about, count, logger, observed
from gate24.store import delivery_queue
from gate24.store.aws import connect_store
from gate24.usecases.deliver_event import deliver_event

connect_store()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A batch of SQS messages. What could not be read or noted goes back, and with it what comes after it, so that the
    order is kept."""
    records = event["Records"]
    for number, record in enumerate(records):
        try:
            queued = delivery_queue.read(record["body"])
            about(organization=queued.event.organization_id)
            count("delivery", deliver_event(queued, event_bodies.body, _sent_at(record)))
        except Exception as error:  # whatever it is, it is tried again
            logger.error("delivery_not_made", extra={"error": type(error).__name__})
            return {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in records[number:]]}
    return {"batchItemFailures": []}


def _sent_at(record: dict[str, Any]) -> int:
    """Since when the message has been in the queue, as SQS says (epoch ms)."""
    sent_at = record.get("attributes", {}).get("SentTimestamp")
    return clock.now_ms() if sent_at is None else int(sent_at)
