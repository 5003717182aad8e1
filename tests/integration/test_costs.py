"""What messages cost, from the check before they go out to the day's rollup."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gate24 import clock
from gate24.channels import DatedCard, Organization
from gate24.store import organizations
from tests.support.bodies import gupshup_consent, gupshup_status, gupshup_text
from tests.support.scene import (
    HOUR,
    MARKETING,
    change_channel,
    change_organization,
    contact_opted_in,
    contact_wrote,
    daily_costs,
    now,
    put_marketing_template,
    rolled_up,
    run_rollup,
    script_bsp,
    standing_clock,
)
from tests.support.system import CONTEXT, GUPSHUP, META, ORG, TEMPLATE, TEXT, System, handler, put_template

pytestmark = [pytest.mark.slow, pytest.mark.in_memory]

KB, MB = 1024, 1024 * 1024
ZONE = ZoneInfo("Asia/Kolkata")


def opened(gate24: System) -> None:
    """The contact opted in and wrote a minute ago."""
    contact_opted_in(gate24)
    contact_wrote(gate24)


def media(size: int | None) -> dict[str, Any]:
    file = {"kind": "document", "url": "https://files.example.org/timetable.pdf"}
    return {"type": "media", "media": file | ({} if size is None else {"size_bytes": size})}


TIERS = [
    # bytes, media fee
    (0, None),
    (1, None),
    (64 * KB, None),
    (64 * KB + 1, "0.0010"),
    (5 * MB, "0.0010"),
    (5 * MB + 1, "0.0020"),
    (10 * MB, "0.0020"),
    (10 * MB + 1, "0.0030"),
    (95 * MB, "0.0190"),
    (95 * MB + 1, "0.0200"),
    (100 * MB, "0.0200"),
]


@pytest.mark.parametrize("sent_as", ["freeform", "template"])
def test_every_tier_of_outgoing_media_has_its_fee(gate24: System, sent_as: str) -> None:
    opened(gate24)
    put_template(gate24, GUPSHUP, name="circular", params=0, media="document")
    whatsapp = {"whatsapp": "0.0042"} if sent_as == "template" else {}
    for size, fee in TIERS:
        body = media(size)
        if sent_as == "template":
            body = {"type": "template", "template": {"name": "circular", "language": "en", "media": body["media"]}}
        told = gate24.check(body).json
        lines = {line["fee"]: line["amount"] for line in told["cost"]["lines"]}
        assert lines == whatsapp | {"gupshup": "0.0010"} | ({"media": fee} if fee else {}), size
        assert micro(told["cost"]["amount"]) == sum(map(micro, lines.values()))


@pytest.mark.parametrize("size", [100 * MB + 1, 2**40])
def test_a_file_above_a_hundred_megabytes_is_refused_whatever_the_window(gate24: System, size: int) -> None:
    for wrote in (False, True):
        if wrote:
            opened(gate24)
        told = gate24.check(media(size)).json
        assert (told["decision"], told["code"], told["cost"]) == ("refuse", "media_too_large", None)
        refused = gate24.send(media(size))
        assert (refused.status, refused.json["code"]) == (422, "media_too_large")


def test_a_file_of_unknown_size_leaves_its_fee_out_and_says_so(gate24: System, noon: datetime) -> None:
    gate24.webhook(gupshup_text(at=ms(noon) - HOUR))
    cost = gate24.check(media(None)).json["cost"]
    assert cost == {
        "amount": "0.0010",
        "currency": "USD",
        "lines": [{"fee": "gupshup", "amount": "0.0010"}],
        "estimate": True,
    }
    gate24.send(media(None))
    assert rollup(gate24, noon.date().isoformat())["unpriced"] == 1


def redo(first: str | None = None, last: str | None = None, **more: Any) -> list[dict[str, Any]]:
    event = ({"from": first, "to": last or first} if first else {}) | more
    return run_rollup(**event)


def rollup(gate24: System, day: str) -> dict[str, Any]:
    """The day's rollup, reckoned just now."""
    return rolled_up(gate24, day, day)[0]


def micro(amount: str) -> int:
    whole, _, fraction = amount.partition(".")
    return int(whole) * 1_000_000 + int(fraction.ljust(6, "0"))


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The server's clock stands at noon of the organization's day, so that no test runs over midnight."""
    at = datetime.now(ZONE).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    moment = [int(at.timestamp() * 1000)]

    def ticking() -> int:
        moment[0] += 10
        return moment[0]

    monkeypatch.setattr(clock, "now_ms", ticking)
    return at


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def test_a_days_rollup_is_the_sum_of_its_messages(gate24: System, noon: datetime) -> None:
    gate24.webhook(gupshup_consent("opted-in", at=ms(noon) - HOUR))
    for number in range(5):
        gate24.webhook(gupshup_text(message_id=f"wamid.{number}", at=ms(noon) - HOUR + number))
    gate24.webhook(gupshup_text(message_id="wamid.0", at=ms(noon) - HOUR))
    put_marketing_template(gate24)
    sent = [gate24.send(body) for body in (TEXT, TEXT, TEMPLATE, MARKETING, media(64 * KB + 1), media(12 * MB))]
    assert [answer.status for answer in sent] == [202] * 6
    assert gate24.send(media(200 * MB)).status == 422
    assert gate24.simulator is not None
    gate24.simulator.script.add({"outcome": "reject", "status": 400})
    assert gate24.send(TEXT).status == 502
    day = noon.date().isoformat()
    told = rollup(gate24, day)
    assert told["messages"] == {"inbound": 5, "freeform": 4, "template": 2, "failed": 1, "refused": 1, "unknown": 0}
    assert told["fees"] == {"whatsapp": "0.0084", "gupshup": "0.0110", "media": "0.0040"}
    expected = 5 * 1000 + sum(micro(answer.json["cost"]["amount"]) for answer in sent)
    assert micro(told["total"]) == expected == sum(map(micro, told["fees"].values()))
    assert sum(micro(part["total"]) for part in told["by_channel"]) == expected
    assert {part["category"]: part["count"] for part in told["by_category"]} == {
        "inbound": 5,
        "service": 4,
        "utility": 1,
        "marketing": 1,
    }
    assert (told["status"], told["timezone"], told["currency"]) == ("provisional", "Asia/Kolkata", "USD")


def stored(day: str) -> bytes:
    from gate24.store import documents

    found = documents.read(f"D#{ORG}", day)
    assert found
    return json.dumps(found).encode()


def test_a_day_becomes_final_and_is_restated_when_a_message_turns_out_to_have_failed(
    gate24: System, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate24.webhook(gupshup_text(at=ms(noon) - HOUR))
    gs_id = gate24.send(TEXT).json["bsp_message_id"]
    day = noon.date().isoformat()
    assert [(done["status"], done["total"], done["changed"]) for done in redo(day, organization=ORG)] == [
        ("provisional", "0.0020", True)
    ]
    monkeypatch.setattr(clock, "now_ms", lambda: ms(noon) + 24 * HOUR)
    assert redo(day, organization=ORG)[0]["status"] == "final"
    before = stored(day)
    again = redo(day, organization=ORG)[0]
    assert (again["status"], again["changed"], stored(day)) == ("final", False, before)
    gate24.webhook(gupshup_status("failed", gs_id, at=ms(noon) + 23 * HOUR, code=1002, reason="Not on WhatsApp"))
    late = redo(day, organization=ORG)[0]
    assert (late["status"], late["total"], late["changed"]) == ("restated", "0.0010", True)
    shown = daily_costs(gate24, day, day)[0]
    assert (shown["messages"]["failed"], shown["messages"]["freeform"]) == (1, 0)
    before = stored(day)
    assert (redo(day, organization=ORG)[0]["changed"], stored(day)) == (False, before)
    assert gate24.conversation()[0]["cost"]["amount"] == "0"


def test_a_late_inbound_message_restates_the_day_to_which_it_belongs(gate24: System, noon: datetime) -> None:
    yesterday = (noon - timedelta(days=1)).date().isoformat()
    assert redo(yesterday, organization=ORG)[0]["status"] == "final"
    gate24.webhook(gupshup_text(at=ms(noon) - 24 * HOUR))
    assert [(each["status"], each["total"]) for each in redo(yesterday, organization=ORG)] == [("restated", "0.0010")]


def test_a_scheduled_run_redoes_the_last_eight_days_of_every_organization(gate24: System, noon: datetime) -> None:
    done = redo()
    assert {each["organization"] for each in done} == {ORG, "health"}
    days = [each["date"] for each in done if each["organization"] == ORG]
    assert days == [(noon.date() - timedelta(days=back)).isoformat() for back in range(8, -1, -1)]
    assert [each["status"] for each in done if each["organization"] == ORG] == ["final"] * 8 + ["provisional"]


def test_a_day_on_which_the_clocks_change_has_23_or_25_hours(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    change_organization(timezone="Europe/London")
    monkeypatch.setattr(clock, "now_ms", lambda: ms(datetime(2026, 11, 20, 12, tzinfo=UTC)))
    moments = {
        # London's 25 hours of 2026-10-25 are from 23:00 UTC on the 24th to 24:00 UTC on the 25th.
        datetime(2026, 10, 24, 22, 59, 59, tzinfo=UTC): "2026-10-24",
        datetime(2026, 10, 24, 23, tzinfo=UTC): "2026-10-25",
        datetime(2026, 10, 25, 23, 59, 59, tzinfo=UTC): "2026-10-25",
        datetime(2026, 10, 26, tzinfo=UTC): "2026-10-26",
        # Its 23 hours of 2026-03-29 are from 00:00 to 23:00 UTC.
        datetime(2026, 3, 29, tzinfo=UTC): "2026-03-29",
        datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC): "2026-03-29",
        datetime(2026, 3, 29, 23, tzinfo=UTC): "2026-03-30",
    }
    for number, at in enumerate(moments):
        gate24.webhook(gupshup_text(message_id=f"wamid.{number}", at=ms(at)))
    for day in set(moments.values()):
        told = rollup(gate24, day)
        assert told["messages"]["inbound"] == list(moments.values()).count(day), day
        assert told["timezone"] == "Europe/London"


def test_days_are_told_as_csv_where_that_is_asked_for(gate24: System, noon: datetime) -> None:
    gate24.webhook(gupshup_text(at=ms(noon) - HOUR))
    day = noon.date().isoformat()
    redo(day, organization=ORG)
    answer = gate24.http("GET", f"/v1/costs/daily?from={day}&to={day}", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    header, row = answer.text.splitlines()
    told = dict(zip(header.split(","), row.split(","), strict=True))
    assert (told["date"], told["total"], told["messages_inbound"], told["fee_gupshup"]) == (
        day,
        "0.0010",
        "1",
        "0.0010",
    )


def test_a_range_of_days_is_told_in_order_and_in_pages(gate24: System, noon: datetime) -> None:
    first, last = (noon.date() - timedelta(days=4)).isoformat(), noon.date().isoformat()
    redo(first, last, organization=ORG)
    seen, cursor = [], ""
    for _ in range(5):
        page = gate24.http("GET", f"/v1/costs/daily?from={first}&to={last}&limit=2{cursor}").json
        seen += [each["date"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [(date.fromisoformat(first) + timedelta(days=number)).isoformat() for number in range(5)]
    others = daily_costs(gate24, first, last, key="health")
    assert [(each["total"], set(each["messages"].values()), each["by_channel"]) for each in others] == [
        ("0", {0}, [])
    ] * 5


SENSELESS: list[dict[str, Any]] = [
    {"from": "2026-11-01"},
    {"to": "2026-11-01"},
    {"from": "2026-11-02", "to": "2026-11-01"},
    {"from": "2026-13-01", "to": "2026-13-02"},
    {"from": "yesterday", "to": "today"},
    {"from": "20261101", "to": "20261101"},
    {"from": 20261101, "to": 20261101},
    {"from": None, "to": None},
    {"from": "2020-01-01", "to": "2026-11-01"},
    {"organization": "nobody", "from": "2026-11-01", "to": "2026-11-01"},
    {"organization": 7, "from": "2026-11-01", "to": "2026-11-01"},
    {"organization": "", "from": "2026-11-01", "to": "2026-11-01"},
]


def test_a_run_by_hand_that_makes_no_sense_is_refused_with_a_reason(gate24: System) -> None:
    for event in SENSELESS:
        with pytest.raises(ValueError, match=r"\w+ \w+"):
            handler("cost_rollup")(event, CONTEXT)


def test_a_day_on_which_there_was_nothing_is_a_row_of_zeros_and_restated_by_what_comes_late(
    gate24: System, noon: datetime
) -> None:
    day = (noon - timedelta(days=2)).date().isoformat()

    def told() -> list[tuple[str, str, set[int]]]:
        found = daily_costs(gate24, day, day)
        return [(each["status"], each["total"], set(each["messages"].values())) for each in found]

    assert told() == [("provisional", "0", {0})]  # no run has looked at it
    handler("cost_rollup")({}, CONTEXT)
    assert told() == [("final", "0", {0})]
    gate24.webhook(gupshup_text(at=int((noon - timedelta(days=2)).timestamp() * 1000)))
    handler("cost_rollup")({}, CONTEXT)
    assert told() == [("restated", "0.0010", {0, 1})]


def test_a_day_that_has_not_begun_is_no_row_and_one_long_ago_is_zeros(gate24: System, noon: datetime) -> None:
    today = noon.date()
    found = daily_costs(gate24, today.isoformat(), (today + timedelta(days=3)).isoformat())
    assert [each["date"] for each in found] == [today.isoformat()]
    long_ago = (today - timedelta(days=300)).isoformat()
    assert [(each["date"], each["total"]) for each in daily_costs(gate24, long_ago, long_ago)] == [(long_ago, "0")]


def test_an_organization_that_cannot_be_reckoned_holds_up_no_other(gate24: System, noon: datetime) -> None:
    broken = Organization("broken", "broken", "Nowhere/Nowhere", "USD", frozenset(), frozenset())
    organizations.put_organization(broken)
    gate24.webhook(gupshup_text(at=int(noon.timestamp() * 1000)))
    with pytest.raises(RuntimeError, match="not reckoned: broken"):
        handler("cost_rollup")({}, CONTEXT)
    day = noon.date().isoformat()
    assert [each["messages"]["inbound"] for each in daily_costs(gate24, day, day)] == [1]


def test_each_message_is_priced_by_the_card_of_its_own_local_day_whenever_it_is_told_of(gate24: System) -> None:
    midnight = datetime(2026, 10, 1, tzinfo=ZONE)
    cards = (DatedCard("gupshup-2021-02", "2021-02-01"), DatedCard("gupshup-2026-10-01", "2026-10-01"))
    change_channel(GUPSHUP, rate_card="gupshup-2021-02", rate_cards=cards)
    contact_opted_in(gate24)
    sent: dict[int, str] = {}
    for minutes in (-1, 0):
        at = int((midnight + timedelta(minutes=minutes)).timestamp() * 1000)
        script_bsp(gate24, outcome="accept", body={"status": "submitted", "messageId": f"gs{minutes}"}, statuses=[])
        with standing_clock(at):
            answer = gate24.send(TEMPLATE, f"key {minutes}")
        assert answer.status == 202, answer.text
        sent[minutes] = answer.json["id"]
        gate24.webhook(gupshup_text("hello", f"in{minutes}", at=at))
    lines = [fees_of(gate24, each) for each in sent.values()]
    assert lines == [{"whatsapp": "0.0042", "gupshup": "0.0010"}, {"whatsapp": "0.0014", "gupshup": "0.0010"}]
    priced = {"model": "PMP", "category": "marketing", "billable": True}
    for minutes in sent:  # both are told of when the second card holds
        gate24.webhook(gupshup_status("delivered", f"gs{minutes}", at=now(), pricing=priced))
    lines = [fees_of(gate24, each) for each in sent.values()]
    assert lines == [{"whatsapp": "0.0042", "gupshup": "0.0010"}, {"whatsapp": "0.0118", "gupshup": "0.001708"}]
    days = rolled_up(gate24, "2026-09-30", "2026-10-01")
    assert [(day["fees"]["whatsapp"], day["total"]) for day in days] == [("0.0042", "0.0062"), ("0.0118", "0.014508")]


def test_a_month_says_for_whom_and_for_which_campaign_it_was_spent(gate24: System) -> None:
    contact_opted_in(gate24)
    for key, tags in (("key-m1", {"campaign": "camp"}), ("key-m2", {}), ("key-m3", {"campaign": "camp", "other": "x"})):
        script_bsp(gate24, outcome="accept", body={"status": "submitted", "messageId": key}, statuses=[])
        assert gate24.send(TEMPLATE | {"tags": tags}, key).status == 202
    today = datetime.now(ZONE).date()
    (day,) = rolled_up(gate24, today, today)
    months = gate24.http("GET", f"/v1/costs/monthly?from={today:%Y-%m}&to={today:%Y-%m}").json
    (month,) = months["data"]
    assert months["next_cursor"] is None
    assert (month["month"], month["days"], month["status"]) == (f"{today:%Y-%m}", today.day, "provisional")
    assert month["by_campaign"] == day["by_campaign"] == [{"campaign": "camp", "count": 2, "total": "0.0104"}]
    assert [row["market"] for row in month["by_market"]] == ["India"]
    assert {name: month[name] for name in ("total", "messages", "fees", "by_channel")} == {
        name: day[name] for name in ("total", "messages", "fees", "by_channel")
    }
    path = f"/v1/costs/monthly?from={today:%Y-%m}&to={today:%Y-%m}"
    table = gate24.http("GET", path, headers={"Accept": "text/csv"}).text.splitlines()
    assert table[0].startswith("month,timezone,currency,status,total,messages_inbound")
    assert table[1].startswith(f"{today:%Y-%m},Asia/Kolkata,USD,provisional,{month['total']},")
    assert gate24.http("GET", "/v1/costs/monthly?from=9999-12&to=9999-12").json["data"] == []
    for query in ("from=2026-11&to=2026-10", "from=2026-13&to=2026-13", "from=2020-01&to=2026-10", "from=2026-11"):
        assert gate24.http("GET", f"/v1/costs/monthly?{query}").status == 400, query


def test_a_status_prices_a_message_anew_by_the_card_that_priced_it(gate24: System) -> None:
    contact_opted_in(gate24)
    script_bsp(gate24, outcome="accept", body={"status": "submitted", "messageId": "gs-card"}, statuses=[])
    sent = gate24.send(TEMPLATE, "key-card").json["id"]
    assert fees_of(gate24, sent)["whatsapp"] == "0.0042"
    change_channel(GUPSHUP, rate_card="gupshup-2026-10-01", rate_cards=())
    priced = {"model": "PMP", "category": "marketing", "billable": True}
    gate24.webhook(gupshup_status("delivered", "gs-card", at=now(), pricing=priced))
    assert fees_of(gate24, sent) == {"whatsapp": "0.0042", "gupshup": "0.0010"}


def fees_of(gate24: System, message_id: str) -> dict[str, str]:
    lines = gate24.http("GET", f"/v1/messages/{message_id}").json["cost"]["lines"]
    return {line["fee"]: line["amount"] for line in lines}


def test_a_channel_with_another_rate_card_is_priced_by_it(gate24: System) -> None:
    contact_opted_in(gate24)
    told = gate24.check(TEMPLATE | {"channel": META}).json
    assert told["decision"] == "allow"
    assert "gupshup" not in [line["fee"] for line in told["cost"]["lines"]]
