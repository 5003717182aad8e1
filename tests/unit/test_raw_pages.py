"""A day's ledger is taken from DynamoDB's answers as they came, and little is done for each row."""

from __future__ import annotations

from typing import Any, cast

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.parsers import BaseJSONParser

from gate24.store import keys, ledger_format, table
from gate24.store.table import StoreError, query_index
from tests.support.ledger_index import BEFORE_SENDING, DAY, Body, ledger_of
from tests.support.rollup_memory import fold_day

PARTITION = keys.day_partitions("learning", DAY.isoformat())[0]
ASKED: dict[str, Any] = {"attributes_to_get": ["h", "l"], "limit": 100}


def test_items_are_those_that_botocore_makes_of_the_answer() -> None:
    with ledger_of(2_000) as index:
        raw = list(query_index(PARTITION, **ASKED))
        answer = table.connection().query(PARTITION, index_name="by_g", **ASKED)  # not asked for as it came
    assert index.pages == 4
    assert raw[:100] == answer["Items"]
    assert len(raw) == 250


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, b'{"__type":"com.amazonaws#ResourceNotFoundException"}', "ResourceNotFoundException"),
        (400, b'{"__type":"com.amazonaws#ValidationException","Items":[]}', "ValidationException"),
    ],
)
def test_an_error_stays_one(status: int, body: bytes, code: str) -> None:
    def answer(request: Any, **_: Any) -> Any:
        return AWSResponse(str(request.url), status, HTTPHeaders(), Body(body))

    with ledger_of(100):
        events = table.connection().connection.client.meta.events
        events.register_first(BEFORE_SENDING, answer)
        try:
            with pytest.raises(StoreError, match=code):
                list(query_index(PARTITION, **ASKED))
        finally:
            events.unregister(BEFORE_SENDING, answer)


def test_few_rows_of_many_are_parsed_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts that are the same on every machine; ``make bench`` has the seconds."""
    parsed = {"rows": 0, "bytes": 0}
    load, parser_of = ledger_format.load, cast(Any, BaseJSONParser)
    parse = parser_of._parse_body_as_json

    def counted(*given: Any) -> Any:
        parsed["rows"] += 1
        return load(*given)

    def measured(parser: Any, body: bytes) -> Any:
        parsed["bytes"] += len(body)
        return parse(parser, body)

    monkeypatch.setattr(ledger_format, "load", counted)
    monkeypatch.setattr(parser_of, "_parse_body_as_json", measured)
    with ledger_of(24_000) as index:
        assert sum(fold_day().whole.messages.values()) == 24_000
    assert index.pages == 16
    assert parsed["bytes"] == 0
    assert parsed["rows"] < 24_000 / 50
