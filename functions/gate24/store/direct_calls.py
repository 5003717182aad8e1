"""Operations on DynamoDB's items without what botocore does for any operation of any service.

What PynamoDB makes and reads is DynamoDB's own JSON already, so it goes over the wire as it is: nothing is walked
through the service's model, no endpoint is chosen by rules and no user agent put together for each request. What is
left is one signed POST. Credentials, endpoint, connections, timeouts, errors and hooks are those of the client, and
what does not succeed at once is asked again in the client's own way, with its retries.

A secret is read likewise by DynamoDB's client: Secrets Manager takes the same kind of request, and a client of its own
would be a tenth of a cold start.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from base64 import b64decode, b64encode
from typing import Any
from uuid import uuid4

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, NoCredentialsError

_OPERATIONS = frozenset(
    {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
        *("BatchGetItem", "BatchWriteItem", "BatchExecuteStatement", "TransactWriteItems"),
    }
)
_VERSION = "DynamoDB_20120810"
_CONTENT_TYPE = "application/x-amz-json-1.0"
_SECRETS_CONTENT_TYPE = "application/x-amz-json-1.1"

_TRIED_AGAIN = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded"),
        *("ProvisionedThroughputExceededException", "TransactionInProgressException"),
        *("RequestTimeout", "RequestTimeoutException"),
    }
)
"""Errors with status 400 after which another attempt may succeed, as botocore's "standard" retries have them."""


_MAY_HAVE_BYTES = re.compile(rb'"BS?"\s*:')
"""Not of "BOOL", nor of a text inside a text: a page of a day's ledger names markets, and Brazil is one."""


class DirectCalls(BaseClient):
    """Comes before botocore's own class among the bases of the client."""

    def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any:
        if operation_name in _OPERATIONS:
            if operation_name == "TransactWriteItems":
                api_params.setdefault("ClientRequestToken", str(uuid4()))
            answer = _first_attempt(self, operation_name, api_params)
            if answer is not None:
                return answer
            time.sleep(random.random())  # as botocore before its first retry
        return super()._make_api_call(operation_name, api_params)  # type: ignore[misc]


def use_direct_calls(**event: Any) -> None:
    """For botocore's event ``creating-client-class.dynamodb``."""
    event["base_classes"].insert(0, DirectCalls)


def get_secret(client: Any, name: str) -> str | None:
    """The text of the secret, asked once; None where it was not given, or where the address is not known from the
    client's. Raises botocore's errors where there was no answer."""
    url = secrets_address(client.meta)
    if url is None:
        return None
    headers = {"Content-Type": _SECRETS_CONTENT_TYPE, "X-Amz-Target": "secretsmanager.GetSecretValue"}
    signed = _signed(client, url, headers, json.dumps({"SecretId": name}).encode(), "secretsmanager")
    answered = _send(client, "secrets-manager.GetSecretValue", signed)
    if answered.status_code != 200:
        return None
    try:
        found = json.loads(answered.content)["SecretString"]
    except (ValueError, LookupError, TypeError):
        return None
    return found if isinstance(found, str) else None


def secrets_address(meta: Any) -> str | None:
    """The address of Secrets Manager by what DynamoDB's client has: they differ by the name of the service alone, in
    each partition and with dual stack. None with FIPS, and for addresses of one's own unless both have the same."""
    if meta.config.use_fips_endpoint or "AWS_ENDPOINT_URL_SECRETS_MANAGER" in os.environ:
        return None
    table_address = meta.endpoint_url
    if table_address == os.environ.get("AWS_ENDPOINT_URL"):
        return f"{table_address.rstrip('/')}/"
    found = _OF_A_REGION.fullmatch(table_address)
    return found and f"https://secretsmanager.{found[1]}/"


_OF_A_REGION = re.compile(r"https://dynamodb\.([a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws))/?")


def _first_attempt(client: Any, operation: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """The answer, or None where another attempt may succeed. Raises the client's errors."""
    emitter, model = client.meta.events, client.meta.service_model.operation_model(operation)
    context: dict[str, Any] = {}
    emitter.emit(f"before-parameter-build.dynamodb.{operation}", params=params, model=model, context=context)
    url, target = f"{client.meta.endpoint_url.rstrip('/')}/", f"{_VERSION}.{operation}"
    body = _json(params)
    headers: Any = {"Content-Type": _CONTENT_TYPE, "X-Amz-Target": target}
    asked = {"body": body, "headers": headers, "url": url}
    emitter.emit(
        f"before-call.dynamodb.{operation}",
        model=model,
        params=asked,
        request_signer=client._request_signer,
        context=context,
    )
    signed = _signed(client, url, headers, body, "dynamodb")
    try:
        answered = _send(client, f"dynamodb.{operation}", signed)
        parsed = json.loads(answered.content or b"{}")
    except (BotoCoreError, ValueError):
        return None
    if _MAY_HAVE_BYTES.search(answered.content):
        parsed = _with_bytes(parsed)
    emitter.emit(
        f"after-call.dynamodb.{operation}", http_response=answered, parsed=parsed, model=model, context=context
    )
    if answered.status_code < 300:
        return parsed  # type: ignore[no-any-return]
    code = str(parsed.get("__type", "")).rpartition("#")[2]
    if answered.status_code >= 500 or code in _TRIED_AGAIN:
        return None
    raise _error(client, operation, answered, code, parsed)


def _signed(client: Any, url: str, headers: dict[str, str], body: bytes, service: str) -> AWSPreparedRequest:
    credentials = client._request_signer._credentials
    if credentials is None:
        raise NoCredentialsError
    # Where no host is given, it is read from the address, at two fifths of the signature's cost.
    request = AWSRequest("POST", url, {**headers, "Host": url.split("/", 3)[2]}, body)
    SigV4Auth(credentials.get_frozen_credentials(), service, client.meta.region_name).add_auth(request)
    signed: Any = dict(request.headers.items())
    signed["X-Amz-Target"] = signed["X-Amz-Target"].encode()  # as botocore's own requests have it, for stubs
    return AWSPreparedRequest("POST", url, signed, body, stream_output=False)


def _send(client: Any, operation: str, request: AWSPreparedRequest) -> Any:
    """What answers before the request leaves (a stub), or the service."""
    for _, answer in client.meta.events.emit(f"before-send.{operation}", request=request):
        if answer is not None:
            return answer
    return client._endpoint.http_session.send(request)


def _error(client: Any, operation: str, answered: Any, code: str, parsed: dict[str, Any]) -> Exception:
    metadata = {"HTTPStatusCode": answered.status_code, "HTTPHeaders": dict(answered.headers)}
    metadata["RequestId"] = answered.headers.get("x-amzn-requestid", "")
    told = {"Code": code, "Message": parsed.get("message") or parsed.get("Message") or ""}
    kind = client.exceptions.from_code(code)
    return kind({**parsed, "Error": told, "ResponseMetadata": metadata}, operation)  # type: ignore[no-any-return]


def _json(params: dict[str, Any]) -> bytes:
    """Letters as they are: written out in ASCII, those of India's scripts take twice the bytes. Half a letter that a
    provider may send has no other form."""
    try:
        return json.dumps(params, default=_letters, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(params, default=_letters).encode()


def _letters(value: Any) -> str:
    """Bytes as DynamoDB's JSON has them."""
    return b64encode(value).decode()


def _with_bytes(value: Any) -> Any:
    """The same with the bytes that DynamoDB's JSON shows in letters: an attribute's value is never a bare text, so
    that no name of an attribute is taken for a type."""
    if isinstance(value, list):
        return [_with_bytes(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, each),) = value.items()
        if kind == "B" and isinstance(each, str):
            return {kind: b64decode(each)}
        if kind == "BS" and isinstance(each, list):
            return {kind: [b64decode(one) for one in each]}
    return {name: _with_bytes(each) for name, each in value.items()}
