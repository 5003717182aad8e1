"""The webhooks of the BSPs over HTTP: ``POST /webhooks/...`` and Meta's handshake."""

from __future__ import annotations

import time
from typing import Any

from gate24 import clock
from gate24.api import http
from gate24.api.problems import Problem
from gate24.api.routes import WEBHOOK_BYTES
from gate24.observability import about, logger, measure
from gate24.store.table import StoreError
from gate24.usecases.park_request import park_request
from gate24.usecases.receive_webhook import (
    NotKept,
    WebhookRefused,
    WebhookRequest,
    authenticate,
    check_verify_token,
    receive_webhook,
)

_UNAUTHORIZED = "The webhook's secret is missing or wrong."


def respond(event: dict[str, Any]) -> dict[str, Any]:
    """Answers an HTTP API event (payload 2.0): 200 with an empty body once everything in it is stored or queued,
    or the request itself is, where an outage leaves nothing to verify it by."""
    request_id = http.request_id(event)
    about(request_id)
    try:
        return _receive(event)
    except Problem as problem:
        return http.problem(problem, request_id)
    except WebhookRefused:
        logger.info("webhook_refused", extra={"network": http.source_network(event)})
        return http.problem(Problem("unauthorized", _UNAUTHORIZED), request_id)
    except NotKept:
        detail = "The event could be neither stored nor queued; send it again."
        return http.problem(Problem("unavailable", detail, retry_after=1), request_id)
    except StoreError as error:
        logger.error("webhook_not_read", extra={"reason": str(error)})
        return http.problem(Problem("unavailable", "Try again.", retry_after=1), request_id)


def _receive(event: dict[str, Any]) -> dict[str, Any]:
    request, received_at = _request(event), clock.now_ms()
    if event["requestContext"]["http"]["method"] == "GET":
        check_verify_token(request)
        return _challenge(request)
    try:
        http.check_size(event, WEBHOOK_BYTES)
        channel = authenticate(request)
        about(organization=channel.organization_id, channel=channel.id)
        receive_webhook(request, channel, http.json_object(request.raw), received_at)
    except StoreError as error:
        logger.warning("webhook_parked", extra={"reason": str(error)})
        http.json_object(request.raw)  # what is no event is not worth keeping
        park_request(request, received_at)
    measure("webhook.duration", (time.monotonic() - request.started) * 1000)
    return http.answer(200, content_type="text/plain")


def _request(event: dict[str, Any]) -> WebhookRequest:
    """A body that is not valid base64 cannot be authentic."""
    try:
        raw = http.raw_body(event)
    except Problem:
        raise WebhookRefused from None
    named = event.get("rawPath", "").rsplit("/webhooks/", 1)[-1].split("/")[0]
    channel_id = http.path_parameter(event, "channel_id")
    return WebhookRequest(channel_id, named, http.headers_of(event), http.query_of(event), raw)


def _challenge(request: WebhookRequest) -> dict[str, Any]:
    """Meta's ``hub.challenge``, given back as plain text."""
    if request.query.get("hub.mode") != "subscribe" or "hub.challenge" not in request.query:
        raise Problem("payload_invalid", "hub.mode must be subscribe, with a hub.challenge.")
    return http.answer(200, request.query["hub.challenge"], content_type="text/plain")
