"""A bot that never polls hears of every message once, while its endpoint fails for a third of the calls and is down for
a while, and the functions are killed, in the midst of its answers, too.

``make soak``: 1,000 messages, a minute down, on a stack of its own. ``make test`` (``GATE24_SOAK_SHORT=1``): 48, on the
stack of its end-to-end tests, where two clocks run faster: the schedule of the retries is invoked every other second,
and a delivery whose function was killed is given again after 5 seconds.
"""

import contextlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Any
from urllib.parse import quote

import boto3
import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

from stack.running import description
from stack.settings import STAGE, Settings
from tests.support.bodies import gupshup_text, meta_text
from tests.support.live import Live, new_phone, now, until
from tests.support.stress import Trouble
from tests.support.unsteady_endpoint import Call, UnsteadyEndpoint, subscribed

pytestmark = pytest.mark.soak

CALLERS = 4


@dataclass(frozen=True, slots=True)
class Form:
    """``pause``: between two messages of one caller. ``kills_before``: just before which of the first caller's messages
    all functions are killed. ``kills_in_answers``: at which calls, after the bot has heard and before its answer
    arrives. ``fails``: as of ``UnsteadyEndpoint``. ``down_from``: after so many calls. ``is_down_for``: whether the
    endpoint is still to be down, by the seconds and the refused connections since. ``patience``: seconds until the last
    is heard."""

    messages: int
    contacts: int
    pause: float
    kills_before: Callable[[int], bool]
    kills_in_answers: Callable[[int], bool]
    fails: Callable[[str, int, int], bool]
    down_from: int
    is_down_for: Callable[[float, int], bool]
    patience: float
    is_hurried: bool


_chance = Random(24)


def _a_third(_: str, of_this_id: int, __: int) -> bool:
    """But none five times: the fifth delay is five minutes, the seventh half an hour."""
    return of_this_id < 4 and _chance.random() < 1 / 3


def _every_other_before_the_outage(_: str, of_this_id: int, calls: int) -> bool:
    """Each once, so that its second attempt, after five seconds, is the last. With the refused ones a third of all."""
    return of_this_id == 0 and calls < SHORT.down_from and calls % 2 == 1


LONG = Form(
    messages=1_000,
    contacts=24,
    pause=1.0,
    kills_before=lambda number: number % 20 == 10,
    kills_in_answers=lambda number: number % 150 == 100,
    fails=_a_third,
    down_from=300,
    is_down_for=lambda seconds, _: seconds < 60,
    patience=1_800,
    is_hurried=False,
)
SHORT = Form(
    messages=48,
    contacts=8,
    pause=0.1,
    kills_before=lambda number: number == 4,
    kills_in_answers=lambda number: number == 20,
    fails=_every_other_before_the_outage,
    down_from=36,
    is_down_for=lambda _, refused: refused < 6,  # the tenth failure in a row would cut it off for a minute
    patience=180,
    is_hurried=True,
)
FORM = SHORT if os.environ.get("GATE24_SOAK_SHORT") == "1" else LONG


@dataclass(slots=True)
class Outage:
    """By the monotonic clock: when the endpoint went down, when it was up again, and when it took the first call."""

    began: float = float("inf")
    up: float = float("inf")
    ended: float = float("inf")

    def concerns(self, told_at: float, heard_at: float) -> bool:
        return told_at <= self.ended and heard_at >= self.began


def test_a_bot_that_never_polls_hears_of_each_message_once(settings: Settings, pytestconfig: pytest.Config) -> None:
    stack = description(settings)
    live, trouble = Live(stack), Trouble(settings, stack["bsp_url"], FORM.patience)
    phones = [new_phone() for _ in range(FORM.contacts)]
    outage = Outage()

    def kill_in_the_answer(number: int) -> None:
        if FORM.kills_in_answers(number):
            trouble.functions_killed()

    endpoint = UnsteadyEndpoint(FORM.fails, kill_in_the_answer)
    with endpoint.listening() as url, subscribed(live, url) as (webhook, endpoint.secret), _hurried(stack):
        began = time.monotonic()
        with _beside(_take_down, endpoint, outage), ThreadPoolExecutor(CALLERS) as callers:
            telling = [callers.submit(_tell, live, phones[each::CALLERS], each, trouble) for each in range(CALLERS)]
            told = {text: at for each in telling for text, at in each.result().items()}
            told_after = time.monotonic() - began
            until(lambda: {each.message["text"] for each in _acknowledged(endpoint)} >= told.keys(), FORM.patience)
        heard_after = time.monotonic() - began
        until(lambda: not _waiting(stack), FORM.patience)  # what a killed function had in its hands comes again
        pending = live.api("GET", f"/v1/webhooks/{webhook}/deliveries?status=pending").json()["data"]
        failed = live.api("GET", f"/v1/webhooks/{webhook}/deliveries?status=failed").json()["data"]
    calls, done = endpoint.calls, _acknowledged(endpoint)
    times = Counter(each.webhook_id for each in done)
    unsuccessful = len(calls) - len(done) + endpoint.refused
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(
            f"\n{len(told)} messages in {told_after:.0f} s, all heard after {heard_after:.0f} s: "
            f"{len(calls)} calls, {len(calls) - len(done)} of them failed, {endpoint.refused} refused while down, "
            f"which was {outage.up - outage.began:.0f} s; "
            f"heard again {outage.ended - outage.up:.0f} s after it was up, half of what was told meanwhile "
            f"after {_median_delay(calls, told, outage):.0f} s; "
            f"{len(done) - len(times)} came again after a 2xx",
            flush=True,
        )
    assert endpoint.unverified == 0
    assert pending == failed == []
    assert unsuccessful >= 0.3 * (len(calls) + endpoint.refused)
    assert {each.message["text"] for each in calls} == told.keys()
    assert len({(each.webhook_id, each.message["text"], each.message["id"]) for each in calls}) == len(told)
    assert len({each.webhook_id for each in calls}) == len({each.message["id"] for each in calls}) == len(told)
    assert len({(each.webhook_id, json.dumps(each.message)) for each in calls}) == len(told)  # the same each time
    assert len(times) < len(done)  # functions were killed in the midst of answers
    assert _stored(live, phones) == {each.message["id"] for each in done}
    assert _checked_order(calls, told, outage) > len(told) / 10


def _tell(live: Live, phones: list[str], caller: int, trouble: Trouble) -> dict[str, float]:
    """The contacts write, in turn; each text with the time at which its telling began. A webhook is repeated until it
    is answered 200, as providers do."""
    told = {}
    for number in range(FORM.messages // CALLERS):
        phone = phones[number % len(phones)]
        text = f"{phone} {number:04d}"
        digits, at, name = phone.removeprefix("+"), now(), f"wamid.heard-{phone}-{number}"
        provider = ("gupshup", "meta")[caller % 2]
        if provider == "meta":
            body = meta_text(text, name, digits, at, live.channel("meta")["phone_number_id"])
        else:
            body = gupshup_text(text, name, digits, at)
        if caller == 0 and FORM.kills_before(number):
            trouble.functions_killed()
        told[text] = time.monotonic()
        until(lambda body=body, provider=provider: _is_stored(live, body, provider), 180)  # type: ignore[misc]
        time.sleep(FORM.pause)
    return told


def _is_stored(live: Live, body: dict[str, Any], provider: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return live.webhook(body, provider).status_code == 200
    return False


@contextlib.contextmanager
def _beside(work: Callable[..., None], *arguments: Any) -> Iterator[None]:
    """The work runs beside the block, which ends after it."""
    with ThreadPoolExecutor(1) as beside:
        working = beside.submit(work, *arguments)
        yield
    working.result()


def _take_down(endpoint: UnsteadyEndpoint, outage: Outage) -> None:
    until(lambda: len(endpoint.calls) >= FORM.down_from, FORM.patience)
    with endpoint.down():
        outage.began = time.monotonic()
        while FORM.is_down_for(time.monotonic() - outage.began, endpoint.refused):
            time.sleep(0.05)
    outage.up = time.monotonic()
    calls = len(endpoint.calls)
    until(lambda: any(each.is_acknowledged for each in endpoint.calls[calls:]), FORM.patience)
    outage.ended = time.monotonic()


@contextlib.contextmanager
def _hurried(stack: dict[str, Any]) -> Iterator[None]:
    """In the short form: the two clocks that run faster."""
    if not FORM.is_hurried:
        yield
        return
    sqs, queue, ended = _client(stack, "sqs"), stack["queues"]["deliveries"], threading.Event()
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "5"})
    try:
        with _beside(_retry_often, stack, ended):
            try:
                yield
            finally:
                ended.set()
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)


def _retry_often(stack: dict[str, Any], ended: threading.Event) -> None:
    functions = _client(stack, "lambda")
    while not ended.wait(2):
        with contextlib.suppress(ClientError, BotoCoreError):  # it is killed, too
            functions.invoke(FunctionName=f"gate24-{STAGE}-retry-deliveries", Qualifier="live")


def _client(stack: dict[str, Any], service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=stack["aws_endpoint"],
        region_name=stack["region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def _waiting(stack: dict[str, Any]) -> bool:
    """Whether anything lies in the queue of deliveries."""
    kinds = [f"ApproximateNumberOfMessages{name}" for name in ("", "NotVisible")]
    queue = stack["queues"]["deliveries"]
    found = _client(stack, "sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=kinds)["Attributes"]
    return any(int(found[kind]) for kind in kinds)


def _acknowledged(endpoint: UnsteadyEndpoint) -> list[Call]:
    return [each for each in list(endpoint.calls) if each.is_acknowledged]


def _stored(live: Live, phones: list[str]) -> set[str]:
    """The ids of all that the contacts wrote, as the conversations show it."""
    paths = (f"/v1/contacts/{quote(phone)}/messages?limit=100" for phone in phones)
    return {each["id"] for path in paths for each in live.api("GET", path).json()["data"]}


def _median_delay(calls: list[Call], told: dict[str, float], outage: Outage) -> float:
    """Of what was told while the endpoint was down: seconds from when it was up to the first call."""
    first: dict[str, float] = {}
    for each in calls:
        first.setdefault(each.message["text"], each.at)
    delays = [first[text] - outage.up for text, at in told.items() if outage.began <= at <= outage.up]
    return median(delays) if delays else 0.0


def _checked_order(calls: list[Call], told: dict[str, float], outage: Outage) -> int:
    """How many messages must have been heard in their contact's order, and were: those whose first call was answered
    2xx, and for which nothing waited since the endpoint was down."""
    first: dict[str, Call] = {}
    for each in calls:
        first.setdefault(each.message["text"], each)
    in_order = [
        text for text, each in first.items() if each.is_acknowledged and not outage.concerns(told[text], each.at)
    ]
    by_contact: dict[str, list[str]] = {}
    for text in in_order:
        by_contact.setdefault(text.split()[0], []).append(text)
    for texts in by_contact.values():
        assert texts == sorted(texts)
    return len(in_order)
