"""Two change the same organization or channel at the same moment: no change is lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from gate24.rules.channel_settings import changed_channel
from gate24.rules.organization_settings import changed_organization
from gate24.store import documents, organizations
from gate24.store.table import StoreError
from gate24.usecases import administer_organizations
from gate24.usecases.make_api_key import create_api_key
from tests.support.scene import now
from tests.support.system import META, META_NUMBER, ORG, System, system

HERE = f"/v1/admin/organizations/{ORG}"


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("two"), simulate=False, in_memory=True) as made:
        yield made


def overtaken(original: Callable[..., Any], other: Callable[[], object]) -> Callable[..., Any]:
    """In place of a function: before its first call ends, somebody else does something."""
    left = [other]

    def called(*given: Any) -> Any:
        answer = original(*given)
        if left:
            left.pop()()
        return answer

    return called


def test_of_two_changes_of_an_organization_both_hold(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    key = create_api_key("", "portal", ["admin"], None, now()).secret

    def other() -> None:
        assert gate24.http("PATCH", HERE, {"name": "Renamed"}, key=key).status == 200

    slow = overtaken(changed_organization, other)
    monkeypatch.setattr("gate24.usecases.administer_organizations.changed_organization", slow)
    answer = gate24.http("PATCH", HERE, {"retention_days": 90}, key=key)
    assert (answer.status, answer.json["name"], answer.json["retention_days"]) == (200, "Renamed", 90)
    assert gate24.http("GET", HERE, key=key).json == answer.json


def test_events_that_are_kept_meanwhile_go_on_being_kept(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = overtaken(changed_organization, lambda: organizations.keep_events(ORG, 1_000))
    monkeypatch.setattr("gate24.usecases.administer_organizations.changed_organization", slow)
    administer_organizations.change_organization(ORG, {"name": "Renamed"})
    found = organizations.organization_now(ORG)
    assert found is not None and (found.name, found.events_since) == ("Renamed", 1_000)


def test_of_two_changes_of_a_channel_both_hold_wherever_it_is_read(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    path = f"{HERE}/channels/{META}"

    def other() -> None:
        assert gate24.http("PATCH", path, {"margin_seconds": 77}, key=key).status == 200

    slow = overtaken(changed_channel, other)
    monkeypatch.setattr("gate24.usecases.administer_channels.changed_channel", slow)
    answer = gate24.http("PATCH", path, {"messages_per_second": 33}, key=key)
    assert (answer.status, answer.json["margin_seconds"], answer.json["messages_per_second"]) == (200, 77, 33)
    assert is_the_same_everywhere() == (77, 33)


def is_the_same_everywhere() -> tuple[int, int]:
    organizations.forget()
    found = organizations.channel_now(META)
    assert found is not None
    assert found == organizations.channel_by_number(META_NUMBER)
    assert found in organizations.channels_now(ORG)
    return found.margin_seconds, found.messages_per_second


def test_no_copy_of_a_channel_is_left_from_before_the_last_change(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other() -> None:
        monkeypatch.setattr(organizations, "_write_copies", original)
        organizations.change_channel(META, lambda channel: replace(channel, margin_seconds=77))

    original = organizations._write_copies

    def late(channel: Any) -> None:
        other()  # it is written, and so are its copies, before those of the change from before
        original(channel)

    monkeypatch.setattr(organizations, "_write_copies", late)
    organizations.change_channel(META, lambda channel: replace(channel, messages_per_second=33))
    assert is_the_same_everywhere() == (77, 33)


def test_who_is_overtaken_again_and_again_is_told_so(gate24: System) -> None:
    def overtaken_each_time(organization: Any) -> Any:
        body: Any = documents.read(f"ORG#{ORG}", "ORGANIZATION", consistent=True)
        documents.write(f"ORG#{ORG}", "ORGANIZATION", {**body, "name": f"{body['name']}."})
        return organization

    with pytest.raises(StoreError, match="contended"):
        organizations.change_organization(ORG, overtaken_each_time)


def test_what_is_not_there_is_not_made_by_a_change(gate24: System) -> None:
    before = gate24.items()
    assert organizations.change_organization("nobody", lambda each: each) is None
    assert organizations.change_channel("none", lambda each: each) is None
    assert gate24.items() == before
