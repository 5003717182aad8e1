"""``GET /healthz``: the version, and with an API key what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gate24.api import http
from gate24.settings import VERSION
from gate24.store import api_keys
from gate24.store.table import StoreError

if TYPE_CHECKING:
    from gate24.usecases.check_health import Check


def get_health(event: dict[str, Any]) -> dict[str, Any]:
    """Without a valid API key only that the API answers. It always does so with 200: what a check found is in the
    body."""
    scheme, _, api_key = http.headers_of(event).get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not api_key.strip():
        return _answer(None)
    # Imported here: a cold start of the API need not pay for it.
    from gate24.usecases.check_health import TABLE_FAILS, check_health

    try:
        holder = api_keys.holder(api_key.strip())
    except StoreError:  # whose key it is cannot be told, so nothing of an organization is
        return _answer([TABLE_FAILS])
    if holder is None or not holder.organization_id:
        return _answer(None)
    limit = holder.channels
    found = check_health(holder.organization_id)
    return _answer([each for each in found if limit is None or each.channel_id in (None, *limit)])


def _answer(checks: Sequence[Check] | None) -> dict[str, Any]:
    return http.answer(200, {"status": "ok", "version": VERSION} if checks is None else health_json(checks))


def health_json(checks: Sequence[Check]) -> dict[str, Any]:
    """What the checks found."""
    status = "ok" if all(each.problem is None for each in checks) else "failing"
    return {"status": status, "version": VERSION, "checks": [_check(each) for each in checks]}


def _check(check: Check) -> dict[str, Any]:
    told = {"name": check.name, "ok": check.problem is None, "channel": check.channel_id, "problem": check.problem}
    missing = {"missing": list(check.missing)} if check.missing else {}
    return {name: value for name, value in told.items() if value is not None} | missing
