"""The stream of the started stack's table feeds the events, and the schedule tells of windows."""

from __future__ import annotations

from typing import Any

from tests.support.live import HOUR, TEXT, Live, new_phone, now, until


class Ears:
    """Reads the feed of the organization. ``heard``: the events about one contact, in order."""

    def __init__(self, live: Live, phone: str) -> None:
        self.live, self.phone = live, phone
        self.heard: list[dict[str, Any]] = []
        self._cursor = ""

    def have(self, *types: str) -> bool:
        """Whether events of all these types have been heard by now."""
        after = f"&after={self._cursor}" if self._cursor else ""
        answer = self.live.api("GET", f"/v1/events?limit=100{after}").json()
        self._cursor = answer["next_cursor"]
        about = [each for each in answer["data"] if each["data"].get("contact", {}).get("phone") == self.phone]
        self.heard += about
        return {each["type"] for each in self.heard} >= set(types)


def test_what_a_contact_writes_and_what_becomes_of_the_answer_is_heard(stack: dict[str, Any]) -> None:
    live, phone = Live(stack), new_phone()
    ears = Ears(live, phone)
    live.inbound(phone, "Is anybody there?")
    until(lambda: ears.have("message.received", "window.opened"))
    assert live.send(phone, TEXT).status_code == 202
    steps = ("accepted", "sent", "delivered", "read")

    def all_steps() -> bool:
        ears.have()
        told = [each["data"]["message"]["status"] for each in ears.heard if each["type"] == "message.status"]
        return told[-1:] == ["read"] and [step for step in steps if step in told] == told

    until(all_steps)
    assert len({each["id"] for each in ears.heard}) == len(ears.heard)
    received = next(each for each in ears.heard if each["type"] == "message.received")
    assert received["data"]["message"]["text"] == "Is anybody there?"


def test_a_window_that_closes_is_told_of_in_its_minute(stack: dict[str, Any]) -> None:
    live, phone = Live(stack), new_phone()
    ears = Ears(live, phone)
    live.inbound(phone, "Long ago", timestamp=now() - 24 * HOUR + 50_000)  # the gate closes in 20 seconds
    until(lambda: ears.have("window.closed"), seconds=300)
    closed = next(each for each in ears.heard if each["type"] == "window.closed")
    assert closed["data"]["window"]["closed_by"] == "lapsed"
