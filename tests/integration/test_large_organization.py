"""An organization of any size is exported and deleted page by page, cut off at many points: every line is there once,
and in the end nothing but costs and refusals is left. Some thousand messages here, 1,000,000 in
``tests/soak/test_organization_of_a_million.py``."""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gate24.message_keys import MessageKey, short_hash
from gate24.rules.rollup import local_day
from gate24.store import contact_list, costs, keys, organizations, retry_queue
from gate24.store.retry_queue import Queued, QueuedDeletion
from gate24.usecases import delete_organization, erase_contact
from gate24.usecases.make_api_key import create_api_key
from gate24.usecases.retry_queued import retry_queued
from gate24.usecases.roll_up_days import DAYS_REDONE
from infra.admin import export
from infra.operator.api import Answer
from tests.integration.test_long_erasure import killed_after, says  # noqa: F401 (a fixture)
from tests.support.administration import ApiInProcess, Printed, administered
from tests.support.faults import Killed
from tests.support.memory_table import MemoryTable, Usage, memory_table
from tests.support.scene import HOUR, contact_opted_out, contact_wrote, now, rolled_up
from tests.support.system import ORG, OTHER, System, system

ZONE = "Asia/Kolkata"
DAYS = 3
_OTHERS_PHONE = "919876599999"


@dataclass(frozen=True, slots=True)
class Size:
    """``messages`` of each contact. ``page``: lines of the export's. ``kills``: how often each work is cut off."""

    contacts: int
    messages: int
    page: int
    kills: int


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("large"), simulate=False) as made, administered(made):
        yield made


@pytest.fixture
def held(gate24: System) -> Iterator[MemoryTable]:
    with memory_table(gate24.dynamodb) as made:
        yield made


def phone_of(number: int) -> str:
    return f"9198765{number:05d}"


def fill(gate24: System, held: MemoryTable, size: Size) -> None:
    """Contacts who wrote on the last days; the first opted out. Their further messages are copies of the first."""
    for number in range(size.contacts):
        contact_wrote(gate24, phone_of(number), HOUR)
    contact_opted_out(gate24, phone_of(0), 0)
    contact_wrote(gate24, _OTHERS_PHONE, HOUR, OTHER)
    step = DAYS * 24 * HOUR // size.messages
    for contact_id in sorted({contact_id for contact_id, _ in contact_list.everybody(ORG)}):
        partition = held.partitions[keys.contact_pk(ORG, contact_id)]
        first = next(item for item in partition.values() if item["sk"]["S"].startswith(keys.MESSAGE))
        for number in range(1, size.messages):
            at = now() - HOUR - number * step
            key = MessageKey(contact_id, at, short_hash(contact_id, str(number)))
            day = local_day(at, ZONE).isoformat()
            copy = {
                "sk": keys.message_sort(key),
                "g": keys.day_partition(ORG, day, contact_id),
                "h": keys.day_sort(key),
            }
            held.put(first | {name: {"S": value} for name, value in copy.items()} | {"pi": {"S": f"w-{key.suffix}"}})


def test_a_page_of_an_export_reads_no_more_of_the_list_of_contacts_than_it_has_lines(
    gate24: System, held: MemoryTable
) -> None:
    """4,000 further rows of the index, as of 4,000 contacts: 40 units, which each page would pay."""
    contact_wrote(gate24, phone_of(0), HOUR)
    ((contact_id, (place, _)), *_) = contact_list.everybody(ORG)
    partition = keys.list_partitions(ORG)[place]
    row = next(item for item in held.items() if item.get("g") == {"S": partition} and item["pk"]["S"])
    for number in range(4000):
        other = short_hash(contact_id, str(number))
        held.put(row | {"pk": {"S": keys.contact_pk(ORG, other)}, "h": {"S": row["h"]["S"].replace(contact_id, other)}})
    assert sum(1 for _ in contact_list.everybody(ORG)) > 4000
    key, usage = create_api_key("", "portal", ["admin"], None, now()).secret, held.usage
    answer = gate24.http("GET", f"/v1/admin/organizations/{ORG}/export?limit=1", key=key)
    assert (answer.status, len(answer.json["data"])) == (200, 1)
    assert held.usage.since(usage).read_units < 20


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def exported_and_deleted(
    gate24: System,
    held: MemoryTable,
    size: Size,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    says: Callable[[str], None],  # noqa: F811
) -> tuple[Usage, int]:
    """What the export asked of the table, and by how many bytes the process grew meanwhile."""
    random.seed(size.contacts)
    fill(gate24, held, size)
    whole = size.contacts * size.messages
    says(f"{len(held.items()):,} items, {whole:,} messages of {size.contacts:,} people")
    today = local_day(now(), ZONE)
    days = rolled_up(gate24, today - timedelta(days=DAYS_REDONE), today)
    usage, grown = _export(size, whole, held, folder, capsys, monkeypatch, says)
    _delete(gate24, held, size, monkeypatch, says)
    left = [item for item in held.items() if ORG in str(item)]
    kinds = {item["pk"]["S"].split("#")[0] for item in left}
    phones = [phone_of(number) for number in random.sample(range(size.contacts), min(size.contacts, 50))]
    text = str(left[: 2 * size.contacts])
    assert not [phone for phone in (*phones, "Namaste") if phone in text]
    assert organizations.organization_now(ORG) is None and "KEY" not in kinds
    assert not list(contact_list.everybody(ORG))
    stated = costs.days_costs(ORG, "0000", "9999")
    assert [day.day for day in stated] == [day["date"] for day in days if day["status"] != "none"][-len(stated) :]
    assert sum(sum(day.sums.messages.values()) for day in stated) == whole
    assert [each for each, _ in contact_list.everybody("health")], "another organization is not touched"
    return usage, grown


def _export(
    size: Size,
    whole: int,
    held: MemoryTable,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    says: Callable[[str], None],  # noqa: F811
) -> tuple[Usage, int]:
    monkeypatch.setattr(export, "_PAGE", size.page)
    calls = (whole + size.contacts) // size.page
    killed = set(random.sample(range(2, calls), size.kills))
    call, asked, most = ApiInProcess.call, itertools.count(), [0]

    def watched(self: ApiInProcess, method: str, path: str, body: Any = None) -> Answer:
        if next(asked) in killed:
            raise Killed
        answer = call(self, method, path, body)
        most[0] = max(most[0], resident_bytes())
        return answer

    monkeypatch.setattr(ApiInProcess, "call", watched)
    before, began, usage, runs, error = resident_bytes(), time.monotonic(), held.usage, 0, ""
    while runs <= size.kills:
        runs += 1
        try:
            printed = Printed(capsys, "organization", "export", ORG, "--to", str(folder), "--json")
        except Killed:
            continue
        assert printed.status == 0, printed.err
        error = printed.err
        break
    took, used = time.monotonic() - began, held.usage.since(usage)
    assert runs == size.kills + 1
    lines = printed.json["lines"]
    assert (lines["contacts"], lines["messages"], lines["consents"]) == (size.contacts, whole, 1)
    assert f"{whole} messages" in error, "progress is on standard error"
    for kind, key in (("contacts", "phone"), ("messages", "id")):
        with (folder / f"{kind}.jsonl").open() as file:
            told = [hash(json.loads(line)[key]) for line in file]
        assert len(set(told)) == len(told) == lines[kind], "each once"
    says(f"export: {took:.0f} s, {used}, process grown by {(most[0] - before) / 2**20:.0f} MB, {runs} runs")
    monkeypatch.setattr(ApiInProcess, "call", call)
    return used, most[0] - before


def _delete(
    gate24: System,
    held: MemoryTable,
    size: Size,
    monkeypatch: pytest.MonkeyPatch,
    says: Callable[[str], None],  # noqa: F811
) -> None:
    monkeypatch.setattr(delete_organization, "SETTLING_SECONDS", 0)
    ticks = itertools.count()  # an invocation has no time left after so many people, whatever the machine
    monkeypatch.setattr(delete_organization, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    monkeypatch.setattr(delete_organization, "SECONDS_AT_ONCE", size.contacts // 20 + 5)
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", 600.0)
    waiting: list[str] = []

    def put(message: Queued, delay_seconds: int = 0) -> None:
        text = retry_queue.write(message)
        waiting.insert(0 if isinstance(message, QueuedDeletion) else len(waiting), text)

    monkeypatch.setattr(retry_queue, "put", put)
    key, here = create_api_key("", "portal", ["admin"], None, now()).secret, f"/v1/admin/organizations/{ORG}"
    began, usage = time.monotonic(), held.usage
    assert gate24.http("DELETE", f"{here}?confirm={ORG}", key=key).status == 202
    kills, rounds = 0, 0
    while waiting:
        text, rounds = waiting.pop(0), rounds + 1
        if kills < size.kills and '"delete"' in text:
            kills += 1
            with pytest.raises(Killed), killed_after(random.randrange(5, 60)):
                retry_queued(text)
        retry_queued(text)  # what was killed SQS brings again
    told = gate24.http("GET", f"{here}/deletion", key=key).json
    used = held.usage.since(usage)
    says(f"deletion: {time.monotonic() - began:.0f} s, {used}, {rounds} invocations, {kills} of them killed")
    assert (told["status"], kills) == ("done", size.kills)
    uncounted = size.contacts - told["contacts"]
    assert 0 <= uncounted <= kills * (size.contacts // 20 + 5), "those of an invocation that was killed"


def test_an_organization_is_exported_and_deleted_and_cut_off_anywhere(
    gate24: System,
    held: MemoryTable,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    says: Callable[[str], None],  # noqa: F811
) -> None:
    size = Size(60, 40, 100, 3)
    usage, _ = exported_and_deleted(gate24, held, size, tmp_path / "to", capsys, monkeypatch, says)
    # A contact: itself, its history, its conversation. A page: the key, the organization, where it begins.
    assert usage.requests < 4 * size.contacts + 12 * (size.contacts * (size.messages + 1) // size.page + size.kills + 1)
