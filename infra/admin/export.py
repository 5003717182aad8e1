"""An organization's whole data as JSON lines: contacts, their consents and messages, templates, days of costs.

Everything is streamed, so the size does not matter. After each page of contacts the state is noted in the folder, and
an export that was broken off goes on there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from io import SEEK_END
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode

from gate24.api.render import day_json, template_json
from gate24.store import costs, templates
from infra.admin.outcome import Failed, WronglyAsked
from infra.operator.api import Api, ApiUnavailable

KINDS = ("contacts", "consents", "messages", "templates", "costs")
_STATE = "export.json"
_AT_ONCE = 8
"""Contacts whose conversations are asked for at the same time."""

_PAGE = 100


@dataclass(slots=True)
class State:
    """How far an export is. ``cursor``: of the next page of contacts; None at the start. ``sizes``: bytes of each file
    that are whole. ``stage``: the first pass over all contacts, then those who wrote meanwhile, then the end."""

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
    """Exports what the state lacks. Returns how many lines each file has. Raises ApiUnavailable; the state is noted."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        files = {kind: opened.enter_context(_file(folder, kind).open("ab")) for kind in KINDS}
        for kind, file in files.items():
            file.truncate(state.sizes[kind])  # what was written after the state was noted is written again
            file.seek(0, SEEK_END)
        pool = opened.enter_context(ThreadPoolExecutor(_AT_ONCE))
        run = _Run(api, state, folder, files, pool)
        run.note(state.stage)
        run.all_contacts()
        run.those_who_moved()
        run.the_rest()
    print(file=sys.stderr)
    return state.counts


@dataclass(slots=True)
class _Run:
    api: Api
    state: State
    folder: Path
    files: Mapping[str, IO[bytes]]
    pool: ThreadPoolExecutor

    def all_contacts(self) -> None:
        """From the one who was active last to the oldest."""
        while self.state.stage == "contacts":
            page = self._contacts(self.state.cursor)
            self._write_contacts(page["data"])
            self.state.cursor = page["next_cursor"]
            self.note("moved" if page["next_cursor"] is None else "contacts")

    def those_who_moved(self) -> None:
        """Who was active during the export went to the top of the list, and may have been passed over."""
        if self.state.stage != "moved":
            return
        with _file(self.folder, "contacts").open(encoding="utf-8") as file:
            written = {_name(json.loads(line)) for line in file}
        begun, cursor = datetime.fromisoformat(self.state.begun_at), None
        while True:
            page = self._contacts(cursor)
            active = [each for each in page["data"] if _active_at(each) >= begun]
            self._write_contacts([each for each in active if _name(each) not in written])
            cursor = page["next_cursor"]
            if cursor is None or len(active) < len(page["data"]):
                return self.note("rest")

    def the_rest(self) -> None:
        if self.state.stage != "rest":
            return
        organization = self.state.organization
        for template in templates.templates(organization):
            self._write("templates", template_json(template))
        for day in costs.days_costs(organization, "0000", "9999"):
            self._write("costs", day_json(day))
        self.note("done")

    def _contacts(self, cursor: str | None) -> dict[str, Any]:
        asked = {"window": "all", "sort": "recent", "limit": str(_PAGE)} | ({"cursor": cursor} if cursor else {})
        return _asked(self.api, f"/v1/contacts?{urlencode(asked)}")

    def _write_contacts(self, contacts: list[dict[str, Any]]) -> None:
        """The first page of each conversation is asked for ahead; what is longer is streamed."""
        for contact, consents, messages in self.pool.map(self._begin, contacts):
            self._write("contacts", contact)
            name = _name(contact)
            for entry in self._pages(consents, f"/v1/contacts/{quote(name, safe='')}/consents"):
                self._write("consents", {"contact": name, **entry})
            for message in self._pages(messages, f"/v1/contacts/{quote(name, safe='')}/messages"):
                self._write("messages", {"contact": name, **message})

    def _begin(self, contact: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        path = f"/v1/contacts/{quote(_name(contact), safe='')}"
        consents, messages = (
            _asked(self.api, f"{path}/{kind}?limit={_PAGE}", is_gone_empty=True) for kind in ("consents", "messages")
        )
        return contact, consents, messages

    def _pages(self, page: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
        while True:
            yield from page["data"]
            if page["next_cursor"] is None:
                return
            cursor = quote(page["next_cursor"], safe="")
            page = _asked(self.api, f"{path}?limit={_PAGE}&cursor={cursor}", is_gone_empty=True)

    def _write(self, kind: str, line: dict[str, Any]) -> None:
        self.files[kind].write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self.state.counts[kind] += 1

    def note(self, stage: str) -> None:
        """What is written so far is whole."""
        self.state.stage = stage
        for kind, file in self.files.items():
            file.flush()
            self.state.sizes[kind] = file.tell()
        partial = self.folder / f"{_STATE}.partial"
        partial.write_text(json.dumps(asdict(self.state), indent=2))
        partial.replace(self.folder / _STATE)
        counts = ", ".join(f"{self.state.counts[kind]} {kind}" for kind in KINDS)
        print(f"\r{counts}", end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def _file(folder: Path, kind: str) -> Path:
    return folder / f"{kind}.jsonl"


def _name(contact: dict[str, Any]) -> str:
    """By which the API knows the person."""
    return str(contact["phone"] or contact["user_id"])


def _active_at(contact: dict[str, Any]) -> datetime:
    at = contact["last_activity_at"]
    return datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=UTC)


def _asked(api: Api, path: str, is_gone_empty: bool = False) -> dict[str, Any]:
    """``is_gone_empty``: who was erased since the list was read has nothing any more."""
    answer = api.call("GET", path)
    if answer.status == 404 and is_gone_empty:
        return {"data": [], "next_cursor": None}
    if answer.status in (401, 403):
        raise ApiUnavailable("the key is no longer valid")
    if answer.status != 200:
        raise Failed(f"{path.partition('?')[0]} was answered {answer.code}.")
    return answer.body
