"""Webhooks that tell of many people at once, whose requests to the table go in batches."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from gate24.store import table
from gate24.store.batches import Batches
from gate24.usecases import receive_webhook
from tests.support.bodies import Body, change, message, meta, profile, status
from tests.support.system import META_NUMBER

PEOPLE = [f"9198765432{number:02d}" for number in range(10, 20)]


def body_of(
    at: int,
    wrote: str = "",
    told: dict[str, int] | None = None,
    our_ids: dict[str, str] | None = None,
    people: list[str] = PEOPLE,
) -> dict[str, Any]:
    """Each of the people wrote the message of that name (none: it is empty), and got what they were sent before:
    statuses ``told``, with their times, of the messages that Meta calls ``wamid.out-NUMBER``, by ``our_ids`` where they
    are given by number. In entries of 4 people."""
    entries: list[Any] = []
    for start in range(0, len(people), 4):
        some = people[start : start + 4]
        value: Body = {"contacts": [profile(phone=each) for each in some]}
        if wrote:
            text = {"body": f"Hello {wrote}"}
            value["messages"] = [message("text", text, f"wamid.{wrote}-{each}", each, at) for each in some]
        if told:
            value["statuses"] = [
                _status(each, kind, when, (our_ids or {}).get(each)) for each in some for kind, when in told.items()
            ]
        entries += meta(change("messages", value, META_NUMBER))["entry"]
    return {"object": "whatsapp_business_account", "entry": entries}


def _status(person: str, kind: str, at: int, our_id: str | None) -> Body:
    ours: dict[str, Any] = {} if our_id is None else {"biz_opaque_callback_data": our_id}
    return status(kind, f"wamid.out-{person}", person, at, **ours)


def in_batches(monkeypatch: pytest.MonkeyPatch, people: int = len(PEOPLE)) -> None:
    """What tells of so many people is stored by batches, in which all of them ask together."""
    everybody = threading.Barrier(people, timeout=60)
    enter = Batches.__enter__

    def enters(batches: Batches) -> None:
        enter(batches)
        everybody.wait()

    monkeypatch.setattr(receive_webhook, "MANY", people)
    monkeypatch.setattr(Batches, "__enter__", enters)
    monkeypatch.setattr("gate24.store.batches.HELD_SECONDS", 60)


class Asked:
    """The operations of the table that are asked from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        client = table.connection().connection.client
        call = client._make_api_call

        def made(operation: str, asked: Any) -> Any:
            self.made.append(operation)
            return call(operation, asked)

        monkeypatch.setattr(client, "_make_api_call", made)
