"""Staff of organizations: who may sign in, and as what. They show an ID token instead of an API key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from gate24.api_keys import SCOPES, Scope
from gate24.lazy_dataclass import dataclass

Role = Literal["agent", "supervisor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the one who may least to the one who may all: each may what those before it may."""

ROLE_SCOPES: Mapping[Role, tuple[Scope, ...]] = {
    "agent": ("read", "send"),
    "supervisor": ("read", "send", "consent"),
    "admin": SCOPES,
}

EMAIL_LENGTH = 254
"""Of an address in all (RFC 5321, 4.5.3.1.3)."""

Language = Literal["en", "hi"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""In which staff read what gate24 writes to them."""

NAME_LENGTH = 80

MEMBERS_MOST = 500
"""Of an organization."""


@dataclass(frozen=True, slots=True)
class Member:
    """``email`` as ``normalized_email`` gives it: nobody else on this installation has it. ``added_at``: epoch ms.
    ``closing_mail``: whether the member wants mails of chats that close soon; None: the member has not said so.
    ``language``: that of mails."""

    organization_id: str
    email: str
    name: str
    role: Role
    added_at: int
    closing_mail: bool | None = None
    language: Language = "en"

    @property
    def gets_closing_mail(self) -> bool:
        """Who has not chosen gets them as a supervisor or admin: the organization asked for them, somebody has to."""
        return is_at_least(self.role, "supervisor") if self.closing_mail is None else self.closing_mail


def normalized_email(email: str) -> str:
    """The address in the one spelling under which it is known. ValueError says what is wrong with it."""
    plain = email.strip().casefold()
    local, at, domain = plain.rpartition("@")
    is_address = at and local and "." in domain.strip(".") and plain.isprintable() and len(plain.split()) == 1
    if not is_address or "@" in local or len(plain) > EMAIL_LENGTH or any(each in plain for each in '/\\"<>,;'):
        raise ValueError("That is no e-mail address like asha@example.org.")
    return plain


def checked_name(name: str | None, email: str) -> str:
    """The name by which colleagues know the member: without one, what stands before the @. ValueError says what is
    wrong with it."""
    if name is None:
        return email.partition("@")[0][:NAME_LENGTH]
    plain = " ".join(name.split())
    if not plain:
        raise ValueError("The name is empty: say who it is, or leave it away.")
    if len(plain) > NAME_LENGTH:
        raise ValueError(f"A name has at most {NAME_LENGTH} characters, this one {len(plain)}.")
    if not plain.isprintable():
        raise ValueError("A name has no control characters.")
    return plain


def is_at_least(role: str | None, least: Role) -> bool:
    """Whether a role may what the least one may."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)
