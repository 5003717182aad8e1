"""Schemas of the comparison of what the provider billed with the ledger."""

from __future__ import annotations

from gate24.api.answer_parts import AT, COUNT, CURRENCY, MONEY, TEXT, answered, array, described, nullable, text
from gate24.api.requests import Schema, ref
from gate24.rules.reconciliation import REASONS, VERDICTS

_YES: Schema = {"type": "boolean"}
_CLASS: Schema = {"enum": list(VERDICTS)}
_TOLD = answered(
    {
        "count": COUNT,
        "charged": described(COUNT, "Those of which it says that it charged."),
        "free": described(COUNT, "Those of which it says that it did not."),
    },
    description="By the provider's billing events.",
)
_COUNTS: dict[str, Schema] = {
    "count": described(COUNT, "Lines."),
    "ours": ref("ReconciledOurs"),
    "theirs": ref("ReconciledTheirs"),
}

RECONCILIATION_ANSWERS: dict[str, Schema] = {
    "ReconciliationReason": answered({"code": {"enum": list(REASONS)}, "text": text("The same in words.")}),
    "ReconciledOurs": answered({"count": COUNT, "amount": MONEY}, description="By the ledger."),
    "ReconciledTheirs": _TOLD,
    "ReconciledSide": answered(
        {
            "category": nullable(TEXT),
            "charged": nullable(
                described(_YES, "Ours: whether there is a WhatsApp fee. Theirs: whether they say that they charged.")
            ),
            "amount": nullable(described(MONEY, "All fees; null where it is not told: billing events tell none.")),
            "currency": CURRENCY,
            "card": ref("CardAmount"),
        },
        optional=("card",),
    ),
    "ReconciliationLine": answered(
        {
            "class": _CLASS,
            "reason": nullable(ref("ReconciliationReason")),
            "date": {"type": "string", "format": "date", "description": "The day in whose costs it stands."},
            "at": nullable(AT),
            "message_id": nullable(text("gate24's; null where no message is known, or it was erased.")),
            "provider_id": nullable(text("The provider's, as far as it is known.")),
            "channel": nullable(TEXT),
            "kind": {"enum": ["template", "freeform", "inbound", None]},
            "ours": nullable(ref("ReconciledSide")),
            "theirs": nullable(ref("ReconciledSide")),
            "reckoned": described(
                answered({"category": nullable(TEXT), "charged": _YES}),
                "What gate24 reckoned before the billing event corrected it, where that was something else.",
            ),
        },
        optional=("reckoned",),
    ),
    "ReconciliationSummary": answered(
        {
            "is_complete": described(_YES, "Whether it is of all days; else of what was read up to this page's end."),
            "timezone": text("IANA."),
            "currency": CURRENCY,
            "classes": array(answered({"class": _CLASS, **_COUNTS})),
            "reasons": array(answered({"class": _CLASS, "code": {"enum": list(REASONS)}, "text": TEXT, **_COUNTS})),
            "ours": described(ref("ReconciledOurs"), "All of the ledger: matched, different and only_ours."),
            "theirs": described(ref("ReconciledTheirs"), "All that was told: matched, different and only_theirs."),
            "unconverted": described(
                array(ref("CardAmount")), "Of ours what could not be stated in the currency, in no other sum."
            ),
            "channels": array(
                answered(
                    {
                        "channel": TEXT,
                        "provider": text("gupshup or meta."),
                        "billing_events": described(_YES, "Whether the provider sends billing events at all."),
                    }
                )
            ),
        }
    ),
    "ReconciliationPage": answered(
        {
            "data": array(ref("ReconciliationLine")),
            "next_cursor": described(nullable(TEXT), "For the next page; null on the last. A page may be empty."),
            "server_time": AT,
            "summary": ref("ReconciliationSummary"),
        }
    ),
}
