"""A platform does by the API what an operator has commands for: imports, days, replays, checks, its own keys."""

from collections.abc import Iterator
from typing import Any

import click
import pytest

from gate24.api import admin_work_routes
from gate24.api.admin_requests import FORMAT_NAMES
from gate24.api.contact_rows import FORMATS
from gate24.api.routes import ROUTES
from gate24.store import api_keys
from gate24.usecases import receive_message
from gate24.usecases.make_api_key import create_api_key
from infra.admin.cli import gate24 as cli
from tests.support.bodies import gupshup, gupshup_text
from tests.support.scene import (
    contact_wrote,
    daily_costs,
    new_number,
    now,
    post_webhook,
    queued_days,
    retry_parked,
    take_parked,
)
from tests.support.system import CONTEXT, GUPSHUP, ORG, OTHER_ORG, Answer, System, handler, system

HERE = f"/v1/admin/organizations/{ORG}"


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("data"), simulate=False, in_memory=True) as made:
        yield made


@pytest.fixture
def key(gate24: System) -> str:
    return create_api_key("", "portal", ["admin"], None, now()).secret


def imported(gate24: System, key: str, what: str, header: str, *rows: str, **more: Any) -> dict[str, Any]:
    body = {"csv": "\n".join((header, *rows)), **more}
    answer = gate24.http("POST", f"{HERE}/{what}/import", body, key=key)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def named(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def pointers(answer: Answer) -> list[str]:
    assert answer.status == 400
    return [each["pointer"] for each in answer.json["errors"]]


def test_contacts_are_imported_with_their_windows_and_each_row_that_is_not_taken_is_told(
    gate24: System, key: str
) -> None:
    phone, header = new_number(), "phone,name,consent,consent_at,consent_source,last_inbound_at,channel"
    rows = (f"{phone},Asha,opt_in,2026-06-15,form,{now() - 3_600_000},{GUPSHUP}", "12,,,,,,")
    tried = imported(gate24, key, "contacts", header, *rows, dry_run=True)
    assert (named(tried["counts"]), tried["dry_run"]) == ({"imported": 1, "rejected": 1}, True)
    assert gate24.http("GET", f"/v1/contacts/{phone}").status == 404
    done = imported(gate24, key, "contacts", header, *rows)
    assert named(done["counts"]) == {"imported": 1, "rejected": 1}
    assert done["not_taken"] == [{"row": 2, "outcome": "rejected", "reason": "phone is no phone number: '12'"}]
    assert done["next_skip_rows"] is None
    contact = gate24.contact(phone)
    assert (contact["name"], contact["consent"]["status"]) == ("Asha", "opted_in")
    assert {each["channel"]: each["window"]["state"] for each in contact["windows"]}[GUPSHUP] == "open"
    before = gate24.items()
    assert named(imported(gate24, key, "contacts", header, *rows)["counts"]) == {"unchanged": 1, "rejected": 1}
    assert gate24.items() == before


def test_consents_are_imported(gate24: System, key: str) -> None:
    phone, header = new_number(), "phone,action,at,source"
    done = imported(gate24, key, "consents", f"\ufeff{header}", f"{phone},opt_out,,phone call", f"{phone},maybe,,")
    assert named(done["counts"]) == {"imported": 1, "rejected": 1}
    assert gate24.contact(phone)["consent"]["status"] == "opted_out"


def test_what_takes_too_long_goes_on_in_the_next_request(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_work_routes, "_SECONDS", -1.0)
    monkeypatch.setattr(admin_work_routes, "_BATCHES_AT_ONCE", 1)
    monkeypatch.setattr(admin_work_routes, "MOST_AT_ONCE", 2)
    phones = [new_number() for _ in range(5)]
    rows = [f"{phone},opt_in" for phone in phones]
    skip, asked = 0, 0
    while True:
        done, asked = imported(gate24, key, "consents", "phone,action", *rows, skip_rows=skip), asked + 1
        if done["next_skip_rows"] is None:
            break
        assert done["next_skip_rows"] == skip + 2
        skip = done["next_skip_rows"]
    assert asked == 3
    assert {gate24.contact(phone)["consent"]["status"] for phone in phones} == {"opted_in"}


@pytest.mark.parametrize(
    ("what", "body", "pointer"),
    [
        ("contacts", {"csv": "name\nAsha"}, "/csv"),
        ("contacts", {"csv": "phone,colour\n+919876543210,red"}, "/csv"),
        ("contacts", {"csv": "phone\n", "channel": "nothing"}, "/channel"),
        ("contacts", {"csv": "phone\n", "timezone": "Mars/Base"}, "/timezone"),
        ("contacts", {"csv": "phone\n", "format": "xls"}, "/format"),
        ("consents", {"csv": "phone,action\n", "skip_rows": -1}, "/skip_rows"),
        ("consents", {}, "/csv"),
    ],
)
def test_what_cannot_be_imported_is_refused_before_anything_is_written(
    gate24: System, key: str, what: str, body: dict[str, Any], pointer: str
) -> None:
    before = gate24.items()
    assert pointers(gate24.http("POST", f"{HERE}/{what}/import", body, key=key)) == [pointer]
    assert gate24.items() == before


def test_days_are_queued_and_computed(gate24: System, key: str) -> None:
    contact_wrote(gate24, new_number(), 60_000)
    answer = gate24.http("POST", f"{HERE}/rollup", {}, key=key)
    assert answer.status == 202
    assert len(answer.json["queued"]) == 9
    assert handler("day_rollup")({"Records": queued_days()}, CONTEXT) == {"batchItemFailures": []}
    first, *_, last = answer.json["queued"]
    assert sum(day["messages"]["inbound"] for day in daily_costs(gate24, first, last)) == 1
    two = gate24.http("POST", f"{HERE}/rollup", {"from": "2026-11-01", "to": "2026-11-02"}, key=key)
    assert two.json == {"organization": ORG, "queued": ["2026-11-01", "2026-11-02"]}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": "2026-11-02", "to": "2026-11-01"}, "/to"),
        ({"from": "2024-11-02", "to": "2026-11-01"}, "/to"),
        ({"from": "2026-11-02"}, "/to"),
        ({"from": "2999-11-02", "to": "2999-11-02"}, "/to"),
        ({"from": "2026-11", "to": "2026-11-01"}, "/from"),
    ],
)
def test_days_that_cannot_be_computed_are_refused(gate24: System, key: str, body: dict[str, str], pointer: str) -> None:
    assert set(pointers(gate24.http("POST", f"{HERE}/rollup", body, key=key))) == {pointer}
    assert queued_days() == []


def test_what_was_not_understood_is_listed_and_what_is_understood_now_is_taken(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = new_number()
    post_webhook(gate24, GUPSHUP, gupshup("moon-event", {"phase": 1}))

    def trips(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(receive_message, "keyword_action", trips)
        post_webhook(gate24, GUPSHUP, gupshup_text("hello", "w.1", phone, now()))
        retry_parked(take_parked(gate24))
    listed = gate24.http("GET", f"{HERE}/unrecognized", key=key).json["data"]
    reasons = {each["reason"]: each["id"] for each in listed}
    poisonous = next(each for reason, each in reasons.items() if reason.startswith("not_recorded_"))
    body = {"ids": [each["id"] for each in listed] + ["1795687200000-0123456789abcdef0123456789abcdef"]}
    done = gate24.http("POST", f"{HERE}/unrecognized/replay", body, key=key).json["data"]
    outcomes = {each["id"]: each["outcome"] for each in done}
    assert outcomes.pop(poisonous) == "taken"
    assert sorted(outcomes.values()) == ["gone", "unrecognized"]
    assert gate24.contact(phone)["windows"] != []
    assert len(gate24.http("GET", f"{HERE}/unrecognized", key=key).json["data"]) == 1


def test_what_is_wrong_with_an_organization_is_told(gate24: System, key: str) -> None:
    found = gate24.http("GET", f"{HERE}/health", key=key).json
    assert found == gate24.http("GET", "/healthz").json
    assert {"table", "contact_key", "queue", "secrets", "settings"} == {each["name"] for each in found["checks"]}


def test_the_platforms_keys_are_listed_rotated_and_ended_and_no_others(gate24: System, key: str) -> None:
    other = create_api_key("", "second portal", ["admin"], None, now())
    listed = gate24.http("GET", "/v1/admin/keys", key=key).json["data"]
    assert {each["name"] for each in listed} == {"portal", "second portal"}
    assert all(each["organization"] is None or each["organization"] == "" for each in listed)
    made = gate24.http("POST", f"/v1/admin/keys/{other.key.id}/rotate", {"grace_hours": 0}, key=key)
    assert (made.status, made.json["id"]) == (200, other.key.id)
    assert gate24.http("DELETE", f"/v1/admin/keys/{other.key.id}", key=key).status == 204
    assert [each["name"] for each in gate24.http("GET", "/v1/admin/keys", key=key).json["data"]] == ["portal"]
    theirs = create_api_key(ORG, "bot", ["read"], None, now()).key.id
    for method, path in (("DELETE", f"/v1/admin/keys/{theirs}"), ("POST", f"/v1/admin/keys/{theirs}/rotate")):
        assert gate24.http(method, path, {} if method == "POST" else None, key=key).status == 404
    assert api_keys.find(ORG, theirs) is not None


def test_an_organizations_own_key_opens_none_of_it(gate24: System) -> None:
    for route in ROUTES:
        if route.of_platform and "{id}" in route.path:
            path = route.path.replace("{id}", ORG).replace("{channel_id}", GUPSHUP)
            path = path.replace("{key_id}", "none").replace("{kind}", "api-key")
            for name in (ORG, OTHER_ORG):
                assert gate24.http(route.method, path, {} if route.body else None, key=name).status == 403, path


BY_API = {
    "organization create": "createOrganization",
    "organization list": "listOrganizations",
    "organization show": "getOrganization",
    "organization set": "changeOrganization",
    "organization delete": "deleteOrganization",
    "organization export": "exportOrganization",
    "channel create": "createChannel",
    "channel list": "listChannels",
    "channel show": "getChannel",
    "channel set": "changeChannel",
    "channel delete": "deleteChannel",
    "secret set": "putChannelSecret",
    "key create": "createApiKey",
    "key list": "listApiKeys",
    "key revoke": "revokeApiKey",
    "key rotate": "rotateApiKey",
    "member add": "putMemberOf",
    "member list": "listMembersOf",
    "member remove": "removeMemberOf",
    "templates sync": "syncTemplates",
    "consents import": "importConsents",
    "contacts import": "importContacts",
    "unrecognized list": "listUnrecognizedOf",
    "unrecognized replay": "replayUnrecognized",
    "rollup": "rollUpDays",
    "shadow report": "reportShadow",
    "doctor": "checkOrganization",
}
"""The operation of each command of an operator."""

BY_COMMAND_ALONE = {
    "costs show": "an organization's own key reads its costs; this reads those of deleted ones",
    "costs reconcile": "a bill is a file of whoever pays; what webhooks told an organization's own key reconciles",
    "report": "an organization's own key reads it; this reads those of deleted ones",
    "rates import": "a file for all organizations, whoever hosts them",
    "rates show": "what that file has said",
    "rates check": "a file that is to be deployed",
    "rates list": "what is deployed",
    "rates card": "what is deployed",
    "shadow start": "an operator's trial beside the software that sends, before the move",
    "shadow enforce": "ends that trial",
}


def commands(of: click.Command, *path: str) -> Iterator[str]:
    if isinstance(of, click.Group):
        for name, each in of.commands.items():
            yield from commands(each, *path, name)
    else:
        yield " ".join(path)


def test_each_command_has_its_route_or_a_reason_why_not() -> None:
    operations = {route.operation for route in ROUTES if route.of_platform}
    assert set(commands(cli)) == set(BY_API) | set(BY_COMMAND_ALONE)
    assert set(BY_API.values()) <= operations


def test_the_formats_are_those_of_the_command() -> None:
    assert set(FORMAT_NAMES) == set(FORMATS)
