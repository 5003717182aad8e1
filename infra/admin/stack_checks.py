"""What ``doctor`` looks at of the stack itself: table, queues, schedules, alarms, API, contact key, clock."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from gate24.store.table import ByG
from infra.admin import web
from infra.admin.api_access import organization_api
from infra.admin.checks import Check, Found, aws, fault, ok, unknown
from infra.admin.deployment import QUEUES, Deployment
from infra.operator.api import Api

SCHEDULES = ("cost-rollup", "retention", "close-windows", "retry-deliveries")
"""How the schedules of ``template.yaml`` are called, behind the stack's prefix."""

CLOCK_SECONDS = 5.0
"""So much may a clock be off: well below the margin by which the window closes early, 30 s by default."""

_DEPLOY = (
    "Deploy this version. CloudFormation does not make again what was deleted by hand: make that by the same name, as "
    "template.yaml has it."
)
_IMAGES = "NEW_AND_OLD_IMAGES"


@dataclass(slots=True)
class Health:
    """What an organization's ``GET /healthz`` said, once ``look`` has asked. ``checks``: None where it could not be
    asked. ``server_time``: the functions' clock (epoch s), None where it is not known; ``between``: this machine's
    around that."""

    here: Deployment
    organization_id: str
    checks: list[dict[str, Any]] | None = None
    server_time: float | None = None
    between: tuple[float, float] = field(default=(0.0, 0.0))

    def look(self) -> Found:
        """What is wrong with the organization, but for its contact key and channels, which have lines of their own."""
        if api(self.here).status != "ok":
            return unknown("It was not asked, because the API does not answer.")
        with organization_api(self.here, self.organization_id, "doctor", "read") as client:
            told = client.call("GET", "/healthz").body
            if "checks" not in told:
                return fault(
                    f"The API does not know a key that is in {self.here.table_name}: its functions read another table.",
                    "Deploy the stack again, with the right ExistingTableArn if it has one.",
                )
            self.checks = told["checks"]
            wrong = [each for each in told["checks"] if not each["ok"] and "channel" not in each]
            if not wrong:  # otherwise routes answer 503, and are asked again and again
                self._read_clock(client)
        wrong = [each for each in wrong if each["name"] != "contact_key"]
        if wrong:
            return problem(wrong[0])
        return ok(f"The functions reach table and queue; version {told['version']}.")

    def _read_clock(self, client: Api) -> None:
        before = time.time()
        told = client.call("GET", "/v1/me").body
        self.between = before, time.time()
        self.server_time = datetime.fromisoformat(told["server_time"]).timestamp()

    def of(self, name: str, channel_id: str | None = None) -> Found | None:
        """What that check of ``/healthz`` says is wrong; None for nothing."""
        for each in self.checks or ():
            if (each["name"], each.get("channel")) == (name, channel_id):
                return None if each["ok"] else problem(each)
        if channel_id is not None and any(each["name"] == "table" and each["ok"] for each in self.checks or ()):
            return unknown("The functions do not see the channel yet.", "A new one is seen within 30 s: run it again.")
        return unknown("It is not known: GET /healthz did not tell.")


def problem(check: Mapping[str, Any]) -> Found:
    """A check of ``/healthz`` that failed: its words say what is wrong and, behind a colon, what to do."""
    wrong, _, what_to_do = check["problem"].partition(": ")
    subject = {"contact_key": "contact key", "queue": "queue of parked events"}.get(check["name"], check["name"])
    found = fault(f"The {subject} {wrong}.", f"{what_to_do[:1].upper()}{what_to_do[1:]}.")
    return replace(found, missing=tuple(check.get("missing", ())))


def stack_checks(here: Deployment, healths: Iterable[Health]) -> Iterator[Check]:
    """``healths``: of the organizations; the first one's is asked for what is the whole stack's."""
    rows = {
        "table": table,
        "index": index,
        "queues": queues,
        "dead letters": dead_letters,
        "schedule": schedule,
        "alarms": alarms,
        "api": api,
    }
    yield from (Check(name, partial(look, here)) for name, look in rows.items())
    chosen = list(healths)
    yield from (Check("organization", each.look, each.organization_id) for each in chosen)
    if not chosen:
        yield Check("organization", no_organization)
        return
    yield Check("contact key", partial(contact_key, chosen[0]))
    yield Check("clock", partial(clock, here, chosen[0]))


def table(here: Deployment) -> Found:
    """It is there, its stream tells of changes, and what expires is removed."""
    found = _described(here)
    if found is None:
        return fault(f"There is no table {here.table_name}.", "Restore it: docs/operations.md, Backups.")
    stream = found.get("StreamSpecification", {})
    if not stream.get("StreamEnabled") or stream.get("StreamViewType") != _IMAGES:
        return fault(
            "The table has no stream of new and old images, so nobody hears of any event.",
            "Switch it on and deploy with its ExistingTableStreamLabel: docs/operations.md, Backups.",
        )
    expiry = aws("dynamodb").describe_time_to_live(TableName=here.table_name)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] not in ("ENABLED", "ENABLING") or expiry.get("AttributeName") != "ttl":
        return fault(
            "The table does not remove what has expired: its time to live is off.",
            f"aws dynamodb update-time-to-live --table-name {here.table_name} "
            "--time-to-live-specification Enabled=true,AttributeName=ttl",
        )
    return ok(f"{here.table_name} is {found['TableStatus'].lower()}, with its stream and time to live.")


def index(here: Deployment) -> Found:
    """Lists and days' costs are read from it."""
    name = ByG.Meta.index_name
    indexes = (_described(here) or {}).get("GlobalSecondaryIndexes", [])
    found = next((each for each in indexes if each["IndexName"] == name), None)
    if found is None:
        return fault(
            f"The table has no index {name}, so no list and no costs can be read.",
            f"Add {name} as template.yaml has it, or restore the table: docs/operations.md, Backups.",
        )
    status = found.get("IndexStatus", "ACTIVE")
    if status != "ACTIVE":
        return fault(f"The index {name} is {status.lower()}.", "Wait until it is active, and ask again.")
    return ok(f"{name} is active.")


def _described(here: Deployment) -> dict[str, Any] | None:
    client = aws("dynamodb")
    try:
        found: dict[str, Any] = client.describe_table(TableName=here.table_name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return found


def queues(here: Deployment) -> Found:
    """All are there."""
    missing = [name for name, waiting in _waiting(here).items() if waiting is None]
    if missing:
        return fault(f"These queues are missing: {', '.join(missing)}.", _DEPLOY)
    return ok(f"All {len(QUEUES)} are there.")


def dead_letters(here: Deployment) -> Found:
    """Nothing waits where nobody fetches it."""
    waiting = {name: count for name, count in _waiting(here).items() if name in QUEUES_OF_THE_DEAD and count}
    if waiting:
        counted = ", ".join(f"{count} in {name}" for name, count in waiting.items())
        return fault(f"Messages were given up: {counted}.", "Mend the cause and move them back: docs/operations.md.")
    return ok("Nothing was given up.")


QUEUES_OF_THE_DEAD = tuple(name for name in QUEUES if name.endswith(("_dead_letters", "_failures")))


def _waiting(here: Deployment) -> dict[str, int | None]:
    """How many messages wait in each queue; None where it is missing."""
    client = aws("sqs")
    wanted = "ApproximateNumberOfMessages"
    waiting: dict[str, int | None] = {}
    for name in QUEUES:
        waiting[name] = None
        if url := here.queues.get(name):
            try:
                told = client.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])["Attributes"]
                waiting[name] = int(told[wanted])
            except ClientError as error:
                if "NonExistentQueue" not in error.response["Error"]["Code"]:
                    raise
    return waiting


def schedule(here: Deployment) -> Found:
    """All schedules are there and on."""
    client, missing, off = aws("scheduler"), [], []
    for name in (f"{here.prefix}{each}" for each in SCHEDULES):
        try:
            if client.get_schedule(Name=name)["State"] != "ENABLED":
                off.append(name)
        except client.exceptions.ResourceNotFoundException:
            missing.append(name)
    if missing:
        return fault(f"These schedules are missing: {', '.join(missing)}.", _DEPLOY)
    if off:
        return fault(
            f"These schedules are switched off: {', '.join(off)}.",
            "Switch them on in EventBridge Scheduler; a deployment does not.",
        )
    return ok(f"All {len(SCHEDULES)} are on.")


def alarms(here: Deployment) -> Found:
    """They are there, and somebody hears them."""
    pages = aws("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=here.prefix)
    found = [alarm for page in pages for alarm in page["MetricAlarms"]]
    if here.simulator is not None:
        return unknown(f"The local stack calls nobody; it has {len(found)} alarms.")
    if not found:
        return fault("There are no alarms.", _DEPLOY)
    silent = [alarm["AlarmName"] for alarm in found if not alarm.get("AlarmActions")]
    if silent:
        return fault(
            f"{len(silent)} of {len(found)} alarms call nobody: {silent[0]}{' ...' if len(silent) > 1 else ''}",
            "Deploy with AlarmEmail=<address>, or AlarmTopicArn=<ARN of an SNS topic>.",
        )
    for topic in sorted({topic for alarm in found for topic in alarm["AlarmActions"]}):
        pages = aws("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        subscriptions = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
        if not subscriptions:
            return fault(f"The alarms' topic {topic} has no address.", "Deploy with AlarmEmail=<address>.")
        if not any(each.startswith("arn:") for each in subscriptions):
            return fault(
                "The alarms' address has not confirmed that it wants them.",
                "Open SNS's message in that mailbox and confirm; deploy again if it is older than two days.",
            )
    ringing = [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM"]
    if ringing:
        return fault(f"These alarms ring: {', '.join(ringing)}.", "docs/operations.md tells of each what to do.")
    return ok(f"All {len(found)} call somebody, and none rings.")


def api(here: Deployment) -> Found:
    """It answers at its own address."""
    url = f"{here.api_url}/healthz"
    try:
        reply = web.ask("GET", url, {})
    except web.NoAnswer as error:
        return fault(f"Nothing answers at {url}: {error}", "Look at the network here, and at API Gateway in AWS.")
    if reply.status != 200:
        return fault(f"{url} answers {reply.status}.", "Look at the log of the function read-api; deploy again.")
    return ok(f"Version {json.loads(reply.body)['version']} answers at {here.api_url}.")


def no_organization() -> Found:
    return unknown(
        "There is none that can be read, so nothing was asked with its key: no contact key, no clock.",
        "Where the table is well: ./gate24 organization create.",
    )


def contact_key(health: Health) -> Found:
    """By its fingerprint in the table."""
    return health.of("contact_key") or ok("The functions have the key that the table was written with.")


def clock(here: Deployment, health: Health) -> Found:
    """The functions decide about windows by theirs."""
    if health.server_time is None:
        return unknown("It was not asked, because of what is wrong with the organization, its key or the API.")
    mine = _off(health.server_time, health.between)
    if abs(mine) <= CLOCK_SECONDS:
        return ok(f"The functions' clock and this machine's agree within {CLOCK_SECONDS:g} s.")
    before = time.time()
    headers = aws("dynamodb").describe_table(TableName=here.table_name)["ResponseMetadata"]["HTTPHeaders"]
    of_aws = _off(parsedate_to_datetime(headers["date"]).timestamp(), (before, time.time())) if "date" in headers else 0
    if abs(of_aws - mine) <= CLOCK_SECONDS:
        return fault(f"This machine's clock is off by {-mine:+.0f} s.", "Set it by NTP; the functions' is AWS's.")
    return fault(
        f"The functions' clock is off by {mine:+.0f} s, so windows close at the wrong time.",
        "On AWS, ask its support; elsewhere set the clock of the machine that runs the functions by NTP.",
    )


def _off(clock: float, between: tuple[float, float]) -> float:
    """Seconds by which a clock is ahead of this machine's, at least; it was read between two of this one's times."""
    first, last = between
    return clock - last if clock > last else min(clock - first, 0.0)
