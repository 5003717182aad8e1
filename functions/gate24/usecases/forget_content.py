"""Takes the content of messages out of the table when the time for which their organization keeps it is over.

The whole table is read once a day, and not at all while every organization keeps everything. Where the time of an
invocation is up, or it crashes, the next one goes on at the page where it was; each step may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gate24.lazy_dataclass import dataclass
from gate24.observability import count, logger
from gate24.rules.retention import DAY_MS, forgotten_before
from gate24.store import messages, organizations, retention
from gate24.store.retention import Pass
from gate24.store.table import StoreError

WORK_SECONDS = 720
"""How long an invocation begins another page: its function ends after 900 s (template.yaml), and a page of 1 MB has at
most some thousand messages."""


@dataclass(slots=True)
class ForgetRun:
    """``forgotten``: how many messages have lost their content, ``failed``: those on which the code tripped.
    ``is_through``: whether the whole table was read."""

    forgotten: int = 0
    failed: int = 0
    is_through: bool = True


def forget_content(now: int, is_time_up: Callable[[], bool]) -> ForgetRun:
    """``now``: epoch ms. RuntimeError at the end if the code tripped on messages; StoreError where the table fails."""
    run = _forget_what_is_due(now, is_time_up)
    count("retention.run")
    return run


def _forget_what_is_due(now: int, is_time_up: Callable[[], bool]) -> ForgetRun:
    run, last = ForgetRun(), retention.last_pass()
    if last is not None and last.start is None and now < last.begun_at + DAY_MS:
        return run
    before = _forgotten_before(now)
    if not before:
        return run
    this = last if last is not None and last.start is not None else Pass(now, None)
    for items, start in retention.pages(max(before.values()), this.start):
        for raw in items:
            _forget(run, raw, before)
        retention.save(Pass(this.begun_at, start))
        if start is not None and is_time_up():
            run.is_through = False
            break
    count("retention.forgotten", value=run.forgotten)
    if run.failed:
        raise RuntimeError(f"content of {run.failed} messages is not forgotten")
    return run


def _forgotten_before(now: int) -> dict[str, int]:
    """For each organization that does not keep everything, before which time nothing is kept."""
    organizations.forget()
    found = (organizations.organization(each) for each in organizations.organization_ids())
    times = {each.id: forgotten_before(each, now) for each in found if each is not None}
    return {each: at for each, at in times.items() if at}


def _forget(run: ForgetRun, raw: dict[str, Any], before: Mapping[str, int]) -> None:
    try:
        preview = retention.preview_of(raw)
        if preview is not None:
            organization_id, at, of_preview = preview
            if at < before.get(organization_id, 0):
                retention.forget_preview(of_preview)
            return
        organization_id, at, item = retention.message_item(raw)
        if at < before.get(organization_id, 0):
            run.forgotten += messages.forget_content(organization_id, item)
    except StoreError:
        raise
    except Exception as error:  # whatever is wrong with one, the others are to be forgotten
        logger.error("content_not_forgotten", extra={"error": type(error).__name__})
        run.failed += 1
