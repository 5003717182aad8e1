"""One call of a route: who calls, with which parameters, at what time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gate24.api import cursors, http
from gate24.api.access import Access
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.api.validate import validate
from gate24.channels import Organization
from gate24.contacts import Contact
from gate24.events import ContactRef
from gate24.rules.numbering_plans import caller_phone, is_possible_phone
from gate24.rules.phone_numbers import provider_phone
from gate24.store import contacts, table


@dataclass(frozen=True, slots=True)
class Call:
    """``parameters``: validated, by their keys in ``PARAMETERS``. ``now``: epoch ms."""

    event: dict[str, Any]
    access: Access
    parameters: dict[str, Any]
    now: int

    @property
    def organization(self) -> Organization:
        return self.access.organization

    def body(self, schema: str, optional: bool = False) -> dict[str, Any]:
        """The valid body; Problem ``payload_invalid`` with what is wrong."""
        raw = http.raw_body(self.event)
        body = {} if optional and not raw.strip() else http.json_object(raw)
        errors = validate(schema, body)
        if errors:
            raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
        return body

    def recipient(self, written: str) -> ContactRef | None:
        """Who is to be sent to, or None if it is no valid number. Whoever wrote to us has a number that exists,
        whatever the numbering plan of our library says."""
        phone = caller_phone(written) or provider_phone(written)
        if phone is None or (caller_phone(phone) is None and not self._read(phone).wrote):
            return None
        return ContactRef(phone)

    def _read(self, phone: str) -> Contact:
        contact_id = contacts.contact_id(self.organization.id, ContactRef(phone))
        return contacts.read(self.organization.id, contact_id)

    def ref(self) -> ContactRef:
        """The number in the path; Problem ``recipient_invalid`` if it is none."""
        written = self.parameters["phone"]
        phone = caller_phone(written) or provider_phone(written)
        if phone is not None and (is_possible_phone(phone) or self._read(phone).exists):
            return ContactRef(phone)
        raise Problem("recipient_invalid", "The path does not name a phone number with its country code.")

    def contact_id(self) -> str:
        return contacts.contact_id(self.organization.id, self.ref())

    def known_contact(self) -> Contact:
        """The contact in the path; Problem ``not_found`` if nothing is known of it."""
        contact = contacts.read(self.organization.id, self.contact_id())
        if not contact.exists and not contact.windows:
            raise Problem("not_found", "There is no such contact.")
        return contact

    def position(self, purpose: str) -> Any | None:
        """Where the cursor says that the list goes on; Problem ``payload_invalid`` for a foreign one."""
        cursor = self.parameters.get("cursor")
        if cursor is None:
            return None
        try:
            return cursors.open_sealed(table.contact_key(), self.organization.id, purpose, cursor)
        except ValueError:
            errors = [{"pointer": "/cursor", "detail": "is not a cursor of this list"}]
            raise Problem("payload_invalid", "The cursor does not belong to this list.", errors=errors) from None

    def page(self, data: list[Any], purpose: str, position: Any | None, **more: Any) -> dict[str, Any]:
        """A list's answer; ``position`` None ends it."""
        cursor = None
        if position is not None:
            cursor = cursors.seal(table.contact_key(), self.organization.id, purpose, position)
        return http.answer(200, {"data": data, "next_cursor": cursor, "server_time": rfc3339(self.now), **more})
