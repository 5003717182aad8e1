"""The table of webhooks: complete, read by the parsers, and printed in docs/webhooks.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from gate24.channels import Channel
from gate24.events import CallStatus, InboundMessage, Noted, Routed, Unrecognized
from gate24.providers import cloud_format, cloud_statuses, gupshup, gupshup_v2
from gate24.providers.gupshup import GUPSHUP
from gate24.providers.meta import META as META_PROVIDER
from gate24.providers.webhook_kinds import (
    CALL_STATUS,
    FIELD,
    GUPSHUP_V2,
    GUPSHUP_V3,
    META,
    PARTS,
    STATUS,
    TYPE,
    V2_STATUS,
    WebhookKind,
    kinds_at,
)
from gate24.providers.webhook_table import as_document
from gate24.rules.webhook_effects import EFFECTS, NOTED
from tests.support import events
from tests.support.bodies import AT, gupshup_v3

TABLES = {"meta": META, "gupshup_v3": GUPSHUP_V3, "gupshup_v2": GUPSHUP_V2}
ROWS = [(name, row) for name, rows in TABLES.items() for row in rows if row.kind != PARTS]
IDS = [f"{name}: {row.place} {row.name}" for name, row in ROWS]
CHANNEL = Channel("ch", "org", "gupshup", "+918000000001", "http://bsp.example.org", "gupshup-2021-02")


def parsed(name: str, row: WebhookKind) -> list[Any]:
    body = events.load(f"webhooks/{name}")[f"{row.place} / {row.name}"]
    provider = META_PROVIDER if name == "meta" else GUPSHUP
    return [routed.event for routed in provider.parse(body, AT + 1000)]


def test_the_documented_table_is_that_of_the_code() -> None:
    documented = Path(__file__).parents[2] / "docs" / "webhooks.md"
    assert documented.read_text(encoding="utf-8") == as_document()


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_body_and_a_kind_and_stands_once(name: str) -> None:
    keys = [f"{row.place} / {row.name}" for row in TABLES[name] if row.kind != PARTS]
    assert len(keys) == len(set(keys))
    assert sorted(events.load(f"webhooks/{name}")) == sorted(keys)
    assert {row.kind for row in TABLES[name]} <= {*EFFECTS, PARTS}
    assert all(row.source or row.name.startswith("(") for row in TABLES[name]), "a documented row names its source"


def test_every_kind_is_that_of_a_row_and_says_why() -> None:
    assert set(EFFECTS) - {row.kind for rows in TABLES.values() for row in rows} == set()
    assert all(effect.why for effect in EFFECTS.values())
    assert all(isinstance(effect.window, bool) or hasattr(CHANNEL, effect.window) for effect in EFFECTS.values())


# "History and echoes must never open a window or change consent; a group message neither."
@pytest.mark.parametrize("kind", sorted(NOTED))
def test_what_is_noted_does_nothing(kind: str) -> None:
    assert EFFECTS[kind][:4] == (False, "none", "none", "none")


@pytest.mark.parametrize(("name", "row"), ROWS, ids=IDS)
def test_a_body_is_parsed_as_its_row_says(name: str, row: WebhookKind) -> None:
    found = parsed(name, row)
    assert [type(event) for event in found if isinstance(event, Noted)] == ([Noted] if row.kind in NOTED else [])
    raw = [event for event in found if isinstance(event, Unrecognized)]
    assert bool(raw) == (row.kind in ("unrecognized", "unknown"))
    types = [event.type for event in found if isinstance(event, InboundMessage)]
    effect = EFFECTS[row.kind]
    if effect.conversation == "entry" and "call" not in row.place:
        assert types == [row.kind if row.kind != "newer" else "hologram"]
    else:
        assert types == []


@pytest.mark.parametrize(
    "row", [row for name, row in ROWS if name == "meta"], ids=lambda row: f"{row.place} {row.name}"
)
def test_gupshup_passes_metas_webhooks_through_unchanged(row: WebhookKind) -> None:
    body = events.load("webhooks/meta")[f"{row.place} / {row.name}"]
    passed_through = [Routed(routed.event) for routed in META_PROVIDER.parse(body, AT + 1000)]
    assert GUPSHUP.parse(gupshup_v3(body), AT + 1000) == passed_through


def test_the_parsers_know_what_the_table_knows() -> None:
    fields, types = kinds_at(META, FIELD), kinds_at(GUPSHUP_V2, TYPE)
    left_to_parsers = {name for name, kind in fields.items() if kind not in (*NOTED, "unrecognized")}
    assert set(cloud_format._FIELDS) == left_to_parsers
    assert set(gupshup_v2._PARSERS) == {name for name, kind in types.items() if kind not in (*NOTED, "unrecognized")}
    assert set(gupshup._V3_FIELDS) == {name for name in kinds_at(GUPSHUP_V3, FIELD) if "(" not in name}
    statuses = {**kinds_at(META, STATUS), **kinds_at(GUPSHUP_V3, STATUS), **kinds_at(GUPSHUP_V2, V2_STATUS)}
    known = {name for name, kind in statuses.items() if kind == "status" and "(" not in name}
    assert set(cloud_statuses.STATUSES) == known
    assert {name.lower() for name in kinds_at(META, CALL_STATUS)} <= set(get_args(CallStatus))
