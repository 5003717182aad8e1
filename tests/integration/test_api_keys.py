"""API keys: what each scope opens, how long a key is valid, and what is known of it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest

from gate24 import clock
from gate24.api.routes import ROUTES, Route
from gate24.api_keys import Scope
from gate24.store import api_keys, table
from gate24.store.api_keys import LAST_USED_MS
from gate24.usecases.make_api_key import MadeKey, create_api_key, rotate_api_key
from tests.integration.test_items_of_before import WRITTEN
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import HOUR, MINUTE, now, standing_clock
from tests.support.system import CONTEXT, KEYS, ORG, OTHER_ORG, TEXT, Answer, System, handler, system


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("keys"), simulate=False) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def stored(gate24: System) -> Iterator[MemoryTable]:
    with memory_table(gate24.dynamodb) as held:
        yield held


def allows(secret: str) -> dict[str, Any] | None:
    """What the authorizer says of the key's holder; None if it says no."""
    answer = handler("authorizer")({"headers": {"authorization": f"Bearer {secret}"}}, CONTEXT)
    return answer["context"] if answer["isAuthorized"] else None


def made(*scopes: str, expires_at: int | None = None, organization: str = ORG) -> str:
    """The secret of a new key."""
    return create_api_key(organization, "bot", scopes or ("read",), expires_at, now()).secret


# What each scope opens

OPENS: dict[str, set[Scope]] = {
    "sendMessage": {"send"},
    "checkMessage": {"send"},
    "markMessageRead": {"send"},
    "uploadMedia": {"send"},
    "getMessage": {"read"},
    "getMedia": {"read"},
    "getMe": {"read"},
    "getMyNotifications": {"read"},
    "setMyNotifications": {"read"},
    "setMyPush": {"read"},
    "getNotifications": set(),
    "setNotifications": set(),
    "listMembers": {"read"},
    "putMember": set(),
    "removeMember": set(),
    "listAuditLog": set(),
    "listErasures": {"erase"},
    "listContacts": {"read"},
    "getContact": {"read"},
    "listMessages": {"read"},
    "listConsents": {"read"},
    "listTemplates": {"read"},
    "listDailyCosts": {"read"},
    "listMonthlyCosts": {"read"},
    "getBudgets": {"read"},
    "getCostsReport": {"read"},
    "showWhatIf": {"read"},
    "showLiveCosts": {"read"},
    "listCostMessages": {"read"},
    "listRateCards": {"read"},
    "reconcileCosts": {"read"},
    "listEvents": {"read", "webhooks"},
    "recordConsent": {"send", "consent"},
    "importPeople": {"consent"},
    "blockContact": {"send", "consent"},
    "unblockContact": {"consent"},
    "exportContact": {"read"},
    "markContactRead": {"read"},
    "setContactState": {"send"},
    "assignContact": {"send"},
    "labelContact": {"send"},
    "addNote": {"send"},
    "listNotes": {"read"},
    "listActions": {"read"},
    "setAnswering": {"send"},
    "endAnswering": {"send"},
    "getQuickReplies": {"read"},
    "putQuickReplies": {"send"},
    "putTemplate": {"templates"},
    "labelTemplate": {"templates"},
    "syncOwnTemplates": {"templates"},
    "listOwnChannels": set(),
    "getKeywords": set(),
    "changeKeywords": set(),
    "tryKeyword": set(),
    "eraseContact": {"erase"},
    "getErasure": {"erase"},
    "listUnrecognized": set(),
    "getUnrecognized": set(),
    "createWebhook": {"webhooks"},
    "listWebhooks": {"webhooks"},
    "getWebhook": {"webhooks"},
    "changeWebhook": {"webhooks"},
    "deleteWebhook": {"webhooks"},
    "rotateWebhookSecret": {"webhooks"},
    "testWebhook": {"webhooks"},
    "listDeliveries": {"webhooks"},
    "replayEvents": {"webhooks"},
}
"""The scopes beside ``admin``, which opens everything."""

BEHIND_A_KEY = [route for route in ROUTES if route.scope is not None and not route.of_platform and not route.of_members]
OF_MEMBERS = [route for route in ROUTES if route.of_members]
OF_THE_PLATFORM = [route for route in ROUTES if route.of_platform]


def call(gate24: System, route: Route, key: str) -> Answer:
    """A call that finds nothing and changes nothing, whoever may make it."""
    path = route.path.replace("{phone}", "IN.nobody").replace("{id}", "none").replace("{name}", "none")
    path = path.replace("{email}", "nobody@example.org")
    path = path.replace("{kind}", "api-key")
    body = None if route.method in ("GET", "DELETE") else {"nothing": "known"}
    return gate24.http(route.method, path, body, key=key)


def test_the_table_names_every_route_behind_a_key() -> None:
    assert set(OPENS) == {route.operation for route in BEHIND_A_KEY}


@pytest.mark.parametrize("scope", get_args(Scope))
def test_a_scope_opens_these_routes_and_no_other(gate24: System, scope: Scope) -> None:
    key = made(scope)
    for route in BEHIND_A_KEY:
        answer = call(gate24, route, key)
        is_open = scope == "admin" or scope in OPENS[route.operation]
        assert (answer.status != 403) == is_open, (route.operation, answer.text)
        if not is_open:
            lacking = " or ".join(route.scopes)
            assert f"lacks the scope {lacking}." in answer.json["detail"]
            assert f"--scopes {route.scopes[0]}" in answer.json["detail"], "and how to get it"


def test_no_key_makes_lists_or_ends_keys(gate24: System, stored: MemoryTable) -> None:
    assert {route.operation for route in OF_MEMBERS} == {"listKeys", "makeKey", "rotateKey", "revokeKey"}
    keys = [made(*get_args(Scope)), made("admin"), platform_key()]
    before = gate24.items()
    for route in OF_MEMBERS:
        for key in keys:
            answer = call(gate24, route, key)
            assert (answer.status, answer.json["code"]) == (403, "unauthorized"), route.operation
    assert gate24.items() == before


@pytest.mark.parametrize("route", BEHIND_A_KEY, ids=lambda route: route.operation)
def test_the_keys_of_before_may_what_they_could(gate24: System, route: Route) -> None:
    assert call(gate24, route, "learning").status != 403, "read, send, admin"


# Keys of the platform

ADMIN = f"/v1/admin/organizations/{ORG}/keys"


def platform_key() -> str:
    return create_api_key("", "portal", ["admin"], None, now()).secret


def test_a_key_of_the_platform_opens_its_own_routes_and_no_organization(gate24: System) -> None:
    key = platform_key()
    for route in BEHIND_A_KEY:
        answer = call(gate24, route, key)
        assert (answer.status, answer.json["code"]) == (403, "unauthorized"), route.operation
        assert "is for /v1/admin alone" in answer.json["detail"]
    assert gate24.http("GET", "/graph/v21.0/100000000000001", key=key).status == 401
    assert "checks" not in gate24.http("GET", "/healthz", key=key).json
    for route in OF_THE_PLATFORM:
        expected = {"listOrganizations": 200, "createOrganization": 400, "deleteOrganization": 400}
        expected |= {"listPlatformKeys": 200}
        status = expected.get(route.operation, 404)
        assert call(gate24, route, key).status == status, "there is no organization of that name"


@pytest.mark.parametrize("scope", [*get_args(Scope), "all"])
def test_no_key_of_an_organization_opens_the_platforms_routes(stored: MemoryTable, gate24: System, scope: str) -> None:
    key = made(*(get_args(Scope) if scope == "all" else [scope]))
    before = gate24.items()
    for method, path, body in (
        ("GET", ADMIN, None),
        ("POST", ADMIN, {"name": "mine", "scopes": ["admin"]}),
        ("POST", f"{ADMIN}/{api_keys.key_id(key)}/rotate", None),
        ("DELETE", f"{ADMIN}/{api_keys.key_id(key)}", None),
    ):
        answer = gate24.http(method, path, body, key=key)
        assert (answer.status, answer.json["code"]) == (403, "unauthorized")
        assert "./gate24 key create --platform" in answer.json["detail"], "no scope of an organization's key would do"
    assert gate24.items() == before


def test_a_front_door_that_names_nobody_lets_nobody_in(gate24: System) -> None:
    for context in ({}, {"scopes": "admin"}, {"organization_id": "", "scopes": "admin"}):
        event = {
            "routeKey": "GET /v1/admin/organizations/{id}/keys",
            "pathParameters": {"id": ORG},
            "requestContext": {"requestId": "request-1", "authorizer": {"lambda": context}},
        }
        assert handler("admin_api")(event, CONTEXT)["statusCode"] == 401


def test_a_platform_makes_lists_rotates_and_revokes_an_organizations_keys(gate24: System) -> None:
    key, other = platform_key(), f"/v1/admin/organizations/{OTHER_ORG}/keys"
    asked = {"name": "bot", "scopes": ["read", "send"], "expires_at": "2126-11-26T00:00:00Z"}
    one = gate24.http("POST", ADMIN, asked, key=key)
    assert one.status == 201 and one.json["expires_at"] == "2126-11-26T00:00:00.000Z"
    assert gate24.http("GET", "/v1/me", key=one.json["key"]).json["organization"]["id"] == ORG
    listed = gate24.http("GET", ADMIN, key=key)
    assert one.json["key"] not in listed.text
    assert one.json["id"] in {each["id"] for each in listed.json["data"]}
    assert one.json["id"] not in {each["id"] for each in gate24.http("GET", other, key=key).json["data"]}
    place = f"{ADMIN}/{one.json['id']}"
    rotated = gate24.http("POST", f"{place}/rotate", {"grace_hours": 0}, key=key)
    assert rotated.status == 200 and rotated.json["id"] == one.json["id"]
    assert gate24.http("GET", "/v1/me", key=one.json["key"]).status == 403
    assert gate24.http("GET", "/v1/me", key=rotated.json["key"]).status == 200
    assert gate24.http("DELETE", f"{other}/{one.json['id']}", key=key).status == 404
    assert gate24.http("DELETE", place, key=key).status == 204
    assert gate24.http("GET", "/v1/me", key=rotated.json["key"]).status == 403
    assert gate24.http("DELETE", place, key=key).status == 404


def test_a_long_list_of_keys_comes_in_pages(gate24: System) -> None:
    key = platform_key()
    ids = [api_keys.key_id(made()) for _ in range(3)]
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        page = gate24.http("GET", f"{ADMIN}?limit=2{cursor and f'&cursor={cursor}'}", key=key).json
        found, cursor = found + [each["id"] for each in page["data"]], page["next_cursor"]
    assert set(ids) <= set(found) and len(found) == len(set(found))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": "bot", "scopes": ["root"]}, "/scopes/0"),
        ({"name": "bot", "scopes": []}, "/scopes"),
        ({"name": "bot"}, "/scopes"),
        ({"scopes": ["read"]}, "/name"),
        ({"name": "x" * 81, "scopes": ["read"]}, "/name"),
        ({"name": " ", "scopes": ["read"]}, "The name of a key is empty"),
        ({"name": "a\nb", "scopes": ["read"]}, "no line breaks"),
        ({"name": "bot", "scopes": ["read"], "expires_at": "tomorrow"}, "/expires_at"),
        ({"name": "bot", "scopes": ["read"], "expires_at": "2126-02-30T00:00:00Z"}, "no moment of the calendar"),
        ({"name": "bot", "scopes": ["read"], "expires_at": "2021-02-03T00:00:00Z"}, "expired already"),
        ({"name": "bot", "scopes": ["read"], "id": "mine"}, "/id"),
    ],
)
def test_a_key_asked_wrongly_for_by_a_platform_is_not_made(gate24: System, body: dict[str, Any], told: str) -> None:
    key, before = platform_key(), len(api_keys.of_organization(ORG))
    answer = gate24.http("POST", ADMIN, body, key=key)
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
    assert told in answer.text
    assert len(api_keys.of_organization(ORG)) == before


@pytest.mark.parametrize("hours", [-1, 721, "24", 1.5])
def test_a_time_of_grace_has_its_limits(gate24: System, hours: Any) -> None:
    place = f"{ADMIN}/{api_keys.key_id(made())}/rotate"
    assert gate24.http("POST", place, {"grace_hours": hours}, key=platform_key()).status == 400


def test_an_expired_key_is_not_rotated(gate24: System) -> None:
    with standing_clock(now()) as time:
        secret, key = made(expires_at=time[0] + MINUTE), platform_key()
        time[0] += MINUTE
        answer = gate24.http("POST", f"{ADMIN}/{api_keys.key_id(secret)}/rotate", key=key)
        assert answer.status == 400 and "has expired: make a new one" in answer.json["detail"]


# How long a key is valid


def test_a_key_is_valid_until_it_expires_wherever_it_is_shown(stored: MemoryTable, gate24: System) -> None:
    with standing_clock(now()) as time:
        key = made("read", "send", expires_at=time[0] + HOUR)
        places = [("GET", "/v1/me"), ("GET", "/graph/v21.0/100000000000001")]
        time[0] += HOUR - 1
        assert allows(key)
        assert "checks" in gate24.http("GET", "/healthz", key=key).json
        valid = [gate24.http(*place, key=key).status for place in places]
        time[0] += 1
        assert allows(key) is None
        assert "checks" not in gate24.http("GET", "/healthz", key=key).json
        expired = [gate24.http(*place, key=key).status for place in places]
    assert valid[0] == 200 and valid[1] != 401
    assert expired == [403, 401]


def test_a_rotated_key_keeps_its_id_and_its_old_secret_for_the_time_of_grace(stored: MemoryTable) -> None:
    with standing_clock(now()) as time:
        first = create_api_key(ORG, "bot", ["read"], None, time[0])
        rotated = rotate_api_key(first.key, 24 * HOUR, time[0])
        assert rotated is not None and rotated.previous_until == time[0] + 24 * HOUR
        again = rotate_api_key(first.key, 48 * HOUR, time[0])
        assert again is not None
        secrets = [first.secret, rotated.secret, again.secret]
        contexts = [allows(secret) for secret in secrets]
        assert contexts[0] == contexts[1] == contexts[2] != None  # noqa: E711
        assert contexts[0]["key_id"] == first.key.id  # type: ignore[index]
        assert [key.id for key in api_keys.of_organization(ORG)].count(first.key.id) == 1
        time[0] += 24 * HOUR
        assert [allows(secret) is not None for secret in secrets] == [False, True, True], "a later one adds no time"
        time[0] += 24 * HOUR
        assert [allows(secret) is not None for secret in secrets] == [False, False, True]


def test_a_rotation_makes_no_key_live_longer(stored: MemoryTable) -> None:
    with standing_clock(now()) as time:
        first = create_api_key(ORG, "bot", ["read"], time[0] + HOUR, time[0])
        rotated = rotate_api_key(first.key, 24 * HOUR, time[0])
        assert rotated is not None and rotated.previous_until == first.key.expires_at
        time[0] += HOUR
        assert allows(first.secret) is allows(rotated.secret) is None
        with pytest.raises(ValueError, match="has expired: make a new one"):
            rotate_api_key(first.key, 0, time[0])


def test_without_grace_the_old_secret_ends_at_once(stored: MemoryTable) -> None:
    first = create_api_key(ORG, "bot", ["read"], None, now())
    rotated = rotate_api_key(first.key, 0, now())
    assert rotated is not None and allows(first.secret) is None and allows(rotated.secret)


def test_a_revoked_key_ends_with_all_its_secrets_and_leaves_nothing(stored: MemoryTable) -> None:
    before = stored.items()
    first = create_api_key(ORG, "bot", ["read"], None, now())
    rotated = rotate_api_key(first.key, 24 * HOUR, now())
    assert rotated is not None
    api_keys.revoke(first.key)
    assert allows(first.secret) is allows(rotated.secret) is None
    assert api_keys.find_anywhere(first.key.id) is None
    assert stored.items() == before
    assert rotate_api_key(first.key, 0, now()) is None, "it does not come back by a rotation"
    assert stored.items() == before


def test_a_key_that_is_revoked_while_it_is_rotated_is_gone(
    stored: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, first = stored.items(), create_api_key(ORG, "bot", ["read"], None, now())
    original = api_keys._put

    def overtaken(*given: Any) -> None:
        original(*given)
        api_keys.revoke(first.key)

    monkeypatch.setattr(api_keys, "_put", overtaken)
    assert rotate_api_key(first.key, 24 * HOUR, now()) is None
    assert stored.items() == before


def test_of_two_rotations_at_once_one_is_told_so(stored: MemoryTable, monkeypatch: pytest.MonkeyPatch) -> None:
    first = create_api_key(ORG, "bot", ["read"], None, now())
    original, other = api_keys._put, list[MadeKey | None]()

    def overtaken(*given: Any) -> None:
        original(*given)
        monkeypatch.setattr(api_keys, "_put", original)
        other.append(rotate_api_key(first.key, 0, now()))

    monkeypatch.setattr(api_keys, "_put", overtaken)
    assert rotate_api_key(first.key, 0, now()) is None
    assert other[0] is not None and allows(other[0].secret)
    api_keys.revoke(first.key)
    assert allows(other[0].secret) is None


@pytest.mark.parametrize("broken", ["", "x", "g24_", "क", "g24_" + "A" * 43, "x" * 5000])
def test_what_is_no_key_is_looked_up_by_its_hash_and_nothing_else_is_compared(
    stored: MemoryTable, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    asked: list[Any] = []
    original = stored._GetItem

    def noted(request: Any) -> Any:
        asked.append(request["Key"])
        return original(request)

    monkeypatch.setattr(stored, "_GetItem", noted)
    assert allows(broken) is None
    assert asked == ([{"pk": {"S": f"KEY#{api_keys._hash(broken)}"}, "sk": {"S": "KEY"}}] if broken else [])


@pytest.mark.parametrize(
    ("name", "scopes", "expires_in", "sentence"),
    [
        (" ", ["read"], None, "is empty"),
        ("x" * 81, ["read"], None, "at most 80 characters, this one 81"),
        ("a\nb", ["read"], None, "no line breaks"),
        ("bot", [], None, "A key needs a scope. Scopes are read, send, consent, templates, webhooks, erase, admin."),
        ("bot", ["read", "root"], None, "There is no scope root."),
        ("bot", ["read"], 0, "expired already"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    stored: MemoryTable, name: str, scopes: list[str], expires_in: int | None, sentence: str
) -> None:
    before = stored.items()
    with pytest.raises(ValueError, match=sentence):
        create_api_key(ORG, name, scopes, None if expires_in is None else now() + expires_in, now())
    assert stored.items() == before


# What is known of a key


def test_keys_are_listed_by_organization_with_all_but_their_secrets(stored: MemoryTable) -> None:
    first = create_api_key(ORG, "bot", ["send", "read"], now() + HOUR, now())
    other = create_api_key(OTHER_ORG, "bot", ["read"], None, now())
    found = api_keys.of_organization(ORG)
    assert first.key in found and other.key not in found
    assert {first.key, other.key} <= set(api_keys.all_keys())
    assert first.key.prefix == first.secret[:8] and len(first.secret) == len("g24_") + 43
    assert api_keys.find(ORG, first.key.id) == first.key and api_keys.find(OTHER_ORG, first.key.id) is None
    assert first.secret[8:] not in json.dumps(stored.items())


def test_an_organization_whose_name_begins_like_anothers_has_its_own_keys(stored: MemoryTable) -> None:
    longer = create_api_key(f"{ORG}#2", "bot", ["read"], None, now())
    assert longer.key not in api_keys.of_organization(ORG)
    assert api_keys.of_organization(f"{ORG}#2") == [longer.key]
    assert api_keys.find(ORG, f"2#{longer.key.id}") is None


def test_the_last_use_is_noted_once_an_hour_however_often_the_key_is_shown(stored: MemoryTable) -> None:
    with standing_clock(now()) as time:
        key, began = made(), time[0]
        assert last_used(key) is None
        with ThreadPoolExecutor(4) as processes:
            written = stored.usage.write_units
            assert all(processes.map(lambda _: allows(key), range(40)))
        assert stored.usage.write_units - written == 1, "the others of the same moment fail by their condition"
        assert last_used(key) == began
        time[0] += LAST_USED_MS - 1
        usage = stored.usage
        assert allows(key) and stored.usage.since(usage).write_units == 0 and stored.usage.since(usage).requests == 1
        assert last_used(key) == began
        time[0] += 1
        assert allows(key) and last_used(key) == time[0]


def test_the_last_use_of_a_rotated_key_is_that_of_any_of_its_secrets(stored: MemoryTable) -> None:
    with standing_clock(now()) as time:
        first = create_api_key(ORG, "bot", ["read"], None, time[0])
        allows(first.secret)
        rotated = rotate_api_key(first.key, 24 * HOUR, time[0])
        assert rotated is not None
        found = api_keys.find(ORG, first.key.id)
        assert found is not None and found.last_used_at == time[0] and found.prefix == rotated.secret[:8]


def test_a_provider_s_client_uses_its_key_too(gate24: System, stored: MemoryTable) -> None:
    key = made("send")
    gate24.http("POST", "/graph/v21.0/100000000000001/messages", TEXT, {"authorization": f"Bearer {key}"}, key=None)
    assert last_used(key) is not None


def test_a_use_that_cannot_be_noted_refuses_nobody_and_makes_nobody_wait_again(
    stored: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[Any] = []

    def fails(*asked: Any, **_: Any) -> None:
        attempts.append(asked)
        raise table.StoreError("UpdateItem", "ReadTimeoutError")

    key = made()
    with monkeypatch.context() as broken:
        broken.setattr(api_keys, "update", fails)
        assert allows(key) and allows(key) and allows(made())
    assert len(attempts) == 1
    assert allows(key) and last_used(key) is None
    api_keys.forget()
    assert allows(key) and last_used(key) is not None


def test_a_note_of_its_use_does_not_bring_a_revoked_key_back(stored: MemoryTable) -> None:
    key = made()
    holder = api_keys.holder(key)
    found = api_keys.find(ORG, api_keys.key_id(key))
    assert holder is not None and found is not None
    api_keys.revoke(found)
    before = stored.items()
    api_keys.note_use(key, holder)
    assert stored.items() == before


def last_used(key: str) -> int | None:
    found = api_keys.find(ORG, api_keys.key_id(key))
    assert found is not None
    return found.last_used_at


# Keys of before


@pytest.fixture
def old(stored: MemoryTable) -> Iterator[MemoryTable]:
    """The table with the keys that an earlier version stored, and no others."""

    def keys() -> list[dict[str, Any]]:
        return [item for item in stored.items() if item["pk"]["S"].startswith("KEY")]

    before = keys()
    for item in before:
        stored.remove(item)
    for item in WRITTEN["items"]:
        if item["pk"]["S"].startswith("KEY#"):
            stored.put(dict(item))
    yield stored
    for item in keys():
        stored.remove(item)
    for item in before:
        stored.put(item)


def test_a_key_of_before_works_and_is_listed_once_the_table_was_searched(old: MemoryTable) -> None:
    context = allows(KEYS[ORG])
    assert context == {
        "organization_id": ORG,
        "actor": "tests",
        "key_id": api_keys.key_id(KEYS[ORG]),
        "scopes": "admin read send",
    }
    assert api_keys.all_keys() == [] and not api_keys.was_searched()
    told: list[int] = []
    api_keys.search(told.append)
    assert told == [3] and api_keys.was_searched()
    assert {(key.id, key.organization_id, key.name) for key in api_keys.all_keys()} == {
        (api_keys.key_id(KEYS["learning"]), "learning", "tests"),
        (api_keys.key_id(KEYS["health"]), "health", "tests"),
        (api_keys.key_id(KEYS["reader"]), "learning", "reader"),
    }
    listed = next(key for key in api_keys.all_keys() if key.id == context["key_id"])
    assert (listed.prefix, listed.created_at, listed.expires_at) == (None, None, None)
    assert listed.last_used_at is not None


def test_a_key_of_before_is_rotated_and_revoked_by_its_id(old: MemoryTable) -> None:
    api_keys.search(lambda _: None)
    key = api_keys.find_anywhere(api_keys.key_id(KEYS["reader"]))
    assert key is not None
    rotated = rotate_api_key(key, HOUR, clock.now_ms())
    assert rotated is not None
    api_keys.search(lambda _: None)
    assert [each.id for each in api_keys.all_keys()].count(key.id) == 1, "searching again finds nothing twice"
    assert allows(KEYS["reader"]) == allows(rotated.secret)
    api_keys.revoke(rotated.key)
    assert allows(KEYS["reader"]) is allows(rotated.secret) is None
