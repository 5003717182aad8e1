"""``./gate24 channel``."""

from __future__ import annotations

from typing import Any

import click

from gate24.api.settings_json import channel_settings_json
from gate24.channels import Channel
from gate24.clock import now_ms
from gate24.providers.webhook_setup import setup_steps, webhook_url
from gate24.rules.channel_settings import FIXED, SETTINGS
from gate24.rules.rollup import local_day
from gate24.store import organizations, templates
from gate24.usecases.administer_channels import (
    change_channel,
    create_channel,
    delete_channel,
    find_channel,
    find_deletable_channel,
    secret_counts,
)
from gate24.usecases.administer_organizations import find_organization
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.confirmation import confirm
from infra.admin.deployment import Deployment
from infra.admin.outcome import Result, WronglyAsked, table_lines
from infra.admin.settings_options import chosen, faults_in_words, required_when_new, settings_options

_SIMULATED = (
    "On this local stack the simulator stands for the provider and knows the channel. Of the steps only the secrets "
    "are needed: anything made up, of 8 characters or more."
)

group = Group("channel", help="Business numbers, each at one provider.")


@group.command("create")
@click.argument("channel_id", metavar="ID")
@click.option("--organization", required=True, metavar="ID", help="The organization whose number it is.")
@settings_options(
    SETTINGS,
    repeated=["rate_card"],
    required=required_when_new(SETTINGS, app="at gupshup", phone_number_id="at meta"),
)
@click.pass_obj
def create(asked: Asked, /, channel_id: str, organization: str, **given: Any) -> Result:
    """Create a channel; prints its webhook's URL, the secret that was made for it, and the provider's steps."""
    here = asked.connect(with_secrets=True)
    usual = {"api_base": here.simulator.url} if here.simulator else {}
    with faults_in_words(SETTINGS), audited(find_organization(organization).id, "channel create", channel_id):
        created = create_channel(channel_id, organization, usual | chosen(given))
    channel, name, secret = created
    _tell_simulator(here, channel)
    options = f" --stack {asked.stack}" if asked.stack else ""
    steps = setup_steps(channel, here.api_url, lambda kind: f"./gate24 secret set {channel.id} {kind}{options}")
    answer = _json(channel, here) | {name.replace("-", "_"): secret, "steps": steps}
    return Result(
        answer,
        [
            f"The channel {channel.id} is created.",
            f"Webhook URL:   {webhook_url(channel, here.api_url)}",
            f"{name.replace('-', ' ').capitalize()}: {secret}   (not shown again)",
            "",
            *([_SIMULATED, ""] if here.simulator and channel.api_base == here.simulator.url else []),
            *(f"{number}. {step}" for number, step in enumerate(steps, 1)),
        ],
    )


@group.command("list")
@click.option("--organization", metavar="ID", help="Of this organization alone.")
@click.pass_obj
def list_all(asked: Asked, organization: str | None) -> Result:
    """All channels."""
    here = asked.connect()
    if organization is not None and not organizations.is_stored(organization):
        raise WronglyAsked(f"There is no organization {organization}.")
    found = organizations.all_channels() if organization is None else organizations.channels(organization)
    rows = [
        (each.id, each.organization_id, each.provider, each.business_number, each.card_on(_today(each)))
        for each in found
    ]
    lines = table_lines(("ID", "ORGANIZATION", "PROVIDER", "NUMBER", "RATE CARD"), rows)
    return Result({"data": [_json(each, here) for each in found]}, lines if rows else ["There is no channel yet."])


@group.command("show")
@click.argument("channel_id", metavar="ID")
@click.pass_obj
def show(asked: Asked, channel_id: str) -> Result:
    """One channel with its settings, its webhook's URL, and which secrets it has."""
    here = asked.connect(with_secrets=True)
    with faults_in_words(SETTINGS):
        return _shown(find_channel(channel_id), here)


@group.command("set")
@click.argument("channel_id", metavar="ID")
@settings_options(SETTINGS, repeated=["rate_card"], without=FIXED)
@click.pass_obj
def change(asked: Asked, /, channel_id: str, **given: Any) -> Result:
    """Change settings of a channel; what is not given stays."""
    if not chosen(given):
        raise WronglyAsked("Give at least one setting. See gate24 channel set --help.")
    here = asked.connect(with_secrets=True)
    with faults_in_words(SETTINGS), audited(find_channel(channel_id).organization_id, "channel set", channel_id):
        changed = change_channel(channel_id, chosen(given))
    _tell_simulator(here, changed)
    return _shown(changed, here)


@group.command("delete")
@click.argument("channel_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(asked: Asked, channel_id: str, yes: bool) -> Result:
    """Delete a channel with its secrets and templates. Its conversations and costs stay."""
    here = asked.connect(with_secrets=True)
    with faults_in_words(SETTINGS):
        channel = find_deletable_channel(channel_id)
    count = sum(each.channel_id == channel.id for each in templates.templates(channel.organization_id))
    goes = f"{channel.id} ({channel.business_number} at {channel.provider}), its secrets and its {count} templates"
    confirm(goes, yes)
    with audited(channel.organization_id, "channel delete", channel.id):
        delete_channel(channel)
    if here.simulator:
        here.simulator.forget(channel.id)
    answer = {"deleted": channel.id, "templates": count}
    return Result(answer, [f"Deleted: {goes}. Its conversations and costs are kept."])


def _tell_simulator(here: Deployment, channel: Channel) -> None:
    if here.simulator:
        here.simulator.learn(channel, webhook_url(channel, here.api_url))


def _shown(channel: Channel, here: Deployment) -> Result:
    answer = _json(channel, here) | {"secrets": secret_counts(channel)}
    return Result(answer, table_lines(("SETTING", "VALUE"), [(name, _text(value)) for name, value in answer.items()]))


def _json(channel: Channel, here: Deployment) -> dict[str, Any]:
    return channel_settings_json(channel, here.api_url, _today(channel))


def _today(channel: Channel) -> str:
    """The local day of its organization."""
    organization = organizations.organization(channel.organization_id)
    return local_day(now_ms(), "UTC" if organization is None else organization.timezone).isoformat()


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {count or 'none'}" for name, count in value.items())
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return (
            ", ".join(f"{each['card']} from {each['from']}" if isinstance(each, dict) else str(each) for each in value)
            or "-"
        )
    return "-" if value is None else str(value)
