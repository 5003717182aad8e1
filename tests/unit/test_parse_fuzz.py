"""Bodies of every kind, broken in every way: parsing never raises and never loses or doubles anything."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.events import UNKNOWN_TYPE, Event, InboundMessage, Routed, Unrecognized
from gate24.providers.gupshup import GUPSHUP
from gate24.providers.interface import Provider
from gate24.providers.meta import META
from tests.support import bodies, events
from tests.support.bodies import (
    AT,
    Body,
    every_body,
    gupshup,
    gupshup_text,
    meta,
    meta_message,
    meta_text,
)

RECEIVED = AT + 60_000
BODIES = every_body()
WEBHOOKS = [events.load(name) for name in (*events.names("gupshup"), *events.names("meta"))]
PROVIDERS: tuple[Provider, ...] = (GUPSHUP, META)

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=40)
    | st.sampled_from(["9" * 5000, "x" * 200_000, 10**400, "\ud800", "\x00", "wamid.in-1", "text", "system", -1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every part of a body."""
    keys: list[Any] = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    return [path, *(deeper for key in keys for deeper in paths(value[key], (*path, key)))]


@st.composite
def broken_bodies(draw: st.DrawFn) -> Body:
    """A body with up to three parts replaced, removed or doubled."""
    body = copy.deepcopy(draw(st.sampled_from(BODIES + WEBHOOKS)))
    for _ in range(draw(st.integers(1, 3))):
        ways = [path for path in paths(body) if path]
        if not ways:
            break
        *parents, key = draw(st.sampled_from(ways))
        part: Any = body
        for parent in parents:
            part = part[parent]
        how = draw(st.sampled_from(["replace", "remove", "double"]))
        if how == "remove":
            del part[key]
        elif how == "double" and isinstance(part, list):
            part.append(copy.deepcopy(part[key]))
        else:
            part[key] = draw(junk)
    return body


def messages_in(body: Body) -> int:
    """How many messages a body holds at most."""
    if "entry" not in body and "object" not in body:
        return 1
    found = 0
    entries = body.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for change in changes if isinstance(changes, list) else []:
            value = change.get("value") if isinstance(change, dict) else None
            messages = value.get("messages") if isinstance(value, dict) else None
            found += len(messages) if isinstance(messages, list) else 0
    return found


def check(provider: Provider, body: Body) -> None:
    """What holds of every body, however broken."""
    found = provider.parse(body, RECEIVED)
    assert found
    for routed in found:
        assert isinstance(routed, Routed)
        assert isinstance(routed.event, get_args(Event))
        assert 0 <= routed.event.at <= RECEIVED
        if not isinstance(routed.event, Unrecognized):
            storable = json.dumps(asdict(routed.event), ensure_ascii=False).encode("utf-8")
            assert len(storable) < 400_000
    inbound = [routed.event for routed in found if isinstance(routed.event, InboundMessage)]
    assert len(inbound) <= messages_in(body)
    unknown = [event for event in inbound if event.type == UNKNOWN_TYPE]
    raw = [one.event for one in found if isinstance(one.event, Unrecognized)]
    assert len(unknown) <= len(raw)
    assert all(event.contact.phone or event.contact.user_id for event in inbound)
    assert all(0 < len(event.provider_message_id.encode()) <= 512 for event in inbound)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_every_kind_of_body_gives_one_event_with_each_provider(provider: Provider) -> None:
    for body in BODIES:
        check(provider, body)
        assert len(provider.parse(body, RECEIVED)) == 1


@given(broken_bodies())
def test_a_broken_body_neither_raises_nor_doubles(body: Body) -> None:
    for provider in PROVIDERS:
        check(provider, body)


@given(
    st.dictionaries(st.text(max_size=8) | st.sampled_from(["type", "text", "contacts", "payload", "context"]), junk),
    st.from_regex(r"[1-9][0-9]{4,14}", fullmatch=True),
)
def test_whatever_has_an_id_and_a_sender_is_an_inbound_message(content: Body, phone: str) -> None:
    ignored = {"id", "from", "source", "sender", "timestamp", "group_id"}
    message = {key: part for key, part in content.items() if key not in ignored}
    if message.get("type") == "system" or "system" in message:
        return
    at_meta = meta(bodies.change("messages", {"messages": [message | {"id": "wamid.in-1", "from": phone}]}, None))
    at_gupshup = gupshup("message", message | {"id": "wamid.in-1", "source": phone})
    for provider, body in ((META, at_meta), (GUPSHUP, bodies.gupshup_v3(at_meta)), (GUPSHUP, at_gupshup)):
        check(provider, body)
        first = provider.parse(body, RECEIVED)[0].event
        assert isinstance(first, InboundMessage)
        assert (first.contact.phone, first.provider_message_id) == (f"+{phone}", "wamid.in-1")


@given(st.dictionaries(st.sampled_from(["type", "payload", "entry", "object", "timestamp", "version"]), junk))
def test_any_object_at_all_is_parsed(body: Body) -> None:
    for provider in PROVIDERS:
        check(provider, body)


@given(st.sampled_from(BODIES + WEBHOOKS), st.data())
def test_a_truncated_body_that_still_is_json_is_parsed(body: Body, data: st.DataObject) -> None:
    text = json.dumps(body)
    cut = text[: data.draw(st.integers(1, len(text)))]
    try:
        rest = json.loads(cut + "}" * 12)
    except ValueError:
        return
    for provider in PROVIDERS:
        check(provider, rest)


def deep(levels: int = 100_000) -> Any:
    """An array in an array in an array."""
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "build",
    [
        lambda nested: gupshup("message", nested),
        lambda nested: gupshup("message", gupshup_text()["payload"] | {"payload": nested, "context": {"id": nested}}),
        lambda nested: gupshup("moon-event", nested),
        lambda nested: meta(nested),
        lambda nested: meta_message("text", nested),
        lambda nested: meta_message("contacts", [{"name": nested, "phones": [nested]}]),
        lambda nested: meta_message("interactive", {"type": "list_reply", "list_reply": nested}),
        lambda nested: meta_text() | {"entry": nested},
    ],
)
def test_a_deeply_nested_body_does_not_exhaust_the_stack(build: Any) -> None:
    for provider in PROVIDERS:
        assert provider.parse(build(deep()), RECEIVED)
