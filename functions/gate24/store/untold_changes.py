"""The queue of changes that could not be told: where in the stream each stands, and nothing of a person.

A message is JSON: ``{"sequence_number", "stream", "organization", "item", "at", "error"}``. Those that Lambda
itself gives up come into the same queue, in Lambda's own form.
"""

from __future__ import annotations

import json

from botocore.exceptions import BotoCoreError, ClientError

from gate24.settings import settings
from gate24.store import keys, stream
from gate24.store.aws import sqs
from gate24.store.stream import Record
from gate24.store.table import StoreError

_KINDS = ((keys.MESSAGE, "message"), (keys.WINDOW, "window"), (keys.CONTACT, "contact"))
"""Of a contact's items, by the beginning of the sort key; a message's holds the provider's id, which holds a number."""


def keep(record: Record, error: str) -> None:
    """Keeps where the record stands; StoreError where the queue does not take it. ``error``: the kind of the fault."""
    told = record["dynamodb"]
    kept = {
        "sequence_number": stream.number_of(record),
        "stream": record.get("eventSourceARN"),
        "organization": stream.organization_of(record),
        "item": _kind(told["Keys"]["pk"]["S"], told["Keys"]["sk"]["S"]),
        "at": told.get("ApproximateCreationDateTime"),
        "error": error,
    }
    try:
        sqs().send_message(QueueUrl=settings().untold_changes_queue_url, MessageBody=json.dumps(kept))
    except ClientError as fault:
        raise StoreError("untold_changes", str(fault.response.get("Error", {}).get("Code"))) from None
    except BotoCoreError as fault:
        raise StoreError("untold_changes", type(fault).__name__) from None


def _kind(pk: str, sk: str) -> str:
    if not pk.startswith(keys.CONTACTS):
        return "day" if keys.is_day(sk) else "template"
    return next((kind for prefix, kind in _KINDS if sk.startswith(prefix)), "other")
