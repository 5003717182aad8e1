"""Schemathesis against the handlers: whatever the document allows or forbids, the answer is a documented one."""

import json
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext, load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gate24.api import openapi
from gate24.messages import CONTENT_FIELDS
from gate24.settings import VERSION
from gate24.store import api_keys
from gate24.store.api_keys import KeyHolder
from tests.support.scene import contact_opted_in, contact_wrote, put_channel_secrets
from tests.support.system import GUPSHUP, META, ORG, OTHER, OTHER_ORG, Answer, System, put_template, system

pytestmark = pytest.mark.slow

load_all_checks()

PLATFORM = "key-platform"


class WsgiApi:
    """The system as a WSGI application. Its document is there before the system is, for the tests' collection."""

    gate24: System | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = Answer(200, {"content-type": "application/json"}, openapi.text(VERSION))
        if self.gate24 is not None:
            headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
            key = headers.pop("AUTHORIZATION", "").removeprefix("Bearer ") or None
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("utf-8", "replace")
            answer = self.gate24.http(environ["REQUEST_METHOD"], environ["REQUEST_URI"], body, headers, key)
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return [answer.text.encode()]


api = WsgiApi()
schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", api).exclude(path="/console")


@pytest.fixture(scope="module", autouse=True)
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with system(tmp_path_factory.mktemp("schemathesis")) as api.gate24:
        contact_opted_in(api.gate24, channel=OTHER)
        contact_wrote(api.gate24, channel=OTHER)
        put_template(api.gate24, OTHER, OTHER_ORG, "class_reminder")
        api_keys.put(PLATFORM, KeyHolder("", "portal", frozenset({"admin"})))
        yield
    api.gate24 = None


def no_error_of_our_own(context: CheckContext, response: Any, case: Any) -> None:
    """The simulator takes every message, so that any 5xx would be of our own making."""
    assert response.status_code < 500, response.text


CHECKS = [
    no_error_of_our_own,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


OF_METAS_FORM = tuple(f'"{name}"' for name in (*CONTENT_FIELDS, "components", "context"))
SHARES = {"POST /v1/messages": 0, "POST /v1/messages/check": 1 / 8}


def is_left_out(case: Any) -> bool:
    """Messages of Meta's form make thousands of bodies, twelve times as many as the others, and a send takes ten times
    as long as the dry run, which has the same schema: an eighth of them are asked of that alone."""
    body, share = json.dumps(case.body, default=str), SHARES.get(case.operation.label)
    is_meant = share is not None and any(name in body for name in OF_METAS_FORM)
    return is_meant and crc32(body.encode()) >= (share or 0) * 2**32


@schema.parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_every_answer_is_documented(case: Any) -> None:
    if is_left_out(case):
        return
    if "{channel_id}" in case.path:
        case.path_parameters["channel_id"] = META if "/meta/" in case.path else OTHER
    if isinstance(case.body, dict) and isinstance(case.body.get("channel"), str):
        case.body["channel"] = OTHER  # a made-up one would only ever be not found
    key = OTHER_ORG
    if case.path.startswith("/v1/admin/"):
        key = PLATFORM
        case.path_parameters |= {"id": ORG} if "{id}" in case.path else {}
        if "{channel_id}" in case.path and case.method != "DELETE":  # once deleted it would only ever be not found
            case.path_parameters["channel_id"] = GUPSHUP
            put_channel_secrets(GUPSHUP, api_key="bsp-key")  # a made-up one would only ever be refused by the provider
    response = case.call(headers={"Authorization": f"Bearer {key}"})
    case.validate_response(response, checks=CHECKS)
