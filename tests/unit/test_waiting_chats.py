"""Who waits and closes soon, as a rule: over any order of messages, answers, runs and runs that break off, nobody who
waits when the lead time begins is left untold, and nobody is told of twice for one window."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.channels import Channel, Organization
from gate24.contacts import Contact
from gate24.inbox import Care, Said, Sent
from gate24.rules import waiting_chats
from gate24.rules.closing_mail import closing_mail
from gate24.rules.waiting_chats import (
    GAP_MS,
    LOOK_MS,
    MINUTE_MS,
    Chat,
    Rounds,
    answerable_until,
    closing_chat,
    is_turn,
    needs_answer,
    next_step,
)
from gate24.rules.window import WINDOW_MS, advance
from gate24.windows import WindowMessage

T0 = 1_795_000_000_000
GUPSHUP = Channel("learning-gupshup", "learning", "gupshup", "+919876500001", "https://api.example.org", "card")
META = Channel("learning-meta", "learning", "meta", "+919876500002", "https://api.example.org", "card")
MARGIN = GUPSHUP.margin_seconds * 1000


def written(
    at: int, contact: Contact | None = None, channel: Channel = GUPSHUP, received_at: int | None = None
) -> Contact:
    """The contact after a message at that time."""
    before = contact or Contact("A" * 20, phone="+919876543210", exists=True, wrote=True)
    message = WindowMessage(f"{at:012x}", at, type="text", preview="Hello", received_at=received_at or at)
    window, _ = advance(before.window(channel.id), message)
    return replace(before, windows={**before.windows, channel.id: window})


def answered(contact: Contact, at: int) -> Contact:
    sent = Sent(Said(at, "text", "Hi"), GUPSHUP.id, at, None, "x")
    return replace(contact, sent=sent, sent_at=at)


CLOSES = T0 + WINDOW_MS - MARGIN


def test_who_waits_is_due_when_the_lead_time_begins_and_until_the_gate_closes() -> None:
    contact, lead = written(T0), 60 * MINUTE_MS
    assert closing_chat(contact, [GUPSHUP], CLOSES - lead - 1, lead) is None
    chat = closing_chat(contact, [GUPSHUP], CLOSES - lead, lead)
    assert chat is not None and chat.closes_at == CLOSES
    assert closing_chat(contact, [GUPSHUP], CLOSES - 1, lead) == chat
    assert closing_chat(contact, [GUPSHUP], CLOSES, lead) is None


def test_who_is_answered_or_done_or_cannot_be_answered_does_not_wait() -> None:
    contact, now, lead = written(T0), CLOSES - MINUTE_MS, 60 * MINUTE_MS
    assert closing_chat(contact, [GUPSHUP], now, lead) is not None
    assert closing_chat(answered(contact, T0 + 1), [GUPSHUP], now, lead) is None
    assert closing_chat(replace(contact, care=Care(done_to=T0, done_at=T0 + 1)), [GUPSHUP], now, lead) is None
    assert closing_chat(replace(contact, consent=replace(contact.consent, blocked=True)), [GUPSHUP], now, lead) is None
    assert needs_answer(contact, [GUPSHUP], now)


def test_of_two_channels_the_one_counts_that_is_open_longer() -> None:
    contact, lead = written(T0 + 8 * 60 * MINUTE_MS, written(T0), META), 60 * MINUTE_MS
    now = CLOSES - MINUTE_MS
    assert answerable_until(contact, [GUPSHUP, META], now) == (CLOSES + 8 * 60 * MINUTE_MS, META.id)
    assert closing_chat(contact, [GUPSHUP, META], now, lead) is None
    assert closing_chat(contact, [GUPSHUP], now, lead) is not None
    assert closing_chat(contact, [], now, lead) is None


def test_a_chats_name_is_that_of_its_window_and_tells_nothing_of_the_person() -> None:
    contact, lead = written(T0), 60 * MINUTE_MS
    first = closing_chat(contact, [GUPSHUP], CLOSES - 1, lead)
    wider = closing_chat(contact, [replace(GUPSHUP, margin_seconds=600)], CLOSES - 20 * MINUTE_MS, lead)
    later = closing_chat(written(T0 + MINUTE_MS, contact), [GUPSHUP], CLOSES, lead)
    assert first is not None and wider is not None and later is not None
    assert first.name == wider.name != later.name
    assert len(first.name) == 8 and contact.id not in first.name


def test_a_round_that_broke_off_goes_on_with_those_who_still_wait() -> None:
    chats = [Chat("a", T0 + 50 * MINUTE_MS), Chat("b", T0 + 55 * MINUTE_MS)]
    step = next_step(Rounds(), chats, T0, 60 * MINUTE_MS)
    assert (
        step is not None and step.is_new and step.chats == tuple(chats) and step.first_closes_at == chats[0].closes_at
    )
    more = [chats[1], Chat("c", T0 + 58 * MINUTE_MS)]
    rest = next_step(step.rounds, more, T0 + LOOK_MS, 60 * MINUTE_MS)
    assert rest is not None and not rest.is_new and rest.chats == (chats[1],)
    assert next_step(step.rounds, [more[1]], T0 + LOOK_MS, 60 * MINUTE_MS) is None  # nobody of it waits; too soon for c
    then = next_step(step.rounds, [more[1]], T0 + GAP_MS, 60 * MINUTE_MS)
    assert then is not None and then.is_new and then.chats == (more[1],) and set(then.rounds.told) == {"a", "b", "c"}


def test_of_more_chats_than_an_item_has_room_for_those_are_forgotten_that_wait_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting_chats, "_KNOWN_MOST", 4)
    told = {"early": T0 + 10, "waits": T0 + 20, "late": T0 + 30, "over": T0 - 60 * MINUTE_MS}
    chats = [Chat("waits", T0 + 20), Chat("new", T0 + 40), Chat("newer", T0 + 50)]
    step = next_step(Rounds(3, 0, told), chats, T0, 60 * MINUTE_MS)
    assert step is not None and step.rounds.batch == ("new", "newer")
    assert step.rounds.told == {"new": T0 + 40, "newer": T0 + 50, "waits": T0 + 20, "late": T0 + 30}


def test_every_organization_has_its_turn_once_within_the_time() -> None:
    for number in range(40):
        turns = [minute for minute in range(10) if is_turn(f"org-{number}", T0 + minute * MINUTE_MS)]
        assert len(turns) == 2 and turns[1] - turns[0] == LOOK_MS // MINUTE_MS


@dataclass
class Told:
    """What staff hear, and of which windows."""

    lead: int
    rounds: Rounds = field(default_factory=Rounds)
    heard: list[str] = field(default_factory=list)
    claimed: set[int] = field(default_factory=set)

    def run(self, contacts: dict[str, Contact], now: int, breaks_off: str) -> None:
        """One run; ``breaks_off``: where it ends before its time, as the round is stored (``begun``) or after the one
        who hears was told (``told``); "twice": another run has the same turn."""
        chats = [chat for each in contacts.values() if (chat := closing_chat(each, [GUPSHUP], now, self.lead))]
        step = next_step(self.rounds, chats, now, self.lead)
        if step is None:
            return
        self.rounds = step.rounds
        if breaks_off == "begun":
            return
        if step.rounds.number not in self.claimed:
            self.claimed.add(step.rounds.number)
            self.heard += [chat.name for chat in step.chats]
        if breaks_off == "told":
            return
        self.rounds = replace(step.rounds, is_under_way=False)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.sampled_from(["writes", "answered", "done"]),
        st.integers(0, 30 * 12).map(lambda number: number * 5),
    ),
    max_size=14,
)
ENDINGS = st.lists(st.sampled_from(["", "", "begun", "told", "twice"]), max_size=40)


def after(known: Contact | None, who: str, what: str, at: int) -> Contact | None:
    """The contact after somebody did something."""
    if what == "writes":
        start = Contact(who * 20, phone=f"+91987654321{ord(who) - 65}", exists=True, wrote=True)
        return written(at, known or start)
    if known is None:
        return None
    if what == "answered":
        return answered(known, at)
    return replace(known, care=Care(done_to=known.window(GUPSHUP.id).last_inbound_at, done_at=at))


@given(EVENTS, st.sampled_from([15, 30, 60, 120, 600]), ENDINGS)
def test_nobody_who_waits_is_left_untold_and_nobody_is_told_of_twice(
    events: list[tuple[str, str, int]], lead_minutes: int, endings: list[str]
) -> None:
    """Whoever waits within the lead time for longer than the gap between two rounds is told of, and a run that breaks
    off costs no more than the time until the next one."""
    lead = lead_minutes * MINUTE_MS
    told, contacts, seen = Told(lead), dict[str, Contact](), dict[str, list[str]]()
    coming = sorted((T0 + minute * MINUTE_MS, who, what) for who, what, minute in events)
    left = [*reversed(endings)]
    for now in range(T0, T0 + 55 * 60 * MINUTE_MS, LOOK_MS):
        while coming and coming[0][0] <= now:
            at, who, what = coming.pop(0)
            if (changed := after(contacts.get(who), who, what, at)) is not None:
                contacts[who] = changed
        chats = [chat for each in contacts.values() if (chat := closing_chat(each, [GUPSHUP], now, lead))]
        ending = left.pop() if chats and left else ""
        for chat in chats:
            seen.setdefault(chat.name, []).append(ending)
        told.run(contacts, now, ending)
        if ending == "twice":
            told.run(contacts, now, "")
    assert len(told.heard) == len(set(told.heard))
    patience = min(GAP_MS, lead // 2) // LOOK_MS + 1
    for name, runs in seen.items():
        if len(runs) - 2 * (runs.count("begun") + runs.count("told")) > patience:
            assert name in told.heard


def organization(**more: object) -> Organization:
    return Organization("learning", "Learning Trust", "Asia/Kolkata", "INR", frozenset(), frozenset(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.parametrize("count", [1, 7])
def test_the_mail_says_how_many_and_by_when_in_the_organizations_time(language: str, count: int) -> None:
    found = closing_mail(organization(), language, count, T0, "https://gate24.example.org/console")  # type: ignore[arg-type]
    assert str(count) in found.subject and "16:36" in found.subject and "16:36" in found.text
    assert "Learning Trust" in found.text and "https://gate24.example.org/console#waiting\n" in found.text
    assert "{" not in found.subject + found.text and "\n" not in found.subject
    assert ZoneInfo("Asia/Kolkata").key in found.text
    assert "http" not in closing_mail(organization(), language, count, T0, "").text  # type: ignore[arg-type]
