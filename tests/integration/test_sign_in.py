"""Staff call with an ID token of the issuer: which tokens are taken, and what each role opens."""

import base64
import hashlib
import hmac
import json
import logging
import re
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from gate24 import settings
from gate24.api.roles import LEAST_ROLE
from gate24.api.routes import ROUTES
from gate24.members import ROLE_SCOPES, ROLES, Role
from gate24.providers import oidc
from gate24.store import members as stored_members
from gate24.usecases.administer_members import put_member, remove_member
from tests.integration.test_api_keys import BEHIND_A_KEY, OF_MEMBERS, call
from tests.support.issuer import CLIENT_ID, Issuer, issuing, private_key
from tests.support.system import CONTEXT, ORG, OTHER_ORG, PHONE, TEXT, System, handler, system

pytestmark = pytest.mark.in_memory

ASHA, MEENA, LEELA = "asha@example.org", "meena@example.org", "leela@example.org"
ROLE_OF: dict[str, Role] = {ASHA: "agent", MEENA: "supervisor", LEELA: "admin"}


@pytest.fixture(scope="module")
def gate24(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("people"), simulate=False, in_memory=True) as made:
        yield made


@pytest.fixture
def issuer(gate24: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    with issuing() as made:
        monkeypatch.setenv("OIDC_ISSUER", made.url)
        monkeypatch.setenv("OIDC_CLIENT_ID", CLIENT_ID)
        settings.settings.cache_clear()
        oidc.forget()
        for email, role in ROLE_OF.items():
            put_member(ORG, email, role, email.partition("@")[0].capitalize(), keep_an_admin=False)
        yield made
    monkeypatch.undo()
    settings.settings.cache_clear()


def allows(token: str) -> Any:
    """What the authorizer says of whoever shows it; None if it says no."""
    answer = handler("authorizer")({"headers": {"authorization": f"Bearer {token}"}}, CONTEXT)
    return answer["context"] if answer["isAuthorized"] else None


def test_a_member_is_known_by_the_token(issuer: Issuer) -> None:
    assert allows(issuer.token("Asha@Example.org")) == {
        "organization_id": ORG,
        "actor_kind": "member",
        "actor": "Asha",
        "email": ASHA,
        "role": "agent",
        "scopes": "read send",
    }


def test_the_library_of_every_other_signer_agrees(issuer: Issuer) -> None:
    """The verification is our own: what ``cryptography`` signs with keys of several lengths is taken."""
    for name in ("one", "two", "three"):
        issuer.keys = [name]
        oidc.forget()
        assert allows(issuer.token(ASHA, key=name))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://issuer.example.org"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"exp": int(time.time()) - 31},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
        {"sub": None},
        {"sub": 7},
        {"email": None},
        {"email": ""},
        {"email": ["asha@example.org"]},
        {"email": "nobody@example.org"},
        {"email": "not an address"},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": None},
    ],
    ids=lambda changes: re.sub(r"[0-9]{9,}", "TIME", str(changes)),
)
def test_a_token_that_says_anything_else_is_refused(issuer: Issuer, changes: dict[str, Any]) -> None:
    email = changes.pop("email", ASHA)
    assert allows(issuer.token(email, **changes)) is None
    assert allows(issuer.token(ASHA)), "and the same without it is taken"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID},
        {"exp": int(time.time()) + 3600, "nbf": int(time.time()) + 10},
        {"email_verified": "true"},
        {"nonce": "any", "at_hash": "any"},
    ],
    ids=lambda changes: re.sub(r"[0-9]{9,}", "TIME", str(changes)),
)
def test_what_issuers_also_say_is_taken(issuer: Issuer, changes: dict[str, Any]) -> None:
    assert allows(issuer.token(ASHA, **changes))


def test_an_address_of_which_nothing_is_said_counts_where_the_issuer_is_trusted(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_TRUST_EMAIL", "true")
    settings.settings.cache_clear()
    assert allows(issuer.token(ASHA, email_verified=None))
    assert allows(issuer.token(ASHA, email_verified=False)) is None


def test_only_the_issuers_own_signature_counts(issuer: Issuer) -> None:
    good = issuer.token(ASHA)
    head, body, signature = good.split(".")
    forged = _part(issuer.claims(LEELA))
    raw = base64.urlsafe_b64decode(signature + "==")
    for wrong in (
        f"{head}.{forged}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}.{_text(raw[:-1] + bytes([raw[-1] ^ 1]))}",
        f"{head}.{body}.{_text(bytes(1) + raw)}",
        f"{head}.{body}.{_text(bytes(256))}",
        f"{head}.{body}.{_text(bytes([255]) * 256)}",
        issuer.token(ASHA, key="two", kid="one"),
        issuer.token(ASHA, key="two"),
    ):
        assert allows(wrong) is None, wrong
    assert allows(good)


def test_no_other_algorithm_counts(issuer: Issuer) -> None:
    claims = issuer.claims(ASHA)
    assert allows(jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})) is None
    assert allows(jwt.encode(claims, private_key("one"), algorithm="RS512", headers={"kid": "one"})) is None
    secret = json.dumps(issuer.jwk("one")).encode()  # the public key as a secret that both know
    signed = f"{_part({'alg': 'HS256', 'kid': 'one', 'typ': 'JWT'})}.{_part(claims)}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    assert allows(f"{signed}.{_text(mac)}") is None
    assert allows(issuer.token(ASHA))


@pytest.mark.parametrize("token", ["..", "a.b.c", "e30.e30.e30", "é.é.é", "." * 2 + "x" * 20_000], ids=len)
def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    assert allows(token) is None


def test_a_new_key_of_the_issuer_is_learned_and_nobody_makes_us_ask_on_and_on(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [1000.0]
    monkeypatch.setattr(oidc, "monotonic", lambda: at[0])
    assert allows(issuer.token(ASHA))
    assert len(issuer.asked) == 2, "the discovery document, and the keys"
    issuer.keys = ["two"]
    for _ in range(5):
        assert allows(issuer.token(ASHA, key="two")) is None
    assert len(issuer.asked) == 2, "it was asked a moment ago"
    at[0] += oidc.ASKED_AGAIN_SECONDS
    assert allows(issuer.token(ASHA, key="two"))
    assert len(issuer.asked) == 4
    assert allows(issuer.token(ASHA)) is None, "a key that is withdrawn counts no more"


def test_an_issuer_that_is_silent_signs_nobody_out_for_a_day(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1000.0]
    monkeypatch.setattr(oidc, "monotonic", lambda: at[0])
    assert allows(issuer.token(ASHA))
    issuer.is_silent = True
    at[0] += oidc.KEYS_SECONDS
    assert allows(issuer.token(ASHA))
    at[0] += oidc.KEYS_STALE_SECONDS
    with pytest.raises(oidc.IssuerUnreachable):
        allows(issuer.token(ASHA))
    issuer.is_silent = False
    at[0] += oidc.ASKED_AGAIN_SECONDS
    assert allows(issuer.token(ASHA))


def test_where_the_keys_cannot_be_asked_for_nobody_is_told_that_the_token_is_wrong(issuer: Issuer) -> None:
    issuer.is_silent = True
    with pytest.raises(oidc.IssuerUnreachable):
        allows(issuer.token(ASHA))
    assert allows("key-learning"), "keys go on"


def test_keys_of_another_issuer_are_not_taken(issuer: Issuer) -> None:
    own = issuer.answers
    issuer.answers = lambda path: own(path) and {**own(path), "issuer": "https://other.example.org"}  # type: ignore[method-assign]
    with pytest.raises(oidc.IssuerUnreachable):
        allows(issuer.token(ASHA))


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "RS512"}, {"kty": "EC"}, {"n": "AQAB"}, {"e": "AQ"}])
def test_a_key_that_signs_nothing_or_is_weak_is_not_taken(issuer: Issuer, change: dict[str, str]) -> None:
    own = issuer.jwk
    issuer.keys = ["one", "two"]
    issuer.jwk = lambda name: own(name) | (change if name == "one" else {})  # type: ignore[method-assign]
    assert allows(issuer.token(ASHA)) is None
    assert allows(issuer.token(ASHA, key="two"))


def test_without_an_issuer_no_token_signs_anybody_in(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "")
    settings.settings.cache_clear()
    assert allows(issuer.token(ASHA)) is None
    assert issuer.asked == []


def test_no_log_has_the_token_or_the_address(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    refused = issuer.token("nobody@example.org")
    assert allows(refused) is None
    issuer.is_silent = True
    oidc.forget()
    with pytest.raises(oidc.IssuerUnreachable):
        allows(issuer.token(ASHA))
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "no_member" in told and "oidc_issuer_unreachable" in told
    for secret in (refused.split(".")[1], refused.split(".")[2], "nobody@", ASHA, "Asha"):
        assert secret not in told


def test_a_removed_member_ends_at_once(issuer: Issuer) -> None:
    token = issuer.token(ASHA)
    assert allows(token)
    found = stored_members.find(ASHA)
    assert found is not None
    remove_member(found)
    assert allows(token) is None


# What each role opens


def test_every_route_of_an_organization_has_its_least_role() -> None:
    assert set(LEAST_ROLE) == {route.operation for route in (*BEHIND_A_KEY, *OF_MEMBERS)}


def test_a_role_has_the_scopes_of_what_it_opens() -> None:
    for route in ROUTES:
        if least := LEAST_ROLE.get(route.operation):
            for role in ROLES[ROLES.index(least) :]:
                assert {*route.scopes, "admin"} & set(ROLE_SCOPES[role]), (route.operation, role)


@pytest.mark.parametrize(("email", "role"), ROLE_OF.items(), ids=lambda each: each.partition("@")[0])
def test_a_role_opens_these_routes_and_no_other(gate24: System, issuer: Issuer, email: str, role: Role) -> None:
    token = issuer.token(email)
    for route in (*BEHIND_A_KEY, *OF_MEMBERS):
        answer = call(gate24, route, token)
        least = LEAST_ROLE[route.operation]
        is_open = ROLES.index(role) >= ROLES.index(least)
        assert (answer.status != 403) == is_open, (route.operation, answer.text)
        if not is_open:
            assert answer.json["code"] == "unauthorized"
            assert f"This takes the role {least}" in answer.json["detail"]
            assert f"yours is {role}." in answer.json["detail"]


def test_no_role_opens_the_platforms_routes(gate24: System, issuer: Issuer) -> None:
    for route in (each for each in ROUTES if each.of_platform):
        assert call(gate24, route, issuer.token(LEELA)).status == 403, route.operation


def test_the_drop_in_addresses_take_no_token(gate24: System, issuer: Issuer) -> None:
    assert gate24.http("GET", "/graph/v21.0/100000000000001", key=issuer.token(LEELA)).status == 401


def test_me_says_who_it_is(gate24: System, issuer: Issuer) -> None:
    me = gate24.http("GET", "/v1/me", key=issuer.token(MEENA)).json
    who = {"kind": "member", "name": "Meena", "email": MEENA, "role": "supervisor"}
    assert me.items() >= {**who, "scopes": ["consent", "read", "send"]}.items()
    of_key = gate24.http("GET", "/v1/me").json
    assert (of_key["kind"], of_key["name"]) == ("key", "tests") and not {"email", "role"} & of_key.keys()


def test_what_a_member_does_is_of_its_own_organization(gate24: System, issuer: Issuer) -> None:
    put_member(OTHER_ORG, "ravi@example.org", "admin")
    theirs = issuer.token("ravi@example.org")
    consent = {"action": "opt_in", "source": "camp", "evidence": "form 1"}
    assert gate24.http("POST", f"/v1/contacts/{PHONE}/consents", consent, key=issuer.token(MEENA)).status == 201
    assert gate24.http("GET", f"/v1/contacts/{PHONE}", key=issuer.token(MEENA)).status == 200
    assert gate24.http("GET", f"/v1/contacts/{PHONE}", key=theirs).status == 404
    assert gate24.http("POST", "/v1/messages/check", {"to": PHONE, **TEXT}, key=theirs).json["decision"] == "refuse"


def _part(value: Any) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
