"""A day's ledger of any size, made page by page as it is read, in the place of the table's connection."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from time import process_time
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders

from gate24.costs import LedgerEntry
from gate24.message_keys import MessageKey
from gate24.rules.rollup import day_bounds
from gate24.store import keys, ledger_format, table

DAY, ZONE = date(2026, 11, 21), "Asia/Kolkata"
PAGE = 5000
"""About as many entries as one query of 1 MB has."""

BEFORE_SENDING = "before-send.dynamodb.Query"

_INBOUND = LedgerEntry("", 0, "learning-gupshup", "inbound", "counted", gupshup=1000, rate_card="gupshup-2021-02")
_SENT = LedgerEntry("", 0, "learning-meta", "freeform", "counted", rate_card="meta-2026-10-01", delivered=True)
_ENTRIES = (
    _INBOUND,
    replace(_SENT, whatsapp=1400, told="regular"),
    replace(_SENT, kind="template", category="utility", whatsapp=1400, in_window=True),
    replace(_SENT, kind="template", category="marketing", whatsapp=11_800, delivered=False),
    replace(_SENT, kind="template", category="marketing", whatsapp=11_800, state="failed"),
)
TEXTS = [ledger_format.dump(replace(each, market="India", calling_code="91")) for each in _ENTRIES]
"""As messages of today stand in the ledger: inbound, a reply, and templates."""


class LedgerIndex:
    """``messages`` of one day, spread over its shards, some of them at the same moment; answers queries as DynamoDB
    does, by their bytes. ``pages``: how many were read so far. ``made_in``: seconds of CPU that making them took.
    ``texts``: what stands in the ledger, in turn."""

    def __init__(self, messages: int, texts: Sequence[str] = TEXTS) -> None:
        self._shard_size = messages // len(keys.day_partitions("", DAY.isoformat()))
        self._start, end = day_bounds(DAY, ZONE)
        self._step = max(1, (end - self._start) // (self._shard_size or 1))
        self._texts = [json.dumps(text) for text in texts]
        self.pages, self.made_in = 0, 0.0
        key = MessageKey(f"{7:020d}", self._start, f"{7:04x}{0:08x}")
        assert f'"{keys.day_sort(key)}"' in self._row(7, 0)  # a quicker way to the same

    def answer(self, request: AWSRequest, **_: Any) -> Any:
        """Of botocore's hook before sending."""
        begun = process_time()
        asked = json.loads(request.body)
        assert set(asked["ExpressionAttributeNames"].values()) == {"g", "h", "l"}
        assert "AND" not in asked["KeyConditionExpression"]  # from the head of the shard on
        body = self.body(asked["ExpressionAttributeValues"][":0"]["S"], asked.get("ExclusiveStartKey"), asked["Limit"])
        self.made_in += process_time() - begun
        return AWSResponse(str(request.url), 200, HTTPHeaders(), Body(body))

    def body(self, g: str, start: Any, limit: int) -> bytes:
        """A page of a shard, as DynamoDB writes it."""
        self.pages += 1
        shard, first = int(g.rsplit("#", 1)[1]), int(start["h"]["S"].partition("#")[0]) if start else 0
        last = min(first + min(limit, PAGE), self._shard_size)
        rows = ",".join(self._row(shard, number) for number in range(first, last))
        more = {name: {"S": f"{last}#{name}"} for name in ("pk", "sk", "g", "h")} if last < self._shard_size else None
        place = f',"LastEvaluatedKey":{json.dumps(more)}' if more else ""
        return f'{{"Count":{last - first},"Items":[{rows}],"ScannedCount":{last - first}{place}}}'.encode()

    def _row(self, shard: int, number: int) -> str:
        at = self._start + number // 2 * 2 * self._step
        own = urlsafe_b64encode(at.to_bytes(6, "big") + shard.to_bytes(2, "big") + number.to_bytes(4, "big")).decode()
        text = self._texts[number % len(self._texts)]
        return f'{{"h":{{"S":"{at:013d}#{shard:020d}{own}"}},"l":{{"S":{text}}}}}'


class Body:
    """What urllib3 has of an answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


@contextmanager
def ledger_of(messages: int, texts: Sequence[str] = TEXTS) -> Iterator[LedgerIndex]:
    """The table's connection leads to an index with so many messages in its day: all is as on Lambda but the wire."""
    index = LedgerIndex(messages, texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        shared = table._Shared
        for owner, name in ((shared, "connection"), (shared, "contact_key"), (table.Item.Meta, "table_name")):
            patch.setattr(owner, name, getattr(owner, name))
        table.connect("ledger", b"contact-key-of-the-tests", "eu-central-1", "http://127.0.0.1:9")
        events = table.connection().connection.client.meta.events
        events.register(BEFORE_SENDING, index.answer)
        try:
            yield index
        finally:
            events.unregister(BEFORE_SENDING, index.answer)  # the tests' clients may be one
