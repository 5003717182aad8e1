"""Makes events out of what was committed to the table, in the order of its stream."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24.observability import observed
from gate24.store.aws import connect_store
from gate24.usecases.queue_deliveries import is_wanted, queue_events
from gate24.usecases.tell_changes import Deliveries, tell_changes

connect_store()

_SUBSCRIBED = Deliveries(is_wanted, queue_events)


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A batch of a DynamoDB stream. Lambda goes on at the first record that could not be told now."""
    number = tell_changes(event["Records"], _SUBSCRIBED)
    return {"batchItemFailures": [] if number is None else [{"itemIdentifier": number}]}
