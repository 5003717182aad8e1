"""How many contacts there are in each state: exact at once for few, and at a constant cost for many."""

import random
from typing import Any

import pytest

from gate24.api import contact_routes
from gate24.events import ContactRef
from gate24.rules.window import WINDOW_MS
from gate24.store import contact_counts, contacts, keys, organizations
from gate24.store.contact_list import ContactList, count_partition
from tests.integration.test_waiting_statuses import Read, reads
from tests.support.scene import HOUR, SECOND, contact_wrote, now
from tests.support.system import GUPSHUP, ORG, System

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

POLL_SECONDS = 10
"""How often a process asks the store for consoles that poll every three seconds."""


def have_written(gate24: System, count: int, last: int) -> None:
    """Contacts as the store writes them, who wrote last in the two days before ``last`` (epoch ms)."""
    chance, rows = random.Random(count), list[dict[str, Any]]()
    for number in range(count):
        phone = f"+91987{number:07d}"
        contact, at = contacts.contact_id(ORG, ContactRef(phone)), last - chance.randrange(48 * HOUR)
        pk, g = {"S": keys.contact_pk(ORG, contact)}, {"S": keys.list_partition(ORG, contact)}
        row = {"S": keys.list_sort(at + WINDOW_MS, contact, GUPSHUP)}
        rows.append(
            {
                **{"pk": pk, "sk": {"S": keys.CONTACT}, "g": g, "h": {"S": keys.list_sort(0, contact, "")}},
                **{"p": {"S": phone}, "f": {"N": str(at)}},
            }
        )
        rows.append({"pk": pk, "sk": {"S": f"{keys.WINDOW}{GUPSHUP}"}, "g": g, "h": row, "li": {"N": str(at)}})
    for start in range(0, len(rows), 25):
        puts = [{"PutRequest": {"Item": row}} for row in rows[start : start + 25]]
        gate24.dynamodb.batch_write_item(RequestItems={gate24.table: puts})


def asked(at: int) -> contact_counts.Counts:
    return contact_counts.counts(ContactList(ORG, organizations.channels(ORG), at))


def polled(start: int, seconds: int) -> Read:
    """What a console that asks for so long makes the store read, were nothing remembered in the process."""
    asked(start)
    with reads() as read:
        for at in range(start + POLL_SECONDS * SECOND, start + seconds * SECOND, POLL_SECONDS * SECOND):
            asked(at)
    return read


def kept(gate24: System) -> int:
    return sum(item["pk"]["S"].startswith("N#") for item in gate24.items())


@pytest.mark.parametrize("count", [500, 1500])
def test_a_poll_reads_the_same_however_many_contacts_there_are(gate24: System, count: int) -> None:
    start, seconds = now(), 600
    have_written(gate24, count, start)
    read = polled(start, seconds)
    assert read.items / (seconds // POLL_SECONDS) < 1000, "rows of 110 bytes: 14 read units, four a poll"


def test_kept_counts_say_how_old_they_are_and_are_counted_anew(gate24: System) -> None:
    start = now()
    have_written(gate24, 900, start - HOUR)
    first = asked(start)
    assert first.by_state is not None and first.counted_at is None
    assert (first.by_state["all"], kept(gate24)) == (900, len(keys.list_partitions(ORG)))
    contact_wrote(gate24, "+919876543210", ago=SECOND)
    soon = asked(start + 10 * SECOND)
    assert (soon.by_state, soon.counted_at) == (first.by_state, start)
    later = asked(start + HOUR)
    assert later.by_state is not None and later.by_state["all"] == 901
    assert later.counted_at is None


def test_one_process_counts_anew_and_the_others_take_what_is_kept(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = now()
    have_written(gate24, 900, start)
    first = asked(start)
    counted: list[str] = []

    def and_another_asks(listing: ContactList, partition: str) -> Any:
        counted.append(partition)
        if len(counted) == 1:
            meanwhile = asked(start + HOUR)
            assert meanwhile.by_state is not None and meanwhile.by_state["all"] == 900
        return count_partition(listing, partition)

    monkeypatch.setattr(contact_counts, "count_partition", and_another_asks)
    asked(start + HOUR)
    assert first.by_state is not None
    assert sorted(counted) == sorted(keys.list_partitions(ORG)), "each once"


def test_a_very_large_organization_is_counted_in_several_requests(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = now()
    have_written(gate24, 900, start)
    monkeypatch.setattr(contact_counts, "ROWS_AT_ONCE", 200)
    found = [asked(start + number).by_state for number in range(4)]
    assert found[:3] == [None] * 3
    assert found[3] is not None and found[3]["all"] == 900
    contact_routes._counted.clear()
    assert gate24.http("GET", "/v1/contacts?counts=true&limit=1").json["counts"]["all"] == 900


def test_few_contacts_are_counted_anew_at_once_and_nothing_is_kept(gate24: System) -> None:
    for number in range(20):
        contact_wrote(gate24, f"+91987650{number:04d}", ago=HOUR)
        found = asked(now())
        assert found.by_state is not None and found.by_state["open"] == number + 1
        assert found.counted_at is None
    assert kept(gate24) == 0


def test_an_organization_that_became_small_is_counted_at_once_again(gate24: System) -> None:
    start = now()
    have_written(gate24, 900, start)
    asked(start)
    assert kept(gate24) > 0
    for item in gate24.items():
        if "g" in item:
            gate24.dynamodb.delete_item(TableName=gate24.table, Key={"pk": item["pk"], "sk": item["sk"]})
    found = asked(start + 24 * HOUR)
    assert found.by_state is not None and found.by_state["all"] == 0
    assert kept(gate24) == 0
