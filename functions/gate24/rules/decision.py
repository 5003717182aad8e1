"""The gate's decision: who may be sent what, as a table. Start reading here.

Pure: no AWS, no clock. ``decide`` is called by the dry run and by the send with the same facts, so what the
dry run says is what the send does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gate24.rules.consent import Consent
from gate24.rules.window import Window, WindowState

Standing = Literal["opted_in", "none", "wrote_again", "opted_out"]
Kind = Literal["freeform", "template", "marketing"]

ALLOW = None

RULES: dict[tuple[Standing, bool], dict[Kind, str | None]] = {
    # consent, window open?    freeform                     template                    marketing template
    ("opted_in", True): {"freeform": ALLOW, "template": ALLOW, "marketing": ALLOW},
    ("opted_in", False): {"freeform": "window_closed", "template": ALLOW, "marketing": ALLOW},
    ("none", True): {"freeform": ALLOW, "template": ALLOW, "marketing": "not_opted_in"},
    ("none", False): {"freeform": "not_opted_in", "template": "not_opted_in", "marketing": "not_opted_in"},
    ("wrote_again", True): {"freeform": ALLOW, "template": "opted_out", "marketing": "opted_out"},
    ("opted_out", True): {"freeform": "opted_out", "template": "opted_out", "marketing": "opted_out"},
    ("opted_out", False): {"freeform": "opted_out", "template": "opted_out", "marketing": "opted_out"},
}
"""Code of the refusal, or ALLOW. Blocked comes before all of it; a marketing stop after."""

WAYS_OUT: dict[str, tuple[str, ...]] = {
    "window_closed": ("wait_for_inbound",),
    "not_opted_in": ("wait_for_inbound", "record_opt_in"),
    "opted_out": ("wait_for_inbound", "record_opt_in"),
    "blocked": ("unblock",),
    "marketing_stopped": (),
    "template_not_found": ("correct_request",),
    "template_not_approved": ("wait_for_approval",),
    "template_params_mismatch": ("correct_request",),
    "media_too_large": ("correct_request",),
    "text_too_long": ("correct_request",),
}
"""What would change a refusal, beside the kinds of message that would pass now."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of the contact at the moment of the decision."""

    consent: Consent
    window: Window
    state: WindowState


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be sent. ``category`` is the template's; ``fault`` a refusal that its content already earned
    (media too large, template not approved, ...), None where the content is in order."""

    sent_as: Literal["freeform", "template"]
    category: str | None = None
    fault: str | None = None
    fault_detail: str | None = None

    @property
    def kind(self) -> Kind:
        if self.sent_as == "freeform":
            return "freeform"
        return "marketing" if self.category == "marketing" else "template"


@dataclass(frozen=True, slots=True)
class Decision:
    """``code`` is None where the message may go; ``sent_as`` tells which of the two goes out (a declared
    fallback turns freeform into template). ``detail`` is for people and holds no personal data."""

    code: str | None
    sent_as: Literal["freeform", "template"]
    allowed_actions: tuple[str, ...]
    detail: str = ""
    fallback_fault: str | None = field(default=None)

    @property
    def allowed(self) -> bool:
        return self.code is None


DETAILS: dict[str, str] = {
    "window_closed": "The 24-hour session window is closed: only an approved template may be sent until the "
    "contact writes again.",
    "not_opted_in": "The contact has not opted in: nothing but a reply inside an open session window (and no "
    "marketing template) may be sent.",
    "opted_out": "The contact opted out: only freeform replies, and only after the contact wrote again, may be sent.",
    "blocked": "The contact is blocked.",
    "marketing_stopped": "The contact switched marketing messages off in WhatsApp; only the contact can switch "
    "them on again. Other messages are not affected.",
    "template_not_found": "There is no template of this name and language on this channel.",
    "template_not_approved": "The template is not approved at the provider.",
    "template_params_mismatch": "The template's parameters do not fit.",
    "media_too_large": "Outgoing media may have at most 100 MB.",
    "text_too_long": "The text is longer than WhatsApp takes.",
}


def standing(facts: Facts) -> Standing:
    """The contact's row in ``RULES``. Someone who opted out and later wrote an ordinary message that opened
    the window may be answered."""
    status = facts.consent.status
    if status != "opted_out":
        return status
    wrote_later = (facts.window.last_writing_at or 0) > (facts.consent.opt_out_at or 0)
    return "wrote_again" if wrote_later and facts.state.is_open else "opted_out"


def refusal(facts: Facts, kind: Kind) -> str | None:
    """The code by which a message of this kind, with its content in order, is refused; None if it may go."""
    if facts.consent.blocked:
        return "blocked"
    code = RULES[standing(facts), facts.state.is_open][kind]
    if code is ALLOW and kind == "marketing" and facts.consent.marketing_stopped:
        return "marketing_stopped"
    return code


def allowed_kinds(facts: Facts) -> tuple[str, ...]:
    """Which kinds of message would pass now, as actions."""
    return tuple(
        action
        for action, kind in (("send_freeform", "freeform"), ("send_template", "template"))
        if refusal(facts, kind) is None  # type: ignore[arg-type]
    )


def decide(facts: Facts, wanted: Wanted, fallback: Wanted | None = None) -> Decision:
    """Whether the message may go, as what, and what would be allowed instead."""
    code = "blocked" if facts.consent.blocked else wanted.fault or refusal(facts, wanted.kind)
    if code is None:
        return Decision(None, wanted.sent_as, allowed_kinds(facts))
    fallback_fault = None
    if code == "window_closed" and fallback is not None:
        fallback_fault = fallback.fault or refusal(facts, fallback.kind)
        if fallback_fault is None:
            return Decision(None, "template", allowed_kinds(facts), "The declared fallback goes out instead.")
    actions = () if code == "blocked" else allowed_kinds(facts)
    return Decision(
        code=code,
        sent_as=wanted.sent_as,
        allowed_actions=tuple(dict.fromkeys((*actions, *WAYS_OUT.get(code, ())))),
        detail=(wanted.fault_detail if code == wanted.fault else None) or DETAILS[code],
        fallback_fault=fallback_fault,
    )
