"""Takes the content of messages out of the table when the time for which their organization keeps it is over."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import observed
from gate24.store.aws import connect_store
from gate24.usecases.forget_content import WORK_SECONDS, forget_content

connect_store()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """On schedule, every hour: begins once a day, and goes on where the hour before ran out of time."""
    run = forget_content(clock.now_ms(), clock.time_limit(WORK_SECONDS))
    return {"forgotten": run.forgotten, "is_through": run.is_through}
