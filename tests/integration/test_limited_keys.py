"""A key that is limited to channels knows nothing of the others, whatever it calls."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from gate24 import clock
from gate24.api.limited_keys import EVENTS_OF_CHANNELS, LIMITED_KEYS
from gate24.api.routes import Route
from gate24.messages import UploadedFile
from gate24.providers.forward import HttpAnswer
from gate24.rules.rollup import local_day
from gate24.store import api_keys, feed, organizations, unrecognized, uploads
from gate24.usecases.make_api_key import create_api_key, rotate_api_key
from tests.integration.test_api_keys import BEHIND_A_KEY, call
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import (
    add_meta_channel,
    contact_opted_in,
    contact_wrote,
    new_number,
    now,
    post_webhook,
    run_rollup,
)
from tests.support.stream import Stream
from tests.support.system import GUPSHUP, META, META_NUMBER, ORG, OTHER, TEMPLATE, TEXT, Answer, System
from tests.support.system import system as whole_system

WHOLE = [route for route in BEHIND_A_KEY if LIMITED_KEYS[route.operation] is not None]
SPLIT = [route for route in BEHIND_A_KEY if LIMITED_KEYS[route.operation] is None]
LIMITED = f"This API key is limited to these channels: {GUPSHUP}."


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with whole_system(tmp_path_factory.mktemp("limited")) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def held(gate24: System) -> Iterator[MemoryTable]:
    with memory_table(gate24.dynamodb) as table:
        yield table


@pytest.fixture(scope="module")
def key(held: MemoryTable) -> str:
    """Of the first channel alone, with every scope."""
    return limited(GUPSHUP)


def limited(*channels: str, scopes: tuple[str, ...] = ("admin",)) -> str:
    return create_api_key(ORG, "branch", scopes, None, now(), channels).secret


def values(answer: Answer, name: str = "id") -> list[Any]:
    assert answer.status == 200, answer.text
    return [each[name] for each in answer.json["data"]]


def is_refused(answer: Answer, *words: str) -> bool:
    said = answer.json
    return (answer.status, said["code"]) == (403, "unauthorized") and all(
        each in said["detail"] for each in (LIMITED, *words)
    )


def address(phone: str) -> str:
    return f"/v1/contacts/{quote(phone)}"


# The routes


def test_the_table_says_of_every_route_behind_a_key_what_becomes_of_it() -> None:
    assert set(LIMITED_KEYS) == {route.operation for route in BEHIND_A_KEY}, "members' own routes know no key"


@pytest.mark.parametrize("route", WHOLE, ids=lambda route: route.operation)
def test_what_cannot_be_split_by_channels_is_refused_in_words(gate24: System, key: str, route: Route) -> None:
    assert is_refused(call(gate24, route, key), str(LIMITED_KEYS[route.operation]), "limited to no channel may do it")


def test_what_can_be_split_is_open(gate24: System, key: str) -> None:
    assert [route.operation for route in SPLIT if call(gate24, route, key).status == 403] == []


def test_a_route_without_a_row_is_closed(gate24: System, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {name: why for name, why in LIMITED_KEYS.items() if name != "getMe"}
    monkeypatch.setattr("gate24.api.limited_keys.LIMITED_KEYS", rows)
    assert is_refused(gate24.http("GET", "/v1/me", key=key), "the whole organization's")
    assert gate24.http("GET", "/v1/me").status == 200, "to such a key alone"


# Sends


def test_it_sends_by_its_channels_alone(gate24: System, key: str) -> None:
    phone = f"+{new_number()}"
    for channel in (GUPSHUP, META):
        contact_wrote(gate24, phone, channel=channel)
    assert gate24.send(TEXT | {"to": phone}, key=key).status == 202
    refused = [
        gate24.send(TEXT | {"to": phone, "channel": META}, key=key),
        gate24.http("POST", "/v1/messages/check", TEXT | {"to": phone, "channel": META}, key=key),
        gate24.http("POST", "/v1/media", {"url": "https://example.org/a.png", "channel": META}, key=key),
    ]
    for answer in refused:
        assert is_refused(answer, f"{META} is not among them.")
    assert gate24.send(TEXT | {"to": phone, "channel": OTHER}, key=key).status == 404, "of another organization"
    assert len([each for each in gate24.conversation(phone) if each["direction"] == "outbound"]) == 1


def test_a_key_of_one_channel_need_not_name_it_and_its_idempotency_keys_are_its_own(gate24: System, key: str) -> None:
    phone = f"+{new_number()}"
    for channel in (GUPSHUP, META):
        contact_wrote(gate24, phone, channel=channel)
    body, headers = TEXT | {"to": phone}, {"Idempotency-Key": "order-1"}
    first = gate24.http("POST", "/v1/messages", body, headers, key)
    assert first.status == 202
    assert gate24.http("POST", "/v1/messages", body, headers, key).headers["idempotency-replayed"] == "true"
    other = gate24.http("POST", "/v1/messages", body, headers, limited(META))
    assert other.json["code"] == "idempotency_key_reused", "the same words by another channel are another message"


def test_the_providers_addresses_obey_it_too(gate24: System, key: str) -> None:
    phone = new_number()
    for channel in (GUPSHUP, META):
        contact_wrote(gate24, phone, channel=channel)
    hello = {"messaging_product": "whatsapp", "to": phone, "type": "text", "text": {"body": "Hello"}}
    form = urlencode(
        {
            "source": "919876500001",
            "src.name": "Learning",
            "destination": phone,
            "message": '{"type":"text","text":"Hello"}',
        }
    )
    of_meta = limited(META)

    def graph(method: str, path: str, key: str, body: Any = None) -> Answer:
        return gate24.http(method, f"/graph/v21.0/{path}", body, key=key)

    def gupshup(key: str) -> Answer:
        return gate24.http("POST", "/gupshup/wa/api/v1/msg", form, {"apikey": key}, key=None)

    assert graph("POST", f"{META_NUMBER}/messages", of_meta, hello).status == 200
    assert gupshup(key).status == 202
    for answer in (
        graph("POST", f"{META_NUMBER}/messages", key, hello),
        graph("GET", META_NUMBER, key),
        graph("POST", f"{META_NUMBER}/media", key, {}),
    ):
        assert answer.status == 403
        assert LIMITED in answer.json["error"]["error_data"]["details"]
    for path in ("1234567890/message_templates", "1234567890", f"1234567890/file?phone_number_id={META_NUMBER}"):
        assert graph("GET", path, key).status == 404, "none of its numbers is at Meta"
    refused = gupshup(of_meta)
    assert refused.status >= 400 and f"limited to these channels: {META}." in refused.json["message"]
    sent = [each for each in gate24.conversation(f"+{phone}") if each["direction"] == "outbound"]
    assert sorted(each["channel"] for each in sent) == [GUPSHUP, META]


def test_a_file_at_meta_is_asked_for_as_of_the_keys_own_number(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limited or not: one token may open the files of several organizations under one business."""
    asked: list[str] = []

    def relayed(request: Any) -> None:
        asked.append(request.url)

    monkeypatch.setattr("gate24.api.drop_in_media.relay", relayed)
    monkeypatch.setattr("gate24.providers.media_calls.relay", relayed)
    for path in ("1234567890", f"1234567890/file?phone_number_id={META_NUMBER}"):
        gate24.http("GET", f"/graph/v21.0/{path}", key=limited(META))
        gate24.http("GET", f"/graph/v21.0/{path}", key=ORG)
    own = [each.endswith(f"/1234567890?phone_number_id={META_NUMBER}") for each in asked]
    assert own == [True, True, True, True]


def test_at_meta_it_reads_no_other_number_and_nothing_but_files(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One token opens all numbers of a business, and much else."""
    asked: list[str] = []
    said: dict[str, Any] = {}

    def relayed(request: Any) -> HttpAnswer:
        asked.append(request.url)
        return HttpAnswer(200, json.dumps(said).encode(), "application/json")

    def graph(path: str, key: str = ORG) -> Answer:
        return gate24.http("GET", f"/graph/v23.0/{path}", key=key)

    monkeypatch.setattr("gate24.api.drop_in_media.relay", relayed)
    monkeypatch.setattr("gate24.api.drop_in.relay", relayed)
    of_meta, other = limited(META), "100000000000009"
    add_meta_channel("learning-meta-2", ORG, other, "app-secret-2")
    try:
        for path in (other, f"{other}/whatsapp_business_profile", f"{other}/media", "1234567890/message_templates"):
            assert graph(path, of_meta).status in (403, 404) and asked == [], path
        told = graph(other, of_meta).json["error"]
        assert told["code"] == 10 and "learning-meta-2 is not among them." in told["error_data"]["details"]
        told = graph("1234567890/message_templates", of_meta).json["error"]
        assert told["code"] == 10 and "GET /v1/templates lists those of a channel." in told["error_data"]["details"]
    finally:
        organizations.remove_channel(organizations.channel_now("learning-meta-2"))  # type: ignore[arg-type]
    for key in (of_meta, ORG):
        for node in (
            {"id": "1234567890", "display_phone_number": "+91 98765 43219", "verified_name": "Another"},
            {"id": "1234567890", "url": "https://example.org/"},
            {"id": "1234567890", "mime_type": "image/png"},
        ):
            said = node
            answer = graph("1234567890", key)
            assert (answer.status, answer.json["error"]["code"]) == (404, 100)
            assert "Another" not in answer.text and "example.org" not in answer.text
        said = {"id": "1234567890", "url": "https://example.org/", "mime_type": "image/png"}
        assert graph("1234567890", key).json["mime_type"] == "image/png"
    assert len(asked) == 8
    said = {"data": []}
    assert graph("1234567890/message_templates").json == {"data": []}, "a key of the whole organization"


# What it reads


def test_a_send_that_was_refused_opens_nobody(gate24: System, key: str) -> None:
    phone = f"+{new_number()}"
    contact_wrote(gate24, phone, channel=META)
    assert gate24.contact(phone)["name"] is not None
    for _ in range(2):
        assert gate24.http("GET", address(phone), key=key).status == 404
        assert gate24.http("GET", f"{address(phone)}/messages", key=key).status == 404
        listed = values(gate24.http("GET", "/v1/contacts?limit=100", key=key), "phone")
        assert phone not in listed
        refused = gate24.send(TEXT | {"to": phone}, key=key)
        assert (refused.status, refused.json["code"]) == (403, "not_opted_in")
    own = gate24.http("GET", f"/v1/messages/{refused.json['id']}", key=key)
    assert (own.status, own.json["status"]) == (200, "refused"), "what it asked for itself is there"


def test_contacts_and_conversations_are_those_of_its_channels(gate24: System, key: str) -> None:
    here, there, both, sent_to = (f"+{new_number()}" for _ in range(4))
    contact_wrote(gate24, here, 60_000)
    contact_wrote(gate24, there, 50_000, channel=META)
    contact_wrote(gate24, both, 3_600_000)
    contact_wrote(gate24, both, 40_000, channel=META, text="of the other channel")
    contact_opted_in(gate24, sent_to)
    assert gate24.send(TEMPLATE | {"to": sent_to}, key=key).status == 202
    for query in ("", "&sort=expires_at", "&window=open", f"&q={quote(there)}"):
        listed = gate24.http("GET", f"/v1/contacts?limit=100&counts=true{query}", key=key)
        phones = values(listed, "phone")
        assert there not in phones and "counts" not in listed.json
        assert "q=" in query or {here, both} <= set(phones)
        assert {window["channel"] for each in listed.json["data"] for window in each["windows"]} <= {GUPSHUP}
    assert gate24.http("GET", address(there), key=key).status == 404
    assert gate24.http("GET", f"{address(there)}/messages", key=key).status == 404
    assert gate24.http("GET", address(sent_to), key=key).status == 200, "it was sent to by this channel"
    known = gate24.http("GET", address(both), key=key).json
    assert [each["channel"] for each in known["windows"]] == [GUPSHUP]
    assert known["last_activity_at"] < gate24.contact(both)["last_activity_at"]
    messages = gate24.http("GET", f"{address(both)}/messages", key=key).json["data"]
    assert [each["channel"] for each in messages] == [GUPSHUP]
    whole = {each["channel"]: each["id"] for each in gate24.conversation(both)}
    assert gate24.http("GET", f"/v1/messages/{whole[GUPSHUP]}", key=key).status == 200
    for method, path in (("GET", ""), ("POST", "/read")):
        assert gate24.http(method, f"/v1/messages/{whole[META]}{path}", {}, key=key).status == 404
    assert gate24.http("GET", f"/v1/media/{whole[META]}", key=key).status == 404


def test_pages_of_a_conversation_go_on_where_little_of_it_is_of_its_channels(
    gate24: System, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = f"+{new_number()}"
    contact_wrote(gate24, phone, 3_600_000, text="oldest")
    for _ in range(4):
        contact_wrote(gate24, phone, channel=META)
    contact_wrote(gate24, phone, 1_000, text="newest")
    monkeypatch.setattr("gate24.api.contact_routes._READ_MOST", 3)
    found, cursor, pages = [], "", 0
    while cursor is not None:
        answer = gate24.http("GET", f"{address(phone)}/messages?limit=1{cursor and f'&cursor={cursor}'}", key=key)
        found += values(answer, "text")
        cursor, pages = answer.json["next_cursor"], pages + 1
    assert found == ["newest", "oldest"] and pages >= 2


def test_an_uploaded_file_of_another_channel_is_not_there(gate24: System, key: str) -> None:
    for channel in (GUPSHUP, META):
        uploads.add(ORG, UploadedFile(f"upload-{channel}", channel, "image/png", 5, now() + 60_000))
    statuses = [
        gate24.http("GET", f"/v1/media/upload-{channel}?redirect=false", key=each).status
        for channel in (GUPSHUP, META)
        for each in (key, ORG)
    ]
    assert statuses == [200, 200, 404, 200]


def test_templates_are_those_of_its_channels_to_read_and_to_enter(gate24: System, key: str) -> None:
    assert set(values(gate24.http("GET", "/v1/templates", key=key), "channel")) == {GUPSHUP}
    assert set(values(gate24.http("GET", "/v1/templates"), "channel")) == {GUPSHUP, META}
    facts = {"bsp_template_id": "x", "language": "en", "category": "utility", "status": "approved", "params": 0}
    entered = facts | {"media": None}
    assert gate24.http("PUT", "/v1/templates/new", entered | {"channel": GUPSHUP}, key=key).status == 200
    assert is_refused(gate24.http("PUT", "/v1/templates/new", entered | {"channel": META}, key=key))


def test_costs_are_those_of_its_channels_and_nothing_of_the_others(gate24: System, key: str) -> None:
    phone = f"+{new_number()}"
    for channel in (GUPSHUP, META):
        contact_wrote(gate24, phone, channel=channel)
    days = [str(local_day(clock.now_ms() - ago, "Asia/Kolkata")) for ago in (86_400_000, 0)]
    run_rollup(organization=ORG, **{"from": days[0], "to": days[1]})
    path = f"/v1/costs/daily?from={days[0]}&to={days[1]}"
    for whole, own in zip(
        gate24.http("GET", path).json["data"], gate24.http("GET", path, key=key).json["data"], strict=True
    ):
        (part,) = [each for each in whole["by_channel"] if each["channel"] == GUPSHUP] or [None]
        assert own["by_channel"] == ([] if part is None else [part])
        if part is not None:
            assert (own["total"], own["messages"], own["fees"]) == (part["total"], part["messages"], part["fees"])
        whole = {"by_category", "unpriced", "unknown_amount", "undelivered", "templates_in_window", "unverified"}
        assert not (whole | {"reached", "cost_per_reached", "provider_billed"}) & set(own)
    rows = gate24.http("GET", path, headers={"Accept": "text/csv"}, key=key).text.splitlines()
    names, cells = rows[0].split(","), rows[-1].split(",")
    assert names[-11:] == [
        *("unpriced", "provider_billed", "provider_differences", "unknown_amount", "undelivered"),
        *("undelivered_amount", "templates_in_window", "templates_in_window_amount", "unverified", "reached"),
        "cost_per_reached",
    ]
    assert len(cells) == len(names) and cells[-11:] == [""] * 11 and "" not in cells[:-11]


def test_unrecognized_events_are_those_of_its_channels(gate24: System, key: str) -> None:
    for channel in (GUPSHUP, META):
        post_webhook(gate24, channel, {"type": f"odd-{channel}"})
    own, whole = (gate24.http("GET", "/v1/unrecognized", key=each) for each in (key, ORG))
    assert set(values(own, "channel")) == {GUPSHUP} and set(values(whole, "channel")) == {GUPSHUP, META}
    hidden = next(each["id"] for each in whole.json["data"] if each["channel"] == META)
    assert gate24.http("GET", f"/v1/unrecognized/{values(own)[0]}", key=key).status == 200
    assert gate24.http("GET", f"/v1/unrecognized/{hidden}", key=key).status == 404


def test_pages_of_unrecognized_events_go_on(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    for channel in (GUPSHUP, META, META, META):
        post_webhook(gate24, channel, {"type": f"strange-{channel}-{new_number()}"})
    monkeypatch.setattr("gate24.api.organization_routes._READ_MOST", 2)
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = gate24.http("GET", f"/v1/unrecognized?limit=1{cursor and f'&cursor={cursor}'}", key=limited(GUPSHUP))
        found, cursor = found + values(answer), answer.json["next_cursor"]
    own = [each for each in unrecognized.newest(ORG, None, 100) if each.channel_id == GUPSHUP]
    assert found == [each.id for each in own] and len(found) == len(set(found))


def test_events_are_those_of_its_channels(
    gate24: System, held: MemoryTable, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BEHIND_MS", 0)
    organizations.keep_events(ORG, clock.now_ms())
    stream, phone = Stream(held), f"+{new_number()}"
    try:
        for channel in (GUPSHUP, META):
            contact_wrote(gate24, phone, channel=channel)
        contact_opted_in(gate24, phone, ago=0)
        stranger = f"+{new_number()}"
        contact_wrote(gate24, stranger, channel=META)
        assert gate24.send(TEXT | {"to": stranger}, key=key).status == 403
        stream.tell()
    finally:
        held.changed = None
    assert {None, GUPSHUP, META} <= set(values(gate24.http("GET", "/v1/events?limit=100"), "channel"))
    own = gate24.http("GET", "/v1/events?limit=100", key=key)
    assert set(values(own, "channel")) == {GUPSHUP}
    assert "message.refused" in values(gate24.http("GET", "/v1/events?limit=100"), "type")
    assert "message.refused" not in values(own, "type") and stranger not in own.text


def test_it_knows_itself_its_channels_and_what_is_wrong_with_these(gate24: System, key: str) -> None:
    assert [each["id"] for each in gate24.http("GET", "/v1/me", key=key).json["channels"]] == [GUPSHUP]
    checks = gate24.http("GET", "/healthz", key=key).json["checks"]
    assert {each.get("channel") for each in checks} == {None, GUPSHUP}
    assert META in {each.get("channel") for each in gate24.http("GET", "/healthz").json["checks"]}


# Webhooks


def test_it_makes_webhooks_of_its_channels_alone(gate24: System, key: str) -> None:
    asked = {"url": "https://example.org/hook", "events": ["message.received"]}
    every = dict.fromkeys(("message.received", *EVENTS_OF_CHANNELS))
    for body, word in (
        (asked, "Name those of which the webhook tells in channels"),
        (asked | {"channels": [META]}, f"{META} is not among them"),
        (asked | {"channels": [GUPSHUP, META]}, f"{META} is not among them"),
        (asked | {"channels": [GUPSHUP], "events": ["*"]}, "message.received"),
        (asked | {"channels": [GUPSHUP], "events": ["consent.changed"]}, "may tell of the whole organization"),
    ):
        assert is_refused(gate24.http("POST", "/v1/webhooks", body, key=key), word), body
    made = gate24.http("POST", "/v1/webhooks", asked | {"channels": [GUPSHUP], "events": list(every)}, key=key)
    assert made.status == 201, made.text
    own = f"/v1/webhooks/{made.json['id']}"
    assert is_refused(gate24.http("PATCH", own, {"channels": [META]}, key=key))
    assert is_refused(gate24.http("PATCH", own, {"events": ["*"]}, key=key))
    assert gate24.http("PATCH", own, {"description": "ours"}, key=key).status == 200
    passed_on = asked | {"channels": [GUPSHUP], "events": ["*"], "format": "provider"}
    assert gate24.http("POST", "/v1/webhooks", passed_on, key=key).status == 201, "Gupshup's are of the channel alone"


def test_bodies_of_meta_are_passed_on_to_no_limited_key(gate24: System) -> None:
    """Meta tells of several numbers in one body, which is passed on byte for byte."""
    of_meta = limited(META)
    asked = {"url": "https://example.org/hook", "events": ["*"], "channels": [META], "format": "provider"}
    refused = gate24.http("POST", "/v1/webhooks", asked, key=of_meta)
    assert (refused.status, refused.json["code"]) == (403, "unauthorized")
    assert f"limited to these channels: {META}." in refused.json["detail"]
    assert f"cannot be passed on for {META} alone: take the format gate24." in refused.json["detail"]
    made = gate24.http("POST", "/v1/webhooks", asked)
    path = f"/v1/webhooks/{made.json['id']}"
    assert made.status == 201 and made.json["id"] not in values(gate24.http("GET", "/v1/webhooks", key=of_meta))
    moved = gate24.http("PATCH", path, {"url": "https://example.org/elsewhere"}, key=of_meta)
    assert (moved.status, gate24.http("GET", path, key=of_meta).status) == (404, 404)
    assert gate24.http("DELETE", path).status == 204
    both = gate24.http("POST", "/v1/webhooks", asked | {"channels": [GUPSHUP, META]}, key=limited(GUPSHUP, META))
    assert both.status == 403, "other numbers of the app may be none of its channels"
    own = gate24.http("POST", "/v1/webhooks", asked | {"events": ["message.received"], "format": "gate24"}, key=of_meta)
    assert own.status == 201


@pytest.mark.parametrize(
    "body",
    [
        {"events": ["*"]},
        {"events": ["message.received"]},
        {"events": ["message.received"], "channels": [META]},
        {"events": ["message.received"], "channels": [GUPSHUP, META]},
        {"events": ["message.received", "contact.erased"], "channels": [GUPSHUP]},
        {"events": ["message.received", "message.refused"], "channels": [GUPSHUP]},
    ],
)
def test_webhooks_that_tell_of_more_are_not_there(gate24: System, key: str, body: dict[str, Any]) -> None:
    made = gate24.http("POST", "/v1/webhooks", {"url": "https://example.org/hook", **body})
    assert made.status == 201, made.text
    path = f"/v1/webhooks/{made.json['id']}"
    assert made.json["id"] not in values(gate24.http("GET", "/v1/webhooks", key=key))
    for method, place, sent in (
        ("GET", "", None),
        ("PATCH", "", {"description": "mine"}),
        ("POST", "/rotate", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("POST", "/replay", {"event_ids": ["evt_1"]}),
        ("DELETE", "", None),
    ):
        assert gate24.http(method, f"{path}{place}", sent, key=key).status == 404, place
    assert gate24.http("DELETE", path).status == 204


# How such a key is made


def test_a_rotation_keeps_the_limit(gate24: System) -> None:
    made = create_api_key(ORG, "branch", ["read"], None, now(), [GUPSHUP])
    rotated = rotate_api_key(made.key, 60_000, now())
    assert rotated is not None
    for secret in (made.secret, rotated.secret):
        assert [each["id"] for each in gate24.http("GET", "/v1/me", key=secret).json["channels"]] == [GUPSHUP]
    listed = {key.id: key.channels for key in api_keys.of_organization(ORG)}
    assert listed[made.key.id] == frozenset({GUPSHUP})


def test_a_channel_that_is_gone_takes_nothing_with_it_but_itself(gate24: System) -> None:
    secret = limited(GUPSHUP, META)
    channel = organizations.channel_now(META)
    assert channel is not None
    organizations.remove_channel(channel)
    try:
        assert [each["id"] for each in gate24.http("GET", "/v1/me", key=secret).json["channels"]] == [GUPSHUP]
    finally:
        organizations.put_channel(channel)


@pytest.mark.parametrize("path", ["/v1/me", "/v1/messages/check"])
def test_the_limit_costs_no_request_of_the_table(gate24: System, held: MemoryTable, key: str, path: str) -> None:
    def requests(secret: str) -> int:
        sent = None if path == "/v1/me" else TEXT | {"to": f"+{new_number()}", "channel": GUPSHUP}
        before = held.usage
        gate24.http("POST" if sent else "GET", path, sent, key=secret)
        return held.usage.since(before).requests

    unlimited = create_api_key(ORG, "all", ["admin"], None, now()).secret
    for secret in (key, unlimited):
        requests(secret)
    assert requests(key) == requests(unlimited)


def test_a_platform_limits_a_key_to_channels_of_the_organization(gate24: System) -> None:
    platform = create_api_key("", "portal", ["admin"], None, now()).secret
    keys = f"/v1/admin/organizations/{ORG}/keys"
    asked = {"name": "branch", "scopes": ["read"]}
    made = gate24.http("POST", keys, asked | {"channels": [META, GUPSHUP]}, key=platform)
    assert (made.status, made.json["channels"]) == (201, sorted([META, GUPSHUP]))
    listed = {
        each["id"]: each["channels"] for each in gate24.http("GET", f"{keys}?limit=100", key=platform).json["data"]
    }
    assert listed[made.json["id"]] == sorted([META, GUPSHUP])
    assert gate24.http("POST", keys, asked, key=platform).json["channels"] is None
    for channels, said in (
        ([], "/channels"),
        ([OTHER], f"has no channel {OTHER}. It has {GUPSHUP}, {META}."),
        ([GUPSHUP, "none"], "has no channel none."),
        ([GUPSHUP, GUPSHUP], "/channels"),
        ("all", "/channels"),
    ):
        answer = gate24.http("POST", keys, asked | {"channels": channels}, key=platform)
        assert answer.status == 400 and said in answer.text, answer.text
