"""Statuses that wait for a message: what another system sends to our contacts is not read again with each of them."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from gate24.providers import forward
from gate24.store import keys, organizations, subscriptions, table, waiting_statuses
from gate24.usecases import send_message
from tests.support.bodies import gupshup_status
from tests.support.memory_table import memory_table
from tests.support.scene import HOUR, SECOND, accepted_send, contact_wrote, now, post_webhook, unknown_send
from tests.support.system import GUPSHUP, PHONE, System

pytestmark = pytest.mark.slow

DIGITS = PHONE.removeprefix("+")
FOREIGN = 200
_numbers = itertools.count(1)


@dataclass(slots=True)
class Read:
    """Calls to DynamoDB, and items that they gave back."""

    calls: int = 0
    items: int = 0


@contextmanager
def reads() -> Iterator[Read]:
    """Counts what the store reads inside the block."""
    read, client = Read(), table.connection().connection.client
    call: Callable[[str, Any], dict[str, Any]] = client._make_api_call

    def counted(operation: str, asked: Any) -> dict[str, Any]:
        read.calls += 1
        parsed = call(operation, asked)
        read.items += len(parsed.get("Items", [])) + ("Item" in parsed)
        return parsed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_make_api_call", counted)
        yield read


def foreign(gate24: System, kind: str = "session", at: int | None = None) -> None:
    """A status of a message that another system sent to our contact."""
    name = f"foreign-{next(_numbers)}"
    body = gupshup_status("enqueued", name, f"wamid.{name}", DIGITS, at or now(), kind=kind)
    post_webhook(gate24, GUPSHUP, body)


def something_unknown(gate24: System) -> None:
    """A freeform whose outcome is not known, so that what is told of other messages waits until it is."""
    contact_wrote(gate24, ago=HOUR)
    unknown_send(gate24)


def waiting(gate24: System) -> list[dict[str, Any]]:
    prefixes = (keys.WAITING_STATUS, keys.WAITING_BY_ID)
    return [item for item in gate24.items() if item["sk"]["S"].startswith(prefixes)]


@pytest.fixture(autouse=True)
def in_memory(gate24: System) -> Iterator[None]:
    """Hundreds of statuses take minutes on moto, which sorts the whole table for each query."""
    with memory_table(gate24.dynamodb):
        yield


@pytest.fixture(autouse=True)
def remembers(monkeypatch: pytest.MonkeyPatch) -> None:
    for remembered in (organizations._organizations, organizations._channels, subscriptions._of_organizations):
        monkeypatch.setattr(remembered, "seconds", 3600.0)  # a slow machine reads them no more often


@pytest.mark.parametrize(("ours", "kind"), [("accepted", "session"), ("unknown", "template")])
def test_each_of_two_hundred_statuses_of_another_system_reads_the_same(gate24: System, ours: str, kind: str) -> None:
    """An unknown send is what could make each be compared with all: of another kind, none of them settles it."""
    contact_wrote(gate24, ago=HOUR)
    message = unknown_send(gate24).json["id"] if ours == "unknown" else accepted_send(gate24)["id"]
    found = []
    for _ in range(FOREIGN):
        with reads() as read:
            foreign(gate24, kind)
        found.append(read)
    first, last = found[:50], found[-50:]
    assert max(read.calls for read in last) <= max(read.calls for read in first)
    assert max(read.items for read in last) <= max(read.items for read in first) < 100
    assert gate24.http("GET", f"/v1/messages/{message}").json["status"] == ours


def test_a_send_among_many_foreign_statuses_reads_no_more_of_them(gate24: System) -> None:
    accepted_send(gate24)
    for _ in range(45):
        foreign(gate24)
    with reads() as some:
        accepted_send(gate24)
    for _ in range(45):
        foreign(gate24)
    with reads() as many:
        accepted_send(gate24)
    assert many.items <= some.items + 10  # one message more in the conversation, and what was told around the send


def test_an_early_status_reaches_its_message_among_hundreds_of_foreign_ones(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    something_unknown(gate24)
    for _ in range(50):
        foreign(gate24, "template")
    told_before_our_write(monkeypatch, lambda gs_id: delivered(gate24, gs_id))
    sent = accepted_send(gate24)
    assert gate24.http("GET", f"/v1/messages/{sent['id']}").json["status"] == "delivered"
    assert len(waiting(gate24)) == 2 * 50, "what was given to its message no longer waits"


def told_before_our_write(monkeypatch: pytest.MonkeyPatch, tell: Callable[[str | None], None]) -> None:
    def and_be_told_at_once(*args: Any) -> Any:
        answer = forward.forward(*args)
        tell(answer.bsp_message_id)
        return answer

    monkeypatch.setattr(send_message, "forward", and_be_told_at_once)


def delivered(gate24: System, gs_id: str | None) -> None:
    post_webhook(gate24, GUPSHUP, gupshup_status("delivered", gs_id, f"wamid.{gs_id}", DIGITS, now()))


def test_a_status_that_the_version_before_kept_by_its_time_alone_reaches_its_message(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep_as_before(gs_id: str | None) -> None:
        delivered(gate24, gs_id)
        for item in waiting(gate24):
            if item["sk"]["S"].startswith(keys.WAITING_BY_ID):
                gate24.dynamodb.delete_item(TableName=gate24.table, Key={"pk": item["pk"], "sk": item["sk"]})

    told_before_our_write(monkeypatch, keep_as_before)
    sent = accepted_send(gate24)
    assert gate24.http("GET", f"/v1/messages/{sent['id']}").json["status"] == "delivered"
    assert waiting(gate24) == []


def test_where_very_many_foreign_statuses_come_around_an_unknown_send_it_stays_unknown(gate24: System) -> None:
    contact_wrote(gate24, ago=HOUR)
    message = unknown_send(gate24).json["id"]
    for _ in range(41):
        foreign(gate24, "template")
    foreign(gate24, "session")
    assert gate24.http("GET", f"/v1/messages/{message}").json["status"] == "unknown"


def test_a_few_foreign_statuses_of_another_kind_keep_no_send_unknown(gate24: System) -> None:
    contact_wrote(gate24, ago=HOUR)
    message = unknown_send(gate24).json["id"]
    for _ in range(20):
        foreign(gate24, "template")
    foreign(gate24, "session", at=now() + SECOND)
    assert gate24.http("GET", f"/v1/messages/{message}").json["status"] == "accepted"


def test_nothing_of_what_waits_outlives_an_erasure(gate24: System) -> None:
    something_unknown(gate24)
    for _ in range(5):
        foreign(gate24, "template")
    assert len(waiting(gate24)) == 10
    assert gate24.http("DELETE", f"/v1/contacts/%2B{DIGITS}").status == 204
    assert waiting(gate24) == []


def test_the_same_status_twice_waits_once(gate24: System) -> None:
    something_unknown(gate24)
    body = gupshup_status("enqueued", "gs-twice", "wamid.twice", DIGITS, now(), kind="template")
    post_webhook(gate24, GUPSHUP, body)
    post_webhook(gate24, GUPSHUP, body)
    assert len(waiting(gate24)) == 2
    assert waiting_statuses.KEPT_SECONDS > 7 * 24 * 3600
