"""What is sent to DynamoDB and Secrets Manager without botocore's way is what botocore would send."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError

from gate24.store import direct_calls
from gate24.store.direct_calls import get_secret, secrets_address, use_direct_calls
from tests.performance.without_moto import without_moto

ITEM = {"pk": {"S": "a"}, "sk": {"S": "é\ud800"}, "b": {"B": b"\x00\xff"}, "n": {"N": "1"}, "s": {"SS": ["x"]}}
PUT = {"TableName": "t", "Item": ITEM, "ConditionExpression": "attribute_not_exists (pk)"}
HEADERS = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})


@contextmanager
def client(*answers: tuple[int, bytes] | Exception, direct: bool = True) -> Iterator[tuple[Any, list[Any]]]:
    """A client, with the requests that it makes; each is answered by the next answer, the last one for good."""
    made: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        made.append(request)
        given = answers[min(len(made), len(answers)) - 1]
        if isinstance(given, Exception):
            raise given
        return AWSResponse(request.url, given[0], HEADERS, SimpleNamespace(stream=lambda **_: iter((given[1],))))

    session = botocore.session.get_session()
    if direct:
        session.register("creating-client-class.dynamodb", use_direct_calls)
    config = Config(
        parameter_validation=False,
        retries={"mode": "standard", "total_max_attempts": 2},
        user_agent_extra=f"direct-{direct}",  # a client of its own
    )
    found: Any = session.create_client("dynamodb", "ap-south-1", config=config)
    for service in ("dynamodb", "secrets-manager"):
        found.meta.events.register_first(f"before-send.{service}.*", answer)
    try:
        with without_moto():
            yield found, made
    finally:
        for service in ("dynamodb", "secrets-manager"):
            found.meta.events.unregister(f"before-send.{service}.*", answer)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.put_item(**PUT),
        lambda client: client.get_item(TableName="t", Key={"pk": {"S": "a"}, "sk": {"B": b"1"}}, ConsistentRead=True),
        lambda client: client.query(TableName="t", KeyConditionExpression="pk = :a", Limit=3, ScanIndexForward=False),
        lambda client: client.batch_write_item(RequestItems={"t": [{"PutRequest": {"Item": ITEM}}]}),
    ],
)
def test_a_request_says_what_botocores_says(ask: Callable[[Any], Any]) -> None:
    with client((200, b"{}")) as (ours, made), client((200, b"{}"), direct=False) as (bare, made_bare):
        ask(ours)
        ask(bare)
    assert made[0].url.rstrip("/") == made_bare[0].url.rstrip("/")
    assert json.loads(made[0].body) == json.loads(made_bare[0].body)
    for name in ("X-Amz-Target", "Content-Type"):
        assert _text(made[0].headers[name]) == _text(made_bare[0].headers[name])


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


ANSWER = {
    "Items": [
        {"pk": {"S": "a"}, "B": {"S": "no bytes"}, "b": {"B": "AP8="}, "m": {"M": {"B": {"N": "1"}}}},
        {"pk": {"S": "b"}, "l": {"L": [{"B": "AQ=="}, {"BS": ["AQ==", "Ag=="]}]}},
    ],
    "Count": 2,
    "LastEvaluatedKey": {"pk": {"S": "b"}, "sk": {"B": "AP8="}},
    "ConsumedCapacity": {"TableName": "t", "CapacityUnits": 0.5},
}


def test_an_answer_is_read_as_botocore_reads_it() -> None:
    body = json.dumps(ANSWER).encode()
    with client((200, body)) as (ours, _), client((200, body), direct=False) as (bare, _):
        expected = bare.query(TableName="t", KeyConditionExpression="pk = :a")
        expected.pop("ResponseMetadata")
        assert ours.query(TableName="t", KeyConditionExpression="pk = :a") == expected


def test_an_error_is_the_clients_own_and_is_not_tried_again() -> None:
    failed = {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": {"pk": {"S": "a"}, "b": {"B": "AP8="}},
    }
    with client((400, json.dumps(failed).encode())) as (ours, made), pytest.raises(ClientError) as raised:
        ours.put_item(**PUT)
    assert isinstance(raised.value, ours.exceptions.ConditionalCheckFailedException)
    assert raised.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert raised.value.response["Error"]["Message"] == "The conditional request failed"
    assert raised.value.response["Item"] == {"pk": {"S": "a"}, "b": {"B": b"\x00\xff"}}
    assert len(made) == 1


THROTTLED = json.dumps({"__type": "com.amazon.coral.availability#ThrottlingException", "message": "slow"}).encode()
NOT_NOW = [
    (500, b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}'),
    (503, b"<html>Service Unavailable</html>"),
    (200, b'{"Item":'),
    (400, THROTTLED),
    ConnectTimeoutError(endpoint_url="https://aws.example.org"),
]


@pytest.mark.parametrize("first", NOT_NOW)
def test_what_may_succeed_later_is_tried_again(first: Any) -> None:
    with client(first, (200, b'{"Item":{"pk":{"S":"a"}}}')) as (ours, made):
        assert ours.get_item(TableName="t", Key={"pk": {"S": "a"}})["Item"] == {"pk": {"S": "a"}}
    assert len(made) == 2


@pytest.mark.parametrize("always", [each for each in NOT_NOW if not isinstance(each, tuple) or each[0] != 200])
def test_it_is_tried_three_times_in_all(always: Any) -> None:
    with client(always) as (ours, made), pytest.raises((ClientError, ConnectTimeoutError)):
        ours.get_item(TableName="t", Key={"pk": {"S": "a"}})
    assert len(made) == 3


def test_a_transaction_that_is_tried_again_has_the_same_token() -> None:
    put = {"Put": {"TableName": "t", "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}
    with client((500, b"{}"), (200, b"{}")) as (ours, made):
        ours.transact_write_items(TransactItems=[put])
    first, second = (json.loads(each.body)["ClientRequestToken"] for each in made)
    assert first == second


def test_other_operations_go_botocores_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_meant(*_: Any) -> None:
        raise AssertionError("It went the direct way")

    monkeypatch.setattr(direct_calls, "_first_attempt", not_meant)
    with client((200, b'{"TableNames":["t"]}')) as (ours, _):
        assert ours.list_tables()["TableNames"] == ["t"]


def given(text: object) -> tuple[int, bytes]:
    return 200, json.dumps({"Name": "s", "SecretString": text}).encode()


def test_a_secret_is_asked_for_as_its_own_client_asks() -> None:
    bare: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        bare.append(request)
        return AWSResponse(request.url, 200, HEADERS, SimpleNamespace(stream=lambda **_: iter((given("key")[1],))))

    own: Any = botocore.session.get_session().create_client("secretsmanager", "ap-south-1")
    own.meta.events.register_first("before-send.secrets-manager.*", answer)
    with client(given("key")) as (ours, made):
        assert get_secret(ours, "name") == own.get_secret_value(SecretId="name")["SecretString"] == "key"
    own.meta.events.unregister("before-send.secrets-manager.*", answer)
    assert len(made) == 1
    assert made[0].url == bare[0].url and json.loads(made[0].body) == json.loads(bare[0].body)
    for name in ("X-Amz-Target", "Content-Type"):
        assert _text(made[0].headers[name]) == _text(bare[0].headers[name])
    ours_for, own_for = (
        re.findall(r"/\d+/([^,]*)", _text(each.headers["Authorization"])) for each in (made[0], bare[0])
    )
    assert ours_for == own_for == ["ap-south-1/secretsmanager/aws4_request"]


@pytest.mark.parametrize(
    "first", [NOT_NOW[0], (400, b'{"__type":"ResourceNotFoundException"}'), given(None), (200, b"{")]
)
def test_what_is_no_secret_is_left_to_its_own_client(first: Any) -> None:
    with client(first) as (ours, made):
        assert get_secret(ours, "name") is None
    assert len(made) == 1


def test_no_answer_for_a_secret_is_an_error_after_one_attempt() -> None:
    with client(ConnectTimeoutError(endpoint_url="https://aws.example.org")) as (ours, made):
        with pytest.raises(ConnectTimeoutError):
            get_secret(ours, "name")
        assert len(made) == 1


def meta(address: str, fips: bool = False) -> Any:
    return SimpleNamespace(endpoint_url=address, config=SimpleNamespace(use_fips_endpoint=fips))


def test_secrets_are_where_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = "https://dynamodb.ap-south-1.amazonaws.com"
    assert secrets_address(meta(plain)) == "https://secretsmanager.ap-south-1.amazonaws.com/"
    assert secrets_address(meta(plain, fips=True)) is None
    assert secrets_address(meta("http://localhost:8000")) is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    assert secrets_address(meta("http://localhost:4566")) == "http://localhost:4566/"
    assert secrets_address(meta("http://localhost:8000")) is None
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://vpce.example.org")
    assert secrets_address(meta(plain)) is None
