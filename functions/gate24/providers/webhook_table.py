"""The table of webhooks as Markdown: ``python -m gate24.providers.webhook_table`` prints ``docs/webhooks.md``."""

from __future__ import annotations

from gate24.providers.webhook_kinds import GUPSHUP_V2, GUPSHUP_V3, META, PARTS, WebhookKind
from gate24.rules.webhook_effects import EFFECTS, Effect

TABLES = {
    "Meta, and Gupshup version 3": META,
    "Gupshup version 3, additions": GUPSHUP_V3,
    "Gupshup version 2": GUPSHUP_V2,
}

_WINDOW = {True: "opens", False: "no", "reactions_open": "`reactions_open`", "unsupported_opens": "`unsupported_opens`"}
_WORDS = {
    **{"none": "no", "keyword": "keyword", "opt_out_keyword": "opt-out keyword", "opt_in": "opt-in"},
    **{"opt_out": "opt-out", "marketing": "marketing", "follows": "follows", "entry": "entry", "status": "status"},
    "sent": "sent around",
    **{"inbound": "inbound fee", "settles": "settles ours"},
}

_HEAD = """# Webhooks

Every field, event, message type and status that Meta and Gupshup document, and what it does. Printed from the code by
`python -m gate24.providers.webhook_table`; the parsers read from the same table, and a test sends a body of every row.
What is not in the table is kept as unrecognized and can be listed; a message of a type that is not in it is taken for
a person's message.

- **kind**: gate24's name of it. A message has it as its `type` in the conversation.
- **window**: `opens` it or extends it, by the provider's time; or the setting of the channel that says so.
- **consent**: `keyword` (an opt-in or opt-out keyword in it counts), `opt-out keyword` (only an opt-out), `marketing`
  (WhatsApp's own switch), `follows` (it goes to the person's new number or user id).
- **conversation**: `entry` (it is shown), `sent around` (it is shown as sent around gate24), `status` (of a message of
  ours), `follows`.
- **cost**: `inbound fee` of the price list, or it `settles` what a message of ours costs.
"""


def _row(row: WebhookKind) -> str:
    name = row.name if row.name.startswith("(") else f"`{row.name}`"
    if row.kind == PARTS:
        return f"| {row.place} | {name} | | | | | | by what is in it | {row.source} |"
    effect: Effect = EFFECTS[row.kind]
    said = (_WORDS[effect.consent], _WORDS[effect.conversation], _WORDS[effect.cost])
    why = "; ".join(part for part in (row.about, effect.why) if part)
    return (
        f"| {row.place} | {name} | {row.kind} | {_WINDOW[effect.window]} | {' | '.join(said)} | {why} | {row.source} |"
    )


def as_document() -> str:
    """``docs/webhooks.md``."""
    parts = [_HEAD]
    for title, rows in TABLES.items():
        head = "| where | name | kind | window | consent | conversation | cost | why | source |"
        parts.append(
            "\n".join([f"## {title}", "", head, "|---|---|---|---|---|---|---|---|---|", *map(_row, rows), ""])
        )
    return "\n".join(parts)


if __name__ == "__main__":
    print(as_document(), end="")
