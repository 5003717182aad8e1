"""``./gate24 secret``."""

from __future__ import annotations

import click

from gate24.providers.webhook_setup import webhook_url
from gate24.rules.channel_secrets import KINDS
from gate24.usecases.administer_channels import find_channel, secret_counts, set_secret
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.outcome import Result
from infra.admin.secret_input import read_secret
from infra.admin.settings_options import faults_in_words

group = Group("secret", help="Secrets of channels.")


@group.command("set")
@click.argument("channel")
@click.argument("name", type=click.Choice(list(KINDS)))
@click.option("--add", is_flag=True, help="Keep the old one valid beside it.")
@click.pass_obj
def set_one(asked: Asked, channel: str, name: str, add: bool) -> Result:
    """Set a secret of a channel, read from standard input or a prompt. The functions take it within a minute."""
    here = asked.connect(with_secrets=True)
    with faults_in_words(()):
        found = find_channel(channel)  # before anybody types a secret
        value = read_secret(f"The {name} ({KINDS[name].about})")
        with audited(found.organization_id, "secret set", channel) as told:
            told.facts |= {"secret": name, "beside_the_old": add}
            set_secret(channel, name, value, add)
        found = find_channel(channel)
    if here.simulator:
        here.simulator.learn(found, webhook_url(found, here.api_url))
    count = secret_counts(found)[name]
    valid = f"{count} are valid now" if count > 1 else "it alone is valid"
    lines = [f"The {name} of {channel} is set; {valid}.", "The functions take it within a minute: wait that long."]
    return Result({"channel": channel, "secret": name, "valid": count}, lines)
