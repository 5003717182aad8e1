"""Who may tell gate24 anything: secrets, their rotation, and batches that hold several numbers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.bodies import change, gupshup_text, message, meta, meta_text, sign, status
from tests.support.scene import HOUR, add_meta_channel, new_number, now, put_channel_secrets
from tests.support.system import APP_SECRET, GUPSHUP, META, META_NUMBER, OTHER_ORG, TOKEN, VERIFY_TOKEN, System, system


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("proof"), simulate=False) as made:
        yield made


def signed(gate24: System, body: Any, secret: str, channel: str = META) -> int:
    raw = json.dumps(body)
    headers = {"X-Hub-Signature-256": sign(secret, raw.encode())}
    return gate24.http("POST", f"/webhooks/meta/{channel}", raw, headers, key=None).status


def test_every_wrong_secret_gets_the_same_answer_and_leaves_nothing(bare: System) -> None:
    body, before = gupshup_text(), len(bare.items())
    raw = json.dumps(meta_text(phone_number_id=META_NUMBER))
    good = sign(APP_SECRET, raw.encode())
    gupshup, cloud = f"/webhooks/gupshup/{GUPSHUP}", f"/webhooks/meta/{META}"
    attempts = [
        bare.http("POST", gupshup, body, key=None),
        bare.http("POST", gupshup, body, {"X-Webhook-Token": "wrong"}, key=None),
        bare.http("POST", f"{gupshup}?token=", body, key=None),
        bare.http("POST", "/webhooks/gupshup/nobody", body, {"X-Webhook-Token": TOKEN}, key=None),
        bare.http("POST", f"/webhooks/gupshup/{META}", body, {"X-Webhook-Token": TOKEN}, key=None),
        bare.http("POST", cloud, raw, key=None),
        bare.http("POST", cloud, raw + " ", {"X-Hub-Signature-256": good}, key=None),
        bare.http("POST", cloud, raw, {"X-Hub-Signature-256": good.removeprefix("sha256=")}, key=None),
        bare.http("POST", cloud, raw, {"X-Hub-Signature-256": "sha256=é"}, key=None),
        bare.http("GET", f"{cloud}?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong", key=None),
    ]
    assert {answer.status for answer in attempts} == {401}
    assert len({answer.text for answer in attempts}) == 1
    assert good.removeprefix("sha256=") not in attempts[0].text
    assert len(bare.items()) == before


def test_the_handshake_gives_the_challenge_back(bare: System) -> None:
    path = f"/webhooks/meta/{META}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={VERIFY_TOKEN}"
    answer = bare.http("GET", path, key=None)
    assert (answer.status, answer.text) == (200, "1158201444")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong", 401),
        ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", 401),
        ("hub.mode=subscribe&hub.challenge=1", 401),
        (f"hub.mode=other&hub.challenge=1&hub.verify_token={VERIFY_TOKEN}", 400),
        (f"hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}", 400),
    ],
)
def test_who_does_not_know_the_token_or_asks_for_something_else_gets_no_challenge(
    bare: System, query: str, status: int
) -> None:
    assert bare.http("GET", f"/webhooks/meta/{META}?{query}", key=None).status == status


def test_while_a_secret_is_rotated_both_hold_and_afterwards_only_the_new_one(bare: System) -> None:
    body = meta_text(phone_number_id=META_NUMBER, at=now())
    put_channel_secrets(META, app_secrets=["new", "old"])
    assert [signed(bare, body, secret) for secret in ("old", "new", "older")] == [200, 200, 401]
    put_channel_secrets(META, app_secrets=["new"])
    assert [signed(bare, body, secret) for secret in ("old", "new")] == [401, 200]


@pytest.mark.parametrize("secrets", [{}, {"app_secrets": []}, {"app_secrets": [""]}])
def test_a_channel_without_a_secret_takes_nothing(bare: System, secrets: dict[str, Any]) -> None:
    put_channel_secrets(META, **secrets)
    assert signed(bare, meta_text(phone_number_id=META_NUMBER), "") == 401
    put_channel_secrets(GUPSHUP, webhook_tokens=secrets.get("app_secrets", []))
    assert bare.webhook(gupshup_text(), headers={"X-Webhook-Token": ""}).status == 401


@pytest.mark.parametrize(("their_secret", "is_theirs"), [(APP_SECRET, True), ("another", False)])
def test_a_batch_is_routed_by_number_and_never_to_a_tenant_whose_secret_did_not_sign(
    bare: System, their_secret: str, is_theirs: bool
) -> None:
    add_meta_channel("health-meta", OTHER_ORG, "300000000000003", their_secret)
    ours, theirs, nobodys, at = new_number(), new_number(), new_number(), now() - HOUR

    def messages(phone: str, number: str | None, *items: Any) -> Any:
        mine = [message("text", {"body": "hi"}, f"w.{phone}", phone, at), *items]
        return change("messages", {"messages": mine, "statuses": [{"id": 1, "status": ["?"]}]}, number)

    body = meta(messages(theirs, "300000000000003"))
    poison = [None, 7, {"type": "text"}, {"id": {}, "type": "text", "from": ours}]
    body["entry"] += meta(messages(ours, META_NUMBER, *poison))["entry"]
    body["entry"] += [None, {"changes": "?"}, *meta(messages(nobodys, "999"))["entry"]]
    assert signed(bare, body, APP_SECRET) == 200
    assert bare.window(ours, META)["state"] == "open"
    seen = {
        (phone, key): bare.http("GET", f"/v1/contacts/{phone}", key=key).status
        for phone in (ours, theirs, nobodys)
        for key in ("learning", "health")
    }
    assert seen == {
        (ours, "learning"): 200,
        (ours, "health"): 404,
        (theirs, "learning"): 404,
        (theirs, "health"): 200 if is_theirs else 404,
        (nobodys, "learning"): 404,
        (nobodys, "health"): 404,
    }
    reasons = [each["reason"] for each in bare.http("GET", "/v1/unrecognized?limit=100").json["data"]]
    assert reasons.count("unknown_number") == (2 if is_theirs else 3)  # equal poison of two numbers is one item
    assert "message without id" in reasons and "status unknown or without id" in reasons


def test_a_status_in_a_batch_does_not_hide_the_message_beside_it(bare: System) -> None:
    phone, at = new_number(), now() - HOUR
    value = {
        "messages": [message("text", {"body": "hi"}, f"w.{phone}", phone, at)],
        "statuses": [status("sent", "wamid.x", phone, at)],
    }
    assert signed(bare, meta(change("messages", value, META_NUMBER)), APP_SECRET) == 200
    assert bare.window(phone, META)["state"] == "open"
