"""API keys of an organization, made and ended by its own admins, or by a platform that hosts it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from gate24.api import http
from gate24.api.administered import faults_as_problem
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import api_key_json, time_or_none
from gate24.api_keys import ApiKey
from gate24.store import api_keys
from gate24.usecases.make_api_key import MadeKey, create_api_key, rotate_api_key

_HOUR_MS = 3_600_000
_DEFAULT_GRACE_HOURS = 24


def key_page(call: Call, organization_id: str, purpose: str) -> dict[str, Any]:
    """Those of commands that run at this moment are nobody's to administer."""
    found = [each for each in api_keys.of_organization(organization_id) if not each.is_operators]
    start = call.position(purpose) or 0
    return call.page(((api_key_json(found[index]), index + 1) for index in range(start, len(found))), purpose)


def make_in(call: Call, organization_id: str, schema: str) -> dict[str, Any]:
    """``schema``: of the body, which says what the key may be given."""
    body = call.body(schema)
    try:
        expires_at = _moment(body["expires_at"]) if "expires_at" in body else None
        asked = (organization_id, body["name"], body["scopes"], expires_at, call.now, body.get("channels"))
        with faults_as_problem():
            made = create_api_key(*asked)
    except ValueError as error:
        raise Problem("payload_invalid", str(error)) from None
    return http.answer(201, _with_secret(made))


def rotate_in(call: Call, organization_id: str) -> dict[str, Any]:
    key, body = _found(call, organization_id), call.body("RotationRequest", optional=True)
    try:
        with faults_as_problem():
            made = rotate_api_key(key, body.get("grace_hours", _DEFAULT_GRACE_HOURS) * _HOUR_MS, call.now)
    except ValueError as error:
        raise Problem("payload_invalid", str(error)) from None
    if made is None:
        raise Problem("not_found", "The key was revoked or rotated by somebody else at this moment.")
    return http.answer(200, _with_secret(made))


def rotate_own(call: Call) -> dict[str, Any]:
    """A key with ``admin`` is made by whoever runs gate24, and so is its new secret: nobody here gets to see it."""
    if "admin" in _found(call, call.organization.id).scopes:
        raise Problem(
            "unauthorized",
            "A key with the scope admin is rotated by whoever runs gate24: ./gate24 key rotate. You may revoke it.",
            status=403,
        )
    return rotate_in(call, call.organization.id)


def revoke_in(call: Call, organization_id: str) -> dict[str, Any]:
    api_keys.revoke(_found(call, organization_id))
    return http.answer(204)


def _found(call: Call, organization_id: str) -> ApiKey:
    key = api_keys.find(organization_id, str(call.parameters["key_id"]))
    if key is None or key.is_operators:
        raise Problem("not_found", "There is no such key.")
    return key


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
    "listKeys": lambda call: key_page(call, call.organization.id, "keys"),
    "makeKey": lambda call: make_in(call, call.organization.id, "KeyRequest"),
    "rotateKey": rotate_own,
    "revokeKey": lambda call: revoke_in(call, call.organization.id),
}
