"""Two change the same organization or channel at the same moment: no change is lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from gate24.channels import Channel
from gate24.rules.channel_settings import changed_channel
from gate24.rules.organization_settings import changed_organization
from gate24.store import documents, organizations
from gate24.store.table import Item, StoreError
from gate24.usecases import administer_organizations
from gate24.usecases.administer_channels import (
    create_channel,
    delete_channel,
    find_deletable_channel,
    secret_counts,
)
from gate24.usecases.make_api_key import create_api_key
from tests.support.scene import now
from tests.support.system import META, META_NUMBER, ORG, OTHER_ORG, System, system

HERE = f"/v1/admin/organizations/{ORG}"
SETTINGS = {"provider": "meta", "business_number": "+919876543211", "phone_number_id": META_NUMBER}


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


def deleting_before_copies(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object] = lambda: None) -> None:
    """The next change of a channel has written the channel itself when somebody deletes it, and then does ``then``."""
    original = organizations._write_copies

    def late(channel: Any) -> None:
        monkeypatch.setattr(organizations, "_write_copies", original)
        delete_channel(channel)
        then()
        original(channel)

    monkeypatch.setattr(organizations, "_write_copies", late)


def test_a_channel_that_is_deleted_while_it_is_changed_is_gone_everywhere(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleting_before_copies(monkeypatch)
    organizations.change_channel(META, lambda channel: replace(channel, margin_seconds=77))
    assert organizations.channel_now(META) is None
    assert META not in [each.id for each in organizations.channels_now(ORG)]
    assert organizations.channel_by_number(META_NUMBER) is None
    assert create_channel("another", ORG, SETTINGS).channel.phone_number_id == META_NUMBER


def test_a_channel_that_was_deleted_while_it_was_changed_does_no_harm_to_who_takes_its_id(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = replace(found(META), organization_id=OTHER_ORG)
    deleting_before_copies(monkeypatch, lambda: organizations.add_channel(taken))
    organizations.change_channel(META, lambda channel: replace(channel, margin_seconds=77))
    organizations.forget()
    assert META not in [each.id for each in organizations.channels_now(ORG)]
    assert taken in organizations.channels_now(OTHER_ORG)
    assert organizations.channel_now(META) == organizations.channel_by_number(META_NUMBER) == taken


def test_what_is_left_of_a_channel_is_deleted_without_harm_to_who_has_its_id_by_now(gate24: System) -> None:
    left = found(META)
    delete_channel(left)
    taken = create_channel(META, OTHER_ORG, SETTINGS).channel
    documents.write(f"ORG#{ORG}", f"CHANNEL#{META}", {**organizations._channel_body(left)})
    delete_channel(next(each for each in organizations.channels_now(ORG) if each.id == META))
    organizations.forget()
    assert META not in [each.id for each in organizations.channels_now(ORG)]
    assert organizations.channel_now(META) == organizations.channel_by_number(META_NUMBER) == taken
    assert secret_counts(taken)["verify-token"] == 1


def test_the_number_that_a_channel_is_given_while_it_is_deleted_is_free_again(gate24: System) -> None:
    before = found(META)
    organizations.change_channel(META, lambda channel: replace(channel, phone_number_id="200000000000002"))
    organizations.remove_channel(before)
    assert organizations.channel_by_number("200000000000002") is None
    assert META not in [each.id for each in organizations.channels_now(ORG)]


@pytest.mark.parametrize("by_api", [True, False])
def test_a_deletion_of_a_channel_that_was_broken_off_anywhere_is_ended_by_another(
    gate24: System, monkeypatch: pytest.MonkeyPatch, by_api: bool
) -> None:
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    channel, copies = found(META), [(f"CHANNEL#{META}", "CHANNEL"), (f"NUMBER#{META_NUMBER}", "CHANNEL")]
    is_ended, steps = False, 0
    while not is_ended:
        with monkeypatch.context() as broken:
            broken.setattr("gate24.store.table.Item.delete", dying_at(steps))
            try:
                delete_channel(channel)
                is_ended = True
            except MemoryError:
                pass
        steps += 1
        if not is_ended and by_api:
            assert gate24.http("DELETE", f"{HERE}/channels/{META}", key=key).status == 204
        elif not is_ended:
            delete_channel(find_deletable_channel(META))
        organizations.forget()
        left = [documents.read(*each, consistent=True) for each in copies]
        assert left == [None, None] and META not in [each.id for each in organizations.channels_now(ORG)]
        if not is_ended:
            organizations.add_channel(channel)
    assert steps > len(copies) + 1, "it was broken off before each of the three, and then went through"


def dying_at(step: int) -> Callable[..., Any]:
    """In place of ``Item.delete``: the process dies at that one."""
    original, done = Item.delete, iter(range(1_000))

    def delete(self: Item, condition: Any = None) -> Any:
        if next(done) == step:
            raise MemoryError
        return original(self, condition)

    return delete


def found(channel_id: str) -> Channel:
    channel = organizations.channel_now(channel_id)
    assert channel is not None
    return channel


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
