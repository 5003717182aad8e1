from __future__ import annotations

from dataclasses import replace

import pytest

from gate24.channels import Channel
from gate24.events import UNKNOWN_TYPE
from gate24.rules.window_openers import OPENS, opens_window

CHANNEL = Channel("ch", "org", "gupshup", "+918000000001", "http://bsp.example.org", "gupshup-2021-02")


@pytest.mark.parametrize(
    "kind",
    [
        *("text", "image", "video", "audio", "document", "sticker", "location", "contacts", "order", "button"),
        *("button_reply", "list_reply", "flow_reply", "call_permission_reply", "interactive", "hologram"),
        UNKNOWN_TYPE,
    ],
)
def test_a_persons_message_opens_the_window_also_when_its_kind_is_new(kind: str) -> None:
    assert opens_window(kind, CHANNEL)


@pytest.mark.parametrize("kind", ["reaction", "unsupported", "system", "edit", "revoke", "echo", "status", "billing"])
def test_what_is_no_new_message_does_not_open_the_window_by_default(kind: str) -> None:
    assert not opens_window(kind, CHANNEL)


def test_reactions_and_unsupported_messages_open_where_the_channel_says_so() -> None:
    assert opens_window("reaction", replace(CHANNEL, reactions_open=True))
    assert opens_window("unsupported", replace(CHANNEL, unsupported_opens=True))
    assert not opens_window("unsupported", replace(CHANNEL, reactions_open=True))
    assert not opens_window("edit", replace(CHANNEL, reactions_open=True, unsupported_opens=True))


def test_every_row_is_a_rule_or_a_setting_of_the_channel() -> None:
    assert all(isinstance(rule, bool) or hasattr(CHANNEL, rule) for rule in OPENS.values())
