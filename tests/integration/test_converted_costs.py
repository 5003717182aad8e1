"""An organization whose currency is not the rate card's hears what things cost in its own, by a dated rate, with the
card's own amount beside."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gate24.costs import RATE_UNITS, Exchange
from gate24.rules.exchange import Publication
from gate24.rules.money import micro
from gate24.rules.rollup import local_day
from gate24.store import exchange_rates
from gate24.store.table import StoreError
from tests.support.administration import Printed, administered
from tests.support.price_lists import added_price_lists
from tests.support.scene import (
    change_channel,
    change_organization,
    contact_opted_in,
    contact_wrote,
    daily_costs,
    new_number,
    now,
    run_rollup,
)
from tests.support.system import GUPSHUP, ORG, TEMPLATE, TEXT, System, put_template, system

SOURCE = "Financial Benchmarks India, reference rates"
INR_CREATE = ["organization", "create", "rupees", "--name=R", "--timezone=Asia/Kolkata", "--currency=INR"]
CHANNEL_CREATE = [
    *("channel", "create", "rupee-line", "--organization=rupees", "--provider=gupshup"),
    *("--number=+919876543215", "--app=Rupees"),
]


@pytest.fixture
def gate24(tmp_path: Path) -> Iterator[System]:
    with system(tmp_path, in_memory=True) as made, administered(made):
        yield made


def today() -> date:
    return local_day(now(), "Asia/Kolkata")


def publish(rate: str = "81.5522", ago: int = 1) -> str:
    """FBIL's rate of the dollar; returns its day."""
    day = today() - timedelta(days=ago)
    exchange_rates.save([Publication("rbi", day, {"USD": Decimal(rate)})])
    return day.isoformat()


def send(gate24: System, to: str, **more: Any) -> Any:
    return gate24.send({"to": to, **more}).json


def talked(gate24: System) -> list[str]:
    """Numbers of contacts, with a freeform and a template each."""
    put_template(gate24, GUPSHUP)
    numbers = [f"+{new_number()}" for _ in range(3)]
    for number in numbers:
        contact_opted_in(gate24, number)
        contact_wrote(gate24, number, ago=0)
        for body in (TEXT, TEMPLATE):
            assert gate24.send(body | {"to": number}).status == 202
    return numbers


def page_costs(gate24: System, numbers: list[str]) -> list[dict[str, Any]]:
    pages = [gate24.http("GET", f"/v1/contacts/{number}/messages").json["data"] for number in numbers]
    return [message["cost"] for page in pages for message in page if "cost" in message]


def day_now(gate24: System) -> dict[str, Any]:
    run_rollup()
    [day] = daily_costs(gate24, today().isoformat(), today().isoformat())
    found: dict[str, Any] = day
    return found


def test_every_answer_is_in_the_organizations_currency_with_the_cards_amount_and_the_rate_beside(
    gate24: System,
) -> None:
    change_organization(ORG, currency="INR")
    exchange = {"rate": "81.5522", "day": publish(), "source": SOURCE}
    number = f"+{new_number()}"
    contact_wrote(gate24, number, ago=0)
    text = {"to": number, "type": "text", "text": {"body": "hello"}}
    expected = {
        "amount": "0.081552",
        "currency": "INR",
        "lines": [{"fee": "gupshup", "amount": "0.081552"}],
        "estimate": True,
        "card": {"amount": "0.0010", "currency": "USD"},
        "exchange": exchange,
    }
    assert gate24.check(text).json["cost"] == expected
    sent = gate24.send(text).json
    assert sent["cost"] == expected
    assert gate24.http("GET", f"/v1/messages/{sent['id']}").json["cost"] == expected
    day = day_now(gate24)
    assert (day["currency"], day["total"], day["unpriced"]) == ("INR", "0.163104", 0)
    assert day["converted"] == [{"card": {"amount": "0.0020", "currency": "USD"}, "exchange": exchange}]
    as_csv = gate24.http(
        "GET", f"/v1/costs/daily?from={today()}&to={today()}", headers={"Accept": "text/csv"}
    ).text.splitlines()
    assert as_csv[0].endswith(",cost_per_reached,converted")
    assert as_csv[1].endswith(f',"0.0020 USD at 81.5522 ({SOURCE}, {exchange["day"]})"')


@pytest.mark.parametrize("rate", ["81.5522", "0.0119", "1448.92", "0.0000123"])
def test_the_day_is_the_sum_of_what_its_messages_pages_say(gate24: System, rate: str) -> None:
    change_organization(ORG, currency="INR")
    publish(rate)
    numbers = talked(gate24)
    costs = page_costs(gate24, numbers)
    assert len(costs) == 6 and {cost["currency"] for cost in costs} == {"INR"}
    inbound = Exchange("USD", "INR", int(Decimal(rate) * RATE_UNITS), "", "").of(1000) * len(numbers)  # on no page
    assert all(micro(cost["amount"]) == sum(micro(line["amount"]) for line in cost["lines"]) for cost in costs)
    day = day_now(gate24)
    assert micro(day["total"]) == sum(micro(cost["amount"]) for cost in costs) + inbound
    assert micro(day["total"]) == sum(map(micro, day["fees"].values()))
    assert micro(day["total"]) == sum(micro(part["total"]) for part in day["by_channel"])
    assert micro(day["total"]) == sum(micro(part["total"]) for part in day["by_category"])
    [converted] = day["converted"]
    assert micro(converted["card"]["amount"]) == sum(micro(cost["card"]["amount"]) for cost in costs) + 3000


def test_a_day_with_messages_in_two_cards_currencies_is_right_too(gate24: System) -> None:
    change_organization(ORG, currency="INR")
    publish("80")
    number = f"+{new_number()}"
    contact_wrote(gate24, number, ago=0)
    with added_price_lists({"id": "rupees", "based_on": "gupshup-2021-02", "currency": "INR"}):
        change_channel(GUPSHUP, rate_card="rupees")
        sent = send(gate24, number, type="text", text={"body": "hello"})
        assert (sent["cost"]["amount"], sent["cost"]["currency"]) == ("0.0010", "INR")
        assert "exchange" not in sent["cost"]
        day = day_now(gate24)
    assert (day["total"], day["unpriced"]) == ("0.0810", 0)
    assert [each["card"] for each in day["converted"]] == [{"amount": "0.0010", "currency": "USD"}]


def test_what_has_no_rate_is_in_the_cards_currency_and_unpriced_until_a_rate_comes(gate24: System) -> None:
    change_organization(ORG, currency="INR")
    number = f"+{new_number()}"
    contact_wrote(gate24, number, ago=0)
    sent = send(gate24, number, type="text", text={"body": "hello"})
    assert (sent["cost"]["amount"], sent["cost"]["currency"]) == ("0.0010", "USD")
    day = day_now(gate24)
    assert (day["total"], day["unpriced"], "converted" in day) == ("0", 2, False)
    publish("80")
    day = day_now(gate24)
    assert (day["total"], day["unpriced"]) == ("0.1600", 0)
    publish("90")  # corrected
    assert day_now(gate24)["total"] == "0.1800"
    assert gate24.http("GET", f"/v1/messages/{sent['id']}").json["cost"]["amount"] == "0.0900"


def test_nothing_changes_where_the_currencies_are_equal(gate24: System) -> None:
    publish()
    numbers = talked(gate24)
    assert all(cost.keys() == {"amount", "currency", "lines", "estimate"} for cost in page_costs(gate24, numbers))
    day = day_now(gate24)
    assert (day["currency"], "converted" in day) == ("USD", False)


def test_a_card_that_cannot_be_converted_is_refused_when_the_channel_is_set_up(
    gate24: System, capsys: pytest.CaptureFixture[str]
) -> None:
    created = Printed(capsys, *INR_CREATE)
    assert created.status == 0
    assert created.err == ""  # there are price lists in rupees, though not of every provider
    refused = Printed(capsys, *CHANNEL_CREATE)
    assert refused.status == 2
    assert "There is no rate from USD to INR of" in refused.err
    publish(ago=46)
    old = Printed(capsys, *CHANNEL_CREATE)
    assert old.status == 2
    assert "46 days before" in old.err
    publish(ago=45)
    assert Printed(capsys, *CHANNEL_CREATE).status == 0
    assert Printed(capsys, *(each.replace("rupees", "rupees-2") for each in INR_CREATE)).err == ""


def test_what_was_sent_is_answered_where_the_rates_cannot_be_read(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_organization(ORG, currency="INR")
    publish()
    number = f"+{new_number()}"
    contact_wrote(gate24, number, ago=0)

    def unreadable(day: date) -> list[Publication]:
        raise StoreError("Query", "InternalServerError")

    monkeypatch.setattr(exchange_rates, "publications_before", unreadable)
    sent = gate24.send(TEXT | {"to": number})
    assert (sent.status, sent.json["status"]) == (202, "accepted")
    assert (sent.json["cost"]["amount"], sent.json["cost"]["currency"]) == ("0.0010", "USD")
