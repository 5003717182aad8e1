"""``GET /healthz``: the version, and with an API key what is wrong."""

from __future__ import annotations

from typing import Any

from gate24.api import http
from gate24.settings import VERSION
from gate24.store import api_keys
from gate24.store.table import StoreError


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
        return _answer([_check(TABLE_FAILS)])
    if holder is None or not holder.organization_id:
        return _answer(None)
    limit = holder.channels
    found = check_health(holder.organization_id)
    return _answer([_check(each) for each in found if limit is None or each.channel_id in (None, *limit)])


def _answer(checks: list[dict[str, Any]] | None) -> dict[str, Any]:
    if checks is None:
        return http.answer(200, {"status": "ok", "version": VERSION})
    status = "ok" if all(each["ok"] for each in checks) else "failing"
    return http.answer(200, {"status": status, "version": VERSION, "checks": checks})


def _check(check: Any) -> dict[str, Any]:
    told = {"name": check.name, "ok": check.problem is None, "channel": check.channel_id, "problem": check.problem}
    missing = {"missing": list(check.missing)} if check.missing else {}
    return {name: value for name, value in told.items() if value is not None} | missing
