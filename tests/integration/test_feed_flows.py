"""Every flow of gate24 with the table's stream attached: the feed says each thing once, and whoever applies its events
knows what the API says. ``tests/support/fault_flows.py`` has the flows, ``redelivery.py`` the world."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate24.store import organizations, outage
from tests.support.fault_flows import (
    EARLIER,
    FLOWS,
    NEW_PHONE,
    NEW_USER_ID,
    OPTED_IN,
    OTHER_PHONE,
    PATH,
    PHONE,
    USER_ID,
    Act,
    Flow,
    asks,
    gupshup_says,
    moved,
    passes,
    renamed,
    wrote,
)
from tests.support.faults import Fault, kinds_of
from tests.support.redelivery import World, world_of
from tests.support.scene import HOUR, SECOND
from tests.support.stream import Listener, Stream
from tests.support.system import GUPSHUP, META, ORG, TEXT

FAULTY = (
    *("inbound, new contact, Meta", "STOP, Gupshup", "freeform accepted, Gupshup", "freeform rejected, Meta"),
    *("window closed at the BSP, Gupshup", "status failed (470), Gupshup", "erasure", "number change"),
    *("inbound of a hidden number that is named now", "refusal, window closed", "block", "a day's rollup"),
)
"""Flows in which calls fail, too."""

EXAMPLES = int(os.environ.get("GATE24_EXAMPLES", "0"))
"""How many ``make soak`` wants; 0 in ``make test``, which always tries the same ones."""

Json = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_of(tmp_path_factory.mktemp("feed")) as made:
        organizations.keep_events(ORG, made.now)
        yield made


@pytest.fixture(scope="module")
def start(world: World) -> Any:
    return world.snapshot()


@dataclass
class Software:
    """An organization's software that knows nothing but what it hears. Contacts by number, or user id without one."""

    contacts: dict[str, Json] = field(default_factory=dict)
    windows: dict[tuple[str, str], str] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)

    def hears(self, event: Json) -> None:
        data, type = event["data"], event["type"]
        contact = data.get("contact")
        if type == "contact.erased":
            for name in (contact["phone"], contact["user_id"]):
                self._forgets(name)
        elif contact is not None:
            user_ids = [*data.get("previous_user_ids", []), *([contact["user_id"]] if contact["phone"] else [])]
            for name in (*data.get("previous_phones", []), *user_ids):
                self._forgets(name)
            known = self._windows_of(user_ids)  # a window goes with the user id, and not from number to number
            self.windows = {(name_of(contact), each): state for (_, each), state in known.items()} | self.windows
            self.contacts[name_of(contact)] = contact
        if "window" in data:
            self.windows[name_of(contact), event["channel"]] = data["window"]["state"]
        if "message" in data:
            self.messages[data["message"]["id"]] = data["message"]

    def _windows_of(self, names: list[str]) -> dict[tuple[str, str], str]:
        return {where: state for where, state in self.windows.items() if where[0] in names}

    def _forgets(self, name: str | None) -> None:
        self.contacts.pop(name or "", None)


def name_of(contact: Json) -> str:
    return str(contact["phone"] or contact["user_id"])


def play(world: World, flow: Flow, start: Any, fault: Fault | None = None) -> tuple[Listener, Software, list[str]]:
    """The flow from the beginning, listened to after each of its acts; the calls that it made."""
    world.restore(start)
    listener, software = Listener(world.gate24, Stream(world.aws.dynamodb, lambda: world.now)), Software()

    def listens() -> None:
        calls, counting = world.aws.calls, world.aws.calls.is_counting
        calls.is_counting = False
        for service in (outage.TABLE, outage.SECRETS):  # another process listens
            service.answered()
        world.passes(2)
        for event in listener.listen():
            software.hears(event)
        world.passes(2)
        calls.is_counting = counting

    for act in flow.before:
        act(world)
        listens()
    world.aws.calls.is_counting, world.aws.calls.fault = True, fault
    for act in flow.acts:
        act(world)
        listens()
    if flow.is_drained:
        world.drains()
    listens()
    world.aws.calls.is_counting = False
    calls = list(world.aws.calls.made)
    listener.stream.tell_again()
    assert listener.listen() == []
    return listener, software, calls


def is_once(heard: list[Json]) -> list[str]:
    """What is told twice."""
    told: Counter[tuple[Any, ...]] = Counter()
    for event in heard:
        message = event["data"].get("message", {})
        told[event["id"]] += 1
        if event["type"] == "message.received":
            told["received", message["provider_id"], event["channel"]] += 1
        elif event["type"] == "message.status":
            told["status", message["id"], message["status"], message.get("code")] += 1
        elif event["type"] == "window.opened":
            opened = event["data"]["window"]
            told["opened", event["channel"], opened["last_inbound_at"], name_of(event["data"]["contact"])] += 1
    return [str(what) for what, times in told.items() if times > 1]


def unlike_the_api(world: World, flow: Flow, software: Software, windows: bool = True) -> list[str]:
    """In what the software's knowledge differs from what the API says. ``windows``: whether these are compared."""
    wrong = []
    for person in flow.people:
        path = f"/v1/contacts/{quote(person)}"
        asked = world.gate24.http("GET", path)
        named = person if person.startswith("IN.") else f"+{person}"
        known = software.contacts.get(named)
        if asked.status == 200 and asked.json["number_changed_at"] is not None:
            continue  # nobody has the number, or nobody has written from it
        if asked.status != 200:
            wrong += [f"{named} is gone, and known"] if known is not None else []
            continue
        said = asked.json
        known = software.contacts.get(name_of(said))
        if known is None:
            wrong.append(f"{name_of(said)} is unknown")
            continue
        wrong += [
            f"{name_of(said)} {each}: {known[each]} and not {said[each]}"
            for each in ("name", "user_id", "blocked", "consent")
            if known[each] != said[each]
        ]
        for each in said["windows"] if windows else ():
            told, state = software.windows.get((name_of(said), each["channel"])), each["window"]
            is_told = told == state["state"] or state["state"] == "never_opened" or state["closed_by"] == "lapsed"
            wrong += [] if is_told else [f"{name_of(said)} {each['channel']}: {told} and not {state['state']}"]
        for message in world.gate24.http("GET", f"{path}/messages").json["data"]:
            heard = software.messages.get(message["id"], {}).get("status")
            is_told = heard == message["status"] or message["status"] == "sending"
            wrong += [] if is_told else [f"{message['id']}: {heard} and not {message['status']}"]
    return wrong


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_each_thing_is_told_once_and_a_listener_knows_what_the_api_says(world: World, start: Any, flow: Flow) -> None:
    listener, software, _ = play(world, flow, start)
    assert is_once(listener.heard) == []
    assert unlike_the_api(world, flow, software) == []


def _latest(says: Callable[[World], None]) -> Act:
    """What the BSP says of the last message that it took, if it took one."""
    return lambda world: says(world) if world.aws.bsp.taken else None


def _at_its_time(number: int, text: str, channel: str, phone: str | None, user_id: str | None = None) -> Act:
    """A message of now."""

    def act(world: World) -> None:
        world.passes(SECOND)
        wrote(text, channel, world.now, f"wamid.{number}.{world.now}", phone, user_id)(world)

    return act


def _sends_anew(world: World) -> None:
    world.passes(SECOND)
    world.send(TEXT | {"channel": GUPSHUP, "to": f"+{PHONE}"}, f"key-{world.now}")


ACTS: tuple[tuple[str, Act], ...] = (
    ("writes", _at_its_time(1, "Namaste", GUPSHUP, PHONE)),
    ("writes to the other channel, with a user id", _at_its_time(2, "Hello", META, PHONE, USER_ID)),
    ("writes without a number", _at_its_time(3, "Hidden", META, None, USER_ID)),
    ("writes STOP", _at_its_time(4, "STOP", GUPSHUP, PHONE)),
    ("writes START", _at_its_time(5, "START", GUPSHUP, PHONE)),
    ("writes from another number", _at_its_time(6, "Namaste", GUPSHUP, OTHER_PHONE)),
    ("wrote earlier", wrote("late", at=EARLIER, name="wamid.late")),
    ("opted in earlier", OPTED_IN),
    ("moves", moved()),
    ("gets another user id", renamed()),
    ("is sent to", _sends_anew),
    ("got it", _latest(gupshup_says("delivered"))),
    ("did not get it: closed", _latest(gupshup_says("failed", code=470))),
    ("is opted in by staff", asks("POST", f"{PATH}/consents", {"action": "opt_in", "source": "paper"})),
    ("is blocked", asks("PUT", f"{PATH}/block")),
    ("is unblocked", asks("DELETE", f"{PATH}/block")),
    ("is erased", asks("DELETE", PATH)),
    ("time passes", passes(25 * HOUR)),
)


@settings(
    max_examples=EXAMPLES or 60,
    deadline=None,
    database=None,
    derandomize=not EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(st.sampled_from(ACTS), min_size=2, max_size=9))
def test_whatever_happens_the_events_add_up_to_what_the_api_says(
    world: World, start: Any, acts: list[tuple[str, Act]]
) -> None:
    flow = Flow("random", tuple(act for _, act in acts), people=(PHONE, OTHER_PHONE, NEW_PHONE, USER_ID, NEW_USER_ID))
    listener, software, _ = play(world, flow, start)
    told = [name for name, _ in acts]
    assert is_once(listener.heard) == [], told
    # By late changes of number and user id a window that was told of may come to be another number's (docs/events.md).
    wrong = unlike_the_api(world, flow, software, windows="moves" not in told)
    assert "; ".join(wrong) == "", told


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_tells_nothing_twice_and_leaves_nothing_untold(world: World, start: Any, name: str) -> None:
    flow = next(each for each in FLOWS if each.name == name)
    _, _, calls = play(world, flow, start)
    wrong = []
    for number, call in enumerate(calls, 1):
        for kind in kinds_of(call):
            listener, software, _ = play(world, flow, start, Fault(number, kind))
            found = is_once(listener.heard) + unlike_the_api(world, flow, software)
            wrong += [f"{number} {call} {kind}: {line}" for line in found]
    assert wrong == []
