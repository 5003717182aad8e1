"""What a report of shadow mode counts: sums alone, so that it does not grow with the number of messages. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import field

from gate24.costs import LedgerEntry
from gate24.lazy_dataclass import dataclass
from gate24.rules.shadow import Disagreement, Judgement, SentAround, UnknownReason

_OUTCOMES = {"delivered": "delivered", "read": "delivered", "failed": "failed"}
"""What became of a message; of any other status that is not told yet."""


@dataclass(slots=True)
class ShadowSums:
    """The messages that were sent around gate24, by what the gate would have said. ``outcomes``: delivered, failed or
    not_told. ``agreements``: those of which gate24 and the provider say the same. Money is in micro-units of
    ``currency``: ``cost`` of all, ``refused_cost`` of those that the gate would have refused, ``unknown_cost`` of
    those of which that cannot be told. ``unpriced``: those of which some fee is not known or is in another currency.
    ``templates_in_window``: templates where a freeform message might have been sent, ``template_extra``: what they
    cost more than that."""

    currency: str
    seen: int = 0
    allowed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unknown: Counter[UnknownReason] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    agreements: int = 0
    disagreements: Counter[Disagreement] = field(default_factory=Counter)
    against_consent: Counter[str] = field(default_factory=Counter)
    cost: int = 0
    refused_cost: int = 0
    unknown_cost: int = 0
    unpriced: int = 0
    templates_in_window: int = 0
    template_extra: int = 0

    @property
    def gated_cost(self) -> int:
        """What it would have cost with gate24: all but what it would have refused."""
        return self.cost - self.refused_cost

    def add(self, message: SentAround, judged: Judgement, entry: LedgerEntry, freeform_cost: int | None) -> None:
        """``entry``: what the message costs. ``freeform_cost``: what it would cost as a freeform, if that is known."""
        self.seen += 1
        self.outcomes[_OUTCOMES.get(message.status, "not_told")] += 1
        if judged.unknown is not None:
            self.unknown[judged.unknown] += 1
        elif judged.code is not None:
            self.refused[judged.code] += 1
        else:
            self.allowed += 1
        self.agreements += judged.agrees
        if judged.disagreement is not None:
            self.disagreements[judged.disagreement] += 1
        if judged.against_consent and judged.code is not None:
            self.against_consent[judged.code] += 1
        if entry.state == "counted":
            self._add_cost(judged, entry, freeform_cost)

    def _add_cost(self, judged: Judgement, entry: LedgerEntry, freeform_cost: int | None) -> None:
        is_priced = entry.currency == self.currency
        self.unpriced += entry.unpriced or not is_priced
        if not is_priced:
            return
        cost = entry.whatsapp + entry.gupshup + entry.media
        self.cost += cost
        if judged.verdict == "refuse":
            self.refused_cost += cost
        elif judged.verdict == "unknown":
            self.unknown_cost += cost
        elif judged.freeform_would_do:
            self.templates_in_window += 1
            if freeform_cost is not None:
                self.template_extra += max(0, entry.whatsapp + entry.gupshup - freeform_cost)
