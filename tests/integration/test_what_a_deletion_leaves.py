"""Of an organization that is deleted no number is left, nothing is left that the page does not name, and its costs are
those of all its messages, final."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from gate24.feed import FeedEvent
from gate24.rules.rollup import DayFold
from gate24.store import costs, deliveries, documents, organizations, retry_queue, send_slots
from gate24.store.retry_queue import QueuedDeletion
from gate24.subscriptions import Delivery
from gate24.usecases import close_costs, delete_organization, forget_deliveries, forget_organization
from gate24.usecases.make_api_key import create_api_key
from gate24.usecases.retry_queued import retry_queued
from infra.admin.organization_deletion import KEPT
from stack.settings import ROOT
from tests.integration.test_platform_organization_data import DELETE, HERE
from tests.support.bodies import gupshup
from tests.support.hooks import run_schedule
from tests.support.scene import (
    HOUR,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    retry_parked,
    run_rollup,
    scheduled_run,
    take_parked,
)
from tests.support.stream import Listener, listening
from tests.support.system import GUPSHUP, META, ORG, System, system

PAGE = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
DAY = 24 * HOUR


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setattr(delete_organization, "SETTLING_SECONDS", 0)
    with system(tmp_path_factory.mktemp("leaves"), simulate=False) as made:
        yield made


@pytest.fixture
def listener(gate24: System) -> Iterator[Listener]:
    with listening(gate24) as made:
        yield made


@pytest.fixture
def key(listener: Listener) -> str:
    return create_api_key("", "portal", ["admin"], None, now()).secret


def filled(gate24: System, listener: Listener) -> list[str]:
    """Somebody of each kind that may leave a number behind; their numbers."""
    phones = [new_number() for _ in range(6)]
    for number, phone in enumerate(phones[:5]):
        contact_wrote(gate24, phone, HOUR, (GUPSHUP, META)[number % 2])
    path = f"/v1/contacts/{quote('+' + phones[1])}"
    assert gate24.http("POST", f"{path}/consents", {"action": "opt_out", "source": "form"}).status == 201
    assert gate24.send({"to": f"+{phones[1]}", "channel": META, "type": "text", "text": {"body": "Hello"}}).status < 500
    assert send_slots.take_slot(GUPSHUP, now() * 1000, 1000, 1000).granted
    post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"phone": phones[2]}))
    status = {"id": "held-1", "gsId": "held-2", "type": "delivered", "destination": phones[5]}
    post_webhook(gate24, GUPSHUP, gupshup("message-event", status | {"payload": {"ts": (now() - HOUR) // 1000}}))
    assert gate24.http("DELETE", f"/v1/contacts/{quote('+' + phones[3])}").status == 204
    hook = gate24.http("POST", "/v1/webhooks", {"url": "https://example.org/hook", "events": ["*"]}).json["id"]
    listener.listen()
    (erased,) = (each for each in listener.heard if each["type"] == "contact.erased")
    event = FeedEvent(erased["id"], "contact.erased", now(), ORG, None, "somebody", None, {"phone": phones[3]})
    for webhook_id in (hook, "removed-long-ago"):
        deliveries.note_waiting(ORG, webhook_id, now())
        deliveries.save(Delivery(webhook_id, event, "delivered"), now())
    return phones


def worked_off(gate24: System, listener: Listener) -> None:
    """All that the deletion queues; what the stream tells of it is told at once."""
    while records := take_parked(gate24):
        assert retry_parked(records) == []
        listener.stream.tell()


def shown_numbers(items: list[dict[str, Any]], phones: list[str]) -> list[dict[str, Any]]:
    return [item for item in items if any(phone in str(item) for phone in phones)]


def of_organization(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in items if re.search(rf"\b({ORG}|{GUPSHUP}|{META})\b", item["pk"]["S"] + item["sk"]["S"])]


def documented(item: dict[str, Any]) -> bool:
    """Whether it is of a kind that the command and the page name."""
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    for kind in (each.split(" ") for row in KEPT for each in row.items.split(", ") if " " in each):
        begins, name = kind[0].replace("ORG", ORG), kind[1].replace("ORG", ORG)
        is_named = re.fullmatch(r"\d{4}-\d\d-\d\d", sk) if name == "<day>" else sk.startswith(name.partition("<")[0])
        if re.match(rf"{re.escape(begins)}(#|$)", pk) and is_named:
            return True
    return False


def test_no_number_is_left_and_nothing_that_the_page_does_not_name(
    gate24: System, listener: Listener, key: str
) -> None:
    phones = filled(gate24, listener)
    kinds = {item["pk"]["S"].split("#")[0] for item in shown_numbers(gate24.items(), phones)}
    assert kinds >= {"C", "F", "U", "WD"}, "there is something to take away"
    assert {"R", "I", "FN", "X", "N"} - {item["pk"]["S"].split("#")[0] for item in gate24.items()} <= {"N"}
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    worked_off(gate24, listener)
    assert gate24.http("GET", f"{HERE}/deletion", key=key).json["status"] == "done"
    left = gate24.items()
    assert shown_numbers(left, phones) == []
    assert [item for item in of_organization(left) if not documented(item)] == []
    refused = [item for item in left if item["sk"]["S"] == "A#SUPPRESSION" and "oo" in item]
    assert len(refused) == 1, "the opt-out holds on, under the hash of the number"


def test_the_page_lists_what_is_left_as_the_command_prints_it() -> None:
    table = PAGE.partition("| what a deletion leaves |")[2].partition("\n\n")[0].splitlines()[2:]
    items = (", ".join(f"`{item}`" for item in each.items.split(", ")) for each in KEPT)
    assert table == [f"| {each.what} | {shown} | {each.how_long} |" for each, shown in zip(KEPT, items, strict=True)]


def test_the_costs_of_a_deleted_organization_are_those_of_all_its_messages_and_final(
    gate24: System, listener: Listener, key: str
) -> None:
    phones = filled(gate24, listener)
    run_rollup()
    contact_wrote(gate24, phones[0], 0)  # after the last reckoning, and nobody reckons before the deletion
    contact_wrote(gate24, phones[0], 20 * DAY)  # an old day that the schedule would find noted
    contact_wrote(gate24, new_number(), 40 * DAY)
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    worked_off(gate24, listener)
    stated = costs.days_costs(ORG, "0000", "9999")
    assert sum(day.sums.messages["inbound"] for day in stated) == 5 + 3
    assert {day.status for day in stated} == {"final"}
    scheduled_run()
    assert costs.days_costs(ORG, "0000", "9999") == stated


def test_days_are_stated_some_at_a_time_and_a_long_one_in_parts(
    gate24: System, listener: Listener, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        contact_wrote(gate24, new_number(), (number % 3) * DAY + number * 60_000)
    parts, read = [0], DayFold.add

    def counted(*given: Any) -> None:
        parts[0] += 1
        read(*given)

    monkeypatch.setattr(DayFold, "add", counted)
    monkeypatch.setattr(delete_organization, "SECONDS_AT_ONCE", 6.0)
    waiting: list[str] = []
    monkeypatch.setattr(retry_queue, "put", lambda message, delay_seconds=0: waiting.append(retry_queue.write(message)))
    close = close_costs.close_costs
    monkeypatch.setattr(delete_organization, "close_costs", lambda deletion, is_time_up: close(deletion, lambda: True))
    forget = forget_organization.forget_organization
    runs = iter(range(1_000))
    monkeypatch.setattr(
        delete_organization, "forget_organization", lambda deletion, _: forget(deletion, lambda: next(runs) < 3)
    )
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    rounds = 0
    while waiting:
        retry_queued(waiting.pop(0))
        rounds += 1
    assert organizations.organization_now(ORG) is None and rounds > 12 + 3
    stated = costs.days_costs(ORG, "0000", "9999")
    assert sum(day.sums.messages["inbound"] for day in stated) == parts[0] == 12
    assert {day.status for day in stated} == {"final"}


def test_a_day_that_a_run_of_the_schedule_stated_meanwhile_is_stated_again(
    gate24: System, listener: Listener, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24, new_number(), 0)
    save, stolen = costs.save, [1]

    def overtaken(organization_id: str, day: Any, begun_at: int) -> bool:
        if stolen.pop() if stolen else 0:
            run_rollup()
            return False
        return save(organization_id, day, begun_at)

    assert gate24.http("DELETE", DELETE, key=key).status == 202
    with monkeypatch.context() as patch:
        patch.setattr(costs, "save", overtaken)
        worked_off(gate24, listener)
    assert not stolen
    assert [day.status for day in costs.days_costs(ORG, "0000", "9999") if any(day.sums.messages.values())] == ["final"]


def test_of_a_webhook_that_is_deleted_what_was_delivered_goes_too(
    gate24: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forget_deliveries, "AT_ONCE", 2)
    hook = gate24.http("POST", "/v1/webhooks", {"url": "https://example.org/hook", "events": ["*"]}).json["id"]
    for number in range(3):
        event = FeedEvent(f"evt_{number:026x}", "contact.erased", now(), ORG, None, "somebody", None, {"phone": "+91"})
        deliveries.save(Delivery(hook, event, "delivered"), now())
    assert gate24.http("DELETE", f"/v1/webhooks/{hook}").status == 204
    for left in (1, 0):
        run_schedule()
        assert len(list(deliveries.newest(ORG, hook, None))) == left
    assert (ORG, hook) not in [each[:2] for each in deliveries.waiting_endpoints()]


def test_a_deletion_that_an_earlier_version_began_goes_on(gate24: System, listener: Listener) -> None:
    contact_wrote(gate24, new_number(), 0)
    listener.stream.tell()
    counts = dict.fromkeys(("channels", "keys", "webhooks", "contacts", "unrecognized"), 1)
    begun: dict[str, Any] = {"organization_id": ORG, "at": now(), "settled_at": now()} | counts
    documents.write("DELETIONS", ORG, begun | {"running": [], "finished_at": None})
    retry_queue.put(QueuedDeletion(ORG))
    worked_off(gate24, listener)
    assert organizations.organization_now(ORG) is None
