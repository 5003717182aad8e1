"""What a provider's failure code means: one table for both providers (their numbers do not collide).

Sources, all read 2026-11: Gupshup, docs/error-and-status-messages and partner-docs/docs/error-codes
(470 to 4005); Meta, Cloud API error codes, updated 2025-12-12 with the additions of 2026-05 and 2026-06
(the rest). Codes are matched, never texts: a provider spells one text in several ways.
"""

from __future__ import annotations

from typing import Literal

from gate24.lazy_dataclass import dataclass

FailureKind = Literal[
    "window_closed",
    "opted_out",
    "marketing_stopped",
    "unreachable",
    "not_opted_in",
    "wallet",
    "rate",
    "quality",
    "template",
    "media",
    "account",
    "invalid",
    "provider",
    "unknown",
]


FailureEffect = Literal["close_window", "opt_out", "stop_marketing", "mark_unreachable"]
"""What a failure tells of the contact."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """``text`` and ``action`` are for an organization's staff. ``retryable``: the same message may be sent
    again, by hand or after a while, and may then arrive; nothing is resent by itself. ``effect``: what it changes
    for the contact, None if nothing."""

    kind: FailureKind
    text: str
    retryable: bool
    action: str
    effect: FailureEffect | None = None


_SEND_TEMPLATE = "Send an approved template, or wait until the contact writes again."
_DO_NOT_REPEAT = "Do not send it again. The contact becomes reachable when they write again."
_ASK_FOR_OPT_IN = "Ask for consent and record it, or wait until the contact writes."
_TOP_UP = "Ask whoever keeps the account to settle the balance or the payment method."
_SLOW_DOWN = "Wait a while and send more slowly."
_WAIT_A_DAY = "Wait at least 24 hours, and send this contact less marketing."
_FIX_TEMPLATE = "Have the template checked in the provider's console; use another one until then."
_FIX_PARAMS = "Correct the template's parameters and send again."
_FIX_MEDIA = "Check the file: its address, its type and its size."
_TELL_ADMIN = "Tell whoever keeps the account; sending stays blocked until it is solved."
_FIX_MESSAGE = "Correct the message; the same one will fail again."
_TRY_LATER = "Try again later. If it keeps failing, contact the provider."

_WINDOW = Meaning(
    "window_closed", "More than 24 hours since the contact last wrote.", False, _SEND_TEMPLATE, "close_window"
)
_OLD_OPT_IN = Meaning("not_opted_in", "The contact has not opted in at the provider.", False, _ASK_FOR_OPT_IN)
_NOT_THERE = Meaning(
    "unreachable", "This number cannot be reached on WhatsApp.", False, _DO_NOT_REPEAT, "mark_unreachable"
)
_PAYMENT = Meaning("wallet", "The account has no money or no valid payment method.", True, _TOP_UP)
_TOO_FAST = Meaning("rate", "Too many messages in a short time.", True, _SLOW_DOWN)
_SPAM = Meaning("rate", "The number is limited because people reported or blocked it.", True, _SLOW_DOWN)
_CAP = Meaning("quality", "WhatsApp held back this marketing message for this contact.", True, _WAIT_A_DAY)
_TEMPLATE = Meaning("template", "The template may not be sent as it is.", False, _FIX_TEMPLATE)
_PARAMS = Meaning("template", "The template's parameters do not fit.", False, _FIX_PARAMS)
_MEDIA = Meaning("media", "The file could not be fetched or is not allowed.", False, _FIX_MEDIA)
_ACCOUNT = Meaning("account", "The WhatsApp account or its access is blocked or not set up.", False, _TELL_ADMIN)
_INVALID = Meaning("invalid", "The provider does not accept the message as it is.", False, _FIX_MESSAGE)
_PROVIDER = Meaning("provider", "The provider had a fault.", True, _TRY_LATER)

MEANINGS: dict[str, Meaning] = {
    # The session window: 470 on-premises and 131047 Cloud API; 1004 and 1005 by Gupshup itself.
    **dict.fromkeys(("470", "1004", "1005", "131047"), _WINDOW),
    "1012": Meaning("opted_out", "The contact has opted out.", False, _ASK_FOR_OPT_IN, "opt_out"),
    "131050": Meaning(
        "marketing_stopped",
        "The contact has stopped marketing messages from this number in WhatsApp.",
        False,
        "Send no marketing. Only the contact can allow it again, in WhatsApp.",
        "stop_marketing",
    ),
    # Wrong numbers are told of live ones now and then (Glific issue 2822), so this is never an opt-out.
    **dict.fromkeys(("1002", "1013", "131026"), _NOT_THERE),
    # These three tell nothing of whether the number is on WhatsApp.
    "1026": Meaning("invalid", "The contact's WhatsApp cannot show a message of this kind.", False, _FIX_MESSAGE),
    "130403": Meaning("account", "This number has blocked the contact at WhatsApp.", False, _TELL_ADMIN),
    "131036": Meaning("provider", "One of the contact's devices did not get the message.", False, _TRY_LATER),
    # Gupshup's own opt-in check, given up on 2024-09-01.
    **dict.fromkeys(("1006", "1007", "1008"), _OLD_OPT_IN),
    **dict.fromkeys(("1003", "131042"), _PAYMENT),
    **dict.fromkeys(("4", "4001", "80007", "130429", "131056", "133015", "133016"), _TOO_FAST),
    **dict.fromkeys(("471", "131048"), _SPAM),
    "131049": _CAP,
    **dict.fromkeys(
        ("472", "130472"),
        Meaning("quality", "WhatsApp is not sending this contact marketing, as an experiment.", False, _WAIT_A_DAY),
    ),
    **dict.fromkeys(("4003", "4005", "132001", "132007", "132015", "132016", "132068", "132069", "131064"), _TEMPLATE),
    **dict.fromkeys(("131063", "131055", "134100", "134101", "134102"), _TEMPLATE),
    **dict.fromkeys(("2000", "2001", "2005", "2017", "132000", "132005", "132012", "132018"), _PARAMS),
    **dict.fromkeys(("1000", "1010", "1011", "1014", "131052", "131053"), _MEDIA),
    **dict.fromkeys(("0", "3", "10", "33", "190", "368", "4004", "1001"), _ACCOUNT),
    **dict.fromkeys((str(code) for code in range(200, 300)), _ACCOUNT),
    **dict.fromkeys(("130497", "131005", "131031", "131037", "131045", "131070", "133010", "134011"), _ACCOUNT),
    **dict.fromkeys(("133000", "133005", "133006", "133008", "133009"), _ACCOUNT),
    **dict.fromkeys(
        ("1", "100", "1009", "131008", "131009", "131021", "131051", "131060", "131061", "131062", "135000"), _INVALID
    ),
    **dict.fromkeys(("2", "500", "503", "4002", "131000", "131016", "131057", "133004"), _PROVIDER),
}


def meaning(code: str | int | None, reason: str | None = None) -> Meaning:
    """What the code means; one that is not in the table keeps its number and the provider's own text."""
    known = MEANINGS.get(str(code))
    if known is not None:
        return known
    said = f": {reason}" if reason else ""
    return Meaning("unknown", f"The provider gave the code {code or 'none'}{said}.", False, _TRY_LATER)
