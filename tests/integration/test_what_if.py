"""What messages would have cost by another rate card, beside what they did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gate24 import clock
from gate24.rules.exchange import Publication
from gate24.rules.money import micro
from gate24.rules.rate_cards import rate_card_ids
from gate24.rules.rollup import day_bounds
from gate24.store import exchange_rates
from gate24.usecases.make_api_key import create_api_key
from tests.support.administration import administered
from tests.support.bodies import gupshup_consent, gupshup_status, gupshup_text
from tests.support.price_lists import added_price_lists
from tests.support.scene import (
    HOUR,
    MINUTE,
    change_organization,
    daily_costs,
    new_number,
    post_webhook,
    run_rollup,
    standing_clock,
)
from tests.support.system import GUPSHUP, META, ORG, TEMPLATE, TEXT, System, put_template, system

FIRST = date(2026, 12, 7)
ZONE = "Asia/Kolkata"


@pytest.fixture
def gate24(tmp_path: Path) -> Iterator[System]:
    with system(tmp_path, in_memory=True) as made, administered(made):
        put_template(made, GUPSHUP)
        yield made


def two_days(gate24: System, time: list[int]) -> None:
    """On each of two days somebody writes, gets two freeforms and a template (utility), and one more template fails."""
    for day in range(2):
        time[0] = day_bounds(FIRST + timedelta(days=day), ZONE)[0] + HOUR
        phone = new_number()
        post_webhook(gate24, GUPSHUP, gupshup_consent("opted-in", phone, time[0]))
        post_webhook(gate24, GUPSHUP, gupshup_text("Hello", f"wamid.{phone}", phone, time[0]))
        for body in (TEXT, TEXT | {"text": {"body": "Again"}}, TEMPLATE, TEMPLATE):
            time[0] += 10 * MINUTE
            answer = gate24.send(body | {"to": f"+{phone}"})
            assert answer.status == 202, answer.text
        failed = gupshup_status(
            "failed", answer.json["bsp_message_id"], phone=phone, at=time[0], code=1002, reason="no"
        )
        post_webhook(gate24, GUPSHUP, failed)
    time[0] += 72 * HOUR
    run_rollup(organization=ORG, **{"from": str(FIRST), "to": str(FIRST + timedelta(days=1))})


def asked(gate24: System, card: str, first: date = FIRST, last: date | None = None) -> dict[str, Any]:
    """The whole answer, page by page."""
    query = f"card={card}&from={first}&to={last or FIRST + timedelta(days=1)}"
    pages: list[dict[str, Any]] = []
    cursor = None
    while not pages or cursor:
        path = f"/v1/costs/what-if?{query}" + (f"&cursor={quote(cursor)}" if cursor else "")
        answer = gate24.http("GET", path)
        assert answer.status == 200, answer.text
        pages.append(answer.json)
        cursor = pages[-1]["next_cursor"]
    joined = pages[0] | {"lines": [line for page in pages for line in page["lines"]], "pages": len(pages)}
    for name in ("cost", "what_if"):
        joined[name] = sum(micro(page[name]) for page in pages)
    return joined


def test_the_same_messages_under_another_card_stand_beside_what_they_cost(gate24: System) -> None:
    with standing_clock(day_bounds(FIRST, ZONE)[0]) as time:
        two_days(gate24, time)
        found = asked(gate24, "gupshup-2026-10-01")
        days = daily_costs(gate24, FIRST, FIRST + timedelta(days=1))
    assert found["cost"] == sum(micro(day["total"]) for day in days) == 2 * (1000 + 2 * 1000 + 5200)
    # The free service messages, and utility by Meta's fee; Gupshup's own on every message.
    assert found["what_if"] == 2 * (1000 + 2 * 1000 + 1400 + 1000)
    assert [(line["date"], line["kind"], line["category"], line["count"]) for line in found["lines"]] == [
        (str(FIRST + timedelta(days=day)), kind, category, count)
        for day in range(2)
        for kind, category, count in (("freeform", None, 2), ("inbound", None, 1), ("template", "utility", 1))
    ]
    for line in found["lines"]:
        assert micro(line["difference"]) == micro(line["what_if"]) - micro(line["cost"])
    assert found["lines"][2]["difference"] == "-0.0028"
    assert (found["unpriced"], found["currency"], found["lines"][0]["market"]) == (0, "USD", "India")
    assert {"delivered", "no_free_entry_point"} <= set(found["assumed"])


def test_pages_that_end_anywhere_say_together_what_one_says(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [{"from": 0, "fee": "0"}, {"from": 1}]
    free = {"name": "service", "categories": ["service"], "market": "*", "per": "channel", "source": "test"}
    card = {"id": "one-free", "based_on": "meta-2026-10-01", "tiers": [free | {"steps": steps}]}
    with added_price_lists(card), standing_clock(day_bounds(FIRST, ZONE)[0]) as time:
        two_days(gate24, time)
        whole = asked(gate24, "one-free")
        monkeypatch.setattr(clock, "time_limit", lambda seconds: lambda: True)
        cut = asked(gate24, "one-free")
    assert whole["pages"] == 1 and cut["pages"] > 6
    assert (cut["cost"], cut["what_if"]) == (whole["cost"], whole["what_if"])
    assert whole["what_if"] == 2 * 1400 + 3 * 1400  # all templates, and of four freeforms all but the first


def test_conversations_are_those_that_the_other_card_would_have_had(gate24: System) -> None:
    with standing_clock(day_bounds(FIRST, ZONE)[0]) as time:
        two_days(gate24, time)
        found = asked(gate24, "meta-2025-02-01")
        of_second = asked(gate24, "meta-2025-02-01", FIRST + timedelta(days=1))
    assert found["what_if"] == 2 * 1400, "a utility conversation a day; service conversations were free"
    assert of_second["what_if"] == 1400
    assert "opens_conversation" in found["assumed"]


def test_amounts_are_in_the_organizations_currency(gate24: System) -> None:
    exchange_rates.save([Publication("rbi", FIRST - timedelta(days=1), {"USD": Decimal("80")})])
    change_organization(ORG, currency="INR")
    with standing_clock(day_bounds(FIRST, ZONE)[0]) as time:
        two_days(gate24, time)
        assert asked(gate24, "gupshup-2026-10-01")["what_if"] == 80 * 2 * (1000 + 2 * 1000 + 1400 + 1000)
        in_rupees = asked(gate24, "meta-inr-2026-10-01")
    assert (in_rupees["currency"], in_rupees["what_if"]) == ("INR", 2 * 115_000)


def test_a_key_of_some_channels_sees_these_alone(gate24: System) -> None:
    key = create_api_key(ORG, "one channel", ("read",), None, clock.now_ms(), (META,)).secret
    with standing_clock(day_bounds(FIRST, ZONE)[0]) as time:
        two_days(gate24, time)
        found = gate24.http(
            "GET",
            f"/v1/costs/what-if?card=gupshup-2026-10-01&from={FIRST}&to={FIRST}",
            key=key,
        ).json
    assert (found["lines"], found["cost"], found["unpriced"]) == ([], "0", 0)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("card=free&from=2026-12-07&to=2026-12-08", "/card"),
        ("card=meta-inr-2026-10-01&from=2026-12-07&to=2026-12-08", "/card"),  # no rates of its currency
        ("card=gupshup-2021-02&from=2026-12-08&to=2026-12-07", "/to"),
        ("card=gupshup-2021-02&from=2026-12-08&to=2027-12-08", "/to"),
        ("card=gupshup-2021-02&from=2026-02-30&to=2026-12-08", "/from"),
        ("from=2026-12-07&to=2026-12-08", "/card"),
    ],
)
def test_wrong_questions_are_answered_in_words(gate24: System, query: str, pointer: str) -> None:
    answer = gate24.http("GET", f"/v1/costs/what-if?{query}")
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
    assert answer.json["errors"][0]["pointer"] == pointer
    if "card=free" in query:
        assert all(each in answer.json["errors"][0]["detail"] for each in rate_card_ids())


def test_the_rate_cards_are_listed(gate24: System) -> None:
    found = gate24.http("GET", "/v1/costs/rate-cards").json["rate_cards"]
    assert [each["id"] for each in found] == list(rate_card_ids())
    assert found[0].keys() == {"id", "provider", "currency", "effective_from", "effective_to", "model"}
