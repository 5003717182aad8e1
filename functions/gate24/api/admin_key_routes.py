"""API keys of organizations, administered by a platform that hosts many. It calls with a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from gate24.api import http
from gate24.api.administered import faults_as_problem, named_organization
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import api_key_json, time_or_none
from gate24.api_keys import ApiKey
from gate24.channels import ID_LENGTH
from gate24.store import api_keys
from gate24.usecases.make_api_key import MadeKey, create_api_key, rotate_api_key

_HOUR_MS = 3_600_000
_DEFAULT_GRACE_HOURS = 24
_OF_PLATFORM = "keys of the platform"


def list_keys(call: Call) -> dict[str, Any]:
    organization_id = named_organization(call).id
    purpose = f"keys {organization_id}"
    found, start = api_keys.of_organization(organization_id), call.position(purpose) or 0
    return call.page(((api_key_json(found[index]), index + 1) for index in range(start, len(found))), purpose)


def create_key(call: Call) -> dict[str, Any]:
    organization_id, body = named_organization(call).id, call.body("ApiKeyRequest")
    try:
        expires_at = _moment(body["expires_at"]) if "expires_at" in body else None
        asked = (organization_id, body["name"], body["scopes"], expires_at, call.now, body.get("channels"))
        with faults_as_problem():
            made = create_api_key(*asked)
    except ValueError as error:
        raise Problem("payload_invalid", str(error)) from None
    return http.answer(201, _with_secret(made))


def rotate_key(call: Call) -> dict[str, Any]:
    return _rotated(call, _key(call))


def _rotated(call: Call, key: ApiKey) -> dict[str, Any]:
    body = call.body("RotationRequest", optional=True)
    try:
        with faults_as_problem():
            made = rotate_api_key(key, body.get("grace_hours", _DEFAULT_GRACE_HOURS) * _HOUR_MS, call.now)
    except ValueError as error:
        raise Problem("payload_invalid", str(error)) from None
    if made is None:
        raise Problem("not_found", "The key was revoked or rotated by somebody else at this moment.")
    return http.answer(200, _with_secret(made))


def revoke_key(call: Call) -> dict[str, Any]:
    api_keys.revoke(_key(call))
    return http.answer(204)


def _key(call: Call) -> ApiKey:
    return _found(named_organization(call).id, call)


def _found(organization_id: str, call: Call) -> ApiKey:
    key_id = str(call.parameters["key_id"])
    key = api_keys.find(organization_id, key_id) if len(key_id) <= ID_LENGTH else None
    if key is None:
        raise Problem("not_found", "There is no such key.")
    return key


def list_platform_keys(call: Call) -> dict[str, Any]:
    found, start = api_keys.of_organization(""), call.position(_OF_PLATFORM) or 0
    return call.page(((api_key_json(found[index]), index + 1) for index in range(start, len(found))), _OF_PLATFORM)


def rotate_platform_key(call: Call) -> dict[str, Any]:
    return _rotated(call, _found("", call))


def revoke_platform_key(call: Call) -> dict[str, Any]:
    api_keys.revoke(_found("", call))
    return http.answer(204)


def _moment(text: str) -> int:
    """Epoch ms of what the schema let in; ValueError for a day that does not exist."""
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise ValueError("expires_at is no moment of the calendar.") from None


def _with_secret(made: MadeKey) -> dict[str, Any]:
    ends = {} if made.previous_until is None else {"previous_valid_until": time_or_none(made.previous_until)}
    return {**api_key_json(made.key), "key": made.secret, **ends}


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listApiKeys": list_keys,
    "createApiKey": create_key,
    "rotateApiKey": rotate_key,
    "revokeApiKey": revoke_key,
    "listPlatformKeys": list_platform_keys,
    "rotatePlatformKey": rotate_platform_key,
    "revokePlatformKey": revoke_platform_key,
}
