"""A day of the feed over several partitions: readers find what they find in one, in the same order, with the same
positions, while it is written and while the setting is raised; and a batch of the stream that is told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate24 import at_once, clock
from gate24.feed import FeedEvent
from gate24.rules.feed_events import events_of
from gate24.settings import shards
from gate24.store import delivery_queue, feed, organization_partitions, organizations, stream, table
from gate24.store.feed import NamedEvent
from gate24.store.table import StoreError
from gate24.subscriptions import Subscription
from gate24.usecases import tell_changes as telling
from gate24.usecases.replay_events import replay_by_id, replay_time
from gate24.usecases.tell_changes import Deliveries
from tests.support.memory_table import MemoryTable, Raw, Usage, memory_table
from tests.support.scene import HOUR, MINUTE, SECOND, contact_wrote, new_number, now
from tests.support.stream import Stream
from tests.support.system import ORG, system

DAY = 24 * HOUR
MIDNIGHT = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp() * 1000)
RAISE = "2026-10-05"


class Feed:
    """A feed in memory under a clock that stands. ``written``: the events in the order of their places."""

    def __init__(self, held: MemoryTable, patch: pytest.MonkeyPatch) -> None:
        self.held, self._patch, self.now = held, patch, MIDNIGHT - 2 * HOUR
        self.written: list[FeedEvent] = []
        self.under_way: list[tuple[NamedEvent, int]] = []
        self.late: set[str] = set()
        self._number = 0
        feed.forget()
        patch.setattr(clock, "now_ms", lambda: self.now)
        self.deploys("1")

    def deploys(self, plan: str) -> None:
        self._patch.setenv("FEED_SHARDS", plan)
        shards.cache_clear()

    def new(self, type: str = "message.received") -> FeedEvent:
        self._number += 1
        return FeedEvent(f"evt_{self._number:026x}", type, self.now, ORG, "channel", f"{self._number % 7}", None, {})

    def writes(self, *types: str) -> list[FeedEvent]:
        events = [self.new(type) for type in types]
        feed.write(events)
        self.written += events
        return events

    def begins(self) -> None:
        """A function gives an event its place, and goes on later."""
        named = feed.name(self.new())
        assert named is not None
        self.written.append(named.event)
        self.under_way.append((named, self.now))

    def ends(self, how_many: int) -> None:
        """Functions write what they gave a place, some of them too late for it."""
        ended, self.under_way = self.under_way[:how_many], self.under_way[how_many:]
        self.late |= {each.event.id for each, at in ended if self.now - at > 3000}
        feed.place([each for each, _ in ended])

    def reads(self, after: str | None, limit: int, types: set[str] | None = None) -> tuple[list[FeedEvent], str]:
        page = feed.read(ORG, after, types, limit, self.now)
        assert len(page.events) <= limit
        return [event for event, _ in page.events], page.position

    def reads_all(self, limit: int = 100, types: set[str] | None = None, after: str | None = None) -> list[FeedEvent]:
        """After a position (None: from the first that is kept) until the last that may be read."""
        found: list[FeedEvent] = []
        while True:
            new, position = self.reads(after, limit, types)
            found += new
            if position == after:
                return found
            after = position


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with system(tmp_path_factory.mktemp("feed"), simulate=False) as made:
        yield made


@pytest.fixture
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patched:
        yield patched
    shards.cache_clear()


PLANS = ("1", "3", "16", f"2,{RAISE}:6")
RAISED = {"1": f"1,{RAISE}:4", "3": f"3,{RAISE}:12", "16": f"16,{RAISE}:64"}
"""What a plan is raised to before the day begins."""

TYPES = ("message.received", "window.opened")
STEPS = st.one_of(
    st.tuples(st.just("writes"), st.sampled_from((1, 5, 30, 150))),
    st.tuples(st.just("begins"), st.just(0)),
    st.tuples(st.just("ends"), st.integers(1, 5)),
    st.tuples(st.just("passes"), st.sampled_from((1, 900, 2500, 4001, 20 * MINUTE, HOUR))),
    st.tuples(st.just("raises"), st.just(0)),
    st.tuples(st.just("reads"), st.sampled_from((1, 2, 7, 100))),
)


@pytest.mark.parametrize("plan", PLANS)
@settings(max_examples=8, deadline=None, database=None, derandomize=True)
@given(
    steps=st.lists(STEPS, min_size=10, max_size=30),
    limits=st.lists(st.integers(1, 40), min_size=3, max_size=8),
    least=st.sampled_from((1, 12)),
)
def test_the_pages_of_a_reader_are_what_was_told_in_order_and_once(
    stored: Any, plan: str, steps: list[tuple[str, Any]], limits: list[int], least: int
) -> None:
    with pytest.MonkeyPatch.context() as patch, memory_table(stored.dynamodb, is_new=True) as held:
        patch.setattr(feed, "_READ_LEAST", least)
        told = Feed(held, patch)
        told.deploys(plan)
        heard: list[FeedEvent] = []
        after: str | None = None
        for step, what in steps:
            if step == "writes":
                told.writes(*(TYPES[number % 30 == 0] for number in range(what)))
            elif step == "begins":
                told.begins()
            elif step == "ends":
                told.ends(what)
            elif step == "passes":
                told.now += what
            elif step == "raises":
                if told.now < MIDNIGHT - 20 * MINUTE:
                    told.deploys(RAISED.get(plan, plan))
            else:
                new, after = told.reads(after, what)
                heard += new
        told.ends(len(told.under_way))
        told.now += 4001
        for limit in limits:
            new, after = told.reads(after, limit)
            heard += new
        heard += told.reads_all(after=after)
        ids = [event.id for event in heard if event.id not in told.late]
        assert ids == [event.id for event in told.written if event.id not in told.late]
        assert {event.id for event in heard} == {event.id for event in told.written}  # what was too late as well
        from_the_start = [event.id for event in told.reads_all(max(limits))]
        assert [each for each in from_the_start if each not in told.late] == ids
        of_a_type = [event for event in told.reads_all(max(limits), {TYPES[1]}) if event.id not in told.late]
        assert of_a_type == [event for event in heard if event.type == TYPES[1] and event.id not in told.late]
        assert len(feed.find(ORG, [event.id for event in told.written])) == len(told.written)
    shards.cache_clear()


def in_the_feed(held: MemoryTable) -> Counter[str]:
    """How many events stand in each partition."""
    return Counter(item["pk"]["S"] for item in held.items() if item["pk"]["S"].startswith(f"F#{ORG}#"))


@pytest.fixture
def told(stored: Any, patch: pytest.MonkeyPatch) -> Iterator[Feed]:
    with memory_table(stored.dynamodb, is_new=True) as held:
        yield Feed(held, patch)


def test_a_day_is_spread_over_its_partitions_of_which_the_first_is_named_as_before(told: Feed) -> None:
    told.writes(*[TYPES[0]] * 10)
    day = MIDNIGHT // DAY - 1
    assert in_the_feed(told.held) == {f"F#{ORG}#{day}": 10}
    assert not [item for item in told.held.items() if "s" in item]  # a name says no shard where there is one
    told.deploys("8")
    told.writes(*[TYPES[0]] * 800)
    found = in_the_feed(told.held)
    assert found.keys() == {f"F#{ORG}#{day}", *(f"F#{ORG}#{day}#{shard}" for shard in range(1, 8))}
    assert max(found.values()) < 150
    told.now += 5000
    assert told.reads_all() == told.written


def test_a_position_from_before_a_raise_goes_on_after_it(told: Feed) -> None:
    told.writes(*[TYPES[0]] * 30)
    told.now += 5000
    heard, position = told.reads(None, 20)
    told.deploys(f"1,{RAISE}:16")
    told.now = MIDNIGHT + HOUR
    told.writes(*[TYPES[0]] * 30)
    told.now += 5000
    while True:
        new, following = told.reads(position, 7)
        heard += new
        if following == position:
            break
        position = following
    assert heard == told.written


def test_an_event_is_found_and_told_once_whatever_the_setting_is_by_then(told: Feed) -> None:
    for plan in ("1", "4", "2,2026-10-04:64"):  # also of a day that has begun
        told.deploys(plan)
        before = told.writes(*[TYPES[0]] * 40)
        for other in ("64", plan):
            told.deploys(other)
            feed.write(before)
            assert feed.find(ORG, [event.id for event in before]) == before
    assert sum(in_the_feed(told.held).values()) == 120


def units(told: Feed, work: Callable[[], object]) -> tuple[int, float]:
    """Requests and read units."""
    usage = told.held.usage
    work()
    used = told.held.usage.since(usage)
    return used.requests, used.read_units


@pytest.mark.parametrize(("plan", "idle"), [("1", 1), ("16", 16)])
def test_a_question_to_which_nothing_is_new_is_one_unit_a_shard(told: Feed, plan: str, idle: int) -> None:
    told.deploys(plan)
    told.writes(*[TYPES[0]] * 200)
    told.now += 5000
    _, position = told.reads(None, 1000)
    told.now += 1000
    assert units(told, lambda: told.reads(position, 100)) == (idle, idle)


def test_a_page_reads_little_more_of_many_shards_than_of_one(told: Feed) -> None:
    told.now = MIDNIGHT + HOUR
    _, start = told.reads(None, 1)
    told.writes(*[TYPES[0]] * 2000)
    told.now += 5000
    requests, whole = units(told, lambda: told.reads(start, 100))
    assert requests == 1
    told.deploys("16")
    told.now += 9 * DAY
    _, start = told.reads(None, 1)
    told.writes(*[TYPES[0]] * 2000)
    told.now += 5000
    requests, spread = units(told, lambda: told.reads(start, 100))
    assert requests <= 24
    assert spread <= 24 and whole >= 5
    assert told.reads_all(100) == told.reads_all(1000) == told.written[2000:]


def test_what_is_read_at_once_is_read_by_several_at_the_same_time(told: Feed, patch: pytest.MonkeyPatch) -> None:
    told.deploys("8")
    told.writes(*[TYPES[0]] * 50)
    told.now += 5000
    started: list[int] = []

    def start(work: Callable[[], Any]) -> Callable[[], Any]:
        started.append(told.held.usage.requests)
        return work

    patch.setattr(at_once, "start", start)
    _, position = told.reads(None, 100)
    told.now += 1000
    started.clear()
    told.reads(position, 100)
    assert len(started) == 7 and len(set(started)) == 1  # all of them before any is waited for


def test_a_deletion_of_the_organization_empties_all_shards(told: Feed) -> None:
    told.deploys(f"2,{RAISE}:8")
    for _ in range(6):
        told.writes(*[TYPES[0]] * 60)
        told.now += 8 * HOUR
    assert len(in_the_feed(told.held)) == 2 + 8 + 8
    assert sum(organization_partitions.remove_some(ORG, told.now)) > 0
    assert in_the_feed(told.held) == {}
    assert [item for item in told.held.items() if item["pk"]["S"].startswith("FN#")] == []


SUBSCRIPTION = Subscription("hook", ORG, "https://example.org", ("*",), (), "gate24", "", 0, False, "first")


def test_a_replay_finds_what_stands_in_all_shards(told: Feed, patch: pytest.MonkeyPatch) -> None:
    told.deploys(f"1,{RAISE}:16")
    for _ in range(4):
        told.now += HOUR
        told.writes(*[TYPES[0]] * 30)
    told.now += MINUTE
    queued: list[FeedEvent] = []
    patch.setattr(delivery_queue, "put", lambda chosen: queued.extend(each.event for each in chosen))
    assert replay_time(SUBSCRIPTION, MIDNIGHT - HOUR, told.now, told.now).queued == 120
    assert queued == told.written
    queued.clear()
    ids = [event.id for event in reversed(told.written)]
    assert replay_by_id(SUBSCRIPTION, ids, told.now).not_found == []
    assert queued == [*reversed(told.written)]


# A batch of the stream

CONTACTS, MESSAGES = 6, 5


@pytest.fixture(scope="module")
def changes(stored: Any) -> list[list[Raw]]:
    """The messages of each contact as items, in the order in which they were committed, each with its opening of the
    window before the first."""
    with memory_table(stored.dynamodb) as held:
        committed = Stream(held)
        found = []
        for _ in range(CONTACTS):
            phone = new_number()
            for number in range(MESSAGES):
                contact_wrote(stored, phone, ago=MINUTE - number * SECOND)
            found.append(committed.records)
            committed.records = []
    return found


@dataclass
class Outage:
    """Some of the calls fail, before or after they did what they should."""

    fails: Iterator[str]

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def done(*given: Any) -> Any:
            how = next(self.fails, "")
            if how == "before":
                raise StoreError("PutItem", "down")
            answer = work(*given)
            if how == "after":
                raise StoreError("PutItem", "unanswered")
            return answer

        return done


HOWS = st.lists(st.sampled_from(["", "", "", "", "before", "after"]), max_size=60)


@pytest.mark.parametrize("is_threaded", [False, True])
@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(
    turns=st.lists(st.integers(0, CONTACTS - 1), min_size=1, max_size=40),
    hows=HOWS,
    size=st.integers(1, 40),
    plan=st.sampled_from(("1", "4")),
)
def test_a_batch_tells_each_once_and_of_each_contact_in_order_whatever_fails(
    stored: Any,
    changes: list[list[Raw]],
    is_threaded: bool,
    turns: list[int],
    hows: list[str],
    size: int,
    plan: str,
) -> None:
    left = [list(records) for records in changes]
    records = [left[turn].pop(0) for turn in turns if left[turn]]
    for number, record in enumerate(records, 1):
        record["dynamodb"]["SequenceNumber"] = f"{number:021d}"
    queued: list[FeedEvent] = []
    with pytest.MonkeyPatch.context() as patch, memory_table(stored.dynamodb, is_new=True):
        patch.setenv("FEED_SHARDS", plan)
        shards.cache_clear()
        patch.setattr(organizations, "events_since", lambda organization_id: 0)
        if not is_threaded:
            patch.setattr(at_once, "start", lambda work: work)
        outage = Outage(iter(hows))
        for name in ("put_new", "put", "put_all"):
            patch.setattr(feed, name, outage.around(getattr(table, name)))
        queue = outage.around(lambda organization_id, events: queued.extend(events))
        rest = records
        while rest:
            failed = telling.tell_changes(rest[:size], Deliveries(queue=queue))
            rest = rest[size:] if failed is None else rest[[stream.number_of(each) for each in rest].index(failed) :]
        found = [event for event, _ in feed.read(ORG, None, None, 1000, now() + 5000).events]
    shards.cache_clear()
    expected = [event for record in records for event in events_of_record(record)]
    assert Counter(event.id for event in found) == Counter(event.id for event in expected)
    first_time = list(dict.fromkeys(event.id for event in queued))
    for contact_id in {event.contact_id for event in expected}:
        in_order = [event.id for event in expected if event.contact_id == contact_id]
        assert [event.id for event in found if event.contact_id == contact_id] == in_order
        assert [each for each in first_time if each in in_order] == in_order


def events_of_record(record: Raw) -> list[FeedEvent]:
    change = stream.change_of(record)
    return [] if change is None else events_of(change, telling._margin_ms)


def told_at_once(stored: Any, records: list[Raw]) -> tuple[Usage, Counter[str]]:
    """What telling of a batch uses, and which requests it makes."""
    asked: Counter[str] = Counter()
    with memory_table(stored.dynamodb, is_new=True) as held, pytest.MonkeyPatch.context() as patch:
        patch.setattr(organizations, "events_since", lambda organization_id: 0)
        client = table.connection().connection.client
        called = client._make_api_call

        def counted(operation: str, given: Any) -> Any:
            asked[operation] += 1
            return called(operation, given)

        patch.setattr(client, "_make_api_call", counted)
        assert telling.tell_changes(records) is None
        return held.usage, asked


def test_events_of_many_contacts_are_two_units_each_and_little_more_than_a_request(
    stored: Any, changes: list[list[Raw]]
) -> None:
    one = next(each for each in changes[0] if each["dynamodb"]["Keys"]["sk"]["S"].startswith("M#"))
    usage, asked = told_at_once(stored, [one])
    assert (usage.write_units, asked) == (2, {"PutItem": 2})
    firsts = [
        next(each for each in of_one if each["dynamodb"]["Keys"]["sk"]["S"].startswith("M#")) for of_one in changes
    ]
    usage, asked = told_at_once(stored, firsts)
    assert (usage.write_units, asked) == (2 * CONTACTS, {"PutItem": CONTACTS, "BatchWriteItem": 1})
