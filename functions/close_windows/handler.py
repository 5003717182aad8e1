"""Tells of session windows that close soon or have closed, every minute: organizations' software, and staff."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gate24 import clock
from gate24.observability import observed
from gate24.settings import settings
from gate24.store.aws import connect_store
from gate24.usecases import close_windows
from gate24.usecases.close_windows import DueTimes

connect_store()

_TELLING_SECONDS = 45
"""From the run's begin: so long a round or somebody else is begun. A round reads and signs first, for 10 s at most, and
whoever is told is told within 5 s; the function ends after 60 s."""

_DUE, _STAFF_DUE = DueTimes(), DueTimes()


@observed
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """On schedule: ``{"told": number of windows, "staff": how many were told}``. RuntimeError at the end with the
    organizations that failed, whichever of the two it was."""
    now, staff = clock.now_ms(), 0
    is_telling_over = clock.time_limit(_TELLING_SECONDS)
    try:
        told = close_windows.close_windows(now, clock.time_limit(close_windows.WORK_SECONDS), _DUE)
    finally:
        if settings().mail_sender or settings().push_key:
            from gate24.usecases.tell_staff_of_closing import tell_staff_of_closing  # no other start pays for it

            staff = tell_staff_of_closing(now, is_telling_over, _STAFF_DUE)
    return {"told": told, "staff": staff}
