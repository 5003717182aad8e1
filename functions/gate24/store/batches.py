"""Requests of many threads that become one; what each of them asks, and is answered, stays its own.

Where hundreds of contacts are stored side by side, a thread that reads or writes one item waits a moment for the
others. Reads become one BatchGetItem; conditional writes become one BatchExecuteStatement: statements of PartiQL, each
with its own condition and its own outcome, at the price of single writes. What cannot be said so, or comes back without
an outcome, is asked as a request of its own, as it is without a batch.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillWaiting
from typing import Any

from gate24.observability import logger
from gate24.store.table import Item, StoreError, Written, ask, dispatch

HELD_SECONDS = 0.2
"""How long a request waits for threads that are slower."""

Raw = dict[str, Any]


class Batches:
    """What threads ask while they take part (``with``) becomes one request, where it can: as soon as there is as much
    as one takes, or none of them is left to ask more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work = 0
        self._waiting: dict[_Send, dict[tuple[str, str], _Asked]] = {_read: {}, _write: {}}
        self._refused: set[_Send] = set()

    def __enter__(self) -> None:
        with self._lock:
            self._at_work += 1
        ask(self)

    def __exit__(self, *_: object) -> None:
        ask(None)
        with self._lock:
            self._at_work -= 1
            due = self._due()
        self._send(due)

    def get(self, pk: str, sk: str) -> Raw | None:
        """The item as it is now (consistent), empty if there is none; None where it is to be asked alone."""
        found: Raw | None = self._ask(_read, (pk, sk), {"pk": {"S": pk}, "sk": {"S": sk}})
        return found

    def put(self, asked: Raw, item: Item) -> Written | None:
        """As ``table.put``, asked so by PynamoDB; None where it is to be asked alone."""
        key, condition = _place(asked["Item"]), asked.get("ConditionExpression", "")
        if not _ONLY_IF_NEW.fullmatch(condition):
            names = (attribute.attr_name for attribute in item.get_attributes().values())
            return self._say(key, replacing(asked, names))
        written = self._say(key, inserting(asked["TableName"], asked["Item"]))
        if written is None and asked.get("ExpressionAttributeNames") == {"#0": "pk"}:
            there = self.get(*key)  # that an item is there is all that the batch tells of it
            return Written(False, there) if there else None
        return written

    def update(self, asked: Raw, is_new: bool) -> Written | None:
        """As ``table.update``, asked so by PynamoDB; None where it is to be asked alone."""
        made = made_by(asked) if is_new else None
        return self._say(_place(asked["Key"]), updating(asked) if made is None else inserting(asked["TableName"], made))

    def _say(self, key: tuple[str, str], statement: Raw | None) -> Written | None:
        return None if statement is None else self._ask(_write, key, statement)

    def _ask(self, send: _Send, key: tuple[str, str], asked: Raw) -> Any:
        """The answer, or None where it is to be asked alone. Raises what asking raised. ``key``: of the item, which no
        request may name twice."""
        mine: _Asked = asked, Future()
        with self._lock:
            waiting = self._waiting[send]
            if key in waiting or send in self._refused:
                return None
            waiting[key] = mine
            self._at_work -= 1
            due = self._due()
        self._send(due)
        try:
            return mine[1].result(HELD_SECONDS)
        except StillWaiting:
            with self._lock:
                due = self._taken(send) if waiting.get(key) is mine else []
        self._send(due)
        return mine[1].result()

    def _due(self) -> list[_Batch]:
        due = (send for send, waiting in self._waiting.items() if len(waiting) == _MOST[send] or not self._at_work)
        return [batch for send in list(due) for batch in self._taken(send)]

    def _taken(self, send: _Send) -> list[_Batch]:
        batch = list(self._waiting[send].values())
        self._waiting[send].clear()
        self._at_work += len(batch)
        return [(send, batch)] if batch else []

    def _send(self, due: list[_Batch]) -> None:
        for send, batch in due:
            answers: Iterable[Any] = [None] * len(batch)
            try:
                if len(batch) > 1:
                    answers = send([asked for asked, _ in batch])
            except BaseException as error:
                if not isinstance(error, StoreError) or error.retryable:
                    for _, each in batch:
                        each.set_exception(error)
                    continue
                self._refused.add(send)  # each alone from now on
                logger.error("batch_refused", extra={"reason": str(error)})
            for (_, each), answer in zip(batch, answers, strict=True):
                each.set_result(answer)


_Asked = tuple[Raw, "Future[Any]"]
_Send = Callable[[list[Raw]], list[Any]]
"""Answers requests in their order; None for one that is to be asked alone."""
_Batch = tuple[_Send, list[_Asked]]


def _place(item: Raw) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _read(places: list[Raw]) -> list[Raw | None]:
    answer = dispatch("BatchGetItem", lambda table: {"RequestItems": {table: {"Keys": places, "ConsistentRead": True}}})
    found = {_place(item): item for items in answer["Responses"].values() for item in items}
    left = [_place(each) for table in answer.get("UnprocessedKeys", {}).values() for each in table["Keys"]]
    return [None if _place(each) in left else found.get(_place(each), {}) for each in places]


def _write(statements: list[Raw]) -> list[Written | None]:
    answer = dispatch("BatchExecuteStatement", lambda _: {"Statements": statements})
    return [_outcome(each) for each in answer["Responses"]]


def _outcome(answer: Raw) -> Written | None:
    """None where the item is not there, which an UpdateItem would make; where it is and was to be new; or after an
    error that a request of its own may not have."""
    error = answer.get("Error")
    if error is None:
        return Written(True, answer.get("Item"))
    if error["Code"] == "ConditionalCheckFailed" and error.get("Item"):
        return Written(False, error["Item"])
    return None


_MOST = {_read: 25, _write: 25}
"""What BatchExecuteStatement takes. BatchGetItem takes 100, and there are not so many threads."""

# Statements: the values are parameters, and the names are in quotation marks

_PATH = r"#\d+(?:\.#\d+)*"
_SET = rf"{_PATH} = :\d+"
_MADE = r"#\d+ = (?:if_not_exists \(#\d+, )?:\d+\)?"
_ONLY_IF_NEW = re.compile(r"\(*attribute_not_exists \(#\d+\)\)*(?: AND attribute_not_exists \(#\d+\)\)*)*")
"""Holds of an item that is not there. An insertion asks for more than those that name other attributes than the key."""
_CONDITION = re.compile(rf"(?:{_PATH} = :\d+|attribute_(?:not_)?exists \({_PATH}\)|[() ]|AND)*")
_UPDATE = re.compile(rf"(?:SET (?P<set>{_SET}(?:, {_SET})*))? ?(?:REMOVE (?P<remove>{_PATH}(?:, {_PATH})*))?")
_OF_NONE = re.compile(rf"SET {_MADE}(?:, {_MADE})*(?: ADD #\d+ :\d+(?:, #\d+ :\d+)*)?")
_PART = re.compile(rf"(attribute_(?:not_)?exists )\(({_PATH})\)|({_PATH})|(:\d+)")


def inserting(table: str, item: Raw) -> Raw | None:
    """The statement that writes an item that must not be there."""
    if any("'" in name for name in item):
        return None
    values = ", ".join(f"'{name}': ?" for name in item)
    return {"Statement": f'INSERT INTO "{table}" VALUE {{{values}}}', "Parameters": list(item.values())}


def replacing(asked: Raw, names: Iterable[str]) -> Raw | None:
    """The statement of a PutItem with a condition that only an item which is there can meet. ``names``: of all
    attributes that such an item may have."""
    item = {name: value for name, value in asked["Item"].items() if name not in ("pk", "sk")}
    removed = [f'REMOVE "{name}"' for name in names if name not in asked["Item"]]
    actions = [*(f'SET "{name}"=?' for name in item), *removed]
    return _statement(asked, asked["Item"], " ".join(actions), list(item.values()))


def updating(asked: Raw) -> Raw | None:
    """The statement of an UpdateItem of an item that is there."""
    actions = _UPDATE.fullmatch(asked["UpdateExpression"])
    if actions is None:
        return None
    values: list[Raw] = []
    said = [f"SET {each}".replace(" = ", "=") for each in (actions["set"] or "").split(", ") if each]
    said += [f"REMOVE {each}" for each in (actions["remove"] or "").split(", ") if each]
    return _statement(asked, asked["Key"], _translated(" ".join(said), asked, values), values)


def made_by(asked: Raw) -> Raw | None:
    """The item that an UpdateItem without a condition makes where there is none."""
    if "ConditionExpression" in asked or not _OF_NONE.fullmatch(asked["UpdateExpression"]):
        return None
    named, values = asked["ExpressionAttributeNames"], asked["ExpressionAttributeValues"]
    pairs = re.findall(r"(#\d+)(?: = if_not_exists \(#\d+,| =)? (:\d+)", asked["UpdateExpression"])
    return {**asked["Key"], **{named[name]: values[value] for name, value in pairs}}


def _statement(asked: Raw, key: Raw, actions: str, values: list[Raw]) -> Raw | None:
    condition, returns = asked.get("ConditionExpression", ""), asked.get("ReturnValues", "NONE")
    is_plain = not any('"' in name for name in asked.get("ExpressionAttributeNames", {}).values())
    if not _CONDITION.fullmatch(condition) or returns not in ("NONE", "ALL_NEW") or not is_plain:
        return None
    values += [key["pk"], key["sk"]]
    also = f" AND {_translated(condition, asked, values)}" if condition else ""
    all_new = " RETURNING ALL NEW *" if returns == "ALL_NEW" else ""
    return {
        "Statement": f'UPDATE "{asked["TableName"]}" {actions} WHERE "pk"=? AND "sk"=?{also}{all_new}',
        "Parameters": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _translated(text: str, asked: Raw, values: list[Raw]) -> str:
    """An expression in PartiQL; its values come to the ``values`` in their order."""

    def part(found: re.Match[str]) -> str:
        exists, its_path, path, value = found.groups()
        if value:
            values.append(asked["ExpressionAttributeValues"][value])
            return "?"
        named = ".".join(f'"{asked["ExpressionAttributeNames"][each]}"' for each in (its_path or path).split("."))
        is_missing = "IS MISSING" if exists == "attribute_not_exists " else "IS NOT MISSING"
        return f"{named} {is_missing}" if exists else named

    return _PART.sub(part, text)
