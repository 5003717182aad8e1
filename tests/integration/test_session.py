"""The main job: a contact writes, the window opens, the reply goes out; when it is shut only a template does."""

import pytest

from tests.support.bodies import gupshup_consent, gupshup_text
from tests.support.scene import (
    DIGITS,
    HOUR,
    MARKETING,
    contact_opted_in,
    contact_wrote,
    now,
    put_marketing_template,
    received_by_bsp,
)
from tests.support.system import GUPSHUP, META, OTHER, TEMPLATE, TEXT, System

pytestmark = pytest.mark.in_memory


def test_a_reply_goes_out_while_the_window_is_open(gate24: System) -> None:
    written_at = now() - HOUR
    assert gate24.webhook(gupshup_text("When is the class?", at=written_at)).text == ""
    window = gate24.window()
    assert window["state"] == "open"
    assert 22 * 3600 < window["seconds_left"] <= 23 * 3600
    answer = gate24.send(TEXT)
    assert answer.status == 202, answer.text
    assert answer.json["status"] == "accepted"
    assert answer.json["sent_as"] == "freeform"
    assert answer.json["cost"] == {
        "amount": "0.0010",
        "currency": "USD",
        "lines": [{"fee": "gupshup", "amount": "0.0010"}],
        "estimate": True,
    }
    newest, oldest = gate24.conversation()
    assert (newest["direction"], newest["status"]) == ("outbound", "accepted")
    assert (oldest["direction"], oldest["text"]) == ("inbound", "When is the class?")


def test_a_day_later_only_a_template_goes_out(gate24: System) -> None:
    contact_opted_in(gate24, ago=30 * HOUR)
    contact_wrote(gate24, ago=25 * HOUR)
    refused = gate24.send(TEXT)
    assert (refused.status, refused.json["code"]) == (409, "window_closed")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json["allowed_actions"] == ["send_template", "wait_for_inbound"]
    assert refused.json["window"]["closed_by"] == "lapsed"
    sent = gate24.send(TEMPLATE)
    assert (sent.status, sent.json["sent_as"], sent.json["cost"]["amount"]) == (202, "template", "0.0052")
    assert [each["status"] for each in gate24.conversation()] == ["accepted", "refused", "received"]


OPTED_IN, OPTED_OUT = ("opted-in", 40), ("opted-out", 3)
TABLE = [
    # consent (hours ago), wrote hours ago, blocked -> freeform, template, marketing template
    ([OPTED_IN], 1, False, (202, 202, 202)),
    ([OPTED_IN], 25, False, ("window_closed", 202, 202)),
    ([OPTED_IN], None, False, ("window_closed", 202, 202)),
    ([], 1, False, (202, 202, "not_opted_in")),
    ([], 25, False, ("not_opted_in",) * 3),
    ([], None, False, ("not_opted_in",) * 3),
    ([OPTED_IN, OPTED_OUT], 1, False, (202, "opted_out", "opted_out")),
    ([OPTED_IN, OPTED_OUT], 5, False, ("opted_out",) * 3),
    ([OPTED_OUT], None, False, ("opted_out",) * 3),
    ([OPTED_IN], 1, True, ("blocked",) * 3),
]


@pytest.mark.parametrize(("consent", "wrote", "blocked", "expected"), TABLE)
def test_who_may_be_sent_what(
    gate24: System,
    consent: list[tuple[str, int]],
    wrote: int | None,
    blocked: bool,
    expected: tuple[int | str, ...],
) -> None:
    put_marketing_template(gate24)
    for action, hours in consent:
        gate24.webhook(gupshup_consent(action, at=now() - hours * HOUR))
    if wrote is not None:
        contact_wrote(gate24, ago=wrote * HOUR)
    if blocked:
        gate24.http("PUT", f"/v1/contacts/{DIGITS}/block")
    for body, outcome in zip((TEXT, TEMPLATE, MARKETING), expected, strict=True):
        checked = gate24.check(body).json
        sent = gate24.send(body)
        assert (sent.status if isinstance(outcome, int) else sent.json["code"]) == outcome
        assert checked["decision"] == ("allow" if sent.status == 202 else "refuse")
        assert checked["code"] == (None if sent.status == 202 else sent.json["code"])
    assert len(received_by_bsp(gate24)) == expected.count(202)


def test_organizations_do_not_see_each_other(gate24: System) -> None:
    gate24.webhook(gupshup_text())
    message = gate24.conversation()[0]["id"]
    assert gate24.http("GET", f"/v1/contacts/{DIGITS}", key="health").status == 404
    assert gate24.http("GET", f"/v1/messages/{message}", key="health").status == 404
    assert gate24.http("GET", "/v1/contacts", key="health").json["data"] == []
    assert gate24.send(TEXT | {"channel": GUPSHUP}, key="health").status == 404
    assert gate24.webhook(gupshup_text(), channel=OTHER).status == 200
    assert gate24.http("GET", f"/v1/contacts/{DIGITS}", key="health").status == 200


def test_a_window_belongs_to_one_number_of_the_organization(gate24: System) -> None:
    contact_wrote(gate24, ago=HOUR)
    assert gate24.window(channel=GUPSHUP)["state"] == "open"
    assert gate24.window(channel=META)["state"] == "never_opened"
    assert gate24.send(TEXT | {"channel": META}).json["code"] == "not_opted_in"
