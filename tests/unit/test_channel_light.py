"""The light of a channel: green, amber, grey or red, by what is stored of it."""

from __future__ import annotations

import pytest

from gate24.rules.channel_light import ChannelLight, ChannelTrouble, Heard, Send, light, troubles

NOW = 1_795_687_200_000
MINUTE = 60_000
HOUR = 60 * MINUTE


def untold(*minutes_ago: int) -> tuple[Send, ...]:
    return tuple(Send(NOW - each * MINUTE, None) for each in minutes_ago)


@pytest.mark.parametrize(
    ("heard", "expected", "why"),
    [
        (Heard(), "unheard", []),
        (Heard(NOW - 23 * HOUR), "heard", []),
        (Heard(NOW - 24 * HOUR), "heard", []),
        (Heard(NOW - 24 * HOUR - 1), "quiet", []),
        (Heard(NOW - 30 * HOUR, (Send(NOW - HOUR, NOW - HOUR + 1),)), "heard", []),
        (Heard(has_webhook_secret=False), "failing", ["no_webhook_secret"]),
        (Heard(NOW - MINUTE, not_stored=2), "failing", ["not_stored"]),
        # Sent within half an hour, or once: that may still be told.
        (Heard(sends=untold(29, 10)), "unheard", []),
        (Heard(sends=untold(40)), "unheard", []),
        (Heard(sends=untold(31, 40)), "failing", ["sends_not_told"]),
        (Heard(NOW - 41 * MINUTE, untold(31, 40)), "failing", ["sends_not_told"]),
        (Heard(NOW - 35 * MINUTE, untold(31, 40)), "heard", []),
        (Heard(sends=(*untold(31, 40), Send(NOW - 50 * MINUTE, NOW - 20 * MINUTE))), "heard", []),
        (Heard(sends=untold(25 * 60, 26 * 60)), "unheard", []),
        (
            Heard(sends=untold(31, 40), has_webhook_secret=False, not_stored=1),
            "failing",
            ["no_webhook_secret", "sends_not_told", "not_stored"],
        ),
    ],
    ids=range(15),
)
def test_the_light_of_a_channel(heard: Heard, expected: ChannelLight, why: list[ChannelTrouble]) -> None:
    assert (light(heard, NOW), troubles(heard, NOW)) == (expected, why)


def test_the_later_of_message_and_status_is_when_it_was_heard() -> None:
    sends = (Send(NOW - 9, NOW - 3), Send(NOW - 8, None), Send(NOW - 7, NOW - 5))
    assert Heard(NOW - 4, sends).at == NOW - 3
    assert Heard(NOW - 2, sends).at == NOW - 2
    assert Heard(None, untold(1)).at is None
