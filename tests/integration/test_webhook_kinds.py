"""The table of webhooks (docs/webhooks.md) and the system agree: a body of every row does what the row says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from gate24.costs import LedgerEntry
from gate24.events import ContactRef
from gate24.providers.webhook_kinds import GUPSHUP_V2, GUPSHUP_V3, META, PARTS, WebhookKind
from gate24.rules.rollup import local_day
from gate24.rules.webhook_effects import EFFECTS, Effect
from gate24.store import contacts, costs
from tests.support import events
from tests.support.bodies import Body
from tests.support.scene import (
    HOUR,
    accepted_send,
    body_about,
    change_channel,
    contact_opted_in,
    contact_wrote,
    new_number,
    now,
    post_webhook,
)
from tests.support.system import GUPSHUP, META_NUMBER, ORG, System, put_template, system
from tests.support.system import META as META_CHANNEL

WORD = "Namaste"
"""Stands in the bodies wherever a person's words may stand."""

ANOTHER = "919876500000"
"""The new number of somebody, in the bodies."""

ROWS = [
    pytest.param(
        row, events.load(f"webhooks/{name}")[f"{row.place} / {row.name}"], channel, id=f"{name}: {row.place} {row.name}"
    )
    for name, rows, channel in (
        ("meta", META, META_CHANNEL),
        ("gupshup_v3", GUPSHUP_V3, GUPSHUP),
        ("gupshup_v2", GUPSHUP_V2, GUPSHUP),
    )
    for row in rows
    if row.kind != PARTS
]


class Seen(NamedTuple):
    """What there is of a contact. ``types``: of the conversation, oldest first. ``fees``: inbound messages in the day's
    costs."""

    window: str
    consent: str
    types: list[str]
    fees: int


NOBODY = Seen("never_opened", "none", [], 0)


def ledger(day: str) -> list[LedgerEntry]:
    return [entry for _, together in costs.entries(ORG, day) for entry in together]


def seen(gate24: System, phone: str, channel: str, at: int) -> Seen:
    if gate24.http("GET", f"/v1/contacts/{phone}").status == 404:
        return NOBODY
    own = contacts.contact_id(ORG, ContactRef(f"+{phone}"))
    day = local_day(at, "Asia/Kolkata").isoformat()
    fees = [entry for entry in ledger(day) if entry.kind == "inbound" and own in entry.message_id]
    return Seen(
        gate24.window(phone, channel)["state"],
        gate24.contact(phone)["consent"]["status"],
        [each["type"] for each in gate24.conversation(phone)][::-1],
        len(fees),
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with system(tmp_path_factory.mktemp("kinds"), in_memory=True) as made:
        yield made


def told(gate24: System, body: Body, channel: str, word: str = WORD) -> Seen:
    """What there is of somebody of whom only this was told, twice, an hour ago."""
    phone, at = new_number(), now() - HOUR
    changed = json.loads(json.dumps(body_about(body, phone, at)).replace(WORD, word))
    post_webhook(gate24, channel, changed)
    if word == WORD:
        post_webhook(gate24, channel, changed)
    return seen(gate24, phone, channel, at)


@pytest.mark.parametrize(("row", "body", "channel"), ROWS)
def test_a_webhook_does_what_its_row_says(shared: System, row: WebhookKind, body: Body, channel: str) -> None:
    effect = EFFECTS[row.kind]
    if effect.conversation == "status":
        about_a_message_of_ours(shared, row, body, channel)
    elif effect.conversation == "follows":
        about_another_number(shared, row, body, channel)
    elif effect.conversation == "sent":
        about_a_message_sent_around(shared, body, channel)
    elif row.kind == "template":
        about_a_template(shared, body, channel)
    else:
        about_a_person(shared, row, body, channel, effect)


def about_a_message_sent_around(gate24: System, body: Body, channel: str) -> None:
    """It is shown, and whatever it says is not the person's word."""
    for word in (WORD, "STOP", "START"):
        assert told(gate24, body, channel, word) == NOBODY._replace(types=["text"])


def about_a_person(gate24: System, row: WebhookKind, body: Body, channel: str, effect: Effect) -> None:
    items = gate24.items() if effect.conversation == effect.consent == "none" else []
    found = told(gate24, body, channel)
    assert found.window == ("open" if effect.window is True else "never_opened")
    assert found.consent == {"opt_in": "opted_in", "opt_out": "opted_out"}.get(effect.consent, "none")
    shown_as = {"newer": "hologram", "business_call": "call", "business_call_accepted": "call"}.get(row.kind, row.kind)
    assert found.types == ([shown_as] if effect.conversation == "entry" else [])
    assert found.fees == (effect.cost == "inbound")
    if items:
        assert found == NOBODY
        assert (len(gate24.items()) > len(items)) == (row.kind == "unrecognized"), "only what is unrecognized is kept"
    if WORD in json.dumps(body):
        by_keyword = tuple(told(gate24, body, channel, word).consent for word in ("STOP", "START"))
        counted = {"keyword": ("opted_out", "opted_in"), "opt_out_keyword": ("opted_out", "none")}
        assert by_keyword == counted.get(effect.consent, ("none", "none"))
    else:
        assert effect.consent != "keyword" or row.kind == "newer", "the body has no place for a keyword"
    if isinstance(effect.window, str):
        change_channel(channel, **{effect.window: True})
        allowed = told(gate24, body, channel).window
        change_channel(channel, **{effect.window: False})
        assert allowed == "open"
    if effect.consent == "marketing":
        phone = new_number()
        post_webhook(gate24, channel, body_about(body, phone, now() - HOUR))
        assert gate24.contact(phone)["marketing_stopped"] == (row.name == "stop")
        (entry,) = gate24.http("GET", f"/v1/contacts/{phone}/consents").json["data"]
        assert entry["action"] == f"marketing_{row.name}"


def about_a_message_of_ours(gate24: System, row: WebhookKind, body: Body, channel: str) -> None:
    phone, at = new_number(), now()
    sent = accepted_send(gate24, phone, channel)
    before, window = seen(gate24, phone, channel, at), gate24.window(phone, channel)
    text = json.dumps(body_about(body, phone, at)).replace("gs-1", sent["bsp_message_id"])
    if channel == META_CHANNEL:
        text = text.replace("wamid.out-1", sent["bsp_message_id"])
    elif row in META:
        text = text.replace('"id": "wamid.out-1"', f'"id": "wamid.out-{phone}", "gs_id": "{sent["bsp_message_id"]}"')
    text = text.replace("wamid.out-1", f"wamid.out-{phone}")
    post_webhook(gate24, channel, json.loads(text))
    after = gate24.http("GET", f"/v1/messages/{sent['id']}").json
    assert seen(gate24, phone, channel, at) == before
    assert gate24.window(phone, channel)["last_inbound_at"] == window["last_inbound_at"]
    if row.kind == "billing":
        day = local_day(at, "Asia/Kolkata").isoformat()
        (entry,) = [entry for entry in ledger(day) if entry.message_id == sent["id"]]
        assert entry.billed == "service"
        return
    status = row.name.partition(" ")[0]
    assert [each["status"] for each in after["statuses"]] == [status]
    if status == "failed":
        assert (after["status"], after["cost"]["amount"]) == ("failed", "0")
    elif "pricing" in text:
        assert after["cost"]["estimate"] is False


def about_another_number(gate24: System, row: WebhookKind, body: Body, channel: str) -> None:
    old, new = new_number(), new_number()
    contact_opted_in(gate24, old, 3 * HOUR, GUPSHUP)
    contact_wrote(gate24, old, 2 * HOUR, channel)
    post_webhook(gate24, channel, json.loads(json.dumps(body_about(body, old, now() - HOUR)).replace(ANOTHER, new)))
    ref = ContactRef(f"+{new}") if row.name.endswith("number") else ContactRef(user_id=f"IN.{new}")
    contact = contacts.read(ORG, contacts.resolve(ORG, ref))
    assert contact.consent.opt_in_at is not None
    if ref.phone is None:
        assert contact.phone == f"+{old}"
        return
    found = seen(gate24, new, channel, now() - HOUR)
    assert found == Seen("never_opened", "opted_in", ["text"], found.fees)


def about_a_template(gate24: System, body: Body, channel: str) -> None:
    is_meta = '"message_template_id"' in json.dumps(body)
    own = {"bsp_template_id": "77001", "language": "en_US"} if is_meta else {"bsp_template_id": "tpl-uuid-1"}
    assert put_template(gate24, channel, name="greeting", **own).status == 200
    before = len(gate24.items())
    post_webhook(gate24, channel, body_about(body, META_NUMBER, now() + HOUR))  # taken for the time of receipt
    data: list[dict[str, Any]] = gate24.http("GET", "/v1/templates?limit=100").json["data"]
    (found,) = [each for each in data if (each["channel"], each["name"]) == (channel, "greeting")][-1:]
    assert (found["status"], found["category"]) in (("paused", "utility"), ("approved", "marketing"))
    assert len(gate24.items()) == before
