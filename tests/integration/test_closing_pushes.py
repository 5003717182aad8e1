"""Browsers are told of chats that wait for an answer and close soon: once, by whoever holds the key, and without
content."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gate24 import clock, settings
from gate24.api import recognized
from gate24.rules.waiting_chats import LOOK_MS
from gate24.store import aws, closing_rounds, members, organizations, push_devices, push_key
from gate24.store.table import StoreError
from gate24.usecases import tell_staff_of_closing as module
from gate24.usecases.administer_members import put_member, remove_member
from tests.support import closing_evening
from tests.support.closing_evening import END, START, turn_from
from tests.support.endpoints import Server, says, serving
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import (
    DIGITS,
    HOUR,
    MINUTE,
    SECOND,
    change_organization,
    mail_sender,
    new_number,
    pushing,
)
from tests.support.system import ORG, OTHER_ORG, System

ASHA, LEELA = "asha@example.org", "leela@example.org"
TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


@dataclass(slots=True, kw_only=True)
class Evening(closing_evening.Evening):
    """The push service answers as ``answer`` says."""

    service: Server
    answer: list[bytes]

    def run(self, at: int) -> list[str]:
        """The paths that the push service was asked for in the organization's first turn from then on."""
        before = len(self.service.requests)
        self.tell(at)
        return sorted(each.split()[1].decode() for each in self.service.requests[before:])

    def endpoint(self, name: str) -> str:
        return f"http://127.0.0.1:{self.service.port}/{name}"

    def device(self, email: str, name: str) -> str:
        push_devices.add(ORG, email, self.endpoint(name), self.time[0])
        return f"/{name}"


@pytest.fixture
def evening(gate24: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evening]:
    time, answer = [START], [TAKEN]
    monkeypatch.setattr(clock, "now_ms", lambda: time[0])
    for email, role in ((LEELA, "admin"), (ASHA, "agent")):
        put_member(ORG, email, role, keep_an_admin=False)  # type: ignore[arg-type]
    change_organization(closing_digest_minutes=60)
    with pushing(), serving(lambda connection: says(answer[0])(connection)) as service:
        yield Evening(gate24, time, service=service, answer=answer)


def test_each_browser_hears_once_and_is_sent_no_content(evening: Evening) -> None:
    told = [evening.device(ASHA, "phone"), evening.device(ASHA, "laptop"), evening.device(LEELA, "desk")]
    evening.wrote(START)
    assert evening.run(END - HOUR - 10 * MINUTE) == []
    assert evening.run(END - HOUR + 2 * MINUTE) == sorted(told)
    for request in evening.service.requests:
        head, _, body = request.partition(b"\r\n\r\n")
        assert body == b""
        for private in (DIGITS, "cheque", "98765", ASHA, ORG):
            assert private not in head.decode()
    for minute in range(0, 55, 5):
        assert evening.run(END - 55 * MINUTE + minute * MINUTE) == []


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_the_push_service_can_tell_who_calls(evening: Evening) -> None:
    """RFC 8292: a token for its origin alone, signed by the key with which the browser subscribed."""
    evening.device(ASHA, "phone")
    evening.wrote(START)
    evening.run(END - 40 * MINUTE)
    found = headers_of(evening.service.requests[0])
    scheme, token, key = found["authorization"].replace(",", "").split()
    assert (scheme, key) == ("vapid", f"k={push_key.public_key()}")
    point = urlsafe_b64decode(key.removeprefix("k=") + "=")
    public: Any = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    origin = f"http://127.0.0.1:{evening.service.port}"
    options = {"verify_exp": False}
    claims = jwt.decode(token.removeprefix("t="), public, ["ES256"], audience=origin, options=options)  # type: ignore[arg-type]
    assert claims["sub"] == "https://gate24.example.org/console"
    assert claims["exp"] == evening.time[0] // 1000 + 12 * 3600
    assert int(found["ttl"]) == (END - evening.time[0]) // 1000
    assert (found["urgency"], found["topic"], found["content-length"]) == ("high", "gate24-closing", "0")


def test_where_mails_are_sent_their_address_is_whom_a_push_service_can_ask(evening: Evening) -> None:
    evening.device(ASHA, "phone")
    with mail_sender("gate24@example.org"):
        token = push_key.token(evening.endpoint("phone"), evening.time[0])
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] == "mailto:gate24@example.org"


def test_it_is_signed_once_for_many(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    sign = aws.kms().sign

    def noted(**given: Any) -> Any:
        asked.append(given)
        return sign(**given)

    monkeypatch.setattr(aws.kms(), "sign", noted)
    for number in range(20):
        evening.device(ASHA if number % 2 else LEELA, str(number))
    evening.wrote(START)
    assert len(evening.run(END - 40 * MINUTE)) == 20
    assert len(asked) == 1
    evening.wrote(evening.time[0], new_number())
    assert len(evening.run(evening.time[0] + 23 * HOUR + 10 * MINUTE)) == 20
    assert len(asked) == 1


@pytest.mark.parametrize("status", [b"404 Not Found", b"410 Gone"])
def test_a_browser_that_is_gone_is_forgotten(evening: Evening, status: bytes) -> None:
    evening.device(ASHA, "phone")
    evening.wrote(START)
    evening.answer[0] = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
    assert evening.run(END - 40 * MINUTE) == ["/phone"]
    assert push_devices.of_member(ORG, ASHA) == []


@pytest.mark.parametrize("answer", [b"HTTP/1.1 500 Oops\r\n\r\n", b"HTTP/1.1 429 Slowly\r\n\r\n", b"", b"nonsense"])
def test_a_push_service_in_trouble_is_not_asked_again_and_keeps_no_other_from_hearing(
    evening: Evening, answer: bytes
) -> None:
    evening.device(ASHA, "phone")
    evening.wrote(START)
    evening.answer[0] = answer
    assert evening.run(END - 50 * MINUTE) == ["/phone"]
    evening.answer[0] = TAKEN
    assert evening.run(END - 40 * MINUTE) == []
    assert len(push_devices.of_member(ORG, ASHA)) == 1
    evening.wrote(START + 10 * MINUTE, new_number())
    assert evening.run(END - 30 * MINUTE) == ["/phone"]


def test_a_key_that_cannot_be_used_now_puts_it_off_and_mails_go_out(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening.device(ASHA, "phone")
    evening.wrote(START)
    boto3.client("sesv2").create_email_identity(EmailIdentity="gate24@example.org")
    with monkeypatch.context() as patched:
        patched.setattr(aws.kms(), "sign", denied)
        with mail_sender("gate24@example.org"):
            assert evening.run(END - 50 * MINUTE) == []
            assert module.tell_staff_of_closing(evening.time[0], lambda: False, evening.due) == 0
    assert evening.run(END - 40 * MINUTE) == ["/phone"]


def denied(**asked: Any) -> Any:
    raise aws.kms().exceptions.DisabledException({"Error": {"Code": "DisabledException"}}, "Sign")


def test_mails_that_cannot_be_begun_keep_no_browser_from_hearing(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening.device(ASHA, "phone")
    evening.wrote(START)
    begin = closing_rounds.begin

    def fails(organization_id: str, kind: str, *more: Any) -> bool:
        if kind == "MAIL":
            raise StoreError("PutItem", "down")
        return begin(organization_id, kind, *more)

    monkeypatch.setattr(closing_rounds, "begin", fails)
    with mail_sender("gate24@example.org"), pytest.raises(RuntimeError, match="staff not told: learning"):
        evening.run(END - 40 * MINUTE)
    assert len(evening.service.requests) == 1


def test_two_runs_at_one_moment_tell_each_browser_once(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    evening.device(ASHA, "phone")
    evening.device(ASHA, "laptop")
    evening.wrote(START)
    claim = evening.another_run_before(closing_rounds.claim)
    monkeypatch.setattr(closing_rounds, "claim", claim)
    assert evening.run(END - 40 * MINUTE) == ["/laptop", "/phone"]


def test_who_was_removed_or_belongs_elsewhere_is_not_told(evening: Evening) -> None:
    evening.device(ASHA, "phone")
    evening.device(LEELA, "desk")
    put_member(OTHER_ORG, "bimal@example.org", "agent")
    push_devices.add(OTHER_ORG, "bimal@example.org", evening.endpoint("other"), START)
    found = members.find(ASHA)
    assert found is not None
    remove_member(found)
    assert push_devices.of_member(ORG, ASHA) == []
    evening.device(ASHA, "again")  # as if it had come at the same moment
    evening.wrote(START)
    assert evening.run(END - 40 * MINUTE) == ["/desk"]


def test_nobody_is_told_where_the_organization_has_it_off_or_all_are_answered(evening: Evening) -> None:
    evening.device(ASHA, "phone")
    evening.wrote(START)
    change_organization(closing_digest_minutes=None)
    assert evening.run(END - 50 * MINUTE) == []
    change_organization(closing_digest_minutes=60)
    state = f"/v1/contacts/%2B{DIGITS.removeprefix('+')}/state"
    assert evening.gate24.http("PUT", state, {"state": "done"}).status == 200
    assert evening.run(END - 40 * MINUTE) == []


def test_time_that_is_up_leaves_the_rest_to_the_next_run(evening: Evening) -> None:
    for number in range(10):
        evening.device(ASHA, f"a{number}")
        evening.device(LEELA, f"l{number}")
    evening.wrote(START)
    evening.run(END - 70 * MINUTE)
    evening.time[0] = at = turn_from(END - 50 * MINUTE)
    checks = iter([False] * 4)
    assert module.tell_staff_of_closing(at, lambda: next(checks, True), evening.due) == 16
    assert len(evening.run(at + LOOK_MS)) == 4


# What members choose

Ask = Callable[[str, str, Any], Any]


@pytest.fixture
def as_asha(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr(recognized, "recognize_member", lambda token: members.find(token.removeprefix("token.")))

    def ask(method: str, path: str, body: Any = None) -> Any:
        return evening.gate24.http(method, path, body, key=f"token.{ASHA}")

    return ask


def test_a_member_chooses_browsers_and_sees_which(evening: Evening, as_asha: Ask) -> None:
    phone = evening.endpoint("phone")
    name = hashlib.sha256(phone.encode()).hexdigest()[:32]
    for _ in range(2):
        answer = as_asha("PUT", "/v1/me/push", {"endpoint": phone, "push": True})
        assert (answer.status, answer.json["push_devices"]) == (200, [name])
    found = as_asha("GET", "/v1/me/notifications", None).json
    assert (found["push_devices"], found["no_push_because"]) == ([name], None)
    assert found["push_key"] == push_key.public_key()
    assert phone not in json.dumps(found)
    answer = as_asha("PUT", "/v1/me/push", {"endpoint": phone, "push": False})
    assert (answer.status, answer.json["push_devices"]) == (200, [])
    assert as_asha("PUT", "/v1/me/push", {"endpoint": phone, "push": False}).status == 200


def test_of_more_than_ten_browsers_the_oldest_goes(evening: Evening, as_asha: Ask) -> None:
    for number in range(12):
        evening.time[0] += SECOND
        answer = as_asha("PUT", "/v1/me/push", {"endpoint": evening.endpoint(str(number)), "push": True})
    assert len(answer.json["push_devices"]) == 10
    evening.wrote(START)
    assert evening.run(END - 40 * MINUTE) == sorted(f"/{number}" for number in range(2, 12))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://10.0.0.7/send",
        "http://push.example.org/send",
        "https://metadata.internal/send",
        "push",
        "https://a@b.org/",
    ],
)
def test_an_address_that_is_not_of_the_internet_is_refused(as_asha: Ask, endpoint: str) -> None:
    answer = as_asha("PUT", "/v1/me/push", {"endpoint": endpoint, "push": True})
    assert (answer.status, answer.json["code"]) == (422, "url_not_allowed")
    assert answer.json["errors"][0]["pointer"] == "/endpoint"


@pytest.mark.parametrize("body", [{}, {"push": True}, *({"endpoint": each, "push": True} for each in ("", "x" * 3000))])
def test_a_wrong_body_is_told(as_asha: Ask, body: Any) -> None:
    answer = as_asha("PUT", "/v1/me/push", body)
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")


def test_why_no_browser_is_told_is_said(evening: Evening, as_asha: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def because() -> Any:
        return as_asha("GET", "/v1/me/notifications", None).json["no_push_because"]

    change_organization(closing_digest_minutes=None)
    assert because() == "off"
    with monkeypatch.context() as patched:
        patched.setattr(push_key, "public_key", unreadable)
        assert because() == "unavailable"
        assert as_asha("GET", "/v1/me/notifications", None).json["push_key"] is None
    with monkeypatch.context() as patched:
        patched.setenv("PUSH_KEY_ARN", "")
        settings.settings.cache_clear()
        assert because() == "push_not_set_up"
        answer = as_asha("PUT", "/v1/me/push", {"endpoint": evening.endpoint("phone"), "push": True})
        assert (answer.status, answer.json["code"]) == (409, "push_not_set_up")
        assert "PushKeyArn" in answer.json["detail"]
    key = evening.gate24.http("GET", "/v1/me/notifications").json
    assert (key["no_push_because"], key["push_devices"]) == ("no_member", [])
    answer = evening.gate24.http("PUT", "/v1/me/push", {"endpoint": evening.endpoint("phone"), "push": True})
    assert (answer.status, answer.json["code"]) == (403, "unauthorized")


def unreadable() -> str:
    raise push_key.NoPushKey("GetPublicKey")


def test_the_lead_time_can_be_set_where_browsers_alone_are_told(evening: Evening) -> None:
    answer = evening.gate24.http("PUT", "/v1/notifications", {"closing_digest_minutes": 120})
    assert (answer.status, answer.json["mail_is_set_up"], answer.json["push_is_set_up"]) == (200, False, True)


def test_what_is_kept_of_browsers_names_nobody(evening: Evening) -> None:
    evening.device(ASHA, "phone")
    kept = [item for item in evening.gate24.items() if "DEVICE#" in str(item)]
    assert len(kept) == 1
    assert ASHA not in json.dumps(kept, default=str)


@pytest.fixture
def held(evening: Evening) -> Iterator[MemoryTable]:
    with memory_table(evening.gate24.dynamodb) as found:
        yield found


def test_what_a_round_of_pushes_costs(evening: Evening, held: MemoryTable) -> None:
    """Beside what a run costs: the round, the members and their browsers; of writes two, and one for each browser."""
    for name in ("phone", "laptop", "desk"):
        evening.device(ASHA, name)
    evening.wrote(START)
    organizations.organization(ORG)
    evening.run(END - 3 * HOUR)
    before = held.usage
    assert len(evening.run(END - 40 * MINUTE)) == 3
    used = held.usage.since(before)
    assert (used.read_units, used.write_units) == (8.0, 5.0)
