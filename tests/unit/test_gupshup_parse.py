"""Gupshup's webhooks, versions 2 and 3: a body beside the event that it is."""

from __future__ import annotations

from typing import Any

import pytest

from gate24.channels import ChannelSecrets
from gate24.events import (
    UNKNOWN_TYPE,
    Billed,
    ConsentChanged,
    ContactRef,
    Event,
    Failure,
    InboundMessage,
    MarketingPreference,
    Media,
    Noted,
    Pricing,
    StatusChanged,
    TemplateChanged,
    Unrecognized,
)
from gate24.providers import gupshup_messages
from gate24.providers.gupshup import GUPSHUP
from tests.support import bodies, events
from tests.support.bodies import AT, E164, PHONE, USER_ID, Body

RECEIVED = AT + 60_000
CONTACT = ContactRef(E164)
SECOND = AT // 1000 * 1000


def parsed(body: Body) -> Event:
    (routed,) = GUPSHUP.parse(body, RECEIVED)
    assert routed.phone_number_id is None
    return routed.event


def inbound(body: Body) -> InboundMessage:
    event = parsed(body)
    assert isinstance(event, InboundMessage)
    return event


FILE = {"url": "https://files.example.org/1", "contentType": "image/png", "caption": "Photo", "name": "a.png"}
CARD = {"contacts": [{"name": {"formatted_name": "Asha"}, "phones": [{"phone": "+91 98765 43210"}]}]}


@pytest.mark.parametrize(
    ("kind", "payload", "expected", "text"),
    [
        ("text", {"text": "Namaste"}, "text", "Namaste"),
        ("text", {"text": "Details", "type": "button"}, "button", "Details"),
        ("quick_reply", {"text": "Details", "type": "button"}, "button", "Details"),
        ("quick_reply", {"title": "Yes", "id": "q1", "reply": "Yes 1"}, "button_reply", "Yes"),
        ("button_reply", {"title": "Yes", "id": "q1", "reply": "Yes 1"}, "button_reply", "Yes"),
        ("list_reply", {"title": "Row", "id": "l1", "postbackText": "r"}, "list_reply", "Row"),
        ("image", FILE, "image", None),
        ("video", FILE, "video", None),
        ("audio", FILE, "audio", None),
        ("sticker", FILE, "sticker", None),
        ("file", FILE, "document", None),
        ("location", {"latitude": "19.07", "longitude": "72.87"}, "location", None),
        ("contact", CARD, "contacts", None),
        ("reaction", {"emoji": "\U0001f44d", "gsId": "gs-1"}, "reaction", "\U0001f44d"),
        ("reaction", {"emoji": "", "gsId": "gs-1"}, "reaction", None),
        ("unsupported", {}, "unsupported", None),
        ("hologram", {"depth": 3}, "hologram", None),
    ],
)
def test_a_message_of_every_kind_is_one_inbound_message(
    kind: str, payload: Body, expected: str, text: str | None
) -> None:
    event = inbound(bodies.gupshup_message(kind, payload))
    assert (event.contact, event.provider_message_id, event.at) == (CONTACT, "wamid.in-1", AT)
    assert (event.type, event.text, event.name) == (expected, text, "Asha")


@pytest.mark.parametrize(
    ("kind", "payload", "expected", "text"),
    [
        ("text", {"text": "Namaste"}, "text", "Namaste"),
        ("text", {"text": "Details", "type": "button"}, "button", "Details"),
        ("button_reply", {"title": "Yes", "id": "q1", "reply": "Yes 1"}, "button_reply", "Yes"),
        ("list_reply", {"title": "Row", "id": "l1", "postbackText": "r", "description": "d"}, "list_reply", "Row"),
        ("image", FILE, "image", None),
        ("image", FILE | {"contentType": "image/jpeg"}, "image", None),
        ("sticker", FILE | {"contentType": "image/webp"}, "sticker", None),
        ("video", FILE | {"contentType": "video/mp4"}, "video", None),
        ("audio", FILE | {"contentType": "audio/ogg; codecs=opus"}, "audio", None),
        ("file", FILE | {"contentType": "application/pdf"}, "document", None),
        ("file", FILE | {"contentType": "text/csv"}, "document", None),
        ("location", {"latitude": "19.07", "longitude": "72.87"}, "location", None),
        ("contact", CARD, "contacts", None),
        ("reaction", {"emoji": "", "gsId": "gs-1"}, "reaction", None),
    ],
)
@pytest.mark.parametrize("missing", ["absent", None, "", {}, ["text"], True])
def test_a_message_without_a_type_has_the_type_of_its_content(
    kind: str, payload: Body, expected: str, text: str | None, missing: object
) -> None:
    body = bodies.gupshup_message(kind, payload)
    body["payload"]["type"] = missing
    if missing == "absent":
        del body["payload"]["type"]
    event = inbound(body)
    assert (event.type, event.text) == (expected, text)
    assert event == inbound(bodies.gupshup_message(kind, payload))


@pytest.mark.parametrize("content", [{}, {"payload": None}, {"payload": "?"}, {"payload": {"depth": 3}}])
def test_a_message_whose_type_cannot_be_told_is_unknown_and_kept_as_it_came(content: Body) -> None:
    body = bodies.gupshup("message", {"id": "wamid.in-1", "source": PHONE} | content)
    first, second = (routed.event for routed in GUPSHUP.parse(body, RECEIVED))
    assert first == InboundMessage(CONTACT, "wamid.in-1", AT, UNKNOWN_TYPE)
    assert second == Unrecognized("message of unknown type", AT, body)


def test_a_message_that_trips_the_parser_is_unknown_and_kept_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(_cards: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(gupshup_messages, "contact_cards", trip)
    body = bodies.gupshup_message("contact", CARD)
    first, second = (routed.event for routed in GUPSHUP.parse(body, RECEIVED))
    assert first == InboundMessage(CONTACT, "wamid.in-1", AT, UNKNOWN_TYPE, "Asha")
    assert second == Unrecognized("message of unknown type", AT, body)


def test_a_sender_of_a_numbering_plan_that_no_library_knows_is_a_sender() -> None:
    assert inbound(bodies.gupshup_text(phone="22507123456")).contact == ContactRef("+22507123456")


def test_an_order_is_an_inbound_message_with_its_goods() -> None:
    order = bodies.gupshup_text()["payload"] | {
        "context": {
            "catalog": {"order": {"items": [{"id": "p1", "quantity": "2", "amount": "9.5", "currency": "INR"}]}}
        }
    }
    event = inbound(bodies.gupshup("order", order))
    assert event.type == "order"
    assert event.details["items"] == [{"id": "p1", "quantity": "2", "price": "9.5", "currency": "INR"}]


# Gupshup, docs/interactive and postback-text-support: text, title and postbackText of a button or row; id is the msgid
# of the message that had the buttons, reply is the title with its number (2026-11).
@pytest.mark.parametrize(
    ("kind", "payload", "texts"),
    [
        ("quick_reply", {"text": "No more", "type": "button", "postbackText": "STOP"}, ("No more", "STOP")),
        ("text", {"text": "No more", "type": "button", "postbackText": "STOP"}, ("No more", "STOP")),
        ("button_reply", {"title": "No more", "id": "stop", "reply": "No more 1"}, ("No more",)),
        ("list_reply", {"title": "Row", "id": "stop", "postbackText": "STOP", "description": "START"}, ("Row", "STOP")),
        ("quick_reply", {"text": "Yes", "title": "STOP", "id": "q1"}, ("Yes", "STOP")),
        ("text", {"text": "Hi", "title": "STOP"}, ("Hi",)),
        ("image", FILE | {"caption": "STOP"}, ()),
    ],
)
def test_title_and_payload_of_a_button_or_row_may_be_keywords_and_a_caption_may_not(
    kind: str, payload: object, texts: tuple[str, ...]
) -> None:
    assert inbound(bodies.gupshup_message(kind, payload)).keyword_texts == texts


# Version 3 passes Meta's edits through. Version 2 documents none (searched 2026-11).
@pytest.mark.parametrize(
    "body",
    [
        bodies.gupshup_v3(bodies.meta_message("edit", {"message": {"type": "text", "text": {"body": "At five"}}})),
        bodies.gupshup_message("edit", {"text": "At five"}),
        bodies.gupshup_message("edit", {"message": {"type": "text", "text": {"body": "At five"}}}),
    ],
)
def test_an_edited_message_has_its_new_text(body: Body) -> None:
    event = inbound(body)
    assert (event.type, event.text) == ("edit", "At five")


def test_a_file_is_a_document_with_its_name_and_caption() -> None:
    event = inbound(bodies.gupshup_message("file", FILE | {"urlExpiry": AT}))
    assert event.media == Media(
        "document", "https://files.example.org/1", None, "image/png", caption="Photo", filename="a.png"
    )
    assert event.details == {"url_expires_at": str(AT)}


@pytest.mark.parametrize(
    ("context", "reply_to"),
    [
        ({"gsId": "gs-1", "id": "wamid.out-1"}, "gs-1"),
        ({"gsId": None, "id": "wamid.out-1"}, "wamid.out-1"),
        ({"gsId": "", "id": "wamid.out-1"}, "wamid.out-1"),
        ({"gs_id": "gs-1"}, "gs-1"),
        ({}, None),
        ("broken", None),
    ],
)
def test_a_reply_points_to_the_message_of_ours_by_the_most_telling_id(context: object, reply_to: str | None) -> None:
    event = inbound(bodies.gupshup_message("text", {"text": "Yes"}, context=context))
    assert event.details.get("reply_to") == reply_to


def test_a_person_without_a_number_is_known_by_the_user_id() -> None:
    event = inbound(bodies.gupshup_message("text", {"text": "Hi"}, phone="", user_id=USER_ID))
    assert event.contact == ContactRef(None, USER_ID)


def test_a_person_may_have_a_number_and_a_user_id() -> None:
    event = inbound(bodies.gupshup_message("text", {"text": "Hi"}, user_id=USER_ID))
    assert event.contact == ContactRef(E164, USER_ID)


def test_the_source_stands_in_for_a_blank_sender() -> None:
    body = bodies.gupshup_text()
    body["payload"]["sender"] = {"phone": ""}
    assert inbound(body).contact == CONTACT


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        (AT, AT),
        (AT // 1000, SECOND),
        (str(AT), AT),
        (RECEIVED + 86_400_000, RECEIVED),
        (None, RECEIVED),
        ("x", RECEIVED),
    ],
)
def test_a_messages_time_is_the_envelopes_and_never_in_the_future(timestamp: object, at: int) -> None:
    assert inbound(bodies.gupshup_text(at=timestamp)).at == at


def test_the_name_of_the_app_is_not_looked_at() -> None:
    assert inbound(bodies.gupshup_text() | {"app": "SomeOtherApp"}).type == "text"


METERED = {"policy": "PMP", "category": "utility", "type": "regular"}


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (
            bodies.gupshup_status("enqueued"),
            StatusChanged(CONTACT, AT, "enqueued", ("gs-1",), whatsapp_id="wamid.out-1"),
        ),
        (
            bodies.gupshup_status("sent", pricing=METERED),
            StatusChanged(
                CONTACT, SECOND, "sent", ("gs-1", "wamid.out-1"), pricing=Pricing("utility", "regular", "PMP", None)
            ),
        ),
        (bodies.gupshup_status("delivered"), StatusChanged(CONTACT, SECOND, "delivered", ("gs-1", "wamid.out-1"))),
        (bodies.gupshup_status("read", gs_id=None), StatusChanged(CONTACT, SECOND, "read", ("wamid.out-1",))),
        (
            bodies.gupshup_status("failed", code=470, reason="too late"),
            StatusChanged(CONTACT, AT, "failed", ("gs-1", "wamid.out-1"), failure=Failure("470", "too late")),
        ),
        (
            bodies.gupshup_status("failed", gs_id=None, whatsapp_id="gs-1", code="1008"),
            StatusChanged(CONTACT, AT, "failed", ("gs-1",), failure=Failure("1008")),
        ),
        (
            bodies.gupshup_status("failed"),
            StatusChanged(CONTACT, AT, "failed", ("gs-1", "wamid.out-1"), failure=Failure("unknown")),
        ),
        (
            bodies.gupshup_status("sent", phone="91XX98XX"),
            StatusChanged(None, SECOND, "sent", ("gs-1", "wamid.out-1")),
        ),
        (bodies.gupshup_status("deleted"), Noted("status_deleted", AT)),
        (bodies.gupshup_status("mismatch"), Noted("status_mismatch", AT)),
    ],
)
def test_a_message_event_is_the_status_of_a_message_of_ours(body: Body, event: Event) -> None:
    assert parsed(body) == event


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (bodies.gupshup_consent("opted-in"), ConsentChanged(CONTACT, AT, "opt_in", "user-event")),
        (bodies.gupshup_consent("opted-out"), ConsentChanged(CONTACT, AT, "opt_out", "user-event")),
        (bodies.gupshup_consent("sandbox-start", phone="callbackSetPhone"), Noted("sandbox-start", AT)),
        (bodies.gupshup_preference("stop"), MarketingPreference(CONTACT, AT, "stop", "by the person")),
        (bodies.gupshup_preference("resume"), MarketingPreference(CONTACT, AT, "resume", "by the person")),
        (bodies.gupshup("platform-event", {"type": "connectivity-check"}), Noted("connectivity-check", AT)),
        (bodies.gupshup("account-event", {"type": "tier-event"}), Noted("tier-event", AT)),
        (bodies.gupshup("onboarding-event", {"type": "docker-status-event"}), Noted("docker-status-event", AT)),
        (bodies.gupshup("account-event", None), Noted("account-event", AT)),
    ],
)
def test_consent_preferences_and_the_platforms_own_events_are_told_apart(body: Body, event: Event) -> None:
    assert parsed(body) == event


@pytest.mark.parametrize(
    ("deductions", "pricing"),
    [
        ({"category": "marketing"}, Pricing("marketing", "regular", "PMP", True)),
        ({"billable": "true"}, Pricing(None, "regular", "PMP", True)),
        ({"billable": "False"}, Pricing(None, "regular", "PMP", False)),
        ({"billable": "true/false"}, Pricing(None, "regular", "PMP", None)),
        ({"type": "service", "model": "CBP"}, Pricing("service", "service", "CBP", True)),
        ({"type": "FEP", "model": "CBP"}, Pricing(None, "fep", "CBP", True)),
        ({"category": "authentication-international"}, Pricing("authentication_international", "regular", "PMP", True)),
    ],
)
def test_a_deduction_keeps_what_the_bsp_says_of_the_price(deductions: dict[str, Any], pricing: Pricing) -> None:
    for body in (bodies.gupshup_billing(**deductions), bodies.gupshup_v3_billing(**deductions)):
        assert parsed(body) == Billed(CONTACT, AT, ("gs-1", "ref-1"), "whatsapp", pricing)


@pytest.mark.parametrize(
    ("payload", "status", "category", "reason"),
    [
        ({"type": "status-update", "status": "approved"}, "approved", None, None),
        ({"type": "status-update", "status": "PAUSED", "description": "for 3 h"}, "paused", None, "for 3 h"),
        ({"status": "rejected", "rejectedReason": "INVALID_FORMAT"}, "rejected", None, "INVALID_FORMAT"),
        ({"type": "status-update", "status": "disabled"}, "disabled", None, None),
        ({"type": "status-update", "status": "mysterious"}, None, None, "mysterious"),
        ({"type": "category-update", "category": {"old": "MARKETING", "new": "UTILITY"}}, None, "utility", None),
    ],
)
def test_a_template_event_changes_its_status_or_category(
    payload: Body, status: str | None, category: str | None, reason: str | None
) -> None:
    changed = TemplateChanged(AT, "tpl-uuid-1", "greeting", "en", status, category, reason)
    assert parsed(bodies.gupshup_template(payload)) == changed


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "category-update", "category": {"current": "MARKETING", "correct": "UTILITY"}},
        {"type": "quality-update", "quality": "LOW"},
    ],
)
def test_a_notice_about_a_template_changes_nothing_yet(payload: Body) -> None:
    assert parsed(bodies.gupshup_template(payload)) == Noted("template_notice", AT)


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (
            bodies.meta_status("enqueued", gs_id="gs-1"),
            StatusChanged(CONTACT, SECOND, "enqueued", ("gs-1", "wamid.out-1"), whatsapp_id="wamid.out-1"),
        ),
        (
            bodies.meta_status("delivered", gs_id="gs-1"),
            StatusChanged(CONTACT, SECOND, "delivered", ("gs-1", "wamid.out-1")),
        ),
        (
            bodies.meta_status("failed", gs_id="gs-1", code=131047),
            StatusChanged(
                CONTACT, SECOND, "failed", ("gs-1", "wamid.out-1"), failure=Failure("131047", "It was not delivered")
            ),
        ),
        (
            bodies.gupshup_v3_failure(1002, "Not on WhatsApp"),
            StatusChanged(
                CONTACT, SECOND, "failed", ("gs-1", "wamid.out-1"), failure=Failure("1002", "Not on WhatsApp")
            ),
        ),
        (
            bodies.meta(bodies.change("messages", {"statuses": [{"type": "set-callback"}]}, None)),
            Noted("set-callback", RECEIVED),
        ),
        (
            bodies.meta({"field": "platform-event", "value": {"type": "connectivity-check"}}, entry_time=AT),
            Noted("connectivity-check", AT),
        ),
        (
            bodies.gupshup_v3_billing(conversation_type="call", billable="false", source="gupshup"),
            Noted("billing_call", AT),
        ),
    ],
)
def test_version_3_is_metas_format_with_gupshups_additions(body: Body, event: Event) -> None:
    assert parsed(bodies.gupshup_v3(body)) == event


def test_an_enqueued_status_of_version_3_has_its_time_in_milliseconds() -> None:
    status = bodies.status("enqueued", gs_id="gs-1") | {"timestamp": AT + 7}
    event = parsed(bodies.gupshup_v3(bodies.meta(bodies.change("messages", {"statuses": [status]}, None))))
    assert event.at == AT + 7


def test_the_same_message_has_the_same_id_in_both_versions() -> None:
    second, third = inbound(bodies.gupshup_text()), inbound(bodies.gupshup_v3(bodies.meta_text()))
    assert second.provider_message_id == third.provider_message_id
    assert (second.contact, second.type, second.text) == (third.contact, third.type, third.text)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": None},
        {"type": 5},
        {"version": 2, "payload": {}},
        bodies.gupshup("moon-event", {"phase": 1}),
        bodies.gupshup("message", None),
        bodies.gupshup("message", []),
        bodies.gupshup("message", {"type": "text", "source": PHONE, "payload": {"text": "no id"}}),
        bodies.gupshup_text(phone="918x98xx21x4"),
        bodies.gupshup_text(message_id="x" * 600),
        bodies.gupshup("user-event", {"phone": PHONE, "type": "opted-sideways"}),
        bodies.gupshup_consent("opted-in", phone="918x98xx21x4"),
        bodies.gupshup("message-event", {"type": "sent", "destination": PHONE}),
        bodies.gupshup("message-event", {"type": "teleported", "id": "gs-1"}),
        bodies.gupshup("billing-event", {"deductions": {}, "references": {}}),
        bodies.gupshup("template-event", {"status": "approved"}),
        bodies.gupshup_preference("stop", phone="nobody"),
        bodies.gupshup_preference("stop", category="other"),
        bodies.gupshup("preference-event", {"payload": {"user_preferences": []}}),
        {"object": "whatsapp_business_account"},
        {"entry": []},
        {"entry": [None, 5]},
    ],
)
def test_what_is_not_understood_is_kept_as_it_came(body: Body) -> None:
    for routed in GUPSHUP.parse(body, RECEIVED):
        assert isinstance(routed.event, Unrecognized)
        assert routed.event.at <= RECEIVED
        assert PHONE not in routed.event.reason


ASHA = ContactRef(E164, USER_ID)
ENVELOPE_AT = AT + 549
GS_ID = "9b71295f-f7af-4c1f-b2b4-31b4a4867bad"
OUTBOUND_WAMID = "wamid.HBgMOTE5ODc2NTQzMjEwFQIAEhgUT1VUMTAwMDAwMDAwMDAwMDAwMDAA"
FILE_URL = (
    "https://files.example.org/wa/7d1f0c7e-0000-4000-8000-000000000001"
    "/wa/media/2f997fea-9696-46c4-a2e5-8667fd27988d?download=false"
)
TOO_LATE = (
    "Message failed to send because more than 24 hours have passed since the customer last replied to this number"
)
GREETING = "नमस्ते, when is the next health camp?"


def from_asha(
    tail: str, message_type: str, text: str | None = None, at: int = ENVELOPE_AT, **more: Any
) -> InboundMessage:
    """A message of Asha's in ``tests/events``."""
    whatsapp_id = f"wamid.HBgMOTE5ODc2NTQzMjEwFQIAEhgU{tail}"
    return InboundMessage(CONTACT, whatsapp_id, at, message_type, "Asha", text, **more)


EVENTS: dict[str, Event] = {
    "gupshup/v2_text": from_asha("VjJURVhUMDAwMDAwMDAwMDAwMDAA", "text", GREETING),
    "gupshup/v2_image": from_asha(
        "VjJJTUFHRTAwMDAwMDAwMDAwMDAA",
        "image",
        media=Media("image", FILE_URL, None, "image/jpeg", "Water level"),
        details={"url_expires_at": str(ENVELOPE_AT + 7 * 86_400_000)},
    ),
    "gupshup/v2_template_button": from_asha(
        "VjJCVVRUT04wMDAwMDAwMDAwMDAA",
        "button",
        "I will come",
        details={"reply_to": GS_ID},
        content={"button": {"text": "I will come", "payload": "I will come"}},
        refers_to=(GS_ID, OUTBOUND_WAMID),
    ),
    "gupshup/v2_list_reply": from_asha(
        "VjJMSVNUMDAwMDAwMDAwMDAwMDAA",
        "list_reply",
        "Tuesday",
        payloads=("day-2",),
        details={
            "reply_id": "visit-days",
            "payload": "day-2",
            "description": "9:00 to 12:00",
            "reply_to": GS_ID,
        },
        content={
            "interactive": {
                "type": "list_reply",
                "list_reply": {"id": "day-2", "title": "Tuesday", "description": "9:00 to 12:00"},
            }
        },
        refers_to=(GS_ID, OUTBOUND_WAMID),
    ),
    "gupshup/v2_location_without_type": from_asha(
        "VjJQTEFDRTAwMDAwMDAwMDAwMDAA",
        "location",
        details={"latitude": "19.1453658", "longitude": "72.8552172"},
        content={"location": {"latitude": 19.1453658, "longitude": 72.8552172}},
    ),
    "gupshup/v2_status_delivered": StatusChanged(CONTACT, AT, "delivered", (GS_ID, OUTBOUND_WAMID)),
    "gupshup/v2_status_failed_470": StatusChanged(
        CONTACT,
        ENVELOPE_AT,
        "failed",
        (GS_ID, "9163a016-710e-41ee-978b-79a1adbd734e"),
        failure=Failure("470", TOO_LATE),
    ),
    "gupshup/v2_billing": Billed(
        CONTACT,
        ENVELOPE_AT,
        (GS_ID, "d04cc3a7-18f0-4571-831e-0f5c7a1e2b3d"),
        "whatsapp",
        Pricing("marketing", "regular", "PMP", True),
    ),
    "gupshup/v2_template_paused": TemplateChanged(
        ENVELOPE_AT,
        "4dacef15-6c04-12db-b393-6190ac567eff",
        "camp_reminder",
        "en_US",
        "paused",
        None,
        "Your WhatsApp message template has been paused for 3 hours because it had issues.",
    ),
    "gupshup/v2_preference_stop": MarketingPreference(ASHA, AT, "stop", "User requested to stop marketing messages"),
    "gupshup/v3_text": from_asha("VjNURVhUMDAwMDAwMDAwMDAwMDAA", "text", GREETING, AT),
    "gupshup/v3_status_delivered": StatusChanged(CONTACT, AT, "delivered", (GS_ID, OUTBOUND_WAMID)),
    "gupshup/v3_status_failed_131047": StatusChanged(
        CONTACT, AT, "failed", (GS_ID, OUTBOUND_WAMID), failure=Failure("131047", f"{TOO_LATE}.")
    ),
    "gupshup/v3_billing": Billed(
        CONTACT,
        RECEIVED,
        (GS_ID, "0f19ef62-80ef-48c2-a493-9ac112478d20"),
        "whatsapp",
        Pricing("marketing", "regular", "PMP", True),
    ),
}


@pytest.mark.parametrize("name", events.names("gupshup"))
def test_a_whole_webhook_is_this_event(name: str) -> None:
    assert parsed(events.load(name)) == EVENTS[name]


SECRETS = ChannelSecrets(webhook_tokens=("old-token", "new-tökén"))


@pytest.mark.parametrize(
    ("headers", "query", "genuine"),
    [
        ({"x-webhook-token": "old-token"}, {}, True),
        ({"x-webhook-token": "new-tökén"}, {}, True),
        ({}, {"token": "old-token"}, True),
        ({"x-webhook-token": "wrong"}, {"token": "old-token"}, True),
        ({"x-webhook-token": "wrong"}, {}, False),
        ({"x-webhook-token": "old-token "}, {}, False),
        ({"x-webhook-token": "\ud800"}, {"token": ""}, False),
        ({}, {}, False),
    ],
)
def test_a_webhook_is_genuine_by_any_current_token_in_header_or_url(
    headers: dict[str, str], query: dict[str, str], genuine: bool
) -> None:
    assert GUPSHUP.verify(headers, query, b"{}", SECRETS) is genuine


@pytest.mark.parametrize("tokens", [(), ("",)])
def test_a_channel_without_a_token_is_closed(tokens: tuple[str, ...]) -> None:
    for shown in ("", "anything"):
        assert not GUPSHUP.verify({"x-webhook-token": shown}, {"token": shown}, b"{}", ChannelSecrets("", tokens))
