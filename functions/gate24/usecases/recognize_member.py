"""Who shows an ID token: a member of an organization, if somebody added the address."""

from __future__ import annotations

from gate24.members import Member, normalized_email
from gate24.observability import logger
from gate24.providers.oidc import Issuer, IssuerUnreachable, TokenRefused, email_of
from gate24.settings import settings
from gate24.store import members


def recognize_member(token: str) -> Member | None:
    """None for a token that proves nothing, or an address that nobody added. IssuerUnreachable where the issuer's keys
    are not known. The log tells why, and nothing of the token."""
    try:
        return _member(token)
    except TokenRefused as refused:
        logger.info("sign_in_refused", extra={"reason": str(refused)})
    except IssuerUnreachable:
        logger.error("oidc_issuer_unreachable", extra={"issuer": settings().oidc_issuer})
        raise
    return None


def _member(token: str) -> Member:
    here = settings()
    if not here.oidc_issuer or not here.oidc_client_id:
        raise TokenRefused("no_issuer")
    email = email_of(token, Issuer(here.oidc_issuer, here.oidc_client_id, here.oidc_trusts_email))
    try:
        found = members.find(normalized_email(email))
    except ValueError:
        raise TokenRefused("no_email") from None
    if found is None:
        raise TokenRefused("no_member")
    return found
