"""The started stack over real HTTP, for end-to-end tests."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import boto3
import requests

from tests.support.bodies import sign

HOUR = 3_600_000
TEXT = {"type": "text", "text": {"body": "Hello"}}
REMINDER = {
    "type": "template",
    "template": {"name": "class_reminder", "language": "en", "params": ["Contact", "10:00"]},
}


def now() -> int:
    return int(time.time() * 1000)


def new_phone() -> str:
    """A number that no other test uses."""
    return f"+9198{secrets.randbelow(10**8):08d}"


def until(check: Callable[[], Any], seconds: float = 90.0) -> Any:
    """What ``check`` returns as soon as that is true; AssertionError if it never is."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.1)


@dataclass(slots=True)
class Live:
    """A running stack and one of its organizations."""

    stack: dict[str, Any]
    number: int = 0

    @property
    def organization(self) -> dict[str, Any]:
        found: dict[str, Any] = self.stack["organizations"][self.number]
        return found

    def channel(self, provider: str = "gupshup") -> dict[str, Any]:
        return next(each for each in self.organization["channels"] if each["provider"] == provider)

    def api(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> requests.Response:
        given = {"Authorization": f"Bearer {self.organization['api_key']}", **(headers or {})}
        return requests.request(method, self.stack["api_url"] + path, json=body, headers=given, timeout=60)

    def send(
        self, phone: str, body: dict[str, Any], key: str | None = None, provider: str = "gupshup"
    ) -> requests.Response:
        headers = {"Idempotency-Key": key or secrets.token_hex(8)}
        return self.api("POST", "/v1/messages", {"to": phone, "channel": self.channel(provider)["id"], **body}, headers)

    def contact(self, phone: str) -> Any:
        return self.api("GET", f"/v1/contacts/{quote(phone)}").json()

    def window(self, phone: str, provider: str = "gupshup") -> Any:
        windows = {each["channel"]: each["window"] for each in self.contact(phone)["windows"]}
        return windows[self.channel(provider)["id"]]

    def conversation(self, phone: str) -> Any:
        return self.api("GET", f"/v1/contacts/{quote(phone)}/messages").json()["data"]

    def opt_in(self, phone: str) -> None:
        body = {"action": "opt_in", "source": "form", "evidence": "page 1"}
        assert self.api("POST", f"/v1/contacts/{quote(phone)}/consents", body).status_code == 201

    def inbound(self, phone: str, text: str | None = "Hello", provider: str = "gupshup", **more: Any) -> Any:
        """The contact writes, through the simulator."""
        body = {"channel_id": self.channel(provider)["id"], "from": phone, "text": text, **more}
        answer = self.simulator("POST", "inbound", body)
        assert set(answer["statuses"]) == {200}, answer
        return answer

    def webhook(self, body: Any, provider: str = "gupshup") -> requests.Response:
        """An event posted straight to the webhook, authenticated."""
        channel, raw = self.channel(provider), json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if provider == "meta":
            headers["X-Hub-Signature-256"] = sign(channel["app_secret"], raw)
        else:
            headers["X-Webhook-Token"] = channel["webhook_token"]
        return requests.post(channel["webhook_url"], data=raw, headers=headers, timeout=60)

    def simulator(self, method: str, what: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.stack['bsp_url']}/_sim/{what}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def script(self, phone: str, **outcome: Any) -> None:
        """What becomes of the next sends to that number."""
        self.simulator("POST", "script", {**outcome, "match": {"destination": phone.removeprefix("+")}})

    def received(self, phone: str) -> list[dict[str, Any]]:
        """What the BSP got for that number."""
        digits = phone.removeprefix("+")
        found = []
        for each in self.simulator("GET", "requests")["requests"]:
            part = each.get("form") or each.get("json") or {}
            if str(part.get("destination", part.get("to", ""))).removeprefix("+") == digits:
                found.append(each)
        return found

    def rollup(self, **event: str) -> Any:
        client = boto3.client(
            "lambda",
            endpoint_url=self.stack["aws_endpoint"],
            region_name=self.stack["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        answer = client.invoke(
            FunctionName=self.stack["functions"]["cost_rollup"], Qualifier="live", Payload=json.dumps(event).encode()
        )
        return json.loads(answer["Payload"].read())
