"""A day's costs live from the ledger, and the messages that they are made of: both say what the rollup states."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from gate24 import clock
from gate24.api.render import rfc3339
from gate24.costs import FEES
from gate24.rules.money import micro
from gate24.rules.rollup import day_bounds
from gate24.usecases.make_api_key import create_api_key
from tests.integration.test_authors import member
from tests.support.bodies import gupshup_status, gupshup_text
from tests.support.scene import (
    HOUR,
    MINUTE,
    contact_opted_in,
    new_number,
    post_webhook,
    run_rollup,
    standing_clock,
)
from tests.support.system import GUPSHUP, META, ORG, TEMPLATE, TEXT, System, put_template, system

pytestmark = pytest.mark.in_memory

DAY = date(2026, 12, 7)
ZONE = "Asia/Kolkata"
OWN = ("as_of", "status", "reached", "cost_per_reached", "counted_until", "next_cursor", "server_time")
"""What a part of a day has of its own."""

Json = dict[str, Any]


@pytest.fixture
def gate24(tmp_path: Path) -> Iterator[System]:
    with system(tmp_path, in_memory=True) as made:
        put_template(made, GUPSHUP)
        yield made


@pytest.fixture
def time() -> Iterator[list[int]]:
    with standing_clock(day_bounds(DAY, ZONE)[0] + HOUR) as standing:
        yield standing


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a request is up after each moment of the ledger."""
    monkeypatch.setattr(clock, "time_limit", lambda _: lambda: True)


def talk(gate24: System, time: list[int], people: int = 3) -> list[str]:
    """Each writes, and gets a text of Asha and two templates of software, the last of which fails."""
    phones = [new_number() for _ in range(people)]
    for phone in phones:
        contact_opted_in(gate24, phone, ago=0)
        post_webhook(gate24, GUPSHUP, gupshup_text("Hello", f"wamid.{phone}", phone, time[0]))
        time[0] += MINUTE
        with member("Asha"):
            assert gate24.send(TEXT | {"to": f"+{phone}"}).status == 202
        for _ in range(2):
            answer = gate24.send(TEMPLATE | {"to": f"+{phone}"})
            assert answer.status == 202
        bsp_id = answer.json["bsp_message_id"]
        post_webhook(gate24, GUPSHUP, gupshup_status("failed", bsp_id, phone=phone, at=time[0], code=1002, reason="no"))
        time[0] += 10 * MINUTE
    return phones


def live(gate24: System, key: str = "learning", **query: Any) -> list[Json]:
    """All parts of the day."""
    found: list[Json] = []
    while not found or found[-1]["next_cursor"]:
        more = {"cursor": found[-1]["next_cursor"]} if found else {}
        answer = gate24.http("GET", f"/v1/costs/live?{urlencode(query | more)}", key=key)
        assert answer.status == 200, answer.text
        found.append(answer.json)
    return found


def listed(gate24: System, key: str = "learning", day: date = DAY, **query: Any) -> list[Json]:
    """All messages of the day."""
    found: list[Json] = []
    asked: Json = {"day": day.isoformat(), **query}
    while True:
        answer = gate24.http("GET", f"/v1/costs/messages?{urlencode(asked)}", key=key)
        assert answer.status == 200, answer.text
        found += answer.json["data"]
        if answer.json["next_cursor"] is None:
            return found
        asked["cursor"] = answer.json["next_cursor"]


def told(gate24: System, day: date = DAY, key: str = "learning") -> Json:
    (found,) = gate24.http("GET", f"/v1/costs/daily?from={day}&to={day}", key=key).json["data"]
    return dict(found)


def stated(gate24: System, day: date = DAY, key: str = "learning") -> Json:
    run_rollup(organization=ORG, **{"from": str(day), "to": str(day)})
    return told(gate24, day, key)


def said(day: Json, *but: str) -> Json:
    return {name: value for name, value in day.items() if name not in but}


def total(rows: list[Json]) -> int:
    return sum(micro(row["total"]) for row in rows)


def test_today_is_known_before_any_rollup_and_says_what_the_rollup_states(gate24: System, time: list[int]) -> None:
    talk(gate24, time)
    unstated = told(gate24)
    assert (unstated["total"], unstated["as_of"]) == ("0", None)
    (now,) = live(gate24)
    assert now["date"] == DAY.isoformat()
    assert now["messages"] | {"inbound": 3, "freeform": 3, "template": 3, "failed": 3} == now["messages"]
    assert now["as_of"] == now["server_time"] and now["counted_until"] is None
    day = stated(gate24)
    assert said(now, "counted_until", "next_cursor", "server_time") == day
    assert day["by_template"] == [{"template": TEMPLATE["template"]["name"], "count": 3, "total": "0.0156"}]
    assert [(each["author"], each["count"], each["total"]) for each in day["by_author"]] == [
        ({"kind": "key", "name": "tests"}, 3, "0.0156"),
        ({"kind": "member", "name": "Asha"}, 3, "0.0030"),
    ]


def test_what_comes_after_the_rollup_is_in_todays_costs_at_once(gate24: System, time: list[int]) -> None:
    talk(gate24, time, people=1)
    before = stated(gate24)
    talk(gate24, time, people=1)
    (now,) = live(gate24)
    assert micro(now["total"]) == 2 * micro(before["total"])
    assert told(gate24) == before
    assert said(now, *OWN) == said(stated(gate24), *OWN)


def test_a_day_too_long_for_one_answer_comes_in_parts_that_add_up(gate24: System, time: list[int]) -> None:
    talk(gate24, time)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "time_limit", lambda _: lambda: True)
        parts = live(gate24)
    day = stated(gate24)
    assert len(parts) >= 6
    assert sum(micro(part["total"]) for part in parts) == micro(day["total"])
    for name in day["messages"]:
        assert sum(part["messages"][name] for part in parts) == day["messages"][name]
    untils = [part["counted_until"] for part in parts]
    assert untils[-1] is None and untils[:-1] == sorted(untils[:-1])
    assert [part["reached"] for part in parts] == [None] * len(parts)
    assert {part["status"] for part in parts} == {"provisional"}


def test_an_earlier_day_can_be_had_live_and_says_whether_it_would_be_restated(gate24: System, time: list[int]) -> None:
    talk(gate24, time, people=1)
    time[0] += 48 * HOUR
    assert live(gate24, day=DAY)[0]["status"] == stated(gate24)["status"] == "final"
    late = new_number()
    post_webhook(gate24, GUPSHUP, gupshup_text("Hello", f"wamid.{late}", late, day_bounds(DAY, ZONE)[0] + HOUR))
    assert live(gate24, day=DAY)[0]["status"] == "restated"
    assert told(gate24)["status"] == "final", "it is stored nowhere"
    tomorrow = DAY + timedelta(days=3)
    assert gate24.http("GET", f"/v1/costs/live?day={tomorrow}").json["errors"] == [
        {"pointer": "/day", "detail": "has not begun"}
    ]
    assert gate24.http("GET", "/v1/costs/live?day=2026-02-30").status == 400
    assert gate24.http("GET", f"/v1/costs/live?day={DAY}&cursor=AAAA").status == 400


def test_a_day_says_as_of_when_it_holds_also_where_a_later_run_finds_the_same(gate24: System, time: list[int]) -> None:
    talk(gate24, time, people=1)
    first = stated(gate24)
    written = len(gate24.dynamodb.scan(TableName=gate24.table)["Items"])
    time[0] += HOUR
    second = stated(gate24)
    assert (first["as_of"], second["as_of"]) == tuple(rfc3339(time[0] - ago) for ago in (HOUR, 0)), (
        "the day is the same, and holds longer"
    )
    assert said(first, "as_of") == said(second, "as_of")
    assert len(gate24.dynamodb.scan(TableName=gate24.table)["Items"]) == written
    time[0] += 24 * HOUR
    final = stated(gate24)
    time[0] += HOUR
    assert stated(gate24) == final, "of a day that is over it stays when it was stated"
    month = gate24.http("GET", "/v1/costs/monthly?from=2026-12&to=2026-12").json["data"][0]
    assert month["as_of"] == final["as_of"]
    assert (month["by_template"], month["by_author"]) == (final["by_template"], final["by_author"])


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_days_messages_are_what_the_day_counts_by_whatever_they_are_asked_for(
    gate24: System, time: list[int], limit: int
) -> None:
    talk(gate24, time)
    day = stated(gate24)
    rows = listed(gate24, limit=limit)
    assert len({row["message_id"] for row in rows}) == len(rows) == 9
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert total(rows) == micro(day["total"])
    for fee in FEES:
        assert sum(micro(row["fees"][fee]) for row in rows) == micro(day["fees"][fee])
        of_fee = listed(gate24, limit=limit, fee=fee)
        assert of_fee == [row for row in rows if micro(row["fees"][fee])]
    for name, parts in (("channel", "by_channel"), ("category", "by_category"), ("template", "by_template")):
        for part in day[parts]:
            found = listed(gate24, limit=limit, **{name: part[name]})
            assert (total(found), len(found)) == (micro(part["total"]), part.get("count", 9))
    for part in day["by_author"]:
        found = listed(gate24, limit=limit, author=part["author_id"])
        assert (total(found), len(found)) == (micro(part["total"]), part["count"])
        assert {tuple(row["author"].items()) for row in found} == {tuple(part["author"].items())}
    (asha,) = (part["author_id"] for part in day["by_author"] if part["author"]["name"] == "Asha")
    assert listed(gate24, author=asha, template=TEMPLATE["template"]["name"]) == []


def test_a_row_says_what_the_messages_own_page_says(gate24: System, time: list[int]) -> None:
    phones = talk(gate24, time, people=1)
    for row in listed(gate24):
        message = gate24.http("GET", f"/v1/messages/{row['message_id']}").json
        assert row["contact"] == message["contact"] == f"+{phones[0]}"
        for name in ("direction", "type", "channel"):
            assert row[name] == message[name]
        if row["direction"] == "outbound":
            assert (row["author"], row["total"]) == (message["author"], message["cost"]["amount"])
            assert row["template"] == message.get("template", {}).get("name")
        assert (row["currency"], row["unpriced"], row["corrected"]) == ("USD", False, False)


def test_entries_of_before_count_as_not_known_and_are_found_so(gate24: System, time: list[int]) -> None:
    talk(gate24, time, people=1)
    for item in gate24.items():
        if "l" in item:
            text = item["l"]["S"].replace(',"l":"', ',"other":"').replace(',"v":"', ',"another":"')
            gate24.dynamodb.put_item(TableName=gate24.table, Item=item | {"l": {"S": text}})
    day = stated(gate24)
    assert day["by_template"] == [{"template": None, "unnamed": "unknown", "count": 1, "total": "0.0052"}]
    assert day["by_author"] == [{"author": None, "unnamed": "unknown", "count": 2, "total": "0.0062"}]
    assert [row["template"] for row in listed(gate24, template="#unknown")] == [None]
    assert total(listed(gate24, author="#unknown")) == micro("0.0062")


def test_of_who_was_erased_the_costs_stay_and_nothing_else(gate24: System, time: list[int]) -> None:
    phones = talk(gate24, time)
    before = listed(gate24)
    assert gate24.http("DELETE", f"/v1/contacts/{quote('+' + phones[0])}").status == 204
    rows = listed(gate24)
    assert phones[0] not in str(rows)
    erased = [row for row in rows if row["message_id"] is None]
    assert len(erased) == 3
    assert {(row["contact"], row["type"]) for row in erased} == {(None, None)}
    assert (len(rows), total(rows)) == (len(before), total(before))
    assert total(rows) == micro(stated(gate24)["total"])


def test_a_key_of_some_channels_is_told_of_theirs_alone(gate24: System, time: list[int]) -> None:
    talk(gate24, time, people=1)
    here, elsewhere = (create_api_key(ORG, each, ("read",), None, time[0], (each,)).secret for each in (GUPSHUP, META))
    assert len(listed(gate24, here)) == 3 and listed(gate24, elsewhere) == []
    day = live(gate24, here)[0]
    assert said(day, *OWN) == said(stated(gate24, key=here), *OWN)
    assert "by_author" not in day and day["total"] == "0.0072"
    assert live(gate24, elsewhere)[0]["total"] == "0"


@pytest.mark.usefixtures("hasty")
def test_a_search_for_few_of_many_goes_on_where_its_time_was_up(gate24: System, time: list[int]) -> None:
    talk(gate24, time)
    answer = gate24.http("GET", f"/v1/costs/messages?day={DAY}&category=utility").json
    assert answer["data"] == [] and answer["next_cursor"], "the first moment has only what came in"
    assert len(listed(gate24, category="utility")) == 3


@pytest.mark.parametrize(
    "query",
    ["", "day=2026-13-01", "day=2999-01-01", "day=0001-01-01", "day=2026-12-07&fee=none", "day=2026-12-07&author=Asha"],
    ids=["no day", "no month", "not begun", "too early", "no fee", "a name"],
)
def test_what_cannot_be_asked_is_said(gate24: System, time: list[int], query: str) -> None:
    assert gate24.http("GET", f"/v1/costs/messages?{query}").json["code"] == "payload_invalid"


def test_a_cursor_is_of_one_question(gate24: System, time: list[int]) -> None:
    talk(gate24, time, people=1)
    cursor = gate24.http("GET", f"/v1/costs/messages?day={DAY}&limit=1").json["next_cursor"]
    wrong = gate24.http("GET", f"/v1/costs/messages?day={DAY}&limit=1&category=utility&cursor={cursor}")
    assert wrong.json["errors"] == [{"pointer": "/cursor", "detail": "is not a cursor of this list"}]
