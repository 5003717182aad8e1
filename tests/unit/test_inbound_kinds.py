"""Each kind of message at each provider is the same of Meta's objects: a reader of the API needs one shape."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate24.events import InboundMessage, Unrecognized
from gate24.providers.cloud_objects import CARDS_LIMIT
from gate24.providers.gupshup import GUPSHUP
from gate24.providers.meta import META
from tests.support.bodies import AT, Body, gupshup_message
from tests.support.inbound_kinds import FILE, KINDS, REFERRAL, as_version_3, told


def read(body: Body, provider: Any) -> InboundMessage:
    (first,) = (
        routed.event for routed in provider.parse(body, AT + 1000) if not isinstance(routed.event, Unrecognized)
    )
    assert isinstance(first, InboundMessage)
    return first


# "The inbound counterparts are shown whole", by whichever provider they come.
@pytest.mark.parametrize("name", KINDS)
def test_a_message_of_each_kind_is_whole_in_metas_shape(name: str) -> None:
    kind = KINDS[name]
    named = name.partition(",")[0]
    by_meta, by_v3 = read(kind.meta, META), read(as_version_3(kind.meta), GUPSHUP)
    assert (by_meta.type, by_meta.content, by_meta.refers_to) == (named, kind.content, kind.refers_to)
    has_context = kind.refers_to and "reaction" not in name and named not in ("edit", "revoke")
    in_v3 = ("gs-1", *kind.refers_to, "wamid.meta-1") if has_context else kind.refers_to
    assert (by_v3.type, by_v3.content, by_v3.refers_to) == (named, kind.content, in_v3)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.v2 is not None])
def test_a_message_of_each_kind_in_version_2_is_the_same_as_metas(name: str) -> None:
    kind = KINDS[name]
    assert kind.v2 is not None
    found = read(kind.v2, GUPSHUP)
    expected = json.loads(json.dumps(kind.content))
    if "reaction" in expected:
        expected["reaction"]["message_id"] = "gs-1"
    has_gs_id = kind.refers_to and name != "text, not forwarded"
    assert (found.type, found.content) == (name.partition(",")[0], expected)
    assert found.refers_to == (("gs-1", *kind.refers_to) if has_gs_id else kind.refers_to)


def test_what_stands_behind_a_button_of_version_2_is_its_title_where_nothing_else_does() -> None:
    event = read(gupshup_message("button_reply", {"title": "Yes", "id": "qr1", "reply": "Yes 1"}), GUPSHUP)
    assert event.content == {"interactive": {"type": "button_reply", "button_reply": {"id": "Yes", "title": "Yes"}}}


def test_a_referral_of_version_2_is_read_in_metas_shape() -> None:
    body = gupshup_message("text", {"text": "Tell me more"})
    body["payload"]["referral"] = REFERRAL
    assert read(body, GUPSHUP).content == {"referral": REFERRAL}


def test_a_files_facts_are_kept() -> None:
    sticker = read(told("sticker", FILE | {"animated": True}), META).media
    assert sticker is not None
    assert (sticker.sha256, sticker.animated, sticker.voice) == (FILE["sha256"], True, None)
    voice = read(told("audio", FILE | {"voice": True}), META).media
    assert voice is not None
    assert (voice.voice, voice.animated) == (True, None)


# Bad input: whatever stands in these fields, the message is kept, and what is kept of it is JSON of a bounded size.
@pytest.mark.parametrize(
    "value", [None, True, 5, float("nan"), 10**400, "x" * 70_000, [[]], [{}], {"a": {}}, ["x"] * 99]
)
def test_a_field_of_any_value_breaks_no_kind(value: Any) -> None:
    for kind in KINDS.values():
        body = json.loads(json.dumps(kind.meta))
        found = body["entry"][0]["changes"][0]["value"]["messages"][0]
        for field, part in list(found.items()):
            for inner in part if isinstance(part, dict) else ():
                broken = json.loads(json.dumps(body))
                broken["entry"][0]["changes"][0]["value"]["messages"][0][field][inner] = value
                event = read(broken, META)
                assert len(json.dumps(event.content, allow_nan=False)) < 3 * CARDS_LIMIT


def test_as_many_whole_cards_are_kept_as_fit() -> None:
    card = {"name": {"formatted_name": "A" * 256}, "phones": [{"phone": "1" * 256, "type": "T" * 256}] * 40}
    kept = read(told("contacts", [card] * 30), META).content["contacts"]
    assert 1 < len(kept) < 30
    assert all(len(each["phones"]) == 30 for each in kept)
    assert len(json.dumps(kept)) <= CARDS_LIMIT + 60
