"""Requests of many threads become one, and each of them gets its own answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gate24.store import batches
from gate24.store.batches import Batches, inserting, made_by, replacing, updating
from gate24.store.table import StoreError, Written

Raw = dict[str, Any]
_NAMES = {"#0": "st", "#1": "delivered", "#2": "l"}
_VALUES = {":0": {"N": "1"}, ":1": {"S": "new"}, ":2": {"S": "old"}}


def _update(update: str, condition: str = "", names: dict[str, str] = _NAMES, **more: Any) -> Raw:
    asked = {"TableName": "t", "Key": {"pk": {"S": "p"}, "sk": {"S": "s"}}, "UpdateExpression": update, **more}
    asked |= {"ExpressionAttributeNames": names, "ExpressionAttributeValues": _VALUES}
    return asked | ({"ConditionExpression": condition} if condition else {})


def test_an_update_is_said_with_its_condition_and_its_values_in_their_order() -> None:
    asked = _update(
        "SET #0.#1 = :0, #2 = :1 REMOVE #1, #0.#2",
        "((attribute_not_exists (#0.#1) AND attribute_exists (#0)) AND #2 = :2)",
        ReturnValues="ALL_NEW",
    )
    assert updating(asked) == {
        "Statement": 'UPDATE "t" SET "st"."delivered"=? SET "l"=? REMOVE "delivered" REMOVE "st"."l"'
        ' WHERE "pk"=? AND "sk"=? AND (("st"."delivered" IS MISSING AND "st" IS NOT MISSING) AND "l" = ?)'
        " RETURNING ALL NEW *",
        "Parameters": [{"N": "1"}, {"S": "new"}, {"S": "p"}, {"S": "s"}, {"S": "old"}],
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


@pytest.mark.parametrize(
    "asked",
    [
        _update("SET #0 = if_not_exists (#0, :0)"),
        _update("ADD #0 :0"),
        _update("SET #0 = #2"),
        _update("SET #0 = :0", "#0 < :1"),
        _update("SET #0 = :0", "(#0 = :1 OR #0 = :2)"),
        _update("SET #0 = :0", "size (#0) = :1"),
        _update("SET #0 = :0", ReturnValues="UPDATED_OLD"),
        _update("SET #0 = :0", names={"#0": 'with "quotes"'}),
    ],
    ids=lambda asked: f"{asked['UpdateExpression']} {asked.get('ConditionExpression', '')}",
)
def test_what_a_statement_cannot_say_is_asked_alone(asked: Raw) -> None:
    assert updating(asked) is None


def test_a_put_with_a_condition_replaces_all_that_such_an_item_may_have() -> None:
    item = {"pk": {"S": "p"}, "sk": {"S": "s"}, "li": {"N": "2"}}
    condition = {"ConditionExpression": "#0 = :0", "ExpressionAttributeNames": {"#0": "li"}}
    asked = {"TableName": "t", "Item": item, **condition, "ExpressionAttributeValues": _VALUES}
    said = replacing(asked, ["pk", "sk", "li", "oa"])
    assert said is not None
    assert said["Statement"] == 'UPDATE "t" SET "li"=? REMOVE "oa" WHERE "pk"=? AND "sk"=? AND "li" = ?'
    assert said["Parameters"] == [{"N": "2"}, {"S": "p"}, {"S": "s"}, {"N": "1"}]


def test_an_update_without_a_condition_makes_an_item_where_there_is_none() -> None:
    asked = _update("SET #0 = :0, #1 = if_not_exists (#1, :1) ADD #2 :2")
    made = {"pk": {"S": "p"}, "sk": {"S": "s"}, "st": {"N": "1"}, "delivered": {"S": "new"}, "l": {"S": "old"}}
    assert made_by(asked) == made
    assert made_by(_update("SET #0.#1 = :0")) is None
    assert made_by(_update("SET #0 = :0", "attribute_exists (#0)")) is None
    said = inserting("t", made)
    assert said is not None
    assert said["Statement"] == "INSERT INTO \"t\" VALUE {'pk': ?, 'sk': ?, 'st': ?, 'delivered': ?, 'l': ?}"


class Table:
    """Answers batches; ``sizes`` of those that were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: Callable[[list[Raw]], list[Raw]]) -> None:
        self.sizes: list[int] = []

        def dispatch(operation: str, asked: Callable[[str], Raw]) -> Raw:
            statements = asked("t")["Statements"]
            self.sizes.append(len(statements))
            return {"Responses": answers(statements)}

        monkeypatch.setattr(batches, "dispatch", dispatch)
        monkeypatch.setattr(batches, "HELD_SECONDS", 60)


def _asked_by(threads: int, pk: Callable[[int], str] = str) -> list[Written | None]:
    """What each of the threads is answered, of which all take part before one of them asks."""
    together, everybody = Batches(), threading.Barrier(threads, timeout=60)

    def ask(number: int) -> Written | None:
        with together:
            everybody.wait()
            asked = _update("SET #0 = :0") | {"Key": {"pk": {"S": pk(number)}, "sk": {"S": "s"}}}
            return together.update(asked, is_new=False)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(ask, range(threads)))


def _numbered(statements: list[Raw]) -> list[Raw]:
    return [{"Item": {"said": each["Parameters"][1]}} for each in statements]


def test_each_gets_its_own_answer_and_a_batch_has_no_more_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Table(monkeypatch, _numbered)
    answers = _asked_by(30)
    assert asked.sizes == [25, 5]
    assert answers == [Written(True, {"said": {"S": str(number)}}) for number in range(30)]


def test_one_that_is_left_over_asks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Table(monkeypatch, _numbered)
    answers = _asked_by(26)
    assert asked.sizes == [25]
    assert answers.count(None) == 1


def test_no_batch_names_an_item_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Table(monkeypatch, _numbered)
    answers = _asked_by(6, pk=lambda number: str(number // 2))
    assert asked.sizes == [3]
    assert answers.count(None) == 3


def test_a_failed_condition_is_an_answer_and_another_error_none(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[Raw] = [
        {"Error": {"Code": "ConditionalCheckFailed", "Item": {"st": {"N": "1"}}}},
        {"Error": {"Code": "ConditionalCheckFailed"}},  # it is not there
        {"Error": {"Code": "TransactionConflict"}},
    ]
    Table(monkeypatch, lambda _: errors)
    answers = _asked_by(3)
    assert answers.count(Written(False, {"st": {"N": "1"}})) == 1
    assert answers.count(None) == 2


@pytest.mark.parametrize("retryable", [True, False])
def test_a_batch_without_an_answer_fails_for_all_and_a_refused_one_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, retryable: bool
) -> None:
    def fail(_: list[Raw]) -> list[Raw]:
        raise StoreError("BatchExecuteStatement", "AnyException", retryable)

    Table(monkeypatch, fail)
    if retryable:
        with pytest.raises(StoreError):
            _asked_by(3)
    else:
        assert _asked_by(3) == [None, None, None]
