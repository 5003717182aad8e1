"""The providers by name; each is a module with the interface ``Provider``."""

from __future__ import annotations

from typing import Any, Protocol

from bsp_simulator import gupshup, meta
from bsp_simulator.config import Channel
from bsp_simulator.message import AcceptedMessage, InboundMessage, Send
from bsp_simulator.script import Status


class Provider(Protocol):
    """What differs between the providers. Times are epoch ms."""

    USUAL_STATUSES: tuple[Status, ...]
    WINDOW_CLOSED_STATUSES: tuple[Status, ...]
    ACCEPTED_STATUS: int

    def rejection(self, status: int) -> dict[str, Any]: ...
    def acceptance(self, send: Send, message_id: str) -> dict[str, Any]: ...
    def new_id(self) -> str: ...
    def message_id_in(self, body: Any) -> str | None: ...
    def status_body(self, accepted: AcceptedMessage, status: Status, at: int) -> dict[str, Any] | None: ...
    def inbound_body(self, channel: Channel, message: InboundMessage) -> dict[str, Any]: ...
    def text_content(self, text: str) -> dict[str, Any]: ...
    def webhook_headers(self, channel: Channel, raw: bytes) -> dict[str, str]: ...


PROVIDERS: dict[str, Provider] = {"gupshup": gupshup, "meta": meta}
