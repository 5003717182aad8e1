"""How organizations and channels look to those who administer them: with all their settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gate24.api.render import time_or_none
from gate24.channels import Channel, Organization
from gate24.providers.webhook_setup import webhook_url
from gate24.rules.money import amount
from gate24.rules.organization_settings import SETTINGS


def organization_settings_json(organization: Organization, channels: Sequence[Channel]) -> dict[str, Any]:
    """``channels``: those of the organization."""
    values = {row.name: getattr(organization, row.name) for row in SETTINGS}
    lists = {name: sorted(value) for name, value in values.items() if isinstance(value, frozenset)}
    lists |= _budget_json(organization)
    return {"id": organization.id, **values, **lists, "channels": [channel.id for channel in channels]}


def channel_settings_json(channel: Channel, api_url: str, today: str) -> dict[str, Any]:
    """``api_url``: where the API is, for its webhook. ``today``: the organization's local day."""
    values = asdict(channel) | {"shadow_since": time_or_none(channel.shadow_since)}
    cards = [{"card": card, "from": since} for card, since in channel.rate_cards]
    values |= {"rate_card": channel.card_on(today), "rate_cards": cards, **_budget_json(channel)}
    organization = values.pop("organization_id")
    return {"id": channel.id, "organization": organization, **values, "webhook_url": webhook_url(channel, api_url)}


def _budget_json(owner: Organization | Channel) -> dict[str, Any]:
    budget = owner.monthly_budget
    return {"monthly_budget": None if budget is None else amount(budget), "budget_shares": list(owner.budget_shares)}
