"""The BSPs, each a module with one interface (``Provider``): verify, parse, send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from gate24.channels import Channel, ChannelSecrets, ProviderName
from gate24.events import Media, Routed


@dataclass(frozen=True, slots=True)
class TemplateSend:
    """A template as it goes out. ``bsp_template_id``: Gupshup's UUID; Meta goes by name and language."""

    name: str
    language: str
    bsp_template_id: str
    params: tuple[str, ...] = ()
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to forward: exactly one of text, media and template is there. ``to`` is E.164 with ``+``."""

    message_id: str
    to: str
    text: str | None = None
    media: Media | None = None
    template: TemplateSend | None = None


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to a BSP, ready to be sent: ``body`` is already encoded."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a BSP's HTTP answer means.

    ``outcome``: accepted (it has an id), rejected (it said no, nothing was sent), busy (it said that it did
    not process it: may be tried again), unknown (it may have been sent; never resent by itself).
    ``code``/``reason``: the BSP's own, where it said no. ``retry_after``: seconds, where it said so.
    """

    outcome: Literal["accepted", "rejected", "busy", "unknown"]
    bsp_message_id: str | None = None
    code: str | None = None
    reason: str | None = None
    retry_after: int | None = None


class Provider(Protocol):
    """What gate24 needs of a BSP. Implementations are modules' singletons without state."""

    name: ProviderName

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], raw: bytes, secrets: ChannelSecrets) -> bool:
        """Whether the webhook comes from the BSP. ``headers`` have lower-case names. Constant time, and False
        when no secret is set."""

    def parse(self, body: dict[str, Any], received_at: int) -> list[Routed]:
        """All events in a webhook's body, in its order. Never raises: what is not understood is an
        ``Unrecognized``. Times are clamped to ``received_at`` (epoch ms)."""

    def request(self, channel: Channel, secrets: ChannelSecrets, message: Outbound) -> HttpRequest:
        """The HTTP request that sends the message."""

    def read_answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> Answer:
        """What the BSP's answer to ``request`` means. Never raises."""


def provider(name: str) -> Provider:
    """The provider of that name; KeyError if there is none. Imported when first asked for, so that a cold
    start pays only for what its channel needs."""
    if name == "gupshup":
        from gate24.providers.gupshup import GUPSHUP

        return GUPSHUP
    if name == "meta":
        from gate24.providers.meta import META

        return META
    raise KeyError(name)
