"""An admin of the organization makes, lists, rotates and ends its API keys; and looks up erasures."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from gate24.api import recognized
from gate24.store import api_keys, members, table
from gate24.store.api_keys import KeyHolder
from gate24.store.items import ErasureItem
from gate24.usecases import erase_contact
from gate24.usecases.make_api_key import create_api_key
from tests.support.scene import HOUR, contact_wrote, new_number, now
from tests.support.system import GUPSHUP, META, ORG, OTHER, OTHER_ORG, Answer, System, system

pytestmark = pytest.mark.in_memory

LEELA = "token.leela@example.org"


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("staff"), simulate=False, in_memory=True) as made:
        monkeypatch.setattr(recognized, "recognize_member", lambda token: members.find(token.removeprefix("token.")))
        for name, role in (("leela", "admin"), ("meena", "supervisor"), ("asha", "agent")):
            made.http("PUT", f"/v1/members/{name}@example.org", {"role": role, "name": name.title()})
        made.http("PUT", "/v1/members/ravi@example.org", {"role": "admin", "name": "Ravi"}, key=OTHER_ORG)
        yield made


def make(gate24: System, key: str = LEELA, **asked: Any) -> Answer:
    return gate24.http("POST", "/v1/keys", {"name": "bot", "scopes": ["read"], **asked}, key=key)


def names(gate24: System, key: str = LEELA) -> list[str]:
    return [each["name"] for each in gate24.http("GET", "/v1/keys", key=key).json["data"]]


def test_an_admin_makes_rotates_and_ends_a_key(gate24: System) -> None:
    made = make(gate24, channels=[GUPSHUP], expires_at="2126-11-26T00:00:00Z")
    assert made.status == 201 and made.json["organization"] == ORG
    assert (made.json["channels"], made.json["scopes"]) == ([GUPSHUP], ["read"])
    secret, place = made.json["key"], f"/v1/keys/{made.json['id']}"
    assert gate24.http("GET", "/v1/me", key=secret).json["organization"]["id"] == ORG
    listed = gate24.http("GET", "/v1/keys", key=LEELA)
    assert "bot" in names(gate24) and secret not in listed.text
    assert next(each for each in listed.json["data"] if each["name"] == "bot")["last_used_at"]
    rotated = gate24.http("POST", f"{place}/rotate", {"grace_hours": 1}, key=LEELA).json
    assert rotated["key"] != secret and rotated["id"] == made.json["id"] and "previous_valid_until" in rotated
    assert gate24.http("GET", "/v1/me", key=secret).status == 200, "for an hour"
    assert gate24.http("DELETE", place, key=LEELA).status == 204
    for each in (secret, rotated["key"]):
        assert gate24.http("GET", "/v1/me", key=each).status == 403
    assert gate24.http("DELETE", place, key=LEELA).status == 404
    assert gate24.http("POST", f"{place}/rotate", key=LEELA).status == 404


def test_less_than_an_admin_makes_and_sees_no_key(gate24: System) -> None:
    before = [item for item in gate24.items() if item["pk"]["S"].startswith("KEY")]
    for name in ("asha", "meena"):
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/none/rotate"), ("DELETE", "/none")):
            body = {"name": "mine", "scopes": ["read"]} if method == "POST" and not path else None
            answer = gate24.http(method, f"/v1/keys{path}", body, key=f"token.{name}@example.org")
            assert answer.status == 403 and "takes the role admin" in answer.json["detail"]
    assert [item for item in gate24.items() if item["pk"]["S"].startswith("KEY")] == before


def test_a_key_that_may_everything_is_not_made_here_and_the_platforms_are_not_seen(gate24: System) -> None:
    portal = create_api_key("", "portal", ["admin"], None, now()).key
    others = create_api_key(OTHER_ORG, "theirs", ["read"], None, now()).key
    for scopes in (["admin"], ["read", "admin"], [], ["everything"]):
        assert make(gate24, scopes=scopes).status == 400
    assert "portal" not in names(gate24) and "theirs" not in names(gate24)
    for key in (portal, others):
        assert gate24.http("DELETE", f"/v1/keys/{key.id}", key=LEELA).status == 404
        assert gate24.http("POST", f"/v1/keys/{key.id}/rotate", key=LEELA).status == 404
    assert api_keys.find("", portal.id) and api_keys.find(OTHER_ORG, others.id)
    assert names(gate24, "token.ravi@example.org").count("theirs") == 1


def test_nobody_here_gets_to_see_the_secret_of_a_key_with_admin_but_it_can_be_revoked(gate24: System) -> None:
    key = create_api_key(ORG, "operators", ["admin"], None, now())
    refused = gate24.http("POST", f"/v1/keys/{key.key.id}/rotate", {"grace_hours": 0}, key=LEELA)
    assert (refused.status, refused.json["code"]) == (403, "unauthorized")
    assert gate24.http("GET", "/v1/me", key=key.secret).status == 200
    assert gate24.http("DELETE", f"/v1/keys/{key.key.id}", key=LEELA).status == 204


def test_a_key_of_an_endless_name_is_not_there(gate24: System) -> None:
    assert gate24.http("DELETE", f"/v1/keys/{'k' * 1100}", key=LEELA).status == 404


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"channels": [OTHER]}, "has no channel"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expired already"),
        ({"expires_at": "2026-02-31T00:00:00Z"}, "no moment"),
        ({"name": " "}, "empty"),
    ],
)
def test_a_key_asked_wrongly_for_is_not_made(gate24: System, asked: dict[str, Any], why: str) -> None:
    before = names(gate24)
    answer = make(gate24, **asked)
    assert answer.status == 400 and why in answer.json["detail"]
    assert names(gate24) == before


def test_keys_of_commands_that_run_are_nobodys_to_end(gate24: System) -> None:
    secret = api_keys.new_secret()
    key = api_keys.put(secret, KeyHolder(ORG, "templates sync", frozenset({"admin"}), is_operators=True))
    assert "templates sync" not in names(gate24)
    assert gate24.http("DELETE", f"/v1/keys/{key.id}", key=LEELA).status == 404
    assert gate24.http("GET", "/v1/me", key=secret).json["kind"] == "key"


# Erasures


def erased(gate24: System, phone: str, key: str = LEELA) -> None:
    assert gate24.http("DELETE", f"/v1/contacts/{quote('+' + phone)}", key=key).status in (202, 204)


def erasures(gate24: System, query: str = "", key: str = LEELA) -> list[dict[str, Any]]:
    answer = gate24.http("GET", f"/v1/erasures{query}", key=key)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["data"]
    return found


def test_erasures_are_listed_with_who_began_them_and_what_outlives_them(gate24: System) -> None:
    plain, gone = new_number(), new_number()
    for phone in (plain, gone):
        contact_wrote(gate24, phone, HOUR)
    path = f"/v1/contacts/{quote('+' + gone)}"
    assert gate24.http("POST", f"{path}/consents", {"action": "opt_out", "source": "form"}).status == 201
    assert gate24.http("PUT", f"{path}/block", {"reason": "rude"}).status == 200
    erased(gate24, plain)
    erased(gate24, gone, ORG)
    by_key, by_member = erasures(gate24)
    assert by_member["by"] == {"kind": "member", "name": "Leela", "email": "leela@example.org"}
    assert by_key["by"]["kind"] == "key"
    assert (by_member["survives"], by_key["survives"]) == ([], ["opt_out", "block"])
    for each in (by_key, by_member):
        assert each["status"] == "done" and each["parts"] == each["parts_done"] and each["finished_at"]
    assert by_member["deleted"] == 1
    text = gate24.http("GET", "/v1/erasures", key=LEELA).text
    assert not [phone for phone in (plain, gone) if phone in text or phone[-5:] in text]
    first = gate24.http("GET", "/v1/erasures?limit=1", key=LEELA).json
    assert first["data"] + erasures(gate24, f"?limit=1&cursor={first['next_cursor']}") == [by_key, by_member]
    assert erasures(gate24, key="token.ravi@example.org") == []


def test_one_under_way_says_how_far_it_is(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = new_number()
    contact_wrote(gate24, phone, HOUR, META)
    with monkeypatch.context() as patch:
        patch.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
        erased(gate24, phone)
    (row,) = erasures(gate24)
    assert (row["status"], row["finished_at"], row["parts_done"]) == ("running", None, 0) and row["parts"] >= 1


def test_of_two_erasures_of_one_person_the_later_tells_what_outlives_both(gate24: System) -> None:
    phone = new_number()
    for _ in range(2):
        contact_wrote(gate24, phone, 0)
        gate24.http("PUT", f"/v1/contacts/{quote('+' + phone)}/block")
        erased(gate24, phone)
    assert [each["survives"] for each in erasures(gate24)] == [["block"], []]


def test_an_erasure_of_an_earlier_version_names_nobody(gate24: System) -> None:
    phone = new_number()
    contact_wrote(gate24, phone, HOUR)
    erased(gate24, phone)
    (item,) = table.query(ErasureItem, f"X#{ORG}")
    del item.body["by"]
    item.save()
    assert erasures(gate24)[0]["by"] is None


def test_erasures_are_for_admins_and_for_keys_that_may_erase(gate24: System) -> None:
    for name, status in (("asha", 403), ("meena", 403), ("leela", 200)):
        assert gate24.http("GET", "/v1/erasures", key=f"token.{name}@example.org").status == status
    for scope, status in (("erase", 200), ("read", 403)):
        secret = create_api_key(ORG, "bot", [scope], None, now()).secret
        assert gate24.http("GET", "/v1/erasures", key=secret).status == status
    assert gate24.http("GET", "/v1/erasures?cursor=AAAA", key=LEELA).status == 400
