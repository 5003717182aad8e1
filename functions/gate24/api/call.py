"""One call of a route: who calls, with which parameters, at what time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gate24.api import cursors, http
from gate24.api.access import Access
from gate24.api.named_person import person
from gate24.api.pages import fill
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.api.validate import MOST_ERRORS, validate
from gate24.channels import Channel, Organization
from gate24.contacts import Contact
from gate24.events import ContactRef
from gate24.lazy_dataclass import dataclass
from gate24.message_keys import message_key
from gate24.messages import Message, Stage
from gate24.rules.numbering_plans import caller_phone, is_possible_phone
from gate24.store import contacts, messages, organizations, table

_LOOKED_AT_MOST = 100
"""Messages of a person who wrote to none of a key's channels, among which one of these is looked for."""

_WENT: tuple[Stage, ...] = ("received", "accepted", "unknown")
"""What the messages have come to that make a person known to a channel."""


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

    def body_for_channel(self, schema: str) -> tuple[dict[str, Any], Channel]:
        """The valid body without ``channel``, and the channel that it names, or the only one; Problem
        ``payload_invalid`` with what is wrong with either."""
        body = http.json_object(http.raw_body(self.event))
        errors = validate(schema, body)
        if errors and "channel" not in body:
            errors = [*self.access.unnamed_channel(), *errors][:MOST_ERRORS]
        if errors:
            raise Problem("payload_invalid", "The request is not as documented.", errors=errors)
        return body, self.access.channel(body.pop("channel", None))

    def recipient(self, written: str, channel: Channel) -> ContactRef:
        """Who is to be sent to; Problem ``recipient_invalid`` if it is nobody. Whoever wrote to us has a number that
        exists, whatever the numbering plan of our library says."""
        ref = person(written, [channel])
        if ref is None or (ref.phone is not None and caller_phone(ref.phone) is None and not self.read(ref).wrote):
            detail = "neither a phone number with its country code (E.164) nor a user id."
            errors = [{"pointer": "/to", "detail": f"is {detail}"}]
            raise Problem("recipient_invalid", f"The recipient is {detail}", ("correct_request",), errors=errors)
        return ref

    def read(self, ref: ContactRef) -> Contact:
        """What is known of a person (consistent)."""
        return contacts.read(self.organization.id, contacts.contact_id(self.organization.id, ref))

    def ref(self) -> ContactRef:
        """Who the path names; Problem ``recipient_invalid`` if it is nobody."""
        ref = person(self.parameters["phone"], organizations.channels(self.organization.id))
        if ref is not None and (ref.phone is None or is_possible_phone(ref.phone) or self.read(ref).is_remembered):
            return ref
        raise Problem("recipient_invalid", "The path names neither a phone number with its country code nor a user id.")

    def known_contact(self) -> Contact:
        """The contact in the path; Problem ``not_found`` if nothing is known of it."""
        contact = self.read(self.ref())
        if not (contact.exists or contact.windows) or not self._is_of_its_channels(contact):
            raise Problem("not_found", "There is no such contact.")
        return contact

    def _is_of_its_channels(self, contact: Contact) -> bool:
        """Whether a key that is limited to channels knows the person: one who wrote to one of them, or to whom one of
        the last messages was sent there. One that was refused was not sent: else a try would open anybody."""
        limit = self.access.limit
        if limit is None or not limit.isdisjoint(contact.windows):
            return True
        newest = (
            message
            for stretch in contact.stretches
            for message in messages.newest_first(self.organization.id, stretch, limit=_LOOKED_AT_MOST)
        )
        return any(message.channel_id in limit and message.stage in _WENT for message in newest)

    def message(self, message_id: str | None = None) -> Message | None:
        """The message of that id, or the one in the path; None if there is none, or its contact is being erased."""
        found = self.message_and_contact(message_id)
        return None if found is None else found[0]

    def message_and_contact(self, message_id: str | None = None) -> tuple[Message, Contact] | None:
        """The same with whoever has the number, or the user id, under which it is stored."""
        key = message_key(self.parameters["id"] if message_id is None else message_id)
        found = messages.find(self.organization.id, key) if key else None
        if found is None or not self.access.may_use(found.channel_id):
            return None
        contact = contacts.read(self.organization.id, found.key.contact_id)
        is_being_erased = contact.erasure is not None and found.key.at <= (contact.erased_at or 0)
        return None if is_being_erased else (found, contact)

    def position(self, purpose: str) -> Any | None:
        """Where the cursor says that the list goes on; Problem ``payload_invalid`` for a foreign one."""
        cursor = self.parameters.get("cursor")
        if cursor is None:
            return None
        try:
            return cursors.open_sealed(table.contact_key(), self.organization.id, self._list_of(purpose), cursor)
        except ValueError:
            errors = [{"pointer": "/cursor", "detail": "is not a cursor of this list"}]
            raise Problem("payload_invalid", "The cursor does not belong to this list.", errors=errors) from None

    def cursor(self, purpose: str, position: Any | None) -> str | None:
        """The cursor of a position; None stays None."""
        if position is None:
            return None
        return cursors.seal(table.contact_key(), self.organization.id, self._list_of(purpose), position)

    def _list_of(self, purpose: str) -> str:
        """A key that is limited to channels has lists of its own: another key's place in one may tell of more."""
        limit = self.access.limit
        return purpose if limit is None else " ".join((purpose, *sorted(limit)))

    def page(
        self,
        entries: Iterable[tuple[Any, Any]],
        purpose: str,
        then: Any | None = None,
        limit: int | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """A list's answer: as many of the entries as are wanted and fit. Each comes with its position, after which the
        list goes on. ``then``: where it goes on after all of them; None ends it. ``limit``: how many are wanted, where
        the parameter ``limit`` does not say it."""
        data, position = fill(entries, self.parameters["limit"] if limit is None else limit)
        cursor = self.cursor(purpose, then if position is None else position)
        return http.answer(200, {"data": data, "next_cursor": cursor, "server_time": rfc3339(self.now), **more})
