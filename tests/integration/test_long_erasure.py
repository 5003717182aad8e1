"""The erasure of a conversation of any length, cut off at many points: the person is gone from the first answer on,
each page costs the same, no day ever costs another sum, and in the end nothing is left. 3,000 messages here, 1,000,000
in ``tests/soak/test_erasure_of_a_million.py``."""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import MethodType, SimpleNamespace
from typing import Any

import boto3
import pytest

from gate24.api import cursors
from gate24.contacts import Erasure, Stretch
from gate24.rules.rollup import local_day
from gate24.store import erasure, keys, messages, table, unrecognized
from gate24.store.table import Item, StoreError
from gate24.usecases import erase_contact
from tests.support.bodies import gupshup
from tests.support.faults import Killed
from tests.support.long_conversation import DAYS, ZONE, LongConversation
from tests.support.memory_table import MemoryTable, Usage, memory_table
from tests.support.scene import HOUR, contact_wrote, new_number, now, post_webhook, retry_parked, rolled_up, take_parked
from tests.support.system import GUPSHUP, ORG, TEMPLATE, System, system


@dataclass(frozen=True, slots=True)
class Size:
    """``looks``: how often everything is looked at while the erasure is under way. ``pages``: after how many an
    invocation has no time left, whatever the machine. ``page``: messages."""

    messages: int
    looks: int
    pages: int
    page: int


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("erasure"), simulate=False) as made:
        yield made


@pytest.fixture
def held(gate24: System) -> Iterator[MemoryTable]:
    with memory_table(gate24.dynamodb) as made:
        yield made


@pytest.fixture
def says(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Prints how far it is, where it takes long."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        if request.node.get_closest_marker("soak"):
            with capture.global_and_fixture_disabled():
                print(text, flush=True)

    return say


@dataclass(slots=True)
class Pages:
    """What each whole page cost, by the kind of its items, of those that were erased alone."""

    held: MemoryTable
    costs: dict[str, list[Usage]] = field(default_factory=dict)
    kind: str = ""
    erased: int = 0
    is_alone: bool = True

    def erase_page(
        self, organization_id: str, stretch: Stretch, own_ids: tuple[str, ...], *is_spared: Callable[[], bool]
    ) -> int:
        before = self.held.usage
        deleted = _erase_page(organization_id, stretch, own_ids, *is_spared)
        self.erased += deleted > 0
        if self.is_alone and deleted == erasure._PAGE:
            self.costs.setdefault(self.kind, []).append(self.held.usage.since(before))
        return deleted

    def page(self, organization_id: str, stretch: Stretch, prefix: str) -> list[Item]:
        self.kind = prefix
        return _page(organization_id, stretch, prefix)


_erase_page, _page = erasure.erase_page, erasure._page


@contextmanager
def killed_after(calls: int) -> Iterator[None]:
    """The function that makes the next call but so many to the table is killed: before it, or after it took effect."""
    client: Any = table.connection().connection.client
    left, lock = [calls], threading.Lock()
    call = client._make_api_call

    def dies(_: Any, operation: str, asked: Any) -> Any:
        with lock:
            left[0] -= 1
        if left[0] < 0 and calls % 2:
            raise Killed
        answer = call(operation, asked)
        if left[0] < 0:
            raise Killed
        return answer

    client._make_api_call = MethodType(dies, client)
    try:
        yield
    finally:
        client._make_api_call = call


def days(gate24: System) -> list[dict[str, Any]]:
    """What the days cost by a rollup of now, but for whom they reached: the erased are not among these any more."""
    today = local_day(now(), ZONE)
    found = rolled_up(gate24, today - timedelta(days=DAYS + 1), today)
    of_persons = {"status", "reached", "cost_per_reached"}
    return [{name: value for name, value in day.items() if name not in of_persons} for day in found]


def total(found: list[dict[str, Any]]) -> int:
    """How many messages stand in the days."""
    return sum(sum(day["messages"].values()) for day in found)


def is_gone(gate24: System, person: LongConversation) -> None:
    """Nobody who reads finds the person."""
    phone = person.phone
    some = random.sample(range(person.size), 20)
    paths = [f"/v1/contacts/{phone}", f"/v1/contacts/{phone}/messages", f"/v1/contacts/{phone}/consents"]
    for path in (*paths, *(f"/v1/messages/{person.message_id(number)}" for number in (0, person.size - 1, *some))):
        assert gate24.http("GET", path).status == 404, path
    for path in ("/v1/contacts?limit=100", f"/v1/contacts?q=%2B{phone}", f"/v1/contacts?q={person.user_id}"):
        assert gate24.http("GET", path).json["data"] == []
    assert gate24.http("GET", "/v1/contacts?counts=true").json["counts"]["all"] == 0
    assert gate24.check(TEMPLATE | {"to": f"+{phone}"}).json["code"] == "not_opted_in"
    for number in some:
        person.tell_again(gate24, number // 3 * 3)  # those that the contact wrote
    assert gate24.http("GET", f"/v1/contacts/{phone}").status == 404


@pytest.mark.slow
def test_a_conversation_of_any_length_is_erased_page_by_page_and_cut_off_anywhere(
    gate24: System, held: MemoryTable, monkeypatch: pytest.MonkeyPatch, says: Callable[[str], None]
) -> None:
    erase_cut_off_anywhere(gate24, held, Size(3_000, 5, 4, 10), monkeypatch, says)


def erase_cut_off_anywhere(
    gate24: System, held: MemoryTable, size: Size, monkeypatch: pytest.MonkeyPatch, says: Callable[[str], None]
) -> None:
    random.seed(size.messages)
    person = LongConversation(gate24, held, new_number(), size.messages)
    says(f"{len(person.left(held)):,} items of one contact")
    reads_cost_the_same_anywhere(gate24, held, person)
    pages = Pages(held)
    ticks = itertools.count()
    monkeypatch.setattr(erase_contact, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", size.pages)
    monkeypatch.setattr(erasure, "_PAGE", size.page)
    monkeypatch.setattr(erasure, "erase_page", pages.erase_page)
    monkeypatch.setattr(erasure, "_page", pages.page)
    before = days(gate24)
    path = begun_while_a_message_is_stored(gate24, person, monkeypatch)
    is_gone(gate24, person)
    assert total(days(gate24)) == total(before) + 1 == size.messages + 2
    before = days(gate24)
    told, looks, calls, killed, twice = gate24.http("GET", path).json, 0, 0, 0, 0
    while told["status"] == "running":
        records = take_parked(gate24)
        assert records  # somebody goes on
        calls += 1
        if calls % 4 == 0:  # SQS may deliver twice; both at the same time
            records, twice = [records[0], records[0]], twice + 1
        pages.is_alone = calls % 4 != 0 and calls % 5 != 0
        killed += go_on(gate24, records, at_once=calls % 4 == 0, may_be_killed=calls % 5 == 0)
        pages.is_alone = True
        if calls % 7 == 0:  # later
            retry_parked(records[:1])
            twice += 1
        asked = held.usage
        after = gate24.http("GET", path).json
        assert held.usage.since(asked).read_units <= 3
        assert told["deleted"] <= after["deleted"]
        told = after
        if told["deleted"] * size.looks > looks * size.messages:
            looks += 1
            is_gone(gate24, person)
            assert days(gate24) == before
            says(f"{told['deleted']:,} erased in {calls} invocations")
    assert looks >= size.looks
    for _ in range(5):
        retry_parked(take_parked(gate24))
    assert take_parked(gate24) == []
    is_gone(gate24, person)
    assert days(gate24) == before
    assert person.left(held) == [keys.SUPPRESSION] * 2
    assert person.phone not in str([item for item in held.items() if item["pk"]["S"][0] in "UCX"])
    assert set(pages.costs) >= {keys.MESSAGE, keys.CONSENT, keys.WAITING_STATUS}
    for kind, costs in pages.costs.items():
        says(f"a page of {kind}: {costs[0]}, {len(costs):,} times; the last one {costs[-1]}")
        for name in ("requests", "read_units", "write_units"):
            found = sorted(getattr(cost, name) for cost in costs)
            assert found[-1] <= found[0] * 1.2 + 1, (kind, name, found[0], found[-1])
    says(f"{pages.erased:,} pages in {calls} invocations, {killed} killed, {twice} delivered twice")
    contact_wrote(gate24, person.phone, 0, text="I am back")
    assert [each["text"] for each in gate24.conversation(person.phone)] == ["I am back"]


def go_on(gate24: System, records: list[dict[str, Any]], at_once: bool, may_be_killed: bool) -> bool:
    """Invokes the function with what was queued: all of it at once, or one after another where a delivery came twice
    before. Returns whether it was killed."""
    if not may_be_killed:
        for batch in [records] if at_once else [[each] for each in records]:
            assert retry_parked(batch) == []
        return False
    try:
        with killed_after(random.randrange(1, 400)):
            assert retry_parked(records) == []
    except Killed:
        put_back(gate24, records[0])
        return True
    return False


def reads_cost_the_same_anywhere(gate24: System, held: MemoryTable, person: LongConversation) -> None:
    """A page of the conversation reads as much at its end as at its head, and the contact as much as any other."""
    costs = []
    gate24.http("GET", f"/v1/contacts/{person.phone}")  # what is remembered of the organization is read
    for number in (0, 1, person.size // 2, person.size - 200):
        position = f"{keys.MESSAGE}{person.time(number):013d}#"
        cursor = cursors.seal(table.contact_key(), ORG, f"messages {person.contact_id}", position)
        before = held.usage
        query = f"limit=100&cursor={cursor}" if number else "limit=100"
        answer = gate24.http("GET", f"/v1/contacts/{person.phone}/messages?{query}").json
        assert len(answer["data"]) == 100 and answer["next_cursor"]
        costs.append(held.usage.since(before))
    for unit in ("requests", "read_units"):
        found = sorted(getattr(cost, unit) for cost in costs)
        assert found[-1] <= found[0] + 1
    before = held.usage
    assert gate24.http("GET", f"/v1/contacts/{person.phone}").status == 200
    assert held.usage.since(before).read_units < 10


def begun_while_a_message_is_stored(gate24: System, person: LongConversation, monkeypatch: pytest.MonkeyPatch) -> str:
    """Begins the erasure while another function is about to write a message that it read the contact for before.
    Returns the path of the erasure."""
    add, answers = messages.add, []

    def adds_late(*args: Any) -> bool:
        answers.append(gate24.http("DELETE", f"/v1/contacts/{person.phone}"))
        return add(*args)

    with monkeypatch.context() as racing:
        racing.setattr(messages, "add", adds_late)
        contact_wrote(gate24, person.phone, 0, text=f"call me at {person.phone}")
    (begun,) = answers
    assert (begun.status, begun.json["status"]) == (202, "running")
    return f"/v1/erasures/{begun.json['erasure']}"


def put_back(gate24: System, record: dict[str, Any]) -> None:
    """What SQS does with the message of a function that was killed; nothing else waits."""
    rest = take_parked(gate24)
    for body in (record["body"], *(each["body"] for each in rest)):
        boto3.client("sqs").send_message(QueueUrl=gate24.queue_url, MessageBody=body)


@pytest.fixture
def person(gate24: System, held: MemoryTable, monkeypatch: pytest.MonkeyPatch) -> LongConversation:
    """Somebody whose erasure has begun and got no further."""
    found = LongConversation(gate24, held, new_number(), 60)
    monkeypatch.setattr(erasure, "_PAGE", 10)
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
    assert gate24.http("DELETE", f"/v1/contacts/{found.phone}").status == 202
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", 600.0)
    return found


def test_an_erasure_that_is_delivered_twice_each_time_goes_on_as_one(
    gate24: System, held: MemoryTable, person: LongConversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, go_on = threading.Barrier(2), erase_contact._go_on

    def goes_on_when_both_have_read(organization_id: str, begun: Erasure) -> Erasure:
        both.wait(timeout=60)
        return go_on(organization_id, begun)

    for _ in range(4):
        records = take_parked(gate24)
        assert len(records) == 1
        with monkeypatch.context() as twice:
            twice.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
            twice.setattr(erase_contact, "_go_on", goes_on_when_both_have_read)
            assert retry_parked(records * 2) == []
    while records := take_parked(gate24):
        assert retry_parked(records) == []
    assert person.left(held) == [keys.SUPPRESSION] * 2


def test_what_was_under_way_where_the_erasure_had_passed_is_erased_too(
    gate24: System, held: MemoryTable, person: LongConversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that read the contact before writes under the user id, of which all is erased already."""
    late = next(item for item in held.partitions[person.pk].values() if item["sk"]["S"].startswith(keys.MESSAGE))
    late = late | {"pk": {"S": person.alias_pk}}

    def writes_late(organization_id: str, stretch: Stretch, own_ids: tuple[str, ...]) -> int:
        deleted = _erase_page(organization_id, stretch, own_ids)
        if deleted == 0 and person.alias_pk.endswith(stretch.contact_id):
            held.put(late)
        return deleted

    with monkeypatch.context() as racing:
        racing.setattr(erasure, "erase_page", writes_late)
        assert retry_parked(take_parked(gate24)) == []
    assert late in held.items()
    assert retry_parked(take_parked(gate24)) == []
    assert person.left(held) == [keys.SUPPRESSION] * 2
    assert take_parked(gate24) == []


def test_an_erasure_tells_how_far_it_is_where_a_page_fails(
    gate24: System, person: LongConversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [0]

    def fails_at_the_third(organization_id: str, stretch: Stretch, own_ids: tuple[str, ...]) -> int:
        pages[0] += 1
        if pages[0] == 3:
            raise StoreError("BatchWriteItem", "ProvisionedThroughputExceededException")
        return _erase_page(organization_id, stretch, own_ids)

    records = take_parked(gate24)
    with monkeypatch.context() as broken:
        broken.setattr(erasure, "erase_page", fails_at_the_third)
        assert retry_parked(records) == [records[0]["messageId"]]
    told = gate24.http("GET", f"/v1/erasures/{json.loads(records[0]['body'])['erase']['erasure']}").json
    assert (told["status"], told["deleted"] > 0) == ("running", True)


def test_events_that_name_very_many_contacts_are_searched_step_by_step_when_nobody_finds_the_person_any_more(
    gate24: System, held: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, others = new_number(), [new_number() for _ in range(70)]
    contact_wrote(gate24, phone, HOUR)
    for number in range(45):
        post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"of": others, "number": number}))
    for number in (7, 8):
        post_webhook(gate24, GUPSHUP, gupshup("sun-event", {"of": [*others, phone], "number": number}))
    steps, search = [0], unrecognized.erase_among_many

    def dies_at_the_third(*args: Any) -> str:
        steps[0] += 1
        if steps[0] == 3:
            raise Killed
        assert gate24.http("GET", f"/v1/contacts/{phone}").status == 404
        return search(*args)

    monkeypatch.setattr(unrecognized, "erase_among_many", dies_at_the_third)
    with pytest.raises(Killed):
        gate24.http("DELETE", f"/v1/contacts/{phone}")
    for _ in range(2):
        assert retry_parked(take_parked(gate24)) == []
    assert phone not in str(held.items())
    assert len(gate24.http("GET", "/v1/unrecognized?limit=100").json["data"]) == 45
