"""Which types of inbound message open the session window: the ``window`` column of ``rules.webhook_effects``.

Meta (send-messages, "customer service windows", updated 2026-05-21, read 2026-11): the window starts, or starts
again, when a WhatsApp user messages or calls the business.
"""

from __future__ import annotations

from gate24.channels import Channel
from gate24.rules.webhook_effects import EFFECTS, NEWER, Setting

OPENS: dict[str, bool | Setting] = {kind: effect.window for kind, effect in EFFECTS.items()}


def opens_window(message_type: str, channel: Channel) -> bool:
    """Whether an inbound message of this type opens or extends the window on the channel."""
    rule = OPENS.get(message_type, NEWER.window)
    if isinstance(rule, bool):
        return rule
    return channel.reactions_open if rule == "reactions_open" else channel.unsupported_opens
