"""``./gate24 key``."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gate24.api.render import rfc3339
from gate24.store import api_keys
from gate24.store.api_keys import KeyHolder
from tests.support.administration import Printed, administered
from tests.support.scene import HOUR, MINUTE, now, standing_clock
from tests.support.system import GUPSHUP, KEYS, META, ORG, OTHER, OTHER_ORG, System, system

DAY = 24 * HOUR
CREATE = ("key", "create", "--organization", ORG, "--name", "bot", "--scopes", "read,send")


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("keys")
    with system(folder, simulate=False, in_memory=True) as made, administered(made):
        yield made


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, Any]]:
    """By id."""
    return {key["id"]: key for key in Printed(capsys, "key", "list", *options, "--json").json["data"]}


SCOPES = "Scopes are read, send, consent, templates, webhooks, erase, admin."
OF_AN_ORGANIZATION = ("--organization", ORG, "--scopes", "read")
WRONG = [
    (["key"], "Missing command"),
    (["key", "make"], "No such command 'make'"),
    (["key", "create", *OF_AN_ORGANIZATION], "Missing option '--name'"),
    (["key", "create", "--name", "", *OF_AN_ORGANIZATION], "The name of a key is empty"),
    (["key", "create", "--name", "x" * 81, *OF_AN_ORGANIZATION], "has at most 80 characters, this one 81."),
    (["key", "create", "--name", "a\nb", *OF_AN_ORGANIZATION], "no line breaks"),
    (["key", "create", "--name", "bot", "--organization", ORG], "Give --organization and --scopes, or --platform."),
    (["key", "create", "--name", "bot", "--scopes", "read"], "Give --organization and --scopes, or --platform."),
    (["key", "create", "--name", "bot"], "Give --organization and --scopes, or --platform."),
    (["key", "create", "--name", "bot", "--organization", ORG, "--scopes", "root"], f"no scope root. {SCOPES}"),
    (["key", "create", "--name", "bot", "--organization", ORG, "--scopes", "read,Send"], f"no scope Send. {SCOPES}"),
    (["key", "create", "--name", "bot", "--organization", ORG, "--scopes", " , "], f"A key needs a scope. {SCOPES}"),
    (["key", "create", "--name", "bot", "--organization", "nobody", "--scopes", "read"], "no organization nobody."),
    (["key", "create", "--name", "bot", "--organization", "", "--scopes", "read"], "There is no organization ."),
    (["key", "create", "--name", "bot", "--platform", "--organization", ORG], "leave both away"),
    (["key", "create", "--name", "bot", "--platform", "--scopes", "admin"], "leave both away"),
    ([*CREATE, "--expires", "90x"], "'90x' is no duration like 90d, 24h or 30m."),
    ([*CREATE, "--expires", "90"], "'90' is no duration"),
    ([*CREATE, "--expires", "-1d"], "'-1d' is no duration"),
    ([*CREATE, "--expires", "1.5d"], "'1.5d' is no duration"),
    ([*CREATE, "--expires", "९d"], "'९d' is no duration"),
    ([*CREATE, "--expires", "0d"], "'0d' is too short."),
    ([*CREATE, "--expires", "3651d"], "'3651d' is longer than 3650 days."),
    ([*CREATE, "--channel", "none"], f"{ORG} has no channel none. It has {GUPSHUP}, {META}."),
    ([*CREATE, "--channel", GUPSHUP, "--channel", OTHER], f"{ORG} has no channel {OTHER}."),
    ([*CREATE, "--channel", ""], f"{ORG} has no channel ."),
    (["key", "create", "--name", "bot", "--platform", "--channel", GUPSHUP], "leave --channel away"),
    ([*CREATE, "surplus"], "Got unexpected extra argument (surplus)"),
    (["key", "list", "--organization", "nobody"], "There is no organization nobody."),
    (["key", "revoke"], "Missing argument 'KEY-ID'"),
    (["key", "revoke", "0123456789ab"], "There is no key 0123456789ab: it was revoked, or never was."),
    (["key", "revoke", ""], "There is no key :"),
    (["key", "rotate"], "Missing argument 'KEY-ID'"),
    (["key", "rotate", "0123456789ab"], "There is no key 0123456789ab"),
    (["key", "rotate", "0123456789ab", "--grace", "soon"], "'soon' is no duration"),
    (["key", "rotate", "0123456789ab", "--grace", "31d"], "'31d' is longer than 30 days."),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=[" ".join(arguments)[:60] for arguments, _ in WRONG])
def test_what_is_asked_wrongly_is_refused_with_a_sentence_and_changes_nothing(
    gate24: System, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    listed(capsys)  # looks for keys of before, once
    before = gate24.items()
    printed = Printed(capsys, *arguments)
    assert (printed.status, printed.out) == (2, "")
    assert sentence in printed.err
    assert gate24.items() == before


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_made_key_is_printed_once_and_works_at_once(
    gate24: System, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    with standing_clock(now()) as time:
        printed = Printed(capsys, *CREATE, "--expires", "90d", *options)
        assert printed.status == 0 and set(printed.json) == {"id", "key"}
        made = printed.json
        assert gate24.http("GET", "/v1/me", key=made["key"]).json["scopes"] == ["read", "send"]
        found = listed(capsys, "--organization", ORG)[made["id"]]
        assert found["expires_at"] == rfc3339(time[0] + 90 * DAY)
        assert (found["created_at"], found["last_used_at"]) == (rfc3339(time[0]), rfc3339(time[0]))
    assert found["prefix"] == made["key"][:8]
    assert (found["organization"], found["name"], found["scopes"]) == (ORG, "bot", ["read", "send"])
    assert made["key"] not in json.dumps(listed(capsys)) + Printed(capsys, "key", "list").out


@pytest.mark.parametrize(("text", "lasts"), [("30m", 30 * MINUTE), ("24h", DAY), ("3650d", 3650 * DAY)])
def test_an_expiry_is_given_in_minutes_hours_or_days(
    gate24: System, capsys: pytest.CaptureFixture[str], text: str, lasts: int
) -> None:
    with standing_clock(now()) as time:
        made = Printed(capsys, *CREATE, "--expires", text).json
        assert listed(capsys)[made["id"]]["expires_at"] == rfc3339(time[0] + lasts)


def test_keys_are_listed_for_people_in_columns(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    made = Printed(capsys, *CREATE).json
    header, *rows = Printed(capsys, "key", "list", "--organization", ORG).out.splitlines()
    assert header.split("  ")[0] == "ID" and "LAST USED" in header and header.endswith("EXPIRES")
    row = next(row for row in rows if row.startswith(made["id"]))
    assert row.split()[1:6] == [ORG, "bot", made["key"][:8], "read,send", "all"] and row.endswith("never")
    ids = {key["id"] for key in listed(capsys).values() if key["organization"] == OTHER_ORG}
    assert ids and not any(row.split()[0] in ids for row in rows)


def test_a_key_is_limited_to_the_channels_that_are_named(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    made = Printed(capsys, *CREATE, "--channel", META, "--channel", GUPSHUP).json
    channels = gate24.http("GET", "/v1/me", key=made["key"]).json["channels"]
    assert {each["id"] for each in channels} == {GUPSHUP, META}
    one = Printed(capsys, *CREATE, "--channel", META).json
    assert [each["id"] for each in gate24.http("GET", "/v1/me", key=one["key"]).json["channels"]] == [META]
    limits = {key["id"]: key["channels"] for key in listed(capsys).values()}
    assert (limits[made["id"]], limits[one["id"]]) == ([GUPSHUP, META], [META])
    rows = Printed(capsys, "key", "list", "--organization", ORG).out.splitlines()
    assert next(row for row in rows if row.startswith(made["id"])).split()[5] == f"{GUPSHUP},{META}"


def test_an_organization_without_keys_has_none(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    for key in api_keys.of_organization(OTHER_ORG):
        api_keys.revoke(key)
    assert Printed(capsys, "key", "list", "--organization", OTHER_ORG).out == "There is no key.\n"
    api_keys.put(KEYS[OTHER_ORG], KeyHolder(OTHER_ORG, "tests", frozenset({"read"})))


def test_a_revoked_key_is_refused_and_listed_no_more(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    made = Printed(capsys, *CREATE).json
    printed = Printed(capsys, "key", "revoke", made["id"])
    assert printed.out == f"Revoked {made['id']} (bot, {ORG}): it ends within 30 s.\n"
    assert gate24.http("GET", "/v1/me", key=made["key"]).status == 403
    assert made["id"] not in listed(capsys)
    assert Printed(capsys, "key", "revoke", made["id"]).status == 2
    again = Printed(capsys, *CREATE).json
    assert Printed(capsys, "key", "revoke", again["id"], "--json").json == {"id": again["id"], "revoked": True}


@pytest.mark.parametrize(("options", "lasts"), [((), DAY), (("--grace", "30m"), 30 * MINUTE), (("--grace", "0m"), 0)])
def test_a_rotated_key_is_printed_once_and_the_old_one_ends_after_the_time_of_grace(
    gate24: System, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], lasts: int
) -> None:
    with standing_clock(now()) as time:
        made, began = Printed(capsys, *CREATE).json, time[0]
        printed = Printed(capsys, "key", "rotate", made["id"], *options)
        rotated = printed.json
        assert ("The old secret ends within 30 s." in printed.err) == (lasts == 0)
        assert rotated == {"id": made["id"], "key": rotated["key"], "previous_valid_until": rfc3339(time[0] + lasts)}
        assert rotated["key"] != made["key"]
        for moment, status in ((lasts - 1, 200), (lasts, 403)) if lasts else ((0, 403),):
            time[0] = began + moment
            assert gate24.http("GET", "/v1/me", key=made["key"]).status == status
            assert gate24.http("GET", "/v1/me", key=rotated["key"]).status == 200


def test_an_expired_key_is_listed_and_not_rotated(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    with standing_clock(now()) as time:
        made = Printed(capsys, *CREATE, "--expires", "30m").json
        time[0] += 30 * MINUTE
        assert made["id"] in listed(capsys)
        printed = Printed(capsys, "key", "rotate", made["id"])
        assert (printed.status, printed.err) == (2, f"gate24: Key {made['id']} has expired: make a new one.\n")


def test_keys_of_before_are_looked_for_once(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    listed(capsys)
    assert "whole table" not in Printed(capsys, "key", "list").err
    search, key = api_keys._SEARCHED, api_keys.key_id(KEYS["reader"])
    for place in (search, f"{ORG}#{key}"):
        gate24.dynamodb.delete_item(TableName=gate24.table, Key={"pk": {"S": "KEYS"}, "sk": {"S": place}})
    printed = Printed(capsys, "key", "list")
    assert "Looking once through the whole table for keys: " in printed.err
    assert key in printed.out


def test_on_a_small_table_without_keys_of_before_the_search_says_nothing(
    gate24: System, capsys: pytest.CaptureFixture[str]
) -> None:
    listed(capsys)
    gate24.dynamodb.delete_item(TableName=gate24.table, Key={"pk": {"S": "KEYS"}, "sk": {"S": api_keys._SEARCHED}})
    assert Printed(capsys, "key", "list").err == ""
    assert api_keys.was_searched()


def test_a_rotation_that_somebody_else_overtakes_has_failed(
    gate24: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Printed(capsys, *CREATE).json
    monkeypatch.setattr(api_keys, "rotate", lambda *_: None)
    printed = Printed(capsys, "key", "rotate", made["id"])
    assert (printed.status, printed.out) == (1, "")
    assert "revoked or rotated by somebody else" in printed.err
