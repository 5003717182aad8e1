"""Parks a webhook request whose channel or secrets cannot be read now; it is verified when it is taken from the
queue."""

from __future__ import annotations

from gate24.observability import count, logger
from gate24.providers import provider
from gate24.rules.json_text import read_json
from gate24.store import retry_queue
from gate24.store.retry_queue import NotQueued, QueuedRequest
from gate24.usecases.receive_webhook import (
    NotKept,
    WebhookRefused,
    WebhookRequest,
    authenticate,
    receive_webhook,
    refused,
)


def park_request(request: WebhookRequest, received_at: int) -> None:
    """Queues the request as it came (``received_at``: epoch ms). WebhookRefused where it shows nothing that could prove
    it, NotKept where it cannot be queued."""
    proof = provider(request.provider_name).proof(request.headers, request.query)
    if proof is None:
        raise refused()
    parked = QueuedRequest(
        request.channel_id, request.provider_name, received_at, proof.headers, proof.query, request.raw
    )
    try:
        retry_queue.put(parked)
    except NotQueued as error:
        logger.error("request_not_parked", extra={"error": str(error)})
        raise NotKept from None
    count("webhook.request", "parked")


def receive_parked_request(parked: QueuedRequest) -> None:
    """Verifies a parked request and stores or queues what it tells. One that does not prove where it comes from is
    dropped. StoreError where that still cannot be told."""
    request = WebhookRequest(parked.channel_id, parked.provider_name, parked.headers, parked.query, parked.raw)
    try:
        channel = authenticate(request)
    except WebhookRefused:
        logger.warning("parked_request_refused")
        return
    receive_webhook(request, channel, read_json(parked.raw), parked.received_at)
