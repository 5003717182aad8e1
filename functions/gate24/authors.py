"""Who did something: wrote or sent a message, gave or recorded a consent, blocked a contact."""

from __future__ import annotations

from typing import Literal

from gate24.lazy_dataclass import dataclass

AuthorKind = Literal["member", "key", "contact", "provider"]
"""A member of the staff, software with an API key, the contact, or what was done around gate24 or by the provider."""


@dataclass(frozen=True, slots=True)
class Author:
    """``name``: the member's, the API key's or the contact's; None where it is not known, and of the provider."""

    kind: AuthorKind
    name: str | None = None

    @property
    def text(self) -> str:
        """One text that says both, as it is stored."""
        return f"{self.kind}#{self.name or ''}"


def author_of_text(text: str) -> Author:
    """The author of its ``text``."""
    kind, _, name = text.partition("#")
    return Author(kind, name or None)  # type: ignore[arg-type]
