"""The report of a trial: what the gate would have said of what was sent around it, as JSON. Sums and the first messages
alone, named by their ids, so that no number and no text is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date, timedelta
from typing import Any

from gate24.api.render import rfc3339
from gate24.channels import Channel, Organization
from gate24.lazy_dataclass import dataclass
from gate24.rules.money import amount
from gate24.rules.rollup import local_day
from gate24.rules.shadow_sums import ShadowSums
from gate24.usecases.judge_sends_around import JudgedSend

_DAYS = 8
"""Of a report that names no days on a channel that was never in shadow mode."""

LISTED = 1_000
"""Messages of each kind that the document names."""


def reported_days(
    organization: Organization, channel: Channel, first: date | None, last: date | None, now: int
) -> tuple[date, date]:
    """The first and the last local day, where these are not given: since shadow mode was started, until today
    (``now``, epoch ms). ValueError says what is wrong."""
    until = last or local_day(now, organization.timezone)
    if first is not None:
        since = first
    elif channel.shadow_since is not None:
        since = local_day(channel.shadow_since, organization.timezone)
    else:
        since = until - timedelta(days=_DAYS - 1)
    if until < since:
        raise ValueError("before from" if first else f"before the trial began, on {since}")
    return since, until


def mode_json(channel: Channel) -> dict[str, Any]:
    since = None if channel.shadow_since is None else rfc3339(channel.shadow_since)
    return {
        "channel": channel.id,
        "organization": channel.organization_id,
        "mode": channel.mode,
        "shadow_since": since,
    }


def each_day(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


@dataclass(slots=True)
class ShadowReport:
    """``sums``: of all that is reported. ``disagreements``, ``against_consent``: the messages of this part of it,
    ``LISTED`` of each at most, and ``left_off`` how many more there were of each."""

    sums: ShadowSums
    disagreements: list[dict[str, Any]] = field(default_factory=list)
    against_consent: list[dict[str, Any]] = field(default_factory=list)
    left_off: Counter[str] = field(default_factory=Counter)

    def add(self, send: JudgedSend) -> dict[str, Any] | None:
        """The message as it is named, if it is."""
        judged = send.judgement
        self.sums.add(send.message, judged, send.entry, send.freeform_cost)
        if judged.disagreement is None and not judged.against_consent:
            return None
        named = _message_json(send)
        for name, listed, is_meant in (
            ("disagreements", self.disagreements, judged.disagreement is not None),
            ("against_consent", self.against_consent, judged.against_consent),
        ):
            if is_meant and len(listed) < LISTED:
                listed.append(named)
            elif is_meant:
                self.left_off[name] += 1
        return named


def _message_json(send: JudgedSend) -> dict[str, Any]:
    message, judged = send.message, send.judgement
    windows = {True: "open", False: "closed", None: "unknown"}
    return {
        "message": send.message_id,
        "at": rfc3339(message.sent_at),
        "sent_as": message.sent_as,
        "category": message.category,
        "gate": {"verdict": judged.verdict, "code": judged.code or judged.unknown, "window": windows[judged.is_open]},
        "provider": {"status": message.status, "code": message.code},
        "disagreement": judged.disagreement,
    }


def shadow_json(
    organization: Organization, channel: Channel, days: tuple[date, date], found: ShadowReport
) -> dict[str, Any]:
    sums = found.sums
    return {
        **mode_json(channel),
        "from": days[0].isoformat(),
        "to": days[1].isoformat(),
        "timezone": organization.timezone,
        "currency": sums.currency,
        "seen": sums.seen,
        "allowed": sums.allowed,
        "refused": {"total": sums.refused.total(), "by_code": _sorted(sums.refused)},
        "unknown": {"total": sums.unknown.total(), "by_reason": _sorted(sums.unknown)},
        "provider": {name: sums.outcomes[name] for name in ("delivered", "failed", "not_told")},
        "cost": {
            "total": amount(sums.cost),
            "with_gate24": amount(sums.gated_cost),
            "of_refused": amount(sums.refused_cost),
            "of_unknown": amount(sums.unknown_cost),
            "unpriced": sums.unpriced,
            "templates_in_open_windows": {"count": sums.templates_in_window, "extra": amount(sums.template_extra)},
        },
        "agreements": sums.agreements,
        "disagreements": _listed(sums.disagreements, "by_kind", found.disagreements, found.left_off["disagreements"]),
        "against_consent": _listed(
            sums.against_consent, "by_code", found.against_consent, found.left_off["against_consent"]
        ),
    }


def _sorted(counts: Mapping[Any, int]) -> dict[str, int]:
    """The most frequent first."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _listed(counts: Mapping[Any, int], by: str, messages: list[dict[str, Any]], left_off: int) -> dict[str, Any]:
    total = sum(counts.values())
    ordered = sorted(messages, key=lambda each: (each["at"], each["message"]))
    return {"total": total, by: _sorted(counts), "messages": ordered, "left_off": left_off}
