"""What a provider's failure code tells of a contact (the column ``effect`` of ``rules.failures``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gate24.channels import Channel, Organization
from gate24.contacts import ConsentEntry
from gate24.events import ContactRef, Failure
from gate24.observability import count
from gate24.rules.failures import FailureEffect, meaning
from gate24.rules.window import close
from gate24.store import consents, windows

_NOBODY = ContactRef()
"""A failure tells no new number or user id."""


def apply_failure(organization: Organization, channel: Channel, contact_id: str, failure: Failure, at: int) -> None:
    """Moves what the failure speaks of. ``at``: the provider's time of the failure (epoch ms)."""
    effect = meaning(failure.code).effect
    if effect is not None:
        _EFFECTS[effect](organization, channel, contact_id, failure, at)


def _close_window(organization: Organization, channel: Channel, contact_id: str, failure: Failure, at: int) -> None:
    _, is_news = windows.change(organization.id, contact_id, channel.id, partial(close, at=at), lists=False)
    if is_news:
        count("gate.divergence", channel.provider)


def _opt_out(organization: Organization, channel: Channel, contact_id: str, failure: Failure, at: int) -> None:
    entry = ConsentEntry("opt_out", at, "provider", f"failure {failure.code}", "provider")
    consents.record(organization.id, contact_id, _NOBODY, entry)


def _stop_marketing(organization: Organization, channel: Channel, contact_id: str, failure: Failure, at: int) -> None:
    entry = ConsentEntry("marketing_stop", at, "provider", f"failure {failure.code}", "provider", channel.id)
    consents.record(organization.id, contact_id, _NOBODY, entry)


def _mark_unreachable(organization: Organization, channel: Channel, contact_id: str, failure: Failure, at: int) -> None:
    consents.record_unreachable(organization.id, contact_id, _NOBODY, failure.code, at)


_EFFECTS: dict[FailureEffect, Callable[[Organization, Channel, str, Failure, int], None]] = {
    "close_window": _close_window,
    "opt_out": _opt_out,
    "stop_marketing": _stop_marketing,
    "mark_unreachable": _mark_unreachable,
}
