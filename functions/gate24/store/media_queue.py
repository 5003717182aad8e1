"""The queue of files that are to be fetched: ``{"organization", "message"}``, ids and nothing of a person.

A message of the queue whose message is gone deletes the file, so that one put while its message was erased does not
stay.
"""

from __future__ import annotations

import json
from hashlib import sha256

from botocore.exceptions import BotoCoreError, ClientError

from gate24.message_keys import MessageKey, message_key
from gate24.settings import settings
from gate24.store.aws import sqs
from gate24.store.table import StoreError


def put(organization_id: str, key: MessageKey, delay_seconds: int = 0) -> None:
    """Queues the message's file; StoreError where that fails."""
    try:
        sqs().send_message(
            QueueUrl=settings().media_queue_url,
            MessageBody=json.dumps({"organization": organization_id, "message": key.id}),
            DelaySeconds=delay_seconds,
            MessageGroupId=fairness_group(organization_id),
        )
    except (ClientError, BotoCoreError) as error:
        raise StoreError("SendMessage", type(error).__name__) from None


def fairness_group(organization_id: str) -> str:
    """As ``retry_queue.fairness_group``: an organization whose file host is slow lets the others' files go first."""
    return sha256(f"organization {organization_id}".encode(errors="surrogatepass")).hexdigest()[:32]


def put_off(receipt_handle: str, seconds: int) -> None:
    """Lets a message that was taken, and is given back, wait for so long; StoreError where that fails."""
    try:
        sqs().change_message_visibility(
            QueueUrl=settings().media_queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )
    except (ClientError, BotoCoreError) as error:
        raise StoreError("ChangeMessageVisibility", type(error).__name__) from None


def read(text: str) -> tuple[str, MessageKey]:
    """Organization and message; ValueError or LookupError if it is none of ours."""
    body = json.loads(text)
    key = message_key(body["message"])
    if key is None:
        raise ValueError("not a message id")
    return body["organization"], key
