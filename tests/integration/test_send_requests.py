"""What a send asks of DynamoDB: how many requests, which of them wait for one another, and what it pays for them."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from gate24 import at_once
from gate24.providers import forward as bsp
from gate24.rules.channel_breaker import ENDS_COUNTED_EVERY
from gate24.rules.rate_limit import CONTACT_BURST
from gate24.store import table
from gate24.usecases import send_message, wait_for_slot
from tests.support.memory_table import MemoryTable
from tests.support.scene import HOUR, MINUTE, contact_opted_in, contact_wrote, received_by_bsp
from tests.support.system import GUPSHUP, PHONE, TEMPLATE, TEXT, System

pytestmark = pytest.mark.in_memory

REFUSED = {"type": "template", "template": {"name": "none", "language": "en"}}


@dataclass(slots=True)
class Asked:
    """``calls``: the requests in their order, ``BSP`` among them. ``before`` and ``after``: how many of those on either
    side of the BSP waited for one another. ``written``: write units."""

    calls: list[str] = field(default_factory=list)
    before: int = 0
    after: int = 0
    written: int = 0
    depth: int = 0

    def start(self, work: Callable[[], Any]) -> Callable[[], Any]:
        """In place of ``at_once.start``: a branch of its own, which whoever asks for its result waits for."""
        began = self.depth
        result = work()
        ended, self.depth = self.depth, began

        def wait() -> Any:
            self.depth = max(self.depth, ended)
            return result

        return wait


@contextmanager
def asked() -> Iterator[Asked]:
    """Counts what one request of a warm function asks; the authorizer's read is not one of its."""
    found, client = Asked(), table.connection().connection.client
    call: Any = client._make_api_call
    held: MemoryTable = call.__func__.__self__
    forward = bsp.forward
    with pytest.MonkeyPatch.context() as patch:

        def made(operation: str, params: Any) -> Any:
            key = params.get("Key") or params.get("Item") or {"pk": {"S": ""}}
            if not key["pk"]["S"].startswith("KEY#"):
                found.calls.append(operation)
                found.depth += 1
            return call(operation, params)

        def forwarded(*args: Any) -> Any:
            found.calls.append("BSP")
            found.before, found.depth = found.depth, 0
            return forward(*args)

        patch.setattr(at_once, "start", found.start)
        patch.setattr(client, "_make_api_call", made)
        patch.setattr(send_message, "forward", forwarded)
        before = held.usage
        yield found
        found.written = held.usage.since(before).write_units
    found.after = found.depth


@pytest.fixture
def warm(gate24: System) -> System:
    """The contact opted in and wrote a minute ago; the function has sent before, and the channel's slots stand where
    no end is counted."""
    contact_opted_in(gate24, ago=2 * HOUR)
    contact_wrote(gate24, ago=MINUTE)
    assert gate24.send(TEMPLATE).status == gate24.send(TEXT).status == 202
    return gate24


def test_of_a_freeform_three_requests_wait_for_one_another_before_the_bsp_and_two_after(warm: System) -> None:
    with asked() as found:
        assert warm.send(TEXT).status == 202
    assert sorted(found.calls[:5]) == ["PutItem", "PutItem", "Query", "Query", "UpdateItem"]
    assert found.calls[5] == "BSP"
    assert sorted(found.calls[6:]) == ["Query", "UpdateItem", "UpdateItem"]
    assert (found.before, found.after) == (3, 2)
    assert found.written == 6


def test_a_template_is_read_while_the_key_is_reserved(warm: System) -> None:
    with asked() as found:
        assert warm.send(TEMPLATE).status == 202
    assert found.calls.count("GetItem") == 1
    assert (len(found.calls), found.before, found.after, found.written) == (10, 3, 2, 6)


def test_the_list_of_contacts_is_written_beside_the_outcome(gate24: System) -> None:
    contact_opted_in(gate24, ago=2 * HOUR)
    assert gate24.check(TEMPLATE).json["decision"] == "allow"
    with asked() as found:
        assert gate24.send(TEMPLATE).status == 202
    after = found.calls[found.calls.index("BSP") + 1 :]
    assert sorted(after) == ["Query", "UpdateItem", "UpdateItem"]
    assert (found.before, found.after) == (3, 2)


@pytest.mark.parametrize(("body", "reads"), [(TEXT, ["Query"]), (TEMPLATE, ["GetItem", "Query"])])
def test_a_decision_reads_the_contact_and_the_template_beside_it(
    warm: System, body: dict[str, Any], reads: list[str]
) -> None:
    with asked() as found:
        assert warm.check(body).json["decision"] == "allow"
    assert (sorted(found.calls), found.depth, found.written) == (reads, 1, 0)


def test_a_repetition_reads_the_message_after_its_key(warm: System) -> None:
    assert warm.send(TEXT, "key-1").status == 202
    with asked() as found:
        assert warm.send(TEXT, "key-1").headers["idempotency-replayed"] == "true"
    assert sorted(found.calls) == ["GetItem", "PutItem", "Query"]
    assert found.depth == 2


def test_a_refusal_asks_for_no_slot(warm: System) -> None:
    with asked() as found:
        assert warm.send(REFUSED).status == 422
    assert sorted(found.calls) == ["GetItem", "PutItem", "PutItem", "Query"]
    assert (found.depth, found.written) == (2, 3)


def test_one_send_in_ten_says_beside_its_outcome_that_ten_have_ended(warm: System) -> None:
    written = list[int]()
    for _ in range(ENDS_COUNTED_EVERY):
        with asked() as found:
            assert warm.send(TEXT).status == 202
        written.append(found.written)
        assert found.after == 2
    assert sorted(written) == [*[6] * (ENDS_COUNTED_EVERY - 1), 7]


def test_a_send_through_a_drop_in_without_a_key_reserves_none(warm: System) -> None:
    form = {"channel": "whatsapp", "source": "919876500001", "src.name": "Learning", "destination": PHONE[1:]}
    body = urlencode(form | {"message": json.dumps({"type": "text", "text": "Hello"})})
    with asked() as found:
        sent = warm.http("POST", "/gupshup/wa/api/v1/msg", body, {"apikey": "key-learning"}, key=None)
    assert sent.status == 202
    assert (found.calls.count("PutItem"), found.written) == (1, 5)
    assert (found.before, found.after) == (3, 2)


def test_what_is_begun_goes_on_beside_the_rest() -> None:
    together = threading.Barrier(2, timeout=30)
    begun = at_once.start(together.wait)
    together.wait()
    assert {begun()} <= {0, 1}


def test_who_asks_for_what_was_begun_gets_its_error() -> None:
    with pytest.raises(ZeroDivisionError):
        at_once.start(lambda: 1 / 0)()


def test_who_is_written_to_too_often_takes_no_slots(gate24: System) -> None:
    """While the function does not know yet how often, the slot is taken meanwhile; it ends with the refusal."""
    contact_wrote(gate24, ago=MINUTE)
    for _ in range(CONTACT_BURST):
        assert gate24.send(TEXT).status == 202

    def slots() -> Any:
        return next(item["n"]["N"] for item in gate24.items() if item["pk"]["S"] == f"R#{GUPSHUP}")

    before = int(slots())
    for _ in range(3):
        assert gate24.send(TEXT).json["code"] == "throttled"
    assert int(slots()) == before == CONTACT_BURST
    wait_for_slot.forget()
    for _ in range(3):
        assert gate24.send(TEXT).json["code"] == "throttled"
    assert int(slots()) == before + 1
    assert len(received_by_bsp(gate24)) == CONTACT_BURST
