"""Stored registers agree with the model: through the real webhook handler, on a DynamoDB that is atomic."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.bodies import gupshup_consent, gupshup_message, gupshup_preference, gupshup_status, gupshup_text
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.registers_model import CONSENTS, KINDS, MESSAGES, PREFERENCES, STATUSES, Happening, Truth, truth
from tests.support.scene import MARKETING, MINUTE, epoch_ms, new_number, put_marketing_template, standing_clock
from tests.support.system import GUPSHUP, ORG, TEMPLATE, TEXT, System, system

pytestmark = pytest.mark.dynamodb_local

START = 1_790_000_000_000
STORIES = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3 * 24 * 60)), min_size=3, max_size=10)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, dynamodb_local: DynamoDBLocal) -> Iterator[System]:
    """One system for all; each example has a contact of its own."""
    with system(tmp_path_factory.mktemp("registers"), database=dynamodb_local, simulate=False) as made:
        put_marketing_template(made)
        yield made


@pytest.fixture(autouse=True, scope="module")
def clock() -> Iterator[list[int]]:
    """The server's clock, which stands where the test puts it."""
    with standing_clock(START) as time:
        yield time


TOLD_AFTER = 5 * 60 * MINUTE
"""How long after the send a failure is told, by the provider's own time of it."""


def sent(phone: str, name: str, at: int = START - 1) -> str:
    """A reply that went out, before the story begins unless told otherwise. Returns the message's id."""
    from gate24.events import ContactRef
    from gate24.message_keys import MessageKey, short_hash
    from gate24.messages import Message, Settlement
    from gate24.store import contacts, messages

    ref = ContactRef(f"+{phone}")
    contact_id = contacts.contact_id(ORG, ref)
    contacts.ensure(ORG, contact_id, ref)
    key = MessageKey(contact_id, at, short_hash(name))
    message = Message(key, "outbound", "text", GUPSHUP, "sending", text="Hello", owner=name, lease_until=START)
    messages.begin(ORG, message)
    messages.settle(ORG, key, Settlement("accepted", "2026-09-21", provider_id=name))
    return key.id


def body_of(event: Happening, phone: str) -> Any:
    kind, at, name = event.kind, event.at, f"{phone}-{event.kind}-{event.at}-{event.number}"
    if kind == "reaction":
        return gupshup_message("reaction", {"emoji": MESSAGES[kind]}, name, phone, at)
    if kind in MESSAGES:
        return gupshup_text(MESSAGES[kind], name, phone, at)
    if kind in CONSENTS:
        return gupshup_consent(kind, phone, at)
    if kind in PREFERENCES:
        return gupshup_preference(kind, phone, at)
    if kind in STATUSES:
        return gupshup_status(kind, f"gs-{phone}", f"wamid.{phone}", phone, at, 1010, "no file")
    told_at = at + TOLD_AFTER  # a failure speaks of the send, whenever it is told
    return gupshup_status("failed", f"gs-{name}", f"wamid.{name}", phone, told_at, int(kind), "as the code says")


def shown(gate24: System, phone: str, message_id: str) -> Truth:
    """What the API says of the contact."""
    contact, window = gate24.contact(phone), gate24.window(phone)
    codes = [gate24.check(each | {"to": f"+{phone}"}).json["code"] for each in (TEXT, TEMPLATE, MARKETING)]
    return Truth(
        window=window["state"],
        last_inbound_at=epoch_ms(window["last_inbound_at"]),
        opened_at=epoch_ms(window["opened_at"]),
        closed_by=window["closed_by"],
        consent=contact["consent"]["status"],
        unreachable=contact["unreachable"],
        refused=(codes[0], codes[1], codes[2]),
        status=gate24.http("GET", f"/v1/messages/{message_id}").json["status"],
    )


def tell(gate24: System, event: Happening, phone: str) -> None:
    assert gate24.webhook(body_of(event, phone)).status == 200


def begin(story: list[tuple[str, int]]) -> tuple[str, str, list[Happening]]:
    phone = new_number()
    events = [Happening(kind, START + minutes * MINUTE, number) for number, (kind, minutes) in enumerate(story)]
    for event in events:
        if event.kind.isdigit():
            sent(phone, f"gs-{phone}-{event.kind}-{event.at}-{event.number}", event.at)
    return phone, sent(phone, f"gs-{phone}"), events


def check(gate24: System, clock: list[int], phone: str, message_id: str, events: list[Happening], now: int) -> None:
    clock[0] = now
    assert shown(gate24, phone, message_id) == truth(events, now)
    told = [each for each in gate24.http("GET", f"/v1/contacts/{phone}/messages?limit=100").json["data"]]
    assert sum(each["direction"] == "inbound" for each in told) == sum(event.kind in MESSAGES for event in events)


@given(story=STORIES, order=st.randoms(use_true_random=False), later=st.integers(0, 30 * 60))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_late_doubled_and_shuffled_events_end_as_the_model_says(
    shared: System, clock: list[int], story: list[tuple[str, int]], order: random.Random, later: int
) -> None:
    phone, message_id, events = begin(story)
    told = [*events, *events[::2]]
    order.shuffle(told)
    now = max(event.at for event in events) + later * MINUTE
    clock[0] = now
    for event in told:
        tell(shared, event, phone)
    check(shared, clock, phone, message_id, events, now)


@pytest.mark.parametrize("seed", range(3))
def test_sixteen_at_once_telling_the_same_events_end_in_the_same_state(
    shared: System, clock: list[int], seed: int
) -> None:
    chance = random.Random(seed)
    story = [(chance.choice(KINDS), chance.randrange(3 * 24 * 60)) for _ in range(24)]
    phone, message_id, events = begin(story)
    clock[0] = now = max(event.at for event in events) + 60 * MINUTE

    def tells(number: int) -> None:
        mine = [*events, *events[number % 3 :: 3]]
        random.Random(number).shuffle(mine)
        for event in mine:
            tell(shared, event, phone)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(tells, range(16)))
    check(shared, clock, phone, message_id, events, now)


def test_sixteen_at_once_under_a_number_and_a_hidden_number_end_as_one_contact(
    shared: System, clock: list[int]
) -> None:
    phone = new_number()
    user_id = f"IN.{phone}"
    clock[0] = now = START + 2 * 24 * 60 * MINUTE
    times = [now - hours * 60 * MINUTE for hours in range(1, 21)]

    def tells(number: int) -> None:
        mine = list(enumerate(times))
        random.Random(number).shuffle(mine)
        for which, at in mine:
            body = gupshup_message("text", {"text": f"hi {which}"}, f"{phone}-{which}", phone, at, user_id=user_id)
            if which % 2:
                body["payload"]["sender"] = {"name": "Asha", "userId": user_id}
                del body["payload"]["source"]
            assert shared.webhook(body).status == 200

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(tells, range(16)))
    window = shared.window(phone)
    assert (epoch_ms(window["last_inbound_at"]), epoch_ms(window["opened_at"])) == (times[0], times[-1])
    texts = [each["text"] for each in shared.http("GET", f"/v1/contacts/{phone}/messages?limit=100").json["data"]]
    assert sorted(texts) == sorted(f"hi {which}" for which in range(20))
    listed = shared.http("GET", "/v1/contacts?limit=100").json["data"]
    assert [each["phone"] for each in listed if user_id in each["user_ids"]] == [f"+{phone}"]
