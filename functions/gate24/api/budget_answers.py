"""What is answered of budgets, as JSON Schemas."""

from __future__ import annotations

from typing import get_args

from gate24.api.answer_parts import AT, COUNT, CURRENCY, MONEY, MONTH, TEXT, answered, array, described, nullable, text
from gate24.api.requests import Schema, ref
from gate24.rules.budget import ForecastMethod, NoForecast

_BUDGET: dict[str, Schema] = {
    "budget": nullable(
        described(MONEY, "What the month may cost; null: no budget. Of a month that is over, what was set at its end.")
    ),
    "shares": described(array(COUNT), "The percentages that are told as budget.reached."),
    "refuse_above_budget": {"type": "boolean"},
    "spent": described(MONEY, "In the month, as of as_of."),
    "share": nullable(described(COUNT, "Of the budget, in percent, rounded down. Null of no budget, and of 0.")),
    "reached": described(array(COUNT), "Those of the shares that are reached."),
    "is_refusing": {"type": "boolean", "description": "Whether marketing templates are refused for this budget now."},
    "forecast": ref("BudgetForecast"),
    "budget_reached_on": nullable(
        {
            "type": "string",
            "format": "date",
            "description": "The day on which the budget is reached, or will be by the forecast; null: not this month.",
        }
    ),
}

BUDGET_ANSWERS: dict[str, Schema] = {
    "BudgetForecast": answered(
        {
            "amount": nullable(
                described(MONEY, "What the month will have cost by its end; null where nothing can be said.")
            ),
            "method": {
                "enum": [*get_args(ForecastMethod), None],
                "description": "How it is made. Each day that is left costs as much as, on average, the days of its "
                "weekday that are over (weekdays: from two weeks on) or all days that are over (days); today as much, "
                "or what it has cost already. ended: the month is over, and it is what was spent.",
            },
            "days": described(
                COUNT, "Days of the month that are over, of which it is made; from the first message on."
            ),
            "reason": {"enum": [*get_args(NoForecast), None], "description": "Why nothing can be said."},
        }
    ),
    "Budget": answered(_BUDGET),
    "ChannelBudget": answered({"channel": TEXT, **_BUDGET}),
    "BudgetMonth": answered(
        {
            "month": MONTH,
            "timezone": text("IANA: of the month."),
            "currency": CURRENCY,
            "as_of": nullable(
                described(AT, "What was spent until then is in the answer; null while no day of the month is computed.")
            ),
            "delay_seconds": described(
                COUNT,
                "So long after it was spent, and after the time that it takes to compute a day, the gate knows of it.",
            ),
            "organization": ref("Budget"),
            "unpriced": described(COUNT, "Messages of the month some fee of which is not known; it is in no sum."),
            "channels": array(ref("ChannelBudget")),
            "server_time": AT,
        },
        optional=("organization", "unpriced"),
        description="A key that is limited to channels is told of these alone, without organization and unpriced.",
    ),
}
