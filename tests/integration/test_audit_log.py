"""The audit log: each act that is audited leaves its entry, with its author and without a secret."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from gate24.api import recognized
from gate24.api.routes import ROUTES
from gate24.audit import AUDIT_KINDS
from gate24.rules.audited_acts import AUDITED, NOT_AUDITED
from gate24.store import api_keys, audit_log, members, table
from gate24.store.table import StoreError
from gate24.usecases.make_api_key import create_api_key
from infra.admin import audited as commands_audited
from infra.admin.cli import gate24 as cli
from tests.integration.test_platform_work import commands
from tests.support.administration import Printed, administered
from tests.support.scene import HOUR, contact_wrote, mail_sender, now
from tests.support.system import GUPSHUP, ORG, OTHER_ORG, PHONE, Answer, System, system

pytestmark = pytest.mark.in_memory

LEELA = "token.leela@example.org"
"""A member's token, as the fixture knows it."""

HERE = f"/v1/admin/organizations/{ORG}"
SECRET = "sk-the-value-of-a-secret-0123456789"
HOOK = f"https://bot.example.org/{SECRET}/hook?token={SECRET}"
TEMPLATE: dict[str, Any] = {"channel": GUPSHUP, "bsp_template_id": "7f9c2ba4", "language": "en", "category": "utility"}
TEMPLATE |= {"status": "approved", "params": 1, "media": None}


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("audit"), simulate=False, in_memory=True) as made:
        monkeypatch.setattr(recognized, "recognize_member", lambda token: members.find(token.removeprefix("token.")))
        made.http("PUT", "/v1/members/leela@example.org", {"role": "admin", "name": "Leela"})
        yield made


@pytest.fixture
def platform(gate24: System) -> str:
    return create_api_key("", "portal", ["admin"], None, now()).secret


def log(gate24: System, query: str = "", key: str = LEELA) -> list[dict[str, Any]]:
    answer = gate24.http("GET", f"/v1/audit-log{query}", key=key)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["data"]
    return found


def newest(gate24: System) -> dict[str, Any]:
    return log(gate24, "?limit=1")[0]


def acts(gate24: System, query: str = "") -> list[str]:
    return [each["act"] for each in log(gate24, query)]


# The tables


def test_each_route_that_changes_something_is_audited_or_says_why_not() -> None:
    changing = {route.operation for route in ROUTES if route.method not in ("GET", "HEAD")}
    reading = {route.operation for route in ROUTES} - changing
    assert changing <= AUDITED.keys() | NOT_AUDITED.keys(), "name it in rules/audited_acts.py"
    assert AUDITED.keys() & NOT_AUDITED.keys() == set()
    assert AUDITED.keys() & reading == {"exportContact", "exportOrganization"}, "who took people's data along"
    assert AUDITED.keys() | NOT_AUDITED.keys() <= changing | reading
    assert all(NOT_AUDITED.values())
    assert {act.kind for act in AUDITED.values()} == set(AUDIT_KINDS)


def test_each_command_is_audited_or_says_why_not() -> None:
    known = set(commands(cli))
    prices = {each for each in known if each.startswith(("costs ", "rates "))}
    named = commands_audited.COMMANDS.keys() | commands_audited.NOT_AUDITED.keys()
    assert known - prices <= named and named <= known
    assert set(commands_audited.COMMANDS.values()) <= AUDITED.keys()
    assert commands_audited.COMMANDS.keys() & commands_audited.NOT_AUDITED.keys() == set()


# Each act leaves its entry


def every_act(gate24: System, platform: str) -> dict[str, str]:
    """Does all that is audited, and says which act each operation was in the log."""
    done: dict[str, str] = {}

    def does(operation: str, method: str, path: str, body: Any = None, key: str = LEELA) -> Answer:
        before = {each["id"] for each in everything(gate24)}
        answer = gate24.http(method, path, body, key=key)
        assert answer.status < 300, (operation, answer.text)
        (entry,) = (each for each in everything(gate24) if each["id"] not in before)
        assert entry["outcome"] == "done", operation
        done[operation] = entry["act"]
        return answer

    does("putMember", "PUT", "/v1/members/asha@example.org", {"role": "agent"})
    does("removeMember", "DELETE", "/v1/members/asha@example.org")
    does("putMemberOf", "PUT", f"{HERE}/members/asha@example.org", {"role": "agent"}, platform)
    does("removeMemberOf", "DELETE", f"{HERE}/members/asha@example.org", key=platform)
    asked = {"name": "bot", "scopes": ["read"]}
    made = does("makeKey", "POST", "/v1/keys", asked).json["id"]
    does("rotateKey", "POST", f"/v1/keys/{made}/rotate")
    does("revokeKey", "DELETE", f"/v1/keys/{made}")
    made = does("createApiKey", "POST", f"{HERE}/keys", asked, platform).json["id"]
    does("rotateApiKey", "POST", f"{HERE}/keys/{made}/rotate", key=platform)
    does("revokeApiKey", "DELETE", f"{HERE}/keys/{made}", key=platform)
    number = {"id": "second", "provider": "gupshup", "business_number": "+919876543219", "app": "Second"}
    does("createChannel", "POST", f"{HERE}/channels", number, platform)
    second = f"{HERE}/channels/second"
    does("changeChannel", "PATCH", second, {"margin_seconds": 60}, platform)
    does("putChannelSecret", "PUT", f"{second}/secrets/api-key", {"value": SECRET}, platform)
    does("deleteChannel", "DELETE", second, key=platform)
    does("putTemplate", "PUT", "/v1/templates/welcome", TEMPLATE)
    labels = {"channel": GUPSHUP, "language": "en", "labels": ["day"]}
    does("labelTemplate", "PUT", "/v1/templates/welcome/labels", labels)
    does("changeKeywords", "PATCH", "/v1/keywords", {"add_opt_out_keywords": ["leave me"]})
    hook = does("createWebhook", "POST", "/v1/webhooks", {"url": HOOK, "events": ["*"]}).json["id"]
    does("changeWebhook", "PATCH", f"/v1/webhooks/{hook}", {"url": f"{HOOK}2", "description": "The bot"})
    does("rotateWebhookSecret", "POST", f"/v1/webhooks/{hook}/rotate")
    does("replayEvents", "POST", f"/v1/webhooks/{hook}/replay", {"event_ids": ["evt_none"]})
    does("deleteWebhook", "DELETE", f"/v1/webhooks/{hook}")
    does("changeOrganization", "PATCH", HERE, {"retention_days": 365}, platform)
    with mail_sender("gate24@example.org"):
        does("setNotifications", "PUT", "/v1/notifications", {"closing_digest_minutes": 60})
    does("putQuickReplies", "PUT", "/v1/quick-replies", {"data": [{"name": "hours", "text": "From 9 to 5."}]})
    people = {"csv": f"phone,name\n{PHONE},Asha\n"}
    does("importContacts", "POST", f"{HERE}/contacts/import", people | {"format": "plain"}, platform)
    consents = {"csv": f"phone,action,at,source\n{PHONE},opt_in,,form\n"}
    does("importConsents", "POST", f"{HERE}/consents/import", consents, platform)
    row = {"row": 1, "cells": ["+919876543219", "Gita"]}
    does("importPeople", "POST", "/v1/contacts/import", {"columns": ["phone", "name"], "rows": [row]})
    contact_wrote(gate24, PHONE[1:], HOUR)
    does("exportContact", "GET", f"/v1/contacts/{quote(PHONE)}/export")
    does("exportOrganization", "GET", f"{HERE}/export", key=platform)
    does("eraseContact", "DELETE", f"/v1/contacts/{quote(PHONE)}")
    does("replayUnrecognized", "POST", f"{HERE}/unrecognized/replay", {"ids": ["none"]}, platform)
    return done


def everything(gate24: System) -> list[dict[str, Any]]:
    """All entries, newest first, by pages."""
    found, cursor = list[dict[str, Any]](), ""
    while True:
        page = gate24.http("GET", f"/v1/audit-log?limit=7{cursor}", key=LEELA).json
        found += page["data"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_each_audited_operation_leaves_its_entry_and_none_a_secret(gate24: System, platform: str) -> None:
    before = len(everything(gate24))
    done = every_act(gate24, platform)
    assert AUDITED.keys() - done.keys() == {"createOrganization", "syncTemplates", "syncOwnTemplates"}, "tested below"
    for operation, act in done.items():
        thing, verb = AUDITED[operation].thing, AUDITED[operation].verb
        assert act == f"{thing}.{verb if verb != 'put' else 'added'}", operation
    items = [item for item in gate24.items() if item["pk"]["S"] == f"AL#{ORG}"]
    assert len(items) == len(done) + before
    assert not [item for item in items if "ttl" in item], "it is kept"
    for secret in (SECRET, platform, PHONE, PHONE[1:], "g24_", "whsec_"):
        assert secret not in json.dumps(items), secret
    assert [each["id"] for each in everything(gate24)] == [item["sk"]["S"].split("#")[1] for item in items[::-1]]
    others = {each["act"] for each in log(gate24, key=OTHER_ORG)}
    assert others == {"template.added"}, "another's log"


def test_an_entry_tells_what_was_before_and_after(gate24: System, platform: str) -> None:
    gate24.http("PUT", "/v1/members/asha@example.org", {"role": "agent", "name": "Asha"}, key=LEELA)
    gate24.http("PUT", "/v1/members/Asha@example.org", {"role": "supervisor"}, key=LEELA)
    entry = newest(gate24)
    assert (entry["act"], entry["subject"], entry["name"]) == ("member.changed", "asha@example.org", "Asha")
    assert entry["changes"] == [{"field": "role", "old": "agent", "new": "supervisor"}]
    gate24.http("PATCH", HERE, {"opt_out_keywords": ["STOP"], "retention_days": 30}, key=platform)
    changes = {each["field"]: (each["old"], each["new"]) for each in newest(gate24)["changes"]}
    assert changes["retention_days"] == (None, 30)
    assert changes["opt_out_keywords"][1] == ["stop"] and len(changes) == 2
    gate24.http("PUT", f"{HERE}/channels/{GUPSHUP}/secrets/api-key", {"value": SECRET}, key=platform)
    entry = newest(gate24)
    assert (entry["act"], entry["facts"]) == ("secret.set", {"secret": "api-key", "beside_the_old": False})
    assert entry["changes"] == []


def test_an_act_names_who_did_it_and_from_where(
    gate24: System, platform: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put = ("PUT", "/v1/members/asha@example.org")
    gate24.http(*put, {"role": "agent"}, key=LEELA)
    assert newest(gate24)["by"] == {"kind": "member", "name": "Leela", "email": "leela@example.org"}
    bot = create_api_key(ORG, "bot", ["admin"], None, now())
    gate24.http(*put, {"role": "supervisor"}, key=bot.secret)
    assert newest(gate24)["by"] == {"kind": "key", "name": "bot", "key_id": bot.key.id}
    gate24.http("PUT", f"{HERE}/members/asha@example.org", {"role": "agent"}, key=platform)
    by = newest(gate24)["by"]
    assert (by["kind"], by["name"]) == ("platform", "portal")
    with administered(gate24):
        assert Printed(capsys, "member", "remove", "asha@example.org").status == 0
    entry = newest(gate24)
    assert (entry["act"], entry["by"]) == ("member.removed", {"kind": "operator", "name": None})
    assert entry["changes"] == [
        {"field": "name", "old": "asha", "new": None},
        {"field": "role", "old": "agent", "new": None},
    ]


def test_commands_leave_entries_of_the_operator(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    with administered(gate24):
        made = Printed(capsys, "--json", "key", "create", f"--organization={ORG}", "--name=bot", "--scopes=read").json
        assert Printed(capsys, "key", "rotate", made["id"]).status == 0
        assert Printed(capsys, "key", "revoke", made["id"]).status == 0
        assert Printed(capsys, "organization", "set", ORG, "--retention-days=90").status == 0
        assert Printed(capsys, "channel", "set", GUPSHUP, "--margin-seconds=45").status == 0
        assert Printed(capsys, "shadow", "start", GUPSHUP).status == 0
        assert Printed(capsys, "key", "create", "--platform", "--name=portal").status == 0
    found = [each for each in log(gate24) if each["by"]["kind"] == "operator"]
    assert [each["act"] for each in found] == [
        *("channel.changed", "channel.changed", "organization.changed"),
        *("key.revoked", "key.rotated", "key.made"),
    ]
    assert [each["field"] for each in found[0]["changes"]] == ["mode", "shadow_since"]
    assert made["key"] not in json.dumps(found)


def test_an_organization_begins_with_its_making(gate24: System, platform: str) -> None:
    trust = {"id": "trust", "name": "Reading Trust", "timezone": "Asia/Kolkata", "currency": "USD"}
    assert gate24.http("POST", "/v1/admin/organizations", trust, key=platform).status == 201
    ((entry, _),) = audit_log.everything("trust")
    assert (entry.act, entry.outcome, entry.name) == ("organization.added", "done", "Reading Trust")
    assert gate24.http("POST", "/v1/admin/organizations", trust, key=platform).status == 400
    assert len(list(audit_log.everything("trust"))) == 1


# What is no act, and what is not known


def test_what_is_refused_and_what_changes_nothing_is_no_act(gate24: System) -> None:
    before = acts(gate24)
    assert gate24.http("DELETE", "/v1/members/leela@example.org", key=LEELA).status == 409
    assert gate24.http("DELETE", "/v1/members/nobody@example.org", key=LEELA).status == 404
    assert gate24.http("PUT", "/v1/members/asha", {"role": "agent"}, key=LEELA).status == 400
    assert gate24.http("PUT", "/v1/members/leela@example.org", {"role": "admin"}, key=LEELA).status == 200
    assert gate24.http("POST", "/v1/keys", {"name": "bot", "scopes": ["admin"]}, key=LEELA).status == 400
    assert acts(gate24) == before


def test_what_cannot_be_recorded_is_not_done(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise StoreError("PutItem", "down")

    with monkeypatch.context() as patch:
        patch.setattr(audit_log, "begin", fails)
        assert gate24.http("DELETE", "/v1/members/leela@example.org", key=LEELA).status == 503
        assert gate24.http("PUT", "/v1/members/asha@example.org", {"role": "agent"}, key=LEELA).status == 503
    assert members.find("asha@example.org") is None


def test_an_act_that_broke_off_stands_there_as_one_that_may_have_been_done(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise StoreError("PutItem", "timeout")

    with monkeypatch.context() as patch:
        patch.setattr(api_keys, "put", breaks)
        assert gate24.http("POST", "/v1/keys", {"name": "bot", "scopes": ["read"]}, key=LEELA).status == 503
    assert (newest(gate24)["act"], newest(gate24)["outcome"]) == ("key.made", "unknown")
    with monkeypatch.context() as patch:
        patch.setattr(audit_log, "finish", breaks)
        assert gate24.http("POST", "/v1/keys", {"name": "bot", "scopes": ["read"]}, key=LEELA).status == 201
    assert (newest(gate24)["act"], newest(gate24)["outcome"]) == ("key.made", "unknown")


# Looking it up


def test_the_log_is_for_admins(gate24: System) -> None:
    for role, status in (("agent", 403), ("supervisor", 403), ("admin", 200)):
        gate24.http("PUT", f"/v1/members/{role}@example.org", {"role": role})
        assert gate24.http("GET", "/v1/audit-log", key=f"token.{role}@example.org").status == status
    for scope in ("read", "send", "consent", "templates", "webhooks", "erase"):
        secret = create_api_key(ORG, "bot", [scope], None, now()).secret
        assert gate24.http("GET", "/v1/audit-log", key=secret).status == 403
    limited = create_api_key(ORG, "bot", ["admin"], None, now(), [GUPSHUP]).secret
    assert gate24.http("GET", "/v1/audit-log", key=limited).status == 403


def test_it_is_filtered_by_kind_and_day_and_comes_in_pages(gate24: System, platform: str) -> None:
    every_act(gate24, platform)
    of_keys = acts(gate24, "?kind=keys")
    assert set(of_keys) == {"key.made", "key.rotated", "key.revoked"} and len(of_keys) == 6
    first = gate24.http("GET", "/v1/audit-log?kind=keys&limit=4", key=LEELA).json
    rest = log(gate24, f"?kind=keys&limit=4&cursor={first['next_cursor']}")
    assert [each["act"] for each in [*first["data"], *rest]] == of_keys
    whole = [each["id"] for each in everything(gate24)]
    day = gate24.http("GET", "/v1/me", key=LEELA).json["server_time"][:10]
    assert len(log(gate24, "?from=2020-01-01&limit=100")) == len(whole)
    assert log(gate24, "?to=2020-01-01") == [] and log(gate24, "?from=2120-01-01") == []
    assert log(gate24, "?from=9000-01-01") == log(gate24, "?from=2120-01-01&to=9999-01-01") == []
    assert {each["at"][:10] for each in log(gate24, "?limit=100")} <= {day, whole and day}
    for wrong in ("?kind=people", "?from=2026-11-31", "?from=2026-11-02&to=2026-11-01", "?cursor=AAAA"):
        assert gate24.http("GET", f"/v1/audit-log{wrong}", key=LEELA).status == 400, wrong


def test_a_rare_kind_is_looked_for_by_pages(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    from gate24.api import audit_routes

    monkeypatch.setattr(audit_routes, "_READ_MOST", 3)
    for number in range(7):
        gate24.http("PUT", f"/v1/members/a{number}@example.org", {"role": "agent"}, key=LEELA)
    gate24.http("POST", "/v1/keys", {"name": "bot", "scopes": ["read"]}, key=LEELA)
    for number in range(7):
        gate24.http("DELETE", f"/v1/members/a{number}@example.org", key=LEELA)
    found, cursor, asked = list[str](), "", 0
    while True:
        page = gate24.http("GET", f"/v1/audit-log?kind=keys{cursor}", key=LEELA).json
        found += [each["act"] for each in page["data"]]
        asked += 1
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == ["key.made"] and asked > 5


def test_no_send_reads_or_writes_the_log(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    contact_wrote(gate24, PHONE[1:], HOUR)
    asked: list[str] = []
    dispatch = table._Connection.dispatch

    def seen(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        asked.append(str(arguments))
        return dispatch(self, operation, arguments)

    monkeypatch.setattr(table._Connection, "dispatch", seen)
    gate24.send({"type": "text", "text": {"body": "Hello"}})
    contact_wrote(gate24, PHONE[1:], 0)
    assert asked and not [each for each in asked if "AL#" in each]
