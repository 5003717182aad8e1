"""DynamoDB's answer to a Query as its JSON has it.

botocore looks at each attribute of each item for each of the ten types that it may have, which takes five times as long
as parsing the JSON, and changes nothing but binary values. Where many items are read, and none has such, its hook
before the parsing (``before-parse``) takes the JSON as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

_EVENT = "before-parse.dynamodb.Query"

_wanted: ContextVar[bool] = ContextVar("_wanted", default=False)
_hooked: WeakSet[Any] = WeakSet()


@contextmanager
def raw_answers(client: Any) -> Iterator[None]:
    """Inside, this thread's queries by the botocore client are answered as they came: binary values stay base64."""
    events = client.meta.events
    if events not in _hooked:
        events.register(_EVENT, _as_it_came)
        _hooked.add(events)
    before = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(before)


def _as_it_came(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Errors, and what is no JSON, are left to botocore."""
    if not _wanted.get() or response_dict["status_code"] != 200:
        return
    try:
        answer = json.loads(response_dict["body"])
    except ValueError:
        return
    customized_response_dict.update(answer)
    response_dict["body"] = b""
