"""The gate's decision: who may be sent what.

A message is refused by the first of ``CHECKS`` that objects. What consent and window allow is ``CONSENT_TABLE``.
``python -m gate24.rules.decision`` prints both.

Pure: no AWS, no clock. The dry run and the send use the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from gate24.channels import Channel
from gate24.contacts import Consent, Contact
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.rules.consent import consent_status, has_stopped_marketing
from gate24.rules.recipients import ONLY_TO_NUMBERS, Naming, naming
from gate24.rules.window import state_at
from gate24.windows import Window, WindowState

ConsentNow = Literal["opted_in", "none", "wrote_again", "opted_out"]
DecisionKind = Literal["freeform", "template", "marketing"]

KINDS: tuple[DecisionKind, ...] = ("freeform", "template", "marketing")
ALLOW = None

# fmt: off
CONSENT_TABLE: dict[tuple[ConsentNow, Literal["open", "shut"]], dict[DecisionKind, str | None]] = {
    # consent        window        freeform          template        marketing template
    row[:2]: dict(zip(KINDS, row[2:], strict=True)) for row in (
    ("opted_in",     "open",      ALLOW,            ALLOW,          ALLOW         ),
    ("opted_in",     "shut",      "window_closed",  ALLOW,          ALLOW         ),
    ("none",         "open",      ALLOW,            ALLOW,          "not_opted_in"),
    ("none",         "shut",      "not_opted_in",   "not_opted_in", "not_opted_in"),
    ("wrote_again",  "open",      ALLOW,            "opted_out",    "opted_out"   ),
    ("opted_out",    "open",      "opted_out",      "opted_out",    "opted_out"   ),
    ("opted_out",    "shut",      "opted_out",      "opted_out",    "opted_out"   ),
    )
}
# fmt: on
"""The code of the refusal, or ALLOW. ``wrote_again``: opted out, and wrote an ordinary message later, which opened
the window. ``shut``: closed, or never opened."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of the contact and the channel at the moment of the decision. ``has_stopped_marketing``: from
    this channel's number. ``is_left``: the person left the number, and nobody has written from it since. ``naming``:
    how the provider can be told who is meant. ``budget_fault``: why marketing is refused for a budget that is used up,
    in words; None where it is not, or was not asked."""

    consent: Consent
    window: Window
    state: WindowState
    has_stopped_marketing: bool = False
    is_left: bool = False
    naming: Naming = "number"
    budget_fault: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be sent. ``category`` is the template's. ``content_fault`` and ``template_fault``: the code by
    which the message itself is refused (too long, too large; not approved, ...), None where it is in order."""

    sent_as: Literal["freeform", "template"]
    category: str | None = None
    content_fault: str | None = None
    template_fault: str | None = None
    fault_detail: str | None = None

    @property
    def kind(self) -> DecisionKind:
        if self.sent_as == "freeform":
            return "freeform"
        return "marketing" if self.category == "marketing" else "template"


@dataclass(frozen=True, slots=True)
class Decision:
    """``code`` is None where the message may go; ``sent_as`` tells which of the two goes out (a declared
    fallback turns freeform into template). ``detail`` is for people and holds no personal data.
    ``fallback_code``: why a declared fallback may not go either."""

    code: str | None
    sent_as: Literal["freeform", "template"]
    allowed_actions: tuple[str, ...]
    detail: str = ""
    fallback_code: str | None = None

    @property
    def allowed(self) -> bool:
        return self.code is None

    @property
    def reason(self) -> str:
        """The detail as it is kept with the message, which keys of single channels read, too: without sums."""
        return REFUSALS[self.code].detail if self.code == "budget_exceeded" else self.detail


@dataclass(frozen=True, slots=True)
class Permissions:
    """Which kinds of message may be sent. ``code``: the reason for the first kind that may not, if any."""

    freeform: bool
    template: bool
    marketing: bool
    code: str | None


def consent_now(facts: Facts) -> ConsentNow:
    """The contact's row in ``CONSENT_TABLE``."""
    status = consent_status(facts.consent)
    if status != "opted_out":
        return status
    wrote_later = (facts.window.last_writing_at or 0) > (facts.consent.opt_out_at or 0)
    return "wrote_again" if wrote_later and facts.state.is_open else "opted_out"


def _blocked(facts: Facts, wanted: Wanted) -> str | None:
    return "blocked" if facts.consent.blocked else None


def _number(facts: Facts, wanted: Wanted) -> str | None:
    return "number_changed" if facts.is_left else None


def _recipient(facts: Facts, wanted: Wanted) -> str | None:
    only_to_numbers = facts.naming == "user_id" and wanted.category in ONLY_TO_NUMBERS
    return "not_supported_by_provider" if facts.naming == "impossible" or only_to_numbers else None


def _content(facts: Facts, wanted: Wanted) -> str | None:
    return wanted.content_fault


def _template(facts: Facts, wanted: Wanted) -> str | None:
    return wanted.template_fault


def _consent_and_window(facts: Facts, wanted: Wanted) -> str | None:
    return CONSENT_TABLE[consent_now(facts), "open" if facts.state.is_open else "shut"][wanted.kind]


def _marketing_stop(facts: Facts, wanted: Wanted) -> str | None:
    return "marketing_stopped" if wanted.kind == "marketing" and facts.has_stopped_marketing else None


def _budget(facts: Facts, wanted: Wanted) -> str | None:
    return "budget_exceeded" if wanted.kind == "marketing" and facts.budget_fault is not None else None


class Check(NamedTuple):
    """``question``: what is asked, for people. ``codes``: with which the check may refuse. ``code_of``: with which it
    refuses, or None."""

    question: str
    codes: tuple[str, ...]
    code_of: Callable[[Facts, Wanted], str | None]


CHECKS = (
    Check("Has staff blocked the contact?", ("blocked",), _blocked),
    Check("Did the person leave this number, and nobody has written from it since?", ("number_changed",), _number),
    Check("Can the provider send this to somebody without a number?", ("not_supported_by_provider",), _recipient),
    Check(
        "Is the text too long, the file too large, or is it nothing that the provider can send?",
        ("text_too_long", "media_too_large", "not_supported_by_provider"),
        _content,
    ),
    Check(
        "Is the template registered and approved, and do its parameters fit?",
        ("template_not_found", "template_not_approved", "template_params_mismatch"),
        _template,
    ),
    Check(
        "Do consent and window allow it? (the table)",
        ("opted_out", "not_opted_in", "window_closed"),
        _consent_and_window,
    ),
    Check("Has the contact stopped marketing in WhatsApp?", ("marketing_stopped",), _marketing_stop),
    Check("Is the month's budget used up, above which marketing is refused?", ("budget_exceeded",), _budget),
)


class Refusal(NamedTuple):
    """What a refusal says to people, and what would change it beside the kinds of message that may be sent now."""

    detail: str
    ways_out: tuple[str, ...]


REFUSALS: dict[str, Refusal] = {
    "blocked": Refusal("The contact is blocked.", ("unblock",)),
    "number_changed": Refusal(
        "The person has another number now, and this one may be somebody else's: nothing may be sent to it until "
        "somebody writes from it. The conversation goes on under the new number.",
        ("use_new_number", "wait_for_inbound"),
    ),
    "not_supported_by_provider": Refusal(
        "The contact hides the phone number, and the provider cannot send this to Meta's user id: name the contact by "
        "the number, or wait until it is known.",
        ("correct_request",),
    ),
    "text_too_long": Refusal("The text is longer than WhatsApp takes.", ("correct_request",)),
    "media_too_large": Refusal("Outgoing media may have at most 100 MB.", ("correct_request",)),
    "template_not_found": Refusal(
        "There is no template of this name and language on this channel.", ("correct_request",)
    ),
    "template_not_approved": Refusal("The template is not approved at the provider.", ("wait_for_approval",)),
    "template_params_mismatch": Refusal("The template's parameters do not fit.", ("correct_request",)),
    "window_closed": Refusal(
        "The 24-hour session window is closed: only an approved template may be sent until the contact writes again.",
        ("wait_for_inbound",),
    ),
    "not_opted_in": Refusal(
        "The contact has not opted in, and no session window is open: nothing may be sent until the contact writes or "
        "opts in.",
        ("wait_for_inbound", "record_opt_in"),
    ),
    "opted_out": Refusal(
        "The contact opted out: only freeform replies, and only after the contact wrote again, may be sent.",
        ("wait_for_inbound", "record_opt_in"),
    ),
    "marketing_stopped": Refusal(
        "The contact switched marketing messages off in WhatsApp; only the contact can switch them on again. Other "
        "messages are not affected.",
        (),
    ),
    "budget_exceeded": Refusal(
        "The month's budget is used up, and marketing templates are refused until it ends or the budget is raised.",
        ("raise_budget", "wait_for_next_month"),
    ),
}


NO_MARKETING = (
    "The contact has not opted in, so this marketing template may not be sent. As long as the session window is open, "
    "a freeform reply or a utility or authentication template may."
)
"""The detail of ``not_opted_in`` in an open window, where it refuses marketing alone."""


def refusal(facts: Facts, wanted: Wanted) -> str | None:
    """The code of the first check that objects; None if the message may go."""
    return next((code for check in CHECKS if (code := check.code_of(facts, wanted)) is not None), None)


def permissions(facts: Facts) -> Permissions:
    """What may be sent to the contact now, its content being in order."""
    wanted = (Wanted("freeform"), Wanted("template"), Wanted("template", category="marketing"))
    codes = [refusal(facts, each) for each in wanted]
    freeform, template, marketing = (code is None for code in codes)
    return Permissions(freeform, template, marketing, next(filter(None, codes), None))


@dataclass(frozen=True, slots=True)
class Writable:
    """Whether somebody can be written to now. ``code``: why what is false may not be sent; None if both may be."""

    freeform: bool
    template: bool
    code: str | None

    @property
    def at_all(self) -> bool:
        return self.freeform or self.template


def writable(contact: Contact, channels: Iterable[Channel], now: int) -> Writable:
    """What may be sent to the contact at ``now`` (epoch ms) from the channel from which most may be."""
    person = ContactRef(contact.phone, contact.user_id)
    found = []
    for channel in channels:
        facts = facts_of(contact, channel, person, now)
        codes = [refusal(facts, wanted) for wanted in (Wanted("freeform"), Wanted("template"))]
        found.append(Writable(codes[0] is None, codes[1] is None, next(filter(None, codes), None)))
    return max(found, key=lambda each: (each.freeform, each.template), default=Writable(False, False, None))


def facts_of(contact: Contact, channel: Channel, person: ContactRef, now: int) -> Facts:
    """What is known of the contact on the channel at ``now`` (epoch ms). ``person``: as whom the provider would get
    to know the contact."""
    window = contact.window(channel.id)
    return Facts(
        contact.consent,
        window,
        state_at(window, now, channel.margin_seconds * 1000),
        has_stopped_marketing(contact.consent, channel.id),
        contact.is_left,
        naming(person, channel.provider),
    )


def decide(facts: Facts, wanted: Wanted, fallback: Wanted | None = None) -> Decision:
    """Whether the message may go, as what, and what would be allowed instead."""
    code = refusal(facts, wanted)
    actions = _allowed(facts)
    if code is None:
        return Decision(None, wanted.sent_as, actions)
    fallback_code = None
    if code == "window_closed" and fallback is not None:
        fallback_code = refusal(facts, fallback)
        if fallback_code is None:
            return Decision(None, "template", actions, "The declared fallback goes out instead.")
    is_own_fault = code in (wanted.content_fault, wanted.template_fault)
    return Decision(
        code=code,
        sent_as=wanted.sent_as,
        allowed_actions=allowed_instead(facts, code),
        detail=(wanted.fault_detail if is_own_fault else None) or _detail(facts, code),
        fallback_code=fallback_code,
    )


def _detail(facts: Facts, code: str) -> str:
    if code == "budget_exceeded" and facts.budget_fault is not None:
        return facts.budget_fault
    return NO_MARKETING if code == "not_opted_in" and facts.state.is_open else REFUSALS[code].detail


def allowed_instead(facts: Facts, code: str) -> tuple[str, ...]:
    """What may be done about the contact where a message was refused with the code."""
    return tuple(dict.fromkeys((*_allowed(facts), *REFUSALS[code].ways_out)))


def _allowed(facts: Facts) -> tuple[str, ...]:
    now = permissions(facts)
    return (*(["send_freeform"] if now.freeform else []), *(["send_template"] if now.template else []))


def as_table() -> str:
    """The checks in their order and the table of consent and window, as Markdown."""
    lines = ["| | check | refused with |", "|---|---|---|"]
    for number, check in enumerate(CHECKS, start=1):
        lines.append(f"| {number} | {check.question} | {', '.join(f'`{code}`' for code in check.codes)} |")
    lines += ["", "| consent | window | freeform | template | marketing template |", "|---|---|---|---|---|"]
    for (consent, window), codes in CONSENT_TABLE.items():
        lines.append(f"| {consent} | {window} | " + " | ".join(codes[kind] or "allowed" for kind in KINDS) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(as_table(), end="")
