"""Runs of the rollup: what the schedule has computed, how a long day goes on, and what comes late for a day."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gate24 import clock
from gate24.channels import Organization
from gate24.rules.rollup import DayFold
from gate24.store import costs, keys, organizations, table
from gate24.store import messages as stored_messages
from gate24.store.table import StoreError
from gate24.usecases.roll_up_day import roll_up_day
from tests.support.bodies import gupshup_billing, gupshup_status, gupshup_text
from tests.support.scene import (
    HOUR,
    MINUTE,
    daily_costs,
    parked_records,
    queued_days,
    retry_parked,
    run_rollup,
    scheduled_run,
)
from tests.support.system import CONTEXT, GUPSHUP, ORG, OTHER, OTHER_ORG, TEXT, System, handler

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

DAY = date(2026, 10, 1)
NOON = int(datetime(2026, 10, 1, 6, 30, tzinfo=UTC).timestamp() * 1000)
"""Noon of the day in Asia/Kolkata."""

LATE = [8, 13, 40]
"""Days after the day; what lay in the dead letters may come after 14."""


class Clock:
    """The server's clock, which the test moves; each look at it takes a millisecond."""

    def __init__(self) -> None:
        self.now = NOON

    def now_ms(self) -> int:
        self.now += 1
        return self.now

    def set(self, days: float, minutes: int = 0) -> None:
        """So long after the day's noon."""
        self.now = NOON + int(days * 24 * HOUR) + minutes * MINUTE


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(clock, "now_ms", moved.now_ms)
    return moved


def message_arrives(
    gate24: System, number: int = 0, at: int = NOON, phone: str = "919876543210", channel: str = GUPSHUP
) -> None:
    """A text of the day, whenever it is told."""
    body = gupshup_text(message_id=f"wamid.{number}", phone=phone, at=at)
    assert gate24.webhook(body, channel).status == 200


def is_unstated(gate24: System, day: date) -> bool:
    """Whether no run has stated the day: it is shown as zeros, which are provisional."""
    shown = daily_costs(gate24, day, day)[0]
    stored = [item for item in gate24.items() if item["pk"]["S"] == keys.days_pk(ORG)]
    is_stored = any(item["sk"]["S"] == str(day) for item in stored)
    return not is_stored and (shown["status"], set(shown["messages"].values())) == ("provisional", {0})


def stated(gate24: System, day: date = DAY) -> tuple[str, int, str]:
    """The day's status, inbound messages and total."""
    told = daily_costs(gate24, day, day)[0]
    return told["status"], told["messages"]["inbound"], told["total"]


def queued_of(organization: str = ORG) -> list[str]:
    """The organization's days that a scheduled run has computed."""
    queued, failed = scheduled_run()
    assert failed == []
    return [day for of, day in queued if of == organization]


def schedule_runs_until(time: Clock, days: int) -> None:
    """The schedule runs once a day."""
    for passed in range(1, days + 1):
        time.set(passed)
        scheduled_run()


@contextmanager
def reads_counted() -> Iterator[list[str]]:
    """The table's reads inside the block, by the name of their operation."""
    done: list[str] = []

    client = table.connection().connection.client
    call = client._make_api_call

    def noted(operation: str, asked: Any) -> Any:
        if operation in ("GetItem", "Query", "BatchGetItem", "Scan"):
            done.append(operation)
        return call(operation, asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_make_api_call", noted)
        yield done


# What comes late


@pytest.mark.parametrize("days", LATE)
def test_a_message_that_comes_late_has_its_day_restated_by_the_next_scheduled_run(
    gate24: System, time: Clock, days: int
) -> None:
    message_arrives(gate24)
    schedule_runs_until(time, days)
    assert stated(gate24) == ("final", 1, "0.0010")
    message_arrives(gate24, 1, NOON + 1)
    assert DAY.isoformat() in queued_of()
    assert stated(gate24) == ("restated", 2, "0.0020")


def test_a_failure_or_a_bill_that_is_told_late_has_its_day_restated(gate24: System, time: Clock) -> None:
    days = 13
    message_arrives(gate24)
    failing, billed = (gate24.send(TEXT).json["bsp_message_id"] for _ in range(2))
    schedule_runs_until(time, days)
    assert stated(gate24) == ("final", 1, "0.0030")
    gate24.webhook(gupshup_status("failed", failing, at=NOON + HOUR, code=1002, reason="Not on WhatsApp"))
    scheduled_run()
    assert stated(gate24) == ("restated", 1, "0.0020")
    time.set(days, minutes=60)
    gate24.webhook(gupshup_billing(billed))
    scheduled_run()
    assert daily_costs(gate24, DAY, DAY)[0]["provider_billed"]["count"] == 1


def test_a_run_by_hand_without_days_takes_up_what_came_late(gate24: System, time: Clock) -> None:
    message_arrives(gate24)
    schedule_runs_until(time, 10)
    message_arrives(gate24, 1, NOON + 1)
    assert DAY.isoformat() in [done["date"] for done in run_rollup(organization=ORG)]
    assert stated(gate24) == ("restated", 2, "0.0020")


def test_what_came_late_is_looked_at_again_until_the_index_must_show_it(gate24: System, time: Clock) -> None:
    message_arrives(gate24)
    schedule_runs_until(time, 10)
    message_arrives(gate24, 1, NOON + 1)
    time.set(10, minutes=5)
    assert DAY.isoformat() in queued_of()
    time.set(10, minutes=65)
    assert DAY.isoformat() in queued_of()
    time.set(10, minutes=125)
    assert DAY.isoformat() not in queued_of()


def test_what_changes_a_day_after_its_reading_began_is_not_forgotten_with_it(
    gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_arrives(gate24)
    schedule_runs_until(time, 10)
    message_arrives(gate24, 1, NOON + 1)
    time.set(10, minutes=60)
    read_last = costs.day_costs

    def and_another_comes(organization_id: str, day: str) -> Any:
        if (organization_id, day) == (ORG, DAY.isoformat()):
            monkeypatch.setattr(costs, "day_costs", read_last)
            message_arrives(gate24, 2, NOON + 2)
        return read_last(organization_id, day)

    monkeypatch.setattr(costs, "day_costs", and_another_comes)
    scheduled_run()
    assert stated(gate24)[1] == 2
    scheduled_run()
    assert stated(gate24)[1] == 3


def test_a_closed_day_is_noted_before_its_ledger_changes(
    gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a function that dies between the two leaves a day that is computed once too often, never one too few."""
    schedule_runs_until(time, 10)

    def dies(*_: Any) -> Any:
        raise StoreError("PutItem", "InternalServerError")

    with monkeypatch.context() as patch:
        patch.setattr(stored_messages, "put_new", dies)
        message_arrives(gate24)
    assert DAY.isoformat() in queued_of()
    assert retry_parked(parked_records(gate24)) == []
    scheduled_run()
    assert stated(gate24) == ("restated", 1, "0.0010")


def test_what_came_for_an_open_day_after_the_last_run_is_computed_though_nothing_is_noted(
    gate24: System, time: Clock
) -> None:
    schedule_runs_until(time, 1)
    time.set(1.7)  # shortly before the day is closed
    message_arrives(gate24)
    assert [item for item in gate24.items() if item["sk"]["S"].startswith(keys.CHANGED_DAY + DAY.isoformat())] == []
    time.set(2)
    scheduled_run()
    assert stated(gate24) == ("restated", 1, "0.0010")


def test_days_on_which_the_schedule_stood_still_are_computed_afterwards(gate24: System, time: Clock) -> None:
    schedule_runs_until(time, 1)
    days = [DAY + timedelta(days=number) for number in range(2, 20)]
    for number, day in enumerate(days):
        time.set((day - DAY).days)
        message_arrives(gate24, number, time.now)
    time.set(25)
    scheduled_run()
    assert [stated(gate24, day) for day in days] == [("final", 1, "0.0010")] * len(days)


# What a run costs, and whom it holds up


def test_a_day_of_which_nothing_comes_any_more_is_not_read_again(gate24: System, time: Clock) -> None:
    for number in range(30):
        message_arrives(gate24, number, NOON + number, phone=f"9198765{number:05d}")
    schedule_runs_until(time, 12)
    time.set(12, minutes=60)
    with reads_counted() as reads:
        handler("cost_rollup")({"scheduled_at": "now"}, CONTEXT)
    assert len(reads) <= 1 + len((ORG, OTHER_ORG))
    today = DAY + timedelta(days=12)
    assert {json.loads(each["body"])["day"] for each in queued_days()} == {
        (today + timedelta(days=number)).isoformat() for number in (-1, 0)
    }


def test_an_ordinary_message_costs_no_write_more_for_the_rollup(gate24: System, time: Clock) -> None:
    message_arrives(gate24)
    notes = [item for item in gate24.items() if item["sk"]["S"].startswith(keys.CHANGED_DAY)]
    assert notes == []


def spoil_ledger(gate24: System) -> None:
    """One entry of the other organization's day cannot be read."""
    message_arrives(gate24, 99, channel=OTHER)
    item = next(each for each in gate24.items() if each.get("g", {"S": ""})["S"].startswith(f"L#{OTHER_ORG}#"))
    gate24.dynamodb.put_item(TableName=gate24.table, Item=item | {"l": {"S": "{"}})


def test_a_ledger_on_which_the_code_trips_stops_no_other_day_and_no_other_organization(
    gate24: System, time: Clock
) -> None:
    spoil_ledger(gate24)
    message_arrives(gate24)
    message_arrives(gate24, 98, NOON - 24 * HOUR, channel=OTHER)
    time.set(0, minutes=10)
    _, failed = scheduled_run()
    assert failed == [(OTHER_ORG, DAY.isoformat())]
    assert stated(gate24) == ("provisional", 1, "0.0010")
    yesterday = DAY - timedelta(days=1)
    assert [day["messages"]["inbound"] for day in daily_costs(gate24, yesterday, yesterday, key="health")] == [1]


def test_an_organization_that_is_set_up_wrongly_stops_no_other(gate24: System, time: Clock) -> None:
    organizations.put_organization(Organization("a", "a", "Nowhere/Nowhere", "USD", frozenset(), frozenset()))
    message_arrives(gate24)
    _, failed = scheduled_run()
    assert {organization for organization, _ in failed} == {"a"}
    assert stated(gate24) == ("provisional", 1, "0.0010")


def test_one_organization_whose_days_cannot_be_listed_stops_no_other(
    gate24: System, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gate24.store import changed_days

    listed = changed_days.closed_days

    def throttled(organization_id: str) -> Any:
        if organization_id == OTHER_ORG:
            raise StoreError("Query", "ThrottlingException")
        return listed(organization_id)

    monkeypatch.setattr(changed_days, "closed_days", throttled)
    with pytest.raises(RuntimeError, match=f"not queued: {OTHER_ORG}"):
        handler("cost_rollup")({"scheduled_at": "now"}, CONTEXT)
    assert {json.loads(each["body"])["organization"] for each in queued_days()} == {ORG}


def test_what_is_left_of_an_organization_in_the_queue_is_dropped(gate24: System) -> None:
    body = {"organization": "gone", "day": DAY.isoformat(), "is_changed": False}
    records = [{"messageId": "1", "body": json.dumps(body)}, {"messageId": "2", "body": "{"}]
    answer = handler("day_rollup")({"Records": records}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}


# A day that takes longer than an invocation


@pytest.fixture
def time_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """From now on an invocation's time is up after so many looks at it: at most one for each moment of the ledger."""

    def limit(looks: int) -> None:
        def of(_: float) -> Callable[[], bool]:
            left = iter(range(looks))
            return lambda: next(left, None) is None

        monkeypatch.setattr(clock, "time_limit", of)

    return limit


def many_messages(gate24: System, count: int = 24, at: int = NOON) -> None:
    for number in range(count):
        message_arrives(gate24, number, at + number // 2, phone=f"9198765{number:05d}")


@pytest.mark.parametrize("moments", [0, 1, 2, 5])
def test_a_day_that_is_cut_off_anywhere_and_goes_on_says_what_it_says_in_one_go(
    gate24: System, time: Clock, time_for: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, moments: int
) -> None:
    many_messages(gate24)
    gate24.send(TEXT | {"to": "+919876500000"})
    time.set(3)
    with monkeypatch.context():
        time_for(moments)
        seen, records = set(), []
        handler("cost_rollup")({"scheduled_at": "now"}, CONTEXT)
        while records := [each for each in queued_days() if DAY.isoformat() in each["body"] and ORG in each["body"]]:
            seen.add(records[0]["body"])
            assert is_unstated(gate24, DAY)
            assert handler("day_rollup")({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    assert len(seen) > 24 / 2 / (moments + 1)
    gone_on = daily_costs(gate24, DAY, DAY)
    monkeypatch.undo()
    monkeypatch.setattr(clock, "now_ms", time.now_ms)
    assert run_rollup(organization=ORG, **{"from": str(DAY), "to": str(DAY)})[0]["changed"] is False
    assert daily_costs(gate24, DAY, DAY) == gone_on
    assert gone_on[0]["messages"]["inbound"] == 24


def test_what_comes_for_the_part_that_was_read_is_taken_up_by_the_next_run(
    gate24: System, time: Clock, time_for: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    many_messages(gate24, at=NOON + 1)
    schedule_runs_until(time, 10)
    message_arrives(gate24, 100, NOON + HOUR)
    time_for(8)
    handler("cost_rollup")({"scheduled_at": "now"}, CONTEXT)
    records = [each for each in queued_days() if DAY.isoformat() in each["body"] and ORG in each["body"]]
    handler("day_rollup")({"Records": records}, CONTEXT)
    for number in range(24):  # in every shard, before what was read
        message_arrives(gate24, 200 + number, NOON, phone=f"9198765{number:05d}")
    time_for(1000)
    handler("day_rollup")({"Records": queued_days()}, CONTEXT)
    assert 25 <= stated(gate24)[1] < 49
    scheduled_run()
    assert stated(gate24) == ("restated", 49, "0.0490")


def test_a_day_whose_currency_changes_while_it_is_read_begins_anew(gate24: System, time: Clock) -> None:
    many_messages(gate24, 4)
    organization = organizations.organization(ORG)
    assert organization is not None
    half = DayFold("INR", begun_at=NOON)
    half.position = NOON + 86_400_000
    roll_up_day(organization, DAY, half, lambda: False)
    assert stated(gate24)[1:] == (4, "0.0040")


def test_a_reading_that_began_earlier_never_replaces_a_later_one(gate24: System, time: Clock) -> None:
    organization = organizations.organization(ORG)
    assert organization is not None
    message_arrives(gate24)
    time.set(3)
    early = DayFold("USD", begun_at=time.now_ms())
    early.position = time.now_ms() + 86_400_000  # it has read all, before the message was there
    run_rollup(organization=ORG, **{"from": str(DAY), "to": str(DAY)})
    done = roll_up_day(organization, DAY, early, lambda: False)
    assert not isinstance(done, DayFold)
    assert done.changed is False
    assert stated(gate24) == ("final", 1, "0.0010")


def test_days_for_which_a_run_by_hand_has_no_time_are_named_and_computed_out_of_the_queue(
    gate24: System, time: Clock, time_for: Callable[[int], None]
) -> None:
    many_messages(gate24, 6)
    time.set(3)
    days = {"from": str(DAY), "to": str(DAY + timedelta(days=2))}
    time_for(3)
    answer = handler("cost_rollup")({"organization": ORG, **days}, CONTEXT)
    assert answer["days"] == []
    assert [left["date"] for left in answer["queued"]] == [str(DAY + timedelta(days=number)) for number in range(3)]
    assert {left["organization"] for left in answer["queued"]} == {ORG}
    assert all(is_unstated(gate24, DAY + timedelta(days=number)) for number in range(3))
    time_for(1000)
    while records := queued_days():
        assert handler("day_rollup")({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    told = daily_costs(gate24, *days.values())
    assert [day["messages"]["inbound"] for day in told] == [6, 0, 0]
    assert {day["status"] for day in told} == {"final"}
