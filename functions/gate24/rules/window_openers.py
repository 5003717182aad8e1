"""Which types of inbound message open the session window: one table.

Meta (send-messages, "customer service windows", updated 2026-05-21, read 2026-11): the window starts, or starts
again, when a WhatsApp user messages the business.
"""

from __future__ import annotations

from typing import Literal

from gate24.channels import Channel

Setting = Literal["reactions_open", "unsupported_opens"]

OPENS: dict[str, bool | Setting] = {
    # What a person sends (Meta, messages webhook reference, 2026-05; Gupshup, docs/inbound-messages, 2026-11).
    "text": True,
    "image": True,
    "video": True,
    "audio": True,
    "document": True,
    "sticker": True,
    "location": True,
    "contacts": True,
    "order": True,
    # Taps are messages of the person: a template's button, a session message's button or list, a flow sent in,
    # the answer to a request to call (Meta, messages webhook reference, "button" and "interactive", 2026-05).
    "button": True,
    "button_reply": True,
    "list_reply": True,
    "flow_reply": True,
    "call_permission_reply": True,
    "interactive": True,
    # gate24's own name for a message whose type is missing and does not follow from its content. A person wrote it,
    # so WhatsApp opened the window; types may be missing, as Meta's examples of locations and contacts show (webhook
    # notification payload examples, as of 2025). Meta's type "unknown" is another thing: the name that "unsupported"
    # had until 2023.
    "unknown": True,
    # Neither provider says whether a reaction opens the window (Meta's and Gupshup's pages, searched 2026-11).
    # Not opening it costs a template at worst; opening it wrongly gets messages refused.
    "reaction": "reactions_open",
    # A message that the Cloud API says it cannot show, code 131051. It also comes when a business, not a person, writes
    # to the number (Meta, unsupported messages, 2026-05).
    "unsupported": "unsupported_opens",
    # Not messages of the person, or not new ones (Meta, webhook reference of system, edit and revoke,
    # 2025-11; "request_welcome" only opens the chat and was withdrawn on 2026-03-27).
    "system": False,
    "edit": False,
    "revoke": False,
    "request_welcome": False,
    # Never parsed as an inbound message; listed so that the table covers every kind of event (Meta, statuses and
    # smb_message_echoes, 2026-09; Gupshup, docs/message-events and docs/billing-events, 2026-11).
    "echo": False,
    "status": False,
    "billing": False,
    "preference": False,
    "template": False,
    "account": False,
}


def opens_window(message_type: str, channel: Channel) -> bool:
    """Whether an inbound message of this type opens or extends the window on the channel.

    A type that is not in the table is newer than the table, but still a person's message: it opens the window.
    """
    rule = OPENS.get(message_type, True)
    if isinstance(rule, bool):
        return rule
    return channel.reactions_open if rule == "reactions_open" else channel.unsupported_opens
