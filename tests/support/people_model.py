"""What must be true of some people, their numbers and user ids after all that was told of them.

Written from docs/behaviour.md alone ("Numbers that change hands", "Consent", "Windows", "Contacts"): it shares nothing
with the core but the names of the answers. It keeps everything that was told and answers from all of it at once, so
that it has no order of its own. Times are epoch milliseconds: ``at`` is the provider's, ``known_at`` the server's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

DAY = 24 * 3_600_000
MARGIN = 30_000
EVERYWHERE = ""

Action = Literal["opt_in", "opt_out", "marketing_stop", "marketing_resume", "block", "unblock"]
KEYWORDS: dict[str, Action] = {"STOP": "opt_out", "START": "opt_in"}


@dataclass(frozen=True, slots=True)
class Wrote:
    """A message of somebody named by at least one of the two. ``text``: what was written; "reaction" for a reaction."""

    name: str
    at: int
    channel: str
    number: str | None
    user_id: str | None
    text: str
    is_silent: bool = False

    @property
    def user_ids(self) -> tuple[str, ...]:
        return (self.user_id,) if self.user_id else ()

    def silent(self) -> Wrote:
        return replace(self, user_id=None, is_silent=True)


@dataclass(frozen=True, slots=True)
class Said:
    """A word for or against being written to; by staff it is of whom they knew under the number."""

    at: int
    action: Action
    number: str | None
    user_id: str | None = None
    channel: str = EVERYWHERE
    by_staff: bool = False
    named_at: int = 0
    outlived: bool = False
    """``named_at``: when staff named the person, by the server's clock. ``outlived``: left by an erasure."""
    is_told_silently: bool = False

    @property
    def user_ids(self) -> tuple[str, ...]:
        return (self.user_id,) if self.user_id else ()

    @property
    def is_silent(self) -> bool:
        return self.outlived or self.is_told_silently

    def silent(self) -> Said:
        return replace(self, user_id=None, is_told_silently=True)

    @property
    def name(self) -> str:
        return self.number or self.user_id or ""


@dataclass(frozen=True, slots=True)
class Moved:
    """The person at ``old`` goes on at ``new``; the ids may be told along."""

    at: int
    known_at: int
    old: str
    new: str
    old_user_id: str | None = None
    new_user_id: str | None = None
    is_silent: bool = False

    @property
    def number(self) -> str:
        return self.old

    @property
    def user_ids(self) -> tuple[str, ...]:
        return tuple(each for each in (self.old_user_id, self.new_user_id) if each)

    def silent(self) -> Moved:
        return replace(self, old_user_id=None, new_user_id=None, is_silent=True)


@dataclass(frozen=True, slots=True)
class Renamed:
    """A new user id, beside the number or not."""

    at: int
    number: str | None
    old_user_id: str
    new_user_id: str
    is_silent = False

    @property
    def user_ids(self) -> tuple[str, ...]:
        return (self.old_user_id, self.new_user_id)


Told = Wrote | Said | Moved | Renamed


class Time(NamedTuple):
    """One person's time under a number (the ``position``-th since the number is known), or under a user id (-1)."""

    name: str
    position: int = -1


@dataclass(slots=True)
class Consent:
    opt_in: int = 0
    opt_out: int = 0
    stopped: dict[str, int] = field(default_factory=dict)
    resumed: dict[str, int] = field(default_factory=dict)
    blocked: tuple[int, bool] = (0, False)

    def hears(self, action: Action, at: int, channel: str) -> None:
        if action == "opt_in":
            self.opt_in = max(self.opt_in, at)
        elif action == "opt_out":
            self.opt_out = max(self.opt_out, at)
        elif action == "marketing_stop":
            self.stopped[channel] = max(self.stopped.get(channel, 0), at)
        elif action == "marketing_resume":
            self.resumed[channel] = max(self.resumed.get(channel, 0), at)
        else:
            self.blocked = max(self.blocked, (at, action == "block"))

    @property
    def status(self) -> str:
        if _is_no(self.opt_out, self.opt_in):
            return "opted_out"
        return "opted_in" if self.opt_in else "none"

    def has_stopped(self, channel: str) -> bool:
        return _is_no(self.stopped.get(channel, 0), self.resumed.get(channel, 0))

    @property
    def noes(self) -> list[tuple[Action, int, str]]:
        """What of it is a no that holds."""
        found: list[tuple[Action, int, str]] = []
        if self.status == "opted_out":
            found.append(("opt_out", self.opt_out, EVERYWHERE))
        found += [("marketing_stop", at, name) for name, at in self.stopped.items() if self.has_stopped(name)]
        if self.blocked[1]:
            found.append(("block", self.blocked[0], EVERYWHERE))
        return found


def _either(name: str) -> tuple[str | None, str | None]:
    """As a number, or as a user id."""
    return (None, name) if "." in name else (name, None)


def _is_no(no: int, yes: int) -> bool:
    """A no wins a tie; one in whole seconds wins the whole second."""
    return bool(no) and (yes <= no or (no % 1000 == 0 and yes // 1000 == no // 1000))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the API says of a number or user id. ``windows``: state, last message, start, by channel. ``may``: freeform,
    template and marketing template, by channel. ``code``: the first refusal, by channel; of somebody who is no contact,
    or who left the number, that of a template on the last channel."""

    exists: bool
    consent: str = "none"
    blocked: bool = False
    stopped: tuple[bool, ...] = ()
    windows: tuple[tuple[str, int | None, int | None], ...] = ()
    may: tuple[tuple[bool, bool, bool], ...] = ()
    code: tuple[str | None, ...] = ()
    messages: tuple[tuple[int, str], ...] = ()


class People:
    """All that was told, in the order in which it was told first, and what follows from it."""

    def __init__(self, channels: Iterable[str], only_to_numbers: Collection[str]) -> None:
        self.channels, self.only_to_numbers = tuple(channels), only_to_numbers
        self.told: list[Told] = []
        self.moves: list[Moved] = []
        self.paid: set[str] = set()
        self.erased_with: dict[str, list[str]] = {}

    def hear(self, event: Told) -> bool:
        """Something that was not told before. False if it is no sign of a contact."""
        if isinstance(event, Renamed):
            if self._is_of_erased(event):
                return False
        else:
            event = self._without_erased(event)
        if isinstance(event, Wrote):
            self.paid.add(event.name)
        if isinstance(event, Moved):
            same = [move for move in self.moves if (move.at, move.old, move.new) == (event.at, event.old, event.new)]
            if not same:
                self.moves.append(event)
        self.told.append(event)
        return not event.is_silent

    def erase(self, who: str, now: int) -> None:
        """What was told of the person is forgotten, but that numbers changed hands; a no stays under the number and
        under each user id."""
        present = self._present(who)
        consent, group = self._consent(present), self._group(present)
        names = sorted({present.name, *(each.name for each in group if each.position == -1)})
        self.erased_with |= dict.fromkeys(names, names)
        kept: list[Told] = [event for event in self.told if not self._is_of(event, group)]
        for name in names:
            kept += [Said(at, action, *_either(name), channel, True, now, True) for action, at, channel in consent.noes]
        self.told = kept

    def change_block_of_erased(self, who: str, action: Action, now: int) -> None:
        """Staff block or unblock somebody who was erased and is no contact: under every name of the person."""
        for name in self.erased_with.get(who, [who]):
            self.told.append(Said(now, action, *_either(name), EVERYWHERE, True, now, True))

    def _is_of_erased(self, event: Renamed) -> bool:
        """Of somebody who was erased only the noes hold on, under the other user id, too."""
        named = [self._present_of(self._time_at(event.number, event.at)).name] if event.number else []
        named += [self._present(each).name for each in (event.old_user_id, event.new_user_id)]
        erased = next((each for each in named if each in self.erased_with), None)
        if erased is not None:
            self._remember_as(erased, event.old_user_id, event.new_user_id)
        return erased is not None

    def _without_erased(self, event: Wrote | Said | Moved) -> Wrote | Said | Moved:
        """What is told late of a number that somebody left who was erased since counts for that person, and is no sign
        of a contact: it does not name the number that the person has now."""
        erased = self.erased_elsewhere(event)
        if erased is None:
            return event
        self._remember_as(erased, *event.user_ids)
        return event.silent()

    def erased_elsewhere(self, event: Told) -> str | None:
        """The present number of the event's person, if the person was erased and the event does not name it."""
        if event.number is None or isinstance(event, Renamed):
            return None
        present = self._present_of(self._time_of(event) if not isinstance(event, Moved) else self._after(event))
        is_named = present.name in ((event.old, event.new) if isinstance(event, Moved) else (event.number,))
        is_gone = present.name in self.erased_with and not self.shown(present.name, 0).exists
        return present.name if is_gone and not is_named else None

    def _remember_as(self, erased: str, *user_ids: str) -> None:
        names = self.erased_with[erased]
        noes = [each for each in self.told if isinstance(each, Said) and each.outlived and each.name == erased]
        for more in user_ids:
            if more not in self.erased_with:
                self.told += [replace(each, number=None, user_id=more) for each in noes]
                names.append(more)
                self.erased_with[more] = names

    def _is_written_here(self, event: Wrote, present: Time) -> bool:
        """Under the number itself; or under the user id alone by somebody who was met there, or since coming there."""
        if event.number:
            return True
        assert event.user_id is not None
        left_at = max((move.at for move in self._changes(present.name)), default=0)
        came_at = max((move.at for move in self._arrivals(present)), default=0)
        return event.at > (left_at if self._met(event.user_id) == present else max(left_at, came_at))

    def _met(self, user_id: str) -> Time | None:
        """Where the person was who has the user id, by the first that was told of it with a number."""
        for event in self.told:
            if user_id in event.user_ids and event.number:
                if isinstance(event, Moved) and user_id == event.new_user_id:
                    return self._after(event)
                return self._time_at(event.number, event.at)
        return None

    def shown(self, who: str, now: int) -> Shown:
        present = self._present(who)
        group = self._group(present)
        told = [each for each in self.told if self._is_of(each, group)]
        consent, wrote = self._consent(present), [each for each in told if isinstance(each, Wrote)]
        changes, arrivals = self._changes(present.name), self._arrivals(present)
        here = [
            each
            for each in wrote
            if each.text != "reaction"
            and (present.position == -1 or (self._time_of(each) == present and self._is_written_here(each, present)))
        ]
        is_left = bool(changes) and present.position == len(changes) and not here and not arrivals
        windows, may, codes, stopped = [], [], [], []
        for channel in self.channels:
            opening = sorted(each.at for each in here if each.channel == channel)
            window = _window(opening, now)
            plain = [each.at for each in here if each.channel == channel and each.text not in KEYWORDS]
            wrote_again = max(plain, default=0) > consent.opt_out
            cannot = channel in self.only_to_numbers and present.position == -1
            found = _codes(consent, is_left, cannot, window[0] == "open", wrote_again, consent.has_stopped(channel))
            windows.append(window)
            may.append((found[0] is None, found[1] is None, found[2] is None))
            codes.append(next((code for code in found if code), None))
            stopped.append(consent.has_stopped(channel))
        if is_left or all(each.is_silent for each in told):
            cannot = self.channels[-1] in self.only_to_numbers and present.position == -1
            return Shown(False, code=_codes(consent, is_left, cannot, False, False, False)[1:2])
        return Shown(
            exists=True,
            consent=consent.status,
            blocked=consent.blocked[1],
            stopped=tuple(stopped),
            windows=tuple(windows),
            may=tuple(may),
            code=tuple(codes),
            messages=tuple(sorted((each.at, each.text) for each in wrote)),
        )

    # Who is who

    def _changes(self, number: str) -> list[Moved]:
        return sorted((move for move in self.moves if move.old == number), key=lambda move: move.at)

    def _time_at(self, number: str, at: int) -> Time:
        """Whose time under the number it was at that moment: a change ends it just after its own moment."""
        return Time(number, sum(move.at < at for move in self._changes(number)))

    def _after(self, move: Moved) -> Time:
        return Time(move.new, sum(other.at <= move.at for other in self._changes(move.new)))

    def _leaves(self, time: Time) -> Moved | None:
        changes = self._changes(time.name)
        return changes[time.position] if 0 <= time.position < len(changes) else None

    def _arrivals(self, time: Time) -> list[Moved]:
        return [move for move in self.moves if self._after(move) == time]

    def _named_by_staff(self, number: str, named_at: int) -> Time:
        """Whom staff knew under the number then: who came after the last change that was told."""
        known = [move.at for move in self._changes(number) if move.known_at < named_at]
        return Time(number, sum(move.at <= max(known, default=0) for move in self._changes(number)))

    def _links(self) -> list[tuple[Time, Time]]:
        """Pairs that are one person's."""
        pairs = [(self._time_at(move.old, move.at), self._after(move)) for move in self.moves]
        for event in self.told:
            if isinstance(event, Moved):
                ids = [each for each in (event.old_user_id, event.new_user_id) if each]
                pairs += [(self._time_at(event.old, event.at), Time(each)) for each in ids]
            elif isinstance(event, Renamed):
                pairs.append((Time(event.old_user_id), Time(event.new_user_id)))
                if event.number:
                    pairs.append((self._time_at(event.number, event.at), Time(event.new_user_id)))
            elif event.number and event.user_id:
                pairs.append((self._time_at(event.number, event.at), Time(event.user_id)))
        return pairs

    def _group(self, time: Time) -> set[Time]:
        """All times of one person."""
        found, links = {time}, self._links()
        while more := {each for pair in links if found & set(pair) for each in pair} - found:
            found |= more
        return found

    def _present(self, who: str) -> Time:
        """The person's time now: under the number in, or of a user id under the number to which it leads."""
        if "." not in who:
            return Time(who, len(self._changes(who)))
        return self._present_of(Time(who))

    def _present_of(self, time: Time) -> Time:
        last = [each for each in self._group(time) if each.position >= 0 and self._leaves(each) is None]
        return min(last, default=time)

    def _time_of(self, event: Wrote | Said) -> Time:
        if event.number is not None:
            if isinstance(event, Said) and event.by_staff:
                return self._named_by_staff(event.number, event.named_at)
            return self._time_at(event.number, event.at)
        assert event.user_id is not None
        met = self._met(event.user_id)
        while met is not None:
            leaves = self._leaves(met)
            if leaves is None or leaves.at >= event.at:
                return met
            met = self._after(leaves)
        group = self._group(Time(event.user_id))
        times = [each for each in group if each.position >= 0]
        lasting = [(move.at if (move := self._leaves(each)) else 1 << 60, each) for each in times]
        return min((each for each in lasting if each[0] >= event.at), default=(0, Time(event.user_id)))[1]

    def _is_of(self, event: Told, group: set[Time]) -> bool:
        if isinstance(event, Moved):
            return self._after(event) in group
        if isinstance(event, Renamed):
            return Time(event.new_user_id) in group
        return self._time_of(event) in group

    # What was said

    def _consent(self, time: Time) -> Consent:
        consent = Consent()
        group = self._group(time)
        for event in self.told:
            if isinstance(event, Wrote) and event.text in KEYWORDS and self._counts(event, time, group):
                consent.hears(KEYWORDS[event.text], event.at, EVERYWHERE)
            elif isinstance(event, Said) and self._counts(event, time, group):
                consent.hears(event.action, event.at, event.channel)
        for move in self._arrivals(time):
            before = self._consent(self._time_at(move.old, move.at))
            for action, at in (("opt_in", before.opt_in), ("opt_out", before.opt_out)):
                if at:
                    consent.hears(action, at, EVERYWHERE)  # type: ignore[arg-type]
            for channel, at in before.stopped.items():
                consent.hears("marketing_stop", at, channel)
            for channel, at in before.resumed.items():
                consent.hears("marketing_resume", at, channel)
            for action, at, channel in before.noes:
                consent.hears(action, max(at, move.known_at if action == "block" else move.at), channel)
        return consent

    def _counts(self, event: Wrote | Said, time: Time, group: set[Time]) -> bool:
        if time.position == -1 and event.number is None:
            return self._time_of(event) in group
        if self._time_of(event) == time:
            return True
        if isinstance(event, Said) and event.by_staff and event.action == "opt_out" and event.number == time.name:
            # Recorded after a change that was told later: for both.
            named = self._time_of(event)
            changes = self._changes(time.name)
            return named.position < time.position and changes[time.position - 1].at < event.at
        return False


def _window(opening: list[int], now: int) -> tuple[str, int | None, int | None]:
    if not opening:
        return "never_opened", None, None
    start = opening[-1]
    for at in reversed(opening):
        if start - at >= DAY:
            break
        start = at
    return "open" if now < opening[-1] + DAY - MARGIN else "closed", opening[-1], start


def _codes(
    consent: Consent, is_left: bool, cannot: bool, is_open: bool, wrote_again: bool, stopped: bool
) -> tuple[str | None, str | None, str | None]:
    """For a freeform, a template, a marketing template."""
    if consent.blocked[1]:
        return ("blocked",) * 3
    if is_left:
        return ("number_changed",) * 3
    if cannot:
        return ("not_supported_by_provider",) * 3
    if consent.status == "opted_out":
        return None if is_open and wrote_again else "opted_out", "opted_out", "opted_out"
    if consent.status == "none":
        return (None, None, "not_opted_in") if is_open else ("not_opted_in",) * 3
    return None if is_open else "window_closed", None, "marketing_stopped" if stopped else None
