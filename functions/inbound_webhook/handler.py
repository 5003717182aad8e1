"""Webhooks of the BSPs: verify, parse, record. Also the consumer of its own queue of parked events."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from gate24.api import http
from gate24.api.problems import Problem
from gate24.channels import Channel
from gate24.events import Event, Routed, Unrecognized
from gate24.observability import count, logger
from gate24.providers import provider
from gate24.providers.authenticity import matches_any
from gate24.settings import channel_secrets, connect_store, queue, settings
from gate24.store import configuration, unrecognized
from gate24.store import retry_queue as parking
from gate24.store.table import StoreError
from gate24.usecases.receive_event import record
from send_gate.repair import repair

connect_store()

_AT_ONCE = 16
"""Contacts of one batch that are stored side by side; Meta sends up to 1,000 updates in one request."""

_RECORDING_SECONDS = 10.0
"""After so long what is left of a batch is parked, and so stored a little later: the function has 20 s."""


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) or a batch of SQS messages."""
    if "Records" in event:
        return retry_parked(event["Records"])
    try:
        return receive(event)
    except Problem as error:
        return http.problem(error, http.request_id(event))
    except (StoreError, ClientError, BotoCoreError) as error:
        logger.error("webhook_not_read", extra={"error": type(error).__name__})
        return http.problem(Problem("unavailable", "Try again."), http.request_id(event))


def receive(event: dict[str, Any]) -> dict[str, Any]:
    """One webhook request: 200 with an empty body once everything in it is stored or parked."""
    channel, raw = _authenticated(event)
    if event["requestContext"]["http"]["method"] == "GET":
        return _handshake(event, channel)
    body = http.json_object(raw)
    received_at = http.now_ms()
    routed = provider(channel.provider).parse(body, received_at)
    record_all([_route(each, channel, event, raw) for each in routed], received_at)
    return http.answer(200, content_type="text/plain")


def _authenticated(event: dict[str, Any]) -> tuple[Channel, bytes]:
    """The channel of the URL, if the request proves that it comes from its BSP. One answer for every reason."""
    channel = configuration.channel(http.path_parameter(event, "channel_id"))
    named = event.get("rawPath", "").rsplit("/webhooks/", 1)[-1].split("/")[0]
    if channel is None or channel.provider != named:
        raise _refused()
    secrets = channel_secrets(channel.id)
    if event["requestContext"]["http"]["method"] == "GET":
        if not matches_any(http.query_of(event).get("hub.verify_token", ""), secrets.verify_tokens):
            raise _refused()
        return channel, b""
    try:
        raw = http.raw_body(event)
    except ValueError:
        raise _refused() from None
    if not provider(channel.provider).verify(http.headers_of(event), http.query_of(event), raw, secrets):
        raise _refused()
    return channel, raw


def _refused() -> Problem:
    count("webhook.refused")
    return Problem("unauthorized", "The webhook's secret is missing or wrong.")


def _handshake(event: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Meta's ``hub.challenge``, given back as plain text."""
    query = http.query_of(event)
    if query.get("hub.mode") != "subscribe" or "hub.challenge" not in query:
        raise Problem("payload_invalid", "hub.mode must be subscribe, with a hub.challenge.")
    return http.answer(200, query["hub.challenge"], content_type="text/plain")


def _route(routed: Routed, channel: Channel, event: dict[str, Any], raw: bytes) -> tuple[Channel, Event]:
    """The channel whose number an event names. Another channel than the URL's only if its own secrets prove the
    request as well: a valid signature of one tenant never carries another's data."""
    number = routed.phone_number_id
    if channel.provider != "meta" or number is None or number == channel.phone_number_id:
        return channel, routed.event
    other = configuration.channel_by_number(number)
    if other is not None and provider(other.provider).verify(
        http.headers_of(event), http.query_of(event), raw, channel_secrets(other.id)
    ):
        return other, routed.event
    return channel, Unrecognized("unknown_number", http.now_ms(), parking.dump(routed.event)["event"])


def record_all(events: Iterable[tuple[Channel, Event]], received_at: int) -> None:
    """Stores all events, contacts side by side; what cannot be stored is parked. Problem 503 if that fails."""
    groups = parking.by_contact(events)
    until = time.monotonic() + _RECORDING_SECONDS
    if len(groups) == 1:
        _record_group(groups[0], received_at, until)
    elif groups:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda group: _record_group(group, received_at, until), groups))


def _record_group(group: list[tuple[Channel, Event]], received_at: int, until: float) -> None:
    for channel, event in group:
        if time.monotonic() > until:
            _park(channel, event, received_at)
            continue
        try:
            _record(channel, event, received_at)
        except StoreError as error:
            logger.warning("event_parked", extra={"kind": type(event).__name__, "reason": str(error)})
            _park(channel, event, received_at)


def _record(channel: Channel, event: Event, received_at: int) -> None:
    organization = configuration.organization(channel.organization_id)
    if organization is None:
        raise StoreError("record", "organization_missing")
    try:
        count("webhook.event", outcome=record(organization, channel, event, received_at))
    except Exception as error:  # one poisonous event must not hold up the others, nor be lost
        if isinstance(error, StoreError) and error.retryable:
            raise
        logger.error("event_poisonous", extra={"kind": type(event).__name__, "error": type(error).__name__})
        count("webhook.event", outcome="poisonous")
        reason = f"not_recorded_{type(error).__name__}"
        unrecognized.keep(organization.id, channel.id, reason, parking.dump(event), received_at)


def _park(channel: Channel, event: Event, received_at: int) -> None:
    message = {"channel": channel.id, "received_at": received_at, **parking.dump(event)}
    try:
        parking.park(queue(), settings().parked_events_queue, message)
        count("webhook.event", outcome="parked")
    except (ClientError, BotoCoreError, ValueError) as error:
        logger.error("event_not_parked", extra={"error": type(error).__name__})
        raise Problem("unavailable", "The event could be neither stored nor parked; send it again.") from None


def retry_parked(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Parked events and repairs, again. What fails again goes back; after the queue's limit, to its dead-letter
    queue."""
    failed = []
    for item in records:
        try:
            _retry(parking.unpack(item["body"]))
        except Exception as error:  # each message of a batch is for itself
            logger.warning("parked_event_failed", extra={"error": type(error).__name__})
            failed.append({"itemIdentifier": item["messageId"]})
    return {"batchItemFailures": failed}


def _retry(message: dict[str, Any]) -> None:
    if "repair" in message:
        repair(message["repair"])
        return
    channel = configuration.channel(message["channel"])
    if channel is None:
        raise LookupError("channel")
    _record(channel, parking.load(message), message["received_at"])
