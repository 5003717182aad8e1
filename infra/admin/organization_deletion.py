"""Deletes an organization by the job of ``DELETE /v1/admin/organizations/{id}``, and shows how far it is.

The job goes on without the command. Asked for again, it goes on where it was broken off.
"""

from __future__ import annotations

import sys
import time
from typing import Any, NamedTuple
from urllib.parse import quote

from infra.admin.outcome import Failed
from infra.operator.api import Answer, Api

COUNTED = ("channels", "keys", "webhooks", "contacts", "unrecognized")
_POLL_SECONDS = 2.0


class Kept(NamedTuple):
    """``items``: keys in the table, as docs/table.md has them."""

    what: str
    items: str
    how_long: str


KEPT = (
    Kept("what each day has cost, by the names of templates and of who sent, too", "D#ORG <day>", "for good"),
    Kept("the ledger entries of which the costs are made, without the people written to", "E#ORG M#", "for good"),
    Kept("by what name a message that was sent around gate24 may be told of, as a hash", "E#ORG N#", "38 days"),
    Kept("that an entry of a consent history, or an event, was told, as a hash", "E#ORG H#, E#ORG U#", "for good"),
    Kept(
        "opt-outs, marketing stops and blocks, and when the person was erased, under keyed hashes of the numbers",
        "C#ORG A#SUPPRESSION",
        "for good",
    ),
    Kept("that a person changed the number, by keyed hashes", "C#ORG A#LEFT, C#ORG A#CAME", "for good"),
    Kept("how each erasure went and who began it, by keyed hashes of the people erased", "X#ORG <id>", "for good"),
    Kept("which idempotency keys were used, as hashes", "I#ORG RESERVATION", "8 days"),
    Kept("that the id was used, so that nobody else gets it", "DELETED_ORGANIZATIONS ORG", "for good"),
    Kept("how the deletion went", "DELETIONS ORG", "30 days"),
    Kept("the files that the organization uploaded, in the bucket", "uploads/ORG/", "30 days"),
)
"""What a deletion leaves. No number is in it, but for what the uploaded files show."""


def delete_organization(api: Api, organization_id: str) -> dict[str, int]:
    """``api``: with a key of the platform. Returns how much of each kind went. Failed, ApiUnavailable."""
    path = f"/v1/admin/organizations/{quote(organization_id, safe='')}"
    deletion = _body(api.call("DELETE", f"{path}?confirm={quote(organization_id, safe='')}"), 202)
    try:
        while deletion["status"] == "running":
            _show(deletion)
            time.sleep(_POLL_SECONDS)
            deletion = _body(api.call("GET", f"{path}/deletion"), 200)
    except KeyboardInterrupt:
        raise Failed("The deletion goes on without this command. Run it again to see how far it is.") from None
    _show(deletion)
    print(file=sys.stderr)
    return {name: deletion[name] for name in COUNTED}


def _show(deletion: dict[str, Any]) -> None:
    gone = ", ".join(f"{deletion[name]} {name}" for name in COUNTED)
    print(f"\rGone so far: {gone}", end="", file=sys.stderr, flush=True)


def _body(answer: Answer, status: int) -> dict[str, Any]:
    if answer.status != status:
        raise Failed(f"The API answered {answer.code}. Run the same command again to continue.")
    return answer.body
