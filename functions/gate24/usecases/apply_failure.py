"""What a provider's failure code tells of a contact (the column ``effect`` of ``rules.failures``).

A failure tells how things stood when the provider tried to send, which a status may report much later. So every effect
of a message of ours is dated by its send, and whatever the contact said since wins:

| effect | a failure at the send | wins if it is later than the send |
|---|---|---|
| close_window (470, 1004, 1005, 131047) | the window was closed | a message that opens it |
| mark_unreachable (1002, 1013, 131026) | the number was not on WhatsApp | a message of the contact |
| opt_out (1012) | the contact had opted out at the provider | an opt-in |
| stop_marketing (131050) | the contact had stopped marketing | the contact's "resume" in WhatsApp |

Of a message that is not ours the send is not known: its failure counts from the provider's time of the failure.
"""

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


def failure_time(send_time: int) -> int:
    """The time (epoch ms) of what a failure tells, by the send's. Meta's times are whole seconds, so a message that the
    contact writes in the second of the send counts as newer."""
    return send_time // 1000 * 1000


def apply_failure(organization: Organization, channel: Channel, contact_id: str, failure: Failure, at: int) -> None:
    """Moves what the failure speaks of. ``at``: from when on it holds (epoch ms)."""
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
