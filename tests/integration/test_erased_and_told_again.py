"""Whoever was erased stays erased, whatever is told again or late, under whichever identity, and no day costs more."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from gate24.events import ContactRef, Event, IdentityChanged, InboundMessage
from gate24.store import erasure, organizations
from gate24.store.table import StoreError
from gate24.usecases import erase_contact, receive_message
from gate24.usecases.receive_event import receive_event
from gate24.windows import WindowEffect
from tests.support.bodies import (
    change,
    gupshup_consent,
    gupshup_text,
    message,
    meta,
    meta_number_change,
    meta_preference,
    meta_text,
)
from tests.support.scene import (
    HOUR,
    MINUTE,
    contact_wrote,
    new_number,
    now,
    parked_records,
    post_webhook,
    retry_parked,
    rolled_up,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEMPLATE, System, system

pytestmark = pytest.mark.slow

Told = tuple[str, Any]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has contacts of its own."""
    with system(tmp_path_factory.mktemp("erased"), simulate=False, in_memory=True) as made:
        yield made


def seconds(ago: int) -> int:
    """A time so long ago, as Meta writes it."""
    return (now() - ago) // 1000 * 1000


def text(words: str, name: str, phone: str | None, at: int, user_id: str | None = None) -> Told:
    return META, meta_text(words, f"wamid.{name}", phone, at, META_NUMBER, user_id)


def moved(old: str, new: str, at: int, **more: Any) -> Told:
    return META, meta_number_change(old, new, at, META_NUMBER, **more)


def new_user_id(old: str, new: str, at: int) -> Told:
    part = {"type": "user_changed_user_id", "previous_user_id": old, "user_id": new}
    told = message("system", part, f"wamid.{old}-{new}", None, at, new)
    return META, meta(change("messages", {"messages": [told]}, META_NUMBER))


def tell(gate24: System, *events: Told) -> None:
    for each in events:
        post_webhook(gate24, *each)


def under_way(channel_id: str, event: Event, received_at: int) -> None:
    """An event that comes out of the retry queue."""
    organization, channel = organizations.organization(ORG), organizations.channel(channel_id)
    assert organization and channel
    receive_event(organization, channel, event, received_at)


def erase(gate24: System, person: str) -> None:
    assert gate24.http("DELETE", f"/v1/contacts/{person}").status == 204


def is_gone(gate24: System, *people: str) -> bool:
    return all(gate24.http("GET", f"/v1/contacts/{each}").status == 404 for each in people)


def code(gate24: System, person: str) -> str | None:
    """Why a template would be refused; None if it would go."""
    is_user_id = person.startswith("IN.")
    to = {"to": person if is_user_id else f"+{person}", "channel": META if is_user_id else GUPSHUP}
    found: str | None = gate24.check(TEMPLATE | to).json["code"]
    return found


def costs(gate24: System) -> list[dict[str, Any]]:
    today = date.today()
    days = rolled_up(gate24, today - timedelta(days=2), today + timedelta(days=1))
    return [{name: value for name, value in day.items() if name != "status"} for day in days]


def test_what_is_told_again_under_the_number_from_before_stays_erased(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    told = (
        text(f"secret {old}", f"1.{old}", old, at, f"IN.{old}"),
        (GUPSHUP, gupshup_text("hi", f"2.{old}", old, at)),
        (GUPSHUP, gupshup_consent("opted-in", old, at)),
        moved(old, new, at + HOUR),
        text("a stranger", f"3.{old}", old, at + 2 * HOUR),
    )
    tell(shared, *told)
    before = costs(shared)
    erase(shared, new)
    tell(shared, *told)
    assert f"secret {old}" not in str(shared.items())
    assert costs(shared) == before
    assert is_gone(shared, new)
    assert code(shared, new) == "not_opted_in"
    assert [each["text"] for each in shared.conversation(old)] == ["a stranger"]


def test_a_chain_of_numbers_that_is_told_again_brings_nobody_back(shared: System) -> None:
    one, two, three, at = new_number(), new_number(), new_number(), seconds(9 * HOUR)
    told = (
        (GUPSHUP, gupshup_text("STOP", f"1.{one}", one, at)),
        moved(one, two, at + HOUR),
        (GUPSHUP, gupshup_text("hi", f"2.{one}", two, at + HOUR + MINUTE)),
        moved(two, three, at + 2 * HOUR),
    )
    tell(shared, *told)
    before = costs(shared)
    erase(shared, three)
    tell(shared, *told)
    assert is_gone(shared, three)
    assert code(shared, three) == "opted_out"
    assert costs(shared) == before
    shown = {each["phone"] for each in shared.http("GET", "/v1/contacts?limit=100").json["data"]}
    assert not shown & {f"+{each}" for each in (one, two, three)}


@pytest.mark.parametrize("has_number", [True, False])
def test_a_change_of_user_id_that_is_told_again_brings_nobody_back(shared: System, has_number: bool) -> None:
    phone, at = new_number(), seconds(9 * HOUR)
    one, two = f"IN.a{phone}", f"IN.b{phone}"
    told = text("STOP", f"1.{phone}", phone if has_number else None, at, one), new_user_id(one, two, at + HOUR)
    tell(shared, *told)
    erase(shared, two)
    tell(shared, *told)
    assert is_gone(shared, phone, one, two)
    assert (code(shared, one), code(shared, two)) == ("opted_out", "opted_out")
    assert two not in str(shared.items())


def test_nothing_stays_of_who_was_met_under_a_user_id_before_the_number_that_changed(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    one, two = f"IN.a{old}", f"IN.b{old}"
    told = (
        text(f"secret {old}", f"1.{old}", None, at, one),
        text("STOP", f"2.{old}", old, at + MINUTE, one),
        moved(old, new, at + HOUR, previous_user_id=one, user_id=two),
        text("a stranger", f"3.{old}", old, at + 2 * HOUR),
    )
    tell(shared, *told)
    before = costs(shared)
    erase(shared, one)
    left = str(shared.items())
    assert not [trace for trace in (f"secret {old}", one, two, new) if trace in left]
    tell(shared, *told)
    assert costs(shared) == before
    assert is_gone(shared, new, one, two)
    assert {code(shared, each) for each in (new, one, two)} == {"opted_out"}


def test_a_consent_that_is_told_again_under_another_identity_brings_nobody_back(shared: System) -> None:
    phone, at = new_number(), seconds(9 * HOUR)
    preference = meta_preference("signup", phone, at + HOUR, user_id=f"IN.{phone}")
    value = preference["entry"][0]["changes"][0]["value"]
    value["metadata"]["phone_number_id"] = META_NUMBER
    del value["user_preferences"][0]["wa_id"]
    told = text("hi", f"1.{phone}", phone, at, f"IN.{phone}"), (META, preference)
    tell(shared, *told)
    assert shared.contact(f"+{phone}")["consent"]["status"] == "opted_in"
    erase(shared, phone)
    tell(shared, *told)
    assert is_gone(shared, phone, f"IN.{phone}")


def test_a_consent_without_a_time_that_is_told_again_brings_nobody_back(shared: System) -> None:
    phone = new_number()
    untimed = gupshup_consent("opted-in", phone, 0)
    del untimed["timestamp"]
    contact_wrote(shared, phone, HOUR)
    tell(shared, (GUPSHUP, untimed))
    erase(shared, phone)
    time.sleep(0.01)
    tell(shared, (GUPSHUP, untimed))
    assert is_gone(shared, phone)


def test_a_message_that_is_told_again_with_a_number_that_was_hidden_stays_erased(shared: System) -> None:
    phone, at = new_number(), seconds(9 * HOUR)
    tell(shared, text("hi", f"1.{phone}", None, at, f"IN.{phone}"))
    before = costs(shared)
    erase(shared, f"IN.{phone}")
    tell(shared, text("hi", f"1.{phone}", phone, at, f"IN.{phone}"))
    assert costs(shared) == before
    assert is_gone(shared, phone)


def test_a_change_of_number_that_was_under_way_is_erased_with_the_person(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    tell(shared, (GUPSHUP, gupshup_text("STOP", f"1.{old}", old, at)))
    tell(shared, (GUPSHUP, gupshup_text("hi", f"2.{old}", new, at + 2 * HOUR)))
    received_at = now()
    time.sleep(0.01)
    erase(shared, new)
    event = IdentityChanged(ContactRef(f"+{old}"), ContactRef(f"+{new}"), at + HOUR, f"3.{old}", True)
    under_way(META, event, received_at)
    assert is_gone(shared, new, old)
    assert f"+{old}" not in str(shared.items())
    assert (code(shared, new), code(shared, old)) == ("opted_out", "number_changed")


def test_a_stop_that_was_under_way_holds_under_every_identity(shared: System) -> None:
    phone, at = new_number(), seconds(9 * HOUR)
    tell(shared, text("hi", f"1.{phone}", phone, at, f"IN.{phone}"))
    received_at = now()
    time.sleep(0.01)
    erase(shared, phone)
    stop = InboundMessage(ContactRef(None, f"IN.{phone}"), f"2.{phone}", at + HOUR, "text", text="STOP")
    under_way(META, stop, received_at)
    assert (code(shared, phone), code(shared, f"IN.{phone}")) == ("opted_out", "opted_out")


@pytest.mark.parametrize("swaps", [True, False], ids=["swapped in one second", "came to a number that was left"])
def test_a_refusal_outlives_the_erasure_of_who_came_from_another_number(shared: System, swaps: bool) -> None:
    one, two, three, at = new_number(), new_number(), new_number(), seconds(9 * HOUR)
    to, left_at = (one, at + HOUR) if swaps else (three, at + MINUTE)
    tell(
        shared,
        (GUPSHUP, gupshup_text("STOP", f"1.{one}", one, at)),
        (GUPSHUP, gupshup_consent("opted-in", two, at)),
        moved(one, two, at + HOUR),
        moved(two, to, left_at),
    )
    assert (code(shared, two), code(shared, to)) == ("opted_out", None)
    erase(shared, two)
    tell(shared, (GUPSHUP, gupshup_text("again", f"2.{one}", two, at + 2 * HOUR)))
    assert (code(shared, two), code(shared, to)) == ("opted_out", None)


def test_what_staff_refused_goes_along_with_somebody_who_was_erased(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    tell(shared, text("hi", f"1.{old}", old, at))
    shared.http("PUT", f"/v1/contacts/{old}/block")
    shared.http("POST", f"/v1/contacts/{old}/consents", {"action": "opt_out", "source": "phone"})
    erase(shared, old)
    tell(shared, moved(old, new, at + HOUR))
    assert code(shared, new) == "blocked"
    shared.http("DELETE", f"/v1/contacts/{new}/block")
    assert code(shared, new) == "opted_out"


def test_a_hidden_persons_refusal_outlives_an_erasure_at_a_number_that_changed_hands(shared: System) -> None:
    phone, elsewhere, at = new_number(), new_number(), seconds(9 * HOUR)
    user_id = f"IN.{phone}"
    tell(
        shared,
        text("STOP", f"1.{phone}", None, at, user_id),
        text("another", f"2.{phone}", phone, at + MINUTE),
        moved(phone, elsewhere, at + HOUR),
    )
    erase(shared, user_id)
    tell(shared, text("hi", f"3.{phone}", phone, at + 2 * HOUR, user_id))
    assert code(shared, phone) == "opted_out"
    assert code(shared, elsewhere) != "opted_out"


def test_an_opt_out_of_the_number_before_outlives_an_erasure_that_broke_off(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    tell(shared, (GUPSHUP, gupshup_text("STOP", f"1.{old}", old, at)), moved(old, new, at + HOUR))
    calls, hide = [0], erasure.hide

    def breaks_off(organization_id: str, contact_id: str) -> None:
        calls[0] += 1
        if calls[0] > 1:
            raise StoreError("BatchWriteItem", "InternalServerError")
        hide(organization_id, contact_id)

    with monkeypatch.context() as broken:
        broken.setattr(erasure, "hide", breaks_off)
        assert shared.http("DELETE", f"/v1/contacts/{new}").status == 503
    tell(shared, (GUPSHUP, gupshup_text("START", f"2.{old}", new, at - HOUR)))  # reckons anew
    erase(shared, new)
    assert code(shared, new) == "opted_out"


def test_a_message_that_comes_while_its_contact_is_erased_is_taken_from_the_queue_as_erased(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, at, move = new_number(), seconds(9 * HOUR), receive_message._move_window
    tell(shared, text("hi", f"1.{phone}", phone, at))

    def erased_meanwhile(*args: Any, **more: Any) -> WindowEffect:
        time.sleep(0.01)
        erase(shared, phone)
        return move(*args, **more)

    with monkeypatch.context() as racing:
        racing.setattr(receive_message, "_move_window", erased_meanwhile)
        tell(shared, text(f"secret {phone}", f"2.{phone}", phone, at + HOUR))
    assert retry_parked(parked_records(shared)) == []
    assert is_gone(shared, phone)
    assert f"secret {phone}" not in str(shared.items())


def test_no_opt_in_of_the_number_before_counts_while_the_person_is_being_erased(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    tell(
        shared,
        (GUPSHUP, gupshup_consent("opted-in", old, at)),
        (GUPSHUP, gupshup_text("hi", f"1.{old}", old, at)),
        moved(old, new, at + HOUR),
    )
    assert (code(shared, new), len(shared.conversation(new))) == (None, 1)
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
    assert shared.http("DELETE", f"/v1/contacts/{new}").status == 202
    assert code(shared, new) == "not_opted_in"
    tell(shared, (GUPSHUP, gupshup_text("new", f"2.{old}", new, now() + 5)))
    assert [each["text"] for each in shared.conversation(new)] == ["new"]
    assert shared.http("GET", f"/v1/contacts/{new}/consents").json["data"] == []


def test_the_one_who_has_the_number_now_stays_when_the_one_before_is_erased(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    strangers = f"IN.s{old}"
    reaction = message(
        "reaction", {"message_id": "wamid.x", "emoji": "+"}, f"wamid.2{old}", old, at + 2 * HOUR, strangers
    )
    tell(
        shared,
        text("hi", f"1.{old}", old, at),
        moved(old, new, at + HOUR),
        (META, meta(change("messages", {"messages": [reaction]}, META_NUMBER))),
        (GUPSHUP, gupshup_consent("opted-out", old, at + 3 * HOUR)),
    )
    erase(shared, new)
    assert is_gone(shared, new)
    tell(shared, text("I am new here", f"3.{old}", old, at + 4 * HOUR))
    assert [each["type"] for each in shared.conversation(old)] == ["text", "reaction"]
    assert shared.contact(strangers)["phone"] == f"+{old}"
    assert code(shared, old) == "opted_out"


def test_a_change_of_user_id_that_is_told_again_links_nobody_who_came_back(shared: System) -> None:
    phone, at = new_number(), seconds(9 * HOUR)
    one, two, three = (f"IN.{letter}{phone}" for letter in "abc")
    told = text("STOP", f"1.{phone}", phone, at, one), new_user_id(one, two, at + HOUR)
    tell(shared, *told)
    erase(shared, phone)
    tell(shared, text("me again", f"2.{phone}", phone, at + 3 * HOUR), *told, new_user_id(two, three, at + 2 * HOUR))
    assert shared.contact(phone)["user_ids"] == []
    assert {code(shared, each) for each in (phone, one, two, three)} == {"opted_out"}


def test_a_stop_from_the_number_before_that_is_told_late_holds_for_who_was_erased(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    theirs = f"IN.a{old}"
    tell(shared, text("hi", f"1.{old}", old, at), moved(old, new, at + HOUR))
    erase(shared, new)
    tell(shared, text("STOP", f"2.{old}", old, at + MINUTE, theirs))
    assert is_gone(shared, new, theirs)
    assert code(shared, new) == "opted_out"
    tell(shared, text("me again", f"3.{old}", new, at + 2 * HOUR))
    assert [each["text"] for each in shared.conversation(new)] == ["me again", "STOP"]


def test_what_is_told_late_of_who_came_back_to_the_number_brings_the_contact_back(shared: System) -> None:
    number, other, at = new_number(), new_number(), seconds(9 * HOUR)
    tell(shared, moved(number, other, at), moved(other, number, at + HOUR))
    erase(shared, number)
    tell(shared, text("STOP", f"1.{number}", number, at - MINUTE))
    assert [each["text"] for each in shared.conversation(number)] == ["STOP"]
    assert code(shared, number) == "opted_out"


@pytest.mark.parametrize("refusal", ["stop", "block"])
def test_a_refusal_stays_with_the_person_when_a_stranger_at_the_old_number_is_erased_too(
    shared: System, refusal: str
) -> None:
    old, new, at = new_number(), new_number(), seconds(10 * HOUR)
    tell(shared, (GUPSHUP, gupshup_consent("opted-in", new, at)), text("hello", f"1.{old}", old, at + HOUR))
    if refusal == "stop":
        tell(shared, text("STOP", f"2.{old}", old, at + 2 * HOUR))
    else:
        shared.http("PUT", f"/v1/contacts/{old}/block")
    erase(shared, old)
    expected = {"stop": "opted_out", "block": "blocked"}[refusal]
    tell(shared, moved(old, new, at + 3 * HOUR))
    assert code(shared, new) == expected
    tell(shared, text("a stranger", f"3.{old}", old, at + 4 * HOUR))
    assert code(shared, old) == "not_opted_in"
    erase(shared, old)
    assert code(shared, new) == expected
    tell(shared, (GUPSHUP, gupshup_consent("opted-in", new, at + MINUTE)))  # late: what holds is reckoned anew
    assert code(shared, new) == expected
