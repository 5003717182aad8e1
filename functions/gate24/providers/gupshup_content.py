"""Messages in Gupshup's own forms, and what it has no form for.

Source: docs.gupshup.io, reference/msg (list, quick_reply, location, contact), reference/cta-url,
reference/post_wa-api-v1-msg-8 (reaction), docs/template-messages, reference/postback-text-support; read 2026-11.
``context`` is documented nowhere; its form is that of a Matrix bridge in production (iKono, read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from gate24.events import Media
from gate24.providers.interface import Outbound, TemplateSend

Form = dict[str, Any]
Part = Mapping[str, Any]

_NO_MEDIA_ID = "Gupshup takes the file of a header by its address only: give url (or link) instead of id."

_MEDIA_NAMES = {"image": "image", "video": "video", "document": "file"}
"""What Gupshup calls the kinds of a quick reply's file."""


def unsupported(message: Outbound) -> str | None:
    """See ``Provider.unsupported``."""
    if message.template is not None:
        return _unsupported_template(message.template)
    if message.content:
        ((kind, part),) = message.content.items()
        return _UNSUPPORTED[kind](part) if kind in _UNSUPPORTED else None
    return None


def session_message(message: Outbound) -> Form:
    """What goes into the field ``message`` of ``/msg``."""
    reply = {"context": {"msgId": message.answers}} if message.answers else {}
    if message.media is not None:
        return {**_media(message.media), **reply}
    if message.content:
        ((kind, part),) = message.content.items()
        if kind == "reaction":
            return {"type": "reaction", "msgId": message.answers, "emoji": part["emoji"]}
        return {**_FORMS[kind](part, message.message_id), **reply}
    preview = {} if message.preview_url is None else {"previewUrl": message.preview_url}
    return {"type": "text", "text": message.text or "", **preview, **reply}


def template_fields(template: TemplateSend) -> dict[str, str]:
    """The fields of ``/template/msg`` that are the template's."""
    fields = {"template": json.dumps({"id": template.bsp_template_id, "params": list(template.params)})}
    if template.media is not None:
        header = {"link": template.media.url or ""}
        if template.media.kind == "document":
            header["filename"] = filename(template.media)
        fields["message"] = json.dumps({"type": template.media.kind, template.media.kind: header})
    postbacks = []
    for component in template.components or ():
        for parameter in component.get("parameters", ()):
            if parameter["type"] == "location":
                fields["message"] = json.dumps({"type": "location", "location": parameter["location"]})
            elif parameter["type"] == "payload":
                postbacks.append({"index": int(component["index"]), "text": parameter["payload"]})
    return fields | ({"postbackTexts": json.dumps(postbacks)} if postbacks else {})


def filename(media: Media) -> str:
    return media.filename or "document"


def _media(media: Media) -> Form:
    url = media.url or ""
    if media.media_id:  # instead of the address, on the Cloud API
        return _by_id(media)
    if media.kind == "image":
        return {"type": "image", "originalUrl": url, "previewUrl": url, "caption": media.caption or ""}
    if media.kind == "video":
        return {"type": "video", "url": url, "caption": media.caption or ""}
    if media.kind == "document":
        caption = {"caption": media.caption} if media.caption else {}
        return {"type": "file", "url": url, "filename": filename(media), **caption}
    return {"type": media.kind, "url": url}


def _by_id(media: Media) -> Form:
    named = {"caption": media.caption} if media.caption else {}
    if media.kind == "document":
        return {"type": "file", "id": media.media_id, "filename": filename(media), **named}
    return {"type": media.kind, "id": media.media_id, **named}


def _quick_reply(part: Part, message_id: str) -> Form:
    """Reply buttons. ``caption`` is the footer; what is behind a button comes back as ``postbackText``."""
    header = part.get("header", {"type": "none"})
    content: Form = {"type": "text", "text": part["body"]["text"]}
    if header["type"] == "text":
        content["header"] = header["text"]
    elif header["type"] in _MEDIA_NAMES:
        file = header[header["type"]]
        content |= {"type": _MEDIA_NAMES[header["type"]], "url": file["link"]}
        if header["type"] == "document":
            content["filename"] = file.get("filename") or "document"
    if "footer" in part:
        content["caption"] = part["footer"]["text"]
    replies = [button["reply"] for button in part["action"]["buttons"]]
    options = [{"type": "text", "title": each["title"], "postbackText": each["id"]} for each in replies]
    return {"type": "quick_reply", "msgid": message_id, "content": content, "options": options}


def _list(part: Part, message_id: str) -> Form:
    sections = [
        {**_only(section, "title"), "options": [_row(row) for row in section["rows"]]}
        for section in part["action"]["sections"]
    ]
    return {
        "type": "list",
        **({"title": part["header"]["text"]} if "header" in part else {}),
        "body": part["body"]["text"],
        **({"footer": part["footer"]["text"]} if "footer" in part else {}),
        "msgid": message_id,
        "globalButtons": [{"type": "text", "title": part["action"]["button"]}],
        "items": sections,
    }


def _row(row: Part) -> Form:
    return {"type": "text", "title": row["title"], **_only(row, "description"), "postbackText": row["id"]}


def _only(part: Part, name: str) -> Form:
    return {name: part[name]} if name in part else {}


def _link(part: Part, message_id: str) -> Form:
    parameters = part["action"]["parameters"]
    return {
        "type": "cta_url",
        "body": part["body"]["text"],
        **({"footer": part["footer"]["text"]} if "footer" in part else {}),
        "display_text": parameters["display_text"],
        "url": parameters["url"],
    }


_INTERACTIVE: dict[str, Callable[[Part, str], Form]] = {"button": _quick_reply, "list": _list, "cta_url": _link}


def _interactive(part: Part, message_id: str) -> Form:
    return _INTERACTIVE[part["type"]](part, message_id)


def _location(part: Part, message_id: str) -> Form:
    return {"type": "location", **part}


CONTACT_NAMES = {
    "formatted_name": "formattedName",
    "first_name": "firstName",
    "last_name": "lastName",
    "middle_name": "middleName",
    "country_code": "countryCode",
}
"""Fields of a contact card that Gupshup spells otherwise than Meta."""


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {CONTACT_NAMES.get(name, name): _renamed(member) for name, member in value.items()}
    return [_renamed(member) for member in value] if isinstance(value, list) else value


def _contact(part: list[Part], message_id: str) -> Form:
    return {"type": "contact", "contact": _renamed(part[0])}


_FORMS: dict[str, Callable[[Any, str], Form]] = {
    "interactive": _interactive,
    "location": _location,
    "contacts": _contact,
}


_LIST_BODY_LENGTH = 1024
"""Gupshup, reference/msg (read 2026-11); Meta takes 4096."""


def _unsupported_interactive(part: Part) -> str | None:
    header = part.get("header", {"type": "none"})
    if part["type"] not in _INTERACTIVE:
        return (
            f"Gupshup has no form for {part['type']}: it sends reply buttons (button), lists (list) and links "
            "(cta_url)."
        )
    if part["type"] == "list" and len(part["body"]["text"]) > _LIST_BODY_LENGTH:
        return f"Gupshup's lists take a text of at most {_LIST_BODY_LENGTH} characters."
    if part["type"] == "cta_url" and "header" in part:
        return "Gupshup's form of a link has no header: leave it out."
    if header["type"] in _MEDIA_NAMES and "id" in header[header["type"]]:
        return _NO_MEDIA_ID
    return None


def _unsupported_contacts(part: list[Part]) -> str | None:
    return "Gupshup sends one contact card a message: send them one by one." if len(part) > 1 else None


_UNSUPPORTED: dict[str, Callable[[Any], str | None]] = {
    "interactive": _unsupported_interactive,
    "contacts": _unsupported_contacts,
}


def _unsupported_template(template: TemplateSend) -> str | None:
    if template.media is not None and template.media.media_id:
        return _NO_MEDIA_ID
    for component in template.components or ():
        place = f"{component['type']} {component.get('sub_type', '')}".strip()
        for parameter in component.get("parameters", [{"type": "action"}]):
            if "parameter_name" in parameter:
                return "Gupshup knows placeholders by their order only: give the body's parameters without names."
            if (place, parameter["type"]) not in _TEMPLATE_PARTS:
                return (
                    f"Gupshup has no form for a template's {place} with {parameter['type']}: it takes the body's "
                    "parameters, a header's image, video, document or location, and payloads of quick-reply buttons."
                )
    return None


_TEMPLATE_PARTS = {
    *(("body", kind) for kind in ("text", "currency", "date_time")),
    *(("header", kind) for kind in ("image", "video", "document", "location")),
    ("button quick_reply", "payload"),
}
"""What Gupshup's API of templates has a field for."""
