"""Meta's webhooks: a body beside the events in it."""

from __future__ import annotations

from typing import Any

import pytest

from gate24.channels import ChannelSecrets
from gate24.events import (
    UNKNOWN_TYPE,
    ContactRef,
    Event,
    Failure,
    IdentityChanged,
    InboundMessage,
    MarketingPreference,
    Media,
    Noted,
    Pricing,
    Routed,
    StatusChanged,
    TemplateChanged,
    Unrecognized,
)
from gate24.providers import cloud_content
from gate24.providers.meta import META
from tests.support import bodies, events
from tests.support.bodies import AT, E164, OWN_NUMBER, PHONE, PHONE_NUMBER_ID, USER_ID, Body

RECEIVED = AT + 60_000
CONTACT = ContactRef(E164)


def routed(body: Body) -> list[Routed]:
    return META.parse(body, RECEIVED)


def parsed(body: Body) -> Event:
    (only,) = routed(body)
    return only.event


def inbound(body: Body) -> InboundMessage:
    event = parsed(body)
    assert isinstance(event, InboundMessage)
    return event


FILE = {"id": "9001", "mime_type": "image/png", "caption": "Photo", "filename": "a.png", "url": "https://m.example.org"}
GOODS = {"catalog_id": "5", "text": "These", "product_items": [{"product_retailer_id": "p1", "item_price": 9.5}]}


@pytest.mark.parametrize(
    ("kind", "part", "expected", "text"),
    [
        ("text", {"body": "Namaste"}, "text", "Namaste"),
        ("text", {"body": 12345}, "text", "12345"),
        ("text", {}, "text", None),
        ("image", FILE, "image", None),
        ("video", FILE, "video", None),
        ("audio", {"id": "9001", "voice": True}, "audio", None),
        ("document", FILE, "document", None),
        ("sticker", FILE, "sticker", None),
        ("location", {"latitude": 19.07, "longitude": 72.87, "name": "Clinic"}, "location", None),
        ("contacts", [{"name": {"formatted_name": "Asha"}}], "contacts", None),
        ("order", GOODS, "order", "These"),
        ("button", {"payload": "p", "text": "Details"}, "button", "Details"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}, "button_reply", "Yes"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Row"}}, "list_reply", "Row"),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"body": "Sent"}}, "flow_reply", "Sent"),
        ("interactive", {"type": "call_permission_reply"}, "call_permission_reply", None),
        ("interactive", None, "interactive", None),
        ("reaction", {"message_id": "wamid.out-1", "emoji": "\U0001f44d"}, "reaction", "\U0001f44d"),
        ("reaction", {"message_id": "wamid.out-1"}, "reaction", None),
        ("unsupported", {"type": "poll"}, "unsupported", None),
        ("unknown", None, "unsupported", None),
        ("edit", {"original_message_id": "wamid.in-0"}, "edit", None),
        ("revoke", {"original_message_id": "wamid.in-0"}, "revoke", None),
        ("hologram", {"depth": 3}, "hologram", None),
    ],
)
def test_a_message_of_every_kind_is_one_inbound_message(
    kind: str, part: object, expected: str, text: str | None
) -> None:
    event = inbound(bodies.meta_message(kind, part))
    assert (event.contact, event.provider_message_id, event.at) == (CONTACT, "wamid.in-1", AT)
    assert (event.type, event.text, event.name) == (expected, text, "Asha")


# Meta's examples of locations and contacts have no type (webhook notification payload examples, as of 2025). The field
# of the content tells the type of any other message as well.
@pytest.mark.parametrize(
    ("kind", "part", "expected", "text"),
    [
        ("text", {"body": "Namaste"}, "text", "Namaste"),
        ("image", FILE, "image", None),
        ("video", FILE, "video", None),
        ("audio", FILE, "audio", None),
        ("document", FILE, "document", None),
        ("sticker", FILE, "sticker", None),
        ("location", {"latitude": 19.07, "longitude": 72.87}, "location", None),
        ("contacts", [{"name": {"formatted_name": "Asha"}}], "contacts", None),
        ("order", GOODS, "order", "These"),
        ("button", {"payload": "p", "text": "Details"}, "button", "Details"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Row"}}, "list_reply", "Row"),
        ("reaction", {"message_id": "wamid.out-1", "emoji": "\U0001f44d"}, "reaction", "\U0001f44d"),
        ("edit", {"original_message_id": "wamid.in-0"}, "edit", None),
        ("revoke", {"original_message_id": "wamid.in-0"}, "revoke", None),
        ("unsupported", {"type": "poll"}, "unsupported", None),
    ],
)
@pytest.mark.parametrize("missing", ["absent", None, "", {}, ["text"], True])
def test_a_message_without_a_type_has_the_type_of_its_content(
    kind: str, part: object, expected: str, text: str | None, missing: object
) -> None:
    message = bodies.message(kind, part, context={"id": "wamid.out-1"}) | {"type": missing}
    if missing == "absent":
        del message["type"]
    event = inbound(bodies.meta(bodies.change("messages", {"messages": [message]})))
    assert (event.type, event.text) == (expected, text)
    assert event == inbound(bodies.meta(bodies.change("messages", {"messages": [message | {"type": kind}]})))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"hologram": {"depth": 3}},
        {"text": None},
        {"text": {"body": "Look"}, "image": FILE},
        {"context": {"id": "wamid.out-1"}, "referral": {"source_type": "ad"}},
        {"errors": [{"code": 131051}]},
    ],
)
def test_a_message_whose_type_cannot_be_told_is_unknown_and_kept_as_it_came(content: Body) -> None:
    message = {"id": "wamid.in-1", "from": PHONE, "timestamp": str(AT // 1000)} | content
    found = routed(bodies.meta(bodies.change("messages", {"contacts": [bodies.profile()], "messages": [message]})))
    assert [one.phone_number_id for one in found] == [PHONE_NUMBER_ID, PHONE_NUMBER_ID]
    first, second = (one.event for one in found)
    assert isinstance(first, InboundMessage)
    assert (first.contact, first.provider_message_id, first.at) == (CONTACT, "wamid.in-1", AT)
    assert (first.type, first.text, first.media, first.name) == (UNKNOWN_TYPE, None, None, "Asha")
    assert second == Unrecognized("message of unknown type", AT, message)


def test_a_message_that_trips_the_parser_is_unknown_and_kept_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(_cards: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(cloud_content, "contact_cards", trip)
    found = [one.event for one in routed(bodies.meta_message("contacts", [{}]))]
    assert [type(event) for event in found] == [InboundMessage, Unrecognized]
    assert isinstance(found[0], InboundMessage)
    assert (found[0].contact, found[0].type) == (CONTACT, UNKNOWN_TYPE)


def test_a_sender_of_a_numbering_plan_that_no_library_knows_is_a_sender() -> None:
    assert inbound(bodies.meta_text(phone="22997123456")).contact == ContactRef("+22997123456")


def test_a_media_message_keeps_where_its_file_is() -> None:
    media = Media("document", "https://m.example.org", "9001", "image/png", "Photo", "a.png")
    assert inbound(bodies.meta_message("document", FILE)).media == media


# Meta, messages webhook reference: button.payload and button.text, interactive.button_reply and list_reply with id and
# title (2026-05).
@pytest.mark.parametrize(
    ("kind", "part", "texts"),
    [
        ("text", {"body": "Namaste"}, ("Namaste",)),
        ("button", {"payload": "STOP", "text": "No more"}, ("No more", "STOP")),
        ("button", {"payload": "STOP"}, ("STOP",)),
        (
            "interactive",
            {"type": "button_reply", "button_reply": {"id": "stop", "title": "No more"}},
            ("No more", "stop"),
        ),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "stop", "title": "Row", "description": "START"}},
            ("Row", "stop"),
        ),
        ("image", FILE | {"caption": "STOP"}, ()),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "stop", "response_json": "{}"}}, ()),
    ],
)
def test_title_and_payload_of_a_button_or_row_may_be_keywords_and_a_caption_may_not(
    kind: str, part: object, texts: tuple[str, ...]
) -> None:
    assert inbound(bodies.meta_message(kind, part)).keyword_texts == texts


# Meta, edit messages webhook reference, updated 2026-06-11: "edit": {"original_message_id": ..., "message": {"context":
# ..., "type": "image", "image": {"caption": ...}}}, for a "text, media with caption".
@pytest.mark.parametrize(
    ("message", "text", "caption", "details"),
    [
        ({"type": "text", "text": {"body": "At five"}}, "At five", None, {}),
        ({"text": {"body": "At five"}, "context": {"id": "M0"}}, "At five", None, {}),
        ({"context": {"id": "M0"}, "type": "image", "image": FILE}, None, "Photo", {}),
        ({"type": "location", "location": {"name": "Clinic"}}, None, None, {"name": "Clinic"}),
        ({"type": "edit", "edit": {"message": {"type": "text"}}}, None, None, {}),
        (None, None, None, {}),
    ],
)
def test_an_edited_message_has_its_new_content(
    message: object, text: str | None, caption: str | None, details: Body
) -> None:
    event = inbound(bodies.meta_message("edit", {"original_message_id": "wamid.in-0", "message": message}))
    assert (event.type, event.text) == ("edit", text)
    assert (event.media.caption if event.media else None) == caption
    assert event.details == details | {"original_message_id": "wamid.in-0"}


def test_a_location_is_kept_as_decimal_text() -> None:
    event = inbound(bodies.meta_message("location", {"latitude": 19.07, "longitude": 72.87}))
    assert event.details == {"latitude": "19.07", "longitude": "72.87"}


def test_a_text_with_half_a_surrogate_pair_can_be_stored() -> None:
    event = inbound(bodies.meta_text("broken \ud83d emoji"))
    assert event.text == "broken ? emoji"


def test_an_enormous_text_is_cut_to_what_a_person_can_send() -> None:
    assert len(inbound(bodies.meta_text("x" * 1_000_000)).text or "") == 65_536


def test_names_are_matched_by_id_and_not_by_place() -> None:
    other = "919876500000"
    value = {
        "contacts": [bodies.profile("Bina", other), bodies.profile("Asha", PHONE, USER_ID)],
        "messages": [
            bodies.message("text", {"body": "1"}, "wamid.1"),
            bodies.message("text", {"body": "2"}, "wamid.2", other),
            bodies.message("text", {"body": "3"}, "wamid.3", "919876511111"),
        ],
    }
    events = [one.event for one in routed(bodies.meta(bodies.change("messages", value)))]
    found = [(event.contact, event.name) for event in events if isinstance(event, InboundMessage)]
    assert found == [
        (ContactRef(E164, USER_ID), "Asha"),
        (ContactRef("+919876500000"), "Bina"),
        (ContactRef("+919876511111"), None),
    ]


def test_a_person_who_hides_the_number_is_known_by_the_user_id() -> None:
    assert inbound(bodies.meta_text(phone=None, user_id=USER_ID)).contact == ContactRef(None, USER_ID)


def test_a_message_in_a_group_touches_no_window_of_one_person() -> None:
    assert parsed(bodies.meta_message("text", {"body": "all"}, group_id="g-1")) == Noted("group_message", AT)


def test_a_message_from_our_own_number_is_an_echo() -> None:
    assert parsed(bodies.meta_text(phone=OWN_NUMBER)) == Noted("echo", AT)


@pytest.mark.parametrize(
    ("system", "event"),
    [
        (
            {"type": "user_changed_number", "wa_id": "919876500000"},
            IdentityChanged(CONTACT, ContactRef("+919876500000"), AT, "wamid.in-1", is_new_number=True),
        ),
        (
            {"type": "customer_changed_number", "new_wa_id": "919876500000"},
            IdentityChanged(CONTACT, ContactRef("+919876500000"), AT, "wamid.in-1", is_new_number=True),
        ),
        (
            {"type": "user_changed_user_id", "user_id": "IN.New1", "previous_user_id": USER_ID},
            IdentityChanged(ContactRef(E164, USER_ID), ContactRef(None, "IN.New1"), AT, "wamid.in-1"),
        ),
        (
            {"type": "user_changed_number", "wa_id": "919876500000", "user_id": "IN.New1", "previous_user_id": USER_ID},
            IdentityChanged(ContactRef(E164, USER_ID), ContactRef("+919876500000", "IN.New1"), AT, "wamid.in-1", True),
        ),
        ({"type": "user_identity_changed", "hash": "h"}, Noted("system_user_identity_changed", AT)),
    ],
)
def test_a_system_message_may_change_who_somebody_is(system: Body, event: Event) -> None:
    assert parsed(bodies.meta_message("system", system)) == event


# Meta, system messages webhook reference, 2026-08-11: the change of a user id alone is reported without a number, with
# previous_user_id; before that day the old id was only in the text.
CHANGED = {"type": "user_changed_user_id"}
IN_TEXT = {"body": f"User Asha changed from {USER_ID} to IN.New1"}


@pytest.mark.parametrize(
    ("sender", "system", "old", "new"),
    [
        ({}, {"user_id": "IN.New1", "previous_user_id": USER_ID}, (None, USER_ID), (None, "IN.New1")),
        ({}, {"user_id": "IN.New1", **IN_TEXT}, (None, USER_ID), (None, "IN.New1")),
        ({"from_user_id": USER_ID}, {"user_id": "IN.New1"}, (None, USER_ID), (None, "IN.New1")),
        ({"from_user_id": "IN.New1"}, {"user_id": "IN.New1", **IN_TEXT}, (None, USER_ID), (None, "IN.New1")),
        ({"from_user_id": "IN.New1"}, {"previous_user_id": USER_ID}, (None, USER_ID), (None, "IN.New1")),
        ({"from": PHONE}, {"user_id": "IN.New1"}, (E164, None), (None, "IN.New1")),
        ({"from": PHONE, "from_user_id": USER_ID}, {"user_id": "IN.New1"}, (E164, USER_ID), (None, "IN.New1")),
        ({"from": PHONE}, {"user_id": "IN.New1", **IN_TEXT}, (E164, USER_ID), (None, "IN.New1")),
        # "from" and "wa_id" hold the same number: it is the new one, or it did not change.
        (
            {"from": PHONE},
            {"user_id": "IN.New1", "previous_user_id": USER_ID, "wa_id": PHONE},
            (None, USER_ID),
            (E164, "IN.New1"),
        ),
        ({"from": PHONE}, {"user_id": "IN.New1", "wa_id": PHONE}, (E164, None), (E164, "IN.New1")),
        ({}, {"user_id": "IN.New1", "wa_id": PHONE, **IN_TEXT}, (None, USER_ID), (E164, "IN.New1")),
        ({}, {"user_id": "IN.New1", "customer": PHONE}, (E164, None), (None, "IN.New1")),
        (
            {"from": PHONE},
            {"user_id": "IN.New1", "previous_user_id": USER_ID, "wa_id": "919876500000"},
            (E164, USER_ID),
            ("+919876500000", "IN.New1"),
        ),
        # A type of change that is not known yet
        (
            {},
            {"type": "renamed", "user_id": "IN.New1", "previous_user_id": USER_ID},
            (None, USER_ID),
            (None, "IN.New1"),
        ),
    ],
)
def test_a_changed_user_id_joins_the_old_and_the_new_one(
    sender: Body, system: Body, old: tuple[str | None, str | None], new: tuple[str | None, str | None]
) -> None:
    message = bodies.message("system", CHANGED | system, phone=None) | sender
    has_both = old[0] is not None and new[0] is not None
    change = IdentityChanged(ContactRef(*old), ContactRef(*new), AT, "wamid.in-1", has_both and old[0] != new[0])
    assert parsed(bodies.meta(bodies.change("messages", {"messages": [message]}))) == change
    del message["type"]
    assert parsed(bodies.meta(bodies.change("messages", {"messages": [message]}))) == change


@pytest.mark.parametrize(
    ("sender", "system"),
    [
        ({}, {"user_id": "IN.New1"}),
        ({"from_user_id": "IN.New1"}, {"user_id": "IN.New1"}),
        ({"from": PHONE}, {"previous_user_id": USER_ID}),
        ({"from": PHONE}, {}),
        ({}, {"user_id": "IN.New1", "previous_user_id": "IN.New1"}),
        ({}, {"user_id": "IN.New1", "body": f"User Asha changed from {USER_ID} to IN.Other"}),
        ({}, {"user_id": "IN.New1", "body": f"User X changed from {USER_ID} to IN.New1 changed her name"}),
        ({}, {"body": f"User Asha changed from {USER_ID} to IN.New1"}),
    ],
)
def test_a_changed_user_id_without_an_old_and_a_new_one_is_kept_as_it_came(sender: Body, system: Body) -> None:
    message = bodies.message("system", CHANGED | system, phone=None) | sender
    event = parsed(bodies.meta(bodies.change("messages", {"messages": [message]})))
    assert event == Unrecognized("change of identity without the old and the new one", AT, message)


METERED = {"pricing_model": "PMP", "type": "free_customer_service", "category": "authentication-international"}


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (
            bodies.meta_status("sent", our_id="m-1", pricing=METERED | {"billable": False}),
            StatusChanged(
                CONTACT,
                AT,
                "sent",
                ("wamid.out-1",),
                "m-1",
                pricing=Pricing("authentication_international", "free_customer_service", "PMP", False),
            ),
        ),
        (bodies.meta_status("delivered"), StatusChanged(CONTACT, AT, "delivered", ("wamid.out-1",))),
        (bodies.meta_status("read"), StatusChanged(CONTACT, AT, "read", ("wamid.out-1",))),
        (bodies.meta_status("played"), StatusChanged(CONTACT, AT, "played", ("wamid.out-1",))),
        (
            bodies.meta_status("delivered", recipient_user_id=USER_ID),
            StatusChanged(ContactRef(E164, USER_ID), AT, "delivered", ("wamid.out-1",)),
        ),
        (
            bodies.meta_status("failed", code=131047),
            StatusChanged(CONTACT, AT, "failed", ("wamid.out-1",), failure=Failure("131047", "It was not delivered")),
        ),
        (bodies.meta_status("deleted"), Noted("status_deleted", AT)),
        (bodies.meta_status("delivered", recipient_type="group"), Noted("group_status", AT)),
    ],
)
def test_a_status_tells_of_a_message_of_ours(body: Body, event: Event) -> None:
    assert routed(body) == [Routed(event, PHONE_NUMBER_ID)]


@pytest.mark.parametrize("value", ["stop", "resume", "signup"])
def test_marketing_is_stopped_resumed_and_signed_up_for(value: str) -> None:
    event = parsed(bodies.meta_preference(value, user_id=USER_ID))
    assert isinstance(event, MarketingPreference)
    assert (event.contact, event.at, event.value) == (ContactRef(E164, USER_ID), AT, value)


@pytest.mark.parametrize(
    ("value", "status", "category", "reason"),
    [
        ({"event": "APPROVED", "reason": "NONE"}, "approved", None, None),
        ({"event": "APPROVED", "message_template_category": "UTILITY"}, "approved", "utility", None),
        ({"event": "REJECTED", "reason": "INVALID_FORMAT"}, "rejected", None, "INVALID_FORMAT"),
        ({"event": "PAUSED"}, "paused", None, None),
        ({"event": "DISABLED"}, "disabled", None, None),
        ({"event": "PENDING_DELETION"}, "disabled", None, None),
        ({"event": "FLAGGED"}, None, None, "FLAGGED"),
        ({"previous_category": "UTILITY", "new_category": "MARKETING"}, None, "marketing", None),
    ],
)
def test_a_template_changes_its_status_or_category(
    value: Body, status: str | None, category: str | None, reason: str | None
) -> None:
    changed = TemplateChanged(AT, "77001", "greeting", "en_US", status, category, reason)
    field = "template_category_update" if "new_category" in value else "message_template_status_update"
    assert routed(bodies.meta_template(field, **value)) == [Routed(changed, None)]


@pytest.mark.parametrize(
    "value",
    [
        {"new_category": "UTILITY", "correct_category": "MARKETING"},
        {"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"},
    ],
)
def test_a_notice_about_a_template_changes_nothing_yet(value: Body) -> None:
    assert parsed(bodies.meta_template("template_category_update", **value)) == Noted("template_notice", AT)


@pytest.mark.parametrize(
    "field", ["smb_message_echoes", "history", "calls", "account_update", "security", "flows", "smb_app_state_sync"]
)
def test_fields_without_effect_on_a_contact_are_noted_even_with_messages_in_them(field: str) -> None:
    messages = [bodies.message("text", {"body": "old"})]
    body = bodies.meta(bodies.change(field, {"messages": messages, "message_echoes": messages}), entry_time=AT // 1000)
    assert parsed(body) == Noted(field, AT)


@pytest.mark.parametrize("field", [None, {}, "", "messages_v2"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"messages": [bodies.message("text", {"body": "1"})]}, InboundMessage),
        ({"statuses": [bodies.status("read")]}, StatusChanged),
    ],
)
def test_messages_and_statuses_are_read_under_a_missing_or_unknown_field(
    field: object, value: Body, kind: type[Event]
) -> None:
    change = bodies.change("messages", value) | {"field": field}
    (found,) = routed(bodies.meta(change))
    assert (type(found.event), found.phone_number_id) == (kind, PHONE_NUMBER_ID)
    assert routed(bodies.meta({"value": change["value"]})) == [found]


def test_messages_without_field_and_metadata_are_read_and_under_an_unknown_field_kept_as_they_came() -> None:
    change = bodies.change("tides", {"messages": [bodies.message("text", {"body": "1"})]}, None)
    assert isinstance(parsed(bodies.meta({"value": change["value"]})), InboundMessage)
    assert parsed(bodies.meta(change)) == Unrecognized("unknown field", RECEIVED, change)


def test_a_batch_of_several_numbers_keeps_its_order_and_who_each_belongs_to() -> None:
    changes = [
        bodies.change("messages", {"messages": [bodies.message("text", {"body": str(i)}, f"wamid.{i}")]}, f"pn-{i % 3}")
        for i in range(1000)
    ]
    found = routed(bodies.meta(*changes))
    assert [one.phone_number_id for one in found] == [f"pn-{i % 3}" for i in range(1000)]
    assert [one.event.text for one in found if isinstance(one.event, InboundMessage)] == [str(i) for i in range(1000)]


def test_one_change_may_hold_messages_and_statuses() -> None:
    value = {"messages": [bodies.message("text", {"body": "1"})], "statuses": [bodies.status("read")]}
    found = routed(bodies.meta(bodies.change("messages", value)))
    assert [type(one.event) for one in found] == [InboundMessage, StatusChanged]


@pytest.mark.parametrize(
    "poison",
    [None, 5, "text", [], {}, {"id": "wamid.x"}, {"id": [], "type": "text", "from": PHONE}, {"id": "w", "type": {}}],
)
def test_a_poisonous_message_is_kept_and_its_neighbours_live(poison: object) -> None:
    value = {
        "messages": [bodies.message("text", {"body": "1"}, "wamid.1"), poison, bodies.message("text", {}, "wamid.2")]
    }
    found = routed(bodies.meta(bodies.change("messages", value)))
    assert [type(one.event) for one in found] == [InboundMessage, Unrecognized, InboundMessage]
    assert {one.phone_number_id for one in found} == {PHONE_NUMBER_ID}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entry": None},
        {"entry": {"changes": []}},
        {"entry": [{"changes": "none"}]},
        {"entry": [{"changes": [None]}]},
        {"entry": [{"changes": [{"field": "messages"}]}]},
        bodies.meta(bodies.change("tides", {"height": 2})),
        bodies.meta(bodies.change("messages", {"contacts": [{}]})),
        bodies.meta_status("teleported"),
        bodies.meta_message("system", {"type": "user_changed_number"}),
        bodies.meta_text(phone="91XXXX"),
        bodies.meta_preference("perhaps"),
    ],
)
def test_what_is_not_understood_is_kept_as_it_came(body: Body) -> None:
    assert [type(one.event) for one in routed(body)] == [Unrecognized]


ASHA = ContactRef(E164, USER_ID)
RAVI = ContactRef("+919876543211")
SECOND_NUMBER_ID = "200000000000002"
FILE_URL = "https://files.example.org/whatsapp_business/attachments/?mid=24230790383178626"
TOO_LATE = (
    "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
)


def wamid(tail: str, number: str = "MjEw") -> str:
    """The id of a message of Asha's conversation in ``tests/events``; ``MjEx`` is Ravi's."""
    return f"wamid.HBgMOTE5ODc2NTQz{number}FQIAEhgU{tail}"


def from_asha(tail: str, message_type: str, text: str | None = None, **more: Any) -> InboundMessage:
    return InboundMessage(ASHA, wamid(tail), AT, message_type, "Asha", text, **more)


REPLY_TO = {"reply_to": wamid("T1VUMTAwMDAwMDAwMDAwMDAwMDAA")}
EVENTS: dict[str, list[tuple[Event, str | None]]] = {
    "meta/text": [
        (from_asha("VEVYVDAwMDAwMDAwMDAwMDAwMDAA", "text", "नमस्ते, when is the next health camp?"), PHONE_NUMBER_ID)
    ],
    "meta/image": [
        (
            from_asha(
                "SU1BR0UwMDAwMDAwMDAwMDAwMDAA",
                "image",
                media=Media(
                    *("image", FILE_URL, "24230790383178626", "image/jpeg", "Water level"),
                    sha256="3f9d94d399fa61c191bc1d4ca71375a035cd9b9f5b1128e1f0963a415c16b0cc",
                ),
            ),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/template_button": [
        (
            from_asha(
                "QlVUVE9OMDAwMDAwMDAwMDAwMDAA",
                "button",
                "I will come",
                payloads=("coming",),
                details={"payload": "coming"} | REPLY_TO,
                content={"button": {"text": "I will come", "payload": "coming"}},
                refers_to=(REPLY_TO["reply_to"],),
            ),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/list_reply": [
        (
            from_asha(
                "TElTVDAwMDAwMDAwMDAwMDAwMDAA",
                "list_reply",
                "Tuesday",
                payloads=("day-2",),
                details={"reply_id": "day-2", "description": "9:00 to 12:00"} | REPLY_TO,
                content={
                    "interactive": {
                        "type": "list_reply",
                        "list_reply": {"id": "day-2", "title": "Tuesday", "description": "9:00 to 12:00"},
                    }
                },
                refers_to=(REPLY_TO["reply_to"],),
            ),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/location_without_type": [
        (
            from_asha(
                "UExBQ0UwMDAwMDAwMDAwMDAwMDAA",
                "location",
                details={
                    "latitude": "19.1453658",
                    "longitude": "72.8552172",
                    "name": "Health centre",
                    "address": "Station Road",
                },
                content={
                    "location": {
                        "latitude": 19.1453658,
                        "longitude": 72.8552172,
                        "name": "Health centre",
                        "address": "Station Road",
                    }
                },
            ),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/contacts_without_type": [
        (
            from_asha(
                "Q0FSRFMwMDAwMDAwMDAwMDAwMDAA",
                "contacts",
                details={"contacts": [{"name": "Ravi, field worker", "phones": ["+91 98765 43212"]}]},
                content={
                    "contacts": [
                        {
                            "name": {"formatted_name": "Ravi, field worker", "first_name": "Ravi"},
                            "phones": [{"phone": "+91 98765 43212", "type": "CELL", "wa_id": "919876543212"}],
                        }
                    ]
                },
            ),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/system_user_changed_user_id": [
        (
            IdentityChanged(
                ContactRef(None, ASHA.user_id),
                ContactRef(None, "IN.Gh78Ij90Kl12"),
                AT,
                "wamid.HBgMOTE5ODc2NTQzMjEwFQIAEhgUU1lTVEVNMDAwMDAwMDAwMDAwMDAA",
            ),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/status_delivered": [
        (
            StatusChanged(
                ASHA,
                AT,
                "delivered",
                (REPLY_TO["reply_to"],),
                "msg_01",
                pricing=Pricing("utility", "regular", "PMP", True),
            ),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/status_failed_131047": [
        (
            StatusChanged(CONTACT, AT, "failed", (REPLY_TO["reply_to"],), failure=Failure("131047", TOO_LATE)),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/template_rejected": [
        (
            TemplateChanged(
                AT, "1689556908129835", "camp_reminder", "en_US", "rejected", "marketing", "INVALID_FORMAT"
            ),
            None,
        )
    ],
    "meta/preference_stop": [
        (
            MarketingPreference(ASHA, AT, "stop", "User requested to stop marketing messages"),
            PHONE_NUMBER_ID,
        )
    ],
    "meta/two_numbers": [
        (from_asha("QkFUQ0gxMDAwMDAwMDAwMDAwMDAA", "text", "Is the centre open?"), PHONE_NUMBER_ID),
        (
            StatusChanged(RAVI, AT + 2000, "read", (wamid("T1VUMjAwMDAwMDAwMDAwMDAwMDAA", "MjEx"),)),
            SECOND_NUMBER_ID,
        ),
        (
            InboundMessage(RAVI, wamid("QkFUQ0gyMDAwMDAwMDAwMDAwMDAA", "MjEx"), AT + 1000, "text", "Ravi", "धन्यवाद"),
            SECOND_NUMBER_ID,
        ),
    ],
}


@pytest.mark.parametrize("name", events.names("meta"))
def test_a_whole_webhook_is_these_events(name: str) -> None:
    assert routed(events.load(name)) == [Routed(event, number) for event, number in EVENTS[name]]


EMPTY = b'{"object":"whatsapp_business_account","entry":[]}'
SPACED = b'{"object": "whatsapp_business_account", "entry": []}'


@pytest.mark.parametrize(
    ("secret", "raw", "signature"),
    [
        ("test_app_secret", EMPTY, "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"),
        ("test_app_secret", SPACED, "56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a"),
        ("otro_secreto", EMPTY, "769b03d8c2ae6498f2d1e1f7299c0ba55448c69d741e7b0bb243d852d8a8d8c7"),
    ],
)
def test_a_signature_is_checked_over_the_raw_bytes(secret: str, raw: bytes, signature: str) -> None:
    headers = {"x-hub-signature-256": f"sha256={signature}"}
    assert META.verify(headers, {}, raw, ChannelSecrets(app_secrets=("other", secret)))
    assert not META.verify(headers, {}, raw + b" ", ChannelSecrets(app_secrets=(secret,)))
    assert not META.verify(headers, {}, raw, ChannelSecrets(app_secrets=("other",)))


@pytest.mark.parametrize(
    "header",
    ["", "sha256=", "sha256=abc", "sha1=" + "a" * 64, "a" * 64, "sha256=" + "A" * 64, "sha256=" + "é" * 64, "\ud800"],
)
def test_a_malformed_signature_is_refused(header: str) -> None:
    assert not META.verify({"x-hub-signature-256": header}, {}, b"{}", ChannelSecrets(app_secrets=("secret",)))


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_a_channel_without_an_app_secret_is_closed(secrets: tuple[str, ...]) -> None:
    headers = {"x-hub-signature-256": bodies.sign("", b"{}")}
    assert not META.verify(headers, {}, b"{}", ChannelSecrets(app_secrets=secrets))
    assert not META.verify({}, {}, b"{}", ChannelSecrets(app_secrets=("secret",)))
