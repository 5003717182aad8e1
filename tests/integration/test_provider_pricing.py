"""What a provider says of a price settles our estimate: its category and what it waives, at our card's price."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate24.store import table
from tests.support.bodies import meta_status
from tests.support.scene import accepted_send, contact_opted_in, new_number, now, post_webhook, rolled_up
from tests.support.system import META, META_NUMBER, TEMPLATE, System

REGULAR = {"billable": True, "pricing_model": "PMP", "type": "regular"}
FREE = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service"}


def delivered(gate24: System, sent: dict[str, Any], phone: str, pricing: dict[str, Any] | None) -> dict[str, Any]:
    """The message after Meta's status with this pricing."""
    more = {} if pricing is None else {"pricing": pricing}
    body = meta_status("delivered", sent["bsp_message_id"], sent["id"], phone, now(), None, META_NUMBER, **more)
    post_webhook(gate24, META, body)
    found: dict[str, Any] = gate24.http("GET", f"/v1/messages/{sent['id']}").json
    return found


def today(gate24: System) -> dict[str, Any]:
    day = datetime.now(UTC) + timedelta(hours=5, minutes=30)  # the organization is in India
    return rolled_up(gate24, day.date(), day.date())[0]


def test_a_freeform_that_meta_did_not_charge_costs_nothing(gate24: System) -> None:
    phone = new_number()
    sent = accepted_send(gate24, phone, META)
    assert (sent["cost"]["amount"], sent["cost"]["estimate"]) == ("0.0014", True)
    message = delivered(gate24, sent, phone, FREE | {"category": "service"})
    assert (message["cost"]["amount"], message["cost"]["estimate"]) == ("0", False)
    assert today(gate24)["fees"]["whatsapp"] == "0"


def test_a_freeform_that_meta_charged_is_settled_at_the_cards_price(gate24: System) -> None:
    phone = new_number()
    sent = accepted_send(gate24, phone, META)
    message = delivered(gate24, sent, phone, REGULAR | {"category": "service"})
    assert (message["cost"]["amount"], message["cost"]["estimate"]) == ("0.0014", False)
    assert today(gate24)["fees"]["whatsapp"] == "0.0014"


@pytest.mark.parametrize("pricing", [None, {}, {"billable": True}])
def test_a_status_that_says_nothing_of_the_price_settles_nothing(gate24: System, pricing: Any) -> None:
    phone = new_number()
    sent = accepted_send(gate24, phone, META)
    message = delivered(gate24, sent, phone, pricing)
    assert message["cost"] == sent["cost"]


def test_the_category_that_meta_charged_for_wins_over_the_registrys(gate24: System) -> None:
    phone = new_number()
    contact_opted_in(gate24, phone, channel="learning-gupshup")
    sent = gate24.send(TEMPLATE | {"to": f"+{phone}", "channel": META}).json
    assert sent["cost"]["amount"] == "0.0014"
    message = delivered(gate24, sent, phone, REGULAR | {"category": "marketing"})
    assert message["cost"]["amount"] == "0.0118"
    day = today(gate24)
    assert [part for part in day["by_category"] if part["count"]] == [
        {"category": "marketing", "count": 1, "total": "0.0118"}
    ]
    again = delivered(gate24, sent, phone, REGULAR | {"category": "marketing"})
    assert (again["cost"], today(gate24)["total"]) == (message["cost"], "0.0118")


def test_the_same_price_said_again_is_not_written_again(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = new_number()
    sent = accepted_send(gate24, phone, META)
    delivered(gate24, sent, phone, REGULAR | {"category": "service"})
    written: list[str] = []
    original = table._dispatch

    def note(operation: str, kwargs: dict[str, Any]) -> Any:
        written.append(operation)
        return original(operation, kwargs)

    monkeypatch.setattr(table, "_dispatch", note)
    delivered(gate24, sent, phone, REGULAR | {"category": "service"})
    assert written == ["UpdateItem"]
