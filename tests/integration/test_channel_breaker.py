"""A BSP that does not answer costs neither the account's concurrency nor other channels."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gate24.providers.interface import ProviderAnswer
from gate24.rules.channel_breaker import ENDED_BY_MS, ENDS_COUNTED_EVERY, MOST_UNDER_WAY, PAUSE_MS, PROBE_MS
from gate24.store import messages, send_slots
from gate24.store.items import SendSlotsItem
from gate24.store.table import StoreError, get
from gate24.usecases import send_message, wait_for_slot
from tests.support.scene import change_channel, contact_opted_in, contact_wrote
from tests.support.system import GUPSHUP, META, OTHER, OTHER_ORG, TEMPLATE, TEXT, Answer, System

pytestmark = pytest.mark.in_memory

HANGS = ProviderAnswer("unknown", code="timed_out")
UNREACHABLE = ProviderAnswer("busy", code="unreachable")
ACCEPTS = ProviderAnswer("accepted", bsp_message_id="id-1")
REJECTS = ProviderAnswer("rejected", code="1002", reason="No such number")
BUSY = ProviderAnswer("busy", code="429")
UNTIL_CUT_OFF = 10


class Bsp:
    """A BSP that answers as it is told, and the time of the breaker. ``asked``: how many calls it got."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_us, self.answer, self.asked = time.time_ns() // 1000, ACCEPTS, 0
        self.hangs_ms = 8_000
        monkeypatch.setattr(wait_for_slot, "_now_us", lambda: self.now_us)
        monkeypatch.setattr(send_message, "forward", self._forward)

    def _forward(self, *_: Any) -> ProviderAnswer:
        self.asked += 1
        if self.answer in (HANGS, UNREACHABLE):
            self.later(self.hangs_ms)
        return self.answer

    def later(self, ms: int) -> None:
        self.now_us += ms * 1000


@pytest.fixture
def bsp(monkeypatch: pytest.MonkeyPatch) -> Bsp:
    return Bsp(monkeypatch)


def one_send(gate24: System, bsp: Bsp, answer: ProviderAnswer = ACCEPTS, **body: Any) -> Answer:
    bsp.answer = answer
    bsp.later(10)  # no send waits for its slot
    return gate24.send(TEXT | body)


def cut_off(gate24: System, bsp: Bsp, answer: ProviderAnswer = HANGS) -> None:
    contact_wrote(gate24)
    for _ in range(UNTIL_CUT_OFF):
        assert one_send(gate24, bsp, answer).status in (504, 429)
    assert bsp.asked == UNTIL_CUT_OFF


@pytest.mark.parametrize("answer", [HANGS, UNREACHABLE])
def test_a_channel_whose_bsp_does_not_answer_is_cut_off_and_nothing_is_sent(
    gate24: System, bsp: Bsp, answer: ProviderAnswer
) -> None:
    cut_off(gate24, bsp, answer)
    bsp.answer = ACCEPTS
    refused = gate24.send(TEXT, "key-1")
    assert (refused.status, refused.json["code"], refused.json["retryable"]) == (429, "throttled", True)
    assert PAUSE_MS / 1000 - 1 <= int(refused.headers["retry-after"]) <= PAUSE_MS / 1000
    assert bsp.asked == UNTIL_CUT_OFF
    bsp.later(PAUSE_MS)
    assert gate24.send(TEXT, "key-1").status == 202  # the key was free


@pytest.mark.parametrize("answer", [HANGS, UNREACHABLE])
def test_a_connection_that_breaks_at_once_holds_nothing_and_cuts_nobody_off(
    gate24: System, bsp: Bsp, answer: ProviderAnswer
) -> None:
    contact_wrote(gate24)
    bsp.hangs_ms = 100
    assert {one_send(gate24, bsp, answer).status for _ in range(3 * UNTIL_CUT_OFF)} <= {504, 429}
    assert bsp.asked == 3 * UNTIL_CUT_OFF


def test_while_cut_off_one_send_at_a_time_probes_and_its_answer_ends_the_cut(
    gate24: System, bsp: Bsp, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(gate24, bsp)
    bsp.later(PAUSE_MS)
    beside: list[int] = []

    def answers_late(*_: Any) -> ProviderAnswer:
        if not beside:
            beside.append(0)
            beside[0] = gate24.send(TEXT).status  # while the probe is under way
        return ACCEPTS

    monkeypatch.setattr(send_message, "forward", answers_late)
    assert gate24.send(TEXT).status == 202
    assert beside == [429]
    monkeypatch.setattr(send_message, "forward", bsp._forward)
    assert [one_send(gate24, bsp).status for _ in range(3)] == [202] * 3
    assert one_send(gate24, bsp, HANGS).status == 504  # the points are gone, too
    assert one_send(gate24, bsp).status == 202


def test_a_probe_without_an_answer_leaves_the_channel_cut_off(gate24: System, bsp: Bsp) -> None:
    cut_off(gate24, bsp)
    bsp.later(PAUSE_MS)
    assert one_send(gate24, bsp, HANGS).status == 504
    bsp.later(PAUSE_MS - 1000)
    assert one_send(gate24, bsp).status == 429
    bsp.later(1000)
    assert one_send(gate24, bsp).status == 202


def test_a_probe_whose_function_died_is_followed_by_another(gate24: System, bsp: Bsp) -> None:
    cut_off(gate24, bsp)
    bsp.later(PAUSE_MS)
    assert send_slots.take_slot(GUPSHUP, bsp.now_us, 1000, 4000, 80).probe_until_us is not None
    assert one_send(gate24, bsp).status == 429
    bsp.later(PROBE_MS)
    assert [one_send(gate24, bsp).status for _ in range(3)] == [202] * 3


@pytest.mark.parametrize(("answer", "status"), [(REJECTS, 502), (BUSY, 429)])
def test_a_bsp_that_says_no_is_never_cut_off_and_closes_a_probe(
    gate24: System, bsp: Bsp, answer: ProviderAnswer, status: int
) -> None:
    contact_wrote(gate24)
    assert {one_send(gate24, bsp, answer).status for _ in range(3 * UNTIL_CUT_OFF)} == {status}
    assert bsp.asked == 3 * UNTIL_CUT_OFF
    bsp.asked = 0
    cut_off(gate24, bsp)
    bsp.later(PAUSE_MS)
    assert one_send(gate24, bsp, answer).status == status
    assert one_send(gate24, bsp).status == 202


def test_failures_among_answers_cut_off_only_from_a_quarter_on(gate24: System, bsp: Bsp) -> None:
    contact_wrote(gate24)
    change_channel(pair_limit=False)
    for _ in range(UNTIL_CUT_OFF + 1):
        told = [one_send(gate24, bsp, each).status for each in (HANGS, ACCEPTS, ACCEPTS, ACCEPTS)]
        assert told == [504, 202, 202, 202]
    told = [one_send(gate24, bsp, each).status for _ in range(16) for each in (HANGS, ACCEPTS)]
    assert told[:4] == [504, 202, 504, 202]
    assert told[-1] == 429


def test_failures_of_long_ago_do_not_count(gate24: System, bsp: Bsp) -> None:
    contact_wrote(gate24)
    for _ in range(3 * UNTIL_CUT_OFF):
        assert one_send(gate24, bsp, HANGS).status == 504
        bsp.later(61_000)


def test_other_channels_and_organizations_send_on(gate24: System, bsp: Bsp) -> None:
    cut_off(gate24, bsp)
    assert one_send(gate24, bsp).status == 429
    contact_wrote(gate24, channel=META)
    contact_wrote(gate24, channel=OTHER)
    assert one_send(gate24, bsp, channel=META).status == 202
    bsp.later(10)
    assert gate24.send(TEXT | {"channel": OTHER}, key=OTHER_ORG).status == 202


def test_a_channel_holds_a_bounded_number_of_sends_and_keeps_a_share_for_replies(gate24: System, bsp: Bsp) -> None:
    contact_wrote(gate24)
    contact_opted_in(gate24)
    for _ in range(MOST_UNDER_WAY["template"]):
        assert send_slots.take_slot(GUPSHUP, bsp.now_us, 1, 4000, MOST_UNDER_WAY["template"]).granted
    bsp.later(1000)
    refused = gate24.send(TEMPLATE, "key-1")
    assert (refused.status, refused.json["code"]) == (429, "throttled")
    assert int(refused.headers["retry-after"]) >= 1
    assert one_send(gate24, bsp).status == 202
    for _ in range(MOST_UNDER_WAY["freeform"] - MOST_UNDER_WAY["template"] - 1):
        assert send_slots.take_slot(GUPSHUP, bsp.now_us, 1, 4000, MOST_UNDER_WAY["freeform"]).granted
    assert one_send(gate24, bsp).status == 429
    assert bsp.asked == 1
    bsp.later(ENDED_BY_MS)  # all of them crashed
    assert gate24.send(TEMPLATE, "key-1").status == 202
    assert under_way() == 1


def test_sends_that_end_make_room(gate24: System, bsp: Bsp) -> None:
    contact_wrote(gate24)
    for _ in range(3 * MOST_UNDER_WAY["freeform"]):
        slot = send_slots.take_slot(GUPSHUP, bsp.now_us, 1, 4000, MOST_UNDER_WAY["freeform"])
        assert slot.granted
        send_slots.send_ended(GUPSHUP, slot, None, bsp.now_us)
    assert under_way() < ENDS_COUNTED_EVERY


def test_a_send_that_ends_before_the_bsp_is_asked_makes_room_too(
    gate24: System, bsp: Bsp, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_wrote(gate24)

    def fails(*_: Any) -> bool:
        raise StoreError("PutItem", "InternalServerError")

    monkeypatch.setattr(messages, "begin", fails)
    for _ in range(2 * ENDS_COUNTED_EVERY):
        assert one_send(gate24, bsp).status == 503
    assert under_way() == 0


def under_way() -> int:
    item = get(SendSlotsItem, f"R#{GUPSHUP}", "LINE", consistent=True)
    assert item is not None
    return item.under_way or 0
