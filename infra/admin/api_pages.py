"""Lists of the API, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from infra.admin.outcome import Failed
from infra.operator.api import Api, ApiUnavailable


def pages(api: Api, path: str, cursor: str | None = None, **query: str) -> Iterator[dict[str, Any]]:
    """The answers of a list, from a cursor on (None: from the start), one at a time. ApiUnavailable, Failed."""
    while True:
        asked = query | ({} if cursor is None else {"cursor": cursor})
        answer = api.call("GET", f"{path}?{urlencode(asked)}")
        if answer.status in (401, 403):
            raise ApiUnavailable("the key is no longer valid")
        if answer.status != 200:
            raise Failed(f"{path} was answered {answer.code}. Run the same command again to continue.")
        yield answer.body
        cursor = answer.body["next_cursor"]
        if cursor is None:
            return
