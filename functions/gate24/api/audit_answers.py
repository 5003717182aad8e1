"""What the API tells of who changed what, and of erasures, as JSON Schemas."""

from __future__ import annotations

from gate24.api.answer_parts import AT, COUNT, TEXT, answered, array, described, nullable, page_of, text
from gate24.api.requests import Schema, ref
from gate24.audit import ACTORS, AUDIT_KINDS

_ACTOR = answered(
    {
        "kind": {
            "enum": list(ACTORS),
            "description": "member: in the console. key: software with an API key. platform: the platform's software. "
            "operator: who runs gate24, by ./gate24.",
        },
        "name": nullable(text("The member's or the key's; of an operator the command, or null.")),
        "email": text("Of a member alone."),
        "key_id": text("Of a key alone."),
    },
    optional=("email", "key_id"),
)

AUDIT_ANSWERS: dict[str, Schema] = {
    "AuditActor": _ACTOR,
    "AuditChange": answered(
        {
            "field": TEXT,
            "old": {"description": "Null where there was none. A long text is cut."},
            "new": {"description": "Null where there is none any more."},
        }
    ),
    "AuditEntry": answered(
        {
            "id": TEXT,
            "at": AT,
            "kind": {"enum": list(AUDIT_KINDS)},
            "act": text("The thing and what was done to it: member.changed, key.made, channel.removed."),
            "by": ref("AuditActor"),
            "subject": text("The id of the thing; of a contact a keyed hash, never its number."),
            "name": nullable(text("What people call the thing.")),
            "changes": described(array(ref("AuditChange")), "What was changed of it, without secrets."),
            "facts": {
                "type": "object",
                "additionalProperties": {"type": ["string", "integer", "boolean"]},
                "description": "What else there is to say: which secret was set, how many rows were imported.",
            },
            "outcome": {
                "enum": ["done", "unknown"],
                "description": "unknown: it was begun, and nothing told how it ended: look at the thing itself.",
            },
        }
    ),
    "AuditPage": page_of("AuditEntry"),
    "ErasureRow": answered(
        {
            "erasure": text("Its id."),
            "status": {"enum": ["running", "done"]},
            "begun_at": AT,
            "finished_at": nullable(AT),
            "by": nullable(described(ref("AuditActor"), "Null where it was not kept, and of a deletion of all.")),
            "deleted": described(COUNT, "Messages, consents and unrecognized events that are deleted so far."),
            "parts": described(COUNT, "Of how many parts the person's data is: numbers and user ids."),
            "parts_done": described(COUNT, "How many of them are deleted."),
            "survives": described(
                array({"enum": ["opt_out", "marketing_stop", "block"]}),
                "The refusals that are kept under keyed hashes, so that the person is not written to again.",
            ),
        }
    ),
    "ErasurePage": page_of("ErasureRow"),
}
