"""A number changes hands: the person goes on at the new one, and the old one is a stranger's.

Meta, system messages webhook reference (``user_changed_number``), updated 2026-08-11, read 2026-11.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gate24.events import Failure
from gate24.message_keys import message_key
from gate24.store import organizations
from gate24.usecases import receive_message
from gate24.usecases.apply_failure import apply_failure
from tests.support.bodies import (
    change,
    gupshup_consent,
    gupshup_text,
    gupshup_v3,
    message,
    meta,
    meta_number_change,
    meta_text,
)
from tests.support.scene import (
    HOUR,
    MARKETING,
    MINUTE,
    contact_opted_in,
    contact_opted_out,
    epoch_ms,
    new_number,
    now,
    post_webhook,
    put_marketing_template,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, TEMPLATE, TEXT, System, system

Telling = Callable[[], None]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has contacts of its own."""
    with system(tmp_path_factory.mktemp("numbers"), simulate=False, in_memory=True) as made:
        put_marketing_template(made)
        yield made


def moved(old: str, new: str, at: int) -> Any:
    """The person at ``old`` goes on at ``new``."""
    return meta_number_change(old, new, at, META_NUMBER)


def code(gate24: System, phone: str, body: Any = TEMPLATE) -> str | None:
    """Why the send would be refused; None if it would go."""
    found: str | None = gate24.check(body | {"to": f"+{phone}"}).json["code"]
    return found


def seconds(ago: int) -> int:
    """A time so long ago, as Meta writes it."""
    return (now() - ago) // 1000 * 1000


def test_a_late_stop_from_before_the_change_is_the_persons_in_every_order(shared: System) -> None:
    at = seconds(10 * HOUR)
    for order in list(itertools.permutations(range(4)))[::3]:
        old, new = new_number(), new_number()
        told = [
            gupshup_consent("opted-in", old, at),
            gupshup_text("Namaste", f"w1.{old}", old, at + HOUR),
            gupshup_text("STOP", f"w2.{old}", old, at + 2 * HOUR),
            moved(old, new, at + 3 * HOUR),
        ]
        for which in order:
            post_webhook(shared, META if which == 3 else GUPSHUP, told[which])
        assert shared.contact(new)["consent"]["status"] == "opted_out", order
        assert (code(shared, new), code(shared, old)) == ("opted_out", "number_changed")
        assert [each["text"] for each in shared.conversation(new)] == ["STOP", "Namaste"]
        assert shared.window(new)["state"] == "never_opened"
        listed = shared.http("GET", f"/v1/contacts?q={old}").json["data"]
        assert listed == []


def test_nothing_goes_to_the_old_number_until_somebody_writes_from_it(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(3 * HOUR)
    contact_opted_in(shared, old, 5 * HOUR)
    post_webhook(shared, GUPSHUP, gupshup_text("Namaste", f"w1.{old}", old, at - MINUTE))
    assert code(shared, old, TEXT) is None
    post_webhook(shared, META, moved(old, new, at))
    for body in (TEXT, TEMPLATE):
        refused = shared.send(body | {"to": f"+{old}"})
        assert (refused.status, refused.json["code"]) == (403, "number_changed")
        assert new not in refused.text
    assert shared.contact(old)["number_changed_at"] is not None
    assert code(shared, new) is None
    post_webhook(shared, GUPSHUP, gupshup_text("Who are you?", f"w2.{old}", old, at + HOUR))
    assert code(shared, old, TEXT) is None
    assert code(shared, old, MARKETING) == "not_opted_in"
    stranger = shared.contact(old)
    assert (stranger["consent"]["status"], stranger["number_changed_at"]) == ("none", None)
    written = [each["text"] for each in shared.conversation(old) if each["direction"] == "inbound"]
    assert written == ["Who are you?"]
    assert [each["text"] for each in shared.conversation(new)] == ["Namaste"]


@pytest.mark.parametrize("before", [True, False], ids=["said before", "said after, told first"])
def test_block_and_stop_follow_whatever_was_set_on_the_new_number(shared: System, before: bool) -> None:
    old, new, at = new_number(), new_number(), seconds(2 * HOUR)
    contact_opted_out(shared, old, 6 * HOUR)
    contact_opted_in(shared, new, 5 * HOUR)
    shared.http("PUT", f"/v1/contacts/{new}/block")
    shared.http("DELETE", f"/v1/contacts/{new}/block")
    shared.http("PUT", f"/v1/contacts/{old}/block")
    post_webhook(shared, META, moved(old, new, at))
    assert code(shared, new) == "blocked"
    shared.http("DELETE", f"/v1/contacts/{new}/block")
    assert code(shared, new) == "opted_out"
    contact_opted_in(shared, new, HOUR if before else 0)
    assert code(shared, new) is None


def test_a_chain_of_changes_is_followed_in_every_order(shared: System) -> None:
    at = seconds(20 * HOUR)
    for order in list(itertools.permutations(range(5)))[::17]:
        first, second, third = new_number(), new_number(), new_number()
        told = [
            (GUPSHUP, gupshup_text("START", f"w1.{first}", first, at)),
            (META, moved(first, second, at + HOUR)),
            (GUPSHUP, gupshup_text("from the second", f"w2.{first}", second, at + 2 * HOUR)),
            (META, moved(second, third, at + 3 * HOUR)),
            (GUPSHUP, gupshup_text("STOP", f"w3.{first}", first, at + 4 * HOUR)),
        ]
        for which in order:
            post_webhook(shared, *told[which])
        assert shared.contact(third)["consent"]["status"] == "opted_in", order
        assert [each["text"] for each in shared.conversation(third)] == ["from the second", "START"]
        assert shared.contact(first)["consent"]["status"] == "opted_out"
        assert [code(shared, each) for each in (first, second, third)] == ["opted_out", "number_changed", None]


def test_who_comes_back_to_the_number_has_everything(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(10 * HOUR)
    contact_opted_in(shared, old, 11 * HOUR)
    for told in (moved(new, old, at + 2 * HOUR), moved(old, new, at)):
        post_webhook(shared, META, told)
    assert (code(shared, old), code(shared, new)) == (None, "number_changed")


def test_the_user_id_goes_along_and_a_strangers_does_not(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    theirs, strangers = f"IN.a{old}", f"IN.b{old}"
    post_webhook(shared, META, meta_text("mine", f"w1.{old}", old, at, META_NUMBER, theirs))
    post_webhook(shared, META, meta_text("not mine", f"w2.{old}", old, at + 2 * HOUR, META_NUMBER, strangers))
    post_webhook(shared, META, moved(old, new, at + HOUR))
    for user_id, number in ((theirs, new), (strangers, old)):
        post_webhook(shared, META, meta_text("hidden", f"w3.{user_id}", None, at + 3 * HOUR, META_NUMBER, user_id))
        assert shared.contact(number)["user_ids"] == [user_id]
    assert [each["text"] for each in shared.conversation(new)] == ["hidden", "mine"]
    assert [each["text"] for each in shared.conversation(old)] == ["hidden", "not mine"]
    assert epoch_ms(shared.window(old, META)["opened_at"]) == at + 2 * HOUR


def test_erasing_the_person_takes_the_old_number_along_and_leaves_the_stranger(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    told = [
        (GUPSHUP, gupshup_text("STOP", f"w1.{old}", old, at)),
        (META, moved(old, new, at + HOUR)),
        (GUPSHUP, gupshup_text("a stranger", f"w2.{old}", old, at + 2 * HOUR)),
    ]
    for each in told:
        post_webhook(shared, *each)
    assert shared.http("DELETE", f"/v1/contacts/{new}").status == 204
    for each in told:
        post_webhook(shared, *each)
    assert shared.http("GET", f"/v1/contacts/{new}").status == 404
    assert code(shared, new) == "opted_out"
    assert [each["text"] for each in shared.conversation(old)] == ["a stranger"]
    assert code(shared, old, TEXT) is None


def text(words: str, name: str, phone: str | None, at: int, user_id: str | None = None) -> Any:
    return meta_text(words, f"wamid.{name}", phone, at, META_NUMBER, user_id)


def written(gate24: System, person: str) -> list[str]:
    """The texts of the conversation, newest first."""
    return [each["text"] for each in gate24.conversation(person)]


def test_what_was_said_under_a_user_id_alone_is_the_persons_who_had_it(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    strangers = f"IN.s{old}"
    for told in (
        text("STOP", f"1.{old}", None, at, strangers),
        text("hidden", f"2.{old}", None, at + MINUTE, strangers),
        text("mine", f"3.{old}", old, at + 2 * MINUTE),
        moved(old, new, at + HOUR),
        text("not mine", f"4.{old}", old, at + 2 * HOUR, strangers),
    ):
        post_webhook(shared, META, told)
    assert written(shared, new) == ["mine"]
    assert written(shared, old) == ["not mine", "hidden", "STOP"]
    assert code(shared, old) == "opted_out"
    assert code(shared, new) != "opted_out"


def test_a_stranger_who_is_erased_leaves_the_user_id_of_the_person_alone(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    theirs = f"IN.a{old}"
    for told in (
        text("hidden", f"1.{old}", None, at, theirs),
        text("STOP", f"2.{old}", old, at + MINUTE, theirs),
        moved(old, new, at + HOUR),
        text("a stranger", f"3.{old}", old, at + 2 * HOUR, f"IN.b{old}"),
    ):
        post_webhook(shared, META, told)
    assert written(shared, old) == ["a stranger"]
    assert shared.http("DELETE", f"/v1/contacts/{old}").status == 204
    post_webhook(shared, META, text("still me", f"4.{old}", None, at + 3 * HOUR, theirs))
    for person in (new, theirs):
        assert written(shared, person) == ["still me", "STOP", "hidden"]
    assert code(shared, new) == "opted_out"


def test_a_change_that_names_both_user_ids_shows_nothing_twice(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    one, two = f"IN.a{old}", f"IN.b{old}"
    for told in (
        text("hidden", f"1.{old}", None, at, one),
        text("STOP", f"2.{old}", old, at + MINUTE, one),
        meta_number_change(old, new, at + HOUR, META_NUMBER, previous_user_id=one, user_id=two),
        text("from the new one", f"3.{old}", new, at + 2 * HOUR, two),
    ):
        post_webhook(shared, META, told)
    assert written(shared, new) == ["from the new one", "STOP", "hidden"]
    assert sorted(shared.contact(one)["user_ids"]) == [one, two]
    assert len(shared.http("GET", f"/v1/contacts/{new}/consents").json["data"]) == 1


def staff_recorded_then_change_was_told(gate24: System, action: str) -> tuple[str, str]:
    """The old and the new number of somebody for whom staff recorded it before they heard of the change."""
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    post_webhook(gate24, META, text("hi", f"1.{old}", old, at))
    said = {"action": action, "source": "phone", "evidence": f"Asha, {old}"}
    assert gate24.http("POST", f"/v1/contacts/{old}/consents", said).status == 201
    gate24.http("PUT", f"/v1/contacts/{old}/block")
    post_webhook(gate24, META, moved(old, new, at + HOUR))
    return old, new


def test_what_staff_recorded_before_they_heard_of_the_change_is_shown_and_erased_with_the_person(
    shared: System,
) -> None:
    old, new = staff_recorded_then_change_was_told(shared, "opt_in")
    history = {each: shared.http("GET", f"/v1/contacts/{each}/consents").json["data"] for each in (old, new)}
    assert [each["action"] for each in history[new]] == ["block", "opt_in"]
    assert history[old] == []
    shared.http("DELETE", f"/v1/contacts/{new}/block")
    assert shared.http("DELETE", f"/v1/contacts/{new}").status == 204
    assert code(shared, new) == "not_opted_in"
    assert f"Asha, {old}" not in str(shared.items())


def test_a_stranger_who_is_erased_takes_nothing_that_staff_recorded_of_the_person(shared: System) -> None:
    old, new = staff_recorded_then_change_was_told(shared, "opt_out")
    post_webhook(shared, META, text("a stranger", f"2.{old}", old, seconds(2 * HOUR)))
    assert (code(shared, old), code(shared, new)) == ("opted_out", "blocked")
    assert shared.http("DELETE", f"/v1/contacts/{old}").status == 204
    contact_opted_in(shared, new, 12 * HOUR)  # reckons anew
    assert code(shared, new) == "blocked"
    shared.http("DELETE", f"/v1/contacts/{new}/block")
    assert code(shared, new) == "opted_out"


@pytest.mark.parametrize("is_known", [True, False], ids=["one told before the change", "both told after it"])
def test_a_message_of_two_versions_from_before_the_change_is_one(shared: System, is_known: bool) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    first = (GUPSHUP, gupshup_text("hi", f"wamid.{old}", old, at + 123))
    change = (META, moved(old, new, at + HOUR))
    for told in (first, change) if is_known else (change, first):
        post_webhook(shared, *told)
    post_webhook(shared, GUPSHUP, gupshup_v3(text("hi", old, old, at)))
    assert written(shared, new) == ["hi"]


def test_a_failure_from_before_the_change_does_not_list_the_old_number(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(2 * HOUR)
    post_webhook(shared, META, text("hi", f"1.{old}", old, at))
    message = shared.conversation(old)[0]
    post_webhook(shared, META, moved(old, new, at + HOUR))
    organization, channel, key = (
        organizations.organization(ORG),
        organizations.channel(GUPSHUP),
        message_key(message["id"]),
    )
    assert organization and channel and key
    apply_failure(organization, channel, key.contact_id, Failure("1002"), at + MINUTE)
    assert shared.http("GET", f"/v1/contacts?q={old}").json["data"] == []


def test_a_user_id_that_is_met_while_the_change_is_told_goes_along(
    shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    theirs, update = f"IN.a{old}", receive_message._update_contact

    def told_meanwhile(*args: Any) -> bool:
        post_webhook(shared, META, moved(old, new, at + HOUR))
        return update(*args)

    post_webhook(shared, META, text("hi", f"1.{old}", old, at))
    with monkeypatch.context() as racing:
        racing.setattr(receive_message, "_update_contact", told_meanwhile)
        post_webhook(shared, META, text("STOP", f"2.{old}", old, at + MINUTE, theirs))
    assert shared.contact(theirs)["phone"] == f"+{new}"
    assert shared.contact(old)["user_ids"] == []
    assert written(shared, new) == ["STOP", "hi"]
    assert code(shared, new) == "opted_out"


def another_user_id(old: str, new: str, at: int, phone: str | None = None) -> Any:
    part = {"type": "user_changed_user_id", "previous_user_id": old, "user_id": new}
    told = message("system", part, f"wamid.{old}-{new}", phone, at)
    return meta(change("messages", {"messages": [told]}, META_NUMBER))


def test_a_hidden_message_from_before_the_change_opens_no_window_of_the_new_number(shared: System) -> None:
    at = seconds(9 * HOUR)
    for order in itertools.permutations(range(3)):
        old, new = new_number(), new_number()
        one, two = f"IN.a{old}", f"IN.b{old}"
        changed = meta_number_change(old, new, at + HOUR, META_NUMBER, previous_user_id=one, user_id=two)
        told = [text("hidden", f"1.{old}", None, at, one), text("hi", f"2.{old}", old, at + MINUTE, one), changed]
        for which in order:
            post_webhook(shared, META, told[which])
        assert shared.window(new, META)["state"] == "never_opened", order
        assert written(shared, new) == ["hi", "hidden"]


def test_a_user_id_that_was_told_with_a_change_goes_along_with_the_next(shared: System) -> None:
    first, second, third, at = new_number(), new_number(), new_number(), seconds(9 * HOUR)
    ids = [f"IN.{letter}{first}" for letter in "abc"]
    for told in (
        meta_number_change(first, second, at, META_NUMBER, previous_user_id=ids[0], user_id=ids[1]),
        meta_number_change(second, third, at + HOUR, META_NUMBER, previous_user_id=ids[1], user_id=ids[2]),
        text("STOP", f"1.{first}", None, at - MINUTE, ids[0]),
    ):
        post_webhook(shared, META, told)
    assert [shared.contact(each)["phone"] for each in ids] == [f"+{third}"] * 3
    assert code(shared, third) == "opted_out"


@pytest.mark.parametrize("is_first", [True, False])
def test_a_new_user_id_without_a_number_is_the_persons_who_has_one(shared: System, is_first: bool) -> None:
    phone, at = new_number(), seconds(9 * HOUR)
    one, two = f"IN.a{phone}", f"IN.b{phone}"
    told = [another_user_id(one, two, at + HOUR), text("hi", f"2.{phone}", phone, at + 2 * HOUR, two)]
    for each in told if is_first else told[::-1]:
        post_webhook(shared, META, each)
    post_webhook(shared, META, text("STOP", f"1.{phone}", None, at, one))
    assert shared.contact(one)["phone"] == shared.contact(two)["phone"] == f"+{phone}"
    assert written(shared, phone) == ["hi", "STOP"]
    assert code(shared, phone) == "opted_out"


def test_a_change_that_is_told_after_a_later_one_takes_what_is_its_persons(shared: System) -> None:
    number, first, second, at = new_number(), new_number(), new_number(), seconds(9 * HOUR)
    theirs = f"IN.a{number}"
    for told in (
        text("STOP", f"1.{number}", number, at, theirs),
        moved(number, second, at + 3 * HOUR),
        moved(number, first, at + HOUR),
    ):
        post_webhook(shared, META, told)
    assert (code(shared, first), code(shared, second)) == ("opted_out", "not_opted_in")
    assert (written(shared, first), written(shared, second)) == (["STOP"], [])
    assert shared.contact(theirs)["phone"] == f"+{first}"


def test_what_staff_recorded_is_for_whom_they_knew_whatever_changes_are_told_later(shared: System) -> None:
    number, first, second, at = new_number(), new_number(), new_number(), seconds(9 * HOUR)
    post_webhook(shared, META, moved(number, second, at + 3 * HOUR))
    post_webhook(shared, GUPSHUP, gupshup_text("I am new here", f"1.{number}", number, at + 4 * HOUR))
    path = f"/v1/contacts/{number}/consents"
    assert shared.http("POST", path, {"action": "opt_in", "source": "form"}).status == 201
    post_webhook(shared, META, moved(number, first, at))
    assert [code(shared, each) for each in (number, first, second)] == [None, "not_opted_in", "not_opted_in"]


def test_a_change_that_every_business_number_tells_is_one(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    post_webhook(shared, META, moved(old, new, at))
    post_webhook(shared, GUPSHUP, gupshup_text("I am new here", f"1.{old}", old, at + HOUR))
    assert shared.http("PUT", f"/v1/contacts/{old}/block").status == 200
    again = gupshup_v3(moved(old, new, at))
    again["entry"][0]["changes"][0]["value"]["messages"][0]["id"] = f"wamid.other-{old}"
    post_webhook(shared, GUPSHUP, again)
    assert (code(shared, old), code(shared, new)) == ("blocked", "not_opted_in")


def test_a_block_of_a_number_that_somebody_left_is_kept(shared: System) -> None:
    old, new, at = new_number(), new_number(), seconds(9 * HOUR)
    contact_opted_out(shared, old, 10 * HOUR)
    assert shared.http("DELETE", f"/v1/contacts/{old}").status == 204
    post_webhook(shared, META, moved(old, new, at))
    assert shared.http("PUT", f"/v1/contacts/{old}/block").status == 200
    assert (code(shared, old), code(shared, new)) == ("blocked", "opted_out")
