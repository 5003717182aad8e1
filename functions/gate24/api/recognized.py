"""What the authorizer tells the API of a member, as ``gate24.api.access`` reads it."""

from __future__ import annotations

from gate24.members import ROLE_SCOPES
from gate24.usecases.recognize_member import recognize_member


def member_context(token: str) -> dict[str, str] | None:
    """None where the token is nobody's. IssuerUnreachable as ``recognize_member``."""
    member = recognize_member(token)
    if member is None:
        return None
    return {
        "organization_id": member.organization_id,
        "actor_kind": "member",
        "actor": member.name,
        "email": member.email,
        "role": member.role,
        "scopes": " ".join(sorted(ROLE_SCOPES[member.role])),
    }
