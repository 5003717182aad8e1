"""Shadow mode: what the gate would have said of a message that was sent around it."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from gate24.channels import Channel
from gate24.contacts import Consent, ConsentEntry
from gate24.costs import Cost, LedgerEntry, Line
from gate24.events import UNKNOWN_TYPE
from gate24.message_keys import MessageKey
from gate24.messages import Message
from gate24.rules.consent import join, said_by
from gate24.rules.shadow import (
    DISAGREEMENTS,
    UNKNOWN_REASONS,
    Judgement,
    Opening,
    Past,
    SentAround,
    as_told,
    facts_at,
    is_by_software,
    judge,
    past_of,
    unmoved_since,
)
from gate24.rules.shadow_sums import ShadowSums

SECOND, HOUR = 1000, 3_600_000
SENT = 1_790_000_000_000
CHANNEL = Channel("c", "o", "gupshup", "+919876500001", "https://bsp.example.org", "gupshup-2021-02")


def said(action: str, ago: int, source: str = "form", channel: str | None = None) -> ConsentEntry:
    actor, evidence = ("provider", "failure 1012") if source == "provider" else ("contact", None)
    return ConsentEntry(action, SENT - ago, source, evidence, actor, channel)


def past(wrote: int | None = None, *entries: ConsentEntry, **more: Any) -> Past:
    """``wrote``: so long before the send."""
    openings = () if wrote is None else (Opening(SENT - wrote, is_writing=True),)
    return Past(**{"openings": openings, "entries": entries, **more})


IN = said("opt_in", 100 * HOUR)
OUT = said("opt_out", 3 * HOUR)
OPEN, SHUT, NEVER = past(HOUR, IN), past(24 * HOUR, IN), past(None, IN)
MARGIN = past(24 * HOUR - 10 * SECOND, IN)
LATER = past(-SECOND, IN)
BY_PROVIDER = past(2 * HOUR, IN, closures=(SENT - HOUR,))
HEALED = past(HOUR, IN, closures=(SENT - 2 * HOUR,))
ITS_OWN = past(HOUR, IN, closures=(SENT,))
KEYWORD = past(None, OUT, openings=(Opening(SENT - 3 * HOUR, is_writing=False),))
AGAIN = past(HOUR, OUT)
STOPPED = past(HOUR, IN, said("marketing_stop", HOUR, channel="c"))
OTHERS_STOP = past(HOUR, IN, said("marketing_stop", HOUR, channel="d"))
BLOCKED, UNBLOCKED = past(HOUR, IN, said("block", HOUR)), past(HOUR, IN, said("block", HOUR), said("unblock", SECOND))
BLOCKED_SINCE = past(HOUR, IN, said("block", -HOUR))
OUT_SINCE, OUT_BY_IT = past(HOUR, IN, said("opt_out", -1)), past(HOUR, IN, said("opt_out", 0, "provider"))

FREEFORM, UTILITY, MARKETING = ("freeform", None), ("template", "utility"), ("template", "marketing")
TEMPLATE, NOTHING_TOLD = ("template", None), (None, None)
DELIVERED, FAILED = "delivered", "failed"

JUDGED = [
    # past, what, outcome with code, verdict or code, disagreement
    (OPEN, FREEFORM, DELIVERED, "allow", None),
    (OPEN, FREEFORM, FAILED + " 131047", "allow", "failed_though_open"),
    (OPEN, FREEFORM, FAILED + " 470", "allow", "failed_though_open"),
    (OPEN, NOTHING_TOLD, FAILED + " 470", "allow", "failed_though_open"),
    (OPEN, FREEFORM, FAILED + " 131026", "allow", None),
    (OPEN, FREEFORM, FAILED + " 1012", "allow", "failed_for_consent_unknown_here"),
    (OPEN, MARKETING, FAILED + " 131050", "allow", "failed_for_consent_unknown_here"),
    (OPEN, NOTHING_TOLD, DELIVERED, "allow", None),
    (ITS_OWN, FREEFORM, FAILED + " 470", "allow", "failed_though_open"),
    (OUT_BY_IT, UTILITY, FAILED + " 1012", "allow", "failed_for_consent_unknown_here"),
    (SHUT, FREEFORM, DELIVERED, "window_closed", "delivered_though_closed"),
    (SHUT, FREEFORM, "read", "window_closed", "delivered_though_closed"),
    (SHUT, FREEFORM, "sent", "window_closed", None),
    (SHUT, FREEFORM, FAILED + " 131047", "window_closed", None),
    (SHUT, UTILITY, DELIVERED, "allow", None),
    (SHUT, TEMPLATE, DELIVERED, "allow", None),
    (SHUT, NOTHING_TOLD, DELIVERED, "kind_not_told", None),
    (NEVER, FREEFORM, DELIVERED, "window_closed", "delivered_though_closed"),
    (MARGIN, FREEFORM, DELIVERED, "window_closed", "delivered_in_margin"),
    (LATER, FREEFORM, FAILED + " 470", "window_closed", None),
    (BY_PROVIDER, FREEFORM, DELIVERED, "window_closed", "delivered_though_closed"),
    (HEALED, FREEFORM, DELIVERED, "allow", None),
    (past(HOUR), FREEFORM, DELIVERED, "allow", None),
    (past(HOUR), UTILITY, DELIVERED, "allow", None),
    (past(HOUR), MARKETING, DELIVERED, "not_opted_in", None),
    (past(HOUR), TEMPLATE, DELIVERED, "kind_not_told", None),
    (past(None), UTILITY, DELIVERED, "not_opted_in", None),
    (past(None), NOTHING_TOLD, DELIVERED, "not_opted_in", None),
    (past(None), FREEFORM, DELIVERED, "not_opted_in", "delivered_though_closed"),
    (KEYWORD, FREEFORM, DELIVERED, "opted_out", None),
    (AGAIN, FREEFORM, DELIVERED, "allow", None),
    (AGAIN, UTILITY, DELIVERED, "opted_out", None),
    (past(None, OUT), FREEFORM, FAILED + " 131047", "opted_out", None),
    (OUT_SINCE, UTILITY, DELIVERED, "allow", None),
    (STOPPED, MARKETING, DELIVERED, "marketing_stopped", None),
    (STOPPED, UTILITY, DELIVERED, "allow", None),
    (OTHERS_STOP, MARKETING, DELIVERED, "allow", None),
    (BLOCKED, NOTHING_TOLD, DELIVERED, "blocked", None),
    (BLOCKED_SINCE, FREEFORM, DELIVERED, "allow", None),
    (UNBLOCKED, FREEFORM, DELIVERED, "allow", None),
    (replace(OPEN, is_left=True), FREEFORM, DELIVERED, "number_changed", None),
    (replace(OPEN, naming="impossible"), FREEFORM, DELIVERED, "not_supported_by_provider", None),
]


def judged(before: Past, what: tuple[Any, Any], outcome: str, channel: Channel = CHANNEL) -> Judgement:
    status, _, code = outcome.partition(" ")
    told = {"sent": SENT} if status != "failed" else {}
    return judge(message(*what, told | {status: SENT}, code), before, channel)


def message(sent_as: Any, category: str | None, statuses: dict[str, int], code: str = "", **more: Any) -> SentAround:
    """As it is told where statuses tell the kind, but for ``sent_as`` None."""
    key = MessageKey("A" * 20, SENT, "0" * 12)
    entry = LedgerEntry(key.id, SENT, "c", sent_as or "freeform", "counted", category)
    stored = Message(
        key,
        "outbound",
        UNKNOWN_TYPE,
        "c",
        "accepted",
        statuses,
        sent_as=sent_as or "freeform",
        code=code or None,
        cost_is_estimate=sent_as is None,
        ledger=entry,
        sent_around=True,
    )
    return as_told(replace(stored, **more))


@pytest.mark.parametrize(("before", "what", "outcome", "says", "disagreement"), JUDGED)
def test_a_message_is_judged_by_what_stood_when_it_was_sent(
    before: Past, what: tuple[Any, Any], outcome: str, says: str, disagreement: str | None
) -> None:
    judgement = judged(before, what, outcome)
    assert (judgement.unknown or judgement.code or "allow", judgement.disagreement) == (says, disagreement)


def test_every_disagreement_and_every_reason_of_the_rule_is_in_the_table() -> None:
    found = {disagreement for *_, disagreement in JUDGED} - {None}
    assert found == set(DISAGREEMENTS)
    assert {says for *_, says, _ in JUDGED} & set(UNKNOWN_REASONS) == {"kind_not_told"}  # the others are below


@pytest.mark.parametrize("before", [past(HOUR), past(30 * HOUR, OUT), past(None), BLOCKED])
def test_a_refusal_by_consent_of_what_was_delivered_is_told_apart(before: Past) -> None:
    is_refused = judged(before, MARKETING, DELIVERED).code is not None
    assert is_refused and judged(before, MARKETING, DELIVERED).against_consent
    assert not judged(before, MARKETING, FAILED + " 131026").against_consent
    assert not judged(SHUT, FREEFORM, DELIVERED).against_consent, "the provider knows of windows"


def test_a_window_that_opened_before_gate24_heard_the_channel_is_not_known() -> None:
    def at_the_send(before: Past, what: tuple[Any, Any], heard: int, outcome: str = DELIVERED) -> str:
        judgement = judged(before, what, outcome, replace(CHANNEL, mode="shadow", shadow_since=SENT - heard))
        assert judgement.disagreement is None
        return judgement.unknown or judgement.code or "allow"

    unknown = "heard_for_less_than_24_hours"
    assert at_the_send(NEVER, FREEFORM, HOUR) == unknown
    assert at_the_send(NEVER, FREEFORM, HOUR, FAILED + " 470") == unknown
    assert at_the_send(NEVER, FREEFORM, -HOUR) == unknown, "before the trial began"
    assert at_the_send(past(None), UTILITY, HOUR) == unknown
    assert at_the_send(past(None), MARKETING, HOUR) == "not_opted_in", "open or not"
    assert at_the_send(NEVER, UTILITY, HOUR) == "allow", "open or not"
    assert at_the_send(OPEN, FREEFORM, HOUR) == "allow"
    assert at_the_send(replace(BY_PROVIDER, openings=()), FREEFORM, HOUR) == unknown
    assert at_the_send(BY_PROVIDER, FREEFORM, HOUR, "sent") == "window_closed", "closed by the provider's word"
    assert at_the_send(past(None, OUT), UTILITY, HOUR) == "opted_out"
    assert at_the_send(NEVER, FREEFORM, 24 * HOUR, "sent") == "window_closed"


def test_what_was_told_of_a_message_says_its_kind_and_when_it_was_sent() -> None:
    assert message(None, None, {"sent": SENT}).sent_as is None
    assert message(None, None, {"sent": SENT + 2, "enqueued": SENT + 1}).sent_as == "freeform", "Gupshup tells it there"
    assert message("template", None, {"sent": SENT}, cost_is_estimate=True).sent_as == "template"
    assert message("template", "marketing_lite", {"sent": SENT}).category == "marketing"
    echoed = message(None, None, {"read": SENT + 9}, type="text")
    assert (echoed.sent_as, echoed.sent_at, echoed.status) == ("freeform", SENT, "read")
    assert message(None, None, {"sent": SENT - 2, "delivered": SENT - 9}).sent_at == SENT - 2, "a status that came late"


def test_what_staff_typed_in_the_app_is_not_judged() -> None:
    key = MessageKey("A" * 20, SENT, "0" * 12)
    entry = LedgerEntry(key.id, SENT, "c", "freeform", "counted")
    echoed = Message(key, "outbound", "text", "c", "accepted", cost=Cost("USD", ()), cost_is_estimate=True)
    echoed = replace(echoed, sent_around=True, ledger=entry)
    assert not is_by_software(echoed)
    assert is_by_software(replace(echoed, cost_is_estimate=False)), "the provider priced it"
    assert is_by_software(replace(echoed, cost=Cost("USD", (Line("gupshup", 1000),))))
    assert is_by_software(replace(echoed, type=UNKNOWN_TYPE)), "no echo"
    assert is_by_software(replace(echoed, in_app=False)), "an echo told that other software sent it"
    assert not is_by_software(replace(echoed, in_app=True, cost_is_estimate=False)), "typed, whatever the price"
    assert not is_by_software(replace(echoed, type=UNKNOWN_TYPE, sent_around=False)), "the gate's own"


def test_a_template_in_an_open_window_is_told_where_a_freeform_was_allowed() -> None:
    assert judged(OPEN, UTILITY, DELIVERED).freeform_would_do
    assert not judged(SHUT, UTILITY, DELIVERED).freeform_would_do
    assert not judged(KEYWORD, UTILITY, DELIVERED).freeform_would_do
    assert not judged(OPEN, FREEFORM, DELIVERED).freeform_would_do


def test_the_order_in_which_the_past_was_told_makes_no_difference() -> None:
    entries = (IN, OUT, said("opt_in", HOUR), said("block", 2 * HOUR), said("unblock", HOUR), said("opt_out", -HOUR))
    openings = tuple(Opening(SENT - ago * HOUR, ago % 2 == 0) for ago in (30, 3, 2, -1))
    sent = message("freeform", None, {"sent": SENT})
    found = {
        (judge(sent, Past(told, (SENT - 5 * HOUR,), heard), CHANNEL))
        for told in itertools.permutations(openings)
        for heard in itertools.permutations(entries)
    }
    assert len(found) == 1


def test_what_has_not_moved_since_tells_the_same_as_the_history() -> None:
    """Every past of the table, in both ways."""
    compared = 0
    for before, what, outcome, *_ in JUDGED:
        consent = Consent()
        for entry in before.entries:
            consent = join(consent, said_by(entry))
        window = facts_at(replace(before, closures=()), CHANNEL, SENT + HOUR).window
        window = replace(window, provider_closed_at=max(before.closures, default=None))
        if unmoved_since(window, consent, SENT):
            compared += 1
            registers = past_of(window, consent, before.is_left, before.naming)
            assert judged(registers, what, outcome) == judged(before, what, outcome)
    moved = (LATER, ITS_OWN, OUT_SINCE, OUT_BY_IT, BLOCKED_SINCE)
    assert compared == sum(before not in moved for before, *_ in JUDGED)


def test_the_sums_count_each_message_once_and_what_a_refusal_saves() -> None:
    sums = ShadowSums("USD")
    plain = LedgerEntry("m", SENT, "c", "freeform", "counted", gupshup=1000)
    template = LedgerEntry("m", SENT, "c", "template", "counted", "utility", whatsapp=4200, gupshup=1000)
    for before, what, outcome, entry in (
        (OPEN, FREEFORM, DELIVERED, plain),
        (SHUT, FREEFORM, DELIVERED, plain),
        (SHUT, FREEFORM, FAILED + " 470", replace(plain, state="failed")),
        (OPEN, UTILITY, "sent", template),
        (past(None, OUT), UTILITY, DELIVERED, template),
        (SHUT, NOTHING_TOLD, DELIVERED, replace(plain, currency="INR", unpriced=True)),
    ):
        status, _, code = outcome.partition(" ")
        sent = message(what[0], what[1], {"sent": SENT, status: SENT}, code)
        sums.add(sent, judge(sent, before, CHANNEL), entry, 1000)
    assert (sums.seen, sums.allowed) == (6, 2)
    assert sums.refused == {"window_closed": 2, "opted_out": 1}
    assert sums.unknown == {"kind_not_told": 1}
    assert sums.outcomes == {"delivered": 4, "failed": 1, "not_told": 1}
    assert sums.disagreements == {"delivered_though_closed": 1}
    assert sums.against_consent == {"opted_out": 1}
    assert (sums.cost, sums.refused_cost, sums.unpriced) == (2 * 1000 + 2 * 5200, 1000 + 5200, 1)
    assert (sums.templates_in_window, sums.template_extra) == (1, 4200)
    assert sums.agreements == 2, "delivered in the open window, failed in the closed one"
    sent = message(None, None, {"sent": SENT})
    sums.add(sent, judge(sent, SHUT, CHANNEL), plain, 1000)
    assert (sums.cost, sums.gated_cost, sums.unknown_cost) == (3 * 1000 + 2 * 5200, 2 * 1000 + 5200, 1000)


AGREED = [
    (OPEN, FREEFORM, "read", True),
    (OPEN, FREEFORM, "sent", False),
    (OPEN, FREEFORM, FAILED + " 131026", False),
    (OPEN, FREEFORM, FAILED + " 470", False),
    (SHUT, FREEFORM, FAILED + " 470", True),
    (SHUT, FREEFORM, FAILED + " 131026", False),
    (SHUT, FREEFORM, DELIVERED, False),
    (past(None, OUT), UTILITY, FAILED + " 1012", True),
    (past(None, OUT), UTILITY, DELIVERED, False),
    (SHUT, NOTHING_TOLD, DELIVERED, False),
]


@pytest.mark.parametrize(("before", "what", "outcome", "agrees"), AGREED)
def test_gate_and_provider_agree_where_both_let_it_through_or_neither(
    before: Past, what: tuple[Any, Any], outcome: str, agrees: bool
) -> None:
    assert judged(before, what, outcome).agrees is agrees


def test_a_message_is_not_judged_where_nothing_tells_when_it_was_sent() -> None:
    told = message("template", "utility", {"delivered": SENT}, time_is_estimate=True)
    judgement = judge(told, OPEN, CHANNEL)
    assert (judgement.unknown, judgement.verdict, judgement.agrees) == ("time_not_told", "unknown", False)
    corrected = message("template", "utility", {"sent": SENT - HOUR, "delivered": SENT}, forwarded_at=SENT - HOUR)
    assert (corrected.sent_at, corrected.is_time_told) == (SENT - HOUR, True)
