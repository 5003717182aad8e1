"""A small world of people who live through time: what they write, agree to and change, and how a provider tells it.

People keep to what is possible: a number has one person at a time, a user id one person ever, and Meta gives a new user
id with a new number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tests.support import bodies
from tests.support.people_model import Moved, Renamed, Said, Told, Wrote
from tests.support.system import GUPSHUP, META, META_NUMBER

NUMBERS = ("919811100001", "919811100002", "919811100003")
CHANNELS = (GUPSHUP, META)
GAPS = (0, 1_000, 60_000, 5 * 3_600_000, 13 * 3_600_000, 25 * 3_600_000)
TEXTS = ("hello", "STOP", "START", "reaction")
ACTS = ("write", "write", "write", "consent", "marketing", "move", "move", "new user id", "vanish")


class Step(NamedTuple):
    """What somebody does next, in small numbers of which each has its meaning for some acts."""

    act: str
    who: int
    gap: int
    what: int
    channel: int
    naming: int
    number: int


@dataclass(frozen=True, slots=True)
class News:
    """An event, how the provider tells it, and whose doing it was. ``bodies``: all ways of telling it, of which each
    counts as much as another."""

    event: Told
    bodies: Sequence[tuple[str, Any]]
    person: int


@dataclass(slots=True)
class Person:
    id: int
    user_id: str
    number: str | None = None


@dataclass(slots=True)
class World:
    at: int
    news: list[News] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    born: int = 0
    ids: int = 0

    def holder(self, number: str) -> Person | None:
        """Who has the number in the end."""
        return next((person for person in self.people if person.number == number), None)

    def __post_init__(self) -> None:
        self.people = [self._stranger(), self._stranger()]

    def live(self, step: Step) -> None:
        self.at += GAPS[step.gap]
        person = self.people[step.who]
        if person.number is None:
            person.number = self._free(step)
        if step.act == "write":
            self._write(person, step)
        elif step.act == "consent":
            action = ("opt_out", "opt_in")[step.what % 2]
            said = "opted-out" if action == "opt_out" else "opted-in"
            body = bodies.gupshup_consent(said, person.number, self.at)
            self._tell(person, Said(self.at, action, person.number), (GUPSHUP, body))  # type: ignore[arg-type]
        elif step.act == "marketing":
            self._marketing(person, step)
        elif step.act == "move":
            self._move(person, step, self._free(step))
        elif step.act == "new user id":
            self._new_user_id(person, step)
        else:
            self.people[step.who] = self._stranger()

    def _free(self, step: Step) -> str:
        free = [each for each in NUMBERS if each not in {other.number for other in self.people}]
        return free[step.number % len(free)]

    def _stranger(self) -> Person:
        self.born += 1
        return Person(self.born, self._user_id())

    def _user_id(self) -> str:
        self.ids += 1
        return f"IN.user{self.ids}"

    def _tell(self, person: Person, event: Told, *told: tuple[str, Any]) -> None:
        if event not in [each.event for each in self.news]:  # two alike are one to anybody who hears of them
            self.news.append(News(event, told, person.id))

    def _naming(self, person: Person, step: Step) -> tuple[str | None, str | None]:
        number = person.number if step.naming < 2 else None
        return number, person.user_id if step.naming > 0 else None

    def _write(self, person: Person, step: Step) -> None:
        self.at = self.at // 1000 * 1000  # version 3 and Meta tell whole seconds
        channel, text, name = CHANNELS[step.channel], TEXTS[step.what], f"wamid.{len(self.news)}"
        number, user_id = self._naming(person, step)
        text = f"hello {len(self.news)}" if text == "hello" else text
        event = Wrote(name, self.at, channel, number, user_id, text)
        cloud = cloud_message(event)
        told = [(META, cloud)]
        if channel == GUPSHUP:
            told = [(GUPSHUP, gupshup_message(event)), (GUPSHUP, bodies.gupshup_v3(cloud))]
        self._tell(person, event, *told)

    def _marketing(self, person: Person, step: Step) -> None:
        self.at = self.at // 1000 * 1000
        value = ("stop", "resume")[step.what % 2]
        channel, (number, user_id) = CHANNELS[step.channel], self._naming(person, step)
        event = Said(self.at, f"marketing_{value}", number, user_id, channel)  # type: ignore[arg-type]
        ids = {"wa_id": number, "user_id": user_id}
        if channel == GUPSHUP:
            told: Any = bodies.gupshup_preference(value, "", self.at)
            said = told["payload"]["payload"]["user_preferences"][0]
        else:
            told = bodies.meta_preference(value, "", self.at)
            told["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = META_NUMBER
            said = told["entry"][0]["changes"][0]["value"]["user_preferences"][0]
        del said["wa_id"]
        said |= {name: each for name, each in ids.items() if each is not None}
        self._tell(person, event, (channel, told))

    def _move(self, person: Person, step: Step, new: str) -> None:
        self.at = self.at // 1000 * 1000 + 1000
        old, before = str(person.number), person.user_id
        person.number, person.user_id = new, self._user_id()
        ids = {"previous_user_id": before, "user_id": person.user_id} if step.naming else {}
        event = Moved(self.at, 0, old, new, ids.get("previous_user_id"), ids.get("user_id"))
        part = {"type": "user_changed_number", "wa_id": new, "body": "changed", **ids}
        name = f"wamid.{len(self.news)}"
        told = [(META, _system(part, f"{name}m", old, self.at)), (GUPSHUP, _system(part, f"{name}g", old, self.at))]
        self._tell(person, event, *told[: 2 if step.channel else 1])
        self.at += 1000

    def _new_user_id(self, person: Person, step: Step) -> None:
        self.at = self.at // 1000 * 1000
        number = person.number if step.naming else None
        before, person.user_id = person.user_id, self._user_id()
        event = Renamed(self.at, number, before, person.user_id)
        part = {"type": "user_changed_user_id", "previous_user_id": before, "user_id": person.user_id}
        self._tell(person, event, (META, _system(part, f"wamid.{len(self.news)}", number, self.at)))


def _system(part: bodies.Body, name: str, number: str | None, at: int) -> bodies.Body:
    told = bodies.message("system", part, name, number, at)
    return bodies.meta(bodies.change("messages", {"messages": [told]}, META_NUMBER))


def cloud_message(event: Wrote) -> bodies.Body:
    """The message in Meta's format."""
    kind, part = ("text", {"body": event.text})
    if event.text == "reaction":
        kind, part = "reaction", {"message_id": "wamid.0", "emoji": "\U0001f44d"}
    value = {
        "contacts": [bodies.profile(phone=event.number, user_id=event.user_id)],
        "messages": [bodies.message(kind, part, event.name, event.number, event.at, event.user_id)],
    }
    return bodies.meta(bodies.change("messages", value, META_NUMBER))


def gupshup_message(event: Wrote) -> bodies.Body:
    """The message in Gupshup's version 2."""
    kind, part = ("text", {"text": event.text})
    if event.text == "reaction":
        kind, part = "reaction", {"emoji": "\U0001f44d", "id": "wamid.0"}
    body = bodies.gupshup_message(kind, part, event.name, event.number or "", event.at, user_id=event.user_id)
    if event.number is None:
        body["payload"]["sender"] = {"name": "Asha", "userId": event.user_id}
        del body["payload"]["source"]
    return body


def known_since(event: Told, known_at: int) -> Told:
    """The event as it was told first at ``known_at`` (the server's clock)."""
    return replace(event, known_at=known_at) if isinstance(event, Moved) else event
