"""``./gate24 organization``."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from gate24 import clock
from gate24.api.settings_json import organization_settings_json
from gate24.channels import Organization
from gate24.rules.organization_settings import CHANGES, SETTINGS
from gate24.rules.rate_cards import card_currencies, rate_card, rate_card_ids
from gate24.rules.rollup import local_day
from gate24.store import organizations
from gate24.usecases.administer_organizations import change_organization, create_organization, find_organization
from gate24.usecases.state_costs import exchange_fault
from infra.admin.api_access import platform_api
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.confirmation import confirm
from infra.admin.export import export, open_state
from infra.admin.keys import find_all_keys
from infra.admin.organization_deletion import KEPT, delete_organization
from infra.admin.outcome import Failed, Result, WronglyAsked, table_lines
from infra.admin.rollup import ROLLUP_MOST_SECONDS
from infra.admin.settings_options import chosen, faults_in_words, required_when_new, settings_options

group = Group("organization", help="Organizations, each with its own channels, contacts and costs.")


@group.command("create")
@click.argument("organization_id", metavar="ID")
@settings_options(SETTINGS, required=required_when_new(SETTINGS))
@click.pass_obj
def create(asked: Asked, /, organization_id: str, **given: str | None) -> Result:
    """Create an organization. The content of its messages is kept forever unless --retention-days says otherwise."""
    asked.connect()
    with faults_in_words(SETTINGS), audited(organization_id, "organization create", organization_id):
        created = create_organization(organization_id, chosen(given))
    _warn_of_currency(created)
    return _shown(created)


@group.command("list")
@click.pass_obj
def list_all(asked: Asked) -> Result:
    """All organizations."""
    asked.connect()
    found = [each for name in organizations.organization_ids() if (each := organizations.organization(name))]
    rows = [(each.id, each.name, each.timezone, each.currency, _kept(each)) for each in found]
    lines = table_lines(("ID", "NAME", "TIME ZONE", "CURRENCY", "CONTENT KEPT"), rows)
    return Result({"data": [_json(each) for each in found]}, lines if rows else ["There is no organization yet."])


@group.command("show")
@click.argument("organization_id", metavar="ID")
@click.pass_obj
def show(asked: Asked, organization_id: str) -> Result:
    """One organization with its settings and the ids of its channels."""
    asked.connect()
    with faults_in_words(SETTINGS):
        return _shown(find_organization(organization_id))


@group.command("set")
@click.argument("organization_id", metavar="ID")
@settings_options(CHANGES)
@click.pass_obj
def change(asked: Asked, /, organization_id: str, **given: str | None) -> Result:
    """Change settings of an organization; what is not given stays."""
    if not chosen(given):
        raise WronglyAsked("Give at least one setting. See gate24 organization set --help.")
    asked.connect()
    with faults_in_words(CHANGES), audited(find_organization(organization_id).id, "organization set", organization_id):
        changed = change_organization(organization_id, chosen(given))
    if given["currency"] is not None:
        _warn_of_currency(changed)
    return _shown(changed)


@group.command("export")
@click.argument("organization_id", metavar="ID")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where its files go; of an export that was broken off, the same again.",
)
@click.pass_obj
def export_all(asked: Asked, organization_id: str, folder: Path) -> Result:
    """Write all data of an organization as JSON lines: contacts, consents, messages, templates, costs, settings.

    Files of messages are not in it: docs/administration.md has a loop that fetches them.
    """
    state = open_state(organization_id, folder)
    here = asked.connect()
    with platform_api(here, organization_id, "organization export") as api:
        if state.cursor is None:  # what goes on was computed when it began
            print("Computing the costs of the last days", file=sys.stderr)
            left = here.invoke(here.cost_rollup, {"organization": organization_id}, ROLLUP_MOST_SECONDS)["queued"]
            if left:
                print(f"{len(left)} days are still computed; until then their costs are of before.", file=sys.stderr)
        try:
            counts = export(api, state, folder)
        except KeyboardInterrupt:
            raise Failed("Not finished. Run the same command again to continue.") from None
    answer = {"organization": organization_id, "folder": str(folder), "lines": counts}
    rows = [(f"{kind}.jsonl", str(count)) for kind, count in counts.items()]
    return Result(answer, table_lines(("FILE", "LINES"), rows))


@group.command("delete")
@click.argument("organization_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(asked: Asked, organization_id: str, yes: bool) -> Result:
    """Delete an organization with its channels, people, messages, webhooks and keys. What its days have cost stays.

    It cannot be undone: export the organization first. It is done by the functions, whether the command waits for it or
    not. Given again, it goes on where it was broken off.
    """
    here = asked.connect()
    with faults_in_words(SETTINGS):
        organization = find_organization(organization_id)
    channels = [channel.id for channel in organizations.channels(organization_id)]
    goes = f"{organization.name} ({organization.id}) with its channels ({', '.join(channels) or 'none'})"
    confirm(f"{goes}, all people, messages, webhooks and keys", yes)
    for channel in channels:
        if here.simulator:
            here.simulator.forget(channel)
    find_all_keys()
    with platform_api(here, organization_id, "organization delete") as api:
        counts = delete_organization(api, organization_id)
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    kept = [{"what": each.what, "how_long": each.how_long} for each in KEPT]
    return Result(
        {"deleted": organization_id, **counts, "kept": kept},
        [
            f"Deleted: {organization_id} with {said}.",
            f"Its costs are final: ./gate24 costs --organization {organization_id} --from DAY --to DAY",
            "This is kept:",
            *(f"- {each.what}: {each.how_long}" for each in KEPT),
        ],
    )


def _warn_of_currency(organization: Organization) -> None:
    """A channel needs a rate card in it, or one that can be converted."""
    there, today = card_currencies(), local_day(clock.now_ms(), organization.timezone)
    if organization.currency not in there and all(exchange_fault(organization, each, today) for each in there):
        most = Counter(rate_card(each).currency for each in rate_card_ids()).most_common(1)[0][0]
        print(
            f"Warning: no rate card is in {organization.currency}, and none can be converted, so it can have no "
            f"channel. Import exchange rates (./gate24 rates import --help). There are rate cards in "
            f"{', '.join(there)}: "
            f"./gate24 organization set {organization.id} --currency {most}",
            file=sys.stderr,
        )


def _shown(organization: Organization) -> Result:
    answer = _json(organization)
    lines = [(name, _text(name, value)) for name, value in answer.items()]
    return Result(answer, table_lines(("SETTING", "VALUE"), lines))


def _json(organization: Organization) -> dict[str, Any]:
    return organization_settings_json(organization, organizations.channels_now(organization.id))


def _text(name: str, value: Any) -> str:
    if value is None:
        return _NONE[name]
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_NONE = {"retention_days": "forever", "monthly_budget": "none", "closing_digest_minutes": "off"}
"""What may be None, in words."""


def _kept(organization: Organization) -> str:
    return "forever" if organization.retention_days is None else f"{organization.retention_days} days"
