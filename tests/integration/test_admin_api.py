"""Organizations, channels and secrets by the API of a platform, as ``./gate24`` has them."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from gate24.api.routes import ROUTES
from gate24.rules.channel_secrets import KINDS
from gate24.settings import settings
from gate24.store import api_keys, documents, organizations
from gate24.store import secrets as channel_secrets
from gate24.usecases.administer_organizations import create_organization
from gate24.usecases.make_api_key import create_api_key
from tests.integration.test_administer_wrongly import (
    CHANNEL,
    GOOD_GUPSHUP,
    GOOD_META,
    GOOD_ORGANIZATION,
    ID,
    IDS,
    INR,
    META_CHANNEL,
    NO_SHARES,
    ORGANIZATION,
    SECRETS,
    everything,
)
from tests.support.administration import Printed, administered
from tests.support.bodies import gupshup_text, meta_text, sign
from tests.support.documented import only_documented_answers
from tests.support.memory_table import memory_table
from tests.support.scene import new_number, now
from tests.support.system import GUPSHUP, META, ORG, OTHER, OTHER_ORG, Answer, System, system

ALL = "/v1/admin/organizations"
HERE = f"{ALL}/{ORG}"
CHANNELS = f"{HERE}/channels"
KEY_OF_THE_PROVIDER = "a-secret-of-the-provider"


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("admin-api")
    with (
        system(folder, simulate=False) as made,
        memory_table(made.dynamodb),
        administered(made),
        only_documented_answers(),
    ):
        create_organization("rupees", {**GOOD_ORGANIZATION, "currency": "INR"})
        yield made


class Platform:
    """Asks with a key of the platform."""

    def __init__(self, gate24: System) -> None:
        self.gate24, self.made = gate24, create_api_key("", "portal", ["admin"], None, now())

    def __call__(self, method: str, path: str, body: Any = None) -> Answer:
        return self.gate24.http(method, path, body, key=self.made.secret)


@pytest.fixture(scope="module")
def ask(gate24: System) -> Platform:
    return Platform(gate24)


def in_json(given: dict[str, str], **more: Any) -> dict[str, Any]:
    """What the command is given, as the API takes it."""
    return {name: value for each, option in given.items() for name, value in [_setting(each, option)]} | more


NUMBERS = (
    *("retention-days", "sends-at-once", "closing-soon-minutes", "closing-digest-minutes"),
    *("margin-seconds", "messages-per-second"),
)
SWITCHES = ("pair-limit", "unsupported-opens", "reactions-open", "refuse-above-budget")


def _setting(option: str, value: str) -> tuple[str, Any]:
    name = {"number": "business_number"}.get(option, option.replace("-", "_"))
    if option in NUMBERS and value.removeprefix("-").isdigit():
        return name, int(value)
    if option in SWITCHES and value == "on":
        return name, True
    return name, value.split(",") if option.endswith("keywords") else value


# From nothing to the first message


def test_an_organization_its_channel_its_secrets_and_its_key_are_made_by_api(gate24: System, ask: Platform) -> None:
    made = ask("POST", ALL, in_json(GOOD_ORGANIZATION, id="reading-trust", retention_days=365))
    assert (made.status, made.json) == (201, ask("GET", f"{ALL}/reading-trust").json)
    assert made.json["retention_days"] == 365 and made.json["channels"] == [] and "STOP" in str(made.json).upper()
    number = {"id": "reading", "provider": "gupshup", "business_number": "+91 98765 43216", "app": "ReadingApp"}
    channel = ask("POST", f"{ALL}/reading-trust/channels", number)
    assert channel.status == 201 and channel.json["business_number"] == "+919876543216"
    assert channel.json["webhook_url"] == "https://api.example.org/webhooks/gupshup/reading"
    address = f"{ALL}/reading-trust/channels/reading/secrets"
    assert any(f"Store the app's API key: PUT {address}/api-key" in step for step in channel.json["steps"])
    assert ask("PUT", f"{address}/api-key", {"value": KEY_OF_THE_PROVIDER}).json == {
        "channel": "reading",
        "secret": "api-key",
        "valid": 1,
    }
    key = ask("POST", f"{ALL}/reading-trust/keys", {"name": "chatbot", "scopes": ["read"]}).json["key"]
    phone, token = new_number(), channel.json["webhook_token"]
    told = gate24.webhook(gupshup_text("Namaste", "wamid.first", phone, now()), "reading", {"X-Webhook-Token": token})
    assert told.status == 200
    assert gate24.http("GET", f"/v1/contacts/{phone}", key=key).json["windows"][0]["window"]["state"] == "open"
    shown = ask("GET", f"{ALL}/reading-trust/channels/reading").json
    assert shown["secrets"] == {"api-key": 1, "webhook-token": 1} and not {"webhook_token", "steps"} & shown.keys()
    assert ask("GET", f"{ALL}/reading-trust").json["channels"] == ["reading"]


def test_a_channel_at_meta_is_made_and_hears_once_it_has_the_app_secret(gate24: System, ask: Platform) -> None:
    given = in_json(GOOD_META, id="by-api-meta", business_number="+919876543218", rate_card="meta-2026-10-01")
    made = ask("POST", CHANNELS, given)
    assert made.status == 201
    handshake = f"hub.mode=subscribe&hub.challenge=17&hub.verify_token={made.json['verify_token']}"
    assert gate24.http("GET", f"/webhooks/meta/by-api-meta?{handshake}", key=None).text == "17"
    body = json.dumps(meta_text("Namaste", "wamid.meta", new_number(), now(), GOOD_META["phone-number-id"]))
    signed = {"X-Hub-Signature-256": sign("the-app-secret", body.encode())}
    assert gate24.http("POST", "/webhooks/meta/by-api-meta", body, signed, key=None).status == 401
    assert ask("PUT", f"{CHANNELS}/by-api-meta/secrets/app-secret", {"value": "the-app-secret"}).status == 200
    assert gate24.http("POST", "/webhooks/meta/by-api-meta", body, signed, key=None).status == 200
    assert ask("DELETE", f"{CHANNELS}/by-api-meta").status == 204
    assert ask("DELETE", f"{CHANNELS}/by-api-meta").status == 404
    assert gate24.http("POST", "/webhooks/meta/by-api-meta", body, signed, key=None).status == 401
    assert "by-api-meta" not in ask("GET", CHANNELS).text


def test_both_doors_show_the_same(
    gate24: System, ask: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Printed(capsys, "organization", "show", ORG, "--json").json
    assert ask("GET", HERE).json == shown
    of_the_command = Printed(capsys, "channel", "show", GUPSHUP, "--json").json
    by_api = ask("GET", f"{CHANNELS}/{GUPSHUP}").json
    assert by_api.pop("webhook_url") == of_the_command.pop("webhook_url").replace("gate24.example", "api.example")
    assert by_api == of_the_command


# Changing


def test_what_is_not_given_stays(gate24: System, ask: Platform) -> None:
    before = ask("GET", HERE).json
    changed = ask("PATCH", HERE, {"retention_days": 400, "opt_out_keywords": ["Stop", "बंद"]})
    assert changed.status == 200
    assert changed.json == before | {"retention_days": 400, "opt_out_keywords": ["stop", "बंद"]} == ask("GET", HERE).json
    words = ask("PATCH", HERE, {"add_opt_out_keywords": ["Halt!"], "remove_opt_out_keywords": ["बंद"]})
    assert (words.status, words.json["opt_out_keywords"]) == (200, ["halt", "stop"])
    refused = ask("PATCH", HERE, {"remove_opt_out_keywords": ["Unsubscribe"]})
    assert (refused.status, refused.json["errors"]) == (
        400,
        [{"pointer": "/remove_opt_out_keywords", "detail": "There is no keyword 'unsubscribe' to remove."}],
    )
    assert ask("PATCH", HERE, {"retention_days": None}).json["retention_days"] is None
    for each in (HERE, f"{CHANNELS}/{GUPSHUP}"):
        was = ask("GET", each).json
        assert (was["monthly_budget"], was["budget_shares"], was["refuse_above_budget"]) == (None, [50, 80, 100], False)
        budget = {"monthly_budget": "250.0000", "budget_shares": [90, 100, 120], "refuse_above_budget": True}
        limited = ask("PATCH", each, budget | {"monthly_budget": "250", "budget_shares": [120, 90, 100, 90]})
        assert (limited.status, limited.json) == (200, was | budget)
        refused = ask("PATCH", each, {"monthly_budget": None})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/refuse_above_budget")
        none = budget | {"monthly_budget": None, "refuse_above_budget": False}
        assert ask("PATCH", each, none).json == was | none
    place = f"{CHANNELS}/{GUPSHUP}"
    of_a_channel = ask("GET", place).json
    changes = {"margin_seconds": 60, "pair_limit": False, "api_base": "https://bsp.example.com/"}
    shown = of_a_channel | changes | {"api_base": "https://bsp.example.com"}
    for _ in range(2):
        assert ask("PATCH", place, changes).json == shown == ask("GET", place).json
    assert ask("PATCH", place, {"api_base": of_a_channel["api_base"]}).status == 200


def test_secrets_are_rotated_without_a_gap(ask: Platform) -> None:
    place = f"{CHANNELS}/{GUPSHUP}/secrets/webhook-token"
    before = channel_secrets.channel_secrets(GUPSHUP).webhook_tokens
    for _ in range(2):
        assert ask("PUT", place, {"value": "the-new-token", "add": True}).json["valid"] == len(before) + 1
    assert channel_secrets.channel_secrets(GUPSHUP).webhook_tokens == ("the-new-token", *before)
    assert ask("PUT", place, {"value": before[0]}).json["valid"] == 1
    assert channel_secrets.channel_secrets(GUPSHUP).webhook_tokens == before[:1]


def test_what_was_written_a_moment_ago_is_seen_by_a_process_that_remembers_older(gate24: System, ask: Platform) -> None:
    organizations.channel(GUPSHUP), organizations.organization(ORG), organizations.channels(ORG)
    remembered = organizations._organizations._held.copy(), organizations._channels._held.copy()
    assert ask("PATCH", HERE, {"name": "Renamed"}).status == 200
    assert ask("PATCH", f"{CHANNELS}/{GUPSHUP}", {"margin_seconds": 61}).status == 200
    organizations._organizations._held.update(remembered[0])
    organizations._channels._held.update(remembered[1])
    assert ask("GET", HERE).json["name"] == "Renamed"
    assert ask("GET", f"{CHANNELS}/{GUPSHUP}").json["margin_seconds"] == 61
    assert ask("PATCH", HERE, {"sends_at_once": 100}).json["name"] == "Renamed", "another change takes nothing back"
    organizations.forget()


# Lists


def test_lists_come_in_pages(ask: Platform) -> None:
    for path, least in ((ALL, {ORG, OTHER_ORG, "rupees"}), (CHANNELS, {GUPSHUP, META})):
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = ask("GET", f"{path}?limit=1{cursor and f'&cursor={cursor}'}").json
            found, cursor = found + [each["id"] for each in page["data"]], page["next_cursor"]
        assert found == sorted(found) and least <= set(found) and len(found) == len(set(found))
    assert (
        ask("GET", f"{ALL}/{OTHER_ORG}/channels?cursor={ask('GET', f'{CHANNELS}?limit=1').json['next_cursor']}").status
        == 400
    )


def test_an_organization_whose_creation_was_broken_off_is_not_listed(
    ask: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(documents, "create", lambda *_: False)
        assert ask("POST", ALL, in_json(GOOD_ORGANIZATION, id="half")).status == 400
    assert "half" in organizations.organization_ids()
    assert "half" not in [each["id"] for each in ask("GET", ALL).json["data"]]
    assert ask("POST", ALL, in_json(GOOD_ORGANIZATION, id="half")).status == 201, "asked again, it is completed"


# What is wrong

Row = tuple[str, str, dict[str, Any], str, str]
"""Method, path, body; where and what is wrong."""


def _rows(method: str, path: str, good: dict[str, Any], table: list[tuple[str, str, str]]) -> Iterator[Row]:
    """The rows of the command's own test."""
    for option, text, said in table:
        name, value = _setting(option, text)
        if option == "budget-shares":  # a list of numbers here
            continue
        if option in SWITCHES and value is not True:
            said = "must be true or false"
        elif option in NUMBERS:
            said = said.replace(f"'{text}'", text) if isinstance(value, int) else "must be an integer"
        yield method, path, {**good, name: value}, f"/{name}", said


NEW = in_json(GOOD_ORGANIZATION, id="new")
NEW_GUPSHUP, NEW_META = in_json(GOOD_GUPSHUP, id="new"), in_json(GOOD_META, id="new")
PLACE, PLACE_META = f"{CHANNELS}/{GUPSHUP}", f"{CHANNELS}/{META}"
SECRET = {"value": "a-good-secret"}

WRONG: list[Row] = [
    *_rows("POST", ALL, NEW, ORGANIZATION),
    *_rows("PATCH", HERE, {}, ORGANIZATION),
    *_rows("POST", CHANNELS, NEW_GUPSHUP, CHANNEL),
    *_rows("POST", CHANNELS, NEW_META, META_CHANNEL),
    *_rows(
        *("PATCH", PLACE, {}),
        [row for row in CHANNEL if row[0] != "provider" and "learning-gupshup" not in row[2]],
    ),
    *(("POST", ALL, NEW | {"id": each}, "/id", f"{each!r} cannot be the id of an organization: {ID}") for each in IDS),
    *(
        ("POST", CHANNELS, NEW_GUPSHUP | {"id": each}, "/id", f"{each!r} cannot be the id of a channel: {ID}")
        for each in IDS
    ),
    ("POST", ALL, NEW | {"id": ORG}, "/id", "There is an organization learning already."),
    ("POST", CHANNELS, NEW_GUPSHUP | {"id": GUPSHUP}, "/id", "There is a channel learning-gupshup already."),
    ("POST", CHANNELS, NEW_GUPSHUP | {"id": OTHER}, "/id", "There is a channel health-gupshup already."),
    *(("POST", ALL, {each: NEW[each] for each in NEW if each != name}, f"/{name}", "is required") for name in NEW),
    *(
        ("POST", CHANNELS, {each: NEW_GUPSHUP[each] for each in NEW_GUPSHUP if each != name}, f"/{name}", said)
        for name, said in (
            *((each, "is required") for each in ("id", "provider", "business_number")),
            ("app", "A channel at gupshup needs app: the name of the app at Gupshup."),
        )
    ),
    ("POST", ALL, NEW | {"retention_days": "29"}, "/retention_days", "must be an integer or null"),
    ("POST", ALL, NEW | {"retention_days": 365.5}, "/retention_days", "must be an integer or null"),
    ("POST", ALL, NEW | {"sends_at_once": 10**30}, "/sends_at_once", "is no whole number of sends from 1 to 100000."),
    ("POST", ALL, NEW | {"opt_in_keywords": "START"}, "/opt_in_keywords", "must be a list"),
    ("POST", ALL, NEW | {"opt_in_keywords": ["x"] * 101}, "/opt_in_keywords", "too many entries: at most 100"),
    *(("PATCH", each, {"budget_shares": []}, "/budget_shares", f"[] {NO_SHARES}") for each in (HERE, PLACE)),
    *(("PATCH", each, {"budget_shares": [0]}, "/budget_shares", f"[0] {NO_SHARES}") for each in (HERE, PLACE)),
    *(("PATCH", each, {"budget_shares": [1001]}, "/budget_shares", f"[1001] {NO_SHARES}") for each in (HERE, PLACE)),
    ("PATCH", HERE, {"budget_shares": ["50"]}, "/budget_shares/0", "must be an integer"),
    ("PATCH", HERE, {"budget_shares": [50] * 11}, "/budget_shares", "too many entries: at most 10"),
    ("PATCH", HERE, {"monthly_budget": 250}, "/monthly_budget", "must be a string or null"),
    ("POST", ALL, NEW | {"name": "\ud800"}, "/name", "half of a surrogate pair"),
    ("POST", ALL, NEW | {"events_since": 1}, "/events_since", "is not a field here"),
    ("PATCH", HERE, {"id": "other"}, "/id", "is not a field here"),
    ("PATCH", HERE, {"timezone": "UTC"}, "/timezone", "The time zone of an organization that has a channel stays"),
    ("PATCH", HERE, {"currency": "INR"}, "/currency", "The currency of an organization that has a channel stays"),
    ("POST", f"{ALL}/rupees/channels", NEW_GUPSHUP, "/rate_card", INR),
    ("PATCH", PLACE, {"provider": "meta"}, "/provider", "is not a field here"),
    ("PATCH", PLACE, {"mode": "shadow"}, "/mode", "is not a field here"),
    ("PATCH", PLACE, {"pair_limit": "on"}, "/pair_limit", "must be true or false"),
    ("PATCH", PLACE_META, {"app": "A"}, "/app", "A channel at meta has no app, which is"),
    ("PATCH", PLACE, {"business_number": "+919876500003"}, "/business_number", "is used by the channel health-gupshup"),
    ("PUT", f"{PLACE}/secrets/password", SECRET, "/kind", f"must be one of: {', '.join(KINDS)}"),
    ("PUT", f"{PLACE}/secrets/api-key", SECRET | {"add": True}, "/add", "A channel has one api-key: a new one takes"),
    ("PUT", f"{PLACE}/secrets/app-secret", SECRET, "/kind", "A channel at gupshup has no app-secret; it has: api-key"),
    ("PUT", f"{PLACE_META}/secrets/webhook-token", SECRET, "/kind", "A channel at meta has no webhook-token"),
    ("PUT", f"{PLACE}/secrets/api-key", {}, "/value", "is required"),
    ("PUT", f"{PLACE}/secrets/api-key", {"value": 17}, "/value", "must be a string"),
    *(("PUT", f"{PLACE}/secrets/webhook-token", {"value": value}, "/value", said) for value, said in SECRETS),
    ("PUT", f"{PLACE}/secrets/webhook-token", {"value": "x" * 4097}, "/value", "is too long: at most 4096 characters"),
]


@pytest.mark.parametrize(("method", "path", "body", "pointer", "said"), WRONG)
def test_what_is_wrong_is_said_as_the_command_says_it_and_nothing_is_written(
    gate24: System, ask: Platform, method: str, path: str, body: dict[str, Any], pointer: str, said: str
) -> None:
    before = everything(gate24)
    answer = ask(method, path, body)
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid"), answer.text
    assert [each for each in answer.json["errors"] if each["pointer"] == pointer and said in each["detail"]], (
        answer.text
    )
    assert everything(gate24) == before


def test_all_that_is_wrong_is_said_at_once(ask: Platform) -> None:
    wrong = {"id": "two words", "name": "", "timezone": "Mars/Base", "currency": "usd"}
    errors = ask("POST", ALL, wrong).json["errors"]
    assert [each["pointer"] for each in errors] == ["/id", "/name", "/timezone", "/currency"]


@pytest.mark.parametrize("path", [HERE, PLACE])
def test_a_change_of_nothing_is_refused_in_words(ask: Platform, path: str) -> None:
    answer = ask("PATCH", path, {})
    assert (answer.status, answer.json["detail"]) == (400, "Give at least one setting.")


MISSING = [
    *((method, f"{ALL}/nobody") for method in ("GET", "PATCH")),
    *((method, f"{ALL}/nobody/channels") for method in ("GET", "POST")),
    *((method, f"{CHANNELS}/nothing") for method in ("GET", "PATCH", "DELETE")),
    *((method, f"{CHANNELS}/{OTHER}") for method in ("GET", "PATCH", "DELETE")),
    *((method, f"{ALL}/nobody/channels/{GUPSHUP}") for method in ("GET", "PATCH", "DELETE")),
    ("PUT", f"{CHANNELS}/{OTHER}/secrets/api-key"),
    ("GET", f"{ALL}/{'x' * 3000}"),
    ("GET", f"{CHANNELS}/{'x' * 3000}"),
]


@pytest.mark.parametrize(("method", "path"), MISSING)
def test_what_is_not_there_or_another_organizations_is_not_found(
    gate24: System, ask: Platform, method: str, path: str
) -> None:
    before = everything(gate24)
    answer = ask(method, path, None if method in ("GET", "DELETE") else {"anything": 1})
    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert everything(gate24) == before


@pytest.mark.parametrize(
    "address",
    [
        "https://10.0.0.7",
        "https://169.254.169.254",
        "https://bsp.internal",
        "http://127.0.0.1:9001",
        "https://127.0.0.1",
        "https://bsp.example.org",  # may lead anywhere, and would be sent the channel's key
    ],
)
def test_on_aws_no_channel_sends_into_the_network_of_the_functions(
    gate24: System, ask: Platform, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("ALLOW_LOOPBACK_ENDPOINTS", "false")
    settings.cache_clear()
    before = everything(gate24)
    try:
        for method, path, body in (("POST", CHANNELS, NEW_GUPSHUP), ("PATCH", PLACE, {})):
            answer = ask(method, path, body | {"api_base": address})
            assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/api_base"), answer.text
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert everything(gate24) == before


def test_two_creations_at_once_make_one_channel(ask: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    original = organizations.all_channels
    given = in_json(GOOD_GUPSHUP, id="raced", business_number="+919876543219", app="Raced")
    first: list[Answer] = []

    def overtaken() -> Any:
        found = original()
        monkeypatch.setattr(organizations, "all_channels", original)
        first.append(ask("POST", CHANNELS, given))
        return found

    monkeypatch.setattr(organizations, "all_channels", overtaken)
    second = ask("POST", CHANNELS, given)
    assert (first[0].status, second.status) == (201, 400)
    assert "There is a channel raced already." in second.json["detail"]
    assert first[0].json["webhook_token"] in channel_secrets.channel_secrets("raced").webhook_tokens
    assert ask("DELETE", f"{CHANNELS}/raced").status == 204


def without_log(state: Any) -> tuple[list[dict[str, Any]], Any]:
    items, *others = state
    return [item for item in items if not item["pk"]["S"].startswith("AL#")], others


def test_a_channel_whose_secret_cannot_be_stored_is_not_made_and_can_be_asked_for_again(
    gate24: System, ask: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, before = in_json(GOOD_GUPSHUP, id="again", business_number="+919876543215", app="Again"), everything(gate24)
    with monkeypatch.context() as broken:
        broken.setattr(channel_secrets, "secrets_manager", _that_fails(""))
        answer = ask("POST", CHANNELS, given)
    assert (answer.status, answer.json["retryable"]) == (503, True)
    *_, begun = (item for item in gate24.items() if item["pk"]["S"] == f"AL#{ORG}")
    assert '"act": "channel.added"' in begun["j"]["S"] and '"outcome": "unknown"' in begun["j"]["S"]
    assert without_log(everything(gate24)) == without_log(before)
    assert ask("POST", CHANNELS, given).status == 201
    again = ask("POST", CHANNELS, given)
    assert (again.status, again.json["detail"]) == (400, "There is a channel again already.")
    assert ask("DELETE", f"{CHANNELS}/again").status == 204


# Who may


OPERATIONS = [route for route in ROUTES if route.of_platform]


@pytest.mark.parametrize("route", OPERATIONS, ids=lambda route: route.operation)
def test_no_key_of_an_organization_administers_not_even_its_own(gate24: System, route: Any) -> None:
    path = route.path.replace("{id}", ORG).replace("{channel_id}", GUPSHUP).replace("{kind}", "api-key")
    before = everything(gate24)
    answer = gate24.http(route.method, path.replace("{key_id}", "none"), None if route.method == "GET" else SECRET)
    assert (answer.status, answer.json["code"]) == (403, "unauthorized")
    assert "This takes a key of the platform" in answer.json["detail"]
    assert everything(gate24) == before


def test_a_revoked_key_of_the_platform_administers_nothing(gate24: System) -> None:
    ask = Platform(gate24)
    assert ask("GET", ALL).status == 200
    api_keys.revoke(ask.made.key)
    assert {ask("GET", ALL).status, ask("PATCH", HERE, {"name": "Mine"}).status} == {403}
    assert ask("PUT", f"{PLACE}/secrets/api-key", SECRET).status == 403


# What is not told


def test_a_secret_is_in_no_answer_and_in_no_line_of_the_log(
    ask: Platform, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, place = "never-to-be-seen-again", f"{PLACE}/secrets"
    answers = []
    with caplog.at_level(logging.DEBUG):
        for kind, body in (
            *((kind, {"value": secret}) for kind in (*KINDS, "password")),
            ("webhook-token", {"value": secret, "add": True}),
            ("api-key", {"value": secret, "add": True}),
            ("api-key", {"value": f"{secret} "}),
            ("api-key", {"value": f"{secret}\ud800"}),
            ("api-key", {"value": [secret]}),
            ("api-key", f'{{"value": "{secret}"'),
        ):
            answers.append(ask("PUT", f"{place}/{kind}", body))
        with monkeypatch.context() as broken:
            broken.setattr(channel_secrets, "RECOVERY_DAYS", None)
            broken.setattr(channel_secrets, "secrets_manager", _that_fails(secret))
            answers.append(ask("PUT", f"{place}/api-key", {"value": secret}))
        answers += [ask("GET", PLACE), ask("GET", CHANNELS), ask("PATCH", PLACE, {"margin_seconds": 30})]
    assert {answer.status for answer in answers} == {200, 400, 503}
    printed = capsys.readouterr()
    for text in (*(answer.text for answer in answers), printed.out, printed.err):
        assert secret not in text
    of_gate24 = [record for record in caplog.records if not record.name.startswith(("botocore", "urllib3"))]
    assert not [record for record in of_gate24 if secret in str(record.__dict__)]


def _that_fails(secret: str) -> Any:
    """Secrets Manager refuses to write, and repeats what it was sent."""
    client: Any = boto3.client("secretsmanager")

    def refuse(**sent: Any) -> None:
        assert secret in sent["SecretString"]
        error: Any = {"Error": {"Code": "InternalServiceError", "Message": f"cannot write {sent['SecretString']}"}}
        raise client.exceptions.ClientError(error, "PutSecretValue")

    client.put_secret_value = refuse
    return lambda: client


def test_the_functions_entry_has_each_route_of_the_platform(gate24: System) -> None:
    from admin_api import handler

    of_organizations = {"listOwnChannels", "syncOwnTemplates", "importPeople"}  # which take what these do
    assert handler._OPERATIONS.keys() == {route.operation for route in OPERATIONS} | of_organizations


def test_a_channel_has_a_price_list_for_each_time(ask: Platform) -> None:
    path = f"{CHANNELS}/{GUPSHUP}"
    cards = [{"card": "gupshup-2021-02", "from": "2021-02-01"}, {"card": "gupshup-2026-10-01", "from": "2026-10-01"}]
    changed = ask("PATCH", path, {"rate_cards": cards})
    assert (changed.status, changed.json["rate_cards"]) == (200, cards)
    assert changed.json["rate_card"] == "gupshup-2026-10-01"
    assert ask("GET", path).json["rate_cards"] == cards
    for body, pointer in (
        ({"rate_cards": cards, "rate_card": "gupshup-2021-02"}, "/rate_card"),
        ({"rate_cards": []}, "/rate_cards"),
        ({"rate_cards": [{"card": "gupshup-1999"}]}, "/rate_card"),
        ({"rate_cards": [{"card": "gupshup-2021-02", "from": "2026-02-30"}]}, "/rate_cards/0/from"),
        ({"rate_cards": [{"card": "gupshup-2021-02"}, {"card": "gupshup-2021-02"}]}, "/rate_card"),
    ):
        refused = ask("PATCH", path, body)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, pointer), refused.text
    assert ask("GET", path).json["rate_cards"] == cards
