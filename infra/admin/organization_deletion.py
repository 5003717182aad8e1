"""Deletes an organization: its channels, webhooks, people and keys, and then itself. What its days have cost stays.

People are erased as the API erases each of them. A deletion that was broken off goes on when it is asked for again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from gate24.store import api_keys, organizations, unrecognized
from gate24.usecases.administer_channels import delete_channel
from infra.admin.api_pages import pages
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
    for webhook in [each for page in pages(api, "/v1/webhooks", limit="100") for each in page["data"]]:
        _expect(api.call("DELETE", f"/v1/webhooks/{quote(webhook['id'])}"), 204, 404)
        counts["webhooks"] += 1
    while (erased := _erase_all(api, counts["contacts"])) or time.monotonic() < ends_at:
        counts["contacts"] += erased
        time.sleep(_POLL_SECONDS)
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


def _erase_all(api: Api, before: int) -> int:
    """Erases whoever is listed, and waits for long conversations to be gone. Returns how many there were, beside those
    ``before``."""
    erased, running = 0, list[str]()
    listed = (each for page in pages(api, "/v1/contacts", limit="100", window="all") for each in page["data"])
    names = (str(each["phone"] or each["user_id"]) for each in listed)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for batch in _batches(names):
            answers = pool.map(lambda name: api.call("DELETE", f"/v1/contacts/{quote(name, safe='')}"), batch)
            for answer in answers:
                erased += _expect(answer, 202, 204, 404).status != 404  # the list may still have who is gone
                if answer.status == 202:
                    running.append(answer.body["erasure"])
            print(f"\r{before + erased} people erased", end="", file=sys.stderr, flush=True)
    for erasure in running:
        while (told := _expect(api.call("GET", f"/v1/erasures/{erasure}"), 200)).body["status"] == "running":
            time.sleep(_POLL_SECONDS)
        if told.body["status"] != "done":
            raise Failed(f"The erasure {erasure} is {told.body['status']}.")
    if erased:
        print(file=sys.stderr)
    return erased


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in names:
        batch.append(name)
        if len(batch) == 10 * _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _expect(answer: Answer, *statuses: int) -> Answer:
    if answer.status not in statuses:
        raise Failed(f"The API answered {answer.code}. Run the same command again to continue.")
    return answer
