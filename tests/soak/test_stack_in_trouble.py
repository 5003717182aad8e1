"""The whole stack over HTTP with traffic of several organizations, while functions are killed, MiniStack is restarted
and the BSP hangs, breaks off and keeps silent: what the callers were answered is found again, each once, to the cent.
``make soak``: ten minutes on a stack of its own. ``make test``: each trouble once, on the stack of its end-to-end tests
when these are over. ``GATE24_SOAK_SECONDS`` says for how long."""

import json
import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

import boto3
import pytest

from stack.running import description
from stack.settings import Settings
from tests.support.live import Live, until
from tests.support.stress import CONTACTS, Callers, Trouble

pytestmark = pytest.mark.soak

SECONDS = float(os.environ.get("GATE24_SOAK_SECONDS", "600"))
FEES = {
    "gupshup": {"inbound": Decimal("0.0010"), "freeform": Decimal("0.0010")},
    "meta": {"inbound": Decimal(0), "freeform": Decimal(0)},
}
"""To an Indian number, without media. The simulator's statuses say, as Meta's do of the first 1,000 of a month, that
replies are free: only a send whose status was lost would cost the list price."""
QUIET_SECONDS = 400
"""The longest that something may lie in a queue: the visibility time-out and a few attempts."""


def test_what_was_answered_is_found_again_once_and_to_the_cent(settings: Settings, pytestconfig: pytest.Config) -> None:
    stack = description(settings)
    until(lambda: not waiting(stack), QUIET_SECONDS)
    lives = [Live(stack, number) for number in range(len(stack["organizations"]))]
    before = [costs(live) for live in lives]
    callers, trouble = (
        Callers(lives, contacts=max(2, min(CONTACTS, int(SECONDS / 10)))),
        Trouble(settings, stack["bsp_url"], SECONDS),
    )
    with callers.calling():
        for kind in trouble.cause():
            sums = f"{sum(map(len, callers.told.values()))} told, {sum(map(len, callers.sent.values()))} sent"
            with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                print(f"{kind}: {sums}, {callers.repeated} calls repeated", flush=True)
    assert callers.told and callers.sent
    until(lambda: not waiting(stack), QUIET_SECONDS)
    accepted = {place for place, answers in callers.sent.items() if any(each.status == 202 for each in answers)}
    until(lambda: not without_status(lives, accepted), QUIET_SECONDS)
    for live, earlier in zip(lives, before, strict=True):
        expected, cost = Counter[str](), Decimal(0)
        for channel in live.organization["channels"]:
            counts = checked(live, callers, channel["id"])
            expected += counts
            cost += sum(fee * counts[kind] for kind, fee in FEES[channel["provider"]].items())
        found = costs(live)
        told = {name: found.messages[name] - earlier.messages[name] for name in ("inbound", "freeform")}
        assert told == {name: expected[name] for name in told}
        assert found.total - earlier.total == cost


def checked(live: Live, callers: Callers, channel_id: str) -> Counter[str]:
    """Each event and answer of the channel against the conversation and the BSP; how many of each kind it shows."""
    counts = Counter[str]()
    for channel, phone in callers.told.keys() | callers.sent.keys():
        if channel != channel_id:
            continue
        shown = conversation(live, phone)
        told = sorted(each["text"] for each in shown if each["direction"] == "inbound")
        assert told == sorted(callers.told[channel, phone]), phone
        ours = {each["id"]: each for each in shown if each["direction"] == "outbound"}
        answers = callers.sent.get((channel, phone), [])
        assert len(ours) == len(answers) == len({each.message_id for each in answers}), (phone, answers, ours)
        taken = [json.dumps(each) for each in live.received(phone)]
        for answer in answers:
            assert answer.message_id is not None
            times = sum(answer.text in each for each in taken)
            assert times == 1 if answer.status == 202 else times <= 1, (answer, times)
            message = ours[answer.message_id]
            assert (answer.status, answer.code) in ((202, None), (504, "bsp_outcome_unknown")), answer
            assert message["status"] not in ("sending", "failed", "rejected", "refused"), message
            if answer.status == 202:
                assert message["status"] != "unknown", message
        counts["inbound"] += len(told)
        counts["freeform"] += sum(each["status"] != "unknown" for each in ours.values())
        counts["unknown"] += sum(each["status"] == "unknown" for each in ours.values())
    return counts


def without_status(lives: list[Live], places: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The channels and contacts with a send of which the BSP has told nothing yet; the others are taken out."""
    for live in lives:
        ours = {each["id"] for each in live.organization["channels"]}
        for place in [each for each in places if each[0] in ours]:
            if all(each["status"] != "accepted" for each in conversation(live, place[1])):
                places.discard(place)
    return places


def conversation(live: Live, phone: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path = f"/v1/contacts/{quote(phone)}/messages?limit=100"
    cursor = None
    while True:
        page = live.api("GET", path + (f"&cursor={quote(cursor)}" if cursor else "")).json()
        found += page["data"]
        cursor = page.get("next_cursor")
        if not cursor:
            return found


class Costs(NamedTuple):
    messages: Counter[str]
    total: Decimal


def costs(live: Live) -> Costs:
    """Of the days around today."""
    today = datetime.now(UTC).date()
    span = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1))}
    live.rollup(organization=live.organization["id"], **span)
    days = live.api("GET", f"/v1/costs/daily?from={span['from']}&to={span['to']}").json()["data"]
    messages = Counter[str]()
    for day in days:
        messages.update(day["messages"])
    return Costs(messages, sum((Decimal(day["total"]) for day in days), Decimal(0)))


def waiting(stack: dict[str, Any]) -> bool:
    """Whether anything lies in the queue of parked events."""
    sqs: Any = boto3.client(
        "sqs",
        endpoint_url=stack["aws_endpoint"],
        region_name=stack["region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    time.sleep(1)
    names = ("", "NotVisible", "Delayed")
    kinds = [f"ApproximateNumberOfMessages{name}" for name in names]
    found = sqs.get_queue_attributes(QueueUrl=stack["queues"]["parked_events"], AttributeNames=kinds)["Attributes"]
    return any(int(found[kind]) for kind in kinds)
