"""Makes events out of what was committed to the table, in the order of its stream."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.observability import logger, observed
from gate24.store import stream
from gate24.store.aws import connect_store
from gate24.store.table import StoreError
from gate24.usecases.queue_deliveries import is_wanted, queue_events
from gate24.usecases.tell_changes import Deliveries, tell_or_keep

connect_store()

_SUBSCRIBED = Deliveries(is_wanted, queue_events)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A batch of a DynamoDB stream. It ends at the first record that cannot be told now, where Lambda goes on, so that
    no change is told before one that was committed earlier. A record on which the code trips is kept aside: it would
    hold up everybody whose changes stand in the same shard."""
    for record in event["Records"]:
        try:
            tell_or_keep(record, _SUBSCRIBED)
        except StoreError as error:  # table or queue are away: the stream keeps the record
            number = stream.number_of(record)
            logger.error("change_not_told", extra={"sequence_number": number, "error": str(error)})
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}
