"""Operations on DynamoDB's items without what botocore does for any operation of any service.

What PynamoDB makes and reads is DynamoDB's own JSON already, so it goes over the wire as it is: nothing is walked
through the service's model, no endpoint is chosen by rules and no user agent put together for each request. What is
left is one signed POST. Credentials, endpoint, connections, timeouts, errors and hooks are those of the client, and
what does not succeed at once is asked again in the client's own way, with its retries.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.httpsession import get_cert_path

from gate24.store.connections import Connections

_OPERATIONS = frozenset(
    {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
        *("BatchGetItem", "BatchWriteItem", "TransactWriteItems"),
    }
)
_VERSION = "DynamoDB_20120810"
_CONTENT_TYPE = "application/x-amz-json-1.0"

_TRIED_AGAIN = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded"),
        *("ProvisionedThroughputExceededException", "TransactionInProgressException"),
        *("RequestTimeout", "RequestTimeoutException"),
    }
)
"""Errors with status 400 after which another attempt may succeed, as botocore's "standard" retries have them."""


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

    def close(self) -> None:
        super().close()
        if (connections := vars(self).pop("direct_connections", None)) is not None:
            connections.close()


def use_direct_calls(**event: Any) -> None:
    """For botocore's event ``creating-client-class.dynamodb``."""
    event["base_classes"].insert(0, DirectCalls)


def _first_attempt(client: Any, operation: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """The answer, or None where another attempt may succeed. Raises the client's errors."""
    emitter, model = client.meta.events, client.meta.service_model.operation_model(operation)
    context: dict[str, Any] = {}
    emitter.emit(f"before-parameter-build.dynamodb.{operation}", params=params, model=model, context=context)
    url, target = f"{client.meta.endpoint_url.rstrip('/')}/", f"{_VERSION}.{operation}"
    body = _json(params)
    headers: Any = {"Content-Type": _CONTENT_TYPE, "X-Amz-Target": target.encode()}
    asked = {"body": body, "headers": headers, "url": url}
    emitter.emit(
        f"before-call.dynamodb.{operation}",
        model=model,
        params=asked,
        request_signer=client._request_signer,
        context=context,
    )
    credentials = client._request_signer._credentials
    if credentials is None:
        raise NoCredentialsError
    headers.update(proof(credentials.get_frozen_credentials(), client.meta.region_name, url, target, body, time.time()))
    try:
        answered = _send(client, operation, AWSPreparedRequest("POST", url, headers, body, stream_output=False))
        parsed = json.loads(answered.content or b"{}")
    except (BotoCoreError, OSError, ValueError):
        return None
    if b'"B' in answered.content:
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


def _send(client: Any, operation: str, request: AWSPreparedRequest) -> Any:
    """What answers before the request leaves (a stub), or the service."""
    for _, answer in client.meta.events.emit(f"before-send.dynamodb.{operation}", request=request):
        if answer is not None:
            return answer
    connections = _connections(client, request.url)
    if connections is None:
        return client._endpoint.http_session.send(request)
    body: Any = request.body
    return connections.post(_head(request, len(body)), body)


def _connections(client: Any, url: str) -> Connections | None:
    """The client's own connections; None where it goes by a proxy or trusts in its own way."""
    if "direct_connections" not in vars(client):
        session, config = client._endpoint.http_session, client.meta.config
        is_plain = session._proxy_config.proxy_url_for(url) is None and session._verify is not False
        made = Connections(url, get_cert_path(session._verify), config.connect_timeout, config.read_timeout)
        client.direct_connections = made if is_plain else None
    found: Connections | None = client.direct_connections
    return found


def _head(request: AWSPreparedRequest, length: int) -> bytes:
    sent = {"Host": _host(request.url), "User-Agent": "gate24", "Content-Length": length, **request.headers}
    lines = (f"{name}: {value.decode() if isinstance(value, bytes) else value}\r\n" for name, value in sent.items())
    return f"POST {urlsplit(request.url).path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1")


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


def proof(
    credentials: ReadOnlyCredentials, region: str, url: str, target: str, body: bytes, at: float
) -> dict[str, str]:
    """The headers by which AWS knows who asks (Signature Version 4, IAM User Guide, "Create a signed AWS API request").
    ``at``: seconds since 1970."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    token = credentials.token
    signed = {"content-type": _CONTENT_TYPE, "host": _host(url), "x-amz-date": moment}
    if token:
        signed["x-amz-security-token"] = token
    signed["x-amz-target"] = target
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{moment[:8]}/{region}/dynamodb/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(_key(credentials.secret_key, moment[:8], region), to_sign.encode(), "sha256").hex()
    given = f"Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    headers = {"X-Amz-Date": moment, "Authorization": f"AWS4-HMAC-SHA256 {given}"}
    return headers | ({"X-Amz-Security-Token": token} if token else {})


@lru_cache(maxsize=4)
def _key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=4)
def _host(url: str) -> str:
    """As the connection names it in its header: without a port that is the scheme's own."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.hostname or ""
    return host if parts.port in (None, default) else f"{host}:{parts.port}"
