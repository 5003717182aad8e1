"""Webhook bodies as the providers would send them, for tests. Every value is made up; times are epoch ms."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

PHONE = "919876543210"
E164 = "+919876543210"
OWN_NUMBER = "918000000001"
USER_ID = "IN.Ab12Cd34Ef56"
PHONE_NUMBER_ID = "200000000000001"
AT = 1_790_000_000_000

Body = dict[str, Any]


def raw(body: object) -> bytes:
    """The bytes of a body as they go over the wire."""
    return json.dumps(body).encode()


def sign(secret: str, raw: bytes) -> str:
    """Meta's X-Hub-Signature-256 of those bytes."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


# Gupshup, version 2


def gupshup(kind: str, payload: object, at: object = AT, app: str = "HelplineApp") -> Body:
    """Version 2's envelope around any payload."""
    return {"app": app, "timestamp": at, "version": 2, "type": kind, "payload": payload}


def gupshup_message(
    kind: str,
    payload: object,
    message_id: str = "wamid.in-1",
    phone: str = PHONE,
    at: object = AT,
    name: str = "Asha",
    user_id: str | None = None,
    context: object = None,
) -> Body:
    """A contact's message of any kind."""
    sender: Body = {"phone": phone, "name": name, "country_code": phone[:2], "dial_code": phone[2:]}
    if user_id is not None:
        sender["userId"] = user_id
    message: Body = {"id": message_id, "source": phone, "type": kind, "payload": payload, "sender": sender}
    if context is not None:
        message["context"] = context
    return gupshup("message", message, at)


def gupshup_text(text: str = "Namaste", message_id: str = "wamid.in-1", phone: str = PHONE, at: object = AT) -> Body:
    """A contact's text."""
    return gupshup_message("text", {"text": text}, message_id, phone, at)


def gupshup_status(
    status: str,
    gs_id: str | None = "gs-1",
    whatsapp_id: str | None = "wamid.out-1",
    phone: str = PHONE,
    at: int = AT,
    code: object = None,
    reason: str | None = None,
    pricing: Body | None = None,
    kind: str = "session",
) -> Body:
    """A message-event. As at Gupshup, enqueued has its own id alone and tells the WhatsApp id and the kind inside."""
    payload: Body = {"type": status, "destination": phone}
    if status == "enqueued":
        payload |= {"id": gs_id, "payload": {"whatsappMessageId": whatsapp_id, "type": kind}}
    elif status == "failed":
        payload |= {"id": whatsapp_id, "gsId": gs_id, "payload": {"code": code, "reason": reason}}
    else:
        payload |= {"id": whatsapp_id, "gsId": gs_id, "payload": {"ts": at // 1000}}
    if gs_id is None:
        payload.pop("gsId", None)
    if pricing is not None:
        payload["pricing"] = pricing
    return gupshup("message-event", payload, at)


def gupshup_consent(action: str, phone: str = PHONE, at: int = AT) -> Body:
    """A user-event: ``opted-in`` or ``opted-out``."""
    return gupshup("user-event", {"phone": phone, "type": action}, at)


def gupshup_billing(gs_id: str = "gs-1", billable: object = True, at: int = AT, **deductions: object) -> Body:
    """A deduction for a message of ours."""
    return gupshup(
        "billing-event",
        {
            "deductions": {"type": "regular", "model": "PMP", "source": "whatsapp", "billable": billable} | deductions,
            "references": {"id": "ref-1", "gsId": gs_id, "destination": PHONE},
        },
        at,
    )


def gupshup_template(payload: Body, at: int = AT) -> Body:
    """A template-event about the template ``greeting``."""
    return gupshup(
        "template-event", {"id": "tpl-uuid-1", "elementName": "greeting", "languageCode": "en"} | payload, at
    )


def gupshup_preference(value: str, phone: str = PHONE, at: int = AT, category: str = "marketing_messages") -> Body:
    """Marketing stopped or resumed in WhatsApp."""
    preference = {"wa_id": phone, "detail": "by the person", "category": category, "value": value, "timestamp": at}
    return gupshup("preference-event", {"type": "user_preferences", "payload": {"user_preferences": [preference]}}, at)


# Meta, and Gupshup's version 3


def meta(*changes: Body, entry_time: int | None = None) -> Body:
    """Meta's envelope around any changes."""
    entry: Body = {"id": "300000000000001", "changes": list(changes)}
    if entry_time is not None:
        entry["time"] = entry_time
    return {"object": "whatsapp_business_account", "entry": [entry]}


def change(field: str, value: Body, phone_number_id: str | None = PHONE_NUMBER_ID) -> Body:
    """One change, with the number it belongs to."""
    metadata: Body = {"display_phone_number": OWN_NUMBER, "phone_number_id": phone_number_id}
    shared: Body = {"messaging_product": "whatsapp"} | ({"metadata": metadata} if phone_number_id else {})
    return {"field": field, "value": shared | value}


def message(
    kind: str,
    part: object = None,
    message_id: str = "wamid.in-1",
    phone: str | None = PHONE,
    at: int = AT,
    user_id: str | None = None,
    **more: object,
) -> Body:
    """One of ``messages[]``."""
    built: Body = {"id": message_id, "timestamp": str(at // 1000), "type": kind}
    if phone is not None:
        built["from"] = phone
    if user_id is not None:
        built["from_user_id"] = user_id
    if part is not None:
        built[kind] = part
    return built | more


def profile(name: str = "Asha", phone: str | None = PHONE, user_id: str | None = None) -> Body:
    """One of ``contacts[]``."""
    built: Body = {"profile": {"name": name}}
    if phone is not None:
        built["wa_id"] = phone
    if user_id is not None:
        built["user_id"] = user_id
    return built


def meta_message(kind: str, part: object = None, **more: Any) -> Body:
    """A contact's message of any kind, in a body of its own."""
    return meta(change("messages", {"contacts": [profile()], "messages": [message(kind, part, **more)]}))


def meta_number_change(old: str, new: str, at: int = AT, phone_number_id: str = PHONE_NUMBER_ID, **more: Any) -> Body:
    """The system message by which the person at ``old`` goes on at ``new``."""
    part = {"type": "user_changed_number", "wa_id": new, "body": "changed", **more}
    told = message("system", part, f"wamid.{old}-{new}", old, at)
    return meta(change("messages", {"messages": [told]}, phone_number_id))


def meta_text(
    text: str = "Namaste",
    message_id: str = "wamid.in-1",
    phone: str | None = PHONE,
    at: int = AT,
    phone_number_id: str = PHONE_NUMBER_ID,
    user_id: str | None = None,
) -> Body:
    """A contact's text."""
    value = {
        "contacts": [profile(phone=phone, user_id=user_id)],
        "messages": [message("text", {"body": text}, message_id, phone, at, user_id)],
    }
    return meta(change("messages", value, phone_number_id))


def status(status: str, whatsapp_id: str = "wamid.out-1", phone: str = PHONE, at: int = AT, **more: object) -> Body:
    """One of ``statuses[]``."""
    built = {"id": whatsapp_id, "status": status, "timestamp": str(at // 1000), "recipient_id": phone}
    return {**built, **more}


def meta_status(
    kind: str,
    whatsapp_id: str = "wamid.out-1",
    our_id: str | None = None,
    phone: str = PHONE,
    at: int = AT,
    code: int | None = None,
    phone_number_id: str = PHONE_NUMBER_ID,
    **more: object,
) -> Body:
    """A delivery status, with an error where a code is given."""
    if our_id is not None:
        more["biz_opaque_callback_data"] = our_id
    if code is not None:
        more["errors"] = [{"code": code, "title": "Not delivered", "error_data": {"details": "It was not delivered"}}]
    return meta(change("messages", {"statuses": [status(kind, whatsapp_id, phone, at, **more)]}, phone_number_id))


def meta_preference(value: str, phone: str = PHONE, at: int = AT, **more: object) -> Body:
    """Marketing stopped, resumed or signed up for in WhatsApp."""
    preference = {
        "wa_id": phone,
        "detail": "by the person",
        "category": "marketing_messages",
        "value": value,
        "timestamp": at // 1000,
    }
    return meta(change("user_preferences", {"user_preferences": [preference | more]}))


def meta_template(field: str = "message_template_status_update", at: int = AT, **value: object) -> Body:
    """A template's new status or category."""
    template = {
        "message_template_id": 77001,
        "message_template_name": "greeting",
        "message_template_language": "en-US",
    }
    return meta(change(field, template | value, phone_number_id=None), entry_time=at // 1000)


def meta_call(event: str = "connect", at: int = AT, **more: object) -> Body:
    """A call of the person's, as it begins (``connect``) or ended (``terminate``)."""
    call = {"id": "wacid.1", "from": PHONE, "to": OWN_NUMBER, "timestamp": str(at // 1000), "event": event}
    value = {"contacts": [profile()], "calls": [call | {"direction": "USER_INITIATED"} | more]}
    return meta(change("calls", value))


def meta_call_status(status: str, at: int = AT) -> Body:
    """How a call of ours goes."""
    said = {"id": "wacid.1", "type": "call", "status": status, "timestamp": str(at // 1000), "recipient_id": PHONE}
    return meta(change("calls", {"statuses": [said]}))


def gupshup_v3(body: Body) -> Body:
    """Meta's body as Gupshup passes it through."""
    return body | {"gs_app_id": "7d1f0c7e-0000-4000-8000-000000000001"}


def echo(
    name: str,
    phone: str,
    at: int,
    text: str = "From the app",
    field: str = "smb_message_echoes",
    phone_number_id: str = PHONE_NUMBER_ID,
) -> Body:
    """A message that was sent to the contact around gate24, as Meta tells it; its id is ``wamid.<name>``."""
    said: Body = {"id": f"wamid.{name}", "from": OWN_NUMBER, "to": phone, "timestamp": str(at // 1000)}
    said |= {"type": "text", "text": {"body": text}}
    return meta(change(field, {"message_echoes": [said], "contacts": [profile(phone=phone)]}, phone_number_id))


def gupshup_v3_failure(code: object = 1002, reason: str = "Not on WhatsApp", at: int = AT) -> Body:
    """A failure on Gupshup's side, which version 3 tells flatly and without the number's metadata."""
    failed = status("failed", at=at, gs_id="gs-1", code=code, reason=reason)
    return gupshup_v3(meta(change("messages", {"statuses": [failed]}, None)))


def gupshup_v3_billing(at: int = AT, references: Body | None = None, **deductions: object) -> Body:
    """A deduction in version 3."""
    billing = {
        "deductions": {"type": "regular", "model": "PMP", "source": "whatsapp", "billable": True} | deductions,
        "references": references or {"id": "ref-1", "gs_id": "gs-1", "destination": PHONE},
    }
    return gupshup_v3(meta({"field": "billing-event", "value": {"billing": billing}}, entry_time=at))


def every_body() -> list[Body]:
    """One body of every kind, for tests that want them all."""
    media = {"url": "https://files.example.org/1", "contentType": "image/png", "urlExpiry": AT + 604_800_000}
    cloud_media = {"id": "9001", "mime_type": "image/png", "caption": "Photo", "filename": "a.png"}
    place = {"latitude": 19.07, "longitude": 72.87, "name": "Clinic"}
    card = [{"name": {"formatted_name": "Asha"}, "phones": [{"phone": "+91 98765 43210"}]}]
    goods = {"catalog_id": "5", "product_items": [{"product_retailer_id": "p1", "quantity": 2, "item_price": 9.5}]}
    metered = {"pricing_model": "PMP", "type": "regular", "category": "utility", "billable": True}
    return [
        gupshup_text(),
        *(gupshup_message(kind, media) for kind in ("image", "video", "audio", "sticker", "file")),
        gupshup_message("location", {"latitude": "19.07", "longitude": "72.87"}),
        gupshup_message("contact", {"contacts": card}),
        gupshup_message("button_reply", {"title": "Yes", "id": "q1", "reply": "Yes 1"}, context={"gsId": "gs-1"}),
        gupshup_message("list_reply", {"title": "Row", "id": "l1", "postbackText": "row-1"}),
        gupshup_message("quick_reply", {"text": "Details", "type": "button"}),
        gupshup_message("reaction", {"emoji": "\U0001f44d", "gsId": "gs-1"}),
        gupshup_message("hologram", {"depth": 3}, user_id=USER_ID),
        gupshup("order", gupshup_text()["payload"]),
        *(gupshup_status(kind) for kind in ("enqueued", "sent", "delivered", "read", "deleted", "mismatch")),
        gupshup_status("failed", code=470, reason="too late"),
        gupshup_consent("opted-in"),
        gupshup_consent("sandbox-start"),
        gupshup_billing(billable="true"),
        gupshup_template({"type": "status-update", "status": "paused"}),
        gupshup_template({"type": "category-update", "category": {"old": "MARKETING", "new": "UTILITY"}}),
        gupshup_preference("stop"),
        gupshup("platform-event", {"type": "connectivity-check"}),
        gupshup("account-event", {"type": "tier-event", "payload": {"currentLimit": "TIER_1K"}}),
        gupshup("moon-event", {"phase": 1}),
        meta_text(user_id=USER_ID),
        *(meta_message(kind, cloud_media) for kind in ("image", "video", "audio", "document", "sticker")),
        meta_message("location", place),
        meta_message("contacts", card),
        meta_message("order", goods),
        meta_message("button", {"payload": "p", "text": "Details"}, context={"id": "wamid.out-1"}),
        meta_message("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Row"}}),
        meta_message("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": "{}"}}),
        meta_message("reaction", {"message_id": "wamid.out-1", "emoji": "\U0001f44d"}),
        meta_message("unsupported", errors=[{"code": 131051}]),
        meta_message("edit", {"original_message_id": "wamid.in-0"}),
        meta_message("edit", {"original_message_id": "wamid.in-0", "message": {"type": "image", "image": cloud_media}}),
        meta_call(),
        meta_call("terminate", status="COMPLETED", start_time=str(AT // 1000 - 9), duration=9),
        meta_call_status("ACCEPTED"),
        meta_message("system", {"type": "user_changed_number", "wa_id": "919876500000"}),
        meta_message("text", {"body": "from an ad"}, referral={"source_type": "ad", "headline": "Help"}),
        *(meta_status(kind, our_id="m-1", pricing=metered) for kind in ("sent", "delivered", "read", "played")),
        meta_status("failed", code=131047),
        meta_preference("signup", user_id=USER_ID),
        meta_template(event="REJECTED", reason="INVALID_FORMAT"),
        meta_template("template_category_update", previous_category="UTILITY", new_category="MARKETING"),
        meta(change("smb_message_echoes", {"message_echoes": [message("text", {"body": "ours"})]})),
        meta(change("tides", {"height": 2})),
        gupshup_v3(meta_status("enqueued", gs_id="gs-1")),
        gupshup_v3_failure(),
        gupshup_v3(meta(change("messages", {"statuses": [{"type": "set-callback"}]}, None))),
        gupshup_v3_billing(),
        gupshup_v3(meta({"field": "platform-event", "value": {"type": "connectivity-check"}})),
    ]
