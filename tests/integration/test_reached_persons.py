"""Persons reached: each counted once in a day and once in a month, forgotten with their erasure, for nobody's cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate24.store import costs
from tests.support.bodies import gupshup_status
from tests.support.scene import (
    HOUR,
    contact_opted_in,
    contact_wrote,
    daily_costs,
    new_number,
    rolled_up,
    run_rollup,
    standing_clock,
)
from tests.support.system import GUPSHUP, ORG, TEMPLATE, TEXT, System, put_template

pytestmark = pytest.mark.in_memory

NOON = datetime(2026, 11, 10, 6, 30, tzinfo=UTC)
"""12:00 where the organization is."""
FIRST, SECOND = "2026-11-10", "2026-11-11"


@pytest.fixture
def time(gate24: System) -> Iterator[list[int]]:
    with standing_clock(int(NOON.timestamp() * 1000)) as standing:
        put_template(gate24, GUPSHUP)
        yield standing


def persons(gate24: System, count: int) -> list[str]:
    numbers = [f"+{new_number()}" for _ in range(count)]
    for number in numbers:
        contact_opted_in(gate24, number)
    return numbers


def sent(gate24: System, number: str, body: dict[str, Any] = TEMPLATE) -> Any:
    answer = gate24.send({**body, "to": number})
    assert answer.status == 202, answer.text
    return answer.json


def month(gate24: System) -> dict[str, Any]:
    answer = gate24.http("GET", "/v1/costs/monthly?from=2026-11&to=2026-11")
    [found] = answer.json["data"]
    told: dict[str, Any] = found
    return told


def test_a_person_counts_once_a_day_and_once_a_month(gate24: System, time: list[int]) -> None:
    asha, meena, ravi = persons(gate24, 3)
    for number in (asha, asha, meena):
        sent(gate24, number)
    time[0] += 24 * HOUR
    for number in (asha, ravi, ravi):
        sent(gate24, number)
    first, second = rolled_up(gate24, FIRST, SECOND)
    assert (first["reached"], first["total"], first["cost_per_reached"]) == (2, "0.0156", "0.0078")
    assert (second["reached"], second["cost_per_reached"]) == (2, "0.0078")
    assert (month(gate24)["reached"], month(gate24)["cost_per_reached"]) == (3, "0.0104"), "and no sum of the days"


def test_who_only_wrote_and_who_could_not_be_reached_are_not_counted(gate24: System, time: list[int]) -> None:
    wrote, failed, reached = persons(gate24, 3)
    contact_wrote(gate24, wrote, ago=0)
    bsp_id = sent(gate24, failed)["bsp_message_id"]
    sent(gate24, reached)
    [day] = rolled_up(gate24, FIRST, FIRST)
    assert day["reached"] == 2
    gate24.webhook(gupshup_status("failed", bsp_id, phone=failed.removeprefix("+"), at=time[0]))
    [day] = rolled_up(gate24, FIRST, FIRST)
    assert (day["reached"], day["cost_per_reached"]) == (1, "0.0062")


def test_a_day_on_which_nobody_was_reached_has_no_cost_for_each(gate24: System, time: list[int]) -> None:
    contact_wrote(gate24, persons(gate24, 1)[0], ago=0)
    [day] = rolled_up(gate24, FIRST, FIRST)
    assert (day["total"], day["reached"], day["cost_per_reached"]) == ("0.0010", 0, None)
    as_csv = gate24.http("GET", f"/v1/costs/daily?from={FIRST}&to={FIRST}", headers={"Accept": "text/csv"}).text
    assert [line.split(",")[-2:] for line in as_csv.splitlines()] == [["reached", "cost_per_reached"], ["0", ""]]


@pytest.mark.parametrize("days_later", [0, 5])
def test_an_erasure_takes_the_person_out_and_changes_no_cost_and_no_status(
    gate24: System, time: list[int], days_later: int
) -> None:
    asha, meena = persons(gate24, 2)
    sent(gate24, asha)
    sent(gate24, meena)
    time[0] += (24 + 24 * days_later) * HOUR
    run_rollup()
    [before] = daily_costs(gate24, FIRST, FIRST)
    held = stored()
    assert gate24.http("DELETE", f"/v1/contacts/{asha}").status in (202, 204)
    run_rollup()
    [after] = daily_costs(gate24, FIRST, FIRST)
    assert (before["status"], before["reached"]) == ("final", 2)
    assert after == before | {"reached": 1, "cost_per_reached": "0.0104"}
    assert stored() != held and len(stored()) == 4, "one hash of three bytes, in base64"


def stored() -> str:
    """The sketch of the first day."""
    found = costs.day_costs(ORG, FIRST)
    assert found is not None and found.reached is not None
    return found.reached


def test_a_freeform_reaches_its_person_too(gate24: System, time: list[int]) -> None:
    [asha] = persons(gate24, 1)
    contact_wrote(gate24, asha, ago=0)
    sent(gate24, asha, TEXT)
    [day] = rolled_up(gate24, FIRST, FIRST)
    assert (day["reached"], day["total"]) == (1, "0.0020")


def test_an_end_of_month_separates_the_persons(gate24: System, time: list[int]) -> None:
    [asha] = persons(gate24, 1)
    for start in (datetime(2026, 10, 31, 6, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)):
        time[0] = int(start.timestamp() * 1000)
        sent(gate24, asha)
    time[0] += 24 * HOUR
    rolled_up(gate24, NOON.date() - timedelta(days=10), "2026-11-01")
    months = gate24.http("GET", "/v1/costs/monthly?from=2026-10&to=2026-11").json["data"]
    assert [each["reached"] for each in months] == [1, 1]
