"""``./gate24 templates``: copies the provider's list into the registry (``infra.operator.templates_sync``)."""

from __future__ import annotations

import click

from gate24.store import organizations
from gate24.store.secrets import channel_secrets
from infra.admin.api_access import organization_api
from infra.admin.command import Asked, Group
from infra.admin.outcome import Result, WronglyAsked
from infra.operator.api import Api
from infra.operator.templates_sync import enter_listed

group = Group("templates", help="The registry of templates.")


@group.command("sync")
@click.argument("channel")
@click.option("--app-id", help="The app's id at Gupshup, a UUID; the local simulator takes the app's name.")
@click.pass_obj
def sync(asked: Asked, channel: str, app_id: str | None) -> Result:
    """Enter the templates of a channel at Gupshup into its registry."""
    here = asked.connect(with_secrets=True)
    found = organizations.channel(channel)
    if found is None:
        raise WronglyAsked(f"There is no channel {channel}.")
    if found.provider != "gupshup":
        raise WronglyAsked(f"{channel} is at Meta. Its list is not read yet; PUT /v1/templates/{{name}} enters one.")
    app = app_id or (found.app if here.simulator else None)
    if app is None:
        raise WronglyAsked("Give --app-id: the app's id at Gupshup, a UUID. The channel has its name alone.")
    api_key = channel_secrets(channel, may_be_stale=False).api_key
    if not api_key:
        raise WronglyAsked(f"The channel has no API key yet: ./gate24 secret set {channel} api-key")
    with organization_api(here, found.organization_id, "templates sync", "admin") as api:
        listed = list(enter_listed(Api(found.api_base, {"apikey": api_key}), api, app, channel))
    data = [
        {"name": each.name, "language": each.language, "status": each.status, "reason": each.reason} for each in listed
    ]
    skipped = sum(each.status is None for each in listed)
    summary = f"{len(listed) - skipped} entered, {skipped} skipped"
    return Result({"data": data}, [*(each.line for each in listed), summary], has_failures=bool(skipped))
