"""``GET /v1/costs/budget``: how a month stands to its budgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import rfc3339, time_or_none, without_none
from gate24.channels import Channel, Organization
from gate24.rules.budget import Forecast, day_reached, first_day, month_of, reached_share, reached_shares
from gate24.rules.money import amount
from gate24.rules.rollup import local_day
from gate24.usecases.check_budget import DELAY_SECONDS
from gate24.usecases.report_budgets import BudgetReport, report_budgets


def get_budgets(call: Call) -> dict[str, Any]:
    """Of the organization and its channels; to a key that is limited to channels, of these alone."""
    organization, is_limited = call.organization, call.access.limit is not None
    this_month = month_of(local_day(call.now, organization.timezone))
    month = call.parameters.get("month") or this_month
    if not _is_month(month) or month > this_month:
        errors = [{"pointer": "/month", "detail": f"has not begun: the last one is {this_month}"}]
        raise Problem("payload_invalid", "The month is not valid.", errors=errors)
    owners: list[Organization | Channel] = [] if is_limited else [organization]
    report = report_budgets(organization, [*owners, *call.access.channels()], month, call.now)
    budgets = [_budget_json(each) for each in report.budgets]
    whole = {} if is_limited else {"organization": budgets.pop(0), "unpriced": report.unpriced}
    body = {
        "month": month,
        "timezone": organization.timezone,
        "currency": organization.currency,
        "as_of": time_or_none(report.as_of),
        "delay_seconds": DELAY_SECONDS,
        **whole,
        "channels": budgets,
        "server_time": rfc3339(call.now),
    }
    return http.answer(200, body)


def _is_month(text: str) -> bool:
    """Whether the calendar has it and the one before it."""
    try:
        return first_day(text).toordinal() > 31
    except ValueError:
        return False


def _budget_json(report: BudgetReport) -> dict[str, Any]:
    budget, spent = report.budget, report.spent
    reached_on = None if budget is None else day_reached(budget, report.forecast.by_day)
    return {
        **without_none({"channel": report.channel_id}),
        "budget": None if budget is None else amount(budget),
        "shares": list(report.shares),
        "refuse_above_budget": report.refuses,
        "spent": amount(spent),
        "share": None if budget is None else reached_share(budget, spent),
        "reached": [] if budget is None else list(reached_shares(budget, report.shares, spent)),
        "is_refusing": report.is_refusing,
        "forecast": _forecast_json(report.forecast),
        "budget_reached_on": None if reached_on is None else reached_on.isoformat(),
    }


def _forecast_json(forecast: Forecast) -> dict[str, Any]:
    return {
        "amount": None if forecast.total is None else amount(forecast.total),
        "method": forecast.method,
        "days": forecast.days,
        "reason": forecast.reason,
    }


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"getBudgets": get_budgets}
