"""The table in sorted dictionaries, for tests with thousands of examples or a million items: a call to moto takes
thirty times as long, and the longer the more the table holds.

It knows what PynamoDB asks of one table with the keys ``pk`` and ``sk`` and the index ``by_g``, and no more: an
expression that it cannot read fails. ``test_people_in_any_order.py`` tells some of its stories on moto, too.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import ceil
from types import MethodType
from typing import Any

from botocore.exceptions import ClientError
from sortedcontainers import SortedDict

from gate24.store import table

Raw = dict[str, Any]
_TOKENS = re.compile(r"[#:]\w+|<>|<=|>=|[()<>=,.+-]|\w+")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<>": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}
_INDEX = ("g", "h", "pk", "sk", "l")
"""What ``by_g`` projects."""

_PAGE_BYTES = 1_048_576
"""Where DynamoDB ends a page."""

_LAST = "\U0010ffff"
"""Sorts after whatever a key holds."""

Place = tuple[str, ...]
"""A sort key of the table, or ``h``, ``pk`` and ``sk`` in the index."""

Partition = Any
"""Raw items by their ``Place``: a ``SortedDict``, which has no types."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked of a table: requests, and read and write units as DynamoDB bills them."""

    requests: int = 0
    read_units: float = 0
    write_units: int = 0

    def since(self, before: Usage) -> Usage:
        return Usage(
            self.requests - before.requests,
            self.read_units - before.read_units,
            self.write_units - before.write_units,
        )


class MemoryTable:
    """``partitions``: the raw items by ``pk``; ``index``: by ``g``. ``usage``: since it was made.
    ``changed``: is told of each change of an item, with what it was and what it is then."""

    def __init__(self) -> None:
        self.partitions: dict[str, Partition] = {}
        self.index: dict[str, Partition] = {}
        self.usage = Usage()
        self._lock = threading.Lock()
        self.changed: Callable[[Raw | None, Raw | None], None] | None = None

    def items(self) -> list[Raw]:
        return [item for partition in self.partitions.values() for item in partition.values()]

    def stored_bytes(self) -> int:
        """Of what does not expire, about as DynamoDB bills it: 100 for each item and each place in the index beside
        what is in it."""
        lasting = [item for item in self.items() if "ttl" not in item]
        indexed = [item for item in lasting if "g" in item]
        return sum(_size(each, each) + 100 for each in lasting) + sum(_size(each, _INDEX) + 100 for each in indexed)

    def put(self, item: Raw) -> None:
        before = self._found(item)
        self.remove(item)
        self.partitions.setdefault(item["pk"]["S"], SortedDict())[_place(item, "pk")] = item
        if "g" in item:
            self.index.setdefault(item["g"]["S"], SortedDict())[_place(item, "g")] = item
        self._tell(before, item)

    def remove(self, key: Raw) -> None:
        found = self.partitions.get(key["pk"]["S"], {}).pop(_place(key, "pk"), None)
        if found is not None and "g" in found:
            del self.index[found["g"]["S"]][_place(found, "g")]

    def _use(self, requests: int = 0, reads: float = 0, writes: int = 0) -> None:
        used = self.usage
        self.usage = Usage(used.requests + requests, used.read_units + reads, used.write_units + writes)

    def _wrote(self, before: Raw | None, after: Raw | None, item_times: int = 1) -> None:
        """The larger of the item before and after, and what changes in the index: a place that moves is deleted and
        written."""
        sizes = [_size(each, each) for each in (before, after) if each is not None]
        units = item_times * ceil(max(sizes, default=1) / 1024)
        was, is_now = _projected(before), _projected(after)
        if was != is_now:
            places = [each for each in (was, is_now) if each is not None]
            stays = len(places) == 2 and all(places[0][name] == places[1][name] for name in ("g", "h"))
            each_units = [ceil(_size(each, each) / 1024) for each in places]
            units += max(each_units) if stays else sum(each_units)
        self._use(writes=units)

    def copy(self) -> MemoryTable:
        """The same items, which are never changed in place."""
        copied = MemoryTable()
        copied.partitions = {pk: SortedDict(items) for pk, items in self.partitions.items()}
        copied.index = {g: SortedDict(items) for g, items in self.index.items()}
        return copied

    def _tell(self, before: Raw | None, after: Raw | None) -> None:
        if self.changed is not None and before != after:
            self.changed(before, after)

    def call(self, client: Any, operation: str, asked: Raw) -> Raw:
        """In place of botocore's own ``_make_api_call``."""
        with self._lock:
            self._use(requests=1)
            answer: Raw = getattr(self, f"_{operation}")(asked)
        return answer

    def _found(self, key: Raw) -> Raw | None:
        found: Raw | None = self.partitions.get(key["pk"]["S"], {}).get(_place(key, "pk"))
        return found

    def _check(self, operation: str, asked: Raw, found: Raw | None) -> None:
        text = asked.get("ConditionExpression")
        if text is None or _holds(_condition(text), found or {}, asked):
            return
        told = found is not None and asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        self._use(writes=ceil((1 if found is None else _size(found, found)) / 1024))
        error: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}}
        raise ClientError(error | ({"Item": dict(found or {})} if told else {}), operation)

    def _GetItem(self, asked: Raw) -> Raw:
        found = self._found(asked["Key"])
        self._use(reads=_read_units(1 if found is None else _size(found, found), asked))
        return {} if found is None else {"Item": dict(found)}

    def _PutItem(self, asked: Raw) -> Raw:
        before = self._found(asked["Item"])
        self._check("PutItem", asked, before)
        self.put(dict(asked["Item"]))
        self._wrote(before, asked["Item"])
        return {}

    def _DeleteItem(self, asked: Raw) -> Raw:
        self._check("DeleteItem", asked, self._found(asked["Key"]))
        before = self._found(asked["Key"])
        self._wrote(before, None)
        self.remove(asked["Key"])
        self._tell(before, None)
        return {}

    def _UpdateItem(self, asked: Raw) -> Raw:
        found = self._found(asked["Key"])
        self._check("UpdateItem", asked, found)
        before = found or {}
        after = _updated({**asked["Key"], **before}, before, asked)
        self.put(after)
        self._wrote(found, after)
        changed = {name: each for name, each in before.items() if after.get(name) != each}
        returned = {"ALL_OLD": before, "ALL_NEW": after, "UPDATED_OLD": changed}.get(asked.get("ReturnValues", "NONE"))
        return {"Attributes": dict(returned)} if returned else {}

    def _Query(self, asked: Raw) -> Raw:
        by = "g" if asked.get("IndexName") else "pk"
        name, first, last = _range(asked, by)
        found = (self.index if by == "g" else self.partitions).get(name, SortedDict())
        is_forward, start = asked.get("ScanIndexForward") is not False, asked.get("ExclusiveStartKey")
        includes_first = includes_last = True
        if start is not None and is_forward:
            first, includes_first = max(first, _place(start, by)), _place(start, by) < first
        elif start is not None:
            last, includes_last = min(last, _place(start, by)), last < _place(start, by)
        places = found.irange(first, last, (includes_first, includes_last), reverse=not is_forward)
        return self._page((found[place] for place in places), asked, by)

    def _Scan(self, asked: Raw) -> Raw:
        return self._answer(self.items(), asked, "pk")

    def _page(self, found: Iterator[Raw], asked: Raw, by: str) -> Raw:
        """A page ends by its limit or its bytes."""
        limit, page, read = asked.get("Limit"), list[Raw](), 0
        answer: Raw = {}
        for item in found:
            page.append(item)
            read += _size(item, _INDEX if by == "g" else item)
            if len(page) == limit or read >= _PAGE_BYTES:
                keys = ("g", "h", "pk", "sk") if by == "g" else ("pk", "sk")
                answer["LastEvaluatedKey"] = {name: item[name] for name in keys}
                break
        self._use(reads=_read_units(max(read, 1), asked))
        return answer | self._answer(page, asked, by)

    def _answer(self, page: list[Raw], asked: Raw, by: str) -> Raw:
        scanned = len(page)
        if "FilterExpression" in asked:
            kept = _condition(asked["FilterExpression"])
            page = [item for item in page if _holds(kept, item, asked)]
        wanted = [
            asked["ExpressionAttributeNames"][each]
            for each in _TOKENS.findall(asked.get("ProjectionExpression", ""))
            if each != ","
        ]
        if by == "g" and not wanted:
            wanted = list(_INDEX)
        items = [{name: item[name] for name in wanted if name in item} if wanted else dict(item) for item in page]
        return {"Items": items, "Count": len(items), "ScannedCount": scanned}

    def _BatchGetItem(self, asked: Raw) -> Raw:
        answers: Raw = {}
        for name, wanted in asked["RequestItems"].items():
            found = [self._found(key) for key in wanted["Keys"]]
            self._use(reads=sum(_read_units(1 if each is None else _size(each, each), wanted) for each in found))
            answers[name] = [dict(each) for each in found if each is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def _BatchExecuteStatement(self, asked: Raw) -> Raw:
        """Each statement as what it stands for: an insertion is a PutItem, an update an UpdateItem of what is there."""
        places, answers = [], list[Raw]()
        for each in asked["Statements"]:
            operation, stands_for = _stands_for(each)
            place = stands_for.get("Key") or stands_for["Item"]
            places.append((place["pk"]["S"], place["sk"]["S"]))
            try:
                written = self._PutItem(stands_for) if operation == "PutItem" else self._UpdateItem(stands_for)
                answers.append({"Item": written["Attributes"]} if "Attributes" in written else {})
            except ClientError as error:
                code = "DuplicateItem" if operation == "PutItem" else "ConditionalCheckFailed"
                there = {"Item": error.response["Item"]} if "Item" in error.response else {}  # type: ignore[typeddict-item]
                answers.append({"Error": {"Code": code, **there}})
        if len(set(places)) < len(places):
            error_: Any = {"Error": {"Code": "ValidationException", "Message": "item keys contain duplicates"}}
            raise ClientError(error_, "BatchExecuteStatement")
        return {"Responses": answers}

    def _TransactWriteItems(self, asked: Raw) -> Raw:
        puts = [each["Put"] for each in asked["TransactItems"]]
        for put in puts:
            try:
                self._check("PutItem", put, self._found(put["Item"]))
            except ClientError:
                error: Any = {"Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"}}
                raise ClientError(error, "TransactWriteItems") from None
        for put in puts:
            self._wrote(self._found(put["Item"]), put["Item"], item_times=2)  # prepared and committed
            self.put(dict(put["Item"]))
        return {}

    def _BatchWriteItem(self, asked: Raw) -> Raw:
        for request in (each for requests in asked["RequestItems"].values() for each in requests):
            if "PutRequest" in request:
                self._PutItem(request["PutRequest"])
            else:
                self._DeleteItem(request["DeleteRequest"])
        return {"UnprocessedItems": {}}


@contextmanager
def memory_table(*clients: Any, is_new: bool = False) -> Iterator[MemoryTable]:
    """The store and these clients use a table in memory, which begins with what theirs holds; ``is_new``: with
    nothing."""
    held = MemoryTable()
    called = (table.connection().connection.client, *clients)
    pages = () if is_new else called[0].get_paginator("scan").paginate(TableName=table.connection().table_name)
    for page in pages:
        for item in page["Items"]:
            held.put(item)
    for client in called:
        client._make_api_call = MethodType(held.call, client)
    try:
        yield held
    finally:
        for client in called:
            del client._make_api_call


_STATEMENT = re.compile(
    r'(?P<verb>INSERT|UPDATE)(?: INTO)? "[^"]+" (?:VALUE \{(?P<values>.*)\}|(?P<actions>.*?) WHERE (?P<where>.*?))'
    r"(?P<all_new> RETURNING ALL NEW \*)?"
)


def _stands_for(said: Raw) -> tuple[str, Raw]:
    """The operation that a statement of PartiQL stands for. AssertionError for a statement that is not known here."""
    statement, values = _STATEMENT.fullmatch(said["Statement"]), list(said["Parameters"])
    assert statement is not None, said["Statement"]
    if statement["verb"] == "INSERT":
        named = [each.removesuffix(": ?").strip("'") for each in statement["values"].split(", ")]
        item = dict(zip(named, values, strict=True))
        condition = {"ConditionExpression": "attribute_not_exists(#0)", "ExpressionAttributeNames": {"#0": "pk"}}
        return "PutItem", {"Item": item, **condition}
    names: dict[str, str] = {}
    parameters: dict[str, Raw] = {}

    def placed(found: re.Match[str]) -> str:
        if found[1]:
            return names.setdefault(found[1], f"#{len(names)}")
        name = f":{len(parameters)}"
        parameters[name] = values[len(parameters)]
        return name

    actions, where = (re.sub(r'"([^"]+)"|\?', placed, statement[part]) for part in ("actions", "where"))
    where = re.sub(r"([.#\w]+) IS MISSING", r"attribute_not_exists(\1)", where)
    where = re.sub(r"([.#\w]+) IS NOT MISSING", r"attribute_exists(\1)", where)
    by_number = {number: name for name, number in names.items()}
    sets, removes = ([each[1] for each in re.finditer(rf"{verb} (\S+)", actions)] for verb in ("SET", "REMOVE"))
    parts = (("SET", ", ".join(sets).replace("=", " = ")), ("REMOVE", ", ".join(removes)))
    update = " ".join(f"{verb} {listed}" for verb, listed in parts if listed)
    key = re.match(r"(#\d+)=(:\d+) AND (#\d+)=(:\d+)", where)
    assert key is not None and [by_number[key[1]], by_number[key[3]]] == ["pk", "sk"]
    return "UpdateItem", {
        "Key": {"pk": parameters[key[2]], "sk": parameters[key[4]]},
        "UpdateExpression": update.strip(),
        "ConditionExpression": where,
        "ExpressionAttributeNames": by_number,
        "ExpressionAttributeValues": parameters,
        "ReturnValues": "ALL_NEW" if statement["all_new"] else "NONE",
        "ReturnValuesOnConditionCheckFailure": said.get("ReturnValuesOnConditionCheckFailure"),
    }


# Expressions: parsed once for each text; a path is a tuple of placeholders


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens, self.at = _TOKENS.findall(text), 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.next
        assert expected is None or token == expected, (self.tokens, self.at, expected)
        self.at += 1
        return token

    def any_of(self) -> Any:
        parts = [self.all_of()]
        while self.next == "OR":
            self.take()
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else ("or", parts)

    def all_of(self) -> Any:
        parts = [self.one()]
        while self.next == "AND":
            self.take()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else ("and", parts)

    def one(self) -> Any:
        if self.next == "NOT":
            self.take()
            return ("not", self.one())
        if self.next == "(":
            self.take()
            found = self.any_of()
            self.take(")")
            return found
        if self.next in ("attribute_exists", "attribute_not_exists", "begins_with", "contains"):
            name, arguments = self.take(), self.listed()
            return ("call", name, arguments)
        left = self.operand()
        if self.next == "BETWEEN":
            self.take()
            low = self.operand()
            self.take("AND")
            return ("between", left, low, self.operand())
        if self.next == "IN":
            self.take()
            return ("in", left, self.listed())
        return ("compare", self.take(), left, self.operand())

    def listed(self) -> list[Any]:
        self.take("(")
        found = [self.operand()]
        while self.next == ",":
            self.take()
            found.append(self.operand())
        self.take(")")
        return found

    def operand(self) -> Any:
        if self.next.startswith(":"):
            return ("value", self.take())
        if self.next.startswith("#"):
            path = [self.take()]
            while self.next == ".":
                self.take()
                path.append(self.take())
            return ("path", tuple(path))
        name = self.take()
        return (name, self.listed()) if self.next == "(" else ("path", (name,))  # size and if_not_exists, or a name

    def sum(self) -> Any:
        left = self.operand()
        if self.next not in ("+", "-"):
            return left
        return ("sum" if self.take() == "+" else "difference", [left, self.operand()])

    def actions(self) -> list[Any]:
        found: list[Any] = []
        while self.next:
            kind = self.take()
            while True:
                target = self.operand()[1]
                if kind == "SET":
                    self.take("=")
                    found.append((kind, target, self.sum()))
                else:
                    found.append((kind, target, None if kind == "REMOVE" else self.operand()))
                if self.next != ",":
                    break
                self.take()
        return found


@cache
def _condition(text: str) -> Any:
    return _Parser(text).any_of()


@cache
def _actions(text: str) -> Any:
    return _Parser(text).actions()


def _raw(operand: Any, item: Raw, asked: Raw) -> Raw | None:
    """What an operand is in the item, as DynamoDB writes it; None if it is not there."""
    kind, what = operand
    if kind == "value":
        value: Raw = asked["ExpressionAttributeValues"][what]
        return value
    if kind == "path":
        found: Raw | None = {"M": item}
        for each in what:
            found = (found or {}).get("M", {}).get(asked.get("ExpressionAttributeNames", {}).get(each, each))
        return found
    if kind == "if_not_exists":
        present = _raw(what[0], item, asked)
        return present if present is not None else _raw(what[1], item, asked)
    if kind in ("sum", "difference"):
        left, right = (int((_raw(each, item, asked) or {"N": "0"})["N"]) for each in what)
        return {"N": str(left + right if kind == "sum" else left - right)}
    assert kind == "size", kind
    sized = _raw(what[0], item, asked)
    return None if sized is None else {"N": str(len(next(iter(sized.values()))))}


def _plain(raw: Raw | None) -> Any:
    if raw is None:
        return None
    kind, value = next(iter(raw.items()))
    if kind == "N":
        return kind, int(value)
    return kind, frozenset(value) if kind in ("SS", "NS") else value


def _holds(condition: Any, item: Raw, asked: Raw) -> bool:
    kind = condition[0]
    if kind in ("and", "or"):
        return (all if kind == "and" else any)(_holds(each, item, asked) for each in condition[1])
    if kind == "not":
        return not _holds(condition[1], item, asked)
    if kind == "call":
        found = _raw(condition[2][0], item, asked)
        if condition[1] == "attribute_exists":
            return found is not None
        if condition[1] == "attribute_not_exists":
            return found is None
        assert condition[1] == "begins_with", condition
        return found is not None and bool(_plain(found)[1].startswith(_plain(_raw(condition[2][1], item, asked))[1]))
    if kind == "in":
        return _plain(_raw(condition[1], item, asked)) in [_plain(_raw(each, item, asked)) for each in condition[2]]
    if kind == "between":
        value, low, high = (_plain(_raw(each, item, asked)) for each in condition[1:])
        return value is not None and bool(low <= value <= high)
    one, other = (_plain(_raw(each, item, asked)) for each in condition[2:])
    if one is None or other is None or (one[0] != other[0] and condition[1] not in ("=", "<>")):
        return bool(condition[1] == "<>")
    return _COMPARE[condition[1]](one, other)


def _range(asked: Raw, by: str) -> tuple[str, Place, Place]:
    """The partition that a query names, and the first and last place that it wants of it."""
    condition = _condition(asked["KeyConditionExpression"])
    name, first, last = "", "", _LAST
    for part in condition[1] if condition[0] == "and" else [condition]:
        if part[0] == "call":  # begins_with
            first = _given(part[2][1], asked)
            last = f"{first}{_LAST}"
        elif part[0] == "between":
            first, last = _given(part[2], asked), _given(part[3], asked)
        elif asked["ExpressionAttributeNames"][part[2][1][0]] == by:
            assert part[1] == "=", part
            name = _given(part[3], asked)
        else:
            first, last = _bounds(part[1], _given(part[3], asked))
    rest = 2 if by == "g" else 0
    return name, (first, *("",) * rest), (last, *(_LAST,) * rest)


def _bounds(compares: str, value: str) -> tuple[str, str]:
    """The first and the last key that compare so; what has no character after it is the next after a key."""
    after, before = f"{value}\0", f"{value[:-1]}{chr(ord(value[-1]) - 1)}{_LAST}"
    return {"=": (value, value), ">=": (value, _LAST), ">": (after, _LAST), "<=": ("", value), "<": ("", before)}[
        compares
    ]


def _given(operand: Any, asked: Raw) -> str:
    text: str = asked["ExpressionAttributeValues"][operand[1]]["S"]
    return text


def _place(item: Raw, by: str) -> Place:
    return tuple(item[name]["S"] for name in (("h", "pk", "sk") if by == "g" else ("sk",)))


def _size(item: Raw, names: Iterable[str]) -> int:
    """Bytes, about as DynamoDB counts them."""
    return sum(len(name) + _value_size(next(iter(item[name].values()))) for name in names if name in item)


def _read_units(size: int, asked: Raw) -> float:
    return ceil(size / 4096) / (1 if asked.get("ConsistentRead") else 2)


def _projected(item: Raw | None) -> Raw | None:
    """Its place in the index, None where it has none."""
    return None if item is None or "g" not in item else {name: item[name] for name in _INDEX if name in item}


def _value_size(value: Any) -> int:
    return len(value) if isinstance(value, bytes) else len(str(value))


def _updated(item: Raw, before: Raw, asked: Raw) -> Raw:
    """A copy of the item after the update; operands are those of the item before."""
    for kind, path, operand in _actions(asked["UpdateExpression"]):
        names = [asked.get("ExpressionAttributeNames", {}).get(each, each) for each in path]
        holder = item
        for name in names[:-1]:
            assert "M" in holder[name]
            holder[name] = {"M": dict(holder[name]["M"])}
            holder = holder[name]["M"]
        name = names[-1]
        value = None if operand is None else _raw(operand, before, asked)
        if kind in ("ADD", "DELETE"):
            value = _added(holder.get(name), value) if kind == "ADD" else _taken(holder.get(name), value)
        if value is None:
            holder.pop(name, None)
        else:
            holder[name] = value
    return item


def _added(present: Raw | None, more: Raw | None) -> Raw | None:
    if present is None or more is None:
        return more
    if "N" in more:
        return {"N": str(int(present["N"]) + int(more["N"]))}
    return {"SS": sorted({*present["SS"], *more["SS"]})}


def _taken(present: Raw | None, less: Raw | None) -> Raw | None:
    left = sorted(set((present or {}).get("SS", ())) - set((less or {}).get("SS", ())))
    return {"SS": left} if left else None
