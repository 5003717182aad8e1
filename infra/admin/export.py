"""An organization's whole data as JSON lines: contacts, their consents and messages, templates, days of costs, and
settings.

Everything is streamed, so the size does not matter. After each page the state is noted in the folder, and an export
that was broken off goes on there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from io import SEEK_END
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from infra.admin.api_pages import pages
from infra.admin.outcome import WronglyAsked
from infra.operator.api import Api

KINDS = (
    "contacts",
    "consents",
    "notes",
    "actions",
    "messages",
    "templates",
    "costs",
    "organization",
    "channels",
    "webhooks",
    "audit",
)
_STATE = "export.json"
_FILE_OF = {
    "contact": "contacts",
    "consent": "consents",
    "note": "notes",
    "action": "actions",
    "message": "messages",
    "template": "templates",
    "day": "costs",
    "organization": "organization",
    "channel": "channels",
    "webhook": "webhooks",
    "act": "audit",
}
"""Where a line of the API's export goes, by its kind."""

_PAGE = 1000

_README = """\
Export of the organization {organization}, begun at {begun_at}. Whether it is whole: "stage" of export.json is "done".
If it is not, the same command with the same folder goes on.

Each file has one JSON document a line, in UTF-8; an empty file means that there is none.

contacts.jsonl      people: number, name, consent, labels, whose chat it is, and the session window on each channel
consents.jsonl      every opt-in and opt-out of them, of a person the newest first ("contact": whose)
notes.jsonl         what staff noted of them ("contact": of whom)
actions.jsonl       who assigned, labelled, closed and reopened their chats
messages.jsonl      every message in and out, of a person the newest first ("contact": whose)
templates.jsonl     templates with language, category and status
costs.jsonl         what each day cost, by channel and category
organization.jsonl  settings of the organization
channels.jsonl      settings of its channels, without secrets
webhooks.jsonl      who is told of its events, without secrets
audit.jsonl         who changed what of the organization, the oldest first

If a contact or message is there twice, the later line holds: something was sent to the person during the export. Files
that were sent are not in it, but their ids are: GET /v1/media/ID answers each.
The files hold phone numbers and what people wrote. Delete them when you no longer need them.
"""


@dataclass(slots=True)
class State:
    """How far an export is. ``cursor``: of the next page; None at the start. ``sizes``: bytes of each file that are
    whole. ``stage``: ``contacts`` while it is under way, then ``done``."""

    organization: str
    begun_at: str
    cursor: str | None = None
    stage: str = "contacts"
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    sizes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))


def open_state(organization_id: str, folder: Path) -> State:
    """The state of the export into that folder, which is made for a new one. WronglyAsked if it is used otherwise."""
    file = folder / _STATE
    if file.exists():
        state = State(**json.loads(file.read_text()))
        if state.organization != organization_id:
            raise WronglyAsked(f"{folder} holds an export of {state.organization}. Choose another folder.")
        if state.stage == "done":
            raise WronglyAsked(f"{folder} holds a finished export. Choose another folder.")
        return state
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WronglyAsked(f"{folder} is not an empty folder. Choose another.")
    return State(organization_id, datetime.now(UTC).isoformat(timespec="seconds"))


def export(api: Api, state: State, folder: Path) -> dict[str, int]:
    """Exports what the state lacks. ``api``: with a key of the platform. Returns how many lines each file has. Raises
    ApiUnavailable, Failed; the state is noted."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        files = {kind: opened.enter_context((folder / f"{kind}.jsonl").open("ab")) for kind in KINDS}
        for kind, file in files.items():
            file.truncate(state.sizes.setdefault(kind, 0))  # what was not noted is written again
            file.seek(0, SEEK_END)
        readme = _README.format(organization=state.organization, begun_at=state.begun_at)
        (folder / "README.txt").write_text(readme, encoding="utf-8")
        _note(state, folder, files)
        path = f"/v1/admin/organizations/{quote(state.organization, safe='')}/export"
        for page in pages(api, path, state.cursor, limit=str(_PAGE)):
            for line in page["data"]:
                kind = _FILE_OF[line["kind"]]
                of = {"contact": line["contact"]} if "contact" in line else {}
                files[kind].write(json.dumps({**of, **line["data"]}, ensure_ascii=False).encode() + b"\n")
                state.counts[kind] = state.counts.get(kind, 0) + 1
            state.cursor = page["next_cursor"]
            state.stage = "done" if state.cursor is None else "contacts"
            _note(state, folder, files)
    print(file=sys.stderr)
    return state.counts


def _note(state: State, folder: Path, files: Mapping[str, IO[bytes]]) -> None:
    """What is written so far is whole."""
    for kind, file in files.items():
        file.flush()
        state.sizes[kind] = file.tell()
    noted: dict[str, Any] = asdict(state)
    partial = folder / f"{_STATE}.partial"
    partial.write_text(json.dumps(noted, indent=2))
    partial.replace(folder / _STATE)
    counts = ", ".join(f"{state.counts.setdefault(kind, 0)} {kind}" for kind in KINDS)
    print(f"\r{counts}", end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
