"""Deletes an organization: its channels, webhooks, people and keys, and then itself. What its days have cost stays.

People are erased as the API erases each of them. A deletion that was broken off goes on when it is asked for again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlencode

from gate24.store import api_keys, organizations, unrecognized
from gate24.usecases.administer_channels import delete_channel
from infra.admin.keys import find_all_keys
from infra.admin.outcome import Failed
from infra.operator.api import Answer, Api

SETTLING_SECONDS = organizations.REMEMBERED_SECONDS + 5
"""So long after a channel is gone its webhooks may still be taken by a function that remembers it."""

SCOPES = ("read", "erase", "webhooks")
_AT_ONCE = 8
_POLL_SECONDS = 1.0


def delete_organization(api: Api, organization_id: str) -> dict[str, int]:
    """``api``: of that organization, with ``SCOPES``. Returns how much of each kind went. Failed, ApiUnavailable."""
    counts = {"channels": 0, "webhooks": 0, "contacts": 0, "unrecognized": 0}
    for channel in organizations.channels(organization_id):
        delete_channel(channel)
        counts["channels"] += 1
    # Whatever this run deleted: the last channel may have gone a moment ago, in a run that was broken off.
    print(
        f"The channels are gone; until no function knows them takes {SETTLING_SECONDS:.0f} s at least", file=sys.stderr
    )
    ends_at = time.monotonic() + SETTLING_SECONDS
    for webhook in list(_entries(api, "/v1/webhooks")):
        _expect(api.call("DELETE", f"/v1/webhooks/{quote(webhook['id'])}"), 204, 404)
        counts["webhooks"] += 1
    erased: set[str] = set()
    while _erase_all(api, erased) or time.monotonic() < ends_at:
        time.sleep(_POLL_SECONDS)
    counts["contacts"] = len(erased)
    for event in list(unrecognized.newest(organization_id, None, 100)):
        unrecognized.remove(organization_id, event.position)
        counts["unrecognized"] += 1
    return counts


def remove_organization(organization_id: str) -> int:
    """The last step, when nothing calls for it any more. Returns how many keys it had."""
    find_all_keys()
    keys = api_keys.of_organization(organization_id)
    for key in keys:
        api_keys.revoke(key)
    organizations.remove_organization(organization_id)
    return len(keys)


def _erase_all(api: Api, erased: set[str]) -> bool:
    """Erases whoever is listed and not in ``erased`` yet, and waits for long conversations to be gone. Returns whether
    there was anybody."""
    before, running = len(erased), list[str]()
    asked = _entries(api, "/v1/contacts", window="all")
    names = (name for each in asked if (name := str(each["phone"] or each["user_id"])) not in erased)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for batch in _batches(names):
            answers = pool.map(lambda name: api.call("DELETE", f"/v1/contacts/{quote(name, safe='')}"), batch)
            for answer in answers:
                if _expect(answer, 202, 204, 404).status == 202:
                    running.append(answer.body["erasure"])
            erased.update(batch)
            print(f"\r{len(erased)} people erased", end="", file=sys.stderr, flush=True)
    for erasure in running:
        while (told := _expect(api.call("GET", f"/v1/erasures/{erasure}"), 200)).body["status"] == "running":
            time.sleep(_POLL_SECONDS)
        if told.body["status"] != "done":
            raise Failed(f"The erasure {erasure} is {told.body['status']}.")
    if len(erased) > before:
        print(file=sys.stderr)
    return len(erased) > before


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in names:
        batch.append(name)
        if len(batch) == 10 * _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _entries(api: Api, path: str, **query: str) -> Iterator[dict[str, Any]]:
    """The entries of all pages of a list."""
    asked = {"limit": "100", **query}
    while True:
        page = _expect(api.call("GET", f"{path}?{urlencode(asked)}"), 200).body
        yield from page["data"]
        if page["next_cursor"] is None:
            return
        asked["cursor"] = page["next_cursor"]


def _expect(answer: Answer, *statuses: int) -> Answer:
    if answer.status not in statuses:
        raise Failed(f"The API answered {answer.code}. Run the same command again to continue.")
    return answer
