"""Members: added, changed and removed by the command, the organization's admins and the platform."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from gate24.members import MEMBERS_MOST
from gate24.store import members, organizations
from gate24.usecases import administer_members
from gate24.usecases.delete_organization import delete_organization
from gate24.usecases.make_api_key import create_api_key
from tests.support.administration import Printed, administered
from tests.support.scene import now
from tests.support.system import ORG, OTHER_ORG, Answer, System, system

pytestmark = pytest.mark.in_memory


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("members"), simulate=False, in_memory=True) as made:
        yield made


def add(gate24: System, email: str, role: str, key: str = ORG, **more: Any) -> Answer:
    return gate24.http("PUT", f"/v1/members/{email}", {"role": role, **more}, key=key)


def without_time(shown: dict[str, Any]) -> dict[str, Any]:
    """Without when it was added, which is now."""
    added_at = shown.pop("added_at")
    assert abs(datetime.fromisoformat(added_at).timestamp() * 1000 - now()) < 60_000
    return shown


def listed(gate24: System, key: str = ORG) -> dict[str, str]:
    return {each["email"]: each["role"] for each in gate24.http("GET", "/v1/members", key=key).json["data"]}


def test_admins_add_change_and_remove(gate24: System) -> None:
    assert without_time(add(gate24, "Leela@Example.org", "admin", name="  Leela   Rao ").json) == {
        "email": "leela@example.org",
        "name": "Leela Rao",
        "role": "admin",
    }
    assert add(gate24, "asha@example.org", "agent").json["name"] == "asha"
    assert without_time(add(gate24, "ASHA@example.org", "supervisor").json) == {
        "email": "asha@example.org",
        "name": "asha",
        "role": "supervisor",
    }
    assert listed(gate24) == {"asha@example.org": "supervisor", "leela@example.org": "admin"}
    assert gate24.http("DELETE", "/v1/members/Asha@example.org").status == 204
    assert gate24.http("DELETE", "/v1/members/asha@example.org").status == 404
    assert listed(gate24) == {"leela@example.org": "admin"}
    assert listed(gate24, OTHER_ORG) == {}


def test_an_address_belongs_to_one_organization(gate24: System) -> None:
    assert add(gate24, "asha@example.org", "agent").status == 200
    for email in ("asha@example.org", "ASHA@EXAMPLE.ORG"):
        answer = add(gate24, email, "admin", OTHER_ORG)
        assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
        assert "belongs to a member of another organization" in answer.json["detail"] and ORG not in answer.text
    assert gate24.http("DELETE", "/v1/members/asha@example.org", key=OTHER_ORG).status == 404
    assert listed(gate24) == {"asha@example.org": "agent"}
    assert gate24.http("DELETE", "/v1/members/asha@example.org").status == 204
    assert add(gate24, "asha@example.org", "admin", OTHER_ORG).status == 200


def test_the_last_admin_stays(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    add(gate24, "leela@example.org", "admin")
    add(gate24, "asha@example.org", "agent")
    for answer in (add(gate24, "leela@example.org", "agent"), gate24.http("DELETE", "/v1/members/leela@example.org")):
        assert (answer.status, answer.json["code"]) == (409, "last_admin")
        assert "./gate24 member remove" in answer.json["detail"]
    assert listed(gate24)["leela@example.org"] == "admin"
    assert add(gate24, "leela@example.org", "admin", name="Leela").status == 200
    add(gate24, "asha@example.org", "admin")
    assert add(gate24, "leela@example.org", "agent").status == 200
    with administered(gate24):
        assert Printed(capsys, "member", "remove", "asha@example.org").status == 0
    assert listed(gate24) == {"leela@example.org": "agent"}


def test_two_admins_who_remove_each_other_at_one_moment_leave_one(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(gate24, "leela@example.org", "admin")
    add(gate24, "asha@example.org", "admin")
    before = administer_members._check_another_admin

    def meanwhile(member: Any) -> None:
        before(member)
        monkeypatch.setattr(administer_members, "_check_another_admin", before)
        assert gate24.http("DELETE", "/v1/members/asha@example.org").status == 204

    monkeypatch.setattr(administer_members, "_check_another_admin", meanwhile)
    assert gate24.http("DELETE", "/v1/members/leela@example.org").status == 409
    assert listed(gate24) == {"leela@example.org": "admin"}


@pytest.mark.parametrize(
    "email", ["asha", "asha@", "@example.org", "a b@example.org", "a@b@example.org", "a@localhost"]
)
def test_what_is_no_address_is_not_added(gate24: System, email: str) -> None:
    answer = add(gate24, email.replace(" ", "%20"), "agent")
    assert answer.status == 400 and "no e-mail address" in answer.json["detail"]
    assert listed(gate24) == {}


@pytest.mark.parametrize("body", [{}, {"role": "owner"}, {"role": "agent", "name": " "}, {"role": "agent", "more": 1}])
def test_a_member_asked_wrongly_for_is_not_added(gate24: System, body: dict[str, Any]) -> None:
    assert gate24.http("PUT", "/v1/members/asha@example.org", body).status == 400
    assert listed(gate24) == {}


def test_an_organization_has_so_many_members_at_most(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MEMBERS_MOST == 500
    monkeypatch.setattr(administer_members, "MEMBERS_MOST", 2)
    assert [add(gate24, f"a{n}@example.org", "agent").status for n in range(3)] == [200, 200, 400]
    assert add(gate24, "a1@example.org", "admin").status == 200, "who is there may change"


def test_a_long_list_comes_in_pages(gate24: System) -> None:
    for number in range(5):
        add(gate24, f"a{number}@example.org", "agent")
    first = gate24.http("GET", "/v1/members?limit=3").json
    second = gate24.http("GET", f"/v1/members?limit=3&cursor={first['next_cursor']}").json
    assert [each["email"][1] for each in first["data"] + second["data"]] == list("01234")
    assert second["next_cursor"] is None


def test_a_platform_does_the_same_for_its_organizations(gate24: System) -> None:
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    place = f"/v1/admin/organizations/{ORG}/members"
    asked = {"role": "admin", "name": "Leela"}
    assert gate24.http("PUT", f"{place}/leela@example.org", asked, key=key).status == 200
    (leela,) = gate24.http("GET", place, key=key).json["data"]
    assert without_time(leela) == {"email": "leela@example.org", **asked}
    other = f"/v1/admin/organizations/{OTHER_ORG}/members"
    assert gate24.http("GET", other, key=key).json["data"] == []
    assert gate24.http("PUT", f"{other}/leela@example.org", asked, key=key).status == 400
    assert gate24.http("DELETE", f"{other}/leela@example.org", key=key).status == 404
    assert gate24.http("DELETE", f"{place}/leela@example.org", key=key).status == 409, "the last admin"
    assert gate24.http("PUT", f"{place}/asha@example.org", asked, key=key).status == 200
    assert gate24.http("DELETE", f"{place}/leela@example.org", key=key).status == 204


def test_the_command_adds_lists_and_removes(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["member", "add", "Asha@example.org", f"--organization={ORG}", "--role=agent", "--name=Asha"]
    with administered(gate24):
        added = Printed(capsys, *asked)
        assert (added.status, added.out) == (0, f"Added asha@example.org (Asha): agent of {ORG}.\n")
        changed = Printed(capsys, "--json", *asked[:-2], "--role=admin")
        assert without_time(changed.json) == {
            "email": "asha@example.org",
            "name": "Asha",
            "role": "admin",
            "organization": ORG,
            "is_new": False,
            "account": None,
        }
        elsewhere = Printed(capsys, *asked[:3], f"--organization={OTHER_ORG}", "--role=agent")
        assert elsewhere.status == 2 and "belongs to a member of another organization" in elsewhere.err
        assert Printed(capsys, "--json", "member", "list").json["data"][0]["email"] == "asha@example.org"
        assert Printed(capsys, "member", "list", f"--organization={OTHER_ORG}").out == "There is no member.\n"
        removed = Printed(capsys, "member", "remove", "ASHA@example.org")
        assert removed.out == f"Removed asha@example.org (Asha, {ORG}): it ends within 30 s.\n"
        assert Printed(capsys, "member", "remove", "asha@example.org").status == 2
    assert members.find("asha@example.org") is None


def test_they_end_with_their_organization(gate24: System) -> None:
    add(gate24, "asha@example.org", "agent")
    add(gate24, "ravi@example.org", "admin", OTHER_ORG)
    organization = organizations.organization_now(ORG)
    assert organization is not None
    delete_organization(organization, now())
    assert members.find("asha@example.org") is None and members.of_organization(ORG) == []
    assert add(gate24, "asha@example.org", "agent").status in (403, 404), "nobody is added meanwhile"
    assert listed(gate24, OTHER_ORG) == {"ravi@example.org": "admin"}


def test_no_key_of_the_table_names_an_address(gate24: System) -> None:
    add(gate24, "asha@example.org", "agent")
    assert not [item for item in gate24.items() if "asha" in item["pk"]["S"] + item["sk"]["S"]]
