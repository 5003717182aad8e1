"""The two providers, each a module with one interface."""

from __future__ import annotations

from typing import Any, Protocol

from bsp_simulator import gupshup, meta
from bsp_simulator.config import Channel
from bsp_simulator.message import Accepted, FromContact, Send
from bsp_simulator.script import Status


class ProviderSide(Protocol):
    """What the simulator needs of a provider. Times are epoch ms."""

    USUAL: tuple[Status, ...]
    WINDOW_CLOSED: tuple[Status, ...]
    ACCEPTED_STATUS: int

    def rejection(self, status: int) -> dict[str, Any]: ...
    def acceptance(self, send: Send, message_id: str) -> dict[str, Any]: ...
    def new_id(self) -> str: ...
    def id_in(self, body: Any) -> str | None: ...
    def status_body(self, accepted: Accepted, status: Status, at: int) -> dict[str, Any] | None: ...
    def inbound_body(self, channel: Channel, message: FromContact) -> dict[str, Any]: ...
    def text_part(self, text: str) -> dict[str, Any]: ...
    def signed(self, channel: Channel, raw: bytes) -> dict[str, str]: ...


PROVIDERS: dict[str, ProviderSide] = {"gupshup": gupshup, "meta": meta}
