"""A user id that was only mentioned is not linked yet: the next message that has both links it, after a crash too."""

import pytest

from gate24.events import ContactRef
from gate24.store import identities
from gate24.store.table import StoreError
from tests.support.bodies import meta_preference, meta_text
from tests.support.scene import MINUTE, new_number, now, post_webhook
from tests.support.system import META, META_NUMBER, ORG, System


def writes(gate24: System, text: str, phone: str | None, user_id: str, ago: int) -> None:
    body = meta_text(text, f"wamid.{user_id}-{ago}", phone, now() - ago, META_NUMBER, user_id)
    post_webhook(gate24, META, body)


def test_an_opt_out_under_a_user_id_holds_though_a_preference_named_both(gate24: System) -> None:
    phone, user_id = new_number(), "IN.preference"
    writes(gate24, "STOP", None, user_id, 30 * MINUTE)
    post_webhook(gate24, META, meta_preference("resume", phone, now() - 20 * MINUTE, user_id=user_id))
    writes(gate24, "Hello", phone, user_id, 10 * MINUTE)
    assert gate24.contact(phone)["consent"]["status"] == "opted_out"
    writes(gate24, "I hide my number", None, user_id, MINUTE)
    listed = gate24.http("GET", "/v1/contacts").json["data"]
    assert len(listed) == 1


def test_a_link_that_broke_off_is_finished_by_the_next_message(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, user_id = new_number(), "IN.broken"
    writes(gate24, "STOP", None, user_id, 30 * MINUTE)
    with monkeypatch.context() as broken:

        def fails(*_: object, **__: object) -> None:
            raise StoreError("UpdateItem", "InternalServerError")

        broken.setattr(identities, "merge", fails)
        writes(gate24, "Hello", phone, user_id, 10 * MINUTE)
    writes(gate24, "Hello again", phone, user_id, MINUTE)
    assert gate24.contact(phone)["consent"]["status"] == "opted_out"
    from gate24.store import contacts

    found = contacts.read(ORG, contacts.contact_id(ORG, ContactRef(f"+{phone}")))
    assert found.linked == {user_id}
