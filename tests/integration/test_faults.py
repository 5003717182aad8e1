"""Every flow with a fault at each of its calls: what failed is delivered again, and the end is that of a run without a
fault. ``tests/support/redelivery.py`` says how each is delivered again, ``fault_flows.py`` which flows there are."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from tests.support.end_state import Fields, Item, between, differences, fields, stored
from tests.support.fault_flows import FLOWS, Flow
from tests.support.faults import BSP, Fault, kinds_of
from tests.support.redelivery import World, world_of
from tests.support.scene import MINUTE
from tests.support.system import System

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_of(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture(scope="module")
def start(world: World) -> Any:
    """Two organizations, and nothing else."""
    return world.snapshot()


@dataclass(slots=True)
class End:
    """What there is after a flow. ``answers``: what callers got; ``taken``: how many messages the BSP took."""

    items: Counter[Item]
    answers: list[tuple[int, Fields]]
    calls: list[str]
    taken: int
    queued: set[str]


@dataclass(frozen=True, slots=True)
class Case:
    """A run with a fault, beside the one without."""

    flow: Flow
    call: str
    fault: Fault
    good: End
    end: End

    @property
    def is_unknown(self) -> bool:
        """Whether a caller was told that the outcome is not known."""
        return any(status == 504 for status, _ in self.end.answers)

    @property
    def may_be_unknown(self) -> bool:
        """Whether the fault may leave the outcome unknown: the BSP's answer was lost, or the function died."""
        return self.fault.kind.startswith("killed") or (self.call == BSP and self.fault.kind != "throttled")


def run(world: World, flow: Flow, snapshot: Any, fault: Fault | None) -> End:
    world.restore(snapshot)
    taken_before, calls = len(world.aws.bsp.taken), world.aws.calls
    calls.is_counting, calls.fault = True, fault
    for act in flow.acts:
        act(world)
    if flow.is_drained:
        world.drains()
    calls.is_counting = False
    assert calls.has_struck == (fault is not None)
    taken = len(world.aws.bsp.taken) - taken_before
    if taken:
        world.passes(MINUTE)
        world.bsp_reports()
        world.drains()
    answers = [(status, fields(json.loads(text)) if text else {}) for status, text in world.answers]
    queued = {each.body for messages in world.aws.queues.values() for each in messages}
    return End(stored(world), answers, list(calls.made), taken, queued)


def happened_before(world: World, flow: Flow, start: Any) -> Any:
    world.restore(start)
    for act in flow.before:
        act(world)
    return world.snapshot()


class Allowed(NamedTuple):
    """A difference that may be there, and why. ``line``: what ``unlike`` says of it."""

    why: str
    line: str
    where: Callable[[Case], bool]


def anywhere(_: Case) -> bool:
    return True


def by_api(*names: str) -> Callable[[Case], bool]:
    return lambda case: case.flow.name in names


def erases(case: Case) -> bool:
    return case.flow.name.startswith("erasure")


def is_unknown(case: Case) -> bool:
    return case.is_unknown and case.may_be_unknown


_OF_THE_LIST = r"(h|sa|la|lsn|lf|ls\..*)"
"""What a send notes with its contact for the list."""

ALLOWED = (
    Allowed("A use of an API key that cannot be noted refuses nobody.", r"KEY#\S+ KEY u: .*", anywhere),
    Allowed("An unknown outcome is told as unknown, and never sent again.", r"answer .*|taken: 1 -> 0", is_unknown),
    Allowed(
        "A status has settled the message; the caller's answer stays, and a guess prices nothing.",
        r"\S+ M#<time>#<random> (ab\..*|an|cd|pg|l\.[bdfhx]|co\.estimate): .*",
        lambda case: is_unknown(case) and case.end.taken > 0,
    ),
    Allowed(
        "The BSP never took the message, so no status settles it.",
        r"\S+ M#<time>#<random> .*",
        lambda case: is_unknown(case) and not case.end.taken,
    ),
    Allowed("Only who was answered moved up in the list.", rf"\S+ A#CONTACT {_OF_THE_LIST}: .*", is_unknown),
    Allowed("What the BSP's refusal told of the contact is lost with it.", r"\S+ A#W#\S+ (h|pc): .*", is_unknown),
    Allowed("The same, of an opt-out.", r"\S+ A#CONTACT oos?: .*|- C#\S+ H#<time>#<random>", is_unknown),
    Allowed("The same, of marketing.", r"\S+ A#CONTACT msc\..*", is_unknown),
    Allowed("An attempt that sent nothing is kept with its message.", r"\S+ M#<time>#<random> fl\..*", anywhere),
    Allowed(
        "The list's order, and the newest message there: the next send notes it.",
        rf"\S+ A#CONTACT {_OF_THE_LIST}: .*",
        lambda case: case.good.taken > 0,
    ),
    Allowed(
        "A word of a name under a token that the contact does not have finds nobody, and goes with the contact.",
        r"\+ C#\S+ Q#<token>#\S+",
        lambda case: not erases(case) or case.flow.name.endswith("a message after it"),
    ),
    Allowed(
        "The caller said it twice, and the history says so.",
        r"\+ C#\S+ H#<time>#<random>",
        by_api("opt-in by the API", "opt-out by the API", "block", "unblock"),
    ),
    Allowed("A deletion that is repeated finds nobody any more.", r"answer 0: 204 -> 404", erases),
    Allowed("A deletion that is repeated is another erasure.", r"\+ X#learning <random>", erases),
    Allowed(
        "What was deleted before is not counted.", r"X#learning <random> j\.deleted: .*|answer 0\.deleted: .*", erases
    ),
    Allowed("It was kept and is told again: a copy.", r"U#learning <time>#[0-9a-f]+ n: None -> 1", anywhere),
    Allowed("The line of a channel counts attempts, not messages.", r"R#\S+ LINE [no]: .*", anywhere),
    Allowed("Calls without an answer are counted as far as they can be.", r"R#\S+ LINE [ef]: .*", anywhere),
    Allowed(
        "Nothing here needs the contact key: the next process that reads it notes its fingerprint.",
        r"- CONTACT_KEY FINGERPRINT",
        lambda case: case.flow.name in ("template entered", "templates read", "key read"),
    ),
    Allowed(
        "The repetition names the user id once more, which holds since then.",
        r"\S+ A#CONTACT uia: .*",
        by_api(*(flow.name for flow in FLOWS if "hidden number" in flow.name)),
    ),
    Allowed(
        "By then the window is known to be closed, and the refusal says what else is missing.",
        r"answer 0.*|\S+ M#<time>#<random> .*",
        lambda case: case.flow.name.startswith("window closed at the BSP") and case.end.answers[0][0] == 403,
    ),
    Allowed(
        "What is told of a message that was never sent waits, and goes by itself.",
        r"\+ C#\S+ (O|S#[0-9a-f]+)#<time>#<random>",
        lambda case: case.flow.name.endswith("before its message") and is_unknown(case) and not case.end.taken,
    ),
    Allowed(
        "The mark that something may be held, so that the schedule looks: a status whose fault lets it come after its "
        "message is never held, and one that comes again while its message is noted is held for a while.",
        r"[-+] D#\S+ CHECK_HELD",
        lambda case: "before its message" in case.flow.name or case.flow.name.startswith("sent around"),
    ),
)


def unlike(case: Case) -> list[str]:
    """In what the two runs differ, a line each."""
    good, end = case.good, case.end
    lines = differences(good.items, end.items)
    for number, (ours, theirs) in enumerate(zip(good.answers, end.answers, strict=True)):
        if ours[0] != theirs[0]:
            lines.append(f"answer {number}: {ours[0]} -> {theirs[0]}")
        else:
            lines += [f"answer {number}.{line}" for line in between(ours[1], theirs[1])]
    if good.taken != end.taken:
        lines.append(f"taken: {good.taken} -> {end.taken}")
    if not case.flow.is_drained and good.queued != end.queued:
        lines.append(f"queued: {sorted(good.queued ^ end.queued)}")
    return lines


def is_allowed(line: str, case: Case) -> bool:
    return any(re.fullmatch(each.line, line) and each.where(case) for each in ALLOWED)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_whatever_call_fails_the_end_is_that_of_a_run_without_a_fault(
    world: World, start: Any, flow: Flow, record_property: Callable[[str, Any], None]
) -> None:
    snapshot = happened_before(world, flow, start)
    good = run(world, flow, snapshot, None)
    assert good.calls and run(world, flow, snapshot, None) == good
    wrong, faults = list[str](), 0
    for number, call in enumerate(good.calls, 1):
        for kind in kinds_of(call):
            fault, faults = Fault(number, kind), faults + 1
            try:
                case = Case(flow, call, fault, good, run(world, flow, snapshot, fault))
                found = [line for line in unlike(case) if not is_allowed(line, case)]
            except AssertionError as error:
                found = [str(error)]
            wrong += [f"{number} {call} {kind}: {line}" for line in found]
    record_property("fault points", len(good.calls))
    record_property("faults", faults)
    assert not wrong, "\n".join(wrong[:40])


class OnMoto:
    """The table of the system itself, in place of the one in memory."""

    def __init__(self, gate24: System) -> None:
        self._gate24 = gate24

    def call(self, client: Any, operation: str, asked: Any) -> Any:
        return type(client)._make_api_call(client, operation, asked)

    def items(self) -> list[Any]:
        return self._gate24.items()

    @property
    def partitions(self) -> dict[str, dict[str, Any]]:
        held: dict[str, dict[str, Any]] = {}
        for item in self.items():
            held.setdefault(item["pk"]["S"], {})[item["sk"]["S"]] = item
        return held

    @partitions.setter
    def partitions(self, held: dict[str, dict[str, Any]]) -> None:
        name, client = self._gate24.table, self._gate24.dynamodb
        for item in self.items():
            client.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})
        for partition in held.values():
            for item in partition.values():
                client.put_item(TableName=name, Item=item)


@pytest.mark.parametrize("name", ["STOP, Gupshup", "freeform accepted, Meta", "erasure", "a day's rollup"])
def test_the_table_in_memory_ends_as_motos(
    world: World, start: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    flow = next(each for each in FLOWS if each.name == name)
    snapshot = happened_before(world, flow, start)
    calls = run(world, flow, snapshot, None).calls
    writes = [number for number, call in enumerate(calls, 1) if "unanswered" in kinds_of(call)]
    faults = [
        None,
        Fault(writes[0], "unanswered"),
        Fault(writes[-1], "lost"),
        Fault(writes[len(writes) // 2], "killed after"),
    ]
    in_memory = [run(world, flow, snapshot, fault) for fault in faults]
    monkeypatch.setattr(world.aws, "dynamodb", OnMoto(world.gate24))
    assert [run(world, flow, snapshot, fault) for fault in faults] == in_memory
