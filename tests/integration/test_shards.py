"""Shards of a day's ledger and of the list of contacts, raised while the system runs: nothing is lost, nothing counts
twice, and a setting that would hide something is refused."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gate24 import clock
from gate24.settings import shards
from gate24.store import aws, contact_counts, documents, keys, shard_record, table
from gate24.store.shard_record import ShardsHidden
from stack.template import source, translated
from tests.integration.test_contact_counts import asked, have_written
from tests.integration.test_listing import all_pages, listed, phone, writes
from tests.support.bodies import gupshup_text
from tests.support.memory_table import memory_table
from tests.support.scene import HOUR, SECOND, daily_costs, queued_days, rolled_up, run_rollup, scheduled_run
from tests.support.system import CONTEXT, ORG, TEMPLATE, TEXT, System, handler, put_template, system
from tests.support.template import resources

pytestmark = pytest.mark.slow

RAISED = date(2026, 10, 5)
RAISE = RAISED.isoformat()
MIDNIGHT = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp() * 1000)
"""At which the list has more shards; the organization's local day begins 5.5 hours earlier."""
DAYS = [RAISED + timedelta(days=number) for number in (-1, 0, 1)]
LISTED, LEDGER, FEED = f"4,{RAISE}:16", f"8,{RAISE}:32", f"1,{RAISE}:4"

Setting = Callable[..., None]


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Setting]:
    """Functions are deployed with these plans of the ledger, of the list and of the feed."""

    def deploy(days: str = "8", contacts: str = "4", feed: str = "1") -> None:
        monkeypatch.setenv("DAY_SHARDS", days)
        monkeypatch.setenv("LIST_SHARDS", contacts)
        monkeypatch.setenv("FEED_SHARDS", feed)
        shards.cache_clear()
        shard_record.forget()

    yield deploy
    monkeypatch.undo()
    shards.cache_clear()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The server's clock: its only element, in epoch ms."""
    moment = [MIDNIGHT]
    monkeypatch.setattr(clock, "now_ms", lambda: moment[0])
    return moment


@pytest.fixture
def held(gate24: System) -> Iterator[System]:
    with memory_table(gate24.dynamodb):
        yield gate24


def used(gate24: System, prefix: str) -> set[str]:
    """The partitions of the index in which something stands."""
    return {item["g"]["S"] for item in gate24.items() if item.get("g", {"S": ""})["S"].startswith(prefix)}


# The ledger


def three_days(gate24: System, time: list[int], each_time: Callable[[], None]) -> list[dict[str, Any]]:
    """Messages of 40 people on the day before the raise, on its day and on the next, and some that come late; what the
    days cost."""
    put_template(gate24, "learning-gupshup")
    for day in range(3):
        for number in range(40):
            time[0] = MIDNIGHT + (day - 1) * 24 * HOUR + number * 20 * 60 * SECOND
            each_time()
            writes(gate24, number, time[0])
            if number % 8 == day:
                sent = gate24.send({"to": f"+{phone(number)}", **(TEMPLATE if day else TEXT)}, f"{day}-{number}")
                assert sent.status == 202, sent.text
        run_rollup(organization=ORG)
    for number in range(50, 60):  # comes late for the day before the raise
        writes(gate24, number, MIDNIGHT - 20 * HOUR + number)
    return rolled_up(gate24, DAYS[0], DAYS[-1])


def without_time(costs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in day.items() if name != "computed_at"} for day in costs]


@pytest.fixture(scope="module")
def as_without(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the three days cost without a raise."""
    with pytest.MonkeyPatch.context() as patch, system(tmp_path_factory.mktemp("shards")) as made:
        moment = [MIDNIGHT]
        patch.setattr(clock, "now_ms", lambda: moment[0])
        with memory_table(made.dynamodb):
            return without_time(three_days(made, moment, lambda: None))


def test_days_before_at_and_after_a_raise_cost_what_they_cost_without_it(
    held: System, time: list[int], setting: Setting, as_without: list[dict[str, Any]]
) -> None:
    setting(LEDGER, "4")
    assert without_time(three_days(held, time, lambda: None)) == as_without
    assert sum(day["messages"]["inbound"] for day in as_without) == 130
    assert [len(keys.day_partitions(ORG, str(day))) for day in DAYS] == [8, 32, 32]
    assert used(held, f"L#{ORG}#{DAYS[0]}#") <= set(keys.day_partitions(ORG, str(DAYS[0])))
    assert len(used(held, f"L#{ORG}#{RAISE}#")) > 8


def test_functions_of_both_settings_agree_until_the_raise(
    held: System, time: list[int], setting: Setting, as_without: list[dict[str, Any]]
) -> None:
    """The deployment takes a while: on the day before, each call finds another of the two settings."""
    deployed: list[str] = []

    def another_function() -> None:
        is_deploying = time[0] < MIDNIGHT - 12 * HOUR
        deployed.append(LEDGER if not is_deploying or len(deployed) % 2 else "8")
        setting(deployed[-1], "4")

    assert without_time(three_days(held, time, another_function)) == as_without
    assert deployed.count("8") > 10


def test_a_raise_for_a_day_that_has_begun_loses_nothing_of_it(
    held: System, time: list[int], setting: Setting, as_without: list[dict[str, Any]]
) -> None:
    def in_the_middle() -> None:
        setting(LEDGER if time[0] > MIDNIGHT + 6 * HOUR else "8", "4")

    assert without_time(three_days(held, time, in_the_middle)) == as_without


@pytest.mark.parametrize("moments", [0, 3])
def test_a_raised_day_that_is_cut_off_anywhere_goes_on_where_it_was(
    held: System, time: list[int], setting: Setting, monkeypatch: pytest.MonkeyPatch, moments: int
) -> None:
    setting(LEDGER, "4")
    for number in range(40):
        time[0] += SECOND
        writes(held, number, time[0])
    time[0] += 24 * HOUR

    def limit(_: float) -> Callable[[], bool]:
        left = iter(range(moments))
        return lambda: next(left, None) is None

    monkeypatch.setattr(clock, "time_limit", limit)
    handler("cost_rollup")({"scheduled_at": "now"}, CONTEXT)
    parts = 0
    while records := [each for each in queued_days() if RAISE in each["body"] and ORG in each["body"]]:
        parts += 1
        assert handler("day_rollup")({"Records": records[:1]}, CONTEXT) == {"batchItemFailures": []}
    assert parts > 32 / (moments + 1) / 2
    assert daily_costs(held, RAISED, RAISED)[0]["messages"]["inbound"] == 40


# The list of contacts


def counted() -> dict[str, int]:
    found = asked(clock.now_ms()).by_state
    assert found is not None
    return found


def test_the_list_is_whole_without_doubles_and_counted_right_at_every_moment_of_a_raise(
    held: System, time: list[int], setting: Setting
) -> None:
    time[0] = MIDNIGHT - 12 * HOUR
    for number in range(40):
        writes(held, number, time[0] - number * HOUR)
    everybody = {phone(number) for number in range(40)}
    setting("8", LISTED)
    for step in range(24):  # one of them writes each hour, one is written to, and one is new
        time[0] = MIDNIGHT - 6 * HOUR + step * HOUR
        setting("8", LISTED if step > 4 or step % 2 else "4")
        writes(held, step, time[0])
        assert held.send({"to": f"+{phone(step)}", **TEXT}).status == 202
        writes(held, 100 + step, time[0])
        everybody.add(phone(100 + step))
        recent = all_pages(held, limit=7)
        assert sorted(recent) == sorted(everybody)
        assert recent[:2] in ([phone(step), phone(100 + step)], [phone(100 + step), phone(step)])
        open_ = all_pages(held, window="open", limit=9)
        closed = all_pages(held, window="closed", limit=9)
        assert sorted(open_ + closed) == sorted(everybody)
        assert sorted(all_pages(held, window="open", sort="expires_at", limit=9)) == sorted(open_)
        states = counted()
        expected = {"all": len(everybody), "open": len(open_), "closed": len(closed), "never_opened": 0}
        assert {name: states[name] for name in expected} == expected
    assert len(used(held, f"W#{ORG}#")) > 8


def test_a_cursor_from_before_a_raise_goes_on_after_it(held: System, time: list[int], setting: Setting) -> None:
    setting()
    time[0] = MIDNIGHT - HOUR
    for number in range(40):
        writes(held, number, time[0] - number * HOUR)
    first = listed(held, limit=10)
    setting("8", LISTED)
    time[0] = MIDNIGHT + HOUR
    for number in range(0, 10, 2):  # of those who were shown; the others keep their place
        writes(held, number, time[0] - number)
    found = [each["phone"] for each in first["data"]]
    page = first
    while page["next_cursor"]:
        page = listed(held, limit=10, cursor=page["next_cursor"])
        found += [each["phone"] for each in page["data"]]
    assert found == [f"+{phone(number)}" for number in range(40)]


def test_counts_that_were_kept_before_a_raise_are_right_after_it(
    held: System, time: list[int], setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_counts, "_KEPT_FROM", 240)
    setting()
    time[0] = MIDNIGHT - HOUR
    have_written(held, 200, time[0])
    assert counted()["all"] == 200
    setting("8", LISTED)
    time[0] = MIDNIGHT + HOUR
    for number in range(0, 200, 3):
        digits = f"91987{number:07d}"
        assert held.webhook(gupshup_text(message_id=f"wamid.{digits}", phone=digits, at=time[0])).status == 200
    assert counted()["all"] == 200
    time[0] += HOUR
    found = counted()
    assert found["all"] == found["open"] + found["closed"] == 200
    kept = {item["sk"]["S"] for item in held.items() if item["pk"]["S"] == f"N#{ORG}"}
    assert kept == set(keys.first_list_partitions(ORG))


# Wrong settings


def test_a_function_does_not_start_with_a_setting_that_makes_no_sense(
    gate24: System, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table._Shared, "connection", None)
    setting("8,2026-12-01:16,2026-12-01:32", "4")
    with pytest.raises(ValueError, match=r"DAY_SHARDS is .*: the days must rise"):
        aws.connect_store()
    assert not table.is_connected()
    setting("8", "4,2026-12-01:128")
    with pytest.raises(ValueError, match=r"LIST_SHARDS is .*: a count must be from 4 to 64, and 128 is not"):
        aws.connect_store()


@pytest.mark.parametrize(
    ("days", "contacts", "feed", "name"),
    [
        ("8", LISTED, FEED, "DayShards"),
        (LEDGER, "4", FEED, "ListShards"),
        (f"8,{RAISED + timedelta(days=1)}:32", LISTED, FEED, "DayShards"),
        (LEDGER, "16", FEED, "ListShards"),
        (LEDGER, LISTED, "1", "FeedShards"),
        (LEDGER, LISTED, f"1,{RAISED + timedelta(days=1)}:4", "FeedShards"),
    ],
)
def test_a_setting_that_hides_what_was_written_reckons_no_day_and_is_found_by_the_health_check(
    held: System, time: list[int], setting: Setting, days: str, contacts: str, feed: str, name: str
) -> None:
    setting(LEDGER, LISTED, FEED)
    for number in range(20):
        writes(held, number, MIDNIGHT + number)
    time[0] = MIDNIGHT + 48 * HOUR
    scheduled_run()
    before = daily_costs(held, RAISED, RAISED)
    assert before[0]["messages"]["inbound"] == 20
    setting(days, contacts, feed)
    for event in ({"scheduled_at": "now"}, {"organization": ORG, "from": RAISE, "to": RAISE}):
        with pytest.raises(ShardsHidden, match=f"{name} is .* and was .*"):
            handler("cost_rollup")(event, CONTEXT)
    assert queued_days() == []
    assert daily_costs(held, RAISED, RAISED) == before
    checks = {each["name"]: each for each in held.http("GET", "/healthz").json["checks"] if not each["ok"]}
    assert checks.keys() == {"table"} and name in checks["table"]["problem"]
    setting(LEDGER, LISTED, FEED)
    scheduled_run()
    assert all(each["ok"] for each in held.http("GET", "/healthz").json["checks"])
    assert daily_costs(held, RAISED, RAISED)[0]["messages"]["inbound"] == 20


def test_a_raise_to_come_can_be_taken_back(held: System, time: list[int], setting: Setting) -> None:
    time[0] = MIDNIGHT - 72 * HOUR
    setting(LEDGER, LISTED, FEED)
    scheduled_run()
    setting()
    scheduled_run()
    assert all(each["ok"] for each in held.http("GET", "/healthz").json["checks"])


def test_a_new_table_may_begin_with_more_and_one_in_use_may_not(
    held: System, time: list[int], setting: Setting
) -> None:
    setting("16", "8")
    scheduled_run()
    for item in held.items():
        if item["pk"]["S"] == "SHARDS":  # as the version before left a table
            held.dynamodb.delete_item(TableName=held.table, Key={"pk": item["pk"], "sk": item["sk"]})
    setting("16", "8")
    with pytest.raises(ShardsHidden, match="ListShards is '8' and was '4'"):
        handler("cost_rollup")({"scheduled_at": "now"}, CONTEXT)


def test_a_record_from_before_the_feed_had_shards_takes_it_for_one(
    held: System, time: list[int], setting: Setting
) -> None:
    documents.write("SHARDS", "PLANS", {"days": "8", "contacts": "4"})
    setting("8", "4", FEED)
    scheduled_run()
    assert documents.read("SHARDS", "PLANS") == {"days": "8", "contacts": "4", "feed": FEED}
    setting()
    shard_record.use_recorded()
    assert shards().feed.text == FEED


# The template


def test_every_function_has_the_settings_and_the_defaults_are_those_of_the_code() -> None:
    parameters = source()["Parameters"]
    plans = {"DayShards": shards().days, "ListShards": shards().contacts, "FeedShards": shards().feed}
    assert {name: parameters[name]["Default"] for name in plans} == {name: plan.text for name, plan in plans.items()}
    variables = {"DAY_SHARDS": "DayShards", "LIST_SHARDS": "ListShards", "FEED_SHARDS": "FeedShards"}
    for function in resources("AWS::Lambda::Function").values():
        given = function["Environment"]["Variables"]
        assert {name: given[name] for name in variables} == {name: {"Ref": each} for name, each in variables.items()}


def test_who_reads_the_feed_is_deployed_before_who_writes_it() -> None:
    """Of a day that has begun a reader with fewer shards would pass by what is written into others."""
    assert translated()["Resources"]["TellChanges"]["DependsOn"] == "ReadApiAliaslive"
    paths = {
        event["Properties"]["Path"]
        for event in source()["Resources"]["ReadApi"]["Properties"]["Events"].values()
        if "Path" in event["Properties"]
    }
    assert {"/v1/events", "/v1/webhooks/{id}/replay"} <= paths


@pytest.mark.parametrize("name", ["DayShards", "ListShards", "FeedShards"])
@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        *((text, True) for text in ("8", "256", LEDGER, "8,2026-12-01:16,2027-01-01:32")),
        *((text, False) for text in ("", "0", "8,16", "8;2026-12-01:16", "8,2026-12-01", "8, 2026-12-01:16", "-8")),
    ],
)
def test_the_template_refuses_what_is_no_plan(name: str, text: str, is_taken: bool) -> None:
    pattern = source()["Parameters"][name]["AllowedPattern"]
    assert (re.fullmatch(pattern, text) is not None) is is_taken
