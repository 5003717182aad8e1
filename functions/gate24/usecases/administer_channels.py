"""Creates, changes and deletes channels, and sets their secrets. Everything is checked before anything is written."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from gate24 import clock
from gate24.channels import Channel, ChannelMode, ChannelSecrets, Organization
from gate24.rules.channel_secrets import KINDS, MADE_HERE, changed_secrets
from gate24.rules.channel_settings import ExchangeFault, changed_channel, new_channel
from gate24.rules.rollup import local_day
from gate24.rules.settings_table import Fault, WrongSettings
from gate24.store import organizations, secrets, templates
from gate24.store.table import StoreError
from gate24.usecases.administer_organizations import check_not_being_deleted, find_organization
from gate24.usecases.state_costs import exchange_fault


class CreatedChannel(NamedTuple):
    """``secret_name``, ``secret``: what was made for its webhook, which is not told again."""

    channel: Channel
    secret_name: str
    secret: str


def create_channel(channel_id: str, organization_id: str, given: Mapping[str, Any]) -> CreatedChannel:
    """``given``: settings by their names, as text or JSON. WrongSettings with all that is wrong."""
    organization = find_organization(organization_id)
    check_not_being_deleted(organization_id)
    taken = WrongSettings(Fault("id", f"There is a channel {channel_id} already."))
    if organizations.channel_now(channel_id) is not None:
        raise taken
    today, others = _today(organization), organizations.all_channels()
    channel = new_channel(channel_id, organization, given, others, today, _exchange_fault(organization, today))
    name, made = MADE_HERE[channel.provider], random.token_urlsafe(32)
    if not organizations.add_channel(channel):  # before its secret: of two creations at once only one writes that
        raise taken
    try:
        secrets.put(channel_id, changed_secrets(channel, ChannelSecrets(), name, made, keeps_old=False))
    except StoreError:
        organizations.remove_channel(channel)
        raise
    try:
        check_not_being_deleted(organization_id)  # again: a deletion that began meanwhile may not have seen it
    except WrongSettings:
        delete_channel(channel)
        raise
    return CreatedChannel(channel, name, made)


def change_channel(channel_id: str, given: Mapping[str, Any]) -> Channel:
    """Changes the settings that are given, and leaves what somebody else changes at the same moment. WrongSettings with
    all that is wrong."""

    def change(before: Channel) -> Channel:
        organization = find_organization(before.organization_id)
        check_not_being_deleted(organization.id)
        today, others = _today(organization), organizations.all_channels()
        return changed_channel(before, organization, given, others, today, _exchange_fault(organization, today))

    changed = organizations.change_channel(channel_id, change)
    return find_channel(channel_id) if changed is None else changed


def change_mode(channel_id: str, mode: ChannelMode) -> Channel:
    """The channel in that mode; a trial that runs goes on. WrongSettings if there is no such channel."""
    now = clock.now_ms()

    def in_mode(stored: Channel) -> Channel:
        check_not_being_deleted(stored.organization_id)
        if stored.mode == mode:
            return stored
        return replace(stored, mode=mode, shadow_since=now if mode == "shadow" else stored.shadow_since)

    return organizations.change_channel(channel_id, in_mode) or find_channel(channel_id)


def find_channel(channel_id: str) -> Channel:
    """As it is now. WrongSettings if there is none."""
    found = organizations.channel_now(channel_id)
    if found is None:
        raise WrongSettings(Fault("channel", f"There is no channel {channel_id}."))
    return found


def set_secret(channel_id: str, name: str, value: str, keeps_old: bool) -> ChannelSecrets:
    """Makes the secret valid, within a minute; ``keeps_old``: those of before stay valid beside it. WrongSettings."""
    channel = find_channel(channel_id)
    check_not_being_deleted(channel.organization_id)
    changed = changed_secrets(channel, _readable(channel_id), name, value, keeps_old)
    secrets.put(channel_id, changed)
    return changed


def secret_counts(channel: Channel) -> dict[str, int]:
    """How many of each kind of secret the channel has, by name. StoreError."""
    found = _readable(channel.id)
    values = {name: getattr(found, kind.field) for name, kind in KINDS.items() if channel.provider in kind.providers}
    return {name: int(bool(value)) if isinstance(value, str) else len(value) for name, value in values.items()}


def find_deletable_channel(channel_id: str) -> Channel:
    """As it is now; also one of which a deletion that was broken off has left no more than its organization's list
    tells. WrongSettings if there is none."""
    listed = (each for each in organizations.all_channels() if each.id == channel_id)
    return organizations.channel_now(channel_id) or next(listed, None) or find_channel(channel_id)


def delete_channel(channel: Channel) -> None:
    """Takes away its secrets, its templates and its settings, which end webhooks and sends within a minute. Its
    conversations and costs stay. A deletion that was broken off is completed by another. Nothing of a channel of
    another organization is touched, which may have the id by now."""
    stored = organizations.channel_now(channel.id)
    if stored is not None and stored.organization_id == channel.organization_id:
        secrets.remove(channel.id)  # before the settings: as long as they are there, nobody else takes the id
    templates.forget_channel(channel.organization_id, channel.id)
    organizations.remove_channel(channel)


def _readable(channel_id: str) -> ChannelSecrets:
    """Empty where what is stored is no JSON object: nothing of it is in use then."""
    try:
        return secrets.channel_secrets(channel_id, may_be_stale=False)
    except StoreError as error:
        if error.retryable:
            raise
        return ChannelSecrets()


def _exchange_fault(organization: Organization, today: date) -> ExchangeFault:
    return lambda currency: exchange_fault(organization, currency, today)


def _today(organization: Organization) -> date:
    return local_day(clock.now_ms(), organization.timezone)
