"""The BSPs. Each is a module with one ``Provider``: it verifies and parses webhooks and builds send requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, Protocol

from gate24.channels import Channel, ChannelSecrets, ProviderName
from gate24.events import Media, Routed
from gate24.lazy_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class TemplateSend:
    """A template to send. Gupshup finds it by ``bsp_template_id`` (its UUID), Meta by name and language. ``media`` is
    the file of its header. ``components``: all that fills it in Meta's form, where it was asked for so."""

    name: str
    language: str
    bsp_template_id: str
    params: tuple[str, ...] = ()
    media: Media | None = None
    components: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to send, with exactly one of text, media, content and template. ``to`` is E.164 with ``+``, or None
    where Meta's ``user_id`` is all that is known of the person (``rules.recipients`` says which provider can send to
    one); ``message_id`` is gate24's own. ``content``: one of ``messages.CONTENT_FIELDS`` with its object. ``answers``:
    the provider's id of the message that it answers or reacts to. ``as_written``: fields of the provider's own form
    that replace those which would be made of the rest."""

    message_id: str
    to: str | None
    text: str | None = None
    media: Media | None = None
    template: TemplateSend | None = None
    user_id: str | None = None
    content: Mapping[str, Any] | None = None
    answers: str | None = None
    preview_url: bool | None = None
    as_written: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to a BSP, with its body encoded."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a BSP's HTTP answer means.

    ``outcome``: accepted (the message has an id), rejected (the BSP refused it; nothing was sent), busy (the BSP did
    not process it; it may be tried again), unknown (it may have been sent; it is never resent automatically).
    ``code`` and ``reason`` are the BSP's own for a refusal; ``retry_after`` is in seconds.
    """

    outcome: Literal["accepted", "rejected", "busy", "unknown"]
    bsp_message_id: str | None = None
    code: str | None = None
    reason: str | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a webhook shows to prove where it comes from, out of its headers (lower-case names) and its query."""

    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)


class AnswerReader(Protocol):
    """Understands a BSP's answers to one kind of call."""

    def read_answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderAnswer:
        """What the BSP's answer means. Never raises."""


class ReadMarks(AnswerReader, Protocol):
    """How inbound messages are marked as read at a BSP."""

    def unsupported(self, channel: Channel, typing: bool) -> str | None:
        """Why a message of the channel cannot be marked so, and what is missing, for people; None where it can."""

    def request(self, channel: Channel, secrets: ChannelSecrets, provider_id: str, typing: bool) -> HttpRequest:
        """The HTTP request that marks a message of which nothing is ``unsupported``, and with ``typing`` shows that an
        answer is being written."""


class Provider(Protocol):
    """What gate24 needs of a BSP. Each implementation is a stateless singleton of its module."""

    name: ProviderName
    read_marks: ReadMarks
    statuses_carry_our_id: bool
    """Whether each status of a message that we sent names it by our own id: one that does not is not about ours."""
    tells_deductions: bool
    """Whether it sends an event for what it deducted for a message (``events.Billed``)."""

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], raw: bytes, secrets: ChannelSecrets) -> bool:
        """Whether the webhook comes from the BSP; False if the channel has no secret. ``headers`` have lower-case
        names. Secrets are compared in constant time."""

    def proof(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Proof | None:
        """All that ``verify`` looks at besides the body; None where nothing is shown that could prove anything."""

    def parse(self, body: dict[str, Any], received_at: int) -> list[Routed]:
        """All events in a webhook's body, in its order, at least one. Never raises: what is not understood is an
        ``Unrecognized``. No event is later than ``received_at`` (epoch ms)."""

    def unsupported(self, message: Outbound) -> str | None:
        """What of the message the BSP has no form for, and what it has instead, for people; None where it can be sent.
        ``message_id`` is not looked at."""

    def request(self, channel: Channel, secrets: ChannelSecrets, message: Outbound) -> HttpRequest:
        """The HTTP request that sends a message of which nothing is ``unsupported``."""

    def read_answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderAnswer:
        """What the BSP's answer to ``request`` means. Never raises."""
