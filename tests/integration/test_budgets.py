"""Budgets of a month through the whole system: set by command, spent by sends, held against the costs by the rollup,
told as events, refused by the gate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gate24.rules.exchange import Publication
from gate24.store import budgets, costs, exchange_rates, keys, organizations
from gate24.usecases.make_api_key import create_api_key
from tests.support.administration import Printed, administered
from tests.support.bodies import gupshup_consent, gupshup_status, gupshup_text, meta_status
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import (
    HOUR,
    MARKETING,
    MINUTE,
    change_channel,
    change_organization,
    new_number,
    post_webhook,
    put_marketing_template,
    run_rollup,
    scheduled_run,
    standing_clock,
)
from tests.support.stream import Listener, Stream
from tests.support.system import (
    GUPSHUP,
    META,
    META_NUMBER,
    ORG,
    OTHER_ORG,
    PHONE,
    TEMPLATE,
    TEXT,
    System,
    put_template,
    system,
)

SEND_COST = 5200
"""A template by gupshup-2021-02 (micro-units)."""

NOON = int(datetime(2026, 11, 20, 6, 30, tzinfo=UTC).timestamp()) * 1000
MIDNIGHT = int(datetime(2026, 11, 30, 18, 30, tzinfo=UTC).timestamp()) * 1000
"""The end of the month in Asia/Kolkata."""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[System, MemoryTable]]:
    with system(tmp_path) as made, administered(made), memory_table(made.dynamodb) as table:
        yield made, table


@pytest.fixture
def time(held: tuple[System, MemoryTable]) -> Iterator[list[int]]:
    with standing_clock(NOON) as standing:
        yield standing


@pytest.fixture
def gate24(held: tuple[System, MemoryTable], time: list[int]) -> System:
    """Its first organization has a marketing template on both channels."""
    made, _ = held
    put_marketing_template(made)
    put_template(made, META, name="camp", category="marketing")
    return made


@pytest.fixture
def listener(gate24: System, held: tuple[System, MemoryTable], time: list[int]) -> Listener:
    organizations.keep_events(ORG, time[0])
    return Listener(gate24, Stream(held[1], lambda: time[0]))


def opted_in(gate24: System, at: int, phone: str = PHONE, channel: str = GUPSHUP) -> None:
    post_webhook(gate24, channel, gupshup_consent("opted-in", phone.removeprefix("+"), at))


def someone(gate24: System, at: int) -> str:
    phone = f"+{new_number()}"
    opted_in(gate24, at, phone)
    return phone


def spend(gate24: System, sends: int, at: int, channel: str = GUPSHUP) -> list[dict[str, Any]]:
    """So many templates to people who opted in."""
    answers = [gate24.send(TEMPLATE | {"to": someone(gate24, at - MINUTE), "channel": channel}) for _ in range(sends)]
    assert [each.status for each in answers] == [202] * sends
    return [each.json for each in answers]


def camp(gate24: System, at: int, channel: str = GUPSHUP, **more: Any) -> tuple[int, str | None]:
    answer = gate24.send(MARKETING | {"to": someone(gate24, at - MINUTE), "channel": channel} | more)
    return answer.status, answer.json.get("code")


def heard(listener: Listener, time: list[int]) -> list[dict[str, Any]]:
    """What is new of budgets. What is written next has a later place in the feed."""
    found = [each for each in listener.listen() if each["type"] == "budget.reached"]
    time[0] += 1
    return found


def reached(listener: Listener, time: list[int]) -> list[tuple[str | None, int, str, str]]:
    """Of what is new of budgets channel, share, budget and spent."""
    names = ("share", "budget", "spent")
    return [(each["channel"], *(each["data"][name] for name in names)) for each in heard(listener, time)]


def report(gate24: System, query: str = "", key: str = ORG) -> dict[str, Any]:
    answer = gate24.http("GET", f"/v1/costs/budget{query}", key=key)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def set_budget(capsys: pytest.CaptureFixture[str], what: str, name: str, *options: str) -> dict[str, Any]:
    run = Printed(capsys, what, "set", name, *options, "--json")
    assert run.status == 0, run.err
    found: dict[str, Any] = run.json
    return found


def test_a_budget_is_set_reached_told_once_and_refuses_marketing_until_the_months_end(
    gate24: System, listener: Listener, time: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--monthly-budget=0.0208", "--budget-shares=50,100", "--refuse-above-budget=on"]
    assert (
        set_budget(capsys, "organization", ORG, *options).items()
        >= {
            "monthly_budget": "0.0208",
            "budget_shares": [50, 100],
            "refuse_above_budget": True,
        }.items()
    )
    spend(gate24, 2, time[0])
    run_rollup()
    assert reached(listener, time) == [(None, 50, "0.0208", "0.0104")]
    assert camp(gate24, time[0])[0] == 202
    spend(gate24, 1, time[0])
    assert camp(gate24, time[0])[0] == 202, "what was spent since the last rollup is not known"
    time[0] += HOUR
    scheduled_run()
    told = heard(listener, time)
    assert [each["channel"] for each in told] == [None]
    assert (
        told[0]["data"].items()
        >= {
            "month": "2026-11",
            "timezone": "Asia/Kolkata",
            "currency": "USD",
            "share": 100,
            "budget": "0.0208",
            "as_of": "2026-11-20T07:30:00.001Z",
        }.items()
    )
    for _ in range(3):
        time[0] += HOUR
        scheduled_run()
    listener.stream.tell_again()
    assert reached(listener, time) == []

    phone = someone(gate24, time[0] - MINUTE)
    refused = gate24.send(MARKETING | {"to": phone})
    assert (refused.status, refused.json["code"]) == (409, "budget_exceeded")
    assert refused.json["allowed_actions"] == ["send_template", "raise_budget", "wait_for_next_month"]
    assert refused.json["retryable"] is False
    for word in (
        "organization's budget for 2026-11",
        ": 0.0260 of 0.0208 USD are spent as of 2026-11-20T10:30Z",
        "until 2026-12-01 (Asia/Kolkata)",
    ):
        assert word in refused.json["detail"]
    dry = gate24.check(MARKETING | {"to": phone}).json
    assert (dry["decision"], dry["code"], dry["allowed_actions"]) == (
        *("refuse", "budget_exceeded", refused.json["allowed_actions"]),
    )
    assert gate24.conversation(phone)[0]["code"] == "budget_exceeded"
    assert gate24.send(TEMPLATE | {"to": phone}).status == 202, "a utility template goes"
    post_webhook(gate24, GUPSHUP, gupshup_text("Hello", "wamid.reply", phone.removeprefix("+"), time[0] - MINUTE))
    assert gate24.send(TEXT | {"to": phone}).status == 202, "a reply goes"
    assert "send_freeform" in gate24.send(MARKETING | {"to": phone}).json["allowed_actions"]

    time[0] = MIDNIGHT - 1
    assert camp(gate24, time[0]) == (409, "budget_exceeded")
    time[0] = MIDNIGHT
    assert camp(gate24, time[0])[0] == 202
    scheduled_run()
    assert camp(gate24, time[0])[0] == 202
    assert reached(listener, time) == []


def test_a_marketing_fallback_is_refused_too_and_says_so(gate24: System, time: list[int]) -> None:
    change_organization(monthly_budget=SEND_COST, refuse_above_budget=True)
    spend(gate24, 1, time[0])
    run_rollup()
    phone = someone(gate24, time[0] - MINUTE)
    answer = gate24.send(TEXT | {"to": phone, "fallback": {"template": MARKETING["template"]}})
    assert (answer.status, answer.json["code"]) == (409, "window_closed")
    assert answer.json["errors"] == [
        {"pointer": "/fallback/template", "detail": "The fallback cannot go either: budget_exceeded"}
    ]
    other = gate24.send(TEXT | {"to": phone, "fallback": {"template": TEMPLATE["template"]}})
    assert (other.status, other.json["sent_as"]) == (202, "template")


def test_a_budget_that_is_raised_lets_marketing_through_at_once_and_is_told_anew_when_reached(
    gate24: System, listener: Listener, time: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    spend(gate24, 2, time[0])
    run_rollup()
    change_organization(monthly_budget=2 * SEND_COST, refuse_above_budget=True)
    first = report(gate24)["organization"]
    assert (first["share"], first["is_refusing"]) == (100, False), "the gate knows after the next rollup"
    assert gate24.check(MARKETING | {"to": someone(gate24, time[0] - MINUTE)}).json["decision"] == "allow"
    run_rollup()
    assert report(gate24)["organization"]["is_refusing"] is True
    assert [each[1] for each in reached(listener, time)] == [50, 80, 100]
    assert camp(gate24, time[0]) == (409, "budget_exceeded")
    set_budget(capsys, "organization", ORG, "--monthly-budget=0.0208")
    assert gate24.check(MARKETING | {"to": someone(gate24, time[0] - MINUTE)}).json["decision"] == "allow"
    run_rollup()
    assert reached(listener, time) == [(None, 50, "0.0208", "0.0104")]
    spend(gate24, 2, time[0])
    run_rollup()
    assert [each[1:3] for each in reached(listener, time)] == [(80, "0.0208"), (100, "0.0208")]
    assert camp(gate24, time[0]) == (409, "budget_exceeded")
    set_budget(capsys, "organization", ORG, "--monthly-budget=none", "--refuse-above-budget=off")
    assert camp(gate24, time[0])[0] == 202
    set_budget(capsys, "organization", ORG, "--monthly-budget=0.0208")
    run_rollup()
    assert reached(listener, time) == [], "of this budget it was told in this month"


def test_two_channels_have_a_budget_each(gate24: System, listener: Listener, time: list[int]) -> None:
    change_channel(GUPSHUP, monthly_budget=2 * SEND_COST, budget_shares=(100,), refuse_above_budget=True)
    change_channel(META, monthly_budget=1_000_000, budget_shares=(1,), refuse_above_budget=True)
    spend(gate24, 2, time[0])
    [sent] = spend(gate24, 1, time[0], META)
    to = gate24.http("GET", f"/v1/messages/{sent['id']}").json["to"].removeprefix("+")
    told = meta_status("delivered", sent["bsp_message_id"], sent["id"], to, time[0], phone_number_id=META_NUMBER)
    post_webhook(gate24, META, told)  # at Meta a message costs once it is delivered
    run_rollup()
    meta_cost = sent["cost"]["amount"]
    assert Decimal(meta_cost) < Decimal("0.01"), "less than one percent of the budget"
    assert reached(listener, time) == [(GUPSHUP, 100, "0.0104", "0.0104")]
    assert camp(gate24, time[0]) == (409, "budget_exceeded")
    assert camp(gate24, time[0], META)[0] == 202
    found = report(gate24)
    by_channel = {each["channel"]: each for each in found["channels"]}
    assert (found["organization"]["budget"], found["organization"]["is_refusing"]) == (None, False)
    assert (by_channel[GUPSHUP]["share"], by_channel[GUPSHUP]["is_refusing"]) == (100, True)
    assert (by_channel[META]["spent"], by_channel[META]["share"]) == (meta_cost, 0)
    assert (by_channel[META]["reached"], by_channel[META]["is_refusing"]) == ([], False)
    assert "The channel's budget" in gate24.send(MARKETING | {"to": someone(gate24, time[0] - MINUTE)}).json["detail"]


def test_a_key_of_some_channels_sees_their_budgets_alone(gate24: System, time: list[int]) -> None:
    change_organization(monthly_budget=1_000_000)
    key = create_api_key(ORG, "branch", ["read"], None, time[0], [META]).secret
    found = report(gate24, key=key)
    assert [each["channel"] for each in found["channels"]] == [META]
    assert not {"organization", "unpriced"} & found.keys()
    change_organization(monthly_budget=0, refuse_above_budget=True)
    sender = create_api_key(ORG, "bot", ["send", "read"], None, time[0], [META]).secret
    phone = someone(gate24, time[0] - MINUTE)
    refused = gate24.send(MARKETING | {"to": phone, "channel": META}, key=sender).json
    assert (refused["code"], " USD" in refused["detail"]) == ("budget_exceeded", False)
    assert " USD" in gate24.send(MARKETING | {"to": phone, "channel": META}).json["detail"]
    reasons = [each["reason"] for each in gate24.conversation(phone)]
    assert len(reasons) == 2 and not any(" USD" in each for each in reasons)
    change_channel(META, monthly_budget=0, refuse_above_budget=True)
    change_organization(refuse_above_budget=False)
    assert " USD" in gate24.send(MARKETING | {"to": phone, "channel": META}, key=sender).json["detail"]


def test_a_restated_day_that_brings_the_sum_below_the_budget_ends_the_refusal_and_tells_nothing_again(
    gate24: System, listener: Listener, time: list[int]
) -> None:
    change_organization(monthly_budget=2 * SEND_COST, refuse_above_budget=True)
    sent = spend(gate24, 2, time[0])
    time[0] += 36 * HOUR  # the day is over
    scheduled_run()
    assert [each[1] for each in reached(listener, time)] == [50, 80, 100]
    assert camp(gate24, time[0]) == (409, "budget_exceeded")
    message = gate24.http("GET", f"/v1/messages/{sent[0]['id']}").json
    failed = gupshup_status(
        "failed", sent[0]["bsp_message_id"], phone=message["to"].removeprefix("+"), at=time[0], code=1002
    )
    post_webhook(gate24, GUPSHUP, failed)
    scheduled_run()
    day = costs.day_costs(ORG, "2026-11-20")
    assert day is not None and (day.status, day.sums.total) == ("restated", SEND_COST)
    assert report(gate24)["organization"]["share"] == 50
    assert camp(gate24, time[0])[0] == 202
    spend(gate24, 1, time[0])
    run_rollup()
    assert camp(gate24, time[0]) == (409, "budget_exceeded")
    assert reached(listener, time) == []


def test_the_last_hours_of_a_month_are_told_of_by_its_own_budget(
    gate24: System, listener: Listener, time: list[int]
) -> None:
    change_organization(monthly_budget=2 * SEND_COST, budget_shares=(100,), refuse_above_budget=True)
    time[0] = MIDNIGHT - HOUR
    spend(gate24, 1, time[0])
    scheduled_run()
    spend(gate24, 1, time[0])
    time[0] = MIDNIGHT + MINUTE
    change_organization(monthly_budget=1_000_000)
    scheduled_run()
    [told] = heard(listener, time)
    assert (told["data"]["month"], told["data"]["budget"], told["data"]["spent"]) == ("2026-11", "0.0104", "0.0104")
    past, now = report(gate24, "?month=2026-11"), report(gate24)
    assert (past["organization"]["budget"], now["organization"]["budget"]) == ("0.0104", "1.0000")
    assert past["organization"]["forecast"] == {"amount": "0.0104", "method": "ended", "days": 30, "reason": None}
    assert past["organization"]["budget_reached_on"] == "2026-11-30"
    assert (past["organization"]["is_refusing"], now["month"], now["organization"]["spent"]) == (False, "2026-12", "0")


def test_a_budget_is_in_the_organizations_currency_and_the_cards_amounts_are_converted(
    gate24: System, listener: Listener, time: list[int]
) -> None:
    exchange_rates.save([Publication("rbi", date(2026, 11, 19), {"USD": Decimal("80")})])
    change_organization(currency="INR", monthly_budget=832_000, budget_shares=(100,), refuse_above_budget=True)
    spend(gate24, 1, time[0])
    run_rollup()
    assert reached(listener, time) == []
    spend(gate24, 1, time[0])
    run_rollup()
    [told] = heard(listener, time)
    assert (told["data"]["currency"], told["data"]["budget"], told["data"]["spent"]) == ("INR", "0.8320", "0.8320")
    answer = gate24.send(MARKETING | {"to": someone(gate24, time[0] - MINUTE)})
    assert "0.8320 INR" in answer.json["detail"]
    assert (report(gate24)["currency"], report(gate24)["organization"]["share"]) == ("INR", 100)


def test_the_report_has_the_forecast_and_how_it_was_made(gate24: System, time: list[int]) -> None:
    change_organization(monthly_budget=12 * SEND_COST)
    first = report(gate24)
    assert first["as_of"] is None and first["organization"]["spent"] == "0"
    for day in range(3):
        time[0] = NOON + day * 24 * HOUR
        spend(gate24, 1, time[0])
    run_rollup()
    found = report(gate24)
    assert (found["month"], found["timezone"], found["currency"]) == ("2026-11", "Asia/Kolkata", "USD")
    assert (found["as_of"], found["delay_seconds"]) == ("2026-11-22T06:30:00.000Z", 3630)
    whole = found["organization"]
    assert whole["forecast"] == {"amount": "0.0572", "method": "days", "days": 2, "reason": None}, (
        "it began on the 20th"
    )
    assert (whole["spent"], whole["share"], whole["reached"], whole["budget_reached_on"]) == ("0.0156", 25, [], None)
    change_organization(monthly_budget=6 * SEND_COST)
    assert report(gate24)["organization"]["budget_reached_on"] == "2026-11-25"
    time[0] = MIDNIGHT + HOUR
    scheduled_run()
    new = report(gate24)["organization"]
    assert new["forecast"] == {"amount": None, "method": None, "days": 0, "reason": "no_day_is_over"}
    assert report(gate24, key=OTHER_ORG)["organization"]["spent"] == "0"


@pytest.mark.parametrize("month", ["2026-12", "9999-12", "0000-01", "0001-01", "2026-13", "11-2026"])
def test_a_month_that_has_not_begun_or_is_none_is_refused(gate24: System, month: str) -> None:
    answer = gate24.http("GET", f"/v1/costs/budget?month={month}")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/month")


def test_a_budget_of_nothing_refuses_marketing_from_the_beginning(gate24: System, time: list[int]) -> None:
    change_organization(monthly_budget=0, refuse_above_budget=True)
    assert camp(gate24, time[0]) == (409, "budget_exceeded")
    assert (report(gate24)["organization"]["share"], report(gate24)["organization"]["is_refusing"]) == (None, True)


def test_drop_in_callers_are_refused_in_the_providers_shapes(gate24: System, time: list[int]) -> None:
    change_organization(monthly_budget=0, refuse_above_budget=True)
    phone = someone(gate24, time[0] - MINUTE)
    words = {"type": "body", "parameters": [{"type": "text", "text": "Asha"}]}
    template = {"name": "camp", "language": {"code": "en"}, "components": [words]}
    body = {"messaging_product": "whatsapp", "to": phone, "type": "template", "template": template}
    answer = gate24.http("POST", "/graph/v23.0/100000000000001/messages", json.dumps(body))
    assert (answer.status, answer.json["error"]["code"]) == (400, 131042)
    assert "budget" in answer.json["error"]["error_data"]["details"]


def test_the_gate_reads_no_more_without_a_refusal_and_one_item_more_in_half_a_minute_with_it(
    gate24: System, held: tuple[System, MemoryTable], time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    original: Any = getattr(budgets, "get")  # noqa: B009

    def watched(kind: Any, pk: str, sk: str, *more: Any, **given: Any) -> Any:
        read.append(sk)
        return original(kind, pk, sk, *more, **given)

    monkeypatch.setattr(budgets, "get", watched)
    change_organization(monthly_budget=1_000_000)
    assert camp(gate24, time[0])[0] == 202
    assert read == []
    change_organization(refuse_above_budget=True)
    spend(gate24, 1, time[0])
    assert read == [], "templates of other categories do not ask"
    for _ in range(3):
        assert camp(gate24, time[0])[0] == 202
    assert read == [keys.budget_sort("2026-11", None)]


def test_two_days_that_are_computed_at_once_lose_nothing_of_each_other(
    gate24: System, listener: Listener, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    change_organization(monthly_budget=2 * SEND_COST, budget_shares=(100,))
    spend(gate24, 1, time[0])
    time[0] += 24 * HOUR
    spend(gate24, 1, time[0])
    original, left = budgets.states, [True]

    def overtaken(organization_id: str, month: str) -> Any:
        found = original(organization_id, month)
        if left:
            left.pop()
            run_rollup(organization=ORG, **{"from": "2026-11-20", "to": "2026-11-20"})
            run_rollup(organization=ORG, **{"from": "2026-11-21", "to": "2026-11-21"})
        return found

    monkeypatch.setattr(budgets, "states", overtaken)
    run_rollup(organization=ORG, **{"from": "2026-11-21", "to": "2026-11-21"})
    assert [each[3] for each in reached(listener, time)] == ["0.0104"]
    assert report(gate24)["organization"]["spent"] == "0.0104"


def test_what_was_found_of_budgets_goes_with_the_year_after_the_next(gate24: System, time: list[int]) -> None:
    change_organization(monthly_budget=1_000_000)
    run_rollup()
    [item] = [each for each in gate24.items() if each["sk"]["S"].startswith(keys.BUDGET)]
    ends = datetime.fromtimestamp(int(item["ttl"]["N"]), UTC).date()
    assert ends - date(2026, 11, 30) == timedelta(days=800)
