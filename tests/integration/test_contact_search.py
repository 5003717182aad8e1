"""Contacts are found by number, user id and words of their names, whatever their number, and nobody is said not to be
there who is."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gate24.events import ContactRef
from gate24.store import contact_search, contacts, keys, name_words, organizations
from gate24.store.table import StoreError
from gate24.usecases import index_names
from gate24.usecases.make_api_key import create_api_key
from tests.performance.bench_search import READS_MOST, search_reads
from tests.support import bodies
from tests.support.memory_table import memory_table
from tests.support.scene import (
    HOUR,
    SECOND,
    change_channel,
    fill_list,
    now,
    post_webhook,
    retry_parked,
    standing_clock,
    take_parked,
    without_name_words,
)
from tests.support.system import CONTEXT, GUPSHUP, META, META_NUMBER, ORG, OTHER, System, handler, system

pytestmark = pytest.mark.in_memory

DEMO = {"919876543210": "Asha Devi", "919876543211": "Ravi", "919876543212": "Asha Rani", "919876543213": "मीरा देवी"}


def wrote(gate24: System, phone: str, name: str | None, ago: int = HOUR, channel: str = GUPSHUP) -> None:
    body = bodies.gupshup_message("text", {"text": "Hello"}, f"w.{phone}.{ago}", phone, now() - ago, name or "")
    if name is None:
        del body["payload"]["sender"]["name"]
    post_webhook(gate24, channel, body)


@pytest.fixture
def people(gate24: System) -> System:
    for number, (phone, name) in enumerate(DEMO.items()):
        wrote(gate24, phone, name, HOUR + number * SECOND)
    return gate24


def asked(gate24: System, **query: Any) -> dict[str, Any]:
    answer = gate24.http("GET", f"/v1/contacts?{urlencode(query)}")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def found(gate24: System, q: str, **query: Any) -> list[str]:
    """The names of all pages."""
    names: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = asked(gate24, q=q, **query, **cursor)
        names += [each["name"] for each in page["data"]]
        if page["next_cursor"] is None:
            return names
        cursor = {"cursor": page["next_cursor"]}


def words_of(gate24: System, phone: str) -> list[str]:
    pk = keys.contact_pk(ORG, contacts.contact_id(ORG, ContactRef(f"+{phone}")))
    items = (item for item in gate24.items() if item["pk"]["S"] == pk)
    return sorted(item["sk"]["S"].split("#")[2] for item in items if item["sk"]["S"].startswith(keys.NAME_WORD))


# Numbers and user ids


@pytest.mark.parametrize(
    "q", ["+919876543210", "+91 98765-43210", "00919876543210", "919876543210", "98765 43210", "09876543210"]
)
def test_a_whole_number_is_found_however_it_is_written(people: System, q: str) -> None:
    page = asked(people, q=q)
    assert ([each["name"] for each in page["data"]], page["next_cursor"]) == (["Asha Devi"], None)


def test_a_whole_number_that_nobody_has_is_nobodys_at_once(people: System) -> None:
    page = asked(people, q="+91 98765 43219")
    assert (page["data"], page["next_cursor"]) == ([], None)


def test_part_of_a_number_is_found_as_before(people: System) -> None:
    assert found(people, "3211") == ["Ravi"]
    assert sorted(found(people, "98765", limit=1)) == sorted(DEMO.values())


def test_a_number_of_another_country_is_found_with_its_code_and_by_that_of_a_channel(people: System) -> None:
    wrote(people, "14155552671", "Ann")
    assert found(people, "+1 415 555 2671") == ["Ann"]
    change_channel(META, business_number="+14155550100")
    assert found(people, "(415) 555-2671") == ["Ann"]


def test_a_user_id_is_found_though_it_leads_to_a_number(people: System) -> None:
    hidden, named = "IN.1234567890123456", "IN.2234567890123456"
    post_webhook(people, META, _of_meta("Noor", None, hidden))
    post_webhook(people, META, _of_meta("Lata", "919876543214", named))
    assert (found(people, hidden), found(people, named)) == (["Noor"], ["Lata"])
    assert found(people, "IN.3234567890123456") == []
    post_webhook(people, META, _of_meta("Noor", "919876543215", hidden))
    assert (found(people, hidden), found(people, "noor")) == (["Noor"], ["Noor"])
    assert asked(people, q="noor")["data"][0]["phone"] == "+919876543215"


def _of_meta(name: str, phone: str | None, user_id: str | None) -> Any:
    message = bodies.message(
        "text", {"body": "Hello"}, f"wamid.{name}{phone}", phone, now() // 1000 * 1000, user_id=user_id
    )
    value = {"contacts": [bodies.profile(name, phone, user_id)], "messages": [message]}
    return bodies.meta(bodies.change("messages", value, META_NUMBER))


def test_a_filter_holds_for_whoever_is_found(people: System) -> None:
    wrote(people, "919876543214", "Asha Long Ago", 30 * HOUR)
    assert found(people, "asha", window="closed") == ["Asha Long Ago"]
    assert sorted(found(people, "asha", window="open")) == ["Asha Devi", "Asha Rani"]
    assert (found(people, "+919876543214", window="open"), found(people, "+919876543214", window="closed")) == (
        [],
        ["Asha Long Ago"],
    )


# Names


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("asha", ["Asha Devi", "Asha Rani"]),
        ("ash", ["Asha Devi", "Asha Rani"]),
        ("DEVI asha", ["Asha Devi"]),
        ("ra", ["Asha Rani", "Ravi"]),
        ("देवी", ["मीरा देवी"]),
        ("मी", ["मीरा देवी"]),
        ("evi", []),
        ("nobody", []),
    ],
)
def test_words_begin_words_of_the_name(
    people: System, monkeypatch: pytest.MonkeyPatch, q: str, names: list[str]
) -> None:
    """Few come in the order of the list, many by the word."""
    in_order = [name for name in DEMO.values() if name in names]
    for limit in (1, 2, 50):
        assert found(people, q, limit=limit) == in_order
        assert sorted(found(people, q, limit=limit, sort="expires_at")) == sorted(names)
    monkeypatch.setattr(contact_search, "_SORTED_MOST", 0)
    for limit in (1, 2, 50):
        by_word = found(people, q, limit=limit)
        assert sorted(by_word) == sorted(names)
        assert q != "ra" or by_word == ["Asha Rani", "Ravi"]


def test_everybody_comes_once_though_two_words_begin_so(people: System, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote(people, "919876543214", "Ravindra Rani Rao")
    for most in (50, 0):
        monkeypatch.setattr(contact_search, "_SORTED_MOST", most)
        for limit in (1, 3):
            assert sorted(found(people, "ra", limit=limit)) == ["Asha Rani", "Ravi", "Ravindra Rani Rao"]


def test_a_name_that_changes_is_found_by_its_new_words_alone(people: System) -> None:
    wrote(people, "919876543211", "Raví Kumar", 5 * SECOND)
    assert (found(people, "kumar"), found(people, "ravi")) == (["Raví Kumar"], ["Raví Kumar"])
    wrote(people, "919876543211", "Kumar", 4 * SECOND)
    assert (found(people, "kumar"), found(people, "ravi")) == (["Kumar"], [])
    assert words_of(people, "919876543211") == ["kumar"]


def test_who_gives_no_name_and_whose_name_has_no_words_are_found_by_what_they_have(people: System) -> None:
    wrote(people, "919876543214", None)
    wrote(people, "919876543215", "✨")
    assert found(people, "✨") == ["✨"]
    assert found(people, "3214") == [None]


def test_the_other_organizations_people_are_not_found(people: System) -> None:
    wrote(people, "919876543214", "Asha Elsewhere", channel=OTHER)
    assert sorted(found(people, "asha")) == ["Asha Devi", "Asha Rani"]


def test_who_is_imported_is_found(people: System) -> None:
    rows = "phone,name\n+919876543214,Asha Import\n+919876543215,\n+919876543211,Somebody"
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    path = f"/v1/admin/organizations/{ORG}/contacts/import"
    answer = people.http("POST", path, {"csv": rows}, key=key)
    assert answer.status == 200, answer.text
    assert (found(people, "import"), found(people, "somebody")) == (["Asha Import"], [])


def test_a_name_goes_along_with_a_number_that_changes(people: System) -> None:
    new = "919876543214"
    post_webhook(people, META, bodies.meta_number_change("919876543210", new, now(), META_NUMBER))
    page = asked(people, q="asha devi")
    assert [each["phone"] for each in page["data"]] == [f"+{new}"]
    assert (words_of(people, "919876543210"), words_of(people, new)) == ([], ["asha", "devi"])
    wrote(people, "919876543210", "Asha Somebody", 0)
    assert sorted(found(people, "asha")) == ["Asha Devi", "Asha Rani", "Asha Somebody"]


def test_who_is_erased_leaves_no_word(people: System) -> None:
    wrote(people, "919876543210", "Venkat Asha", SECOND)
    assert people.http("DELETE", "/v1/contacts/%2B919876543210").status == 204
    assert (found(people, "asha"), words_of(people, "919876543210")) == (["Asha Rani"], [])
    assert "enkat" not in str(people.items())


# Writes that fail, and others that come between


def test_a_name_whose_words_cannot_be_written_is_not_stored_without_them(
    people: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise StoreError("BatchWriteItem", "InternalServerError")

    with monkeypatch.context() as patch:
        patch.setattr("gate24.store.name_words.put_all", fails)
        wrote(people, "919876543214", "Kiran", SECOND)
        assert asked(people, q="+919876543214")["data"] == []
    assert retry_parked(take_parked(people)) == []
    assert found(people, "kiran") == ["Kiran"]


def test_a_write_that_comes_to_nothing_finds_nobody(people: System) -> None:
    ravi = contacts.contact_id(ORG, ContactRef("+919876543211"))
    name_words.write(name_words.items_of(ORG, ravi, "Kiran Rao", name_words.new_token(ravi, "Kiran Rao")))
    assert (found(people, "kiran"), found(people, "ra")) == ([], ["Ravi", "Asha Rani"])


def test_two_processes_that_name_somebody_at_once_leave_the_words_of_the_name_that_stays(people: System) -> None:
    ref = ContactRef("+919876543211")
    ravi = contacts.contact_id(ORG, ref)
    before = contacts.read(ORG, ravi)
    contacts.ensure(ORG, ravi, ref, "Ravi Kumar", before=before)
    contacts.ensure(ORG, ravi, ref, "Ravi Rao", before=before)
    contacts.ensure(ORG, ravi, ref, "Ravi Kumar", before=before)
    assert words_of(people, "919876543211") == ["kumar", "ravi"]
    assert found(people, "ravi") == ["Ravi Kumar"]


# Contacts of an earlier version


@pytest.fixture
def old(people: System) -> System:
    without_name_words(people)
    return people


def indexed(gate24: System, at: int) -> int:
    """How many contacts are found by their names after the daily function ran then."""
    with standing_clock(at):
        assert handler("retention")({}, CONTEXT)["is_through"]
    organizations.forget()
    return len([item for item in gate24.items() if "nt" in item])


def test_who_is_not_in_the_index_yet_is_found_in_the_list(old: System) -> None:
    wrote(old, "919876543214", "Asha New", SECOND)
    for limit in (1, 2, 50):
        assert sorted(found(old, "asha", limit=limit)) == ["Asha Devi", "Asha New", "Asha Rani"]
    assert found(old, "asha")[0] == "Asha New"


def test_everybody_is_indexed_once(old: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_names, "_CHUNK", 2)
    assert indexed(old, now()) == 0  # an earlier version may still write
    assert indexed(old, now() + HOUR) == len(DEMO)
    organization = organizations.organization_now(ORG)
    assert organization is not None and organization.finds_names
    assert sorted(found(old, "asha")) == ["Asha Devi", "Asha Rani"]
    before = old.items()
    assert (indexed(old, now() + 2 * HOUR), old.items()) == (len(DEMO), before)
    assert not [item for item in old.items() if item["pk"]["S"] == "NAMES"]


def test_a_run_goes_on_where_the_one_before_ran_out_of_time(old: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_names, "_CHUNK", 1)
    assert index_names.index_names(now(), lambda: True) == 0
    done = []
    for _ in range(6):
        done.append(index_names.index_names(now() + HOUR, lambda: True))
        assert sorted(found(old, "asha", limit=1)) == ["Asha Devi", "Asha Rani"]
    assert sum(done) == len(DEMO) and max(done) == 1
    organization = organizations.organization_now(ORG)
    assert organization is not None and organization.finds_names


def test_who_was_named_by_an_earlier_version_after_a_rollback_is_found_from_the_next_message_on(people: System) -> None:
    for item in people.items():
        if item.get("n", {}).get("S") == "Ravi" and item.pop("nt", None):
            people.dynamodb.put_item(TableName=people.table, Item=item)
    assert found(people, "ravi") == []
    wrote(people, "919876543211", "Ravi", SECOND)
    assert found(people, "ravi") == ["Ravi"]


# What it costs


def test_a_search_costs_the_same_among_100_and_10_000() -> None:
    few, many = list(search_reads(100)), list(search_reads(10_000))
    assert [each for each in few if each[2]] == [each for each in many if each[2]]
    assert max(reads for _, reads, is_indexed in many if is_indexed) <= READS_MOST
    assert min(reads for _, reads, is_indexed in many if not is_indexed) > 1000


def test_a_search_for_two_words_that_many_have_goes_on_with_its_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_search, "_ROWS_MOST", 50)
    with system(tmp_path, simulate=False) as gate24, memory_table(gate24.dynamodb):
        fill_list(400)
        page = asked(gate24, q="asha 003", limit=50)
        assert len(page["data"]) < 25 and page["next_cursor"] is not None
        assert len(found(gate24, "asha 003")) == 25
