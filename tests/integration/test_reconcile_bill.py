"""``./gate24 costs reconcile``: a provider's bill, from a file, against the ledger of a real conversation."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gate24.rules.exchange import Publication
from gate24.store import exchange_rates, organizations, table
from tests.support.administration import Printed, administered
from tests.support.bodies import gupshup_status, meta_status
from tests.support.scene import (
    HOUR,
    MINUTE,
    change_organization,
    contact_opted_in,
    contact_wrote,
    post_webhook,
    script_bsp,
    standing_clock,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEMPLATE, TEXT, System, system

NOON = 1_795_588_200_000
"""2026-11-25, 12:00 in Asia/Kolkata."""
DAY = "2026-11-25"
LATER = NOON + 30 * HOUR


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A day with five templates and a failed one on Gupshup, a message in, and a text on Meta; gate24's ids by the
    provider's."""
    found: dict[str, str] = {}
    with system(tmp_path_factory.mktemp("bill"), in_memory=True) as made, administered(made):
        with standing_clock(NOON - HOUR):
            contact_opted_in(made, ago=0)
            contact_wrote(made, channel=META, ago=0)
        for number in range(6):
            found[f"gs-{number}"] = _send(made, f"gs-{number}", TEMPLATE, NOON + number * MINUTE)
        with standing_clock(NOON + HOUR):
            failed = gupshup_status("failed", "gs-5", at=NOON + HOUR, code=1002, reason="Not on WhatsApp")
            post_webhook(made, GUPSHUP, failed)
            answer = made.send(TEXT | {"channel": META}, "key-meta")
            assert answer.status == 202, answer.text
            priced = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
            told, phone = answer.json, "919876543210"
            body = meta_status(
                "delivered", told["bsp_message_id"], told["id"], phone, NOON + HOUR, None, META_NUMBER, pricing=priced
            )
            post_webhook(made, META, body)
        found["meta"] = answer.json["bsp_message_id"]
        yield found


def _send(made: System, gs_id: str, body: dict[str, Any], at: int) -> str:
    script_bsp(made, outcome="accept", body={"status": "submitted", "messageId": gs_id}, statuses=[])
    with standing_clock(at):
        answer = made.send(body, f"key-{gs_id}")
    assert answer.status == 202, answer.text
    message_id: str = answer.json["id"]
    return message_id


class Bill:
    """A file, and what the command makes of it."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self.capsys, self.file = capsys, folder / "bill.csv"

    def ask(self, text: str, *more: str, form: str = "gate24", first: str = DAY, last: str = DAY) -> Printed:
        self.file.write_text(text)
        asked = ["costs", "reconcile", str(self.file), f"--format={form}", f"--organization={ORG}"]
        with standing_clock(LATER):
            return Printed(self.capsys, *asked, f"--from={first}", f"--to={last}", *more)


@pytest.fixture
def bill(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Bill:
    return Bill(capsys, tmp_path)


def rows(*told: tuple[object, ...]) -> str:
    lines = ["provider_id,message_id,date,category,billable,amount,currency"]
    return "\n".join([*lines, *(",".join(map(str, each)) for each in told)]) + "\n"


def test_each_message_of_a_bill_is_compared_by_whatever_id_it_is_named(sent: dict[str, str], bill: Bill) -> None:
    text = rows(
        ("gs-0", "", DAY, "utility", "true", "0.0052", "USD"),
        ("", sent["gs-1"], DAY, "utility", "true", "0.0052", "USD"),
        ("gs-2", "", DAY, "marketing", "true", "0.0128", "USD"),
        ("gs-3", "", DAY, "utility", "true", "0.0052", "USD"),
        ("gs-3", "", DAY, "utility", "true", "0.0052", "USD"),
        ("gs-5", "", DAY, "utility", "true", "0.0052", "USD"),
        ("stranger", "", DAY, "utility", "true", "0.0052", "USD"),
        ("early", "", "2026-11-20", "utility", "true", "0.0001", "USD"),
    )
    out = bill.file.with_name("lines.csv")
    printed = bill.ask(text, f"--channel={GUPSHUP}", f"--out={out}", "--json")
    assert printed.status == 0, printed.err
    answer = printed.json
    assert (answer["rows"], answer["by"], answer["currency"], answer["timezone"]) == (
        8,
        "message",
        "USD",
        "Asia/Kolkata",
    )
    assert {each["code"]: (each["class"], each["count"], each["difference"]) for each in answer["reasons"]} == {
        "category_changed": ("different", 1, "0.0076"),
        "told_twice": ("different", 1, "0.0052"),
        "failed_after_billing": ("different", 1, "0.0052"),
        "not_in_bill": ("only_ours", 1, "-0.0052"),
        "not_in_ledger": ("only_theirs", 1, "0.0052"),
        "outside_period": ("only_theirs", 1, "0.0001"),
    }
    assert answer["classes"][0] == {
        "class": "matched",
        "count": 2,
        "ours": {"count": 2, "amount": "0.0104"},
        "theirs": {"count": 2, "amount": "0.0104"},
        "difference": "0",
    }
    assert answer["total"]["ours"] == {"count": 6, "amount": "0.0260"}
    assert answer["total"]["theirs"] == {"count": 7, "amount": "0.0441"}
    with out.open(newline="") as written:
        found = {row["provider_id"]: row for row in csv.DictReader(written)}
    assert len(found) == 8
    assert (found["gs-2"]["reason"], found["gs-2"]["ours_amount"], found["gs-2"]["theirs_amount"]) == (
        *("category_changed", "0.0052"),
        "0.0128",
    )
    assert (found["gs-3"]["line"], found["gs-1"]["message_id"], found["gs-4"]["line"]) == ("5", sent["gs-1"], "")
    assert sorted(each.name for each in out.parent.iterdir()) == ["bill.csv", "lines.csv"]


def test_people_read_a_table_with_the_reasons_in_words(sent: dict[str, str], bill: Bill) -> None:
    printed = bill.ask(rows(("gs-0", "", DAY, "utility", "", "0.0052", "USD")), f"--channel={GUPSHUP}")
    assert printed.status == 0, printed.err
    assert "bill.csv: 1 rows, amounts in USD" in printed.out
    assert "not_in_bill: The bill does not name it" in printed.out
    of_days = bill.ask(rows(("gs-0", "", DAY, "", "", "1", "USD")), f"--channel={GUPSHUP}", last="2026-11-28")
    assert "period_edge: Less than 14 hours from an end of the period" in of_days.out


def test_nothing_is_written_to_the_table_and_days_costs_are_the_same(sent: dict[str, str], bill: Bill) -> None:
    def items() -> list[Any]:
        found: list[Any] = table.connection().scan()["Items"]
        return found

    before = items()
    assert bill.ask(rows(("gs-0", "", DAY, "", "", "1", "USD"))).status == 0
    assert items() == before


def test_metas_data_points_are_compared_by_day_market_and_category(sent: dict[str, str], bill: Bill) -> None:
    head = "start,end,country,pricing_category,pricing_type,volume,cost,currency\n"
    start = NOON // 1000 - 43_200
    right = f"{head}{start},{start + 86_400},IN,SERVICE,REGULAR,1,0.0014,USD\n"
    answer = bill.ask(right, f"--channel={META}", "--json", form="meta").json
    assert answer["by"] == "group"
    assert {each["class"]: each["count"] for each in answer["classes"] if each["count"]} == {"matched": 1}
    wrong = f"{head}{start},{start + 86_400},IN,SERVICE,REGULAR,2,0.0028,USD\n"
    answer = bill.ask(wrong, f"--channel={META}", "--json", form="meta").json
    assert [(each["code"], each["difference"]) for each in answer["reasons"]] == [("count_differs", "0.0014")]


def test_gupshups_daily_usage_is_compared_by_day(sent: dict[str, str], bill: Bill) -> None:
    channel = organizations.channel(GUPSHUP)
    assert channel is not None
    head = "appName,date,currency,incomingMsg,outgoingMsg,totalMsg,gsFees,waFees,totalFees"
    usage = f"{head}\n{channel.app},{DAY},USD,0,5,5,0.005,0.021,"
    answer = bill.ask(usage + "0.026\n", f"--channel={GUPSHUP}", "--json", form="gupshup").json
    assert {each["class"]: each["count"] for each in answer["classes"] if each["count"]} == {"matched": 1}
    answer = bill.ask(usage + "0.0265\n", f"--channel={GUPSHUP}", "--json", form="gupshup").json
    assert [(each["code"], each["difference"]) for each in answer["reasons"]] == [("price_differs", "0.0005")]


def test_a_bill_in_the_organizations_currency_is_compared_by_the_days_rate(sent: dict[str, str], bill: Bill) -> None:
    change_organization(ORG, currency="INR")
    try:
        text = rows(("gs-0", "", DAY, "utility", "", "0.416", "INR"))
        answer = bill.ask(text, f"--channel={GUPSHUP}", "--json").json
        assert ("different", "other_currency") in {(each["class"], each["code"]) for each in answer["reasons"]}
        assert answer["unconverted"] == [{"amount": "0.0260", "currency": "USD"}]
        days = f"date,count,amount,currency\n{DAY},5,1,INR\n"
        assert "import exchange rates" in bill.ask(days, f"--channel={GUPSHUP}").err
        exchange_rates.save([Publication("rbi", date(2026, 11, 24), {"USD": Decimal("80")})])
        answer = bill.ask(text, f"--channel={GUPSHUP}", "--json").json
        assert answer["classes"][0]["ours"] == {"count": 1, "amount": "0.4160"}
        dollars = rows(("gs-0", "", DAY, "utility", "", "0.0052", "USD"))
        assert bill.ask(dollars, f"--channel={GUPSHUP}", "--json").json["classes"][0]["count"] == 1
    finally:
        change_organization(ORG, currency="USD")


def test_our_side_is_what_the_days_cost(sent: dict[str, str], bill: Bill) -> None:
    answer = bill.ask(rows(("gs-0", "", DAY, "", "", "0.0052", "USD")), "--json").json
    ours = answer["total"]["ours"]
    assert ours["amount"] == "0.0274"  # Gupshup's 0.026 and Meta's 0.0014


WRONG = [
    ("", "bill.csv lacks the column date, amount and currency of the format gate24."),
    (
        rows(("gs-0", "", DAY, "", "", "0.0052", "EUR")),
        "its currency is EUR; the organization and its rate cards have USD",
    ),
    (rows(("gs-0", "", DAY, "", "", "-1", "USD")), "Line 2: the amount -1 is negative."),
    ("provider_id,date,sum,currency\n", "lacks the column amount of the format gate24. It has: provider_id, date, sum"),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=["empty", "currency", "negative", "renamed"])
def test_a_wrong_file_is_refused_before_anything_is_written(
    sent: dict[str, str], bill: Bill, text: str, sentence: str
) -> None:
    out = bill.file.with_name("lines.csv")
    printed = bill.ask(text, f"--out={out}")
    assert (printed.status, printed.out) == (2, "")
    assert sentence in printed.err and "Nothing was compared." in printed.err
    assert [each.name for each in out.parent.iterdir()] == ["bill.csv"]


def test_a_file_that_is_not_text_is_refused(
    sent: dict[str, str], bill: Bill, capsys: pytest.CaptureFixture[str]
) -> None:
    bill.ask("")
    bill.file.write_bytes(b"PK\x03\x04\xff\xfe" * 100)
    asked = [f"--organization={ORG}", f"--from={DAY}", f"--to={DAY}"]
    printed = Printed(capsys, "costs", "reconcile", str(bill.file), "--format=gate24", *asked)
    assert (printed.status, "is no text in UTF-8" in printed.err) == (2, True)


def test_costs_without_the_name_of_a_command_shows_the_days(
    sent: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    days = [f"--organization={ORG}", f"--from={DAY}", f"--to={DAY}"]
    with standing_clock(LATER):
        plain, named = Printed(capsys, "costs", *days), Printed(capsys, "costs", "show", *days)
    assert (plain.status, plain.out) == (0, named.out)
    assert DAY in plain.out
    assert "reconcile" in Printed(capsys, "costs", "--help").out
