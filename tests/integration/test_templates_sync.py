"""``./gate24 templates sync`` withdraws what the provider no longer lists, and does nothing with an empty list."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gate24 import clock
from gate24.api import admin_template_routes, organization_routes
from gate24.providers import template_lists
from gate24.store import api_keys, secrets
from gate24.store.api_keys import KeyHolder
from gate24.usecases.make_api_key import create_api_key
from infra.admin.simulator import Simulator
from tests.support.administration import ApiInProcess, Printed, administered
from tests.support.scene import change_channel, new_number, now, put_channel_secrets, standing_clock
from tests.support.system import GUPSHUP, META, ORG, TOKEN, Answer, System, put_template, system

EN = {"language": "en", "params": ["Monday"]}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates-sync") / "bsp.json"


@pytest.fixture(scope="module")
def gate24(file: Path) -> Iterator[System]:
    with system(file.parent, in_memory=True) as made:
        yield made


def registry(gate24: System, channel: str) -> dict[str, tuple[str, str | None]]:
    """Status and reason of the channel's templates by name and language."""
    data = gate24.http("GET", "/v1/templates?limit=100").json["data"]
    return {
        f"{each['name']} {each['language']}": (each["status"], each.get("reason"))
        for each in data
        if each["channel"] == channel
    }


def as_listed(channel: str, name: str, language: str = "en", **changes: str) -> dict[str, Any]:
    """A template in the form of the channel's provider; without what is changed to nothing."""
    facts = {"id": f"{name}-{language}", "status": "APPROVED", "category": "UTILITY"}
    facts |= (
        {"name": name, "language": language} if channel == META else {"elementName": name, "languageCode": language}
    )
    listed = {each: value for each, value in (facts | changes).items() if value}
    return listed | ({"components": [{"type": "BODY", "text": "Dear"}]} if channel == META else {"data": "Dear"})


@pytest.mark.parametrize("channel", [GUPSHUP, META])
def test_a_template_that_the_provider_no_longer_lists_is_withdrawn_once_and_comes_back(
    gate24: System, file: Path, capsys: pytest.CaptureFixture[str], channel: str
) -> None:
    phone, simulator = new_number(), gate24.simulator
    assert simulator is not None

    def synced(*templates: dict[str, Any]) -> list[str]:
        config = json.loads(file.read_text())
        next(each for each in config["channels"] if each["id"] == channel)["templates"] = list(templates)
        file.write_text(json.dumps(config))
        with administered(gate24, Simulator(simulator.url, file)):
            printed = Printed(capsys, "templates", "sync", channel)
        return [*printed.out.splitlines(), *printed.err.splitlines()]

    both = as_listed(channel, "reminder"), as_listed(channel, "visit", "ne")
    assert synced(*both)[-1] == "2 entered, 0 skipped"
    entry = {"channel": channel, "bsp_template_id": "reminder", "language": "en", "category": "utility"}
    changed = gate24.http("PUT", "/v1/templates/reminder", entry | {"status": "approved", "params": 1, "media": None})
    assert changed.status == 200, changed.text
    labels = {"channel": channel, "language": "en", "labels": ["Who"]}
    assert gate24.http("PUT", "/v1/templates/reminder/labels", labels).status == 200
    gone = "withdrawn  reminder (en): the provider no longer lists it"
    no_language = as_listed(channel, "visit", language="", id="x")
    said = synced(as_listed(channel, "odd", status=""), no_language)
    assert [said[1].startswith("skipped  visit: it has no "), said[2]] == [True, gone]
    assert said[0].startswith("skipped  odd (en): it has no ") and said[0].endswith("status")
    assert "language" in said[1] and said[3:] == ["0 entered, 2 skipped, 1 withdrawn"]
    withdrawn = {"reminder en": ("disabled", "the provider no longer lists it"), "visit ne": ("approved", None)}
    assert registry(gate24, channel) == withdrawn
    refused = gate24.send({"channel": channel, "to": phone, "type": "template", "template": {"name": "reminder"} | EN})
    assert (refused.status, refused.json["code"], refused.json["detail"]) == (
        422,
        "template_not_approved",
        "The template is disabled at the provider: the provider no longer lists it.",
    )
    assert synced(both[1]) == ["entered  visit (ne): approved", "1 entered, 0 skipped"]
    assert registry(gate24, channel) == withdrawn
    nothing = synced()
    assert nothing[0] == "0 entered, 0 skipped"
    assert str(file) in nothing[-1] and "PUT /v1/templates/{name}" in nothing[-1]
    assert registry(gate24, channel) == withdrawn
    put_channel_secrets(channel, api_key="wrong")
    secrets.forget()
    assert "Not finished" in synced(as_listed(channel, "other"))[-1]
    assert registry(gate24, channel) == withdrawn
    put_channel_secrets(channel, api_key="bsp-key")
    secrets.forget()
    assert synced(*both)[-1] == "2 entered, 0 skipped"
    assert registry(gate24, channel) == {"reminder en": ("approved", None), "visit ne": ("approved", None)}


def test_a_platform_has_the_list_copied(gate24: System, file: Path) -> None:
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    config = json.loads(file.read_text())
    ids = {GUPSHUP: ("app_id", "7d1f0c7e-5a34-4c1e-9b52-0000a1b2c3d8"), META: ("waba_id", "100000000000018")}
    for channel, (name, owner) in ids.items():
        listed = [as_listed(channel, "camp"), as_listed(channel, "odd", status="")]
        simulated = next(each for each in config["channels"] if each["id"] == channel)
        simulated |= {"templates": listed, name: owner}
    file.write_text(json.dumps(config))

    def synced(channel: str, **body: str) -> Answer:
        return gate24.http("POST", f"/v1/admin/organizations/{ORG}/channels/{channel}/templates/sync", body, key=key)

    for channel, (name, owner) in ids.items():
        put_template(gate24, channel, name="former")
        found = {
            each["name"]: (each["status"], each["reason"]) for each in synced(channel, **{name: owner}).json["data"]
        }
        assert found["camp"] == ("approved", None)
        assert found["odd"][0] is None and "status" in found["odd"][1]
        assert found["former"] == ("disabled", "the provider no longer lists it")
        assert registry(gate24, channel)["camp en"] == ("approved", None)
        assert registry(gate24, channel)["former en"][0] == "disabled"
    change_channel(GUPSHUP, app_id=ids[GUPSHUP][1])
    assert synced(GUPSHUP).status == 200, "the channel's own id is asked for"
    change_channel(GUPSHUP, app_id=None)
    for channel, body, pointer in (
        (GUPSHUP, {}, "/app_id"),
        (META, {}, "/waba_id"),
        (GUPSHUP, {"waba_id": "1"}, "/waba_id"),
        (META, {"app_id": "1"}, "/app_id"),
        (GUPSHUP, {"app_id": "of-another-account"}, "/app_id"),
        (META, {"waba_id": "7"}, "/waba_id"),
    ):
        refused = synced(channel, **body)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, pointer)
    before = registry(gate24, GUPSHUP)
    put_channel_secrets(GUPSHUP, api_key="wrong")
    secrets.forget()
    assert (synced(GUPSHUP, app_id=ids[GUPSHUP][1]).status, registry(gate24, GUPSHUP)) == (503, before)
    put_channel_secrets(GUPSHUP, webhook_tokens=[TOKEN])
    secrets.forget()
    assert synced(GUPSHUP, app_id=ids[GUPSHUP][1]).json["detail"] == "The channel has no API key yet."
    put_channel_secrets(GUPSHUP, api_key="bsp-key")
    secrets.forget()


def test_a_list_for_which_a_request_has_no_time_is_gone_on_with_by_the_next(
    gate24: System, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = create_api_key("", "portal", ["admin"], None, now()).secret
    config = json.loads(file.read_text())
    names = [f"long-{number}" for number in range(5)]
    simulated = next(each for each in config["channels"] if each["id"] == META)
    simulated |= {"templates": [as_listed(META, name) for name in names], "waba_id": "100000000000018"}
    file.write_text(json.dumps(config))
    put_template(gate24, META, name="former-long")
    entered, enter_template = list[str](), organization_routes.enter_template

    def enter(organization: str, channel: str, name: str, *more: Any) -> Any:
        entered.append(name)
        return enter_template(organization, channel, name, *more)

    def time_for_two(_: float) -> Callable[[], bool]:
        end = len(entered) + 2
        return lambda: len(entered) >= end

    monkeypatch.setattr(admin_template_routes, "enter_template", enter)
    monkeypatch.setattr(clock, "time_limit", time_for_two)
    path, asked = f"/v1/admin/organizations/{ORG}/channels/{META}/templates/sync", {"waba_id": "100000000000018"}
    answers = [gate24.http("POST", path, asked, key=key) for _ in range(2)]
    assert [(each.status, "retry-after" in each.headers) for each in answers] == [(503, True)] * 2
    assert entered == names[:4]
    assert registry(gate24, META)["former-long en"][0] == "approved", "nothing is withdrawn before the list's end"
    monkeypatch.setattr(clock, "time_limit", lambda _: lambda: False)
    assert gate24.http("POST", path, asked, key=key).status == 200
    assert entered[4:5] == names[4:] and "former-long" in entered
    assert registry(gate24, META)["former-long en"][0] == "disabled"
    with standing_clock(now() + 3_600_000):
        assert gate24.http("POST", path, asked, key=key).status == 200
    assert entered.count(names[0]) == 2, "after a while all of it is entered anew"


def test_without_the_simulator_a_sync_that_finds_nothing_asks_for_the_right_account(
    gate24: System, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads(file.read_text())
    channel = next(each for each in config["channels"] if each["id"] == META)
    file.write_text(json.dumps({"channels": [channel | {"templates": [], "waba_id": "7"}]}))
    with administered(gate24):
        printed = Printed(capsys, "templates", "sync", META, "--waba-id", "7")
    file.write_text(json.dumps(config))
    assert (printed.status, "look whether --waba-id is that of the number" in printed.err) == (0, True)


def test_a_key_that_may_not_read_the_registry_enters_and_withdraws_nothing(gate24: System) -> None:
    def synced(*scopes: str) -> list[str]:
        secret = api_keys.new_secret()
        api_keys.put(secret, KeyHolder(ORG, "sync", frozenset(scopes)))
        api: Any = ApiInProcess(gate24, secret)
        entered = template_lists.enter(
            *(api, "alone", "en", as_listed(GUPSHUP, "alone"), template_lists.entry_of_gupshups, GUPSHUP)
        )
        return [each.line for each in template_lists.synced(iter([entered]), api, GUPSHUP)]

    put_template(gate24, GUPSHUP, name="older")
    assert synced("templates") == ["entered  alone (en): approved"]
    assert "withdrawn  older (en): the provider no longer lists it" in synced("templates", "read")


@pytest.mark.parametrize(
    "component",
    [
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Till Sunday", "has_expiration": True}},
        {"type": "HEADER", "format": "PRODUCT"},
        {"type": "BUTTONS", "buttons": [{"type": "CATALOG", "text": "All"}, {"type": "MPM", "text": "Books"}]},
    ],
    ids=lambda each: str(each["type"]),
)
def test_a_template_at_meta_with_what_can_be_sent_is_entered(
    gate24: System, file: Path, capsys: pytest.CaptureFixture[str], component: dict[str, Any]
) -> None:
    assert gate24.simulator is not None
    template = as_listed(META, f"with_{component['type'].lower()}")
    template["components"].append(component)
    config = json.loads(file.read_text())
    config["channels"][1]["templates"] = [template, as_listed(META, "reminder")]
    file.write_text(json.dumps(config))
    with administered(gate24, Simulator(gate24.simulator.url, file)):
        lines = Printed(capsys, "templates", "sync", META).out.splitlines()
    assert f"entered  {template['name']} (en): approved" in lines
    entered = gate24.http("GET", "/v1/templates?limit=100").json["data"]
    (found,) = [each for each in entered if each["name"] == template["name"] and each["channel"] == META]
    assert (found["media"], found["params"]) == (None, 0)
