"""Every message that there can be, one row each: kind, direction, provider, and what the console shows of it.

The tests of both directions and the people of the console's browser test are made of these rows, so that a kind that is
added here is sent or told, stored, answered and looked at. What each provider gets of a kind that is sent is in
``kinds``, how each tells of one that a contact sends in ``inbound_kinds``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bsp_simulator.media import BUILT_IN, File
from tests.support import inbound_kinds
from tests.support.bodies import Body
from tests.support.kinds import FILLINGS, KINDS, LINK, Filling, Json, Kind, component, template
from tests.support.system import GUPSHUP, META

MP3 = File("audio/mpeg", (Path(__file__).parent / "files" / "song.mp3").read_bytes())
FILES: dict[str, File] = {"image": BUILT_IN["image"], "voice": BUILT_IN["audio"], "audio": MP3} | {
    kind: BUILT_IN[kind] for kind in ("video", "document", "sticker")
}
"""The files of messages. Any Chromium draws or plays PNG, WebP, Opus in Ogg and MP3. The film is H.264 in MP4, which is
what WhatsApp takes: Debian's Chromium and Chrome play it, a Chromium without licensed codecs would not."""


Provider = Literal["gupshup", "meta"]
PROVIDERS: tuple[Provider, ...] = ("gupshup", "meta")
FORMS: dict[str, Provider] = {"v2": "gupshup", "v3": "gupshup", "Meta": "meta"}
"""Of webhooks."""


class Sight(NamedTuple):
    """``words``: how the text of each element begins that ``selector`` finds in the message, in their order.
    ``href``: how the address begins that the last one leads to."""

    selector: str
    words: list[str]
    href: str | None = None


@dataclass(frozen=True)
class Row:
    """``told``: the kind as it is sent or told. ``form``: the provider, or the form of its webhook. ``sights``: what is
    seen in the message, or ``is_about_another``, in that one. ``file``: that it carries, where gate24 has it.
    ``answers``: what we send before, for the contact to answer; ``answered``: what is seen in that then."""

    kind: str
    direction: Literal["inbound", "outbound"]
    provider: Provider
    told: Any
    form: str
    sights: tuple[Sight, ...]
    file: str | None = None
    answers: Json | None = None
    answered: Sight | None = None
    is_about_another: bool = False

    @property
    def channel(self) -> str:
        return META if self.provider == "meta" else GUPSHUP

    @property
    def person(self) -> str:
        """In whose conversation it is: nobody is written to so often in a short time that the gate throttles it."""
        of_templates = ", templates" if isinstance(self.told, Filling) else ""
        return f"{self.direction.capitalize()}, {self.form}{of_templates}"

    @property
    def refusal(self) -> str | None:
        """What Gupshup says no to, in words."""
        no = self.provider == "gupshup" and isinstance(getattr(self.told, "gupshup", None), str)
        return str(self.told.gupshup) if no else None

    def __str__(self) -> str:
        return f"{self.direction}, {self.form}: {self.kind}"


def seen(selector: str, *words: str) -> Sight:
    return Sight(selector, list(words))


CHOICES, TEXT = ".choices .choice", ".bubble .text"
COMING = seen(TEXT, "Coming?")
TWO_BUTTONS = seen(CHOICES, "Choice 1", "Choice 2")
HEADED = seen(".bubble .heading", "Classes")
SMALL = seen(".bubble .aside", "Example NGO")
A_FILE = "a.file"
MAP = "https://www.openstreetmap.org/?mlat="
HALL = (
    seen(".place .heading", "Hall"),
    seen(".place .text", "Station Road"),
    seen(".place .aside", "18.5204, 73.8567"),
    Sight(".place a", ["Open in a map"], f"{MAP}18.5204&"),
)
DESK = "Front deskDesk, Example NGO+91 98765 43219desk@example.org"
THUMB = "\U0001f44d"

SENT: dict[str, tuple[Sight, ...]] = {
    "text": (seen(TEXT, "Hi"),),
    "text with a preview": (seen(TEXT, LINK),),
    "text without a preview": (seen(TEXT, LINK),),
    "image": (seen(A_FILE, "Image"),),
    "video": (seen(A_FILE, "Video"),),
    "sticker": (seen(A_FILE, "Sticker"),),
    "voice message": (seen(A_FILE, "Voice message"),),
    "document by id": (seen("button.file", "a.pdf"), seen(TEXT, "New")),
    "buttons": (COMING, TWO_BUTTONS),
    "buttons with header and footer": (HEADED, COMING, SMALL, TWO_BUTTONS),
    "buttons under an image": (seen(A_FILE, "Image"), COMING, TWO_BUTTONS),
    "buttons under a video": (seen(A_FILE, "Video"), COMING, TWO_BUTTONS),
    "buttons under a document": (seen(A_FILE, "Document"), COMING, TWO_BUTTONS),
    "buttons under a file by id": (seen("span.file", "Image"), COMING, TWO_BUTTONS),
    "list": (
        seen(TEXT, "Which class?"),
        seen("summary", "Choose"),
        seen("details .heading", "Mornings"),
        seen(CHOICES, "Row 1", "Row 2"),
    ),
    "list with header, footer and descriptions": (
        HEADED,
        seen("details .choice", "Row 1At ten"),
        seen(".bubble > .aside", "Example NGO"),
    ),
    "list of a long text": (seen(TEXT, "x" * 1025), seen(CHOICES, "Row 1", "Row 2")),
    "link": (seen(TEXT, "Enrol here."), SMALL, Sight(A_FILE, ["Enrol"], LINK)),
    "link under an image": (seen(TEXT, "Enrol here."), seen(A_FILE, "Image", "Enrol")),
    "request for a location": (seen(TEXT, "Where are you?"), seen(CHOICES, "Send location")),
    "flow": (seen(TEXT, "A form."), seen(CHOICES, "Fill in")),
    "product": (seen(CHOICES, "book-1"),),
    "product with a text and a footer": (seen(TEXT, "This one."), SMALL, seen(CHOICES, "book-1")),
    "products": (
        seen(".bubble > .heading", "Books"),
        seen(TEXT, "All our books."),
        seen("summary", "Products"),
        seen("details .heading", "Readers", "Maps"),
        seen(CHOICES, "book-1", "book-2", "map-1"),
    ),
    "catalog": (seen(TEXT, "All that we have."), seen(CHOICES, "Catalogue")),
    "request for an address": (seen(TEXT, "Where shall we send it?"), seen(CHOICES, "Send address")),
    "request for a number": (seen(TEXT, "Your number, please."), seen(CHOICES, "Send number")),
    "request to call": (seen(CHOICES, "Allow calls"),),
    "button for a call": (seen(TEXT, "Ask us."), seen(CHOICES, "Call the desk")),
    "location": HALL,
    "contact card": (seen(".card", DESK),),
    "two contact cards": (seen(".card", DESK, DESK),),
    "reaction": (seen(".reactions .emoji", THUMB),),
    "reaction taken back": (seen(".reactions .emoji"),),
}
"""Of the kinds of ``kinds.KINDS``."""

FILLED: dict[str, tuple[Sight, ...]] = {
    "nothing": (seen(".params li"),),
    "body": (seen(".params li", "Asha", "ten"),),
    "body with an amount and a date": (seen(".params li", "100 rupees", "Monday"),),
    "body with names": (seen(".params li", "Asha", "ten"),),
    "header with an image": (seen(A_FILE, "Image"), seen(".params li", "Asha", "ten")),
    "header with a document": (seen(A_FILE, "Documenta.pdf"),),
    "header with a file by id": (seen("button.file", "Video"),),
    "header with a place": HALL,
    "header with a text": (seen(".bubble .heading", "Asha"),),
    "header with an amount": (seen(".bubble .heading", "100 rupees"),),
    "header with a date": (seen(".bubble .heading", "Monday"),),
    "header with a product": (seen(".bubble .heading", "book-1"),),
    "offer that ends": (seen(".bubble .aside", "The offer ends on"),),
    "address behind a tap": (Sight("a.file", ["Enrol"], LINK),),
    "catalog": (seen(CHOICES, "Catalogue"),),
    "products": (seen(CHOICES, "Products"),),
    "quick replies": (seen(CHOICES, "yes", "no"),),
    "link's end": (seen(CHOICES, "asha"),),
    "coupon": (seen(CHOICES, "SAVE10"),),
    "flow": (seen(CHOICES, "Open the form"),),
    "flow without data": (seen(CHOICES, "Open the form"),),
}
"""Of the components of templates, ``kinds.FILLINGS``."""

OF_FILES: dict[str, tuple[Sight, ...]] = {
    "image": (seen(".picture img", ""), seen(TEXT, "Our roof")),
    "sticker": (seen(".picture[data-kind=sticker] img", ""),),
    "voice": (seen(".player button", "Play audio"),),
    "audio": (seen(".player button", "Play audio"),),
    "video": (seen(".player button", "Play video"),),
    "document": (seen(".download button", "form.pdf"),),
}
"""Of files that gate24 has: both ways."""

ASKED = {
    "type": "interactive",
    "interactive": {
        "type": "button",
        "body": {"text": "Will you come?"},
        "action": {
            "buttons": [{"type": "reply", "reply": {"id": each.lower(), "title": each}} for each in ("Yes", "No")]
        },
    },
}
DAYS = {
    "type": "interactive",
    "interactive": {
        "type": "list",
        "body": {"text": "Which day suits you?"},
        "action": {
            "button": "Days",
            "sections": [
                {
                    "rows": [
                        {"id": "day-1", "title": "Monday"},
                        {"id": "day-2", "title": "Tuesday", "description": "9:00 to 12:00"},
                    ]
                }
            ],
        },
    },
}
FORM = {
    "type": "interactive",
    "interactive": {
        "type": "flow",
        "body": {"text": "Please tell us about you."},
        "action": {
            "name": "flow",
            "parameters": {"flow_message_version": "3", "flow_id": "17", "flow_cta": "Fill in the form"},
        },
    },
}
INVITED = template(
    [
        component("button", {"type": "payload", "payload": payload}, sub_type="quick_reply", index=str(index))
        for index, payload in enumerate(("coming", "not coming"))
    ]
)
PLAIN = {"type": "text", "text": {"body": "The camp is on Sunday."}}
QUOTES_PLAIN = seen(".quote-text", "The camp is on Sunday.")
CHOSEN = ".choice[data-chosen]"
YES = seen(CHOSEN, "Chosen:Yes")


class Told(NamedTuple):
    """What is seen of a contact's message, what it answers, and what is seen in that."""

    sights: tuple[Sight, ...]
    answers: Json | None = None
    answered: Sight | None = None


WHERE = (
    seen(".place .heading", "Health centre"),
    seen(".place .text", "Station Road"),
    Sight(".place a", ["Open in a map"], f"{MAP}19.1453658&"),
)
WHO = (seen(".card .heading", "Asha Devi"),)
GOODS = (seen(".goods li", "2 \u00d7 p1 · 9.5 INR", "1 \u00d7 p2"), seen(TEXT, "Both, please"))
RECEIVED: dict[str, Told] = {
    "text": Told((seen(TEXT, "Hello"),)),
    "text, a reply": Told((QUOTES_PLAIN, seen(TEXT, "Yes")), PLAIN),
    "text, forwarded": Told((seen(".label", "Forwarded many times"), seen(TEXT, "News"))),
    "text, not forwarded": Told((seen(".quote", "Reply to an earlier message"), seen(".label"), seen(TEXT, "News"))),
    "text, of a product": Told((seen(TEXT, "Is it there?"),)),
    "text, from an advertisement": Told(
        (seen(".referral .heading", "Chat with us"), seen(".referral .aside", "A health camp near you"))
    ),
    "button_reply": Told((seen(".quote-text", "Will you come?"), seen(CHOSEN, "Yes")), ASKED, YES),
    "button_reply, as a quick reply": Told((seen(".quote-text", "Will you come?"), seen(CHOSEN, "Yes")), ASKED, YES),
    "list_reply": Told(
        (seen(".quote-text", "Which day suits you?"), seen(CHOSEN, "Tuesday"), seen(".aside", "9:00 to 12:00")),
        DAYS,
        seen(f"details[open] {CHOSEN}", "Chosen:Tuesday"),
    ),
    "flow_reply": Told((seen(".quote-text", "Please tell us about you."), seen(".answers", "age41")), FORM),
    "call_permission_reply": Told((QUOTES_PLAIN, seen(".label", "You may call")), PLAIN),
    "button": Told(
        (seen(".quote-text", "Template welcome"), seen(CHOSEN, "I will come")),
        INVITED,
        seen(CHOSEN, "Chosen:I will come"),
    ),
    "button, without a payload": Told((seen(".quote-text", "Template welcome"), seen(CHOSEN, "I will come")), INVITED),
    "location": Told(WHERE),
    "contacts": Told(WHO),
    "reaction": Told((seen(".reactions .emoji", f"The contact's reaction:{THUMB}"),), PLAIN),
    "reaction, taken back": Told((seen(".reactions .emoji"),), PLAIN),
    "order": Told(GOODS),
    "unsupported": Told((seen(".kind", "A message of a kind that WhatsApp does not forward"), seen(".aside", "poll"))),
    "unsupported, in words": Told((seen(".aside", "poll · Not supported. · 131051"),)),
    "edit": Told(
        (seen(".kind", "Edited message"), seen(".quote-text", "At five"), seen(".place .heading", "Health centre"))
    ),
    "revoke": Told((seen(".kind", "Deleted by the contact"),)),
    "image": Told((seen(".kind", "The file is being fetched…"),)),
    "hologram": Told((seen(".kind", "A message of another kind: hologram"),)),
}
"""Of the kinds of ``inbound_kinds.KINDS``. An image is told there without its bytes."""

ON_ANOTHER = frozenset({"reaction", "reaction taken back", "reaction, taken back", "revoke"})


def _rows() -> Iterator[Row]:
    for provider in PROVIDERS:
        for kind in KINDS:
            about = kind.name in ON_ANOTHER
            yield Row(kind.name, "outbound", provider, kind, provider, SENT[kind.name], is_about_another=about)
        yield Row("reply", "outbound", provider, None, provider, (seen(".quote-text", "Namaste"), seen(TEXT, "Hello")))
        for name in FILES:
            yield Row(f"file: {name}", "outbound", provider, None, provider, OF_FILES[name], name)
        for filling in FILLINGS:
            yield Row(f"template: {filling.name}", "outbound", provider, filling, provider, FILLED[filling.name])
    for form, provider in FORMS.items():
        for name, told in inbound_kinds.KINDS.items():
            if (body := in_form(told, form)) is not None:
                sights, answers, answered = RECEIVED[name]
                if answers is FORM and provider == "gupshup":  # which sends no flows: it came another way
                    sights, answers = (QUOTES_PLAIN, *sights[1:]), PLAIN
                about = name in ON_ANOTHER
                yield Row(name, "inbound", provider, body, form, sights, None, answers, answered, about)
        for name in FILES:
            yield Row(f"file: {name}", "inbound", provider, None, form, OF_FILES[name], name)


def in_form(kind: inbound_kinds.Kind, form: str) -> Body | None:
    """The webhook's body; None where the form does not have this kind."""
    return {"v2": kind.v2, "v3": inbound_kinds.as_version_3(kind.meta), "Meta": kind.meta}[form]


ROWS: tuple[Row, ...] = tuple(_rows())


def sent(told: type[Kind] | type[Filling]) -> list[Row]:
    """The rows of the freeform kinds, or of templates."""
    return [row for row in ROWS if row.direction == "outbound" and isinstance(row.told, told)]


def received() -> list[Row]:
    """The rows of contacts' messages that their webhook tells whole."""
    return [row for row in ROWS if row.direction == "inbound" and row.file is None]


def with_file(direction: str) -> list[Row]:
    return [row for row in ROWS if row.direction == direction and row.file is not None]
