"""The list of contacts: exact order, every contact once, cursors that belong to their list."""

import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from gate24 import clock
from gate24.api import contact_routes
from gate24.events import ContactRef
from gate24.rules.window import WINDOW_MS
from gate24.store import contact_list, contacts, keys
from tests.support import scene
from tests.support.bodies import gupshup_consent, gupshup_status, gupshup_text, meta_text
from tests.support.scene import HOUR, MINUTE, contact_opted_in, now
from tests.support.system import GUPSHUP, META_NUMBER, ORG, TEMPLATE, TEXT, System

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> int:
    """The server's clock stands still, in the middle of an hour."""
    moment = now() // HOUR * HOUR + 30 * MINUTE + 123
    monkeypatch.setattr(clock, "now_ms", lambda: moment)
    contact_routes._counted.clear()
    return moment


def phone(number: int) -> str:
    return f"91987650{number:04d}"


def writes(gate24: System, number: int, when: int, name: str = "Asha") -> None:
    body = gupshup_text(message_id=f"wamid.{number}-{when}", phone=phone(number), at=when)
    body["payload"]["sender"]["name"] = name
    assert gate24.webhook(body).status == 200


def listed(gate24: System, key: str = "learning", **query: Any) -> Any:
    answer = gate24.http("GET", f"/v1/contacts?{urlencode(query)}", key=key)
    assert answer.status == 200, answer.text
    return answer.json


def all_pages(gate24: System, **query: Any) -> list[str]:
    """The numbers of all pages, in order."""
    found: list[str] = []
    page = listed(gate24, **query)
    for _ in range(2000):
        found += [each["phone"].removeprefix("+") for each in page["data"]]
        if page["next_cursor"] is None:
            return found
        page = listed(gate24, **query, cursor=page["next_cursor"])
    raise AssertionError("the list has no end")


def test_contacts_stand_in_the_order_of_their_last_activity(gate24: System, at: int) -> None:
    ages = {1: 5 * HOUR, 2: 5 * HOUR + 1, 3: 5 * HOUR - 1, 4: MINUTE, 5: 30 * HOUR, 6: 49 * HOUR, 7: 49 * HOUR + 2}
    for number in random.Random(1).sample(sorted(ages), len(ages)):
        writes(gate24, number, at - ages[number])
    expected = [phone(number) for number in sorted(ages, key=lambda number: ages[number])]
    assert all_pages(gate24, sort="recent") == expected
    for limit in (1, 2, 3):
        assert all_pages(gate24, sort="recent", limit=limit) == expected
    assert all_pages(gate24, sort="recent", window="closed", limit=2) == expected[4:]
    assert all_pages(gate24, sort="expires_at", window="open", limit=2) == expected[3::-1]


def test_only_windows_in_the_wanted_state_are_listed(gate24: System, at: int) -> None:
    margin = 30_000
    edges = {
        1: MINUTE,
        2: 20 * HOUR - 1000,
        3: 20 * HOUR + 1000,
        4: WINDOW_MS - margin - 1,
        5: WINDOW_MS - margin,
        6: WINDOW_MS + 1,
        7: 80 * HOUR,
    }
    for number, age in edges.items():
        writes(gate24, number, at - age)
    gate24.webhook(gupshup_consent("opted-in", phone=phone(8), at=at - HOUR))
    assert set(all_pages(gate24, window="open")) == {phone(number) for number in (1, 2, 3, 4)}
    assert set(all_pages(gate24, window="closing")) == {phone(number) for number in (3, 4)}
    assert set(all_pages(gate24, window="closed")) == {phone(number) for number in (5, 6, 7)}
    assert set(all_pages(gate24)) == {phone(number) for number in range(1, 9)}
    counts = listed(gate24, counts="true")["counts"]
    assert counts == {"all": 8, "open": 4, "closing": 2, "closed": 3, "never_opened": 1}
    assert "counts" not in listed(gate24)


@pytest.mark.parametrize("late", [False, True])
def test_a_window_that_the_provider_closed_is_listed_as_closed_though_a_message_is_told_late(
    gate24: System, at: int, late: bool
) -> None:
    writes(gate24, 1, at - 20 * HOUR)
    messages = [gupshup_text(message_id="wamid.2", phone=phone(1), at=at - 2 * HOUR)]
    closing = gupshup_status("failed", "gs-1", phone=phone(1), at=at - HOUR, code=470, reason="Window closed")
    for body in [closing, *messages] if late else [*messages, closing]:
        assert gate24.webhook(body).status == 200
    assert all_pages(gate24, window="closed") == [phone(1)]
    counts = listed(gate24, counts="true")["counts"]
    assert (counts["open"], counts["closed"]) == (0, 1)


def test_a_contact_with_windows_on_two_channels_is_listed_once(gate24: System, at: int) -> None:
    writes(gate24, 1, at - 3 * HOUR)
    gate24.meta_webhook(meta_text(phone=phone(1), at=at - HOUR, phone_number_id=META_NUMBER))
    writes(gate24, 2, at - 2 * HOUR)
    writes(gate24, 3, at - 26 * HOUR)
    gate24.meta_webhook(
        meta_text(message_id="wamid.in-3", phone=phone(3), at=at - HOUR - MINUTE, phone_number_id=META_NUMBER)
    )
    for limit in (1, 2, 50):
        assert all_pages(gate24, limit=limit) == [phone(1), phone(3), phone(2)]
        assert all_pages(gate24, limit=limit, window="open") == [phone(1), phone(3), phone(2)]
    assert all_pages(gate24, window="closed") == [phone(3)]


def test_a_search_finds_by_name_and_by_any_part_of_the_number(gate24: System, at: int) -> None:
    for number, name in enumerate(("Asha Devi", "Ravi", "Asha Rani", "Meera")):
        writes(gate24, number, at - HOUR - number, name)
    assert all_pages(gate24, q="asha", limit=1) == [phone(0), phone(2)]
    assert all_pages(gate24, q=" DEVI ") == [phone(0)]
    assert all_pages(gate24, q="500003") == [phone(3)]
    assert all_pages(gate24, q="+91 98765 00001") == [phone(1)]
    assert all_pages(gate24, q="nobody") == []
    assert len(all_pages(gate24, q="")) == 4


def test_a_send_brings_a_contact_into_the_list(gate24: System) -> None:
    number = phone(1)
    contact_opted_in(gate24, number, HOUR)
    assert listed(gate24)["data"][0]["last_activity_at"] is None
    gate24.send(TEMPLATE | {"to": number})
    assert listed(gate24)["data"][0]["last_activity_at"] is not None
    refused = gate24.send(TEXT | {"to": phone(2)})
    assert refused.status == 403
    assert set(all_pages(gate24)) == {phone(1), phone(2)}


def test_a_cursor_is_bound_to_its_organization_and_to_its_list(gate24: System, at: int) -> None:
    for number in range(3):
        writes(gate24, number, at - HOUR - number)
    cursor = listed(gate24, limit=1)["next_cursor"]
    assert phone(0) not in urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("latin-1")
    raw = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-1] ^= 1
    tampered = urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    for key, query in (
        ("learning", f"limit=1&cursor={tampered}"),
        ("learning", f"limit=1&cursor={cursor}x"),
        ("learning", f"limit=1&cursor={cursor[:-4]}"),
        ("learning", f"limit=1&sort=expires_at&cursor={cursor}"),
        ("learning", f"limit=1&window=open&cursor={cursor}"),
        ("learning", f"limit=1&q=asha&cursor={cursor}"),
        ("health", f"limit=1&cursor={cursor}"),
    ):
        answer = gate24.http("GET", f"/v1/contacts?{query}", key=key)
        assert (answer.status, answer.json["code"]) == (400, "payload_invalid"), query
    assert listed(gate24, limit=5, cursor=cursor)["data"][0]["phone"] == f"+{phone(1)}"


def test_the_conversation_comes_in_pages_newest_first(gate24: System, at: int) -> None:
    for number in range(7):
        writes(gate24, 1, at - HOUR + number)
    path, seen, cursor = f"/v1/contacts/{quote('+' + phone(1))}/messages", [], ""
    for _ in range(4):
        page = gate24.http("GET", f"{path}?limit=2{cursor}").json
        seen += [each["at"] for each in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 7
    foreign = gate24.http("GET", f"{path}?limit=2&cursor={listed(gate24)['next_cursor'] or 'AAAA'}")
    assert foreign.status == 400


def test_a_thousand_contacts_are_each_listed_once_and_in_order(gate24: System, at: int) -> None:
    count, chance = 1000, random.Random(7)
    last = {number: at - chance.randrange(40 * HOUR) for number in range(count)}
    rows = [row for number, when in last.items() for row in _rows(number, when)]
    for start in range(0, len(rows), 25):
        puts = [{"PutRequest": {"Item": row}} for row in rows[start : start + 25]]
        gate24.dynamodb.batch_write_item(RequestItems={gate24.table: puts})
    recent = all_pages(gate24, limit=100)
    assert sorted(recent) == [phone(number) for number in range(count)]
    assert recent == [phone(number) for number in sorted(last, key=lambda number: -last[number])]
    soonest = all_pages(gate24, window="open", sort="expires_at", limit=100)
    open_ = [number for number in last if at < last[number] + WINDOW_MS - 30_000]
    assert soonest == [phone(number) for number in sorted(open_, key=lambda number: last[number])]
    assert listed(gate24, counts="true")["counts"]["open"] == len(open_)


def _rows(number: int, when: int) -> list[dict[str, Any]]:
    """A contact and its window as the store writes them."""
    contact = contacts.contact_id(ORG, ContactRef(f"+{phone(number)}"))
    pk, partition = {"S": keys.contact_pk(ORG, contact)}, {"S": keys.list_partition(ORG, contact)}
    end = when + WINDOW_MS
    return [
        {
            **{"pk": pk, "sk": {"S": keys.CONTACT}, "g": partition, "h": {"S": keys.list_sort(0, contact, "")}},
            **{"p": {"S": f"+{phone(number)}"}, "f": {"N": str(when)}},
        },
        {
            **{"pk": pk, "sk": {"S": f"{keys.WINDOW}{GUPSHUP}"}, "g": partition},
            **{"h": {"S": keys.list_sort(end, contact, GUPSHUP)}, "li": {"N": str(when)}, "ex": {"N": str(end)}},
        },
    ]


@pytest.mark.parametrize("days", [2, 91, 400, 3000])
def test_a_window_that_closed_stays_closed_whatever_dynamodb_removed(gate24: System, days: int) -> None:
    """ "Nothing sweeps, nothing is decided by TTL" (docs/table.md): what its time to live allows DynamoDB to delete is
    deleted here, as long after the last message."""
    writes(gate24, 1, now() - days * 24 * HOUR)
    for item in gate24.items():
        if int(item.get("ttl", {}).get("N", 1 << 60)) < now() // 1000:
            gate24.dynamodb.delete_item(TableName=gate24.table, Key={"pk": item["pk"], "sk": item["sk"]})
    assert gate24.window(phone(1))["state"] == "closed"
    assert [each["phone"] for each in listed(gate24, window="closed")["data"]] == [f"+{phone(1)}"]
    assert listed(gate24, counts="true")["counts"]["never_opened"] == 0
    assert gate24.send(TEXT | {"to": f"+{phone(1)}"}).json["window"]["state"] == "closed"


@pytest.mark.parametrize("sort", ["recent", "expires_at"])
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_a_list_of_which_many_stand_in_one_hour_is_gone_through_to_its_end(
    gate24: System, at: int, monkeypatch: pytest.MonkeyPatch, sort: str, limit: int
) -> None:
    """As after an import: a request that looks at fewer than the hour has goes on within it."""
    monkeypatch.setattr(contact_list, "_CHUNK", 3)
    monkeypatch.setattr(contact_list, "_READ_MOST", 7)
    scene.fill_list(40)
    for number in range(20):
        writes(gate24, number, at - 5 * HOUR - number * MINUTE)
        writes(gate24, 50 + number, at - 50 * HOUR)
    found = all_pages(gate24, sort=sort, limit=limit)
    assert len(found) == len(set(found)) == 80
    waiting = all_pages(gate24, sort=sort, limit=limit, filter="needs_answer")
    assert set(waiting) == {phone(number) for number in range(20)} and len(waiting) == 20
    assert all_pages(gate24, sort=sort, limit=limit, q="0039") == ["917000000039"]
    closed = all_pages(gate24, sort=sort, limit=limit, window="closed")
    assert len(closed) == len(set(closed)) == 20
