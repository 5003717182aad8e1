"""A contact: a person who writes to an organization, and what the person agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from gate24.authors import AuthorKind
from gate24.inbox import NO_CARE, Care, Sent
from gate24.lazy_dataclass import dataclass
from gate24.windows import NEVER_OPENED, Window

EVERY_CHANNEL = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """What was last said for and against writing to a contact; each time (epoch ms) only moves forward. What
    holds is in ``rules/consent.py``.

    ``stopped_marketing`` and ``resumed_marketing``: WhatsApp's own switch for marketing messages, one for each business
    number, by channel; under ``EVERY_CHANNEL`` what was told when it was still kept for all of them together.
    ``blocked``: what staff decided last, at ``blocked_at`` by the server's clock.
    """

    opt_in_at: int | None = None
    opt_in_source: str | None = None
    opt_out_at: int | None = None
    opt_out_source: str | None = None
    stopped_marketing: Mapping[str, int] = field(default_factory=dict)
    resumed_marketing: Mapping[str, int] = field(default_factory=dict)
    blocked: bool = False
    blocked_at: int | None = None


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One entry of the append-only consent history.

    ``action``: opt_in, opt_out, marketing_stop, marketing_resume, block or unblock. ``at``: epoch ms. ``actor``:
    ``contact``, ``provider``, or the name of the member or of the API key that staff used. ``channel_id``: whose
    marketing messages were stopped or resumed (by an opt-in, too). ``position``: where the entry stands in the history;
    later entries have greater ones. ``staff``: what the ``actor`` of an entry of staff is, ``member`` or ``key``; None
    where an earlier version recorded it (``rules.authorship``).
    """

    action: str
    at: int
    source: str
    evidence: str | None
    actor: str | None
    channel_id: str | None = None
    position: str = ""
    staff: AuthorKind | None = None

    @property
    def is_by_staff(self) -> bool:
        """Dated by the server's clock, and said of the person whom staff knew under the number."""
        return self.staff is not None or self.actor not in ("contact", "provider")


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A person left a number at ``at`` (the provider's time) for the contact ``to``. ``known_at``: when we were first
    told (the server's). Both epoch ms."""

    at: int
    known_at: int
    to: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a contact's conversation that is one person's: after ``after`` and until ``until`` (epoch ms).

    ``after_known`` and ``until_known``: when we were told of the changes of number that these are, for what staff
    recorded (``rules.number_changes.belongs``)."""

    contact_id: str
    after: int | None = None
    until: int | None = None
    after_known: int | None = None
    until_known: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nobody else was ever there, as with a user id."""
        return self.after is None and self.until is None

    def has(self, contact_id: str, at: int) -> bool:
        """Whether what stands under that contact at that time (epoch ms) is in it."""
        is_after = self.after is None or at > self.after
        return contact_id == self.contact_id and is_after and (self.until is None or at <= self.until)


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure: begun at ``at``, finished at ``finished_at`` (epoch ms, None while it is under way).

    ``own_ids``: the contacts that are gone, the one that was named last. ``is_hidden``: whether no reader finds them
    any more. ``stretches``: what is to be deleted; the first ``stretches_done`` are. ``deleted``: how many messages,
    consents and events went so far. ``searched_to``: up to which position the kept events that name very many contacts
    were searched for the person (``store.unrecognized``). ``revision``: a random name of how far it was when it was
    saved, by which it is seen whether another function went on with it since; None of a finished one. ``by``: who began
    it, by the fields of ``audit.Actor``; None where it was not kept, and where all of an organization are erased.
    """

    id: str
    at: int
    own_ids: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    is_hidden: bool = False
    stretches_done: int = 0
    deleted: int = 0
    finished_at: int | None = None
    searched_to: str = ""
    revision: str | None = None
    by: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """All that is known of a contact.

    ``id``: 20 URL-safe base64 characters that stand for the number. ``exists``: False for somebody never heard of.
    ``user_id``: the newest of ``user_ids``, which holds since ``user_id_at`` (epoch ms).
    ``name_token``: of the words by which it is found by its name (``store.name_words``); None where it is not yet.
    ``windows``: by channel. ``wrote``: whether the contact ever wrote. ``sent_at``: the last send that was noted, up to
    some minutes old (epoch ms). ``merged``: ids of the contacts that turned out to be the same person, whose
    conversations are read with this one's. ``linked``: the user ids that lead to this contact.

    Where a number changed hands (``rules.number_changes``): ``left_at`` is when the last person left this number;
    what was said until then is another's. ``own``: what is the present person's under this number and the identities
    merged into it, where that is not all. ``earlier``: what the person said under the numbers from before.
    ``erased_at``: when somebody under this number or user id was last erased (epoch ms); ``erasure``: the id of that
    erasure while it is under way. ``sent``: the newest message of ours; ``care``: what staff did about the chat.
    """

    id: str
    exists: bool = False
    phone: str | None = None
    user_id: str | None = None
    user_id_at: int | None = None
    user_ids: frozenset[str] = frozenset()
    name: str | None = None
    name_token: str | None = None
    consent: Consent = field(default_factory=Consent)
    windows: dict[str, Window] = field(default_factory=dict)
    wrote: bool = False
    unreachable_at: int | None = None
    sent_at: int | None = None
    merged: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()
    left_at: int | None = None
    own: tuple[Stretch, ...] = ()
    earlier: tuple[Stretch, ...] = ()
    erased_at: int | None = None
    erasure: str | None = None
    sent: Sent | None = None
    care: Care = NO_CARE

    @property
    def is_remembered(self) -> bool:
        """Whether anything is known of it, be it only that it was erased."""
        return self.exists or bool(self.windows) or self.consent != Consent() or self.erased_at is not None

    @property
    def is_erased(self) -> bool:
        """Whether it was erased, and nothing is known of it since."""
        return self.erased_at is not None and not self.exists and not self.windows

    def window(self, channel_id: str) -> Window:
        return self.windows.get(channel_id, NEVER_OPENED)

    @property
    def stretches(self) -> list[Stretch]:
        """Where the person's messages and history stand: under its own id, those merged into it, earlier numbers."""
        earlier = [each for each in map(self._since_erasure, self.earlier) if each is not None]
        return [*self.present, *earlier]

    @property
    def present(self) -> list[Stretch]:
        """Of the ``stretches`` those to which the windows belong, the own id's first."""
        own = self.own or [Stretch(each) for each in (self.id, *sorted(self.merged - {self.id}))]
        return [each for each in map(self._since_erasure, own) if each is not None]

    def _since_erasure(self, stretch: Stretch) -> Stretch | None:
        """What of a stretch does not go with the erasure that is under way; None if it goes whole."""
        erased_at = self.erased_at if self.erasure else None
        if erased_at is None:
            return stretch
        if stretch.until is not None and stretch.until <= erased_at:
            return None
        return replace(stretch, after=max(stretch.after or 0, erased_at))

    @property
    def here_since(self) -> int | None:
        """When the number last changed hands, by somebody who left it or by one who came to it (epoch ms)."""
        came = (each.until for each in self.earlier)
        return max((at for at in (self.left_at, *came) if at is not None), default=None)

    @property
    def all_ids(self) -> list[str]:
        """The ids of ``stretches``, the own one first."""
        return list(dict.fromkeys(each.contact_id for each in self.stretches))

    def is_before_erasure(self, at: int, received_at: int) -> bool:
        """Whether what was dated ``at`` and received at ``received_at`` (epoch ms) is from before the last erasure.
        While that is under way, nobody can tell what was told before, so that what is dated before it counts as told.
        """
        if self.erased_at is None:
            return False
        return received_at <= self.erased_at or (self.erasure is not None and at <= self.erased_at)

    def is_another_persons(self, at: int) -> bool:
        """Whether what was said under this number at that time (epoch ms) is the word of somebody who left it."""
        return self.left_at is not None and at <= self.left_at

    @property
    def is_left(self) -> bool:
        """Whether the last person left this number, and nobody has written from it since, or come to it from another
        number."""
        return self.left_at is not None and (self.last_inbound_at or 0) <= self.left_at and not self.earlier

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
