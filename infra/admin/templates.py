"""``./gate24 templates``: copies the provider's list into the registry."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from gate24.channels import Channel
from gate24.providers.template_lists import Listed, ListRefused, enter_gupshups, enter_metas, synced
from gate24.store import organizations
from gate24.store.secrets import channel_secrets
from infra.admin.api_access import organization_api, require_not_being_deleted
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.deployment import Deployment
from infra.admin.outcome import Failed, Result, WronglyAsked
from infra.operator.api import Api

group = Group("templates", help="The registry of templates.")


@group.command("sync")
@click.argument("channel")
@click.option(
    "--app-id", help="The app's id at Gupshup, a UUID.  [required at gupshup, not locally, unless the channel has it]"
)
@click.option("--waba-id", help="The WhatsApp Business account's id at Meta.  [required at meta, not locally]")
@click.pass_obj
def sync(asked: Asked, channel: str, app_id: str | None, waba_id: str | None) -> Result:
    """Enter the templates that a channel has at Gupshup or Meta into its registry.

    A template of the registry that the provider no longer lists is withdrawn: its status is disabled then.
    """
    here = asked.connect(with_secrets=True)
    found = organizations.channel(channel)
    if found is None:
        raise WronglyAsked(f"There is no channel {channel}.")
    require_not_being_deleted(found.organization_id)
    is_at_meta = found.provider == "meta"
    if is_at_meta:
        owner = waba_id or (found.phone_number_id if here.simulator else None)
    else:
        owner = app_id or found.app_id or (found.app if here.simulator else None)
    if owner is None and is_at_meta:
        raise WronglyAsked("Give --waba-id: the id of the WhatsApp Business account at Meta that has the number.")
    if owner is None:
        raise WronglyAsked(
            "Give --app-id: the app's id at Gupshup, a UUID. The channel has its name alone, and can be given the id: "
            f"./gate24 channel set {channel} --app-id APP-ID"
        )
    api_key = channel_secrets(channel, may_be_stale=False).api_key
    if not api_key:
        raise WronglyAsked(f"The channel has no API key yet: ./gate24 secret set {channel} api-key")
    header = {"Authorization": f"Bearer {api_key}"} if is_at_meta else {"apikey": api_key}
    enter = enter_metas if is_at_meta else enter_gupshups
    with (
        audited(found.organization_id, "templates sync", channel) as told,
        organization_api(here, found.organization_id, "templates sync", "admin") as api,
    ):
        try:
            listed = list(synced(enter(Api(found.api_base, header), api, owner, channel), api, channel))
            told.facts |= counted(listed)
        except ListRefused as refused:
            raise Failed(f"Not finished ({refused}). {_after_refusal(here, found)}") from None
    data = [
        {"name": each.name, "language": each.language, "status": each.status, "reason": each.reason} for each in listed
    ]
    if not listed:
        print(_hint(here, found), file=sys.stderr)
    entered, withdrawn, skipped = counted(listed).values()
    counts = [f"{entered} entered", f"{skipped} skipped"]
    summary = ", ".join([*counts, f"{withdrawn} withdrawn"] if withdrawn else counts)
    return Result({"data": data}, [*(each.line for each in listed), summary], has_failures=bool(skipped))


def counted(listed: Sequence[Listed]) -> dict[str, int]:
    skipped, withdrawn = sum(each.is_skipped for each in listed), sum(each.is_withdrawn for each in listed)
    return {"entered": len(listed) - skipped - withdrawn, "withdrawn": withdrawn, "skipped": skipped}


def _after_refusal(here: Deployment, channel: Channel) -> str:
    """What to do where the provider refuses to list anything."""
    option = "--waba-id" if channel.provider == "meta" else "--app-id"
    if here.simulator is not None:
        return f"On the local stack leave {option} out: the simulator knows the channel."
    return (
        f"The id of {option} or the API key is not the channel's: look them up at the provider, and give {option} "
        f"the right one, or set the key: ./gate24 secret set {channel.id} api-key"
    )


def _hint(here: Deployment, channel: Channel) -> str:
    """What to do where the provider lists nothing."""
    by_hand = "enter one by PUT /v1/templates/{name} (docs/administration.md, Templates)"
    if here.simulator is not None:
        return (
            f"The simulator has no templates of {channel.id}: give it some (`templates` of the channel in "
            f"{here.simulator.file}, docs/simulator.md), or {by_hand}. Nothing was changed."
        )
    asked = (
        "--waba-id is that of the number" if channel.provider == "meta" else "the app's id is that of the channel's app"
    )
    return f"The provider lists no template: look whether {asked}, or {by_hand}. Nothing was changed."
