"""A status and what the ledger is to know by it are one write, unless somebody else changed the message meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gate24.events import ContactRef
from gate24.messages import Message
from gate24.store import contacts, messages
from gate24.store.messages import Reckoned
from tests.support.asked_of_aws import asked_of_aws
from tests.support.bodies import meta_status
from tests.support.scene import contact_wrote, now
from tests.support.system import META, META_NUMBER, ORG, PHONE, TEXT, System

pytestmark = pytest.mark.in_memory


def sent(gate24: System) -> Message:
    """A message that went out to somebody who had written."""
    contact_wrote(gate24, channel=META)
    answer = gate24.send(TEXT | {"channel": META})
    assert answer.status == 202, answer.text
    return stored()


def stored() -> Message:
    contact_id = contacts.contact_id(ORG, ContactRef(PHONE))
    (found,) = [each for each in messages.since(ORG, contact_id, 0) if each.direction == "outbound"]
    return found


def failed(message: Message) -> Reckoned:
    assert message.ledger is not None
    return Reckoned(replace(message.ledger, state="failed"), message.ledger_day)


def test_both_are_one_write(gate24: System) -> None:
    message = sent(gate24)
    body = meta_status("failed", message.provider_id or "", message.key.id, PHONE[1:], now(), 131000, META_NUMBER)
    with asked_of_aws() as asked:
        assert gate24.meta_webhook(body).status == 200
    written = [each for each in asked.made if each.operation == "UpdateItem"]
    assert [each.params["Key"]["sk"]["S"][:2] for each in written] == ["M#", "A#"], "the contact hears of it, too"
    after = stored()
    assert after.ledger is not None
    assert (set(after.statuses), after.ledger.state, after.code) == ({"failed"}, "failed", "131000")


@pytest.mark.parametrize("before", [(), ("sent",)])
def test_a_ledger_that_was_reckoned_from_what_has_changed_is_not_kept(gate24: System, before: tuple[str, ...]) -> None:
    message = sent(gate24)
    for each in before:
        assert messages.add_status(ORG, message, each, now()) is not None
    message = stored()
    assert messages.add_status(ORG, message, "delivered", now()) is not None  # another process, in between
    after = messages.add_status(ORG, message, "failed", now(), reckoned=failed(message))
    assert after is not None and after.ledger is not None
    assert set(after.statuses) == {*before, "delivered", "failed"}
    assert after.ledger.state == "counted"


def test_a_status_that_is_known_changes_nothing(gate24: System) -> None:
    message = sent(gate24)
    assert messages.add_status(ORG, message, "failed", 1, reckoned=failed(message)) is not None
    again = messages.add_status(ORG, message, "failed", 2, reckoned=failed(message))
    assert again is not None and again.statuses == {"failed": 1}


def test_a_message_that_is_gone_does_not_come_back(gate24: System) -> None:
    message = sent(gate24)
    messages.remove(ORG, [message.key])
    assert messages.add_status(ORG, message, "failed", now(), reckoned=failed(message)) is None
    assert messages.find(ORG, message.key) is None
