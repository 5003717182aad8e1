"""A system message in Meta's format: a person's number or user id changed, or something without effect.

Source: Meta, system messages webhook reference, updated 2026-08-11, and changelog of that day; read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gate24.events import ContactRef, Event, IdentityChanged, Noted, Unrecognized
from gate24.providers.fields import ident, mapping, text
from gate24.providers.webhook_kinds import META, SYSTEM, kinds_at
from gate24.rules.phone_numbers import parse_user_id, provider_phone

_IDENTITY_CHANGES = frozenset(name for name, kind in kinds_at(META, SYSTEM).items() if kind == "system")

_NEW_NUMBERS = frozenset({"user_changed_number", "customer_changed_number"})

_CHANGED_USER_ID = re.compile(r" changed from (\S+) to (\S+)\Z")
"""The end of ``system.body`` when a user id changed. A profile name, which comes before it, cannot forge the end."""


def parse_system_message(message: Mapping[str, Any], at: int) -> Event:
    """The event of a message of type ``system``.

    A change of number names the old number in ``from`` and the new one in ``wa_id``, with the user ids that changed
    along with it. A change of the user id alone names the ids and mostly no number.
    """
    system = mapping(message.get("system"))
    kind = text(system.get("type"), 64)
    if kind not in _IDENTITY_CHANGES and "previous_user_id" not in system:
        return Noted(f"system_{kind or 'message'}", at)
    old_user_id, new_user_id = _user_ids(message, system)
    old_phone = provider_phone(message.get("from")) or provider_phone(system.get("customer"))
    # "new_wa_id" is the older name of "wa_id" (before Graph API v12.0).
    new_phone = provider_phone(system.get("wa_id")) or provider_phone(system.get("new_wa_id"))
    if old_phone == new_phone and old_user_id is not None:
        # The person still has the number, or both fields already hold the new one: the old user id tells who it is.
        old_phone = None
    old, new = ContactRef(old_phone, old_user_id), ContactRef(new_phone, new_user_id)
    nobody = ContactRef()
    if nobody in (old, new) or old == new:
        return Unrecognized("change of identity without the old and the new one", at, message)
    is_new_number = old_phone != new_phone and (kind in _NEW_NUMBERS or None not in (old_phone, new_phone))
    return IdentityChanged(old, new, at, ident(message.get("id")), is_new_number)


def _user_ids(message: Mapping[str, Any], system: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The old and the new user id.

    ``previous_user_id`` was added on 2026-08-11; before that the old id was only in the text of ``body``. The message's
    ``from_user_id`` may be either of the two.
    """
    sender, old = parse_user_id(message.get("from_user_id")), parse_user_id(system.get("previous_user_id"))
    new = parse_user_id(system.get("user_id"))
    if new is None and old is not None and sender != old:
        new = sender
    if old is None:
        old = _old_user_id_in_text(system, new) or (sender if sender != new else None)
    return old, new


def _old_user_id_in_text(system: Mapping[str, Any], new: str | None) -> str | None:
    found = _CHANGED_USER_ID.search(text(system.get("body")) or "")
    return parse_user_id(found.group(1)) if found and new is not None and found.group(2) == new else None
