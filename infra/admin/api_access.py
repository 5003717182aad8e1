"""A key of an organization's API for as long as a command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gate24 import clock
from gate24.store import api_keys, organizations
from gate24.store.api_keys import KeyHolder
from gate24.usecases.administer_organizations import check_not_being_deleted
from infra.admin.deployment import Deployment
from infra.admin.outcome import Failed, WronglyAsked
from infra.admin.settings_options import faults_in_words
from infra.operator.api import Api, ApiUnavailable

_KEPT_MS = 7 * 86_400_000
"""The key of a command that was killed ends by itself; none runs that long."""


@contextmanager
def organization_api(here: Deployment, organization_id: str, holder: str, *scopes: str) -> Iterator[Api]:
    """The API for that organization, with a key that is revoked at the end. ``holder``: what the consent history calls
    it. WronglyAsked if there is no such organization, Failed where the API does not answer."""
    _require_stored(organization_id)
    with _api(here, KeyHolder(organization_id, holder, frozenset(scopes), is_operators=True)) as api:
        yield api


@contextmanager
def platform_api(here: Deployment, organization_id: str, holder: str) -> Iterator[Api]:
    """The same with a key of the platform, for what its routes alone tell of an organization."""
    _require_stored(organization_id)
    with _api(here, KeyHolder("", holder, frozenset({"admin"}), is_operators=True)) as api:
        yield api


def require_not_being_deleted(organization_id: str) -> None:
    """WronglyAsked while a deletion of the organization is under way."""
    with faults_in_words(()):
        check_not_being_deleted(organization_id)


def _require_stored(organization_id: str) -> None:
    if not organizations.is_stored(organization_id):
        raise WronglyAsked(f"There is no organization {organization_id}.")


@contextmanager
def _api(here: Deployment, holds: KeyHolder) -> Iterator[Api]:
    secret = api_keys.new_secret()
    key = api_keys.put(secret, holds, clock.now_ms() + _KEPT_MS)
    try:
        yield here.api(secret)
    except ApiUnavailable as error:
        raise Failed(f"Not finished ({error}). Run the same command again to continue.") from None
    finally:
        api_keys.revoke(key)
