"""Random people, numbers and user ids; random events of all kinds, in any order, with copies, on two channels; then
what staff do, erasures included: the state is what the model says (``tests/support/people_model.py``), and nothing may
be sent to somebody whose last word was no.

``make soak`` runs the same with many more examples, others each time.
"""

import itertools
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.memory_table import memory_table
from tests.support.people_model import Moved, People, Said, Shown, Told, Wrote
from tests.support.people_world import ACTS, CHANNELS, GAPS, NUMBERS, Person, Step, World, known_since
from tests.support.scene import HOUR, epoch_ms, post_webhook, standing_clock
from tests.support.system import GUPSHUP, TEMPLATE, System, system

pytestmark = [pytest.mark.slow, pytest.mark.soak]

EXAMPLES = int(os.environ.get("GATE24_EXAMPLES", "0"))
"""How many ``make soak`` wants; 0 in ``make test``, which always tries the same ones."""
START = 1_790_000_000_000 // 86_400_000 * 86_400_000
NAMES = (*NUMBERS, *NUMBERS[:2], "IN.user1", "IN.user2", "IN.user3")
"""By which staff name people: mostly by numbers."""
STAFF = ("opt_in", "opt_out", "block", "unblock", "erase")

STEPS = st.builds(
    Step,
    act=st.sampled_from(ACTS),
    who=st.integers(0, 1),
    gap=st.integers(0, len(GAPS) - 1),
    what=st.integers(0, 3),
    channel=st.integers(0, 1),
    naming=st.integers(0, 2),
    number=st.integers(0, 1),
)


Tale = tuple[World, list[tuple[int, int]], list["Later"]]


class Later(NamedTuple):
    """What comes after the first telling: an act of staff, a copy of something, or something that was late."""

    act: str
    which: int


@st.composite
def stories(draw: st.DrawFn) -> Tale:
    """What happened; in which order and by which body it is told, copies included; what comes later."""
    world = World(START)
    for step in draw(st.lists(STEPS, min_size=2, max_size=9)):
        world.live(step)
    each = range(len(world.news))
    late = draw(st.lists(st.sampled_from(each), unique=True, max_size=3)) if each else []
    on_time = [which for which in each if which not in late]
    order = on_time + draw(st.lists(st.sampled_from(on_time), max_size=2)) if on_time else []
    told = [(which, draw(st.integers(0, 1))) for which in draw(st.permutations(order))]
    acts = st.sampled_from((*STAFF, "erase", "copy", "copy", "copy", "late", "late"))
    later = draw(st.lists(st.builds(Later, acts, st.integers(0, 7)), max_size=6))
    return world, told, later


@pytest.fixture(scope="module")
def on_moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all examples, each of which begins without people."""
    with system(tmp_path_factory.mktemp("people"), simulate=False) as made:
        yield made


@pytest.fixture
def in_memory(on_moto: System) -> Iterator[System]:
    """The same, ten times as fast."""
    with memory_table(on_moto.dynamodb):
        yield on_moto


@pytest.fixture(autouse=True, scope="module")
def clock() -> Iterator[list[int]]:
    """The server's clock, which stands where the test puts it."""
    with standing_clock(START) as time:
        yield time


def shown(gate24: System, who: str) -> Shown:
    """What the API says."""
    answer = gate24.http("GET", f"/v1/contacts/{who}")
    contact = answer.json
    if answer.status == 404 or contact["number_changed_at"]:
        refused = gate24.check(TEMPLATE | {"to": who, "channel": CHANNELS[-1]}).json["code"]
        return Shown(False, code=(refused,))
    by_channel = {each["channel"]: each for each in contact["windows"]}
    windows = [by_channel[name]["window"] for name in CHANNELS]
    may = [by_channel[name]["may"]["open"] or by_channel[name]["may"]["closed"] for name in CHANNELS]
    written = gate24.http("GET", f"/v1/contacts/{who}/messages?limit=100").json["data"]
    return Shown(
        exists=True,
        consent=contact["consent"]["status"],
        blocked=contact["blocked"],
        stopped=tuple(by_channel[name]["marketing_stopped"] for name in CHANNELS),
        windows=tuple((w["state"], epoch_ms(w["last_inbound_at"]), epoch_ms(w["opened_at"])) for w in windows),
        may=tuple((each["freeform"], each["template"], each["marketing"]) for each in may),
        code=tuple(each["code"] for each in may),
        messages=tuple(sorted((epoch_ms(each["at"]) or 0, text_of(each)) for each in written)),
    )


def text_of(message: dict[str, Any]) -> str:
    return "reaction" if message["type"] == "reaction" else str(message["text"])


def forget_everybody(gate24: System) -> None:
    """The table as it was before the example."""
    for item in gate24.items():
        if item["pk"]["S"][:2] in ("C#", "E#", "D#", "U#", "X#"):
            gate24.dynamodb.delete_item(TableName=gate24.table, Key={"pk": item["pk"], "sk": item["sk"]})


class Story:
    """Tells the system and the model the same, side by side."""

    def __init__(self, gate24: System, clock: list[int], world: World) -> None:
        self.gate24, self.clock, self.news, self.world = gate24, clock, world.news, world
        self.people = People(CHANNELS, only_to_numbers={GUPSHUP})
        self.heard: list[int] = []
        self.heard_before_erasures: list[int] = []
        self.staff: list[tuple[int, str, str, bool]] = []
        """When, what, of whom; whether all changes of number were told by then."""
        self.silent: set[int] = set()
        """What came late of somebody who was erased, under the number from before. Told once more, after the person is
        a contact again, it would name the user id with the number: not a copy that changes nothing."""
        self.has_erased = False
        self.log = ["", *(f"{number}. {each.event}" for number, each in enumerate(self.news))]
        self.clock[0] = world.at + 1007

    def tells(self, which: int, way: int = 0) -> None:
        event = known_since(self.news[which].event, self.clock[0] + 1007)
        if which in self.silent or self.is_beyond_reach(which, event):
            return
        self.clock[0] += 1007
        ways = self.news[which].bodies
        self.log.append(f"told {which}, way {way % len(ways)}")
        post_webhook(self.gate24, *ways[way % len(ways)])
        if which not in self.heard:
            if not self.people.hear(event):
                self.silent.add(which)
            self.heard.append(which)
            if not self.has_erased:
                self.heard_before_erasures.append(which)

    def is_beyond_reach(self, which: int, event: Told) -> bool:
        """Left out: a change that is told after its person was erased under a later number that it does not name (what
        was said before it belongs to somebody who is no contact, and cannot be read until that number is named), or
        after somebody else was erased who came to the old number later (of whom an empty contact may be shown)."""
        if not isinstance(event, Moved) or which in self.heard:
            return False
        return self.people.erased_elsewhere(event) is not None or event.old in self.people.erased_with

    def acts(self, action: str, who: str) -> None:
        self.clock[0] += 1007
        self.log.append(f"staff: {action} {who}")
        now, path = self.clock[0], f"/v1/contacts/{who}"
        if action == "erase":
            if self.gate24.http("DELETE", path).status == 204:
                self.people.erase(who, now)
                self.has_erased = True
            return
        if action in ("opt_in", "opt_out"):
            self.gate24.http("POST", f"{path}/consents", {"action": action, "source": "phone"})
        else:
            answer = self.gate24.http({"block": "PUT", "unblock": "DELETE"}[action], f"{path}/block")
            if answer.status == 404:
                return
            self.staff.append((now, action, who, self.knows_all_moves))
            if answer.status == 204:
                self.people.change_block_of_erased(who, action, now)  # type: ignore[arg-type]
                return
        if action in ("opt_in", "opt_out"):
            self.staff.append((now, action, who, self.knows_all_moves))
        number, user_id = (None, who) if "." in who else (who, None)
        self.people.hear(Said(now, action, number, user_id, by_staff=True, named_at=now))  # type: ignore[arg-type]

    def agrees(self) -> None:
        ids = {each for news in self.news for each in news.event.user_ids}
        for who in (*NUMBERS, *sorted(ids)):
            found, expected = shown(self.gate24, who), self.people.shown(who, self.clock[0])
            assert found == expected, self.told_of(who, found, expected)
        items = self.gate24.items()
        assert not [each for each in items if each["pk"]["S"].startswith("U#")], "\n".join(self.log)
        in_ledgers = sum(each.get("g", {"S": ""})["S"].startswith("L#") for each in items)
        assert in_ledgers == len(self.people.paid), "\n".join(self.log)

    @property
    def knows_all_moves(self) -> bool:
        return all(which in self.heard for which, each in enumerate(self.news) if isinstance(each.event, Moved))

    def protects(self) -> None:
        """No message is allowed to somebody whose last word was no, by what the world knows of who is who: as far as
        the changes of number were told, and with a user id what tells whose it is."""
        for person in self.world.people:
            if person.number is None or not self.knows_all_moves:
                continue
            no_at, blocked = self.last_no(person)
            if not no_at and not blocked:
                continue
            contact = shown(self.gate24, person.number)
            if not contact.exists:
                assert contact.code != (None,), "\n".join([*self.log, f"{person} said no"])
                continue
            for channel, (freeform, template, marketing) in zip(CHANNELS, contact.may, strict=True):
                wrote = not blocked and any(
                    isinstance(each.event, Wrote)
                    and each.person == person.id
                    and each.event.channel == channel
                    and each.event.at > no_at
                    and each.event.text not in ("STOP", "START", "reaction")
                    and self.clock[0] < each.event.at + 24 * HOUR
                    for each in (self.news[which] for which in self.heard)
                )
                allowed = template or marketing or (freeform and not wrote)
                assert not allowed, "\n".join([*self.log, f"{person} said no on {channel}: {contact}"])

    def last_no(self, person: Person) -> tuple[int, bool]:
        """When the person said no, if that was the last word (else 0), and whether staff blocked the person last."""
        heard = [self.news[which].event for which in self.heard if self.news[which].person == person.id]
        early = [self.news[which].event for which in self.heard_before_erasures if self.news[which].person == person.id]
        linked = {each for event in early if event.number and not isinstance(event, Said) for each in event.user_ids}
        numbers = {each for event in heard if isinstance(event, Moved) for each in (event.old, event.new)}
        numbers |= {str(person.number), *(event.number for event in heard if event.number)}
        noes, yeses, blocks = [0], [0], [(0, False)]
        for event in heard:
            is_linked = bool(event.number) or (event in early and linked.issuperset(event.user_ids))
            said = getattr(event, "text", getattr(event, "action", None))
            if said in ("START", "opt_in"):
                yeses.append(event.at)
            elif said in ("STOP", "opt_out") and is_linked:
                noes.append(event.at)
        for at, action, who, was_known in self.staff:
            is_meant = who == person.number and was_known
            if action == "opt_in" and (who in numbers or "." in who):
                yeses.append(at)
            elif action == "opt_out" and is_meant:
                noes.append(at)
            elif action == "unblock" or (action == "block" and is_meant):
                blocks.append((at, action == "block"))
        return (max(noes) if max(noes) >= max(yeses) else 0), max(blocks)[1]

    def told_of(self, who: str, found: Shown, expected: Shown) -> str:
        """What happened, and in what the system and the model differ."""
        fields = [name for name in Shown.__dataclass_fields__ if getattr(found, name) != getattr(expected, name)]
        differ = [f"{name}: {getattr(found, name)}, expected {getattr(expected, name)}" for name in fields]
        return "\n".join([*self.log, f"{who}:", *differ])


def tell(gate24: System, clock: list[int], tale: Tale) -> None:
    """Tells the whole story and compares, once before staff act and once in the end."""
    world, told, later = tale
    forget_everybody(gate24)
    story = Story(gate24, clock, world)
    for which, way in told:
        story.tells(which, way)
    story.agrees()
    story.protects()
    for act, number in later:
        if act in STAFF:
            story.acts(act, NAMES[number])
        elif act == "copy" and story.heard:
            story.tells(story.heard[number % len(story.heard)], number // 2)
        elif act == "late" and (left := [each for each in range(len(world.news)) if each not in story.heard]):
            story.tells(left[number % len(left)])
    story.agrees()
    story.protects()


ANY_ORDER = settings(
    deadline=None,
    database=None,
    derandomize=not EXAMPLES,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_told = itertools.count(1)


@given(tale=stories())
@settings(ANY_ORDER, max_examples=EXAMPLES or 300)
def test_whatever_is_told_in_whatever_order_ends_as_the_model_says(
    in_memory: System, clock: list[int], pytestconfig: pytest.Config, tale: Tale
) -> None:
    tell(in_memory, clock, tale)
    number = next(_told)
    if EXAMPLES and number % 500 == 0:
        with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"{number} of {EXAMPLES} examples", flush=True)


@given(tale=stories())
@settings(ANY_ORDER, max_examples=8)
def test_the_table_in_memory_is_as_good_as_moto(on_moto: System, clock: list[int], tale: Tale) -> None:
    tell(on_moto, clock, tale)
