"""API keys are made and rotated: the secret is told here once, and nowhere kept."""

from __future__ import annotations

from collections.abc import Sequence

from gate24.api_keys import CHANNELS_MOST, ApiKey, check_name, check_scopes
from gate24.lazy_dataclass import dataclass
from gate24.rules.settings_table import WrongSettings
from gate24.store import api_keys, organizations
from gate24.store.api_keys import KeyHolder
from gate24.usecases.administer_organizations import check_not_being_deleted


@dataclass(frozen=True, slots=True)
class MadeKey:
    """``secret``: what callers show. ``previous_until``: until when the secrets before it are valid, too (epoch ms);
    None where there were none."""

    key: ApiKey
    secret: str
    previous_until: int | None = None


def create_api_key(
    organization_id: str,
    name: str,
    scopes: Sequence[str],
    expires_at: int | None,
    now: int,
    channels: Sequence[str] | None = None,
) -> MadeKey:
    """A new key. ``channels``: those to which it is limited, None for all. ValueError says what is wrong with what was
    asked, and nothing was made then. WrongSettings where the organization is being deleted."""
    check_name(name)
    check_scopes(scopes)
    if expires_at is not None and expires_at <= now:
        raise ValueError("The key would have expired already.")
    if channels is not None:
        _check_channels(organization_id, channels)
    check_not_being_deleted(organization_id)
    limit = None if channels is None else frozenset(channels)
    secret = api_keys.new_secret()
    holds = KeyHolder(organization_id, name, frozenset(scopes), channels=limit)
    key = api_keys.put(secret, holds, expires_at)
    _check_made(key)
    return MadeKey(key, secret)


def _check_made(key: ApiKey) -> None:
    """Ends the key where a deletion of its organization began meanwhile, which may not have seen it; WrongSettings."""
    try:
        check_not_being_deleted(key.organization_id)
    except WrongSettings:
        api_keys.revoke(key)
        raise


def _check_channels(organization_id: str, channels: Sequence[str]) -> None:
    known = [channel.id for channel in organizations.channels_now(organization_id)]
    unknown = sorted(set(channels).difference(known))
    if unknown:
        has = f"It has {', '.join(known)}." if known else "It has none."
        raise ValueError(f"The organization {organization_id} has no channel {', '.join(unknown)}. {has}")
    if not 1 <= len(set(channels)) <= CHANNELS_MOST:
        raise ValueError(f"A key is limited to 1 to {CHANNELS_MOST} channels, or not at all.")


def rotate_api_key(key: ApiKey, grace_ms: int, now: int) -> MadeKey | None:
    """Another secret for the key, whose earlier ones are valid for ``grace_ms`` more, and never longer than the key.
    ValueError for one that has expired, WrongSettings where its organization is being deleted; None if it was revoked
    or is rotated by somebody else at this moment."""
    if key.has_expired(now):
        raise ValueError(f"Key {key.id} has expired: make a new one.")
    check_not_being_deleted(key.organization_id)
    secret, until = api_keys.new_secret(), now + grace_ms
    rotated = api_keys.rotate(key, secret, until)
    if rotated is not None:
        _check_made(rotated)
    return None if rotated is None else MadeKey(rotated, secret, min(until, key.expires_at or until))
