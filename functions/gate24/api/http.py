"""API Gateway's HTTP API events (payload 2.0) and answers."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from gate24.api.problems import CONTENT_TYPE, Problem
from gate24.observability import logger
from gate24.rules.json_text import read_json
from gate24.settings import settings

ALWAYS = {"cache-control": "no-store", "strict-transport-security": "max-age=31536000"}
"""Browsers heed the latter over https alone, so it does no harm on a local http. Without ``includeSubDomains``: what
lies below a domain of the operator's is not ours to judge."""


def headers_of(event: dict[str, Any]) -> dict[str, str]:
    """With lower-case names."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def query_of(event: dict[str, Any]) -> dict[str, str]:
    return event.get("queryStringParameters") or {}


def path_parameter(event: dict[str, Any], name: str) -> str:
    return unquote((event.get("pathParameters") or {}).get(name) or "")


def raw_body(event: dict[str, Any]) -> bytes:
    """The bytes as they were sent; Problem ``payload_invalid`` if what should be base64 is not."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return bytes(body.encode("utf-8", "surrogatepass"))
    try:
        return b64decode(body, validate=True)
    except ValueError:
        raise Problem("payload_invalid", "The body is not what its encoding says.") from None


def check_size(event: dict[str, Any], limit: int) -> None:
    """Problem ``payload_invalid`` for a body of more than ``limit`` bytes."""
    if len(raw_body(event)) > limit:
        errors = [{"pointer": "", "detail": f"is too large: at most {limit} bytes"}]
        raise Problem("payload_invalid", "The body is too large.", errors=errors)


def json_object(raw: bytes) -> dict[str, Any]:
    """The body as a JSON object; Problem ``payload_invalid`` if it is anything else."""
    try:
        body = read_json(raw)
    except (ValueError, RecursionError):
        raise Problem("payload_invalid", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Problem("payload_invalid", "The body is not a JSON object.")
    return body


def request_id(event: dict[str, Any]) -> str:
    return str((event.get("requestContext") or {}).get("requestId") or "")


def api_url(event: Mapping[str, Any], begins: str) -> str:
    """Where the caller has the API, whatever domain and path it is under. ``begins``: how the paths of the routes
    begin, of which this is one."""
    context = event["requestContext"]
    if settings().local_aws:  # which hands on the request without the path under which it has the API
        return f"{settings().local_aws}/_aws/execute-api/{context['apiId']}"
    host = headers_of(dict(event)).get("host") or context["domainName"]
    return f"https://{host}{event['rawPath'].partition(begins)[0]}"


def source_network(event: dict[str, Any]) -> str | None:
    """Where a request comes from, for the log: the network of the address (/24, /48), since a whole one may be a
    person's."""
    from ipaddress import ip_address, ip_network  # only where a request is refused

    try:
        address = ip_address(((event.get("requestContext") or {}).get("http") or {}).get("sourceIp") or "")
    except ValueError:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


def answer(
    status: int, body: Any = None, headers: dict[str, str] | None = None, content_type: str = "application/json"
) -> dict[str, Any]:
    """An answer; ``body`` is serialized unless it is text already, None is an empty body."""
    text = body if isinstance(body, str) else "" if body is None else _json(body)
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, **ALWAYS, **(headers or {})},
        "body": text,
    }


def file_answer(content: bytes, content_type: str, name: str) -> dict[str, Any]:
    """A file to be saved under that name."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    body = {"body": b64encode(content).decode(), "isBase64Encoded": True}
    return answer(200, None, headers, content_type) | body


def _json(body: Any) -> str:
    """A lone surrogate, which an unrecognized event may hold, is escaped: Lambda's runtime answers in UTF-8."""
    text = json.dumps(body, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(body)
    return text


def problem(error: Problem, request_id: str) -> dict[str, Any]:
    """A refusal as RFC 9457, with a line in the log by which its ``request_id`` can be found."""
    log_refusal(error.code, error.status)
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return answer(error.status, error.to_json(request_id), headers, CONTENT_TYPE)


def log_refusal(code: str, status: int) -> None:
    log = logger.error if status >= 500 else logger.info
    log("request_refused", extra={"code": code, "status": status})
