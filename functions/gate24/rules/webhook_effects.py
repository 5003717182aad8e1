"""What each kind of event does to the window, the consent, the conversation and the costs: one table.

A kind is gate24's own name. The rows of ``providers.webhook_kinds`` say which kind each field, type and status of a
provider is; both are printed as one table in ``docs/webhooks.md``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Setting = Literal["reactions_open", "unsupported_opens"]
ConsentEffect = Literal["none", "keyword", "opt_out_keyword", "opt_in", "opt_out", "marketing", "follows"]
ConversationEffect = Literal["none", "entry", "sent", "status", "follows"]
CostEffect = Literal["none", "inbound", "settles"]


class Effect(NamedTuple):
    """What an event of a kind does.

    ``window``: whether it opens or extends the session window, or the channel's setting that says so. ``consent``:
    ``keyword`` (an opt-in or opt-out keyword in it counts), ``opt_out_keyword`` (only an opt-out), ``opt_in``,
    ``opt_out``, ``marketing`` (the switch in WhatsApp), ``follows`` (goes to the person's new number).
    ``conversation``: ``entry`` (it is shown), ``sent`` (it is shown as sent around gate24), ``status`` (of a message
    that is there), ``follows``. ``cost``:
    ``inbound`` (the fee of an inbound message), ``settles`` (the cost of a message of ours).
    """

    window: bool | Setting
    consent: ConsentEffect
    conversation: ConversationEffect
    cost: CostEffect
    why: str


_MESSAGE = Effect(True, "keyword", "entry", "inbound", "a person's message (Meta, send-messages, 2026-05-21)")
_WITHOUT_WORDS = _MESSAGE._replace(consent="none", why="a person's message; a caption is no keyword")
_TAP = _MESSAGE._replace(why="a tap is a message of the person; its title and its payload may be a keyword")
_NOTHING = Effect(False, "none", "none", "none", "")

EFFECTS: dict[str, Effect] = {
    "text": _MESSAGE,
    "image": _WITHOUT_WORDS,
    "video": _WITHOUT_WORDS,
    "audio": _WITHOUT_WORDS,
    "document": _WITHOUT_WORDS,
    "sticker": _WITHOUT_WORDS,
    "location": _WITHOUT_WORDS._replace(why="a person's message"),
    "contacts": _WITHOUT_WORDS._replace(why="a person's message"),
    "order": _MESSAGE._replace(why="a person's message; its note may be a keyword"),
    "button": _TAP,
    "button_reply": _TAP,
    "list_reply": _TAP,
    "flow_reply": _WITHOUT_WORDS._replace(why="a form that the person sent in; its text is the form's own"),
    "call_permission_reply": _WITHOUT_WORDS._replace(why="the person's answer to a request to call"),
    "interactive": _WITHOUT_WORDS._replace(why="a person's answer whose kind is not said"),
    # gate24's own name for a message whose type is missing and does not follow from its content. Types may be missing,
    # as Meta's examples of locations and contacts show (webhook notification payload examples, as of 2025). Meta's type
    # "unknown" is another thing: the name that "unsupported" had until 2023.
    "unknown": _WITHOUT_WORDS._replace(
        why="a person wrote it, so WhatsApp opened the window; the raw message is kept, too"
    ),
    "newer": _MESSAGE._replace(why="a type newer than this table, but still a person's message; it keeps its name"),
    "reaction": Effect(
        "reactions_open",
        "none",
        "entry",
        "inbound",
        "neither provider says whether it opens the window (searched 2026-11): not opening costs a template at worst, "
        "opening wrongly gets messages refused; an emoji about a message is no wish to be written to or not",
    ),
    "unsupported": Effect(
        "unsupported_opens",
        "none",
        "entry",
        "inbound",
        "also comes when a business writes to the number (Meta, unsupported, 2026-06-26) and, for now, when a person "
        "edits a message (Meta, edit, 2026-06-11)",
    ),
    "edit": Effect(
        False,
        "opt_out_keyword",
        "entry",
        "inbound",
        "no new message; the new text is shown; a no is a no, but a changed old message is no clear wish to be "
        "written to (Meta, edit, 2026-06-11, says nothing of either)",
    ),
    "revoke": Effect(False, "none", "entry", "inbound", "the person deleted a message; what it did stays done"),
    "request_welcome": Effect(False, "none", "entry", "inbound", "only opened the chat; withdrawn on 2026-03-27"),
    "call": Effect(
        True,
        "none",
        "entry",
        "none",
        "the person called, whether the call was accepted or not (Meta, calling pricing, 2026); a call is no message: "
        "it has no message fee and user-initiated calls are free",
    ),
    "business_call": Effect(False, "none", "entry", "none", "our own call, which opens nothing until it is accepted"),
    "business_call_accepted": Effect(
        True,
        "none",
        "entry",
        "none",
        'the window opens "when a WhatsApp user accepts your call" (Meta, calling pricing, 2026); what a call costs by '
        "the minute is not in the price lists",
    ),
    "status": Effect(False, "none", "status", "settles", "tells of a message of ours"),
    "billing": Effect(False, "none", "status", "settles", "what the provider deducted for a message of ours"),
    "opt_in": Effect(False, "opt_in", "none", "none", "consent never opens a window"),
    "opt_out": Effect(False, "opt_out", "none", "none", "consent never opens a window"),
    "preference": Effect(False, "marketing", "none", "none", "the switch for marketing messages in WhatsApp"),
    "signup": Effect(False, "opt_in", "none", "none", "an opt-in that WhatsApp witnessed; no message of the person"),
    "system": Effect(
        False, "follows", "follows", "none", "the person has another number or user id: consent and conversation follow"
    ),
    "template": _NOTHING._replace(why="updates the registry of templates"),
    "sent_around": Effect(
        False, "none", "sent", "settles", "a message that was sent to the person around gate24: never the person's"
    ),
    "echo": _NOTHING._replace(why="our own message that came back: never the person's"),
    "history": _NOTHING._replace(why="old messages, whose windows lapsed and whose wishes may be out of date"),
    "group": _NOTHING._replace(why="a group has a window of its own, and gate24 does not write to groups"),
    "account": _NOTHING._replace(why="about the account, the number or the app, not about a person"),
    "noted": _NOTHING._replace(why="changes nothing about a contact"),
    "unrecognized": _NOTHING._replace(why="kept raw and listed, for operators to see"),
}

NOTED = frozenset({"echo", "history", "group", "account", "noted"})
"""The kinds that are counted and not kept."""

NEWER = EFFECTS["newer"]
"""The effect of a message whose type is not in the table."""
