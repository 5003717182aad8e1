"""Windows that close soon or have closed are told of in their minute, once, whatever is missed or crashes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gate24 import clock
from gate24.store import contact_list, feed, organizations, windows
from gate24.store.table import StoreError
from gate24.usecases import close_windows as close_windows_module
from gate24.usecases.close_windows import DueTimes, close_windows
from gate24.windows import Window
from tests.support.bodies import gupshup_text
from tests.support.scene import (
    DIGITS,
    HOUR,
    MINUTE,
    SECOND,
    change_channel,
    change_organization,
    new_number,
    post_webhook,
    status_arrives,
)
from tests.support.stream import Listener, listening
from tests.support.system import GUPSHUP, ORG, OTHER, OTHER_ORG, TEXT, System

START = 1_795_000_000_000
END = START + 24 * HOUR - 30 * SECOND
"""When the gate closes the window of somebody who wrote at ``START``."""
SOON = END - 120 * MINUTE


@dataclass(slots=True)
class Night:
    """The clock stands where it is put; the job runs by it."""

    gate24: System
    listener: Listener
    time: list[int]
    due: DueTimes

    def run_at(self, at: int, every_minute: bool = False) -> list[dict[str, Any]]:
        """The job's run at that time (before it one each minute), and the events of windows that it makes."""
        while every_minute and self.time[0] + MINUTE < at:
            self.time[0] += MINUTE
            close_windows(self.time[0], lambda: False, self.due)
        self.time[0] = at
        close_windows(at, lambda: False, self.due)
        return [event for event in self.listener.listen() if event["type"].startswith("window.")]

    def wrote(self, at: int, phone: str = DIGITS) -> None:
        self.time[0] = max(self.time[0], at)
        post_webhook(self.gate24, GUPSHUP, gupshup_text("Hello", f"wamid.{phone}.{at}", phone, at))


@pytest.fixture
def night(gate24: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    time = [START]
    monkeypatch.setattr(clock, "now_ms", lambda: time[0])
    with listening(gate24) as listener:
        listener.stream._clock = lambda: time[0]
        made = Night(gate24, listener, time, DueTimes())
        made.run_at(START)
        yield made


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def test_a_window_closes_soon_and_then_closes_each_in_its_minute(night: Night) -> None:
    night.wrote(START)
    assert kinds(night.run_at(SOON - 1, every_minute=True)) == ["window.opened"]
    (soon,) = night.run_at(SOON + MINUTE)
    assert (soon["type"], soon["channel"]) == ("window.closing_soon", GUPSHUP)
    window = soon["data"]["window"]
    assert window["state"] == "open" and 7_100 < window["seconds_left"] <= 7_200
    assert night.run_at(END - 1, every_minute=True) == []
    (closed,) = night.run_at(END)
    assert closed["type"] == "window.closed"
    assert (closed["data"]["window"]["state"], closed["data"]["window"]["closed_by"]) == ("closed", "lapsed")
    assert closed["timestamp"] == closed["data"]["window"]["gate_closes_at"]
    assert night.run_at(END + 3 * HOUR, every_minute=True) == []


def test_a_run_takes_up_what_was_due_while_none_ran(night: Night) -> None:
    night.wrote(START)
    night.wrote(START + 23 * HOUR, other := new_number())
    night.run_at(SOON - MINUTE)
    events = night.run_at(END + 40 * MINUTE)
    assert kinds(events) == ["window.closed"]  # that it closes soon is no news any more
    assert sorted(kinds(night.run_at(START + 80 * HOUR))) == ["window.closed"]
    assert other not in str(events)


def test_a_message_in_between_moves_the_end_and_the_run_is_told_of_once(night: Night) -> None:
    night.wrote(START)
    night.run_at(SOON - MINUTE)
    night.wrote(SOON - SECOND)
    assert night.run_at(SOON + MINUTE) == []
    moved = SOON - SECOND + 24 * HOUR - 30 * SECOND
    assert kinds(night.run_at(moved - 120 * MINUTE, every_minute=True)) == ["window.closing_soon"]
    night.wrote(moved - HOUR)  # the same run goes on
    assert night.run_at(moved + 22 * HOUR, every_minute=True) == []
    assert kinds(night.run_at(moved + 23 * HOUR)) == ["window.closed"]
    night.wrote(moved + 25 * HOUR)
    again = night.run_at(moved + 49 * HOUR, every_minute=True)
    assert kinds(again) == ["window.opened", "window.closing_soon", "window.closed"]


def test_a_message_in_the_safety_margin_opens_the_window_again(night: Night) -> None:
    night.wrote(START)
    assert kinds(night.run_at(END)) == ["window.opened", "window.closed"]
    night.wrote(END + 10 * SECOND)
    assert kinds(night.run_at(END + MINUTE)) == ["window.opened"]
    assert kinds(night.run_at(END + 10 * SECOND + 24 * HOUR)) == ["window.closed"]


def test_a_window_that_moves_while_the_job_looks_at_it_is_not_told_of(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.wrote(START)
    night.run_at(END - MINUTE)
    marked = windows.mark_told

    def too_late(*asked: Any, **named: Any) -> bool:
        night.wrote(END - SECOND)
        return marked(*asked, **named)

    monkeypatch.setattr(windows, "mark_told", too_late)
    assert night.run_at(END) == []


def test_a_window_that_is_written_but_ends_as_before_is_told_of_by_the_next_run(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.wrote(START)
    night.run_at(END - MINUTE)
    marked = windows.mark_told

    def stale(organization_id: str, contact_id: str, channel_id: str, window: Window, **named: Any) -> bool:
        read = replace(window, last_writing_at=START - HOUR)
        return marked(organization_id, contact_id, channel_id, read, **named)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(windows, "mark_told", stale)
        assert night.run_at(END) == []
    assert kinds(night.run_at(END + MINUTE)) == ["window.closed"]


def test_a_run_that_crashes_is_made_again_and_tells_nothing_twice(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [new_number() for _ in range(4)]
    for phone in phones:
        night.wrote(START, phone)
    night.run_at(END - MINUTE)
    marked, calls = windows.mark_told, [0]

    def breaks(*asked: Any, **named: Any) -> bool:
        calls[0] += 1
        if calls[0] == 3:
            raise StoreError("UpdateItem", "down")
        return marked(*asked, **named)

    with monkeypatch.context() as broken:
        broken.setattr(windows, "mark_told", breaks)
        with pytest.raises(RuntimeError, match="learning"):
            night.run_at(END)
    assert kinds(night.listener.listen()).count("window.closed") == 2
    assert kinds(night.run_at(END + MINUTE)) == ["window.closed", "window.closed"]
    assert night.run_at(END + 2 * MINUTE) == []


def test_what_the_list_shows_too_late_for_its_minute_is_told_in_the_next(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.wrote(START)
    night.run_at(END - MINUTE)
    with monkeypatch.context() as late:
        late.setattr(contact_list, "windows_ending", lambda *_: [])
        assert night.run_at(END) == []
    assert kinds(night.run_at(END + MINUTE)) == ["window.closed"]


def test_the_first_run_tells_what_closed_just_before_it(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    time = [START]
    monkeypatch.setattr(clock, "now_ms", lambda: time[0])
    with listening(gate24) as listener:
        listener.stream._clock = lambda: time[0]
        night = Night(gate24, listener, time, DueTimes())
        night.wrote(START)
        assert sorted(kinds(night.run_at(END + 20 * SECOND))) == ["window.closed", "window.opened"]


def test_two_runs_at_a_time_tell_once(night: Night) -> None:
    night.wrote(START)
    night.run_at(END - MINUTE)
    for due in (DueTimes(), DueTimes()):
        close_windows(END, lambda: False, due)
    night.time[0] = END
    night.listener.listen()
    assert kinds(night.listener.heard).count("window.closed") == 1


def test_the_lead_and_the_margin_are_those_that_are_set(night: Night) -> None:
    change_organization(closing_soon_minutes=60)
    change_channel(margin_seconds=600)
    night.wrote(START)
    end = START + 24 * HOUR - 600 * SECOND
    assert kinds(night.run_at(end - 60 * MINUTE - 1, every_minute=True)) == ["window.opened"]
    assert kinds(night.run_at(end - 60 * MINUTE)) == ["window.closing_soon"]
    assert kinds(night.run_at(end, every_minute=True)) == ["window.closed"]


def test_what_the_provider_closed_does_not_lapse_as_well(night: Night) -> None:
    night.wrote(START)
    night.time[0] += MINUTE
    sent = night.gate24.send(TEXT).json
    assert kinds(night.run_at(START + 2 * MINUTE)) == ["window.opened"]
    status_arrives(night.gate24, "failed", sent["bsp_message_id"], code=470)
    assert kinds(night.run_at(START + HOUR)) == ["window.closed"]
    assert night.run_at(START + 30 * HOUR) == []


def test_windows_that_are_not_due_are_not_read_again(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        night.wrote(START, new_number())
    read, once = list[str](), windows.read_many

    def noted(organization_id: str, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Window]:
        read.extend(contact_id for contact_id, _ in places)
        return once(organization_id, places)

    monkeypatch.setattr(windows, "read_many", noted)
    night.run_at(END + HOUR, every_minute=True)
    assert len(read) <= 3 * 5  # first, closing soon, closed; not sixty times an hour
    assert len(set(read)) == 5


def test_a_large_organization_holds_up_nobody_elses_windows(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    organizations.keep_events(OTHER_ORG, START)
    organizations.forget()
    phones = [new_number() for _ in range(12)]
    for phone in phones:
        night.wrote(START, phone)
    post_webhook(night.gate24, OTHER, gupshup_text("Hello", "wamid.other", new_number(), START))
    night.run_at(END - MINUTE)
    marked, told, reads, once = windows.mark_told, list[str](), [0], windows.read_many

    def noted(organization_id: str, *asked: Any, **named: Any) -> bool:
        told.append(organization_id)
        return marked(organization_id, *asked, **named)

    def counted(organization_id: str, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Window]:
        reads[0] += 1
        return once(organization_id, places)

    monkeypatch.setattr(windows, "mark_told", noted)
    monkeypatch.setattr(windows, "read_many", counted)
    monkeypatch.setattr(close_windows_module, "_LOOKED_AT_IN_A_TURN", 4)
    monkeypatch.setattr("random.shuffle", lambda those: those.sort(key=lambda each: each != ORG))
    night.time[0] = END
    assert close_windows(END, lambda: len(told) >= 5, DueTimes()) == 5  # as far as the time goes
    assert told == [*(4 * [ORG]), OTHER_ORG]
    assert reads == [2]  # by batches
    assert close_windows(END + MINUTE, lambda: False, DueTimes()) == 8  # the next run goes on
    assert sorted(told) == sorted([*(12 * [ORG]), OTHER_ORG])


def test_nothing_is_read_for_an_organization_that_nobody_listens_for(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert organizations.events_since(OTHER_ORG) is None
    asked, once = list[str](), feed.windows_told_until

    def noted(organization_id: str) -> int | None:
        asked.append(organization_id)
        return once(organization_id)

    monkeypatch.setattr(feed, "windows_told_until", noted)
    night.run_at(START + MINUTE)
    assert asked == [ORG]


@pytest.mark.parametrize("minutes", [0, 24 * 60])
def test_a_lead_that_makes_no_sense_is_refused(night: Night, minutes: int) -> None:
    with pytest.raises(ValueError, match="closing_soon_minutes"):
        change_organization(closing_soon_minutes=minutes)
