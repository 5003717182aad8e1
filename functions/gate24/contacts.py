"""A contact: a person who writes to an organization, and what the person agreed to."""

from __future__ import annotations

from dataclasses import dataclass, field

from gate24.windows import NEVER_OPENED, Window


@dataclass(frozen=True, slots=True)
class Consent:
    """What was last said for and against writing to a contact; each time (epoch ms) only moves forward. What
    holds is in ``rules/consent.py``.

    ``stopped_marketing_at`` and ``resumed_marketing_at``: WhatsApp's own switch for marketing messages.
    ``blocked``: what staff last decided.
    """

    opt_in_at: int | None = None
    opt_in_source: str | None = None
    opt_out_at: int | None = None
    opt_out_source: str | None = None
    stopped_marketing_at: int | None = None
    resumed_marketing_at: int | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One entry of the append-only consent history. ``at``: epoch ms. ``position``: where the entry stands in the
    history; later entries have greater ones."""

    action: str
    at: int
    source: str
    evidence: str | None
    actor: str | None
    position: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """All that is known of a contact.

    ``id``: 20 URL-safe base64 characters that stand for the number. ``exists``: False for somebody never heard of.
    ``user_id``: the newest of ``user_ids``, which holds since ``user_id_at`` (epoch ms).
    ``windows``: by channel. ``wrote``: whether the contact ever wrote. ``sent_at``: the last send that was noted, up to
    some minutes old (epoch ms). ``merged``: ids of the contacts that turned out to be the same person, whose
    conversations are read with this one's. ``linked``: the user ids that lead to this contact.
    """

    id: str
    exists: bool = False
    phone: str | None = None
    user_id: str | None = None
    user_id_at: int | None = None
    user_ids: frozenset[str] = frozenset()
    name: str | None = None
    consent: Consent = field(default_factory=Consent)
    windows: dict[str, Window] = field(default_factory=dict)
    wrote: bool = False
    unreachable_at: int | None = None
    sent_at: int | None = None
    merged: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()

    @property
    def is_remembered(self) -> bool:
        """Whether anything is known of it, be it only a refusal that outlived an erasure."""
        return self.exists or bool(self.windows) or self.consent != Consent()

    def window(self, channel_id: str) -> Window:
        return self.windows.get(channel_id, NEVER_OPENED)

    @property
    def all_ids(self) -> list[str]:
        """Its own id and those merged into it."""
        return sorted({self.id, *self.merged})

    @property
    def last_inbound_at(self) -> int | None:
        return max((w.last_inbound_at for w in self.windows.values() if w.last_inbound_at), default=None)

    @property
    def last_activity_at(self) -> int | None:
        return max((at for at in (self.last_inbound_at, self.sent_at) if at), default=None)

    @property
    def unreachable(self) -> bool:
        """Not on WhatsApp, as far as the provider's last word goes; the next inbound message proves it wrong."""
        return self.unreachable_at is not None and self.unreachable_at > (self.last_inbound_at or 0)
