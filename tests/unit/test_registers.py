"""The pure core agrees with a model of a few lines, whatever happens and in whatever order it is told."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gate24.channels import Channel, Organization
from gate24.contacts import Consent, Contact
from gate24.events import ContactRef
from gate24.rules import consent, window
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT, keyword_action
from gate24.rules.decision import Wanted, facts_of, refusal
from gate24.rules.failures import meaning
from gate24.rules.message_status import message_status
from gate24.rules.window import state_at
from gate24.rules.window_openers import opens_window
from gate24.windows import Window, WindowMessage
from tests.support.registers_model import KINDS, MARGIN, MESSAGES, STATUSES, Happening, Truth, truth

MINUTE = 60_000
FREEFORM, TEMPLATE, MARKETING = Wanted("freeform"), Wanted("template"), Wanted("template", "marketing")
START = 1_790_000_000_000
ORGANIZATION = Organization("o", "o", "Asia/Kolkata", "USD", DEFAULT_OPT_OUT, DEFAULT_OPT_IN)
CHANNEL = Channel("c", "o", "gupshup", "+919876500001", "https://bsp.example.org", "gupshup-2021-02")
GAPS = st.sampled_from([0, 0, 1, 59, 12 * 60, 24 * 60 - 1, 24 * 60, 3 * 24 * 60])
"""Minutes between two happenings: about every edge of a window."""


class Core:
    """What the store would hold, moved by the rules that its writes execute."""

    def __init__(self) -> None:
        self.window, self.consent, self.unreachable_at = Window(), Consent(), 0
        self.inbound: set[int] = set()
        self.statuses: dict[str, int] = {}

    def tell(self, event: Happening) -> None:
        at, kind = event.at, event.kind
        if kind in MESSAGES:
            self._inbound(event)
        elif kind in STATUSES:
            self.statuses.setdefault(kind, at)
        elif kind in ("opted-in", "opted-out"):
            self._consent("opt_in" if kind == "opted-in" else "opt_out", at)
        elif kind in ("stop", "resume"):
            self._join(
                Consent(stopped_marketing={CHANNEL.id: at})
                if kind == "stop"
                else Consent(resumed_marketing={CHANNEL.id: at})
            )
        elif meaning(kind).kind == "window_closed":
            self.window, _ = window.close(self.window, at)
        elif meaning(kind).kind == "unreachable":
            self.unreachable_at = max(self.unreachable_at, at)
        elif meaning(kind).kind == "opted_out":
            self._consent("opt_out", at)
        else:
            self._join(Consent(stopped_marketing={CHANNEL.id: at}))

    def _inbound(self, event: Happening) -> None:
        action = keyword_action(MESSAGES[event.kind], ORGANIZATION)
        opens = opens_window("reaction" if event.kind == "reaction" else "text", CHANNEL)
        name = f"{event.kind}-{event.at}-{event.number}"
        message = WindowMessage(name, event.at, opens, is_keyword=action is not None)
        self.window, effect = window.advance(self.window, message)
        if opens:
            self.inbound.add(event.at)
        if effect.start_may_be_earlier:
            self.window = window.with_start(self.window, [sorted(self.inbound, reverse=True)])
        if action is not None:
            self._consent(action, event.at)

    def _consent(self, action: str, at: int) -> None:
        if action == "opt_in":
            self._join(Consent(opt_in_at=at, opt_in_source="test"))
        else:
            self._join(Consent(opt_out_at=at, opt_out_source="test"))

    def _join(self, other: Consent) -> None:
        self.consent = consent.join(self.consent, other)

    def shown(self, now: int) -> Truth:
        state = state_at(self.window, now, MARGIN)
        contact = Contact("x", phone="+919876543210", consent=self.consent, windows={CHANNEL.id: self.window})
        facts = facts_of(contact, CHANNEL, ContactRef(contact.phone), now)
        return Truth(
            window=state.state,
            last_inbound_at=state.last_inbound_at,
            opened_at=state.opened_at,
            closed_by=state.closed_by,
            consent=consent.consent_status(self.consent),
            unreachable=self.unreachable_at > (self.window.last_inbound_at or 0),
            refused=(refusal(facts, FREEFORM), refusal(facts, TEMPLATE), refusal(facts, MARKETING)),
            status=message_status("accepted", self.statuses, None, now),
        )


class Conversation(RuleBasedStateMachine):
    """Things happen; what is told of them is late by days, doubled and out of order; time goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.core = START, Core()
        self.under_way: list[Happening] = []
        self.told: set[Happening] = set()

    @rule(kind=st.sampled_from(KINDS), minutes=GAPS, at_once=st.booleans())
    def happens(self, kind: str, minutes: int, at_once: bool) -> None:
        self.now += minutes * MINUTE
        event = Happening(kind, self.now)
        self.under_way.append(event)
        if at_once:
            self._tell(event)

    @rule(minutes=GAPS)
    def time_goes_by(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(which=st.integers(0, 99), again=st.booleans())
    def is_told(self, which: int, again: bool) -> None:
        if self.under_way:
            event = self.under_way[which % len(self.under_way)]
            self._tell(event)
            if not again:
                self.under_way.remove(event)

    def _tell(self, event: Happening) -> None:
        self.core.tell(event)
        self.told.add(event)

    @invariant()
    def core_and_model_agree(self) -> None:
        assert self.core.shown(self.now) == truth(self.told, self.now)


def test_the_registers_agree_with_the_model_after_every_step() -> None:
    run_state_machine_as_test(
        Conversation,
        settings=settings(
            max_examples=1_000,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


STORIES = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 6 * 24 * 60)), max_size=12)


@given(story=STORIES, order=st.randoms(use_true_random=False))
@settings(max_examples=1_000, deadline=None)
def test_any_order_and_any_number_of_tellings_end_in_the_same_registers(
    story: list[tuple[str, int]], order: random.Random
) -> None:
    events = [Happening(kind, START + minutes * MINUTE) for kind, minutes in story]
    straight, shuffled = Core(), Core()
    for event in events:
        straight.tell(event)
    again = [*events, *events[::2]]
    order.shuffle(again)
    for event in again:
        shuffled.tell(event)
    now = START + 7 * 24 * 60 * MINUTE
    assert shuffled.shown(now) == straight.shown(now)
    assert shuffled.consent == straight.consent
    assert shuffled.window.last_writing_at == straight.window.last_writing_at
    assert shuffled.window.provider_closed_at == straight.window.provider_closed_at
    assert shuffled.window == straight.window
