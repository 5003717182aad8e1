"""The simulator itself: what becomes of a call, and all that it remembers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from bsp_simulator import inbound
from bsp_simulator.config import Channel, ConfigFile
from bsp_simulator.journal import Journal, redacted, rfc3339
from bsp_simulator.message import Accepted, Answered, Send, new_whatsapp_id
from bsp_simulator.providers import PROVIDERS
from bsp_simulator.reply import Reply
from bsp_simulator.script import Outcome, Script
from bsp_simulator.server import Server
from bsp_simulator.webhooks import StatusWorker, WebhookPoster, now_ms
from bsp_simulator.window import WindowClock

STATUS_STEP_MS = 150
REQUESTS_KEPT = 20_000


class BspSimulator:
    """Serves on 127.0.0.1 between ``start`` and ``stop``; a context manager of the same.

    ``port`` 0 takes a free one. ``status_step_ms``: pause before each status webhook of a message, from the
    environment's ``GATE24_SIM_STATUS_MS`` unless given, 150 by default.
    """

    def __init__(self, config_path: Path | str, port: int = 0, status_step_ms: int | None = None) -> None:
        step = int(os.environ.get("GATE24_SIM_STATUS_MS", STATUS_STEP_MS)) if status_step_ms is None else status_step_ms
        self.config = ConfigFile(Path(config_path))
        self.script = Script()
        self.requests = Journal(REQUESTS_KEPT)
        self.windows = WindowClock()
        self.poster = WebhookPoster()
        self.stopping = threading.Event()
        self._statuses = StatusWorker(self.poster, self.config.channel, step)
        self._server = Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="bsp-simulator")

    @property
    def url(self) -> str:
        """The address, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Starts to serve; returns at once, and calls are taken from then on."""
        self._statuses.start()
        self._thread.start()

    def stop(self) -> None:
        """Ends all connections, held ones too, and all threads."""
        self.stopping.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()
        self._statuses.stop()

    def __enter__(self) -> BspSimulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def called(self, path: str, headers: Mapping[str, str], content: dict[str, Any], call: Send | Answered) -> Reply:
        """What becomes of a call to a send endpoint. ``content``: its body as ``{"form": ...}`` or ``{"json": ...}``.

        What the provider would refuse by itself is refused; only a call that it would take meets the script.
        """
        outcome = self.script.take(call.channel.id, call.contact) if isinstance(call, Send) else None
        accepted = self._accepted(call, outcome) if isinstance(call, Send) else None
        self.requests.add(
            {
                "path": path,
                "headers": redacted(headers),
                **content,
                "received_at": rfc3339(now_ms()),
                "message_id": accepted.id if accepted else None,
            }
        )
        if isinstance(call, Answered):
            return Reply(call.status, call.body)
        provider = PROVIDERS[call.channel.provider]
        if accepted is None:
            status = (outcome.status if outcome else None) or 400
            body, afterwards = provider.rejection(status), None
        else:
            status = (outcome.status if outcome else None) or provider.ACCEPTED_STATUS
            body, afterwards = provider.acceptance(call, accepted.id), self._telling(accepted, outcome)
        if outcome is None:
            return Reply(status, body, afterwards=afterwards)
        if outcome.ending == "close" and afterwards:
            afterwards()
            afterwards = None
        return Reply(status, outcome.body if outcome.has_body else body, outcome.delay_ms, outcome.ending, afterwards)

    def _accepted(self, send: Send, outcome: Outcome | None) -> Accepted | None:
        if outcome is not None and not outcome.accepts:
            return None
        provider = PROVIDERS[send.channel.provider]
        scripted = provider.id_in(outcome.body) if outcome else None
        message_id = scripted or provider.new_id()
        # Meta's id is WhatsApp's own; Gupshup has one of its own beside it.
        return Accepted(send, message_id, message_id if provider is PROVIDERS["meta"] else new_whatsapp_id())

    def _telling(self, accepted: Accepted, outcome: Outcome | None) -> Callable[[], None]:
        send = accepted.send
        provider = PROVIDERS[send.channel.provider]
        lapsed = send.freeform and self.windows.lapsed(send.channel.id, send.contact, now_ms())
        statuses = provider.WINDOW_CLOSED if lapsed else provider.USUAL
        if outcome is not None and outcome.statuses is not None:
            statuses = outcome.statuses
        return lambda: self._statuses.tell(accepted, statuses)

    def contact_writes(self, channel: Channel, request: dict[str, Any]) -> dict[str, Any]:
        """Plays ``POST /_sim/inbound`` on the channel; InboundInvalid if the request cannot be understood."""
        posted = inbound.webhooks(channel, request, now_ms())
        for webhook in posted:
            if webhook.contact is not None:
                self.windows.heard(channel.id, webhook.contact, webhook.at)
        return inbound.play(posted, lambda body: self.poster.post(channel, body))
