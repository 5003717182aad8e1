"""Late, twice, in any order, in two formats: the same events end in the same state, at the same cost."""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.bodies import gupshup_consent, gupshup_text, gupshup_v3, meta_text
from tests.support.scene import HOUR, body_about, contact_wrote, epoch_ms, new_number, now, post_webhook, rolled_up
from tests.support.system import GUPSHUP, META, TEXT, System, system

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has a contact of its own."""
    with system(tmp_path_factory.mktemp("order"), simulate=False, in_memory=True) as made:
        yield made


def inbound_cost(gate24: System) -> tuple[int, int]:
    """Inbound messages and fees, in ten-thousandths, of all days about now."""
    today = date.today()
    days = rolled_up(gate24, today - timedelta(days=6), today + timedelta(days=1))
    assert len(days) == 8
    return sum(day["messages"]["inbound"] for day in days), round(sum(float(day["total"]) for day in days) * 10_000)


@pytest.mark.parametrize("first", ["v2", "v3"])
@pytest.mark.parametrize("apart_ms", [0, 900, 40 * 60_000], ids=["same time", "within a second", "40 minutes"])
@pytest.mark.parametrize("between", [0, 60])
def test_a_message_told_in_v2_and_v3_is_one_message_and_one_cost(
    shared: System, first: str, apart_ms: int, between: int
) -> None:
    phone, at = new_number(), (now() - 20 * HOUR) // 1000 * 1000
    twins = {
        "v2": gupshup_text("Namaste", f"wamid.{phone}", phone, at + apart_ms),
        "v3": gupshup_v3(meta_text("Namaste", f"wamid.{phone}", phone, at)),
    }
    before = inbound_cost(shared)
    post_webhook(shared, GUPSHUP, twins.pop(first))
    for number in range(between):
        post_webhook(
            shared, GUPSHUP, gupshup_text("more", f"wamid.{phone}-{number}", phone, at + HOUR + number * 60_000)
        )
    for _ in range(2):
        post_webhook(shared, GUPSHUP, *twins.values())
    texts = [each["text"] for each in shared.http("GET", f"/v1/contacts/{phone}/messages?limit=100").json["data"]]
    assert texts.count("Namaste") == 1
    after = inbound_cost(shared)
    assert (after[0] - before[0], after[1] - before[1]) == (between + 1, 10 * (between + 1))


def test_every_order_of_late_and_doubled_messages_ends_in_one_window(shared: System) -> None:
    base = now() - 60 * HOUR
    hours = (0, 30, 20, 59)
    for order in list(itertools.permutations(hours))[::2]:
        phone = new_number()
        for hour in (*order, *order[:2]):
            post_webhook(shared, GUPSHUP, gupshup_text("hi", f"wamid.{phone}-{hour}", phone, base + hour * HOUR))
        window = shared.window(phone)
        assert epoch_ms(window["last_inbound_at"]) == base + 59 * HOUR
        assert epoch_ms(window["opened_at"]) == base + 59 * HOUR  # 30 to 59 is more than a day
        assert len(shared.conversation(phone)) == 4


def test_a_late_message_that_fills_the_gap_moves_the_start_of_the_window_back(shared: System) -> None:
    base = now() - 31 * HOUR
    for order in itertools.permutations((0, 30, 20)):
        phone = new_number()
        for hour in order:
            post_webhook(shared, GUPSHUP, gupshup_text("hi", f"wamid.{phone}-{hour}", phone, base + hour * HOUR))
        assert epoch_ms(shared.window(phone)["opened_at"]) == base


def test_a_message_three_days_late_opens_nothing_and_is_kept(shared: System) -> None:
    phone = new_number()
    contact_wrote(shared, phone, 72 * HOUR, text="old news")
    window = shared.window(phone)
    assert (window["state"], window["closed_by"]) == ("closed", "lapsed")
    assert [each["text"] for each in shared.conversation(phone)] == ["old news"]


@pytest.mark.parametrize("ahead", [HOUR, 40 * 365 * 24 * HOUR])
def test_a_time_in_the_future_counts_as_the_time_of_receipt(shared: System, ahead: int) -> None:
    phone, began = new_number(), now()
    post_webhook(shared, GUPSHUP, gupshup_text("hi", f"wamid.{phone}", phone, began + ahead))
    last = epoch_ms(shared.window(phone)["last_inbound_at"])
    assert last is not None and began <= last <= now()


@pytest.mark.parametrize("unit", [1, 1000], ids=["milliseconds", "seconds"])
def test_seconds_and_milliseconds_are_told_apart(shared: System, unit: int) -> None:
    at = (now() - HOUR) // 1000 * 1000
    phone, other = new_number(), new_number()
    post_webhook(shared, GUPSHUP, gupshup_text("hi", f"wamid.{phone}", phone, at // unit))
    body = body_about(meta_text(), other, at)
    body["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = str(at // unit)
    post_webhook(shared, META, body)
    assert epoch_ms(shared.window(phone)["last_inbound_at"]) == at
    assert epoch_ms(shared.window(other, META)["last_inbound_at"]) == at


CONSENTS: list[tuple[list[tuple[str, int]], str, bool]] = [
    # what was told with its hour, the consent in the end, whether a freeform may go
    ([("opted-in", 1), ("STOP", 3)], "opted_out", False),
    ([("STOP", 1), ("hi", 2)], "opted_out", True),
    ([("STOP", 2), ("hi", 1)], "opted_out", False),
    ([("STOP", 2), ("START", 4), ("hi", 1)], "opted_in", True),
    ([("opted-out", 2), ("opted-in", 2)], "opted_out", False),
    ([("opted-in", 1), ("hi", 2), ("opted-out", 3), ("hello", 4)], "opted_out", True),
]


@pytest.mark.parametrize(("events", "consent", "may_reply"), CONSENTS)
def test_consent_goes_by_the_providers_time_in_whatever_order_it_is_told(
    shared: System, events: list[tuple[str, int]], consent: str, may_reply: bool
) -> None:
    base = now() - 10 * HOUR
    orders: list[Any] = list(itertools.permutations(events))[:6]
    for order in orders:
        phone = new_number()
        for word, hour in (*order, *order):
            at = base + hour * HOUR
            is_event = word.startswith("opted-")
            body = gupshup_consent(word, phone, at) if is_event else gupshup_text(word, f"w.{phone}-{hour}", phone, at)
            post_webhook(shared, GUPSHUP, body)
        assert shared.contact(phone)["consent"]["status"] == consent
        answer = shared.check(TEXT | {"to": f"+{phone}"}).json
        assert (answer["decision"] == "allow") == may_reply
