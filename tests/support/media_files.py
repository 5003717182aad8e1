"""Contacts' files: sent through the simulator, fetched by their function, and what lies in the bucket."""

from __future__ import annotations

import os
from typing import Any

import boto3

from bsp_simulator import inbound
from tests.support.scene import DIGITS, MINUTE, now, records_of
from tests.support.system import CONTEXT, META, System, handler


def sends_file(
    gate24: System, channel: str, kind: str = "image", ago: int = MINUTE, phone: str = DIGITS, **file: Any
) -> None:
    """A contact's file, as the simulator tells and serves it."""
    assert gate24.simulator is not None
    request = {"from": phone, "media": {"kind": kind, **file}, "timestamp": now() - ago}
    simulated = gate24.simulator.config.channel(channel)
    assert simulated is not None
    told = inbound.webhooks(simulated, request, now(), inbound.Files(gate24.simulator.media, gate24.simulator.url))
    for body in [each.body for each in told]:
        answer = gate24.meta_webhook(body) if channel == META else gate24.webhook(body, channel)
        assert (answer.status, answer.text) == (200, "")


def queued() -> list[dict[str, Any]]:
    """The files that are to be fetched, as ``records_of``."""
    return records_of("MEDIA_QUEUE_URL")


def fetch(records: list[dict[str, Any]] | None = None) -> list[str]:
    """Hands the records to their function; the ids of those that it gives back."""
    answer = handler("fetch_media")({"Records": queued() if records is None else records}, CONTEXT)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def files() -> dict[str, bytes]:
    """What lies in the bucket."""
    s3, bucket = boto3.client("s3"), os.environ["MEDIA_BUCKET"]
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {name: s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}


def file_of(gate24: System, phone: str = DIGITS) -> Any:
    return next(each["media"] for each in gate24.conversation(f"+{phone.removeprefix('+')}") if "media" in each)
