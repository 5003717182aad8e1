"""``POST /_sim/echo``: builds the webhook for a message that was sent to a contact in the WhatsApp Business app.

Format: Meta, smb_message_echoes webhook reference, 2025-10-22. Gupshup has none of its own; its version 3 has Meta's.
"""

from __future__ import annotations

from typing import Any

from bsp_simulator import meta
from bsp_simulator.config import Channel
from bsp_simulator.inbound import InboundInvalid, Webhook, read_time
from bsp_simulator.message import is_user_id, new_whatsapp_id


def webhook(channel: Channel, request: dict[str, Any], now: int) -> Webhook:
    """The webhook to post. Raises InboundInvalid. ``request``: ``channel_id``, ``to``, ``text`` or ``payload`` (the
    message's type and content as Meta has them), ``timestamp``, ``id``."""
    text, payload = request.get("text"), request.get("payload")
    if isinstance(text, str) == isinstance(payload, dict):
        raise InboundInvalid("exactly one of text (a text) and payload (an object) is needed")
    content = meta.text_content(text) if isinstance(text, str) else payload
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise InboundInvalid('payload must have a "type"')
    message_id = str(request.get("id") or new_whatsapp_id())
    to, at = _recipient(request), read_time(request.get("timestamp"), now)
    return Webhook(meta.echo_body(channel, message_id, to, at, content), message_id)


def _recipient(request: dict[str, Any]) -> str:
    """The digits of the number, or the user id."""
    given = str(request.get("to", ""))
    if is_user_id(given):
        return given
    digits = "".join(char for char in given.removeprefix("+") if char not in " -()")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise InboundInvalid("to must be a phone number or a user id")
    return digits
