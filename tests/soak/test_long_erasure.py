"""A conversation of 20,000 messages (``GATE24_MESSAGES``) is erased: the person is gone at once, no day ever costs
another sum, and in the end only what the costs need is left. A minute long: ``make soak``. Of 100,000 messages in one
partition DynamoDB Local reads no ledger within the time-outs."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gate24.message_keys import MessageKey
from gate24.store import keys
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.scene import contact_wrote, new_number, retry_parked, rolled_up, take_parked
from tests.support.system import System, system

pytestmark = [pytest.mark.soak, pytest.mark.dynamodb_local]

MESSAGES = int(os.environ.get("GATE24_MESSAGES", "20000"))
LOOKS = 5
"""How often the day is rolled up while the erasure is under way."""


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory, dynamodb_local: DynamoDBLocal) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("erasure"), database=dynamodb_local, simulate=False) as made:
        yield made


def test_a_conversation_of_many_messages_is_erased(gate24: System, pytestconfig: pytest.Config) -> None:
    phone = new_number()
    contact_wrote(gate24, phone, 0, text="Hello")
    add_copies(gate24, MESSAGES - 1)
    before = today(gate24)
    assert before["messages"]["inbound"] == MESSAGES
    begun = gate24.http("DELETE", f"/v1/contacts/{phone}")
    assert (begun.status, begun.json["status"]) == (202, "running")
    path, deleted, looks = f"/v1/erasures/{begun.json['erasure']}", 0, 0
    while (told := gate24.http("GET", path).json)["status"] == "running":
        assert gate24.http("GET", f"/v1/contacts/{phone}/messages").status == 404
        assert told["deleted"] > deleted
        deleted = told["deleted"]
        if deleted * LOOKS > looks * MESSAGES:
            looks += 1
            assert today(gate24) == before
            with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                print(f"{deleted} of {MESSAGES} messages erased", flush=True)
        assert retry_parked(take_parked(gate24)) == []
    assert told["deleted"] >= MESSAGES
    assert today(gate24) == before
    kept = [item["sk"]["S"] for item in gate24.items() if item["pk"]["S"].startswith("C#")]
    assert kept == [keys.SUPPRESSION]


def add_copies(gate24: System, count: int) -> None:
    """So many messages more of the one contact, a second apart, like the one that is there."""
    model = next(item for item in gate24.items() if item["sk"]["S"].startswith(keys.MESSAGE))
    first = keys.message_key(model["pk"]["S"], model["sk"]["S"])
    for start in range(0, count, 25):
        puts = []
        for number in range(start, min(start + 25, count)):
            key = MessageKey(first.contact_id, first.at - number % 3600 - 1, f"{number:012x}")
            place = {"sk": {"S": keys.message_sort(key)}, "h": {"S": keys.day_sort(key)}}
            puts.append({"PutRequest": {"Item": model | place}})
        gate24.dynamodb.batch_write_item(RequestItems={gate24.table: puts})


def today(gate24: System) -> dict[str, Any]:
    day = datetime.now(UTC).date()
    found = rolled_up(gate24, day, day)[0]
    return {name: value for name, value in found.items() if name != "status"}
