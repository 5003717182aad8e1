"""What is told twice without a time of its own, or with one from the future: the first telling holds, for the window
and the consent, too. What ties within a second: the no wins.

Meta retries a webhook for 7 days (webhooks overview, read 2026-11); its times are whole seconds (messages webhook
reference, 2026-05).
"""

from collections.abc import Iterator
from typing import Any

import pytest

from gate24 import clock
from tests.support.bodies import gupshup_consent, gupshup_preference, gupshup_text, meta_preference, meta_text
from tests.support.scene import (
    HOUR,
    MARKETING,
    MINUTE,
    SECOND,
    body_about,
    contact_opted_in,
    epoch_ms,
    new_number,
    now,
    post_webhook,
    put_marketing_template,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, TEXT, System, put_template, system

DAY = 24 * HOUR


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has a contact of its own."""
    with system(tmp_path_factory.mktemp("again"), simulate=False, in_memory=True) as made:
        put_marketing_template(made)
        put_template(made, META, name="camp", category="marketing")
        yield made


def without_time(body: Any) -> Any:
    del body["timestamp"]
    return body


def from_the_future(body: Any) -> Any:
    return body | {"timestamp": now() + 40 * 365 * DAY}


UNTIMED = pytest.mark.parametrize("made", [without_time, from_the_future])


@UNTIMED
@pytest.mark.parametrize(("between", "days"), [(0, 0), (40, 0), (0, 6), (40, 6)])
def test_a_message_without_a_usable_time_told_again_moves_nothing(
    shared: System, made: Any, between: int, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, began = new_number(), now()
    body = made(gupshup_text("Namaste", f"w.{phone}", phone))
    post_webhook(shared, GUPSHUP, body)
    first = epoch_ms(shared.window(phone)["last_inbound_at"])
    assert first is not None and first >= began
    last = first
    for number in range(between):
        last = first + (number + 1) * SECOND
        monkeypatch.setattr(clock, "now_ms", lambda at=last: at)
        post_webhook(shared, GUPSHUP, gupshup_text("more", f"w.{phone}-{number}", phone, last))
    monkeypatch.setattr(clock, "now_ms", lambda: first + HOUR + days * DAY)
    for _ in range(2):
        post_webhook(shared, GUPSHUP, body)
    assert epoch_ms(shared.window(phone)["last_inbound_at"]) == last
    texts = [each["text"] for each in shared.http("GET", f"/v1/contacts/{phone}/messages?limit=100").json["data"]]
    assert (texts.count("Namaste"), len(texts)) == (1, between + 1)


@UNTIMED
def test_one_id_on_two_channels_is_two_messages(shared: System, made: Any) -> None:
    phone = new_number()
    for text, channel in (("first", META), ("second", GUPSHUP)):
        body = gupshup_text(text, f"w.{phone}", phone)
        if channel == META:
            post_webhook(shared, META, meta_text(text, f"w.{phone}", phone, now() + HOUR, META_NUMBER))
        else:
            post_webhook(shared, GUPSHUP, made(body))
    assert [each["text"] for each in shared.conversation(phone)] == ["second", "first"]


def test_an_opt_in_without_a_usable_time_told_again_does_not_overrule_a_stop(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for made in (without_time, from_the_future):
        phone = new_number()
        opted_in = made(gupshup_consent("opted-in", phone))
        post_webhook(shared, GUPSHUP, opted_in)
        assert shared.contact(phone)["consent"]["status"] == "opted_in"
        later = now() + MINUTE
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now_ms", lambda at=later: at)
            post_webhook(shared, GUPSHUP, gupshup_text("STOP", f"w.{phone}", phone, later - SECOND))
            patch.setattr(clock, "now_ms", lambda at=later: at + HOUR)
            post_webhook(shared, GUPSHUP, opted_in)
        assert shared.contact(phone)["consent"]["status"] == "opted_out"


def test_a_stop_wins_against_an_opt_in_by_the_api_in_the_same_second(shared: System) -> None:
    phone = new_number()
    answer = shared.http("POST", f"/v1/contacts/{phone}/consents", {"action": "opt_in", "source": "form"})
    at = epoch_ms(answer.json["at"])
    assert at is not None
    stop = meta_text("STOP", f"w.{phone}", phone, at // SECOND * SECOND, META_NUMBER)
    post_webhook(shared, META, stop)
    assert shared.contact(phone)["consent"]["status"] == "opted_out"


@pytest.mark.parametrize("stopped", [GUPSHUP, META])
def test_a_marketing_stop_holds_for_its_business_number_alone(shared: System, stopped: str) -> None:
    # Meta, user_preferences: "for this business number" (webhook reference, 2026-05, read 2026-11).
    phone, other = new_number(), META if stopped == GUPSHUP else GUPSHUP
    contact_opted_in(shared, phone, 3 * HOUR)
    told = {
        GUPSHUP: [gupshup_preference(value, phone, now() - ago * HOUR) for value, ago in (("stop", 2), ("resume", 1))],
        META: [
            body_about(meta_preference(value), phone, now() - ago * HOUR) for value, ago in (("stop", 2), ("resume", 1))
        ],
    }[stopped]
    expected = {stopped: "marketing_stopped", other: None}
    post_webhook(shared, stopped, told[0])
    for channel, code in expected.items():
        assert shared.check(MARKETING | {"to": f"+{phone}", "channel": channel}).json["code"] == code
        assert shared.check(TEXT | {"to": f"+{phone}", "channel": channel}).json["code"] == "window_closed"
    contact = shared.contact(phone)
    assert contact["marketing_stopped"]
    assert {each["channel"]: each["marketing_stopped"] for each in contact["windows"]} == {stopped: True, other: False}
    post_webhook(shared, stopped, told[1])
    assert shared.check(MARKETING | {"to": f"+{phone}", "channel": stopped}).json["code"] is None
    history = shared.http("GET", f"/v1/contacts/{phone}/consents").json["data"]
    assert [(each["action"], each["channel"]) for each in history] == [
        ("marketing_resume", stopped),
        ("marketing_stop", stopped),
        ("opt_in", None),
    ]
