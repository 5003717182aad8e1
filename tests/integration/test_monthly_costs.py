"""docs/deploy.md's costs are those that the measured units and the price lists give."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from infra.operator import monthly_costs
from stack.settings import ROOT
from stack.template import source, translated
from tests.performance import bench_capacity
from tests.support.alarms import observability
from tests.support.bodies import gupshup_status, gupshup_text
from tests.support.memory_table import memory_table
from tests.support.scene import HOUR, now
from tests.support.system import TEMPLATE, TEXT, System

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_the_page_shows_the_table_that_units_and_prices_give() -> None:
    assert "\n".join(monthly_costs.table()) in PAGE


def test_each_price_is_used_and_says_where_it_is_from() -> None:
    listed = monthly_costs.prices()["prices"]
    assert sorted(name for names in monthly_costs.LINES.values() for name in names) == sorted(listed)
    assert all(each["source"] for each in listed.values())


def test_a_price_in_steps_is_paid_step_by_step_behind_what_is_free() -> None:
    assert monthly_costs.price_of("api_request", Decimal(400_000_000)) == Decimal(300) + Decimal(90)
    assert monthly_costs.price_of("log_gb", Decimal(5)) == 0
    assert monthly_costs.price_of("log_gb", Decimal(5 + 10_240 + 4)) == Decimal(5_120) + 1


def test_what_is_counted_in_the_templates_is_so() -> None:
    resources = translated()["Resources"].values()
    rates = [
        each["Properties"]["ScheduleExpression"] for each in resources if each["Type"] == "AWS::Scheduler::Schedule"
    ]
    assert sorted(rates) == ["rate(1 hour)"] * 2 + ["rate(1 minute)"] * 2
    takers = [each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::EventSourceMapping"]
    queues = [each["EventSourceArn"]["Fn::GetAtt"][0] for each in takers if "StartingPosition" not in each]
    fifo = [each for each in queues if source()["Resources"][each]["Properties"].get("FifoQueue")]
    assert (len(queues) - len(fifo), len(fifo)) == (monthly_costs.STANDARD_QUEUES, monthly_costs.FIFO_QUEUES)
    alarms = [each for each in observability()["Resources"].values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    assert len(alarms) == monthly_costs.ALARMS
    assert source()["Globals"]["Function"]["MemorySize"] == 1024


UNITS = {
    "inbound": "inbound, contact known",
    "inbound that opens a window": "inbound that opens a new window",
    "freeform": "send, freeform",
    "template": "send, template",
    "status": "status event, Gupshup",
}
"""What make bench calls them."""


@pytest.mark.slow
@pytest.mark.dynamodb_local
def test_the_units_of_a_message_are_those_that_dynamodb_local_counts() -> None:
    told = {row.what: row.value for row in bench_capacity.rows(with_rollup=False) if row.value is not None}
    for name, called in UNITS.items():
        counted = monthly_costs.usage()[name]
        slot = told.get(f"{called}: rate limit's slot", 0)
        assert (counted["writes"], counted["reads"]) == (told[f"{called}: writes"] + slot, told[f"{called}: reads"]), (
            name
        )


def test_the_bytes_of_a_message_are_those_that_are_stored_and_logged(gate24: System, log: io.StringIO) -> None:
    body = "When does the class begin on Monday? I am Asha of the second group. " * 2
    hour = now() // HOUR * HOUR - 2 * HOUR
    number = iter(range(1000))

    def write(at: int) -> str:
        name = f"wamid.{next(number)}"
        assert gate24.webhook(gupshup_text(body, name, at=at)).status == 200
        return name

    def send(what: dict[str, Any]) -> None:
        assert gate24.send(what).status == 202

    def status() -> None:
        assert gate24.webhook(gupshup_status("delivered", sent.pop(), at=now())).status == 200

    write(hour - 60 * HOUR)
    with memory_table(gate24.dynamodb) as held:

        def measured(work: Callable[[], Any], already: int = 0) -> dict[str, int]:
            """What one more takes, after so many."""
            for _ in range(already):
                work()
            printed, before = io.StringIO(), held.stored_bytes()
            log.truncate(log.seek(0))
            with contextlib.redirect_stdout(printed):
                work()
            logged = printed.getvalue().strip() + log.getvalue()
            return {"logged_bytes": len(logged.encode()), "stored_bytes": held.stored_bytes() - before}

        found = {"inbound that opens a window": measured(lambda: write(hour + 1))}
        found |= {"inbound": measured(lambda: write(hour + 2), already=2)}
        found |= {"freeform": measured(lambda: send(TEXT | {"text": {"body": body}}), already=2)}
        found |= {"template": measured(lambda: send(TEMPLATE), already=2)}
        sent = [each["provider_id"] for each in gate24.conversation() if each["direction"] == "outbound"]
        found |= {"status": measured(status, already=2)}
    print(found)
    for name, each in found.items():
        for what, measured_bytes in each.items():
            assert measured_bytes == pytest.approx(monthly_costs.usage()[name][what], rel=0.1, abs=20), (name, what)
