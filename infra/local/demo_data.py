"""The demo's organizations, channels, templates and contacts. All people, organizations and numbers are made up."""

from __future__ import annotations

from typing import Any

ORGANIZATIONS: list[dict[str, Any]] = [
    {"id": "learning", "name": "Demo Learning Trust", "timezone": "Asia/Kolkata", "currency": "USD"},
    {"id": "health", "name": "Demo Health Trust", "timezone": "Asia/Kathmandu", "currency": "USD"},
]

MEMBERS = (
    {"email": "anita@example.org", "name": "Anita", "role": "agent"},
    {"email": "sunil@example.org", "name": "Sunil", "role": "supervisor"},
    {"email": "leela@example.org", "name": "Leela", "role": "admin"},
)
"""Staff of the first organization."""

CHANNELS: dict[str, list[dict[str, Any]]] = {
    "learning": [
        {
            "id": "learning-gupshup",
            "provider": "gupshup",
            "business_number": "+919876500001",
            "app": "DemoLearning",
            "app_id": "7d1f0c7e-5a34-4c1e-9b52-0000a1b2c3d1",
            "pair_limit": False,  # the simulator has no such limit, and demo users write to one contact often
            "rate_card": "gupshup-2021-02",
        },
        {
            "id": "learning-meta",
            "provider": "meta",
            "business_number": "+919876500002",
            "phone_number_id": "100000000000001",
            "pair_limit": False,
            "rate_card": "meta-2026-10-01",
        },
    ],
    "health": [
        {
            "id": "health-gupshup",
            "provider": "gupshup",
            "business_number": "+919876500003",
            "app": "DemoHealth",
            "app_id": "7d1f0c7e-5a34-4c1e-9b52-0000a1b2c3d2",
            "pair_limit": False,
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
_FILES = "https://files.example.org"


def _text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


def _reminder(name: str, language: str = "en") -> dict[str, Any]:
    template = {"name": "class_reminder", "language": language, "params": [name, "10:00"]}
    return {"type": "template", "template": template}


def _file(kind: str, name: str, size: int, **more: str) -> dict[str, Any]:
    return {"type": "media", "media": {"kind": kind, "url": f"{_FILES}/{name}", "size_bytes": size, **more}}


def _picture(name: str, caption: str) -> dict[str, Any]:
    """A picture from a contact, in the simulator's format for a Gupshup channel."""
    return {"type": "image", "payload": {"url": f"{_FILES}/{name}", "contentType": "image/jpeg", "caption": caption}}


def _fails(code: int) -> dict[str, Any]:
    return {"outcome": "accept", "statuses": ["enqueued", {"failed": code}]}


CONTACTS: list[dict[str, Any]] = [
    {
        "phone": "+919876543210",
        "name": "Meena, Tara's mother",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [
            (430, "Namaste, is there a class for children of ten?"),
            (409, "Thank you. We will come."),
            (1.6, "When does the class begin tomorrow?"),
            (1.5, _picture("notebook.jpg", "Is this the right notebook?")),
        ],
        "sent": [
            (_text("At ten. Yes, the blue one."), None),
            (
                _file(
                    "document", "timetable.pdf", 180_000, filename="Timetable.pdf", caption="All classes of the month"
                ),
                None,
            ),
        ],
    },
    {
        "phone": "+919876543211",
        "name": "सुनीता 🌻",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [(337, "नमस्ते"), (22.4, "मेरी बेटी आज बीमार है, क्या वह कल आ सकती है?")],
    },
    {
        "phone": "+919876543212",
        "name": "Harish, volunteer",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [(362, "I can help on Saturdays"), (50, "Thank you for the books")],
        "sent": [(_text("You are welcome."), None), (_reminder("Harish"), None)],
    },
    {
        "phone": "+919876543213",
        "name": "Farhan, Class 8",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [(26, "Is there a class on Sunday?"), (0, "STOP")],
        "sent": [(_reminder("Farhan"), None)],
    },
    {
        "phone": "+919876543214",
        "name": "Nikhil",
        "channel": "learning-gupshup",
        "wrote": [(3, "Who is this?")],
        "blocked": "asked for by the contact's family",
    },
    {"phone": "+919876543215", "channel": "learning-gupshup", "opt_in": _FORM},
    {
        "phone": "+919876543216",
        "name": "Indu, teacher",
        "channel": "learning-meta",
        "wrote": [(0.2, "Is there a class for adults, too?")],
        "sent": [(_text("Yes, every evening at six."), None)],
    },
    {
        "phone": "IN.4815162342108",
        "name": "Noor",
        "channel": "learning-meta",
        "wrote": [(0.5, "I found you by your name here. May I bring my sister?")],
        "sent": [(_text("Of course, at six."), None)],
    },
    {
        "phone": "+919876543217",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "sent": [(_reminder("Lata"), _fails(1002))],
    },
    {
        "phone": "+919876543218",
        "name": "Ravi, driver",
        "channel": "learning-gupshup",
        "opt_in": _FORM,
        "wrote": [(290, "The bus is late today"), (5, "Where shall I wait tomorrow?")],
        "sent": [
            (_file("image", "map.jpg", 4_000_000), _fails(1014)),
            (_text("In front of the library, at nine."), None),
            (_text("Please bring the keys."), {"outcome": "reset"}),
        ],
    },
]
"""At least one contact in each state that the console shows. ``phone``: or Meta's user id, of somebody who hides the
number. ``wrote``: how many hours ago, and the text or payload.
``sent``: what staff sent, with the simulator's outcome if that is not to accept and deliver the message."""
