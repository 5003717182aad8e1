"""Whole bodies as the providers send them, through the real handler: each is stored whole, and once."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.events import load, names
from tests.support.scene import body_about, new_number, now, post_webhook
from tests.support.system import GUPSHUP, META, System, system

BODIES = [*names("gupshup"), *names("meta")]
NOT_UNDERSTOOD_HERE = {
    # Nothing was sent and no template is registered, so these have nothing to be about.
    "template_not_registered",
    # The second number of the batch is nobody's channel.
    "unknown_number",
    # Its body cannot be told, so it is kept beside the message that opened the window.
    "message of unknown type",
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("bodies"), simulate=False, in_memory=True) as made:
        yield made


def kept(gate24: System) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gate24.http("GET", "/v1/unrecognized?limit=100").json["data"]
    return found


def test_there_are_bodies_of_both_providers() -> None:
    assert len(BODIES) >= 20


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_stored_whole_and_once(shared: System, name: str) -> None:
    channel, at = META if name.startswith("meta/") else GUPSHUP, now() - 60_000
    body = body_about(load(name), new_number(), at)
    before = len(shared.items())
    post_webhook(shared, channel, body)
    after = shared.items()
    reasons = {event["reason"] for event in kept(shared)}
    assert not [reason for reason in reasons if reason.startswith("not_recorded")]
    assert reasons <= NOT_UNDERSTOOD_HERE
    assert len(after) > before
    post_webhook(shared, channel, body)
    assert comparable(shared.items(), name) == comparable(after, name)


def comparable(items: list[dict[str, Any]], name: str) -> list[str]:
    """The items but unrecognized ones. A v3 deduction has no time of its own, so one that waits for its message waits
    once for each time that it was received; it is counted once all the same."""
    left_out = ("U#", "O#", "S#") if name == "gupshup/v3_billing" else ("U#",)
    return sorted(str(item) for item in items if not {item["pk"]["S"][:2], item["sk"]["S"][:2]} & set(left_out))
