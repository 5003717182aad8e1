"""``./gate24 organization``, ``channel`` and ``secret``: what they make is used by webhooks, sends and the API."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from gate24.store import api_keys, aws, direct_calls, organizations, secrets, table
from gate24.store.api_keys import KeyHolder
from infra.admin.simulator import Simulator
from stack.settings import ROOT
from tests.support.administration import Printed, administered
from tests.support.bodies import PHONE_NUMBER_ID, gupshup_text, meta_text, sign
from tests.support.scene import HOUR, new_number, now
from tests.support.system import GUPSHUP, META, ORG, OTHER, TEXT, System, system

PAGE = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
TRUST = ("--name", "Reading Trust", "--timezone", "Asia/Kolkata", "--currency", "USD")
AT_GUPSHUP = ("--provider", "gupshup", "--number", "+91 98765 43216", "--app", "ReadingApp")
AT_META = ("--provider", "meta", "--number", "+919876543217", "--phone-number-id", "100000000000007")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("administer")
    with system(folder, in_memory=True) as made:
        assert made.simulator is not None
        with administered(made, Simulator(made.simulator.url, folder / "bsp.json")):
            yield made


@pytest.fixture
def run(deployed: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(*arguments: str, given: str = "") -> Printed:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        printed = Printed(capsys, *arguments)
        assert printed.status == 0, printed.err
        secrets.forget()
        return printed

    return run


def test_an_organization_is_created_listed_shown_and_changed(deployed: System, run: Any) -> None:
    created = run("organization", "create", "trust", *TRUST, "--json").json
    assert {name: created[name] for name in ("id", "name", "timezone", "currency", "retention_days", "channels")} == {
        "id": "trust",
        "name": "Reading Trust",
        "timezone": "Asia/Kolkata",
        "currency": "USD",
        "retention_days": None,
        "channels": [],
    }
    assert "stop" in created["opt_out_keywords"]
    assert run("organization", "show", "trust", "--json").json == created
    assert "trust" in [each["id"] for each in run("organization", "list", "--json").json["data"]]
    row = next(line for line in run("organization", "list").out.splitlines() if line.startswith("trust "))
    assert row.split() == ["trust", "Reading", "Trust", "Asia/Kolkata", "USD", "forever"]
    changed = run("organization", "set", "trust", "--retention-days", "365", "--currency", "INR", "--json").json
    assert changed == created | {"retention_days": 365, "currency": "INR"}
    words = run("organization", "set", "trust", "--opt-out-keywords", "halt, 👎", "--json").json["opt_out_keywords"]
    assert words == ["halt", "👎"]
    more = ("organization", "set", "trust", "--add-opt-out-keywords", "Halt!,বন্ধ", "--remove-opt-out-keywords", "👎")
    changed = run(*more, "--add-opt-in-keywords", "yes", "--json").json
    assert changed["opt_out_keywords"] == ["halt", "বন্ধ"]
    assert changed["opt_in_keywords"] == sorted([*created["opt_in_keywords"], "yes"])
    assert run("organization", "set", "trust", "--retention-days", "forever", "--json").json["retention_days"] is None
    assert "retention_days" in run("organization", "show", "trust").out


def test_a_currency_without_a_rate_card_is_warned_of_when_it_is_set(run: Any) -> None:
    assert run("organization", "create", "dollars", *TRUST).err == ""
    there = ("--name", "Nepal Trust", "--time-zone", "Asia/Kathmandu", "--currency", "NPR", "--json")
    created = run("organization", "create", "rupees", *there)
    assert created.json["timezone"] == "Asia/Kathmandu", "the other spelling is taken, too"
    assert created.err.startswith("Warning: no rate card is in NPR")
    assert "There are rate cards in INR, USD: ./gate24 organization set rupees --currency USD\n" in created.err
    assert run("organization", "set", "rupees", "--name", "Trust of Nepal").err == ""
    assert run("organization", "set", "rupees", "--currency", "EUR").err.startswith("Warning: no rate card is in EUR")
    assert run("organization", "set", "rupees", "--currency", "INR").err == ""
    assert run("organization", "set", "rupees", "--currency", "USD").err == ""


def test_a_channel_at_gupshup_works_with_what_its_creation_prints(deployed: System, run: Any) -> None:
    run("organization", "create", "readers", *TRUST)
    printed = run("channel", "create", "readers-gupshup", "--organization", "readers", *AT_GUPSHUP, "--json")
    created, phone = printed.json, new_number()
    assert created["webhook_url"] == "https://gate24.example.org/webhooks/gupshup/readers-gupshup"
    assert (created["business_number"], created["rate_card"]) == ("+919876543216", "gupshup-2021-02")
    assert any(created["webhook_url"] + "?token=" in step for step in created["steps"])
    assert not any(created["webhook_token"] in step for step in created["steps"])
    run("secret", "set", "readers-gupshup", "api-key", given="key-of-the-app\n")
    assert "key-of-the-app" not in run("channel", "show", "readers-gupshup").out
    header = {"X-Webhook-Token": created["webhook_token"]}
    body = gupshup_text("Hello", f"w.{phone}", phone, now() - HOUR)
    assert deployed.webhook(body, "readers-gupshup", header).status == 200
    api_keys.put("key-readers", KeyHolder("readers", "tests", frozenset({"read", "send", "admin"})))
    assert [each["channel"] for each in deployed.contact(phone, "key-readers")["windows"]] == ["readers-gupshup"]
    sent = deployed.send({"to": phone, "channel": "readers-gupshup", **TEXT}, key="key-readers")
    assert (sent.status, sent.json["status"]) == (202, "accepted")
    assert deployed.contact(phone)["code"] == "not_found", "of another organization"


def test_the_steps_name_the_stack_that_is_meant(deployed: System, run: Any) -> None:
    run("organization", "create", "steps", *TRUST)
    number = ("--number", "+919876543201", "--app", "StepsApp", "--provider", "gupshup")
    steps = run("channel", "create", "steps", "--organization", "steps", *number, "--stack", "gate24-prod", "--json")
    assert steps.json["steps"][-1].endswith("./gate24 secret set steps api-key --stack gate24-prod")
    run("channel", "delete", "steps", "--yes")


def test_beside_the_simulator_it_is_said_that_the_steps_are_the_providers(deployed: System, run: Any) -> None:
    run("organization", "create", "beside", *TRUST)
    number = ("--number", "+919876543202", "--app", "BesideApp", "--provider", "gupshup")
    for base, is_said in ((), True), (("--api-base", "https://bsp.example.org"), False):
        printed = run("channel", "create", "beside", "--organization", "beside", *number, *base).out
        assert ("the simulator stands for the provider" in printed) == is_said
        assert "Add this as" in printed, "the provider's own words are there in any case"
        run("channel", "delete", "beside", "--yes")


def test_a_channel_at_meta_works_with_what_its_creation_prints(deployed: System, run: Any) -> None:
    run("organization", "create", "writers", *TRUST)
    lines = run("channel", "create", "writers-meta", "--organization", "writers", *AT_META).out.splitlines()
    assert lines[1] == "Webhook URL:   https://gate24.example.org/webhooks/meta/writers-meta"
    verify_token = lines[2].removeprefix("Verify token: ").split()[0]
    asked = f"?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={verify_token}"
    handshake = deployed.http("GET", f"/webhooks/meta/writers-meta{asked}", key=None)
    assert (handshake.status, handshake.text) == (200, "1158201444")
    run("secret", "set", "writers-meta", "app-secret", given="secret-of-the-app")
    run("secret", "set", "writers-meta", "api-key", given="token-of-the-app")
    phone = new_number()
    raw = meta_body(phone, "100000000000007")
    signature = {"X-Hub-Signature-256": sign("secret-of-the-app", raw.encode())}
    assert deployed.http("POST", "/webhooks/meta/writers-meta", raw, signature, key=None).status == 200
    api_keys.put("key-writers", KeyHolder("writers", "tests", frozenset({"read", "send"})))
    assert [each["channel"] for each in deployed.contact(phone, "key-writers")["windows"]] == ["writers-meta"]
    assert deployed.send({"to": phone, "channel": "writers-meta", **TEXT}, key="key-writers").status == 202
    shown = run("channel", "show", "writers-meta", "--json").json
    assert shown["secrets"] == {"api-key": 1, "app-secret": 1, "verify-token": 1}


def meta_body(phone: str, phone_number_id: str) -> str:
    return json.dumps(meta_text("Hello", f"w.{phone}", phone, now() - HOUR)).replace(PHONE_NUMBER_ID, phone_number_id)


def taken(deployed: System, token: str) -> bool:
    phone = new_number()
    body = gupshup_text("Hello", f"w.{phone}", phone, now() - HOUR)
    status = deployed.webhook(body, OTHER, {"X-Webhook-Token": token}).status
    assert status in (200, 401)
    return status == 200


def test_an_added_secret_is_valid_beside_the_old_one_and_a_set_one_alone(deployed: System, run: Any) -> None:
    before = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=f"channels/{OTHER}")["SecretString"])
    with_more = json.dumps(before | {"of_a_later_version": "kept"})
    boto3.client("secretsmanager").put_secret_value(SecretId=f"channels/{OTHER}", SecretString=with_more)
    secrets.forget()
    said = run("secret", "set", OTHER, "webhook-token", "--add", given="the-second-token\n").out
    assert said == (
        f"The webhook-token of {OTHER} is set; 2 are valid now.\n"
        "The functions take it within a minute: wait that long.\n"
    )
    assert taken(deployed, "the-second-token") and taken(deployed, "webhook-token")
    again = run("secret", "set", OTHER, "webhook-token", "--add", "--json", given="the-second-token\n").json
    assert again == {"channel": OTHER, "secret": "webhook-token", "valid": 2}
    run("secret", "set", OTHER, "webhook-token", given="the-third-token\n")
    assert [taken(deployed, token) for token in ("the-third-token", "the-second-token", "webhook-token")] == [
        *(True, False, False)
    ]
    after = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=f"channels/{OTHER}")["SecretString"])
    assert after == before | {"of_a_later_version": "kept", "webhook_tokens": ["the-third-token"]}


def test_a_secret_that_is_no_json_object_is_mended(deployed: System, run: Any) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=f"channels/{OTHER}", SecretString="a slip")
    secrets.forget()
    run("secret", "set", OTHER, "webhook-token", given="webhook-token\n")
    assert taken(deployed, "webhook-token")


def test_a_channel_has_a_price_list_for_each_time(deployed: System, run: Any) -> None:
    cards = [f"--rate-card={each}" for each in ("gupshup-2026-10-01:2999-01-01", "gupshup-2021-02")]
    both = [{"card": "gupshup-2021-02", "from": "2021-02-01"}, {"card": "gupshup-2026-10-01", "from": "2999-01-01"}]
    changed = run("channel", "set", GUPSHUP, *cards, "--json").json
    assert (changed["rate_card"], changed["rate_cards"]) == ("gupshup-2021-02", both)
    assert "gupshup-2026-10-01 from 2999-01-01" in run("channel", "show", GUPSHUP).out
    changed = run("channel", "set", GUPSHUP, "--rate-card=gupshup-2021-02", "--margin-seconds=30", "--json").json
    assert changed["rate_cards"] == both[:1]
    assert run("channel", "set", GUPSHUP, "--margin-seconds=31", "--json").json["rate_cards"] == both[:1]


def test_a_channel_is_changed_and_its_former_number_leads_nowhere(deployed: System, run: Any) -> None:
    arguments = ("--phone-number-id", "100000000000005", "--reactions-open", "on", "--margin-seconds", "60")
    changed = run("channel", "set", META, *arguments, "--rate-card", "gupshup-2021-02:2026-10-01", "--json").json
    assert (changed["phone_number_id"], changed["reactions_open"], changed["margin_seconds"]) == (
        *("100000000000005", True, 60),
    )
    assert changed["rate_card"] == "gupshup-2021-02"
    assert organizations.channel_by_number("100000000000001") is None
    found = organizations.channel_by_number("100000000000005")
    assert found == organizations.channel(META) and found is not None and found.reactions_open
    run("channel", "set", META, "--phone-number-id", "100000000000001", "--rate-card", "meta-2026-10-01")
    listed = run("channel", "list", "--organization", ORG, "--json").json["data"]
    assert [each["id"] for each in listed] == [GUPSHUP, META]
    header, *rows = run("channel", "list").out.splitlines()
    assert header.split() == ["ID", "ORGANIZATION", "PROVIDER", "NUMBER", "RATE", "CARD"]
    assert {row.split()[0] for row in rows} >= {GUPSHUP, META, OTHER}


def test_a_deleted_channel_is_gone_its_conversation_and_costs_stay_and_its_id_is_free(
    deployed: System, run: Any
) -> None:
    run("organization", "create", "leavers", *TRUST)
    created = (
        "channel",
        "create",
        "leaving",
        "--organization",
        "leavers",
        *AT_META[:3],
        "+919876543218",
        *AT_META[4:5],
    )
    first = run(*created, "100000000000008", "--json").json
    run("secret", "set", "leaving", "app-secret", given="secret-of-the-app")
    phone = new_number()
    raw = meta_body(phone, "100000000000008")
    signature = {"X-Hub-Signature-256": sign("secret-of-the-app", raw.encode())}
    assert deployed.http("POST", "/webhooks/meta/leaving", raw, signature, key=None).status == 200
    api_keys.put("key-leavers", KeyHolder("leavers", "tests", frozenset({"read", "admin"})))
    template = {"channel": "leaving", "bsp_template_id": "t", "language": "en", "category": "utility"}
    entered = template | {"status": "approved", "params": 0, "media": None}
    assert deployed.http("PUT", "/v1/templates/visit", entered, key="key-leavers").status == 200
    said = run("channel", "delete", "leaving", "--yes").out
    assert said == (
        "Deleted: leaving (+919876543218 at meta), its secrets and its 1 templates. "
        "Its conversations and costs are kept.\n"
    )
    assert deployed.http("POST", "/webhooks/meta/leaving", raw, signature, key=None).status == 401
    assert organizations.channel_by_number("100000000000008") is None
    assert deployed.http("GET", "/v1/templates", key="key-leavers").json["data"] == []
    path = f"/v1/contacts/{phone}/messages"
    assert [each["text"] for each in deployed.http("GET", path, key="key-leavers").json["data"]] == ["Hello"]
    assert deployed.contact(phone, "key-leavers")["windows"] == []
    days = run("rollup", "--organization", "leavers", "--json").json["days"]
    assert len(days) > 1
    again = run(*created, "100000000000008", "--json").json
    assert again["verify_token"] != first["verify_token"]
    assert run("channel", "show", "leaving", "--json").json["secrets"] == {
        "api-key": 0,
        "app-secret": 0,
        "verify-token": 1,
    }
    assert deployed.http("POST", "/webhooks/meta/leaving", raw, signature, key=None).status == 401
    run("channel", "delete", "leaving", "--yes")


def listed_permissions(row: str) -> set[str]:
    """The actions that docs/administration.md names in the row that begins so."""
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row} |"))
    return {name.rpartition(":")[2] for name in re.findall(r"`((?:dynamodb:|secretsmanager:)?[A-Z]\w+)`", line)}


def test_the_page_names_the_permissions_that_the_commands_need_and_no_others(
    deployed: System, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: dict[str, set[str]] = {}
    table_client, secrets_client = table.connection().connection.client, aws.secrets_manager()

    def noting(command: str, *arguments: str, given: str = "") -> None:
        noted = done.setdefault(command, set())
        with monkeypatch.context() as patch:
            for client in (table_client, secrets_client):
                call = client._make_api_call

                def note(operation: str, asked: Any, call: Any = call) -> Any:
                    noted.add(operation)
                    return call(operation, asked)

                patch.setattr(client, "_make_api_call", note)

            def note_secret(client: Any, name: str, read: Any = direct_calls.get_secret) -> Any:
                noted.add("GetSecretValue")
                return read(client, name)

            patch.setattr(table, "get_secret", note_secret)
            run(*arguments, given=given)

    noting("settings", "organization", "create", "permits", *TRUST)
    noting("settings", "organization", "set", "permits", "--retention-days", "90")
    noting("settings", "organization", "list")
    create = ("channel", "create", "permits", "--organization", "permits", *AT_META[:3], "+919876543202", *AT_META[4:5])
    noting("write secrets", *create, "100000000000006")
    noting("write secrets", "secret", "set", "permits", "app-secret", given="secret-of-the-app")
    noting("read secrets", "channel", "show", "permits")
    api_keys.put("key-permits", KeyHolder("permits", "tests", frozenset({"admin"})))
    template = {"channel": "permits", "bsp_template_id": "t", "language": "en", "category": "utility"}
    entered = template | {"status": "approved", "params": 0, "media": None}
    assert deployed.http("PUT", "/v1/templates/visit", entered, key="key-permits").status == 200
    noting("delete", "channel", "delete", "permits", "--yes")
    noting("write secrets", *create, "100000000000006")
    noting("delete", "channel", "delete", "permits", "--yes")
    of_table = {name for name in set().union(*done.values()) if name.endswith("Item") or name == "Query"}
    assert of_table == listed_permissions("`organization`, `channel`, `unrecognized`")
    assert done["settings"] <= of_table
    assert done["write secrets"] - of_table == listed_permissions("`channel create`, `secret set`")
    assert done["read secrets"] - of_table == listed_permissions("`channel show`")
    assert done["delete"] - of_table == listed_permissions("`channel delete`")


def test_who_does_not_say_yes_deletes_nothing(
    deployed: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    printed = Printed(capsys, "channel", "delete", GUPSHUP)
    assert (printed.status, "Nothing was done." in printed.err) == (1, True)
    assert organizations.channel(GUPSHUP) is not None
