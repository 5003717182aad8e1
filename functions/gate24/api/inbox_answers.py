"""What the API answers of chats that staff work on together, as JSON Schemas."""

from __future__ import annotations

from gate24.api.answer_parts import AT, COUNT, TEXT, answered, array, described, nullable, page_of, text
from gate24.api.requests import Schema, ref

_WRITER: dict[str, Schema] = {
    "name": TEXT,
    "email": nullable(TEXT),
    "until": described(AT, "Unless it is said again."),
}

INBOX_FIELDS: dict[str, Schema] = {
    "last_message": nullable(ref("LastMessage")),
    "unread": described(COUNT, "Messages of the contact since somebody read or answered; at most 99."),
    "waiting_since": nullable(
        described(AT, "The first message since the last answer, or since the chat was done; null where nobody waits.")
    ),
    "state": {"enum": ["open", "done"], "description": "done until the contact's next message."},
    "assignee": nullable(text("The e-mail address of the member whose chat it is.")),
    "labels": array(TEXT),
    "answering": nullable(ref("Answering")),
    "may": ref("MayNow"),
}
"""Of a contact, where it stands in a list or is asked for."""

INBOX_ANSWERS: dict[str, Schema] = {
    "LastMessage": answered(
        {
            "direction": {"enum": ["inbound", "outbound"]},
            "type": text("As a message's; of a file its kind."),
            "preview": nullable(text("Its first words, up to 80 characters on one line; null where it has none.")),
            "at": AT,
            "author": nullable(ref("Author")),
            "failed": {"type": "boolean", "description": "A message of ours did not arrive: it answers nobody."},
        },
        description="The newest message that was received, or went out as far as is known.",
    ),
    "Answering": answered(
        {**_WRITER, "others": described(array(answered(_WRITER)), "Who began later, in that order.")},
        description="Who is writing an answer at this moment: whoever began first.",
    ),
    "MayNow": answered(
        {
            "freeform": {"type": "boolean"},
            "template": {"type": "boolean", "description": "Utility and authentication templates."},
            "code": nullable(text("The refusal's code of the first of the two that is not allowed.")),
        },
        description="What may be sent at this moment, from the channel from which most may be.",
    ),
    "Note": answered({"id": TEXT, "text": TEXT, "author": ref("Author"), "at": AT}),
    "Action": answered(
        {
            "action": {"enum": ["note", "assign", "label", "done", "reopen", "add", "name"]},
            "detail": nullable(
                text("To whom it was assigned (null: to nobody); all labels since; the name that an import brought.")
            ),
            "author": ref("Author"),
            "at": AT,
        }
    ),
    "ContactExport": answered(
        {
            "contact": ref("Contact"),
            "consents": described(array(ref("ConsentEntry")), "As all that follow: newest first."),
            "notes": array(ref("Note")),
            "actions": array(ref("Action")),
            "unrecognized": array(
                answered(
                    {"id": TEXT, "at": AT, "last_at": AT, "copies": COUNT, "channel": TEXT, "reason": TEXT},
                    description="An event that names the person: GET /v1/unrecognized/{id} has what it says.",
                )
            ),
            "messages": described(array(ref("Message")), "Their files: GET /v1/media/{id}."),
            "next_cursor": nullable(text("For what did not fit; null where nothing is left.")),
            "server_time": AT,
        }
    ),
    "NotePage": page_of("Note"),
    "ActionPage": page_of("Action"),
    "QuickReplyList": answered({"data": array(answered({"name": TEXT, "text": TEXT}))}),
}
