"""The table: one connection for all its items, and the two writes that everything is made of.

Only this package knows PynamoDB; botocore's errors become ``StoreError`` here and nowhere else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

INDEX = "by_g"
CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0
ATTEMPTS = 3
"""Far below API Gateway's 30 s; PynamoDB's own defaults are 15 s, 30 s and 4 attempts."""

POOL = 32


class StoreError(Exception):
    """The table could not be read or written; whether a write took place is not known. ``retryable`` is False
    where another attempt cannot help. Its text holds no item data."""

    def __init__(self, operation: str, code: str, retryable: bool = True) -> None:
        super().__init__(f"{operation}: {code}")
        self.retryable = retryable


class _Shared:
    """The process's one connection: PynamoDB would make a botocore session and client for each model class
    (115 to 185 ms of cold start each)."""

    contact_key: bytes = b""
    connection: TableConnection | None = None
    lock = threading.Lock()


def connect(table_name: str, contact_key: bytes, region: str | None = None, endpoint: str | None = None) -> None:
    """Use this table from now on. Call it once while a function starts; tests call it to point elsewhere.

    ``contact_key``: the secret under which numbers are hashed; another key would find nobody."""
    with _Shared.lock:
        connection = TableConnection(table_name, region=region, host=endpoint)
        connection.connection = Connection(
            region=region,
            host=endpoint,
            connect_timeout_seconds=CONNECT_SECONDS,
            read_timeout_seconds=READ_SECONDS,
            retry_configuration={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=POOL,
        )
        connection.connection.add_meta_table(
            MetaTable(
                {
                    "TableName": table_name,
                    "KeySchema": [
                        {"AttributeName": "pk", "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                    "AttributeDefinitions": [
                        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "g", "h")
                    ],
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": INDEX,
                            "KeySchema": [
                                {"AttributeName": "g", "KeyType": "HASH"},
                                {"AttributeName": "h", "KeyType": "RANGE"},
                            ],
                        }
                    ],
                }
            )
        )
        _Shared.contact_key, _Shared.connection = contact_key, connection
        Item.Meta.table_name = table_name  # PynamoDB looks a batch's answer up by it
        _ = connection.connection.client


def is_connected() -> bool:
    return _Shared.connection is not None


def contact_key() -> bytes:
    return _Shared.contact_key


def table_name() -> str:
    """The table in use; RuntimeError before ``connect``."""
    return Item._get_connection().table_name


def connection() -> Connection:
    """The shared PynamoDB connection; RuntimeError before ``connect``."""
    if _Shared.connection is None:
        raise RuntimeError("store.connect() was not called")
    return _Shared.connection.connection


class Item(Model):
    """What every item has: its key, its place in the index, and for what may go by itself its ``ttl``
    (epoch seconds; a broom, never a clock)."""

    class Meta:
        table_name = "by-connect"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    g = UnicodeAttribute(null=True)
    h = UnicodeAttribute(null=True)
    ttl = NumberAttribute(null=True)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if _Shared.connection is None:
            raise RuntimeError("store.connect() was not called")
        return _Shared.connection


M = TypeVar("M", bound=Item)


@dataclass(frozen=True, slots=True)
class Written:
    """``applied``: False where the condition failed. ``image``: the item as asked for (``returns``), or, where
    the condition failed, as it stood then; None if there was none."""

    applied: bool
    image: dict[str, Any] | None

    def item(self, kind: type[M]) -> M | None:
        if not self.image:
            return None
        found = kind()
        found.deserialize(self.image)
        return found


def update(item: Item, actions: Sequence[Action], condition: Condition | None = None, returns: str = "NONE") -> Written:
    """One UpdateItem (an upsert). A failed condition is an answer, not an error; StoreError otherwise."""
    kwargs = item.get_update_kwargs_from_instance(
        list(actions), condition=condition, return_values_on_condition_failure="ALL_OLD"
    )
    return _dispatch("UpdateItem", {**kwargs, "ReturnValues": returns})


def put_new(item: Item, condition: Condition | None = None) -> Written:
    """One PutItem of an item that must not exist yet (or must satisfy ``condition``)."""
    kwargs = item.get_save_kwargs_from_instance(
        condition=condition if condition is not None else Item.pk.does_not_exist(),
        return_values_on_condition_failure="ALL_OLD",
    )
    return _dispatch("PutItem", kwargs)


def _dispatch(operation: str, kwargs: dict[str, Any]) -> Written:
    with translated(operation):
        try:
            answer = connection().dispatch(operation, kwargs)
        except VerboseClientError as error:
            cause = error.__cause__
            response: dict[str, Any] = cause.response if isinstance(cause, ClientError) else error.response  # type: ignore[assignment]
            if response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            return Written(False, response.get("Item"))
    return Written(True, answer.get("Attributes"))


_FINAL = frozenset({"ValidationException", "ResourceNotFoundException", "AccessDeniedException"})


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Turns every error of PynamoDB and botocore inside into a StoreError without item data."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        raise StoreError(operation, code, code not in _FINAL) from None
    except PynamoDBException as error:
        code = str(getattr(error, "cause_response_code", None) or type(error).__name__)
        raise StoreError(operation, code, code not in _FINAL) from None
    except BotoCoreError as error:
        raise StoreError(operation, type(error).__name__) from None


def query(kind: type[M], pk: str, **kwargs: Any) -> list[M]:
    """All items of one partition that match; ``kwargs`` as PynamoDB's ``Model.query``."""
    with translated("Query"):
        return list(kind.query(pk, **kwargs))


def get(kind: type[M], pk: str, sk: str, consistent: bool = False) -> M | None:
    """One item or None."""
    with translated("GetItem"):
        try:
            return kind.get(pk, sk, consistent_read=consistent)
        except kind.DoesNotExist:
            return None
