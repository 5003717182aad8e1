"""The simulated BSP: decides each send, and holds the script, the received requests and the contacts' windows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bsp_simulator import echo, inbound
from bsp_simulator.config import Channel, ConfigFile
from bsp_simulator.hooks import Hooks
from bsp_simulator.inbound import Files
from bsp_simulator.journal import Journal, redacted, rfc3339
from bsp_simulator.media import MediaStore
from bsp_simulator.media_types import send_fault
from bsp_simulator.message import AcceptedMessage, ImmediateAnswer, Send, new_whatsapp_id
from bsp_simulator.people import People
from bsp_simulator.providers import PROVIDERS
from bsp_simulator.reply import Reply
from bsp_simulator.script import Outcome, Script, Status
from bsp_simulator.webhooks import StatusWorker, WebhookPoster, now_ms
from bsp_simulator.window import ContactWindows

MAX_REQUESTS = 20_000


class SimulatedBsp:
    """``status_step_ms``: pause before each status webhook of a message. ``stopping`` is set when held connections are
    to be closed."""

    def __init__(self, config_path: Path | str, status_step_ms: int) -> None:
        self.config = ConfigFile(Path(config_path))
        self.script = Script()
        self.requests = Journal(MAX_REQUESTS)
        self.hooks = Hooks()
        self.windows = ContactWindows()
        self.people = People()
        self.media = MediaStore()
        self.poster = WebhookPoster()
        self.stopping = threading.Event()
        self._statuses = StatusWorker(self.poster, self.config.channel, status_step_ms)

    def reply_to_send(
        self, path: str, headers: Mapping[str, str], body: dict[str, Any], call: Send | ImmediateAnswer
    ) -> Reply:
        """The reply to a call of a send endpoint. ``body``: the call's, as ``{"form": ...}`` or ``{"json": ...}``.

        Only a call that the provider would accept takes an outcome from the script.
        """
        outcome = self.script.take(call.channel.id, call.contact) if isinstance(call, Send) else None
        accepted = self._accepted(call, outcome) if isinstance(call, Send) else None
        self.requests.add(
            {
                "path": path,
                "headers": redacted(headers),
                **body,
                "received_at": rfc3339(now_ms()),
                "message_id": accepted.id if accepted else None,
            }
        )
        if isinstance(call, ImmediateAnswer):
            return Reply(call.status, call.body)
        provider = PROVIDERS[call.channel.provider]
        if accepted is None:
            status = (outcome.status if outcome else None) or 400
            answer, afterwards = provider.rejection(status), None
        else:
            status = (outcome.status if outcome else None) or provider.ACCEPTED_STATUS
            answer, afterwards = provider.acceptance(call, accepted.id), self._status_sender(accepted, outcome, body)
        if outcome is None:
            return Reply(status, answer, afterwards=afterwards)
        if outcome.ending == "close" and afterwards:
            afterwards()
            afterwards = None
        if outcome.has_body:
            answer = outcome.body
        return Reply(status, answer, outcome.delay_ms, outcome.ending, afterwards)

    def _accepted(self, send: Send, outcome: Outcome | None) -> AcceptedMessage | None:
        if outcome is not None and not outcome.accepts:
            return None
        provider = PROVIDERS[send.channel.provider]
        scripted = provider.message_id_in(outcome.body) if outcome else None
        message_id = scripted or provider.new_id()
        # Meta's message id is WhatsApp's; Gupshup's is a second one.
        whatsapp_id = message_id if provider is PROVIDERS["meta"] else new_whatsapp_id()
        user_id = self.people.user_id(send.channel.id, send.contact)
        return AcceptedMessage(send, message_id, whatsapp_id, self.people.name(send.contact), user_id)

    def _status_sender(
        self, accepted: AcceptedMessage, outcome: Outcome | None, body: Mapping[str, Any]
    ) -> Callable[[], None]:
        send = accepted.send
        provider = PROVIDERS[send.channel.provider]
        lapsed = send.freeform and self.windows.lapsed(send.channel.id, send.contact, now_ms())
        statuses = provider.WINDOW_CLOSED_STATUSES if lapsed else provider.USUAL_STATUSES
        if not lapsed and (fault := send_fault(self.media, body)):
            statuses = (Status("enqueued"), Status("failed", 131053, fault))
        if outcome is not None and outcome.statuses is not None:
            statuses = outcome.statuses
        return lambda: self._statuses.schedule(accepted, statuses)

    def contact_writes(self, channel: Channel, request: dict[str, Any], origin: str = "") -> dict[str, Any]:
        """Posts the messages of a ``POST /_sim/inbound``; ``origin``: the address under which files are. Raises
        InboundInvalid."""
        posted = inbound.webhooks(channel, request, now_ms(), Files(self.media, origin), self.people)
        for webhook in posted:
            if webhook.contact is not None:
                self.windows.record_inbound(channel.id, webhook.contact, webhook.at)
        return inbound.post_all(posted, lambda body: self.poster.post(channel, body))

    def app_sends(self, channel: Channel, request: dict[str, Any], origin: str = "") -> dict[str, Any]:
        """Posts the echo of a ``POST /_sim/echo``. Raises InboundInvalid."""
        posted = [echo.webhook(channel, request, now_ms())]
        return inbound.post_all(posted, lambda body: self.poster.post(channel, body))
