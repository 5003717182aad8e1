"""The people who wrote: what was told last of each."""

from __future__ import annotations

from dataclasses import dataclass, field

NAMELESS = "Test contact"


@dataclass(slots=True)
class People:
    """``names``: by number or user id, the same on every channel. ``user_ids``: by channel and number, since a user id
    is of one business alone."""

    names: dict[str, str] = field(default_factory=dict)
    user_ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def heard(self, channel_id: str, contact: str, user_id: str | None, name: str | None) -> None:
        """Somebody wrote. ``name``: where one was told."""
        if user_id is not None:
            self.user_ids[channel_id, contact] = user_id
        if name:
            self.names.update(dict.fromkeys(filter(None, (contact, user_id)), name))

    def name(self, *ids: str | None) -> str:
        """Of the person with one of these ids."""
        return next((self.names[id] for id in ids if id in self.names), NAMELESS)

    def user_id(self, channel_id: str, contact: str) -> str | None:
        """The one that was told, or the one in the place of a number."""
        return self.user_ids.get((channel_id, contact), None if contact.isdigit() else contact)
