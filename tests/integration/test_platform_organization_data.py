"""A platform takes everything of an organization elsewhere, and deletes it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from gate24.api import admin_organization_data
from gate24.channels import Channel, ChannelSecrets, OrganizationDeletion
from gate24.rules.settings_table import WrongSettings
from gate24.store import api_keys, contact_import, costs, organization_deletions, organizations, retry_queue, secrets
from gate24.store.api_keys import KeyHolder
from gate24.store.retry_queue import NotQueued
from gate24.usecases import administer_channels, delete_organization, erase_contact
from gate24.usecases.make_api_key import create_api_key, rotate_api_key
from infra.admin import contact_files
from infra.admin import contact_import as import_files
from tests.support.administration import Printed, administered
from tests.support.bodies import gupshup
from tests.support.scene import (
    HOUR,
    contact_wrote,
    new_number,
    now,
    parked_records,
    post_webhook,
    retry_parked,
    run_rollup,
    standing_clock,
)
from tests.support.system import (
    APP_SECRET,
    GUPSHUP,
    META,
    ORG,
    OTHER,
    OTHER_ORG,
    TOKEN,
    VERIFY_TOKEN,
    Answer,
    System,
    system,
)

HERE = f"/v1/admin/organizations/{ORG}"
DELETE = f"{HERE}?confirm={ORG}"


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setattr(delete_organization, "SETTLING_SECONDS", 0)
    with system(tmp_path_factory.mktemp("data"), simulate=False, in_memory=True) as made:
        yield made


@pytest.fixture
def key(gate24: System) -> str:
    return create_api_key("", "portal", ["admin"], None, now()).secret


def filled(gate24: System) -> list[str]:
    """People of both organizations; those of the first are returned, the first with the longest conversation and the
    last opted out."""
    phones = [f"+{new_number()}" for _ in range(6)]
    for phone in phones:
        contact_wrote(gate24, phone, HOUR)
    for number in range(5):
        contact_wrote(gate24, phones[0], (number + 2) * HOUR, META)
    for action in ("opt_in", "opt_out"):
        path = f"/v1/contacts/{phones[-1]}/consents"
        assert gate24.http("POST", path, {"action": action, "source": "form"}).status == 201
    post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"phase": 1}))
    contact_wrote(gate24, new_number(), HOUR, OTHER)
    run_rollup()
    return phones


def exported(gate24: System, key: str, limit: int = 1000) -> tuple[list[dict[str, Any]], int]:
    """All lines, and in how many pages they came."""
    lines: list[dict[str, Any]] = []
    cursor, pages = "", 0
    while cursor is not None:
        answer = gate24.http("GET", f"{HERE}/export?limit={limit}{cursor and f'&cursor={quote(cursor)}'}", key=key)
        assert answer.status == 200, answer.text
        assert len(answer.json["data"]) <= limit
        lines, cursor, pages = lines + answer.json["data"], answer.json["next_cursor"], pages + 1
    return lines, pages


def worked_off(gate24: System) -> int:
    """Everything of the queue, as long as it queues itself; how many rounds that took."""
    rounds = 0
    while records := parked_records(gate24, later=True):
        assert retry_parked(records) == []
        rounds += 1
    return rounds


def without_clock(line: dict[str, Any]) -> dict[str, Any]:
    for each in line["data"].get("windows", ()):
        each["window"].pop("seconds_left")
    return line


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_an_export_has_everything_once_in_pages_of_any_size(gate24: System, key: str, limit: int) -> None:
    phones = filled(gate24)
    gate24.http("POST", "/v1/webhooks", {"url": "https://example.org/hook", "events": ["*"]})
    with standing_clock(now()):
        lines, pages = exported(gate24, key, limit)
        by_kind = {kind: [each for each in lines if each["kind"] == kind] for kind in ("contact", "consent", "message")}
        assert sorted(each["data"]["phone"] for each in by_kind["contact"]) == sorted(phones)
        for phone in phones:
            own = [each["data"] for each in by_kind["message"] if each["contact"] == phone]
            assert own == gate24.conversation(phone)
        assert [each["data"]["action"] for each in by_kind["consent"]] == ["opt_out", "opt_in"]
        assert [each["contact"] for each in by_kind["consent"]] == [phones[-1]] * 2
        assert [each["data"] for each in lines if each["kind"] == "template"] == gate24.http(
            "GET", "/v1/templates"
        ).json["data"]
        assert len([each for each in lines if each["kind"] == "day"]) == len(costs.days_costs(ORG, "0000", "9999")) > 0
        (hook,) = gate24.http("GET", "/v1/webhooks").json["data"]
        assert [each["data"] for each in lines if each["kind"] == "webhook"] == [hook]
        assert [each["data"] for each in lines if each["kind"] == "organization"] == [
            gate24.http("GET", HERE, key=key).json
        ]
        listed = gate24.http("GET", f"{HERE}/channels", key=key).json["data"]
        assert [each["data"] for each in lines if each["kind"] == "channel"] == listed
        assert not [secret for secret in (TOKEN, APP_SECRET, VERIFY_TOKEN, "whsec_") if secret in str(lines)]
        whole = gate24.contact(phones[0])
        told = next(each["data"] for each in by_kind["contact"] if each["data"]["phone"] == phones[0])
        assert told["windows"] == whole["windows"]
    assert pages >= len(lines) // limit


def test_an_export_that_takes_long_goes_on_with_its_cursor(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(gate24)
    with standing_clock(now()):
        at_once, pages = exported(gate24, key)
        monkeypatch.setattr(admin_organization_data, "_SECONDS", -1.0)
        slowly, more = exported(gate24, key)
    done, done_later = (
        [each for each in lines if each["data"].get("act") == "organization.exported"] for lines in (at_once, slowly)
    )
    assert [each for each in slowly if each not in done_later] == [each for each in at_once if each not in done]
    assert (len(done), len(done_later)) == (1, 2), "each export is told"
    assert (pages, more) == (1, len(slowly) + 1)


def test_whoever_is_erased_during_an_export_is_in_it_no_more(gate24: System, key: str) -> None:
    phones = filled(gate24)
    first = gate24.http("GET", f"{HERE}/export?limit=1", key=key).json
    (phone,) = (each["data"]["phone"] for each in first["data"])
    assert gate24.http("DELETE", f"/v1/contacts/{quote(phone)}").status == 204
    rest = gate24.http("GET", f"{HERE}/export?cursor={quote(first['next_cursor'])}", key=key)
    told = {each["data"]["phone"] for each in rest.json["data"] if each["kind"] == "contact"}
    assert phone not in rest.text and told == set(phones) - {phone}


def test_a_deletion_wants_the_id_once_more(gate24: System, key: str) -> None:
    filled(gate24)
    before = gate24.items()
    for path in (HERE, f"{HERE}?confirm=", f"{HERE}?confirm={OTHER_ORG}", f"{HERE}?confirm=yes"):
        answer = gate24.http("DELETE", path, key=key)
        assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
    assert f"is not {ORG}: repeat the id" in answer.text
    assert gate24.http("GET", f"{HERE}/deletion", key=key).status == 404
    assert gate24.items() == before
    assert gate24.http("DELETE", DELETE, key="learning").status == 403, "no key of the organization does it"


def test_everything_goes_but_costs_and_opt_outs_and_other_organizations_stay(gate24: System, key: str) -> None:
    phones = filled(gate24)
    gate24.http("POST", "/v1/webhooks", {"url": "https://example.org/hook", "events": ["*"]})
    stated = costs.days_costs(ORG, "0000", "9999")
    of_other = [item for item in gate24.items() if OTHER_ORG in str(item)]
    answer = gate24.http("DELETE", DELETE, key=key)
    assert (answer.status, answer.json["status"]) == (202, "running")
    assert (answer.json["channels"], answer.json["contacts"]) == (2, 0)
    assert gate24.webhook(gupshup("moon-event", {"phase": 2}), GUPSHUP).status == 401, "from the answer on"
    assert gate24.http("GET", "/v1/me").status == 403
    worked_off(gate24)
    told = gate24.http("GET", f"{HERE}/deletion", key=key).json
    assert (told["status"], told["contacts"], told["webhooks"], told["unrecognized"]) == ("done", 6, 1, 1)
    left = str(gate24.items())
    assert not [phone for phone in phones if phone in left or phone[1:] in left]
    assert [item for item in gate24.items() if OTHER_ORG in str(item)] == of_other
    assert costs.days_costs(ORG, "0000", "9999") == [replace(day, status="final") for day in stated] and stated
    assert api_keys.of_organization(ORG) == [] and organizations.organization_now(ORG) is None
    secrets = boto3.client("secretsmanager").list_secrets(MaxResults=100)["SecretList"]
    assert not {f"channels/{GUPSHUP}", f"channels/{META}"} & {each["Name"] for each in secrets}
    assert gate24.http("DELETE", DELETE, key=key).status == 404
    names = [each["id"] for each in gate24.http("GET", "/v1/admin/organizations", key=key).json["data"]]
    assert names == [OTHER_ORG]


CHANNEL = {"provider": "gupshup", "business_number": "+919876543212", "app": "another-app"}
MAKING = (
    ("POST", f"{HERE}/channels", {"id": "another", **CHANNEL}),
    ("PATCH", f"{HERE}", {"name": "Another"}),
    ("POST", f"{HERE}/keys", {"name": "bot", "scopes": ["read"]}),
)
IS_DELETED = f"The organization {ORG} is being deleted: nothing of it can be made or changed any more."


def test_nothing_is_made_or_changed_while_an_organization_is_deleted(
    gate24: System, key: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    channel, bot = found_channel(), create_api_key(ORG, "bot", ["read"], None, now()).key
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    for method, path, body in MAKING:
        answer = gate24.http(method, path, body, key=key)
        assert (answer.status, answer.json["code"], answer.json["detail"]) == (404, "not_found", IS_DELETED), path
    organizations.add_channel(channel)  # as a call may have left it that began before
    with pytest.raises(WrongSettings, match="is being deleted"):
        administer_channels.change_channel(channel.id, {"margin_seconds": 77})
    with pytest.raises(WrongSettings, match="is being deleted"):
        administer_channels.change_mode(channel.id, "shadow")
    with pytest.raises(WrongSettings, match="is being deleted"):
        administer_channels.set_secret(channel.id, "api-key", "secret", keeps_old=False)
    with pytest.raises(WrongSettings, match="is being deleted"):
        rotate_api_key(bot, HOUR, now())
    consents, people = tmp_path / "consents.csv", tmp_path / "people.csv"
    consents.write_text("phone,action,at,source,evidence\n")
    people.write_text("phone\n")
    with administered(gate24):
        for command in (
            ("organization", "set", ORG, "--name", "Another"),
            ("channel", "create", "another", "--organization", ORG, "--number=+919876543212", "--provider=meta"),
            ("key", "create", "--organization", ORG, "--name", "bot", "--scopes", "read"),
            ("consents", "import", str(consents), "--organization", ORG),
            ("contacts", "import", str(people), "--organization", ORG),
            ("templates", "sync", channel.id, "--app-id=x"),
        ):
            printed = Printed(capsys, *command)
            assert (printed.status, IS_DELETED in printed.err) == (2, True), (command, printed.err)
    assert [each.id for each in organizations.channels_now(ORG)] == [channel.id]
    assert api_keys.of_organization(ORG) == []


def found_channel() -> Channel:
    channel = organizations.channel_now(GUPSHUP)
    assert channel is not None
    return channel


@pytest.mark.parametrize("made", ["channel", "key", "rotated"])
def test_what_is_made_at_the_moment_when_a_deletion_begins_is_gone(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch, made: str
) -> None:
    """It was looked whether a deletion is under way, and whether there are channels and keys, before either saw the
    other."""
    of = {"channel": (secrets, "put"), "key": (api_keys, "put"), "rotated": (api_keys, "rotate")}[made]
    bot = create_api_key(ORG, "bot", ["read"], None, now()).key
    original = getattr(*of)
    deletion = OrganizationDeletion(ORG, now(), now())

    def late(*given: Any) -> Any:
        answer = original(*given)
        organization_deletions.begin(deletion)
        return answer

    monkeypatch.setattr(*of, late)
    with pytest.raises(WrongSettings, match="is being deleted"):
        if made == "channel":
            administer_channels.create_channel("another", ORG, CHANNEL)
        elif made == "key":
            create_api_key(ORG, "another", ["read"], None, now())
        else:
            rotate_api_key(bot, HOUR, now())
    assert organizations.channel_now("another") is None
    assert "another" not in [each.id for each in organizations.channels_now(ORG)]
    assert secrets.channel_secrets("another", may_be_stale=False).webhook_tokens == ()
    left = [each.name for each in api_keys.of_organization(ORG)]
    assert "another" not in left and ("bot" in left) == (made != "rotated")


def test_a_deletion_is_noted_before_it_is_looked_what_there_is(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, seen = organizations.channels_now, list[Answer]()

    def looked(organization_id: str) -> list[Channel]:
        found = original(organization_id)
        monkeypatch.setattr(organizations, "channels_now", original)
        seen.append(gate24.http(*MAKING[0], key=key))
        return found

    monkeypatch.setattr(organizations, "channels_now", looked)
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    assert (seen[0].status, seen[0].json["detail"]) == (404, IS_DELETED)


def test_what_a_crashed_call_made_meanwhile_goes_with_the_organization(gate24: System, key: str) -> None:
    channel = found_channel()
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    organizations.add_channel(channel)
    secrets.put(channel.id, ChannelSecrets(webhook_tokens=("made-meanwhile",)))
    secret = api_keys.new_secret()
    api_keys.put(secret, KeyHolder(ORG, "bot", frozenset({"consent"})))
    phone = f"+{new_number()}"
    consent = {"action": "opt_out", "source": "form"}
    assert gate24.http("POST", f"/v1/contacts/{phone}/consents", consent, key=secret).status == 201
    worked_off(gate24)
    told = gate24.http("GET", f"{HERE}/deletion", key=key).json
    assert (told["status"], told["channels"], told["contacts"]) == ("done", 3, 1)
    assert organizations.channel_now(channel.id) is None and organizations.channels_now(ORG) == []
    kept = boto3.client("secretsmanager").list_secrets(MaxResults=100)["SecretList"]
    assert f"channels/{channel.id}" not in {each["Name"] for each in kept}
    assert secrets.channel_secrets(channel.id, may_be_stale=False) == ChannelSecrets()
    assert api_keys.of_organization(ORG) == [] and api_keys.holder(secret) is None
    assert phone[1:] not in str(gate24.items())
    assert organizations.organization_now(ORG) is None


def test_an_import_by_several_processes_or_by_the_api_stops_when_a_deletion_begins(
    gate24: System, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [new_number() for _ in range(20)]
    file = tmp_path / "people.csv"
    file.write_text("\n".join(("phone,name", *(f"{each},Asha" for each in phones), "")))
    rows = contact_files.rows

    def deleting(*given: Any) -> Iterator[Any]:
        for number, row in enumerate(rows(*given)):
            if number == 10:
                organization_deletions.begin(OrganizationDeletion(ORG, now(), now()))
            yield row

    monkeypatch.setattr(import_files, "rows", deleting)
    with administered(gate24):
        printed = Printed(capsys, "contacts", "import", str(file), "--organization", ORG, "--processes", "2")
    assert (printed.status, f"Stopped. {IS_DELETED}" in printed.err) == (1, True)
    answer = gate24.http("POST", f"{HERE}/contacts/import", {"csv": file.read_text()}, key=key)
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (404, "not_found", IS_DELETED)
    assert not [phone for phone in phones if phone in str(gate24.items())]


def test_the_secret_of_a_channel_whose_id_somebody_else_has_taken_since_is_left_alone(gate24: System, key: str) -> None:
    channel = found_channel()
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    organizations.add_channel(channel)
    worked_off(gate24)
    assert organizations.add_channel(replace(channel, organization_id=OTHER_ORG))
    theirs = ChannelSecrets(webhook_tokens=("theirs",))
    secrets.put(channel.id, theirs)
    for _ in range(2):
        assert gate24.http("GET", f"{HERE}/deletion", key=key).json["status"] == "done"
    assert secrets.channel_secrets(channel.id, may_be_stale=False) == theirs


@pytest.mark.parametrize("stage", ["begun", "finished"])
@pytest.mark.parametrize("kind", ["contacts", "consents"])
def test_an_import_that_runs_when_a_deletion_begins_stops_and_leaves_nothing(
    gate24: System,
    key: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    stage: str,
) -> None:
    phones = [new_number() for _ in range(150)]
    at = "2026-01-05T10:00:00Z"
    head, rest = {
        "contacts": ("phone,name,consent,consent_at,consent_source", "Asha,opt_in,{},form"),
        "consents": ("phone,action,at,source", "opt_in,{},form"),
    }[kind]
    file = tmp_path / "people.csv"
    file.write_text("\n".join((head, "12," + rest.format(at), *(f"{each},{rest.format(at)}" for each in phones), "")))
    add_all, batches = contact_import.add_all, list[int]()

    def added(organization_id: str, newcomers: list[Any]) -> bool:
        done = add_all(organization_id, newcomers)
        batches.append(len(newcomers))
        if len(batches) == 2:
            assert gate24.http("DELETE", DELETE, key=key).status == 202
            if stage == "finished":
                worked_off(gate24)
        return done

    monkeypatch.setattr(contact_import, "add_all", added)
    monkeypatch.setattr(import_files, "AT_ONCE", 1)
    with administered(gate24):
        printed = Printed(capsys, kind, "import", str(file), "--organization", ORG)
        said = IS_DELETED if stage == "begun" else f"There is no organization {ORG}."
        assert (printed.status, f"Stopped. {said} What was imported is deleted with it." in printed.err) == (1, True)
        assert len(batches) == 2, "none after the deletion began"
        assert [each.name for each in tmp_path.iterdir()] == [file.name]
        worked_off(gate24)
        again = Printed(capsys, kind, "import", str(file), "--organization", ORG)
        assert (again.status, f"There is no organization {ORG}." in again.err) == (2, True)
    assert gate24.http("GET", f"{HERE}/deletion", key=key).json["status"] == "done"
    kept = str(gate24.items())
    assert not [phone for phone in phones if phone in kept] and "Asha" not in kept


def test_nobody_gets_the_id_of_an_organization_that_had_people_and_no_costs(gate24: System, key: str) -> None:
    phone = f"+{new_number()}"
    path = f"/v1/contacts/{phone}/consents"
    assert gate24.http("POST", path, {"action": "opt_out", "source": "form"}).status == 201
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    worked_off(gate24)
    assert costs.days_costs(ORG, "0000", "9999") == []
    given = {"id": ORG, "name": "Another", "timezone": "UTC", "currency": "USD"}
    refused = gate24.http("POST", "/v1/admin/organizations", given, key=key)
    assert (refused.status, refused.json["code"]) == (400, "payload_invalid")
    assert refused.json["detail"].startswith(f"{ORG} was an organization's that was deleted")
    assert gate24.http("POST", "/v1/admin/organizations", {**given, "id": "another"}, key=key).status == 201


def test_it_goes_on_some_seconds_at_a_time_and_after_a_crash(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = filled(gate24)
    assert gate24.http("DELETE", DELETE, key=key).status == 202
    ticks, erase, erased = iter(range(10_000)), erase_contact.erase_contact, iter(range(1_000))

    def crashing(*given: Any) -> Any:
        if next(erased) == 2:
            raise MemoryError
        return erase(*given)

    monkeypatch.setattr("gate24.usecases.delete_organization.time.monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(delete_organization, "erase_contact", crashing)
    monkeypatch.setattr(delete_organization, "SECONDS_AT_ONCE", 2.0)
    monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", 1_000_000.0)
    rounds = 0
    while records := parked_records(gate24, later=True):
        for record in records:
            failed = retry_parked([record])
            if failed:
                assert retry_parked([record]) == [], "SQS brings it again"
        rounds += 1
        assert rounds < 100
    assert gate24.http("GET", f"{HERE}/deletion", key=key).json["status"] == "done"
    assert not [phone for phone in phones if phone in str(gate24.items())]
    assert rounds > 2


def test_it_waits_for_long_conversations_and_until_no_function_knows_a_channel(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = filled(gate24)
    monkeypatch.setattr(delete_organization, "SETTLING_SECONDS", 35)
    with standing_clock(now()) as time:
        assert gate24.http("DELETE", DELETE, key=key).status == 202
        assert retry_parked(parked_records(gate24, later=True)) == []
        assert phones[0] in str(gate24.items()), "somebody may still write"
        time[0] += 36_000
        monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", -1.0)
        first = [each for each in parked_records(gate24, later=True) if '"delete"' in each["body"]]
        assert retry_parked(first) == []
        told = gate24.http("GET", f"{HERE}/deletion", key=key).json
        assert (told["status"], told["contacts"]) == ("running", 6)
        monkeypatch.setattr(erase_contact, "SECONDS_AT_ONCE", 600.0)
        worked_off(gate24)
        assert gate24.http("GET", f"{HERE}/deletion", key=key).json["contacts"] == 6
    assert organizations.organization_now(ORG) is None


def test_a_deletion_that_could_not_be_queued_goes_on_when_it_is_asked_for_again(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(gate24)
    with monkeypatch.context() as broken:
        broken.setattr(retry_queue, "put", _refuse)
        assert gate24.http("DELETE", DELETE, key=key).status == 503
    again: Answer = gate24.http("DELETE", DELETE, key=key)
    assert (again.status, again.json["channels"]) == (202, 2)
    worked_off(gate24)
    assert organizations.organization_now(ORG) is None


def _refuse(*_: Any, **__: Any) -> None:
    raise NotQueued("no")
