"""What an organization's own admins see and change: the lights of channels, names of templates' values, keywords."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gate24.api.keyword_routes import MOST
from gate24.api.render import rfc3339
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
from gate24.store import secrets, unrecognized
from gate24.usecases import hear_channels
from tests.support.bodies import gupshup_status, gupshup_text
from tests.support.scene import HOUR, MINUTE, new_number, now, put_channel_secrets, standing_clock
from tests.support.system import GUPSHUP, META, ORG, OTHER_ORG, TEXT, Answer, System, put_template, system

pytestmark = pytest.mark.in_memory

Json = dict[str, Any]


@pytest.fixture
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("own"), in_memory=True) as made:
        yield made


def channels(gate24: System, key: str = ORG) -> dict[str, Json]:
    answer = gate24.http("GET", "/v1/channels", key=key)
    assert answer.status == 200, answer.text
    return {each["id"]: each for each in answer.json["data"]}


def writes(gate24: System, ago: int, channel: str = GUPSHUP, phone: str | None = None) -> None:
    body = gupshup_text("Namaste", f"wamid.{phone}{ago}", phone or new_number(), now() - ago)
    assert gate24.webhook(body, channel).status == 200


def test_a_message_turns_the_light_green_and_names_its_time(gate24: System) -> None:
    before = channels(gate24)
    assert {each["light"] for each in before.values()} == {"unheard"}
    assert before[GUPSHUP]["last_heard_at"] is None
    writes(gate24, 3 * HOUR)
    moment = now() - 5 * MINUTE
    body = gupshup_text("Namaste", "wamid.newest", new_number(), moment)
    assert gate24.webhook(body).status == 200
    found = channels(gate24)
    assert found[GUPSHUP]["light"] == "heard" and found[META]["light"] == "unheard"
    assert found[GUPSHUP]["last_message_at"] == found[GUPSHUP]["last_heard_at"] == rfc3339(moment)
    assert found[GUPSHUP]["secrets"] == {"api-key": 1, "webhook-token": 1}
    put_channel_secrets(
        META, api_key="its-own-token", app_secrets=["its-app-secret"], verify_tokens=["its-verify-token"]
    )
    answer = gate24.http("GET", "/v1/channels")
    assert answer.status == 200 and "its-" not in answer.text
    assert list(channels(gate24, OTHER_ORG)) != list(found), "another organization has its own"


def test_a_quiet_channel_beside_a_busy_one_is_found(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hear_channels, "_ROWS_MOST", 4)
    for number in range(6):
        writes(gate24, (number + 1) * MINUTE)
    found = channels(gate24)
    assert found[GUPSHUP]["light"] == "heard"
    assert found[META]["light"] == "unheard"
    assert found[META]["looked_back_to"] == found[GUPSHUP]["looked_back_to"] > rfc3339(now() - HOUR), "and says how far"
    monkeypatch.undo()
    assert channels(gate24)[META]["looked_back_to"] < rfc3339(now() - 6 * 24 * HOUR)


def test_a_status_counts_and_sends_of_which_nothing_is_told_turn_it_red(gate24: System) -> None:
    phone = new_number()
    writes(gate24, HOUR, phone=phone)
    with standing_clock(now() + 30 * HOUR):  # 31 hours after the person wrote
        assert channels(gate24)[GUPSHUP]["light"] == "quiet"
    sent = [gate24.send({"to": phone, **TEXT}).json for _ in range(2)]
    with standing_clock(now() + 40 * MINUTE):
        assert channels(gate24)[GUPSHUP]["troubles"] == ["sends_not_told"]
    moment = now()
    assert gate24.webhook(gupshup_status("delivered", sent[0]["bsp_message_id"], None, phone, moment)).status == 200
    with standing_clock(now() + 40 * MINUTE):
        told = channels(gate24)[GUPSHUP]
        assert (told["last_status_at"], told["light"], told["troubles"]) == (
            rfc3339(moment // 1000 * 1000),
            "heard",
            [],
        )


def test_a_channel_without_its_webhook_secret_is_red(gate24: System) -> None:
    writes(gate24, MINUTE)
    secrets.remove(GUPSHUP)
    found = channels(gate24)[GUPSHUP]
    assert (found["light"], found["troubles"]) == ("failing", ["no_webhook_secret"])
    assert found["secrets"] == {"api-key": 0, "webhook-token": 0}


def test_events_that_could_not_be_stored_turn_it_red_for_a_day(gate24: System) -> None:
    event = {"event": {"at": now() - 1}}
    unrecognized.keep_poisonous(ORG, GUPSHUP, "KeyError", event, now() - HOUR)
    unrecognized.keep(ORG, META, "unknown type", {"type": "moon"}, now() - HOUR)
    found = channels(gate24)
    assert (found[GUPSHUP]["troubles"], found[GUPSHUP]["not_stored"]) == (["not_stored"], 1)
    assert found[META]["troubles"] == []
    with standing_clock(now() + 24 * HOUR):
        assert channels(gate24)[GUPSHUP]["troubles"] == []


def test_nothing_is_written_for_it(gate24: System) -> None:
    writes(gate24, MINUTE)
    before = gate24.items()
    channels(gate24)
    assert gate24.items() == before


# What the values of templates are called


def label(gate24: System, labels: list[str], name: str = "reminder", **more: Any) -> Answer:
    body = {"channel": GUPSHUP, "language": "en", "labels": labels, **more}
    return gate24.http("PUT", f"/v1/templates/{name}/labels", body)


def test_the_names_of_values_stay_when_the_template_is_entered_anew_or_changes_its_status(gate24: System) -> None:
    assert put_template(gate24, GUPSHUP, params=2, body="Dear {{1}}, on {{2}}").json.get("labels") is None
    assert label(gate24, ["Child's  name ", "  ", ""]).json["labels"] == ["Child's name"]
    assert label(gate24, ["", "दिन"]).json["labels"] == ["", "दिन"]
    again = put_template(gate24, GUPSHUP, params=2, body="Dear {{1}}, come on {{2}}", status="paused")
    assert (again.json["labels"], again.json["status"]) == (["", "दिन"], "paused")
    data = gate24.http("GET", "/v1/templates").json["data"]
    (listed,) = [each for each in data if (each["name"], each["channel"]) == ("reminder", GUPSHUP)]
    assert listed["labels"] == ["", "दिन"]
    assert "labels" not in label(gate24, []).json


def test_names_of_values_change_nothing_else(gate24: System) -> None:
    before = put_template(gate24, GUPSHUP).json
    assert label(gate24, ["Name"]).json == before | {"labels": ["Name"]}


@pytest.mark.parametrize(
    ("labels", "more", "status"),
    [
        (["one", "two"], {}, 400),
        (["x" * 61], {}, 400),
        (["line\nbreak"], {}, 400),
        (["one"], {"language": "hi"}, 404),
        (["one"], {"name": "nothing"}, 404),
        (["one"], {"channel": "another"}, 404),
    ],
    ids=["too many", "too long", "two lines", "no language", "no name", "no channel"],
)
def test_names_that_do_not_fit_are_refused(gate24: System, labels: list[str], more: Json, status: int) -> None:
    put_template(gate24, GUPSHUP)
    assert label(gate24, labels, **more).status == status


def test_an_admin_copies_the_providers_list_and_the_names_stay(gate24: System) -> None:
    app_id, simulator = "7d1f0c7e-5a34-4c1e-9b52-0000a1b2c3d9", gate24.simulator
    assert simulator is not None
    listed = {"id": "t-9", "elementName": "visit", "languageCode": "en", "status": "APPROVED", "category": "UTILITY"}
    config = json.loads(simulator.config.path.read_text(encoding="utf-8"))
    own = next(each for each in config["channels"] if each["id"] == GUPSHUP)
    own.update(app_id=app_id, templates=[listed | {"data": "Dear {{1}}"}])
    simulator.config.path.write_text(json.dumps(config), encoding="utf-8")

    def synced() -> Json:
        answer = gate24.http("POST", "/v1/templates/sync", {"channel": GUPSHUP, "app_id": app_id})
        assert answer.status == 200, answer.text
        return {each["name"]: each["status"] for each in answer.json["data"]}

    assert synced()["visit"] == "approved"
    assert label(gate24, ["Mother's name"], name="visit").status == 200
    own["templates"] = [listed | {"data": "Dear {{1}}!"}]
    simulator.config.path.write_text(json.dumps(config), encoding="utf-8")
    assert synced()["visit"] == "approved"
    templates = {each["name"]: each for each in gate24.http("GET", "/v1/templates").json["data"]}
    assert (templates["visit"]["labels"], templates["visit"]["body"]) == (["Mother's name"], "Dear {{1}}!")
    assert gate24.http("POST", "/v1/templates/sync", {"channel": META}).json["errors"][0]["pointer"] == "/waba_id"


# Keywords


def keywords(answer: Answer) -> dict[str, set[str]]:
    assert answer.status == 200, answer.text
    return {name: {each["keyword"] for each in answer.json[name]} for name in ("opt_out", "opt_in")}


def change(gate24: System, **body: list[str]) -> Answer:
    return gate24.http("PATCH", "/v1/keywords", body)


def test_own_keywords_are_added_work_and_are_removed(gate24: System) -> None:
    assert keywords(gate24.http("GET", "/v1/keywords")) == {"opt_out": {*DEFAULT_OPT_OUT}, "opt_in": {*DEFAULT_OPT_IN}}
    added = change(gate24, add_opt_out_keywords=["No more!", "No more"], add_opt_in_keywords=["फिर से"])
    assert keywords(added) == {"opt_out": {*DEFAULT_OPT_OUT, "no more"}, "opt_in": {*DEFAULT_OPT_IN, "फिर से"}}
    own = [each for each in added.json["opt_out"] if not each["is_built_in"]]
    assert own == [{"keyword": "no more", "language": None, "is_built_in": False}]
    tried = gate24.http("POST", "/v1/keywords/try", {"text": "NO MORE. Thank you"})
    assert tried.json == {"action": "opt_out"}
    phone = new_number()
    assert gate24.webhook(gupshup_text("No more", "wamid.no", phone, now())).status == 200
    assert gate24.contact(phone)["consent"]["status"] == "opted_out"
    assert "no more" not in keywords(change(gate24, remove_opt_out_keywords=["No More"]))["opt_out"]
    assert gate24.http("POST", "/v1/keywords/try", {"text": "No more"}).json == {"action": None}


@pytest.mark.parametrize("text", ["STOP", "*Stop!*", "start", "Stop sending on Sundays", "बंद करो", "🛑", " "])
def test_a_try_says_what_the_rule_says(gate24: System, text: str) -> None:
    phone = new_number()
    assert gate24.webhook(gupshup_text(text, f"wamid.{phone}", phone, now())).status == 200
    status = gate24.contact(phone)["consent"]["status"]
    expected = {"opted_out": "opt_out", "opted_in": "opt_in", "none": None}[status]
    assert gate24.http("POST", "/v1/keywords/try", {"text": text}).json == {"action": expected}


def test_every_built_in_keyword_says_its_language(gate24: System) -> None:
    found = gate24.http("GET", "/v1/keywords").json
    listed = [*found["opt_out"], *found["opt_in"]]
    assert {each["language"] for each in listed} == {"en", "hi", "ne", "bn", "ur"}
    assert all(each["is_built_in"] and each["language"] for each in listed)
    by_word = {each["keyword"]: each["language"] for each in listed}
    assert (by_word["stop"], by_word["start"], by_word["रोकें"], by_word["বন্ধ কর"]) == ("en", "en", "hi", "bn")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"remove_opt_out_keywords": ["stop!"]}, "/remove_opt_out_keywords"),
        ({"remove_opt_in_keywords": ["शुरू"]}, "/remove_opt_in_keywords"),
        ({"remove_opt_out_keywords": ["never there"]}, "/remove_opt_out_keywords"),
        ({"add_opt_in_keywords": ["STOP"]}, "/opt_in_keywords"),
        ({"add_opt_out_keywords": [" "]}, "/add_opt_out_keywords"),
        ({"add_opt_out_keywords": ["x" * 201]}, "/add_opt_out_keywords"),
    ],
    ids=["built in", "built in of Hindi", "not there", "does both", "no letter", "too long"],
)
def test_a_change_that_makes_no_sense_changes_nothing(gate24: System, body: Json, pointer: str) -> None:
    before = gate24.items()
    answer = change(gate24, **body)
    assert (answer.status, [each["pointer"] for each in answer.json["errors"]]) == (400, [pointer]), answer.text
    assert gate24.items() == before
    assert change(gate24).status == 400


def test_an_organization_has_so_many_keywords_at_most(gate24: System) -> None:
    words = [f"word {number}" for number in range(100)]
    assert change(gate24, add_opt_out_keywords=words).status == 200
    more = change(gate24, add_opt_out_keywords=[f"more {number}" for number in range(100)])
    assert (more.status, str(MOST) in more.text) == (400, True)
    room = MOST - len(keywords(gate24.http("GET", "/v1/keywords"))["opt_out"])
    assert change(gate24, add_opt_out_keywords=[f"rest {number}" for number in range(room)]).status == 200
    assert change(gate24, add_opt_out_keywords=["one more"]).status == 400
    assert change(gate24, add_opt_out_keywords=["instead"], remove_opt_out_keywords=["word 1"]).status == 200
    assert change(gate24, add_opt_in_keywords=["of the other list"]).status == 200
