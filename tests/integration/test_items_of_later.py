"""After a rollback this version reads what a later one wrote: fields that it does not know are left out."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gate24.rules.rollup import DayFold, PartSums
from gate24.store import organizations, rollup_queue
from gate24.store.rollup_queue import QueuedDay
from gate24.usecases import erase_contact
from tests.support.bodies import gupshup_message
from tests.support.scene import (
    HOUR,
    accepted_send,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    retry_parked,
    rolled_up,
    standing_clock,
    status_arrives,
    take_parked,
)
from tests.support.system import GUPSHUP, META, System

_DOCUMENTS = ("j", "md", "tp")
"""Attributes that hold JSON with fields of ours."""


def with_a_field_more(value: Any) -> Any:
    if not isinstance(value, dict):
        return [with_a_field_more(each) for each in value] if isinstance(value, list) else value
    more = {name: with_a_field_more(each) for name, each in value.items()}
    is_by_name = all(isinstance(each, dict) for each in value.values())  # channels, categories
    return more if is_by_name or value.keys() & {"inbound", "whatsapp"} else more | {"moon": 1}


def a_later_version_writes(gate24: System) -> None:
    for item in gate24.items():
        changed = {
            name: {"S": json.dumps(with_a_field_more(json.loads(value["S"])))}
            for name, value in item.items()
            if name in _DOCUMENTS and "S" in value
        }
        if changed:
            gate24.dynamodb.put_item(TableName=gate24.table, Item=item | changed)
    organizations.forget()


def test_what_a_later_version_stored_is_answered(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, erased, first = new_number(), new_number(), datetime.now(UTC).date() - timedelta(days=1)
    last = first + timedelta(days=2)  # the organization's day may have begun, and the hour before be of the last one
    contact_wrote(gate24, erased, HOUR)
    picture = {"url": "https://example.org/a.jpg", "contentType": "image/jpeg"}
    post_webhook(gate24, GUPSHUP, gupshup_message("image", picture, "w.1", phone, now() - HOUR))
    rolled_up(gate24, first, last)
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
    erasure = gate24.http("DELETE", f"/v1/contacts/{erased}").json["erasure"]
    monkeypatch.undo()
    reads = [
        f"/v1/contacts/{phone}/messages",
        f"/v1/contacts/{phone}",
        f"/v1/costs/daily?from={first}&to={last}",
        "/v1/templates",
        "/v1/me",
        f"/v1/erasures/{erasure}",
    ]
    with standing_clock(now()):
        before = [without_time(gate24.http("GET", path).json) for path in reads]
        a_later_version_writes(gate24)
        assert [without_time(gate24.http("GET", path).json) for path in reads] == before
    for channel in (GUPSHUP, META):
        contact_wrote(gate24, phone, 0, channel)
    assert retry_parked(take_parked(gate24)) == []
    assert gate24.http("GET", f"/v1/erasures/{erasure}").json["status"] == "done"
    assert sum(day["messages"]["inbound"] for day in rolled_up(gate24, first, last)) == 4


def without_time(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "server_time"}


def test_a_day_that_a_later_version_queued_goes_on() -> None:
    fold = DayFold("USD", 7, 9, by_channel={GUPSHUP: PartSums()})
    queued = QueuedDay("learning", date(2026, 11, 26), fold=fold)
    body = json.loads(rollup_queue.write(queued))
    for part in (body, body["fold"], body["fold"]["whole"], body["fold"]["by_channel"][GUPSHUP]):
        part["moon"] = 1
    assert rollup_queue.read(json.dumps(body)) == queued


def test_a_status_changes_an_entry_of_the_ledger_that_a_later_version_wrote_and_leaves_what_it_does_not_know(
    gate24: System,
) -> None:
    phone = new_number()
    sent = accepted_send(gate24, phone)
    (item,) = [each for each in gate24.items() if "l" in each and sent["id"] in each.get("h", {}).get("S", "")]
    item["l"] = {"S": json.dumps({"moon": 1, **json.loads(item["l"]["S"])})}
    gate24.dynamodb.put_item(TableName=gate24.table, Item=item)
    status_arrives(gate24, "failed", sent["bsp_message_id"], phone, code=1002, reason="no")
    (entry,) = [json.loads(each["l"]["S"]) for each in gate24.items() if "moon" in each.get("l", {}).get("S", "")]
    assert (entry["s"], entry["moon"]) == ("failed", 1)
