"""The gate at the moment of forwarding: fallbacks, turns, and what changes while a send waits."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from gate24.rules import rate_limit
from gate24.store import secrets as channel_secrets
from gate24.store import send_slots
from gate24.store.outage import SECRETS
from gate24.store.send_slots import Slot
from tests.support.scene import (
    HOUR,
    change_channel,
    contact_opted_in,
    contact_opted_out,
    contact_wrote,
    now,
    received_by_bsp,
)
from tests.support.system import GUPSHUP, TEMPLATE, TEXT, System, put_template

FALLBACK = {"fallback": {"template": TEMPLATE["template"]}}


def opted_in(gate24: System, wrote_hours_ago: float | None) -> None:
    contact_opted_in(gate24, ago=90 * HOUR)
    if wrote_hours_ago is not None:
        contact_wrote(gate24, ago=int(wrote_hours_ago * HOUR))


@pytest.mark.parametrize(("wrote", "sent_as", "amount"), [(1, "freeform", "0.0010"), (25, "template", "0.0052")])
def test_the_declared_template_goes_out_only_where_the_window_is_shut_and_that_is_said(
    gate24: System, wrote: float, sent_as: str, amount: str
) -> None:
    opted_in(gate24, wrote)
    checked = gate24.check(TEXT | FALLBACK).json
    sent = gate24.send(TEXT | FALLBACK)
    assert (sent.status, sent.json["sent_as"], sent.json["cost"]["amount"]) == (202, sent_as, amount)
    assert (checked["sent_as"], checked["cost"]) == (sent_as, sent.json["cost"])
    shown = gate24.conversation()[0]
    assert (shown["sent_as"], shown["cost"]["amount"]) == (sent_as, amount)
    assert ("template" in received_by_bsp(gate24)[0]["form"]) is (sent_as == "template")
    assert shown.get("details", {}).get("fallback_for") == ("text" if sent_as == "template" else None)


def test_a_fallback_that_cannot_go_either_leaves_the_refusal_and_says_why(gate24: System) -> None:
    opted_in(gate24, 25)
    put_template(gate24, GUPSHUP, status="paused")
    refused = gate24.send(TEXT | FALLBACK)
    assert (refused.status, refused.json["code"]) == (409, "window_closed")
    assert refused.json["errors"][0]["pointer"] == "/fallback/template"
    assert "template_not_approved" in refused.json["errors"][0]["detail"]
    assert received_by_bsp(gate24) == []


def test_a_fallback_is_no_way_around_consent(gate24: System) -> None:
    contact_wrote(gate24, ago=25 * HOUR)
    assert gate24.send(TEXT | FALLBACK).json["code"] == "not_opted_in"


def test_a_template_that_was_paused_a_moment_ago_does_not_go_out(gate24: System) -> None:
    opted_in(gate24, None)
    assert gate24.send(TEMPLATE).status == 202
    put_template(gate24, GUPSHUP, status="paused")
    assert gate24.send(TEMPLATE).json["code"] == "template_not_approved"


def test_who_opts_out_while_a_send_waits_for_its_turn_is_not_written_to(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    opted_in(gate24, 1)

    def opts_out_meanwhile(*args: Any) -> Slot:
        contact_opted_out(gate24, ago=0)
        return Slot(True, 1)

    monkeypatch.setattr(send_slots, "take_slot", opts_out_meanwhile)
    assert gate24.send(TEXT).json["code"] == "opted_out"
    assert received_by_bsp(gate24) == []


def test_a_channel_that_is_asked_for_too_much_says_when_to_come_again(gate24: System) -> None:
    opted_in(gate24, 1)
    change_channel(messages_per_second=1)
    send_slots.take_slot(GUPSHUP, now() * 1000, 10_000_000, 0)
    refused = gate24.send(TEMPLATE, "key-1")
    assert (refused.status, refused.json["code"], refused.json["retryable"]) == (429, "throttled", True)
    assert 8 <= int(refused.headers["retry-after"]) <= 10
    assert received_by_bsp(gate24) == []
    assert [each["status"] for each in gate24.conversation()] == ["received"]


@pytest.mark.parametrize("wrote", [0.01, 1])
def test_a_contact_that_got_a_burst_of_messages_is_left_alone_for_a_while(
    gate24: System, monkeypatch: pytest.MonkeyPatch, wrote: float
) -> None:
    opted_in(gate24, wrote)
    monkeypatch.setattr(rate_limit, "CONTACT_BURST", 3)
    assert [gate24.send(TEXT).status for _ in range(4)] == [202, 202, 202, 429]
    assert len(received_by_bsp(gate24)) == 3


def test_secrets_that_cannot_be_read_send_nothing_and_leave_the_key_free(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    opted_in(gate24, 1)

    def unreachable(channel: str) -> Any:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.example.org")

    with monkeypatch.context() as broken:
        broken.setattr(channel_secrets, "secret", unreachable)
        channel_secrets.forget()
        failed = gate24.send(TEXT, "key-1")
    assert (failed.status, failed.json["code"], failed.json["retryable"]) == (503, "unavailable", True)
    SECRETS.answered()  # or 5 s later
    assert gate24.send(TEXT, "key-1").status == 202
    assert len(received_by_bsp(gate24)) == 1


def test_the_dry_run_stores_and_sends_nothing(gate24: System) -> None:
    opted_in(gate24, 1)
    before = gate24.items()
    for body in (TEXT, TEMPLATE, TEXT | FALLBACK, {"type": "template", "template": {"name": "none", "language": "en"}}):
        assert gate24.check(body).status == 200
    assert gate24.items() == before
    assert received_by_bsp(gate24) == []
