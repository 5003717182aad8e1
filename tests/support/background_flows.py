"""What nobody waits for, as the event of one call: a scheduled run when nothing is left to do, and what a queue brings.
Each needs a scene of its own, for what there is to do depends on what there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from stack.event_files import EVENTS
from tests.support import media_files
from tests.support.scene import HOUR, MINUTE, new_number, now, queued_days
from tests.support.system import CONTEXT, GUPSHUP, handler
from tests.support.warm_flows import Flow, Scene, inbound

RUN = {"scheduled_at": "now"}


def _idle(function: str) -> Callable[[Scene], Callable[[], object]]:
    """A run after one that did all that there was to do."""

    def make(scene: Scene) -> Callable[[], object]:
        handler(function)(RUN, CONTEXT)
        for record in queued_days():
            handler("day_rollup")({"Records": [record]}, CONTEXT)
        return lambda: RUN

    return make


def _queued_day(scene: Scene) -> Callable[[], object]:
    """A day with one message, which is computed for the first time."""
    inbound("gupshup")(scene)()
    handler("cost_rollup")(RUN, CONTEXT)
    records = queued_days()[:1]
    return lambda: {"Records": records}


def _file(scene: Scene) -> Callable[[], object]:
    media_files.sends_file(scene.gate24, GUPSHUP, phone=new_number())
    records = media_files.queued()
    return lambda: {"Records": records}


def _organization(scene: Scene) -> Callable[[], object]:
    event: Any = json.loads((EVENTS / "admin_api" / "get_organization.json").read_text(encoding="utf-8"))
    return lambda: event


def morning() -> int:
    """Half past six of today, UTC (epoch ms): how many days are open depends on the time of the day."""
    return now() // (24 * HOUR) * 24 * HOUR + 6 * HOUR + 30 * MINUTE


BACKGROUND = (
    Flow("a run of the rollup, which queues the open days", "cost_rollup", _idle("cost_rollup"), 7, 7, 0, 2),
    Flow("a day's rollup", "day_rollup", _queued_day, 14, 14, 2, 7),
    Flow("a run of the retention, nothing is due", "retention", _idle("retention"), 7, 7, 0, 5),
    Flow("a minute in which no window closes", "close_windows", _idle("close_windows"), 1, 1, 0, 1),
    Flow("a minute in which no delivery waits", "retry_deliveries", _idle("retry_deliveries"), 1, 1, 0, 1),
    Flow("a contact's file", "fetch_media", _file, 2, 2, 1, 1),
    Flow("an organization, read by the platform", "admin_api", _organization, 2, 2, 0, 2),
)
