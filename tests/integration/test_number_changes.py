"""A number changes hands: the person goes on at the new one, and the old one is a stranger's.

Meta, system messages webhook reference (``user_changed_number``), updated 2026-08-11, read 2026-11.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.bodies import gupshup_consent, gupshup_text, meta_number_change, meta_text
from tests.support.scene import (
    HOUR,
    MARKETING,
    MINUTE,
    contact_opted_in,
    contact_opted_out,
    new_number,
    now,
    post_webhook,
    put_marketing_template,
)
from tests.support.system import GUPSHUP, META, META_NUMBER, TEMPLATE, TEXT, System, system

Telling = Callable[[], None]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all; each test has contacts of its own."""
    with system(tmp_path_factory.mktemp("numbers"), simulate=False) as made:
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
    assert shared.window(old, META)["opened_at"] > shared.contact(new)["last_activity_at"][:10]


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
