"""What the demo is made of. No real person, organization or number."""

from __future__ import annotations

from typing import Any

ORGANIZATIONS: list[dict[str, Any]] = [
    {"id": "learning", "name": "Demo Learning Trust", "timezone": "Asia/Kolkata", "currency": "USD"},
    {"id": "health", "name": "Demo Health Trust", "timezone": "Asia/Kathmandu", "currency": "USD"},
]

CHANNELS: dict[str, list[dict[str, Any]]] = {
    "learning": [
        {
            "id": "learning-gupshup",
            "provider": "gupshup",
            "business_number": "+919876500001",
            "app": "DemoLearning",
            "rate_card": "gupshup-2021-02",
        },
        {
            "id": "learning-meta",
            "provider": "meta",
            "business_number": "+919876500002",
            "phone_number_id": "100000000000001",
            "rate_card": "meta-2026-10-01",
        },
    ],
    "health": [
        {
            "id": "health-gupshup",
            "provider": "gupshup",
            "business_number": "+919876500003",
            "app": "DemoHealth",
            "rate_card": "gupshup-2021-02",
        },
    ],
}

TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "class_reminder",
        "language": "en",
        "category": "utility",
        "status": "approved",
        "params": 2,
        "media": None,
        "body": "Hello {{1}}, your class begins at {{2}}. Reply to this message if you cannot come.",
    },
    {
        "name": "class_reminder",
        "language": "hi",
        "category": "utility",
        "status": "approved",
        "params": 2,
        "media": None,
        "body": "नमस्ते {{1}}, आपकी कक्षा {{2}} बजे शुरू होगी। न आ सकें तो इस संदेश का उत्तर दें।",
    },
    {
        "name": "shall_we_talk",
        "language": "en",
        "category": "utility",
        "status": "approved",
        "params": 0,
        "media": None,
        "body": "We have an answer to your question. Reply to this message to read it.",
    },
    {
        "name": "summer_camp",
        "language": "en",
        "category": "marketing",
        "status": "approved",
        "params": 1,
        "media": "image",
        "body": "Our summer camp begins on {{1}}. Would you like to join?",
    },
    {
        "name": "survey",
        "language": "en",
        "category": "utility",
        "status": "pending",
        "params": 0,
        "media": None,
        "body": "May we ask you three questions about the classes?",
    },
]

_FORM = {"source": "paper form", "evidence": "admission form, June 2026"}


def _text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


def _reminder(name: str) -> dict[str, Any]:
    template = {"name": "class_reminder", "language": "en", "params": [name, "10:00"]}
    return {"type": "template", "template": template}


CONTACTS: list[dict[str, Any]] = [
    {
        "phone": "+919876543210",
        "name": "Contact One",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [(30, "Good morning"), (1.5, "When does the class begin tomorrow?")],
        "sent": [_text("At ten. Please bring the blue notebook.")],
    },
    {
        "phone": "+919876543211",
        "name": "Contact Two",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [(22.4, "मेरी बेटी आज बीमार है")],
    },
    {
        "phone": "+919876543212",
        "name": "Contact Three",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [(50, "Thank you for the books")],
        "sent": [_text("You are welcome."), _reminder("Contact Three")],
    },
    {
        "phone": "+919876543213",
        "name": "Contact Four",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [(26, "Is there a class on Sunday?"), (0, "STOP")],
        "sent": [_reminder("Contact Four")],
    },
    {
        "phone": "+919876543214",
        "name": "Contact Five",
        "channel": "learning-gupshup",
        "wrote": [(3, "Who is this?")],
        "blocked": "asked for by the contact's family",
    },
    {"phone": "+919876543215", "name": "Contact Six", "channel": "learning-gupshup", "opt_in": _FORM},
    {
        "phone": "+919876543216",
        "name": "Contact Seven",
        "channel": "learning-meta",
        "wrote": [(0.2, "Is there a class for adults, too?")],
        "sent": [_text("Yes, every evening at six.")],
    },
]
