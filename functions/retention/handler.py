"""Takes the content of messages out of the table when the time for which their organization keeps it is over; and,
once after an upgrade, makes contacts found by their names."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import observed
from gate24.store.aws import connect_store
from gate24.usecases.forget_content import WORK_SECONDS, forget_content
from gate24.usecases.index_names import index_names

connect_store()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """On schedule, every hour: begins once a day, and goes on where the hour before ran out of time."""
    is_time_up = clock.time_limit(WORK_SECONDS)
    run = forget_content(clock.now_ms(), is_time_up)
    if run.is_through:
        index_names(clock.now_ms(), is_time_up)
    return {"forgotten": run.forgotten, "is_through": run.is_through}
