"""A provider's webhook body is passed on byte for byte, signed as the provider signs, queued before the 200, and goes
with the people of whom it tells."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import EndpointConnectionError
from standardwebhooks import Webhook

from gate24.api.render import rfc3339
from gate24.providers import endpoint
from gate24.providers.endpoint import EndpointAnswer
from gate24.rules.delivery_retries import CUT_OFF_FROM, GIVEN_UP_AFTER_MS
from gate24.store import aws, delivery_queue
from tests.support.bodies import gupshup_text, meta_text, sign
from tests.support.hooks import (
    arrived,
    deliver,
    deliveries_of,
    make_webhook,
    new_event,
    queued_records,
    run_schedule,
    script_hook,
    tell,
)
from tests.support.scene import (
    HOUR,
    MINUTE,
    add_meta_channel,
    contact_wrote,
    now,
    parked_records,
    retry_parked,
    standing_clock,
)
from tests.support.system import (
    APP_SECRET,
    CONTEXT,
    GUPSHUP,
    META,
    META_NUMBER,
    OTHER,
    OTHER_ORG,
    PHONE,
    TEXT,
    TOKEN,
    System,
    handler,
)

pytestmark = pytest.mark.in_memory

DAY = 24 * HOUR
DIGITS = PHONE.removeprefix("+")
WORDS = "Ünïcode \U0001f600 and   odd spacing"


@pytest.fixture
def time() -> Iterator[list[int]]:
    with standing_clock(now()) as clock:
        yield clock


def post_gupshup(gate24: System, raw: str, channel: str = GUPSHUP) -> int:
    headers = {"X-Webhook-Token": TOKEN}
    return gate24.http("POST", f"/webhooks/gupshup/{channel}", raw, headers, key=None).status


def post_meta(gate24: System, raw: str, channel: str = META, secret: str = APP_SECRET) -> int:
    headers = {"X-Hub-Signature-256": sign(secret, raw.encode())}
    return gate24.http("POST", f"/webhooks/meta/{channel}", raw, headers, key=None).status


def gupshup_raw(text: str = WORDS, name: str = "wamid.1", phone: str = DIGITS) -> str:
    """With spaces and an order of its own, which no parser gives back."""
    return json.dumps(gupshup_text(text, name, phone, now()), indent=3, ensure_ascii=False)


def meta_raw(text: str = WORDS, name: str = "wamid.1", phone: str = DIGITS, number: str = META_NUMBER) -> str:
    return json.dumps(meta_text(text, name, phone, now(), number), indent=3, ensure_ascii=False)


def stored(gate24: System) -> str:
    """But for the audit log, which tells that there was a webhook."""
    return json.dumps([item for item in gate24.items() if not item["pk"]["S"].startswith("AL#")], default=repr)


def bodies_kept(gate24: System) -> list[dict[str, Any]]:
    return [item for item in gate24.items() if item["pk"]["S"].startswith("WB#")]


def test_metas_body_arrives_as_it_came_under_the_subscriptions_secret(gate24: System) -> None:
    made, raw = make_webhook(gate24, format="provider"), meta_raw()
    assert post_meta(gate24, raw) == 200
    assert deliver() == []
    (hook,) = arrived(gate24)
    assert hook["body"] == raw
    expected = hmac.new(made["secret"].encode(), raw.encode(), hashlib.sha256).hexdigest()
    assert hook["headers"]["x-hub-signature-256"] == f"sha256={expected}"
    Webhook(made["secret"]).verify(json.loads(json.dumps(hook["body"])), hook["headers"])
    assert "x-webhook-token" not in hook["headers"]


def test_gupshups_body_arrives_as_it_came_with_the_subscriptions_secret_as_its_token(gate24: System) -> None:
    made, raw = make_webhook(gate24, format="provider"), gupshup_raw()
    assert post_gupshup(gate24, raw) == 200
    deliver()
    (hook,) = arrived(gate24)
    assert (hook["body"], hook["headers"]["x-webhook-token"]) == (raw, made["secret"])
    assert "x-hub-signature-256" not in hook["headers"]
    assert [each["type"] for each in deliveries_of(gate24, made["id"], "delivered")] == ["provider"]


def rotate(gate24: System, webhook_id: str) -> str:
    """The new secret."""
    return str(gate24.http("POST", f"/v1/webhooks/{webhook_id}/rotate").json["secret"])


def proofs(gate24: System, secrets: list[str], since: int = 0) -> list[int]:
    """By which of the secrets the bodies that arrived since so many are proved: their places."""
    found = []
    for hook in arrived(gate24)[since:]:
        signed = {sign(each, hook["body"].encode()): each for each in secrets}
        token, signature = hook["headers"].get("x-webhook-token"), hook["headers"].get("x-hub-signature-256")
        assert (token is None) != (signature is None)
        found.append(secrets.index(token or signed[signature]))
    return found


@pytest.mark.parametrize(("provider", "refusal"), [("gupshup", 400), ("meta", 401), ("gupshup", 403)])
def test_an_endpoint_may_have_either_secret_for_a_day_after_a_rotation(
    gate24: System, time: list[int], provider: str, refusal: int
) -> None:
    made = make_webhook(gate24, format="provider")
    secrets = [made["secret"], rotate(gate24, made["id"])]

    def passed_on(name: str) -> list[int]:
        before = len(arrived(gate24))
        if provider == "meta":
            assert post_meta(gate24, meta_raw(name=name)) == 200
        else:
            assert post_gupshup(gate24, gupshup_raw(name=name)) == 200
        assert deliver() == []
        return proofs(gate24, secrets, before)

    assert passed_on("wamid.1") == [1]  # it has the new one already
    script_hook(gate24, status=refusal)
    assert passed_on("wamid.2") == [1, 0]  # it has the old one still
    assert [each["status"] for each in deliveries_of(gate24, made["id"])] == ["delivered", "delivered"]
    script_hook(gate24, status=503)
    assert passed_on("wamid.3") == [1]  # that is no matter of secrets
    time[0] += DAY
    script_hook(gate24, status=refusal)
    assert passed_on("wamid.4") == [1]
    assert len(deliveries_of(gate24, made["id"], "pending")) == 2


def test_every_secret_that_signs_is_tried_in_one_attempt_and_within_its_time(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_webhook(gate24, format="provider")
    secrets = [made["secret"], rotate(gate24, made["id"]), rotate(gate24, made["id"])]
    script_hook(gate24, status=401, count=3)
    assert post_gupshup(gate24, gupshup_raw()) == 200
    deliver()
    assert proofs(gate24, secrets) == [2, 1, 0]
    (waiting,) = deliveries_of(gate24, made["id"])
    assert (waiting["status"], waiting["attempts"], waiting["last_answer"]["status"]) == ("pending", 1, 401)
    allowed: list[float] = []

    def slowly(url: str, headers: object, body: bytes, allow_loopback: bool, seconds: float) -> EndpointAnswer:
        allowed.append(seconds)
        return EndpointAnswer(401, "", 10_000)

    monkeypatch.setattr(endpoint, "call", slowly)
    assert post_gupshup(gate24, gupshup_raw(name="wamid.2")) == 200
    deliver()
    assert allowed == [endpoint.CALL_SECONDS, endpoint.CALL_SECONDS - 10]


@pytest.mark.parametrize(
    ("channels", "names"),
    [
        ([META], ["x-hub-signature-256"]),
        ([GUPSHUP], ["x-webhook-token"]),
        (None, ["x-hub-signature-256", "x-webhook-token"]),
    ],
)
def test_a_ping_has_the_proof_of_each_provider_whose_bodies_are_passed_on(
    gate24: System, channels: list[str] | None, names: list[str]
) -> None:
    chosen: dict[str, Any] = {} if channels is None else {"channels": channels}
    made = make_webhook(gate24, format="provider", **chosen)
    assert gate24.http("POST", f"/v1/webhooks/{made['id']}/test").json["ok"] is True
    (hook,) = arrived(gate24)
    assert sorted(hook["headers"].keys() & {"x-hub-signature-256", "x-webhook-token"}) == names
    proof = sign(made["secret"], hook["body"].encode())
    assert hook["headers"].get("x-hub-signature-256") == (proof if "x-hub-signature-256" in names else None)
    assert hook["headers"].get("x-webhook-token") == (made["secret"] if "x-webhook-token" in names else None)
    Webhook(made["secret"]).verify(hook["body"], hook["headers"])


def test_a_ping_of_gate24s_own_format_has_no_providers_proof(gate24: System) -> None:
    made = make_webhook(gate24)
    gate24.http("POST", f"/v1/webhooks/{made['id']}/test")
    (hook,) = arrived(gate24)
    assert not hook["headers"].keys() & {"x-hub-signature-256", "x-webhook-token"}


def test_it_is_queued_before_the_answer_and_stored_as_ever(gate24: System) -> None:
    make_webhook(gate24, format="provider")
    assert post_gupshup(gate24, gupshup_raw()) == 200
    assert len(queued_records()) == 1
    assert gate24.conversation()[0]["text"] == WORDS


def test_who_answers_as_soon_as_it_is_passed_on_finds_the_window_open(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_webhook(gate24, format="provider")
    put, answers = delivery_queue.put, []

    def answered_at_once(queued: Any) -> None:
        put(queued)
        answers.append(gate24.send(TEXT | {"to": PHONE, "channel": GUPSHUP}).status)

    monkeypatch.setattr(delivery_queue, "put", answered_at_once)
    assert post_gupshup(gate24, json.dumps(gupshup_text(phone=DIGITS, at=now()))) == 200
    assert answers == [202]


def test_without_such_a_subscription_nothing_is_queued(gate24: System) -> None:
    make_webhook(gate24)
    make_webhook(gate24, format="provider", channels=[META])
    make_webhook(gate24, format="provider", key=OTHER_ORG)
    paused = make_webhook(gate24, format="provider")
    gate24.http("PATCH", f"/v1/webhooks/{paused['id']}", {"status": "paused"})
    assert post_gupshup(gate24, gupshup_raw()) == 200
    assert queued_records() == []


def test_what_is_not_authentic_is_passed_on_to_nobody(gate24: System) -> None:
    make_webhook(gate24, format="provider")
    assert post_meta(gate24, meta_raw(), secret="wrong") == 401
    assert post_gupshup(gate24, "[]") == 400
    assert queued_records() == []


def test_a_subscription_of_gate24s_own_format_gets_no_providers_body_and_the_other_no_event(gate24: System) -> None:
    make_webhook(gate24, "events")
    make_webhook(gate24, "bodies", format="provider")
    tell(new_event())
    assert [json.loads(record["body"])["event"]["type"] for record in queued_records()] == ["message.status"]


def test_where_the_queue_fails_the_request_is_parked_and_passed_on_later(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_webhook(gate24, format="provider")
    put = aws.sqs().send_message

    def unreachable(**asked: Any) -> Any:
        if asked["QueueUrl"].endswith("deliveries.fifo"):
            raise EndpointConnectionError(endpoint_url="https://queue")
        return put(**asked)

    raw = gupshup_raw()
    with monkeypatch.context() as outage:
        outage.setattr(aws.sqs(), "send_message", unreachable)
        assert post_gupshup(gate24, raw) == 200
        records = parked_records(gate24)
        assert len(records) == 1
        assert retry_parked(records) == [records[0]["messageId"]]
    assert retry_parked(records) == []
    deliver()
    assert [hook["body"] for hook in arrived(gate24)] == [raw]
    assert [each["text"] for each in gate24.conversation()] == [WORDS]


def test_without_either_queue_the_provider_is_told_to_come_again(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_webhook(gate24, format="provider")

    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://queue")

    monkeypatch.setattr(aws.sqs(), "send_message", unreachable)
    assert post_gupshup(gate24, gupshup_raw()) == 503


def test_a_body_that_fails_waits_and_arrives_as_it_came(gate24: System, time: list[int]) -> None:
    made, raw = make_webhook(gate24, format="provider"), meta_raw()
    script_hook(gate24, status=500)
    post_meta(gate24, raw)
    deliver()
    assert len(deliveries_of(gate24, made["id"], "pending")) == 1
    time[0] += MINUTE
    assert run_schedule()["queued"] == 1
    deliver()
    first, second = arrived(gate24)
    assert first["body"] == second["body"] == raw
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    assert bodies_kept(gate24) == []
    assert [item for item in gate24.items() if item["sk"]["S"].startswith("B#")] == []


def test_a_body_too_large_for_the_queue_waits_in_the_table(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_queue, "RAW_BYTES", 1000)
    words = os.urandom(500_000).hex()[:900_000]
    body = gupshup_text("x", "wamid.1", DIGITS, now())
    body["more"] = words
    raw = json.dumps(body)
    make_webhook(gate24, format="provider")
    assert post_gupshup(gate24, raw) == 200
    assert len(bodies_kept(gate24)) == 3
    deliver()
    assert [hook["body"] == raw for hook in arrived(gate24)] == [True]
    assert bodies_kept(gate24) == []


def test_a_body_whose_bytes_are_no_text_is_passed_on(gate24: System) -> None:
    """JSON in UTF-16, which a parser takes."""
    make_webhook(gate24, format="provider")
    raw = json.dumps(gupshup_text(WORDS, "wamid.1", DIGITS, now())).encode("utf-16")
    event = {
        "rawPath": f"/webhooks/gupshup/{GUPSHUP}",
        "headers": {"x-webhook-token": TOKEN},
        "pathParameters": {"channel_id": GUPSHUP},
        "requestContext": {"http": {"method": "POST"}, "requestId": "request-1"},
        "body": base64.b64encode(raw).decode(),
        "isBase64Encoded": True,
    }
    assert handler("inbound_webhook")(event, CONTEXT)["statusCode"] == 200
    (record,) = queued_records()
    assert delivery_queue.read(record["body"]).raw == raw


def test_a_body_of_two_organizations_is_passed_on_to_neither_and_stored_for_both(gate24: System) -> None:
    add_meta_channel("health-meta", OTHER_ORG, "100000000000099", APP_SECRET)
    make_webhook(gate24, "mine", format="provider")
    make_webhook(gate24, "theirs", format="provider", key=OTHER_ORG)
    body = meta_text("mine", "wamid.1", DIGITS, now(), META_NUMBER)
    body["entry"] += meta_text("theirs", "wamid.2", DIGITS, now(), "100000000000099")["entry"]
    assert post_meta(gate24, json.dumps(body)) == 200
    assert queued_records() == []
    assert [each["text"] for each in gate24.conversation()] == ["mine"]


def test_a_body_about_another_organizations_number_goes_to_that_organization(gate24: System) -> None:
    add_meta_channel("health-meta", OTHER_ORG, "100000000000099", APP_SECRET)
    make_webhook(gate24, "mine", format="provider")
    make_webhook(gate24, "theirs", format="provider", key=OTHER_ORG)
    assert post_meta(gate24, meta_raw(number="100000000000099")) == 200
    deliver()
    assert [hook["name"] for hook in arrived(gate24)] == ["theirs"]


# Erasure


def erase(gate24: System, phone: str = PHONE) -> None:
    assert gate24.http("DELETE", f"/v1/contacts/{quote(phone)}").status == 204


def test_a_body_that_waits_is_erased_with_its_person(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24, format="provider")
    script_hook(gate24, status=500)
    post_gupshup(gate24, gupshup_raw("a secret of hers"))
    deliver()
    assert len(bodies_kept(gate24)) == 1
    time[0] += MINUTE
    erase(gate24)
    assert bodies_kept(gate24) == []
    assert "a secret of hers" not in stored(gate24) and DIGITS not in stored(gate24)
    run_schedule()
    deliver()
    assert len(arrived(gate24)) == 1  # the one before the erasure
    assert len(deliveries_of(gate24, made["id"], "dropped")) == 1


def test_a_body_in_the_queue_does_not_go_out_after_its_person_was_erased(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24, format="provider")
    post_gupshup(gate24, gupshup_raw())
    time[0] += MINUTE
    erase(gate24)
    deliver()
    assert arrived(gate24) == []
    assert len(deliveries_of(gate24, made["id"], "dropped")) == 1


def test_a_body_that_failed_while_its_person_was_erased_is_not_kept(
    gate24: System, time: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_webhook(gate24, format="provider")
    post_gupshup(gate24, gupshup_raw())

    def erases_meanwhile(*_: object) -> EndpointAnswer:
        time[0] += MINUTE
        erase(gate24)
        return EndpointAnswer(500, "", 1)

    monkeypatch.setattr(endpoint, "call", erases_meanwhile)
    deliver()
    assert bodies_kept(gate24) == []
    assert len(deliveries_of(gate24, made["id"], "dropped")) == 1


def test_what_the_person_writes_after_the_erasure_is_passed_on(gate24: System, time: list[int]) -> None:
    make_webhook(gate24, format="provider")
    contact_wrote(gate24, ago=HOUR)
    queued_records()
    erase(gate24)
    time[0] += MINUTE
    raw = gupshup_raw("hello again", "wamid.2")
    post_gupshup(gate24, raw)
    deliver()
    assert [hook["body"] for hook in arrived(gate24)] == [raw]


def test_a_user_id_alone_leads_the_erasure_to_the_body(gate24: System, time: list[int]) -> None:
    make_webhook(gate24, format="provider")
    script_hook(gate24, status=500)
    user_id = "IN.1234567890123456"
    body = meta_text("a secret of hers", "wamid.1", None, now(), META_NUMBER, user_id)
    assert post_meta(gate24, json.dumps(body)) == 200
    deliver()
    assert len(bodies_kept(gate24)) == 1
    time[0] += MINUTE
    erase(gate24, user_id)
    assert bodies_kept(gate24) == []


def test_an_event_that_was_not_understood_is_found_by_what_looks_like_a_number(gate24: System, time: list[int]) -> None:
    make_webhook(gate24, format="provider")
    script_hook(gate24, status=500)
    contact_wrote(gate24)
    queued_records()
    raw = json.dumps({"app": "Learning", "timestamp": now(), "type": "moon-event", "payload": {"of": DIGITS}})
    post_gupshup(gate24, raw)
    deliver()
    assert len(bodies_kept(gate24)) == 1
    time[0] += MINUTE
    erase(gate24)
    assert bodies_kept(gate24) == []


# Given up, replayed, deleted


def test_bodies_that_failed_for_good_are_told_again_by_a_replay(gate24: System, time: list[int]) -> None:
    made, began = make_webhook(gate24, format="provider"), time[0]
    raws = [gupshup_raw(f"text {number}", f"wamid.{number}") for number in range(CUT_OFF_FROM + 2)]
    script_hook(gate24, status=500, count=CUT_OFF_FROM)
    for raw in raws:
        assert post_gupshup(gate24, raw) == 200
    deliver()
    time[0] += GIVEN_UP_AFTER_MS + HOUR
    assert run_schedule()["given_up"] == len(raws)
    queued_records()
    gate24.http("PATCH", f"/v1/webhooks/{made['id']}", {"url": made["url"].replace("bot", "new")})
    path = f"/v1/webhooks/{made['id']}/replay"
    failed = deliveries_of(gate24, made["id"], "failed")
    assert gate24.http("POST", path, {"event_ids": [failed[0]["event_id"], "evt_none"]}).json["queued"] == 1
    deliver()
    assert len(arrived(gate24, "new")) == 1
    time[0] += 1
    assert gate24.http("POST", path, {"from": rfc3339(began - HOUR)}).json["queued"] == len(raws) - 1
    deliver()
    assert sorted(hook["body"] for hook in arrived(gate24, "new")) == sorted(raws)
    assert bodies_kept(gate24) == []


def test_nothing_of_a_body_stays_once_its_webhook_is_deleted(gate24: System, time: list[int]) -> None:
    made = make_webhook(gate24, format="provider")
    script_hook(gate24, status=500)
    post_gupshup(gate24, gupshup_raw())
    deliver()
    time[0] += HOUR
    script_hook(gate24, status=410)
    post_gupshup(gate24, gupshup_raw("another", "wamid.2"))
    deliver()
    assert [each["status"] for each in deliveries_of(gate24, made["id"])] == ["failed", "pending"]
    gate24.http("DELETE", f"/v1/webhooks/{made['id']}")
    time[0] += MINUTE
    run_schedule()
    assert bodies_kept(gate24) == []
    assert made["id"] not in stored(gate24)


def test_other_organizations_channels_are_not_heard(gate24: System) -> None:
    make_webhook(gate24, "mine", format="provider")
    make_webhook(gate24, "theirs", format="provider", key=OTHER_ORG)
    post_gupshup(gate24, gupshup_raw(), OTHER)
    deliver()
    assert [hook["name"] for hook in arrived(gate24)] == ["theirs"]
