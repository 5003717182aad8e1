"""Strangers at the webhooks cost next to nothing."""

from typing import Any

from gate24.store import table
from tests.support.bodies import gupshup_text
from tests.support.scene import HOUR, new_number, now, parked_records
from tests.support.system import System


def test_a_strangers_flood_writes_nothing_parks_nothing_and_hardly_reads(gate24: System) -> None:
    phone = new_number()
    body = gupshup_text("hi", f"w.{phone}", phone, now() - HOUR)
    assert gate24.webhook(body).status == 200  # channel and secrets are remembered from now on
    before, calls = gate24.items(), list[str]()

    def note(request: Any, **_: Any) -> None:
        calls.append(request.url)

    table.connection().connection.client.meta.events.register("before-send.dynamodb", note)
    for number in range(40):
        wrong = {"X-Webhook-Token": f"wrong-{number}"}
        assert gate24.webhook(body, headers=wrong).status == 401
        assert gate24.webhook(body, channel=f"nobodys-{number}", headers=wrong).status == 401
    assert len(calls) <= 40  # one look for each channel that does not exist
    assert gate24.items() == before
    assert parked_records(gate24) == []
