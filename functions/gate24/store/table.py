"""The table: one connection for all its items, and the few calls that everything is made of.

Only this package knows PynamoDB, and only this file reaches behind its public names (``Item._get_connection``);
botocore's errors become ``StoreError`` here and nowhere else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, ClassVar, Protocol, TypeVar

import pynamodb.attributes
import pynamodb.models
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.constants import NUMBER
from pynamodb.exceptions import DeleteError, PynamoDBException, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model

from gate24 import snapshot
from gate24.lazy_dataclass import dataclass
from gate24.store.direct_calls import get_secret, use_direct_calls
from gate24.store.lean_session import ease
from gate24.store.outage import TABLE, Service

CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0
ATTEMPTS = 3
"""Far below API Gateway's 30 s; PynamoDB's own defaults are 15 s, 30 s and 4 attempts."""

POOL = 32

_CONDITION_FAILED = "ConditionalCheckFailedException"
_TRANSACTION_CANCELED = "TransactionCanceledException"
_NOT_IN_TRANSACTIONS = ("ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "ReturnValues")


class StoreError(Exception):
    """The table could not be read or written; whether a write took place is not known. ``retryable`` is False
    where another attempt cannot help. Its text holds no item data."""

    def __init__(self, operation: str, code: str, retryable: bool = True) -> None:
        super().__init__(f"{operation}: {code}")
        self.retryable = retryable


class _Shared:
    """The process's one connection."""

    contact_key: bytes | Callable[[], bytes] = b""
    given_key: bytes | Callable[[], bytes] = b""
    connection: TableConnection | None = None
    lock = threading.Lock()


class Together(Protocol):
    """What asks with others (``batches``). Each method is asked what PynamoDB would ask the table, and gives None where
    that has to be asked alone."""

    def get(self, pk: str, sk: str) -> dict[str, Any] | None: ...
    def put(self, asked: dict[str, Any], item: Item) -> Written | None: ...
    def update(self, asked: dict[str, Any], is_new: bool) -> Written | None: ...


class _Here(threading.local):
    """Of the thread: with whom it asks."""

    together: Together | None = None


_here = _Here()


def ask(together: Together | None) -> None:
    """From now on the calling thread asks with others what can be asked so, or alone."""
    _here.together = together


class IntegerAttribute(Attribute[int]):
    """A whole number: PynamoDB's own ``NumberAttribute`` is typed as a float."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        return str(int(value))

    def deserialize(self, value: str) -> int:
        return int(value)


def members(kind: type, is_wanted: Callable[[Any], bool]) -> list[tuple[str, Any]]:
    """As ``inspect.getmembers`` has them, of what says of itself that it is wanted: attributes and indexes."""
    found: dict[str, Any] = {}
    for each in reversed(kind.__mro__):
        found |= each.__dict__
    return [(name, found[name]) for name in sorted(found) if is_wanted(found[name])]


for _module in (pynamodb.attributes, pynamodb.models):
    _module.getmembers = members  # type: ignore[attr-defined]  # looked for twice in each of 35 kinds of items


class ByG(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    """The index: ledgers of days and lists of contacts (``keys``). It projects ``l``, a message's ledger entry."""

    class Meta:
        index_name = "by_g"
        projection = IncludeProjection(["l"])

    g = UnicodeAttribute(hash_key=True)
    h = UnicodeAttribute(range_key=True)


class Item(Model):
    """What every item has: its key, its place in the index, and for what may go by itself its ``ttl``
    (epoch seconds; DynamoDB removes it some day, and nothing is decided by that)."""

    class Meta:
        table_name = "set-by-connect"

    kinds: ClassVar[dict[str, type[Item]]] = {}

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    g = UnicodeAttribute(null=True)
    h = UnicodeAttribute(null=True)
    ttl = IntegerAttribute(null=True)
    by_g = ByG()

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Item:
        """An item of its own class: the sort key tells which, so that no attribute has to (``stored_under``)."""
        sort = data["sk"]["S"]
        kind = next((kind for prefix, kind in cls.kinds.items() if sort.startswith(prefix)), cls)
        return super(Item, kind if issubclass(kind, cls) else cls).from_raw_data(data)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        # PynamoDB would make a botocore session and client for each model class (115 to 185 ms of cold start
        # each) and has no public way to share one.
        return connection()


I = TypeVar("I", bound=Item)  # noqa: E741


def stored_under(prefix: str) -> Callable[[type[I]], type[I]]:
    """Says of an item class how its sort keys begin, where a partition holds several classes."""

    def register(kind: type[I]) -> type[I]:
        Item.kinds[prefix] = kind
        return kind

    return register


class _Connection(Connection):
    """PynamoDB's connection, which tells nobody of each request: no signals, no debug log, no units that are asked for
    and not looked at."""

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._make_api_call(operation_name, operation_kwargs)
        return found


def connect(
    table_name: str,
    contact_key: bytes | Callable[[], bytes],
    region: str | None = None,
    endpoint: str | None = None,
) -> None:
    """Use this table from now on. Call it once while a function starts; tests call it to point elsewhere.

    ``contact_key``: the secret under which numbers are hashed, or what reads it; another key would find nobody."""
    with _Shared.lock:
        shared = TableConnection(table_name, region=region, host=endpoint)
        shared.connection = _Connection(
            region=region,
            host=endpoint,
            connect_timeout_seconds=CONNECT_SECONDS,
            read_timeout_seconds=READ_SECONDS,
            retry_configuration={"mode": "standard", "total_max_attempts": ATTEMPTS - 1},  # after a direct one
            max_pool_connections=POOL,
        )
        shared.connection.add_meta_table(_meta_table(table_name))
        ease(shared.connection.session)
        shared.connection.session.register("creating-client-class.dynamodb", use_direct_calls)
        _Shared.contact_key = _Shared.given_key = contact_key
        _Shared.connection = shared
        Item.Meta.table_name = table_name  # PynamoDB looks a batch's answer up by it
        _ = shared.connection.client


def _meta_table(table_name: str) -> MetaTable:
    """What ``DescribeTable`` would say of the keys, so that no cold start asks it."""
    return MetaTable(
        {
            "TableName": table_name,
            "KeySchema": _key_schema("pk", "sk"),
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "g", "h")],
            "GlobalSecondaryIndexes": [{"IndexName": ByG.Meta.index_name, "KeySchema": _key_schema("g", "h")}],
        }
    )


def _key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]


def is_connected() -> bool:
    return _Shared.connection is not None


def contact_key() -> bytes:
    """The secret under which numbers are hashed; StoreError where it is not known yet and cannot be read."""
    key = _Shared.contact_key
    if not isinstance(key, bytes):
        key = _Shared.contact_key = key()
    return key


def secret(name: str) -> str | None:
    """The text of a secret by the table's client (``direct_calls.get_secret``); None before ``connect``, too."""
    return None if _Shared.connection is None else get_secret(connection().connection.client, name)


def let_go() -> None:
    """Closes the connections and forgets a contact key that was read: the next request opens and reads them anew."""
    _Shared.contact_key = _Shared.given_key
    if _Shared.connection is not None:
        connection().connection.client.close()


snapshot.not_kept(let_go)


def connection() -> TableConnection:
    """The table's connection; RuntimeError before ``connect``."""
    if _Shared.connection is None:
        raise RuntimeError("store.table.connect() was not called")
    return _Shared.connection


@dataclass(frozen=True, slots=True)
class Written:
    """``applied``: False where the condition failed. ``image``: the item as asked for (``returns``), or, where
    the condition failed, as it stood then; None if there was none."""

    applied: bool
    image: dict[str, Any] | None

    def item(self, kind: type[I]) -> I | None:
        """The image as an item; of an update's changed attributes alone, what there is."""
        if not self.image:
            return None
        found = kind()
        found.deserialize(self.image)
        return found


def is_together() -> bool:
    """Whether what this thread writes may become one request with what others write (``store.batches``)."""
    return _here.together is not None


def update(
    item: Item,
    actions: Sequence[Action],
    condition: Condition | None = None,
    returns: str = "NONE",
    is_new: bool = False,
) -> Written:
    """One UpdateItem (an upsert). A failed condition is an answer, not an error; StoreError otherwise. ``is_new``:
    there was no such item just now, so that a batch may try to insert it."""
    kwargs = item.get_update_kwargs_from_instance(
        list(actions), condition=condition, return_values_on_condition_failure="ALL_OLD"
    )
    kwargs["ReturnValues"] = returns
    written = None if _here.together is None else _here.together.update(kwargs, is_new)
    return _dispatch("UpdateItem", kwargs) if written is None else written


def put(item: Item, condition: Condition | None = None) -> Written:
    """One PutItem of the whole item. A failed condition is an answer, not an error; StoreError otherwise."""
    kwargs = item.get_save_kwargs_from_instance(
        condition=condition, return_values_on_condition_failure="ALL_OLD" if condition is not None else None
    )
    written = None if _here.together is None else _here.together.put(kwargs, item)
    return _dispatch("PutItem", kwargs) if written is None else written


def put_new(item: Item) -> Written:
    """One PutItem of an item that must not exist yet."""
    return put(item, Item.pk.does_not_exist())


def put_all_new(items: Sequence[Item]) -> bool:
    """Writes up to 100 items in one transaction, at twice the price: all, or none where one of them exists or is being
    written by somebody else. Returns whether they were written."""
    puts = []
    for item in items:
        kwargs = item.get_save_kwargs_from_instance(condition=Item.pk.does_not_exist())
        puts.append({"Put": {name: value for name, value in kwargs.items() if name not in _NOT_IN_TRANSACTIONS}})
    with translated("TransactWriteItems"):
        try:
            connection().connection.dispatch("TransactWriteItems", {"TransactItems": puts})
        except VerboseClientError as error:
            cause = error.__cause__
            response: Any = cause.response if isinstance(cause, ClientError) else error.response
            if response.get("Error", {}).get("Code") != _TRANSACTION_CANCELED:
                raise
            return False
    return True


def put_all(kind: type[I], items: Sequence[I]) -> None:
    """Writes the items, whatever stood there, by batches."""
    if items:
        with translated("BatchWriteItem"), kind.batch_write() as batch:
            for item in items:
                batch.save(item)


def delete_all(items: Sequence[Item]) -> None:
    """Deletes the items by batches."""
    if items:
        with translated("BatchWriteItem"), Item.batch_write() as batch:
            for item in items:
                batch.delete(item)


def delete(item: Item, condition: Condition | None = None) -> bool:
    """One DeleteItem. A condition that fails leaves the item, and is answered by False."""
    with translated("DeleteItem"):
        try:
            item.delete(condition)
        except DeleteError as error:
            # PynamoDB's property fails where there was no response at all (a timeout).
            if getattr(error, "cause_response_code", None) != _CONDITION_FAILED:
                raise
            return False
    return True


def dispatch(operation: str, asked: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """One request as DynamoDB has it; ``asked``: what, of the table of this name. StoreError where it fails."""
    with translated(operation):
        found: dict[str, Any] = connection().connection.dispatch(operation, asked(connection().table_name))
    return found


def _dispatch(operation: str, kwargs: dict[str, Any]) -> Written:
    with translated(operation):
        try:
            answer = connection().connection.dispatch(operation, kwargs)
        except VerboseClientError as error:
            cause = error.__cause__
            response: dict[str, Any] = cause.response if isinstance(cause, ClientError) else error.response  # type: ignore[assignment]
            if response.get("Error", {}).get("Code") != _CONDITION_FAILED:
                raise
            return Written(False, response.get("Item"))
    return Written(True, answer.get("Attributes"))


_FINAL = frozenset({"ValidationException", "ResourceNotFoundException", "AccessDeniedException"})


_TOO_FAST = frozenset(
    {"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottledException"}
)
"""The service answered: it only has too much to do, mostly with a single key."""


@contextmanager
def translated(operation: str, service: Service = TABLE) -> Iterator[None]:
    """Turns every error of PynamoDB and botocore inside into a StoreError without item data."""
    try:
        yield
    except ClientError as error:
        failure = _failure(operation, service, str(error.response.get("Error", {}).get("Code")))
    except PynamoDBException as error:
        code = str(getattr(error, "cause_response_code", None) or type(error).__name__)
        failure = _failure(operation, service, code)
    except BotoCoreError as error:
        failure = _failure(operation, service, type(error).__name__)
    else:
        service.answered()
        return
    raise failure from None


def _failure(operation: str, service: Service, code: str) -> StoreError:
    if code not in _FINAL | _TOO_FAST:
        service.failed()
    return StoreError(operation, code, code not in _FINAL)


def query(kind: type[I], pk: str, **kwargs: Any) -> list[I]:
    """All items of one partition that match; ``kwargs`` as PynamoDB's ``Model.query``."""
    with translated("Query"):
        return list(kind.query(pk, **kwargs))


def query_index(g: str, **kwargs: Any) -> Iterator[dict[str, Any]]:
    """The raw items of one partition of the index, page by page as they are taken; ``kwargs`` as PynamoDB's
    ``TableConnection.query``."""
    return chain.from_iterable(query_index_pages(g, **kwargs))


def query_index_pages(g: str, **kwargs: Any) -> Iterator[list[dict[str, Any]]]:
    """As ``query_index``, a page at a time. Raw, because a day's ledger is read by the hundred thousand, and PynamoDB's
    items cost 15 times the time."""
    start: dict[str, Any] | None = None
    while True:
        with translated("Query"):
            page = connection().query(g, index_name=ByG.Meta.index_name, exclusive_start_key=start, **kwargs)
        yield page["Items"]
        start = page.get("LastEvaluatedKey")
        if not start:
            return


def scan_page(condition: Condition, start: dict[str, Any] | None) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """A page of the whole table (1 MB of it): the raw items that match, and where the next page starts."""
    with translated("Scan"):
        page = connection().scan(filter_condition=condition, exclusive_start_key=start)  # type: ignore[arg-type]
    return page["Items"], page.get("LastEvaluatedKey")


def get(kind: type[I], pk: str, sk: str, consistent: bool = False) -> I | None:
    """One item or None."""
    raw = _here.together.get(pk, sk) if consistent and _here.together is not None else None
    if raw is not None:
        return kind.from_raw_data(raw) if raw else None  # type: ignore[return-value]
    with translated("GetItem"):
        try:
            return kind.get(pk, sk, consistent_read=consistent)
        except kind.DoesNotExist:
            return None
