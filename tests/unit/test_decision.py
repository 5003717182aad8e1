"""Who may be sent what: the contract's table, row by row, and the order of the checks."""

from dataclasses import replace
from pathlib import Path

import pytest

from gate24.channels import Channel
from gate24.contacts import Consent, Contact
from gate24.events import ContactRef
from gate24.rules.decision import (
    CHECKS,
    CONSENT_TABLE,
    REFUSALS,
    Facts,
    Wanted,
    as_table,
    decide,
    facts_of,
    permissions,
    refusal,
)
from gate24.rules.recipients import Naming
from gate24.windows import Window

CHANNEL = Channel("c", "o", "meta", "+919876500001", "https://bsp.example.org", "meta-2026-10-01")
NOW = 1_790_000_000_000
HOUR = 3_600_000
OPEN = Window(last_inbound_at=NOW - HOUR, opened_at=NOW - HOUR, last_writing_at=NOW - HOUR)
CLOSED = Window(last_inbound_at=NOW - 25 * HOUR, opened_at=NOW - 25 * HOUR, last_writing_at=NOW - 25 * HOUR)
OPT_IN = Consent(opt_in_at=NOW - 90 * HOUR)
OUT_BEFORE = Consent(opt_in_at=NOW - 90 * HOUR, opt_out_at=NOW - 80 * HOUR)
OUT_SINCE = Consent(opt_in_at=NOW - 90 * HOUR, opt_out_at=NOW - 1)
NOT_FOUND = "template_not_found"
FREEFORM, TEMPLATE, MARKETING = Wanted("freeform"), Wanted("template", "utility"), Wanted("template", "marketing")


def facts(consent: Consent, window: Window, naming: Naming = "number") -> Facts:
    contact = Contact("x", consent=consent, windows={"c": window})
    return replace(facts_of(contact, CHANNEL, ContactRef("+919876543210"), NOW), naming=naming)


ROWS = [
    # The table of contract section 3, "Who may be sent what".
    (OPT_IN, OPEN, (None, None, None)),
    (OPT_IN, CLOSED, ("window_closed", None, None)),
    (Consent(), OPEN, (None, None, "not_opted_in")),
    (Consent(), CLOSED, ("not_opted_in",) * 3),
    (Consent(), Window(), ("not_opted_in",) * 3),
    (OUT_BEFORE, OPEN, (None, "opted_out", "opted_out")),
    (OUT_SINCE, OPEN, ("opted_out",) * 3),
    (OUT_BEFORE, CLOSED, ("opted_out",) * 3),
    (Consent(opt_in_at=NOW, blocked=True), OPEN, ("blocked",) * 3),
]


@pytest.mark.parametrize(("consent", "window", "codes"), ROWS)
def test_each_row_of_the_table(consent: Consent, window: Window, codes: tuple[str | None, ...]) -> None:
    known = facts(consent, window)
    assert tuple(refusal(known, wanted) for wanted in (FREEFORM, TEMPLATE, MARKETING)) == codes
    may = permissions(known)
    assert (may.freeform, may.template, may.marketing) == tuple(code is None for code in codes)
    assert may.code == next((code for code in codes if code), None)


def test_not_opted_in_says_what_may_be_sent_in_an_open_window_and_that_nothing_may_in_a_closed_one() -> None:
    marketing = decide(facts(Consent(), OPEN), MARKETING)
    assert (marketing.code, marketing.allowed_actions) == (
        "not_opted_in",
        ("send_freeform", "send_template", "wait_for_inbound", "record_opt_in"),
    )
    assert "a freeform reply or a utility or authentication template may" in marketing.detail
    for wanted in (FREEFORM, TEMPLATE, MARKETING):
        closed = decide(facts(Consent(), CLOSED), wanted)
        assert (closed.code, closed.allowed_actions) == ("not_opted_in", ("wait_for_inbound", "record_opt_in"))
        assert "nothing may be sent until" in closed.detail


def test_the_first_check_that_objects_gives_the_code() -> None:
    everything_wrong = Wanted("template", "marketing", "media_too_large", "template_not_approved")
    stopped = Consent(stopped_marketing={"c": NOW})
    unapproved = Wanted("template", "marketing", template_fault="template_not_approved")
    left = replace(facts(stopped, OPEN, "impossible"), is_left=True)
    opted_in = facts(Consent(opt_in_at=NOW), OPEN)
    stopped_it = facts(Consent(opt_in_at=NOW, stopped_marketing={"c": NOW}), OPEN)
    steps = [
        (replace(left, consent=Consent(blocked=True)), everything_wrong, "blocked"),
        (left, everything_wrong, "number_changed"),
        (facts(stopped, OPEN, "impossible"), everything_wrong, "not_supported_by_provider"),
        (facts(stopped, OPEN), everything_wrong, "media_too_large"),
        (facts(stopped, OPEN), unapproved, "template_not_approved"),
        (facts(stopped, OPEN), MARKETING, "not_opted_in"),
        (replace(stopped_it, budget_fault="It is used up."), MARKETING, "marketing_stopped"),
        (replace(opted_in, budget_fault="It is used up."), MARKETING, "budget_exceeded"),
    ]
    assert [refusal(known, wanted) for known, wanted, _ in steps] == [code for *_, code in steps]
    assert len(CHECKS) == len(steps)
    assert all(code in check.codes for check, (*_, code) in zip(CHECKS, steps, strict=True))


def test_the_checks_name_every_code_that_is_explained() -> None:
    assert {code for check in CHECKS for code in check.codes} == set(REFUSALS)
    assert {code for row in CONSENT_TABLE.values() for code in row.values() if code} == set(
        next(check.codes for check in CHECKS if "window_closed" in check.codes)
    )


AUTHENTICATION = Wanted("template", "authentication")


@pytest.mark.parametrize(
    ("naming", "codes"),
    [
        # Meta, error 131062 (read 2026-11): no authentication template goes to a user id.
        ("user_id", (None, None, "not_supported_by_provider")),
        # Gupshup, support article 55873677826713 (read 2026-11): "Sending message to BSUID (coming soon)".
        ("impossible", ("not_supported_by_provider",) * 3),
        ("number", (None, None, None)),
    ],
)
def test_what_goes_to_somebody_without_a_number(naming: Naming, codes: tuple[str | None, ...]) -> None:
    known = facts(OPT_IN, OPEN, naming)
    assert tuple(refusal(known, wanted) for wanted in (FREEFORM, TEMPLATE, AUTHENTICATION)) == codes


@pytest.mark.parametrize(
    ("consent", "fallback", "sent_as", "code", "fallback_code"),
    [
        (OPT_IN, TEMPLATE, "template", None, None),
        (OPT_IN, None, "freeform", "window_closed", None),
        (OPT_IN, Wanted("template", template_fault="template_not_found"), "freeform", "window_closed", NOT_FOUND),
        (Consent(), TEMPLATE, "freeform", "not_opted_in", None),
    ],
)
def test_a_fallback_goes_out_only_for_a_closed_window(
    consent: Consent, fallback: Wanted | None, sent_as: str, code: str | None, fallback_code: str | None
) -> None:
    decision = decide(facts(consent, CLOSED), FREEFORM, fallback)
    assert (decision.sent_as, decision.code, decision.fallback_code) == (sent_as, code, fallback_code)


def test_the_documented_tables_are_those_of_the_code() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "behaviour.md").read_text(encoding="utf-8")
    lines = [line for line in as_table().splitlines() if line]
    assert len(lines) == 4 + len(CHECKS) + len(CONSENT_TABLE)
    assert [line for line in lines if f"  {line}\n" not in documented] == []


def test_a_budget_that_is_used_up_refuses_marketing_alone_and_says_what_may_be_done() -> None:
    said = "The organization's budget is used up."
    known = replace(facts(Consent(opt_in_at=NOW), CLOSED), budget_fault=said)
    assert refusal(known, TEMPLATE) is None
    decision = decide(known, MARKETING)
    assert (decision.code, decision.detail) == ("budget_exceeded", said)
    assert decision.allowed_actions == ("send_template", "raise_budget", "wait_for_next_month")
    fallen_back = decide(known, FREEFORM, MARKETING)
    assert (fallen_back.code, fallen_back.fallback_code) == ("window_closed", "budget_exceeded")
    is_open = replace(known, state=facts(Consent(opt_in_at=NOW), OPEN).state)
    assert refusal(is_open, FREEFORM) is None
    assert decide(is_open, MARKETING).allowed_actions[0] == "send_freeform"
