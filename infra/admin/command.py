"""How a command of ``./gate24`` is declared.

    @thing.command("list")
    @click.option("--organization")
    @click.pass_obj
    def list_things(asked: Asked, organization: str | None) -> Result:

``thing`` is a ``Group`` that ``cli.py`` names. The docstring is the command's help. A command validates what it can,
then connects to the deployment, and returns a Result; it may raise WronglyAsked, before it changes anything, or Failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from infra.admin.deployment import Deployment, deployment
from infra.admin.outcome import WronglyAsked


@dataclass(slots=True)
class Asked:
    """What every command takes, before or after its name. ``stack``: on AWS; None: the started local stack."""

    as_json: bool = False
    stack: str | None = None

    def connect(self, *, with_secrets: bool = False, with_contacts: bool = False) -> Deployment:
        """The deployment that is meant; the store reads its table from now on, and channels' secrets and contacts where
        the command needs them. Failed, WronglyAsked."""
        here = deployment(self.stack)
        if with_secrets and not here.channel_secrets_prefix:
            raise WronglyAsked("An earlier version is deployed, which names no secrets: deploy this one first.")
        here.connect()
        if with_contacts:
            if not here.contact_key_secret:
                raise WronglyAsked("An earlier version is deployed, which names no contact key: deploy this one first.")
            here.connect_contacts()
        return here


def shared_options() -> list[click.Parameter]:
    """``--json`` and ``--stack``, which set what ``Asked`` has."""

    def note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value and parameter.name:
            setattr(context.ensure_object(Asked), parameter.name, value)

    return [
        click.Option(
            ["--json", "as_json"], is_flag=True, expose_value=False, callback=note, help="Print one JSON document."
        ),
        click.Option(
            ["--stack"],
            expose_value=False,
            callback=note,
            help="A CloudFormation stack on AWS. Default: the started local stack.",
        ),
    ]


_SPELLINGS = {"time-zone": "timezone"}
"""Other spellings of options, which are taken, too."""

_MARK = "Options that are not marked [required] may be left out."


class Command(click.Command):
    """A command that takes the shared options, and options in another spelling."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.params += shared_options()
        self.epilog = _MARK
        self.context_settings = {"token_normalize_func": lambda name: _SPELLINGS.get(name, name)}


class Group(click.Group):
    """Commands about one thing."""

    command_class = Command

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{"no_args_is_help": False, **named})
