"""What AWS bills in a month, line by line: the table of docs/deploy.md.

    python -m infra.operator.monthly_costs

What a message needs of the table and the logs is measured (``usage_per_message.json``); prices are AWS's lists
(``aws_prices.json``); the rest of what a bill depends on is assumed, and stands here by name.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
MONTHLY = (10_000, 1_000_000, 100_000_000)
"""Messages a month, incoming and outgoing together."""

# Of 100 messages ...
INBOUND, FREEFORM, TEMPLATE = 50, 40, 10
OPENING = 20
"""Of 100 incoming ones so many open a window."""
STATUSES = 4
"""Of each outgoing one: enqueued, sent, delivered, read. Meta tells three, some of them together."""
API_READS = 1
"""Of each message, by the console or your software; each reads so many units:"""
API_READ_UNITS = 2
ROLLUPS_A_DAY, ROLLUP_READS = 24, Decimal(13) / 400
"""A day is added up anew each hour; of make bench, read units of a message."""
WITH_FILE = 5
"""Of 100 incoming ones so many have a file, which has so many bytes:"""
FILE_BYTES = 200_000
MONTHS_KEPT = 12
"""Of messages and files; retention is the organization's."""
LOG_MONTHS_KEPT = 3
"""As ``prod`` in samconfig.toml has it."""
CHANNELS = 2
METRICS = 40
"""Of gate24's own, in use (docs/operations.md, Alarms)."""
ALARMS = 68

# Not measured on AWS: billed milliseconds at 1,024 MB, waiting included.
MS = {
    "webhook": 40,
    "send": 450,
    "read": 40,
    "authorizer": 0,
    "tell": 1,
    "deliver": 250,
    "file": 1_000,
    "schedule": 200,
}
"""A send waits 0.4 s for the BSP. The authorizer's answer is remembered for 30 s; a hundred changes are one."""
COLD = Decimal("0.005")
"""Of the invocations so many begin with a cold start, of so many milliseconds:"""
COLD_MS = 600

# API Gateway writes a line of the access log for each request, and CloudWatch counts 26 bytes more for each line.
ACCESS_LINE, LINE_OVERHEAD = 330, 26

MINUTES = 30 * 24 * 60
SCHEDULE_RUNS = 2 * MINUTES + 2 * MINUTES // 60
"""Two schedules every minute, two every hour."""
IDLE_POLLS = 5 * 3 * MINUTES
"""Of a queue that Lambda takes from: five long polls of 20 s at once, whatever lies there."""
STANDARD_QUEUES, FIFO_QUEUES = 3, 1
SECRET_READS = MINUTES
"""A process reads a channel's secret once a minute at most; so many of them for one that is always busy."""
MAILS = 30 * 20
"""To staff, of chats that close soon, where an organization has them set: two members, ten times a day."""
GB = 10**9

LINES = {
    "Lambda": ("lambda_request", "lambda_gb_second"),
    "API Gateway": ("api_request",),
    "DynamoDB, writes": ("table_write",),
    "DynamoDB, reads": ("table_read",),
    "DynamoDB, storage": ("table_gb",),
    "DynamoDB, backup": ("table_backup_gb",),
    "DynamoDB, stream": ("stream_read",),
    "SQS": ("queue_request", "fifo_request"),
    "S3": ("file_write", "file_gb"),
    "CloudWatch, logs": ("log_gb", "log_kept_gb"),
    "CloudWatch, metrics": ("metric",),
    "CloudWatch, alarms": ("alarm",),
    "Secrets Manager": ("secret", "secret_call"),
    "EventBridge Scheduler": ("schedule_run",),
    "SES": ("mail",),
}
"""The table's rows, and what is added up in each."""


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return found


def prices() -> dict[str, Any]:
    return _read("aws_prices.json")


def usage() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = _read("usage_per_message.json")["operations"]
    return found


def used(messages: int) -> dict[str, Decimal]:
    """How much of each priced thing so many messages a month need, in its own unit."""
    inbound, freeform, template = (messages * share // 100 for share in (INBOUND, FREEFORM, TEMPLATE))
    opening, outgoing = inbound * OPENING // 100, freeform + template
    made = {
        "inbound": inbound - opening,
        "inbound that opens a window": opening,
        "freeform": freeform,
        "template": template,
        "status": outgoing * STATUSES,
    }
    operations = usage()

    def sum_of(what: str) -> int:
        return sum(count * operations[name][what] for name, count in made.items())

    webhooks, reads, files = inbound + outgoing * STATUSES, messages * API_READS, inbound * WITH_FILE // 100
    runs = {
        "webhook": webhooks,
        "send": outgoing,
        "read": reads,
        "tell": sum(made.values()),
        "deliver": inbound,
        "file": files,
        "schedule": SCHEDULE_RUNS,
    }
    invocations = {**runs, "tell": runs["tell"] // 100}
    milliseconds = sum(count * MS[name] for name, count in runs.items())
    milliseconds += int(sum(invocations.values()) * COLD * COLD_MS)
    requests = webhooks + outgoing + reads
    told = operations["told to one webhook"]
    logged = sum_of("logged_bytes") + requests * (ACCESS_LINE + 2 * LINE_OVERHEAD)
    stored = Decimal(sum_of("stored_bytes") * MONTHS_KEPT) / GB
    amounts: dict[str, Decimal | int] = {
        "lambda_request": sum(invocations.values()),
        "lambda_gb_second": milliseconds // 1000,
        "api_request": requests,
        "table_write": sum_of("writes") + inbound * told["writes"],
        "table_read": sum_of("reads")
        + inbound * told["reads"]
        + reads * API_READ_UNITS
        + int(messages * ROLLUPS_A_DAY * ROLLUP_READS),
        "table_gb": stored,
        "table_backup_gb": stored,
        "stream_read": invocations["tell"],
        "queue_request": files * 3 + STANDARD_QUEUES * IDLE_POLLS,
        "fifo_request": inbound * told["queue_requests"] + FIFO_QUEUES * IDLE_POLLS,
        "file_write": files,
        "file_gb": Decimal(files * FILE_BYTES * MONTHS_KEPT) / GB,
        "log_gb": Decimal(logged) / GB,
        "log_kept_gb": Decimal(logged * LOG_MONTHS_KEPT) / GB,
        "metric": METRICS,
        "alarm": ALARMS,
        "secret": CHANNELS + 1,
        "secret_call": CHANNELS * SECRET_READS,
        "schedule_run": SCHEDULE_RUNS,
        "mail": MAILS,
    }
    return {name: Decimal(amount) for name, amount in amounts.items()}


def price_of(name: str, amount: Decimal) -> Decimal:
    """What the list wants for so much of it in a month."""
    listed = prices()["prices"][name]
    left, before, sum_ = max(amount - listed["free"], Decimal(0)), Decimal(0), Decimal(0)
    for up_to, price in listed["steps"]:
        here = left if up_to is None else min(left, up_to - before)
        sum_ += here / listed["per"] * Decimal(price)
        left -= here
        before = Decimal(up_to or 0)
    return sum_


def bill(messages: int) -> dict[str, Decimal]:
    """Dollars of each row of the table."""
    amounts = used(messages)
    return {row: sum((price_of(name, amounts[name]) for name in names), Decimal(0)) for row, names in LINES.items()}


def table() -> Iterator[str]:
    """Of docs/deploy.md, line by line."""
    bills = [bill(messages) for messages in MONTHLY]
    yield f"| messages a month | {' | '.join(f'{each:,}' for each in MONTHLY)} |"
    yield "|---|" + "---:|" * len(bills)
    for row in LINES:
        yield f"| {row} | {' | '.join(f'{each[row]:,.2f}' for each in bills)} |"
    totals = [sum(each.values(), Decimal(0)) for each in bills]
    yield f"| **together** | {' | '.join(f'**{each:,.2f}**' for each in totals)} |"
    each_thousand = [total / messages * 1000 for total, messages in zip(totals, MONTHLY, strict=True)]
    yield f"| for 1,000 messages | {' | '.join(f'{each:,.4f}' for each in each_thousand)} |"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table())
