"""A world in which whatever failed is delivered again, as AWS, the BSP and a well-behaved caller would.

- The BSP posts a webhook again until it is answered 2xx.
- A caller repeats a request that was not answered, or was answered ``retryable``; a send with the same key, until the
  key has its final answer.
- SQS delivers what its consumer gave back, or died with, after the visibility timeout, as often as the queue allows.
- The schedule repeats a run that failed.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gate24 import at_once, clock
from gate24.api import contact_routes
from gate24.observability import logger
from gate24.providers import forward
from gate24.rules.message_status import LEASE_MS
from gate24.store import (
    api_keys,
    aws,
    organizations,
    outage,
    remembered,
    shard_record,
    subscriptions,
    table,
)
from gate24.store import secrets as channel_secrets
from gate24.store.table import StoreError
from gate24.usecases import erase_contact, receive_webhook, send_message, wait_for_slot
from stack.template import source
from tests.support.bodies import gupshup_status, meta_status
from tests.support.faults import Killed, MemoryAws, QueuedMessage
from tests.support.system import (
    APP_SECRET,
    CONTEXT,
    GUPSHUP,
    META,
    META_NUMBER,
    ORG,
    OTHER,
    TOKEN,
    VERIFY_TOKEN,
    Answer,
    System,
    handler,
    system,
)

START = 1_790_000_000_000 // 86_400_000 * 86_400_000 + 6 * 3_600_000
"""When everything begins (epoch ms): far from any midnight of the organizations."""

RANDOM = "feedface"
"""How everything begins that the code would draw at random."""

_MOST_TRIES = 30

_CHANNEL_SECRETS = {
    "api_key": "bsp-key",
    "webhook_tokens": [TOKEN],
    "app_secrets": [APP_SECRET],
    "verify_tokens": [VERIFY_TOKEN],
}


class World:
    """``answers``: the final one of each request and webhook, in their order."""

    def __init__(self, gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate24, self.now = gate24, START
        self.aws = MemoryAws(lambda: self.now)
        self.answers: list[tuple[int, str]] = []
        self.drawn = 0
        self.parked, self.days = gate24.queue_url, os.environ["ROLLUP_DAYS_QUEUE_URL"]
        self._is_cold = True
        self._left_alone: dict[str, tuple[float, ...]] = {}
        self._attempts_at_once = iter(range(10**9))
        resources = source()["Resources"]
        self._queue_settings = {
            queue_url: resources[name]["Properties"] for queue_url, name in self._queue_names().items()
        }
        monkeypatch.setattr(clock, "now_ms", lambda: self.now)
        for module in (outage, remembered):
            monkeypatch.setattr(module, "monotonic", lambda: self.now / 1000)
        monkeypatch.setattr(forward.forward, "__defaults__", (forward.BUDGET_SECONDS, lambda _: None))
        monkeypatch.setattr(send_message, "secrets", SimpleNamespace(token_hex=self._draw))
        time = SimpleNamespace(time_ns=lambda: self.now * 1_000_000, sleep=lambda seconds: self.passes(seconds * 1000))
        monkeypatch.setattr(wait_for_slot, "time", time)
        monkeypatch.setattr(receive_webhook, "_AT_ONCE", 1)  # so that calls have an order
        monkeypatch.setattr(table._Shared, "contact_key", aws._contact_key)
        self._of_the_run = pytest.MonkeyPatch()

    def _queue_names(self) -> dict[str, str]:
        return {self.parked: "ParkedEvents", self.days: "RollupDays"}

    def _draw(self, size: int) -> str:
        self.drawn += 1
        return f"{RANDOM}{self.drawn:0{2 * size - len(RANDOM)}x}"

    def passes(self, milliseconds: float) -> None:
        self.now += round(milliseconds)

    def snapshot(self) -> Any:
        return self.aws.snapshot(), self.now, self.drawn

    def restore(self, snapshot: Any) -> None:
        """As it was then, in a new process."""
        stored, self.now, self.drawn = snapshot
        self.aws.restore(stored)
        self.answers = []
        self._of_the_run.undo()
        self.starts_anew()

    def starts_anew(self) -> None:
        """A new process, which knows nothing yet."""
        api_keys.forget()
        organizations.forget()
        wait_for_slot.forget()
        subscriptions.forget()
        channel_secrets.forget()
        shard_record.forget()
        contact_routes._counted.clear()
        table._Shared.contact_key = aws._contact_key
        self._left_alone.clear()
        self.aws.calls.is_dead, self._is_cold = False, True

    def erases_little_at_once(self) -> None:
        """Each call of an erasure deletes one page of two."""
        self._of_the_run.setattr("gate24.store.erasure._PAGE", 2)
        self._of_the_run.setattr(erase_contact, "SECONDS_AT_ONCE", 1.5)
        counted = SimpleNamespace(monotonic=lambda: next(self._attempts_at_once))
        self._of_the_run.setattr(erase_contact, "time", counted)

    def reads_little_at_once(self) -> None:
        """Each invocation reads one moment of a day's ledger."""
        import day_rollup.handler

        self._of_the_run.setattr(day_rollup.handler, "WORK_SECONDS", -1)

    # Deliveries

    def _invoke(self, function: str, call: Callable[[], Any]) -> Any:
        """What a function answers; None if it died, which is a new process for whatever comes next. Each function has
        its own experience of an outage."""
        services = (outage.TABLE, outage.SECRETS)
        for service, until in zip(services, self._left_alone.get(function, (0.0, 0.0)), strict=True):
            service._left_alone_until = until
        try:
            if self._is_cold:
                with suppress(StoreError):
                    table.contact_key()
                self._is_cold = False
            return call()
        except Killed:
            self.starts_anew()
            return None
        finally:
            self._left_alone[function] = tuple(service._left_alone_until for service in services)

    def _http(self, *asked: Any, **named: Any) -> Answer | None:
        try:
            answer: Answer | None = self._invoke("api", lambda: self.gate24.http(*asked, **named))
        except StoreError:  # of the authorizer: API Gateway answers 500
            return None
        return answer

    def webhook(self, channel: str, body: Any) -> None:
        """The BSP tells of something until it is taken."""
        for _ in range(_MOST_TRIES):
            told = self.gate24.meta_webhook if channel == META else self.gate24.webhook
            answer = self._invoke("inbound_webhook", partial(told, body, channel))
            if answer is not None and answer.status == 200:
                return
            assert answer is None or answer.status >= 500, answer.text
            self._waits(10_000)
        raise AssertionError("the webhook was never taken")

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """A caller asks until there is a final answer, which is noted."""
        was_killed = False
        for _ in range(_MOST_TRIES):
            answer = self._http(method, path, body, headers)
            if answer is not None and not self._is_to_be_repeated(answer):
                self.answers.append((answer.status, answer.text))
                return answer
            was_killed |= answer is None
            wait = int(answer.headers.get("retry-after", "1")) * 1000 if answer is not None else 1000
            self._waits(LEASE_MS if answer is not None and answer.status == 409 else wait)
        raise AssertionError(f"{method} {path} never had a final answer")

    def _is_to_be_repeated(self, answer: Answer) -> bool:
        if answer.status < 400 or not answer.text:
            return False
        return bool(answer.json.get("code") in ("unavailable", "throttled", "request_in_progress"))

    def send(self, body: dict[str, Any], idempotency_key: str = "key-1") -> Answer:
        return self.request("POST", "/v1/messages", body, {"Idempotency-Key": idempotency_key})

    def drains(self) -> None:
        """Both queues are consumed until nothing is left. That of files is another's (``test_media``)."""
        while waiting := [each for url in (self.parked, self.days) for each in self.aws.queues.get(url, ())]:
            self._waits(max(0, min(each.at for each in waiting) - self.now))

    def _waits(self, milliseconds: int) -> None:
        """Time passes, and the queues are consumed as far as their messages are due."""
        self.passes(milliseconds)
        for queue_url, function in ((self.parked, "inbound_webhook"), (self.days, "day_rollup")):
            while any(each.at <= self.now for each in self.aws.queues.get(queue_url, ())):
                self._consume(queue_url, function)

    def _consume(self, queue_url: str, function: str) -> None:
        waiting, said = self.aws.queues[queue_url], self._queue_settings[queue_url]
        taken = [each for each in waiting if each.at <= self.now][:10]
        if function == "day_rollup":
            taken = taken[:1]
        for each in taken:
            each.at, each.receives = self.now + said["VisibilityTimeout"] * 1000, each.receives + 1
            assert each.receives <= min(said["RedrivePolicy"]["maxReceiveCount"], _MOST_TRIES), "a dead letter"
        records = [_record(each) for each in taken]
        answer = self._invoke(function, lambda: handler(function)({"Records": records}, CONTEXT))
        if answer is not None:
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            done = {each.id for each in taken} - failed
            waiting[:] = [each for each in waiting if each.id not in done]

    def scheduled_run(self) -> None:
        """The schedule invokes the rollup, which is tried twice more where it fails."""
        self._rolls_up({"scheduled_at": "now"})

    def _rolls_up(self, event: dict[str, Any]) -> None:
        for _ in range(3):
            try:
                if self._invoke("cost_rollup", lambda: handler("cost_rollup")(event, CONTEXT)) is not None:
                    return
            except (RuntimeError, StoreError):
                pass
            self.passes(60_000)
        raise AssertionError("the rollup never succeeded")

    def run_by_hand(self, first: str, last: str) -> None:
        """An operator has days computed, and tries again where that fails."""
        self._rolls_up({"organization": ORG, "from": first, "to": last})

    def bsp_reports(self) -> None:
        """The BSP tells what became of every message that it took."""
        for taken in self.aws.bsp.taken:
            if taken.channel == GUPSHUP:
                whatsapp_id, at = f"wamid.{taken.id}", self.now
                for status in ("enqueued", "sent", "delivered"):
                    body = gupshup_status(status, taken.id, whatsapp_id, taken.phone, at, kind=taken.kind)
                    self.webhook(GUPSHUP, body)
                continue
            for status in ("sent", "delivered"):
                told = meta_status(status, taken.id, taken.our_id, taken.phone, self.now, phone_number_id=META_NUMBER)
                self.webhook(META, told)


def _record(message: QueuedMessage) -> dict[str, Any]:
    return {"messageId": message.id, "body": message.body}


@contextmanager
def world_of(folder: Path) -> Iterator[World]:
    """A world that begins with what lies in a new system's table; the log is silent meanwhile."""
    level = logger.log_level
    logger.setLevel(logging.CRITICAL)
    with system(folder, simulate=False) as gate24, pytest.MonkeyPatch.context() as patched:
        patched.setattr(at_once, "start", lambda work: work)  # one after another: the n-th call is always the same
        made = World(gate24, patched)
        for item in gate24.items():
            made.aws.dynamodb.put(item)
        secrets = {f"channels/{channel}": json.dumps(_CHANNEL_SECRETS) for channel in (GUPSHUP, META, OTHER)}
        made.aws.secrets = {"contact-key": "contact-key-of-the-tests", **secrets}
        with made.aws.in_use():
            yield made
    logger.setLevel(level)
