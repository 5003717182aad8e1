"""Slow endpoints of one organization leave others' deliveries the executions that they need."""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from hashlib import sha256
from socket import socket

import pytest

from gate24.providers import endpoint
from gate24.rules.delivery_lanes import LANES_OF_ENDPOINT, LANES_OF_ORGANIZATION
from gate24.store import aws
from gate24.subscriptions import SUBSCRIPTIONS_MOST
from tests.support.endpoints import OK, serving
from tests.support.hooks import arrived, deliveries_of, make_webhook, new_event, render_all, tell
from tests.support.system import CONTEXT, OTHER, OTHER_ORG, System, handler
from tests.support.template import resources

pytestmark = pytest.mark.in_memory

THEIRS = 30


def contacts_of_all_lanes() -> list[str]:
    """One for each lane that an endpoint may have."""
    lanes: dict[int, str] = {}
    for number in range(500):
        lanes.setdefault(sha256(f"contact-{number}".encode()).digest()[0] % LANES_OF_ENDPOINT, f"contact-{number}")
    assert len(lanes) == LANES_OF_ENDPOINT
    return list(lanes.values())


class SlowEndpoints:
    """Take every call, and answer none until they are told to."""

    def __init__(self) -> None:
        self._answers = threading.Event()
        self._lock, self._held, self.most_held = threading.Lock(), 0, 0

    @property
    def waiting(self) -> int:
        """Calls that wait, and go on waiting, for an answer."""
        return 0 if self._answers.is_set() else self._held

    @contextmanager
    def listening(self) -> Iterator[str]:
        with serving(self._behave) as server:
            try:
                yield f"http://127.0.0.1:{server.port}/hook"
            finally:
                self.answer()

    def answer(self) -> None:
        self._answers.set()

    def _behave(self, connection: socket) -> None:
        with self._lock:
            self._held += 1
            self.most_held = max(self._held, self.most_held)
        self._answers.wait()
        with self._lock:
            self._held -= 1
        connection.sendall(OK)


class Executions:
    """The function's, as Lambda gives them to a FIFO queue: in its order, one at a time for each message group."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is queued from now on is theirs."""
        consumer = resources("AWS::Lambda::EventSourceMapping")["DeliverEventsDeliveries"]
        self.most = consumer["ScalingConfig"]["MaximumConcurrency"]
        self._pool = ThreadPoolExecutor(self.most)
        self._waiting: list[tuple[str, str]] = []
        self.busy: dict[Future[None], str] = {}
        monkeypatch.setattr(aws.sqs(), "send_message", self._queue)

    def _queue(self, QueueUrl: str, MessageBody: str, MessageGroupId: str, MessageDeduplicationId: str) -> None:
        self._waiting.append((MessageGroupId, MessageBody))

    def work(self, endpoints: SlowEndpoints) -> None:
        """Until nothing is left to begin, and what is under way waits for the slow endpoints."""
        while self._begin() or len(self.busy) > endpoints.waiting:
            ended, _ = wait(self.busy, timeout=0.05, return_when=FIRST_COMPLETED)
            for each in ended:
                each.result()
                del self.busy[each]

    def _begin(self) -> bool:
        groups, waiting = set(self.busy.values()), []
        for group, body in self._waiting:
            if group in groups or len(self.busy) >= self.most:
                waiting.append((group, body))
                continue
            groups.add(group)
            self.busy[self._pool.submit(deliver, body)] = group
        has_begun, self._waiting = len(waiting) < len(self._waiting), waiting
        return has_begun


def deliver(body: str) -> None:
    answer = handler("deliver_events")({"Records": [{"messageId": "1", "body": body}]}, CONTEXT)
    assert answer == {"batchItemFailures": []}


def test_an_organization_whose_endpoints_are_all_slow_holds_up_no_others_deliveries(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    render_all(monkeypatch)
    monkeypatch.setattr(endpoint, "CALL_SECONDS", 600.0)  # none ends before it is told to, however busy this machine
    endpoints, executions, contacts = SlowEndpoints(), Executions(monkeypatch), contacts_of_all_lanes()
    with endpoints.listening() as url:
        slow = [make_webhook(gate24, url=url)["id"] for _ in range(SUBSCRIPTIONS_MOST)]
        make_webhook(gate24, "theirs", key=OTHER_ORG)
        tell(*(new_event(contact) for contact in contacts))
        theirs = [new_event(f"contact-{number}", OTHER, OTHER_ORG) for number in range(THEIRS)]
        tell(*theirs)
        executions.work(endpoints)
        # all of theirs is told while none of the slow ones, which came first, has ended
        assert {each["headers"]["webhook-id"] for each in arrived(gate24, "theirs")} == {each.id for each in theirs}
        assert 0 < len(executions.busy) == endpoints.most_held <= LANES_OF_ORGANIZATION < executions.most / 4
        endpoints.answer()
        executions.work(endpoints)
        assert endpoints.most_held <= LANES_OF_ORGANIZATION
    for each in slow:
        assert [told["status"] for told in deliveries_of(gate24, each)] == ["delivered"] * len(contacts)
    assert len(arrived(gate24)) == THEIRS
