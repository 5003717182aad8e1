"""What there is in the end, with everything masked that differs from run to run: random names, and the times at which
the functions happened to run. What people and providers did keeps its time."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from typing import Any

from gate24.message_keys import message_key
from gate24.store import keys
from gate24.store.packed_text import unpack
from tests.support.redelivery import RANDOM, START, World

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_NUMBER = re.compile(r"(?<![\d.])(\d{10}|\d{13}|\d{16})(?![\d.])")
_MESSAGE_ID = re.compile(r"(?<![\w-])[\w-]{36}(?![\w-])")
_DATED_NAME = re.compile(r"(H#<time>|U#<time>|<time>)#[0-9a-f]{12}\b")
"""The name of an entry without a name of its own, which is made of its time."""
_NAME_WORD = re.compile(r"\bQ#[0-9a-f]{12}#|(?<=[\w-]{20}#)[0-9a-f]{12}(?=\")")
"""The token of a contact's name, in the key of a word and in its place in the index: it is made of the time."""
_ERASURE = re.compile(r"(X#\w+) [0-9a-f]{12}\b")
_AS_TIME_GOES = ("seconds_left", "rv", "erasure", "er", "id", "nt")
_RANDOM = re.compile(rf"{RANDOM}[0-9a-f]{{4,8}}")

Fields = dict[str, str]
"""What is said, each by the path to it: ``windows.0.state``."""


Item = tuple[str, tuple[tuple[str, str], ...]]
"""An item of the table: its key, and its fields."""


def masked(text: str) -> str:
    """The text without random names and without times from ``START`` on."""
    text = _MESSAGE_ID.sub(_message_id, text)
    text = _RANDOM.sub("<random>", text)
    text = _TIME.sub(_time, text)
    text = _NUMBER.sub(_number, text)
    text = _NAME_WORD.sub("Q#<token>#", text)
    return _ERASURE.sub(r"\1 <random>", _DATED_NAME.sub(r"\1#<random>", text))


def _message_id(found: re.Match[str]) -> str:
    key = message_key(found.group())
    return found.group() if key is None else f"{key.contact_id}/{key.at:013d}/{key.suffix}"


def _time(found: re.Match[str]) -> str:
    at = datetime.fromisoformat(found.group()).timestamp() * 1000
    return "<time>" if at >= START else found.group()


def _number(found: re.Match[str]) -> str:
    digits = found.group()
    return "<time>" if int(digits.ljust(16, "0")) >= START * 1000 else digits


def fields(value: Any, path: str = "") -> Fields:
    """The leaves of a JSON value by their paths."""
    if isinstance(value, dict):
        parts: Any = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        name = path.rpartition(".")[2]
        return {path: "<time>" if name in _AS_TIME_GOES and value is not None else masked(json.dumps(value))}
    found: Fields = {}
    for name, each in parts:
        found |= fields(each, f"{path}.{name}" if path else str(name))
    return found


def stored(world: World) -> Counter[Item]:
    """Every item of the table: its key, and what it says. But the audit log, which tells of each attempt."""
    return Counter(
        (masked(f"{item['pk']['S']} {item['sk']['S']}"), tuple(sorted(fields(_plain(item)).items())))
        for item in world.aws.dynamodb.items()
        if not item["pk"]["S"].startswith(f"{keys.AUDIT}#")
    )


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(raw) for name, raw in item.items() if name not in ("pk", "sk")}


def _value(raw: dict[str, Any]) -> Any:
    kind, value = next(iter(raw.items()))
    if kind == "M":
        return {name: _value(each) for name, each in value.items()}
    if kind in ("SS", "NS"):
        return sorted(value)
    if kind == "N":
        return int(value)
    if kind == "B":
        value = unpack(value)
    try:
        return json.loads(value) if kind in ("S", "B") else value
    except ValueError:
        return value


def differences(expected: Any, found: Any) -> list[str]:
    """In what two ``stored`` differ, a line each: ``+ key`` (one item more), ``- key``, ``key name: one, other``."""
    more, less = found - expected, expected - found
    lines = []
    for key in sorted({key for key, _ in (*more, *less)}):
        ours = [dict(said) for (at, said), count in less.items() if at == key for _ in range(count)]
        theirs = [dict(said) for (at, said), count in more.items() if at == key for _ in range(count)]
        for one, other in zip(ours, theirs, strict=False):
            lines += [f"{key} {line}" for line in between(one, other)]
        lines += [f"- {key}"] * max(0, len(ours) - len(theirs)) + [f"+ {key}"] * max(0, len(theirs) - len(ours))
    return lines


def between(one: Fields, other: Fields) -> list[str]:
    """In what two ``fields`` differ."""
    return [
        f"{name}: {one.get(name)} -> {other.get(name)}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]
