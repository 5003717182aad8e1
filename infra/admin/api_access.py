"""A key of an organization's API for as long as a command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gate24 import clock
from gate24.store import api_keys, organizations
from gate24.store.api_keys import KeyHolder
from infra.admin.deployment import Deployment
from infra.admin.outcome import Failed, WronglyAsked
from infra.operator.api import Api, ApiUnavailable

_KEPT_MS = 7 * 86_400_000
"""The key of a command that was killed ends by itself; none runs that long."""


@contextmanager
def organization_api(here: Deployment, organization_id: str, holder: str, *scopes: str) -> Iterator[Api]:
    """The API for that organization, with a key that is revoked at the end. ``holder``: what the consent history calls
    it. WronglyAsked if there is no such organization, Failed where the API does not answer."""
    if not organizations.is_stored(organization_id):
        raise WronglyAsked(f"There is no organization {organization_id}.")
    secret = api_keys.new_secret()
    holds, expires_at = KeyHolder(organization_id, holder, frozenset(scopes)), clock.now_ms() + _KEPT_MS
    key = api_keys.put(secret, holds, expires_at)
    try:
        yield here.api(secret)
    except ApiUnavailable as error:
        raise Failed(f"Not finished ({error}). Run the same command again to continue.") from None
    finally:
        api_keys.revoke(key)
