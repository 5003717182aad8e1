"""A message of a conversation, and a request to send one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from gate24.authors import Author
from gate24.channels import Channel, Organization
from gate24.costs import Cost, LedgerEntry
from gate24.events import ContactRef, Media
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import MessageKey

Direction = Literal["inbound", "outbound"]
SentAs = Literal["freeform", "template"]
CONTENT_FIELDS = ("interactive", "location", "contacts", "reaction")
"""What a message can have beside text, media and template, by Meta's names (Cloud API, messages, read 2026-11)."""

Stage = Literal["received", "sending", "accepted", "rejected", "refused", "unknown"]
"""What our own handling of a message has come to; what the provider says since is in its delivery statuses."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer to a send request as it was first given: its HTTP status and its body, kept for repetitions."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that sent nothing and was no final outcome. ``at``: epoch ms. ``code``: throttled, unavailable, or
    window_closed (the provider refused the freeform, and the fallback was tried). ``reason``: the provider's words."""

    at: int
    code: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message, inbound, outbound or refused.

    ``statuses``: what the provider said of its delivery, each with its first time (epoch ms). ``provider_id`` and
    ``whatsapp_id``: the ids under which the provider knows it. ``owner``: the request that sends it, until
    ``lease_until`` (epoch ms). ``ledger``: what the day's costs know of it; ``ledger_day``: the local day
    (``YYYY-MM-DD``) in whose ledger it stands, if any. ``opens_window``: whether a message of its type opens or extends
    the session window. ``forwarded_at``: when it was last handed to the provider (epoch ms). ``provider_id_is_guess``:
    nobody told that this is the provider's id of it; it was the only send that could be meant. ``failed_attempts``:
    those before the one that brought the outcome, oldest first. ``is_content_kept``: False where the time for which the
    organization keeps it is over (``rules.retention``). ``content``: what is neither text nor a file nor a template, as
    objects of Meta's form by the names of their fields (``CONTENT_FIELDS``). ``reply_to``: the id of the message that
    it answers or reacts to, ours where that message is stored. ``sent_around``: it was not sent by gate24, which heard
    of it by its statuses or an echo (``usecases.note_sent_around``). ``time_is_estimate``: of such a one, nothing told
    so far when it was sent; once that is told, ``forwarded_at`` has it. ``in_app``: staff sent it in the WhatsApp
    Business app; None where nothing told, or an earlier version noted it (``rules.sent_around.is_in_app``). ``author``:
    who sent it through gate24; None of all others (``rules.authorship``).
    """

    key: MessageKey
    direction: Direction
    type: str
    channel_id: str
    stage: Stage
    statuses: Mapping[str, int] = field(default_factory=dict)
    text: str | None = None
    media: Media | None = None
    template: Mapping[str, Any] | None = None
    content: Mapping[str, Any] | None = None
    reply_to: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    opens_window: bool = False
    to: ContactRef | None = None
    sent_as: SentAs | None = None
    provider_id: str | None = None
    whatsapp_id: str | None = None
    code: str | None = None
    reason: str | None = None
    owner: str | None = None
    lease_until: int | None = None
    cost: Cost | None = None
    cost_is_estimate: bool = False
    ledger: LedgerEntry | None = None
    ledger_day: str | None = None
    answer: StoredAnswer | None = None
    forwarded_at: int | None = None
    provider_id_is_guess: bool = False
    failed_attempts: tuple[FailedAttempt, ...] = ()
    is_content_kept: bool = True
    sent_around: bool = False
    time_is_estimate: bool = False
    in_app: bool | None = None
    author: Author | None = None

    @property
    def is_given_back(self) -> bool:
        """Whether nothing was sent and its Idempotency-Key may be used again: what was rejected for good has its
        answer."""
        return self.stage == "rejected" and self.answer is None

    @property
    def send_time(self) -> int:
        """When it went out, if it did (epoch ms)."""
        return self.key.at if self.forwarded_at is None else self.forwarded_at


@dataclass(frozen=True, slots=True)
class Settlement:
    """How the sending of a message ended. ``day``: the local day (``YYYY-MM-DD``) in whose ledger it stands from now
    on; None where it does not count yet. ``owner``: the request that alone may end it so; None where any may."""

    stage: Stage
    day: str | None = None
    provider_id: str | None = None
    code: str | None = None
    reason: str | None = None
    ledger: LedgerEntry | None = None
    answer: StoredAnswer | None = None
    provider_id_is_guess: bool = False
    failed_attempts: tuple[FailedAttempt, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that an organization uploaded to a channel. ``provider_id``: the provider's own id of it, if that has one.
    ``expires_at``: until when it may be used (epoch ms)."""

    id: str
    channel_id: str
    mime_type: str
    size_bytes: int
    expires_at: int
    filename: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A template as a caller asks for it: by name and language, with what fills its placeholders. ``components``: the
    same and more in Meta's form, where the caller gave that; ``params`` and ``media`` are then those in it."""

    name: str
    language: str
    params: tuple[str, ...] = ()
    media: Media | None = None
    components: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A valid request to send. Exactly one of ``text``, ``media``, ``content`` and ``template`` is there. ``to``: what
    the provider is given (``rules.recipients``). ``content``: the only one of ``CONTENT_FIELDS`` with its object.
    ``answers``: the id, ours or the provider's, of the message that it answers or reacts to. ``preview_url``: None
    where the caller did not say. ``files``: what the provider is given in place of ids of uploaded files, its own
    ``media_id`` or a ``url``, with their size. ``as_written``: fields of the provider's own form that go out as they
    are, where the caller wrote one. ``body`` is the request as it came, ``fingerprint`` stands for the whole of it,
    whatever the order of its fields. ``is_of_limited_key``: the caller may not know what other channels cost.
    ``author``: who asks for it."""

    organization: Organization
    channel: Channel
    to: ContactRef
    contact_id: str
    text: str | None
    media: Media | None
    template: TemplateRequest | None
    fallback: TemplateRequest | None
    body: Mapping[str, Any]
    fingerprint: str
    content: Mapping[str, Any] | None = None
    answers: str | None = None
    preview_url: bool | None = None
    files: Mapping[str, Media] = field(default_factory=dict, repr=False)
    as_written: Mapping[str, str] = field(default_factory=dict)
    is_of_limited_key: bool = False
    author: Author | None = None

    @property
    def type(self) -> str:
        """``text``, ``media``, ``template`` or one of ``CONTENT_FIELDS``."""
        if self.content:
            return next(iter(self.content))
        return "template" if self.template else "media" if self.media else "text"
