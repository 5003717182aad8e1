"""Proves that a restored table answers as the one before: every contact's decision and every day's costs.

    python -m infra.operator.compare_answers FILE

Writes to FILE what the API answers now, where there is no such file yet, and compares with it where there is. Of each
contact it takes consent, block, windows and the decision about a text and a template on each channel, of each day the
whole rollup. A window that closed between the two runs is a difference. The file holds phone numbers: delete it when
done.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from infra.operator.api import Answer, Api, ApiUnavailable, add_arguments, gate24_api

DAYS = 365

PASSING = frozenset({"server_time", "seconds_left", "state", "computed_at"})
"""What changes by itself from one minute to the next."""

Answers = dict[str, dict[str, Any]]


def main(argv: list[str] | None = None) -> int:
    """Exit status. 0: written, or equal; 1: something differs, or the API did not answer."""
    parser = argparse.ArgumentParser(prog="compare_answers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    try:
        now = read_answers(gate24_api(arguments))
    except ApiUnavailable as error:
        print(f"The API does not answer as documented: {error}", file=sys.stderr)
        return 1
    told = f"{len(now['contacts'])} contacts, {len(now['days'])} days"
    if not arguments.file.exists():
        arguments.file.write_text(json.dumps(now, indent=1, sort_keys=True), encoding="utf-8")
        print(f"Written to {arguments.file}: {told}")
        return 0
    found = differences(json.loads(arguments.file.read_text(encoding="utf-8")), now)
    for line in found:
        print(line)
    print(f"{len(found)} differences in {told}" if found else f"Equal: {told}")
    return 1 if found else 0


def read_answers(api: Api) -> Answers:
    """What the API says of all contacts and days. Raises ApiUnavailable where it refuses."""
    channels = [each["id"] for each in _asked(api, "GET", "/v1/me").body["channels"]]
    messages = [message for channel in channels for message in _messages(api, channel)]
    names = [each["phone"] or each["user_id"] for each in _pages(api, "/v1/contacts")]
    first, last = (datetime.now(UTC).date() + timedelta(days=days) for days in (1 - DAYS, 1))
    days = _pages(api, "/v1/costs/daily", {"from": str(first), "to": str(last)})
    return {
        "contacts": {name: _contact(api, name, messages) for name in names if name},
        "days": {day["date"]: _lasting(day) for day in days},
    }


def differences(before: Answers, now: Answers) -> list[str]:
    """A line for each contact and day that is not told as before. Numbers are in it."""
    found = []
    for kind in ("contacts", "days"):
        for name in sorted(before[kind].keys() | now[kind].keys()):
            old, new = before[kind].get(name), now[kind].get(name)
            if old is None or new is None:
                found.append(f"{kind} {name}: only {'before' if new is None else 'now'}")
            elif old != new:
                fields = sorted(field for field in old.keys() | new.keys() if old.get(field) != new.get(field))
                found.append(f"{kind} {name}: {', '.join(fields)}")
    return found


def _messages(api: Api, channel: str) -> Iterator[dict[str, Any]]:
    """What is asked about on a channel: a text, and the first template that needs no file."""
    yield {"channel": channel, "type": "text", "text": {"body": "Hello"}}
    for each in _pages(api, "/v1/templates"):
        if each["channel"] == channel and each["status"] == "approved" and each["media"] is None:
            template = {name: each[name] for name in ("name", "language")} | {"params": ["-"] * each["params"]}
            yield {"channel": channel, "type": "template", "template": template}
            return


def _contact(api: Api, name: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    told = _lasting(_asked(api, "GET", f"/v1/contacts/{quote(name)}").body)
    decisions = {f"{each['type']} on {each['channel']}": _decision(api, {"to": name, **each}) for each in messages}
    return {**told, **decisions}


def _decision(api: Api, message: dict[str, Any]) -> dict[str, Any]:
    answer = api.call("POST", "/v1/messages/check", message)
    told = {name: answer.body.get(name) for name in ("decision", "code", "allowed_actions")}
    return {"http_status": answer.status, **told}


def _pages(api: Api, path: str, query: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """The entries of all pages of a list."""
    asked = {"limit": "100", **(query or {})}
    while True:
        page = _asked(api, "GET", f"{path}?{urlencode(asked)}").body
        yield from page["data"]
        if page["next_cursor"] is None:
            return
        asked["cursor"] = page["next_cursor"]


def _asked(api: Api, method: str, path: str) -> Answer:
    answer = api.call(method, path)
    if answer.status != 200:
        raise ApiUnavailable(answer.code)
    return answer


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lasting(each) for name, each in value.items() if name not in PASSING}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
