"""Events that come faster than their endpoint answers wait in the table: in order, and in nobody's way."""

from collections.abc import Iterator
from typing import Any

import pytest

from gate24.providers import endpoint
from gate24.providers.endpoint import EndpointAnswer
from gate24.rules.delivery_retries import BEHIND_AFTER_MS, BEHIND_KEPT_MS, INDEX_LATE_MS, QUEUED_AGAIN_AFTER_MS
from gate24.store import aws, keys
from gate24.store.items import PutOffItem
from gate24.store.table import query
from gate24.usecases import retry_deliveries
from tests.support.hooks import (
    arrived,
    deliver,
    deliveries_of,
    make_webhook,
    new_event,
    queued_records,
    render_all,
    run_schedule,
    script_hook,
    tell,
    webhook,
)
from tests.support.scene import MINUTE, now, standing_clock
from tests.support.system import ORG, OTHER, OTHER_ORG, System

pytestmark = pytest.mark.in_memory

Record = dict[str, Any]


@pytest.fixture(autouse=True)
def any_event_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    render_all(monkeypatch)


@pytest.fixture
def time() -> Iterator[list[int]]:
    with standing_clock(now()) as clock:
        yield clock


def sent_at(records: list[Record], at: int) -> list[Record]:
    """As they came into the queue then (epoch ms)."""
    return [each | {"attributes": each["attributes"] | {"SentTimestamp": str(at)}} for each in records]


def told_numbers(gate24: System, name: str = "bot") -> list[str]:
    return [each["headers"]["webhook-id"] for each in arrived(gate24, name)]


def put_off(webhook_id: str) -> list[PutOffItem]:
    return query(PutOffItem, keys.put_off_pk(ORG, webhook_id), consistent_read=True)


def behind(gate24: System, time: list[int], contacts: int = 1) -> tuple[str, list[str]]:
    """A webhook with one event of each contact that has waited too long: its id, and the events'."""
    made = make_webhook(gate24)
    events = [new_event(f"contact-{number}") for number in range(contacts)]
    tell(*events)
    assert deliver(sent_at(queued_records(), time[0] - BEHIND_AFTER_MS)) == []
    return made["id"], [each.id for each in events]


SLOW_SECONDS = 14
LOOKED_AT = 350
"""Of the model's queue, in place of SQS's 120,000 messages: what a slow endpoint is told in some minutes."""


class Queue:
    """A FIFO queue and its function, second by second: only its first messages are looked at, and a message group
    whose call is not answered yet has no other one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, time: list[int]) -> None:
        self._time, self._waiting = time, list[tuple[str, str, int]]()
        self._busy_until: dict[str, int] = {}
        self._known: dict[str, int] = {}
        self.most = 0
        self.told: list[tuple[str, int]] = []
        monkeypatch.setattr(aws.sqs(), "send_message", self._queue)
        monkeypatch.setattr(endpoint, "call", self._call)

    def run(self) -> None:
        """All that can begin in this second."""
        begun = True
        while begun:
            begun = False
            taken: set[str] = set()
            for message in self._waiting[:LOOKED_AT]:
                group = message[0]
                if group not in taken and self._busy_until.get(group, 0) <= self._time[0]:
                    begun = True
                    self._waiting.remove(message)
                    self._deliver(*message)
                taken.add(group)

    def _deliver(self, group: str, body: str, sent: int) -> None:
        self._group = group
        assert deliver([{"messageId": "1", "body": body, "attributes": {"SentTimestamp": str(sent)}}]) == []

    def _queue(self, QueueUrl: str, MessageBody: str, MessageGroupId: str, MessageDeduplicationId: str) -> None:
        now = self._time[0]
        if now - self._known.get(MessageDeduplicationId, 0) >= 5 * MINUTE:
            self._known[MessageDeduplicationId] = now
            self._waiting.append((MessageGroupId, MessageBody, now))
            self.most = max(self.most, len(self._waiting))

    def _call(self, url: str, headers: dict[str, str], *_: object) -> EndpointAnswer:
        self.told.append((headers["webhook-id"], self._time[0]))
        seconds = SLOW_SECONDS if url.endswith("/slow") else 0
        self._busy_until[self._group] = self._time[0] + seconds * 1000
        return EndpointAnswer(200, "", seconds * 1000)


def test_a_slow_endpoints_backlog_hides_nobodys_events_and_is_told_in_order(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_webhook(gate24, "slow")
    make_webhook(gate24, "quick", key=OTHER_ORG)
    monkeypatch.setattr(retry_deliveries, "QUEUED_MOST", 50)
    queue = Queue(monkeypatch, time)
    slow: dict[str, list[str]] = {}
    quick: dict[str, int] = {}
    begun = time[0]
    for second in range(30 * 60):
        if second < 10 * 60:
            event = new_event(f"contact-{second % 3}")
            slow.setdefault(event.contact_id or "", []).append(event.id)
            tell(event)
        if second % 60 == 30:
            another = new_event("contact-1", OTHER, OTHER_ORG)
            quick[another.id] = time[0]
            tell(another)
        queue.run()
        if second % 60 == 59:
            run_schedule()
        time[0] = begun + (second + 1) * 1000
    told = dict(queue.told)
    assert len(told) == len(queue.told)
    assert {each: told.get(each) for each in quick} == quick  # at once
    assert queue.most < LOOKED_AT
    of_slow = [each for each, _ in queue.told if each not in quick]
    for events in slow.values():
        heard = [each for each in of_slow if each in set(events)]
        assert heard == events[: len(heard)] and len(heard) > 30 * 60 // SLOW_SECONDS // 2


def test_what_waited_too_long_in_the_queue_is_put_off_and_goes_out_of_the_table(
    gate24: System, time: list[int]
) -> None:
    webhook_id, events = behind(gate24, time, contacts=3)
    assert arrived(gate24) == []
    waiting = deliveries_of(gate24, webhook_id, "pending")
    assert {each["event_id"] for each in waiting} == set(events)
    assert all(each["attempts"] == 0 and each["first_failed_at"] is None for each in waiting)
    assert webhook(gate24, webhook_id)["behind_since"] is not None
    time[0] += MINUTE
    assert run_schedule()["queued"] == 3
    assert deliver(sent_at(queued_records(), time[0] - BEHIND_AFTER_MS)) == []  # however late
    assert told_numbers(gate24) == events
    assert deliveries_of(gate24, webhook_id, "pending") == [] and put_off(webhook_id) == []


def test_what_comes_in_time_is_not_put_off(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    tell(new_event())
    deliver(sent_at(queued_records(), time[0] - BEHIND_AFTER_MS + 1))
    assert len(arrived(gate24)) == 1
    assert webhook(gate24, made["id"])["behind_since"] is None


def test_a_contacts_later_events_wait_behind_and_others_do_not(gate24: System, time: list[int]) -> None:
    _, (first,) = behind(gate24, time)
    second, third, anothers = new_event("contact-0"), new_event("contact-0"), new_event("contact-9")
    time[0] += 1
    tell(second)
    deliver()
    time[0] += 1
    tell(third, anothers)
    deliver()
    assert told_numbers(gate24) == [anothers.id]
    time[0] += MINUTE
    run_schedule()
    fourth = new_event("contact-0")
    tell(fourth)  # stands in the queue behind those that came out of the table
    deliver()
    assert told_numbers(gate24) == [anothers.id, first, second.id, third.id, fourth.id]


def test_what_was_queued_before_the_backlog_went_out_keeps_its_place(gate24: System, time: list[int]) -> None:
    webhook_id, (first,) = behind(gate24, time)
    second = new_event("contact-0")
    tell(second)
    time[0] += MINUTE
    run_schedule()  # the second one is in the queue before it
    deliver()
    assert told_numbers(gate24) == [first]
    assert [each["event_id"] for each in deliveries_of(gate24, webhook_id, "pending")] == [second.id]
    time[0] += MINUTE
    run_schedule()
    deliver()
    assert told_numbers(gate24) == [first, second.id]
    assert put_off(webhook_id) == []


def test_a_message_that_the_queue_hands_out_twice_keeps_its_turn(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24)
    first, second = new_event(), new_event()
    tell(first, second)
    records = sent_at(queued_records(), time[0] - BEHIND_AFTER_MS)
    for record in (records[0], records[1], records[0]):
        time[0] += 1
        deliver([record])
    time[0] += MINUTE
    run_schedule()
    deliver()
    assert told_numbers(gate24) == [first.id, second.id]
    assert put_off(made["id"]) == []


def test_an_event_that_fails_holds_up_the_contacts_others_no_longer(gate24: System, time: list[int]) -> None:
    webhook_id, (first,) = behind(gate24, time)
    script_hook(gate24, status=500)
    time[0] += MINUTE
    run_schedule()
    deliver()
    assert told_numbers(gate24) == [first] and put_off(webhook_id) == []
    after = new_event("contact-0")
    tell(after)
    deliver()
    assert told_numbers(gate24) == [first, after.id]


def test_no_more_of_a_backlog_is_in_the_queue_than_it_has_room_for(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_deliveries, "QUEUED_MOST", 4)
    _, events = behind(gate24, time, contacts=10)
    time[0] += MINUTE
    assert run_schedule()["queued"] == 4
    waiting = queued_records()
    for _ in range(20):  # longer than the queue knows that it has them
        time[0] += MINUTE
        assert run_schedule()["queued"] == 0
    deliver(waiting[:1])
    time[0] += MINUTE
    assert run_schedule()["queued"] == 1
    waiting = waiting[1:] + queued_records()
    time[0] += QUEUED_AGAIN_AFTER_MS
    assert run_schedule()["queued"] == 4  # the queue may have lost them
    deliver(waiting)
    told = told_numbers(gate24)
    while run_schedule()["queued"]:
        deliver()
        time[0] += MINUTE
    assert sorted(told_numbers(gate24)) == sorted(events) and len(told) == 5


def test_what_was_put_off_a_moment_ago_waits_for_the_index(gate24: System, time: list[int]) -> None:
    behind(gate24, time)
    time[0] += INDEX_LATE_MS - 1
    assert run_schedule()["queued"] == 0
    time[0] += 1
    assert run_schedule()["queued"] == 1


def test_the_backlog_ends_when_nothing_has_waited_for_a_while(gate24: System, time: list[int]) -> None:
    webhook_id, _ = behind(gate24, time)
    time[0] += MINUTE
    run_schedule()
    deliver()
    run_schedule()
    assert webhook(gate24, webhook_id)["behind_since"] is not None
    time[0] += BEHIND_KEPT_MS
    run_schedule()
    assert webhook(gate24, webhook_id)["behind_since"] is None
    assert run_schedule()["endpoints"] == 1
    assert run_schedule()["endpoints"] == 0  # looked at no more


def test_a_backlog_behind_a_dead_endpoint_fails_after_its_time_and_can_be_replayed(
    gate24: System, time: list[int]
) -> None:
    webhook_id, (event,) = behind(gate24, time)
    gate24.http("PATCH", f"/v1/webhooks/{webhook_id}", {"status": "paused"})
    time[0] += 33 * 60 * MINUTE
    assert run_schedule()["given_up"] == 1
    assert [each["event_id"] for each in deliveries_of(gate24, webhook_id, "failed")] == [event]


def test_of_a_deleted_webhook_no_contact_is_noted(gate24: System, time: list[int]) -> None:
    webhook_id, _ = behind(gate24, time, contacts=3)
    assert len(put_off(webhook_id)) == 3
    gate24.http("DELETE", f"/v1/webhooks/{webhook_id}")
    run_schedule()
    assert put_off(webhook_id) == []
