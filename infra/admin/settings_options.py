"""Options of commands from the tables of settings, and faults in a command's words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from gate24.rules.settings_table import Setting, WrongSettings
from infra.admin.outcome import WronglyAsked

_Function = TypeVar("_Function", bound=Callable[..., Any])


def settings_options(
    table: Sequence[Setting],
    repeated: Collection[str] = (),
    without: Collection[str] = (),
    required: Mapping[str, str] | None = None,
) -> Callable[[_Function], _Function]:
    """An option for each setting; the command's ``**given`` has them by name. ``repeated``: those that may be given
    more than once; ``without``: those that have no option. ``required``: by name the marks of those that have to be
    given (``required_when_new``)."""
    marks = required or {}

    def add(command: _Function) -> _Function:
        for row in reversed([row for row in table if row.name not in without]):
            option = "--" + (row.option or row.name).replace("_", "-")
            decorate = click.option(
                option,
                row.name,
                multiple=row.name in repeated,
                metavar="VALUE",
                help=f"{row.about}.{marks.get(row.name, '')}",
            )
            command = decorate(command)
        return command

    return add


def required_when_new(table: Sequence[Setting], **others: str) -> dict[str, str]:
    """The marks of what has to be given to create something. ``others``: when a setting has to be there that need not
    always. The command itself refuses what is missing, all of it at once."""
    always = {row.name: "  [required]" for row in table if row.is_required}
    return always | {name: f"  [required {when}]" for name, when in others.items()}


def chosen(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were given."""
    return {name: value for name, value in given.items() if value is not None and value != ()}


@contextmanager
def faults_in_words(table: Sequence[Setting]) -> Iterator[None]:
    """WrongSettings become WronglyAsked, each sentence with the option that it is about."""
    options = {row.name: "--" + (row.option or row.name).replace("_", "-") for row in table}
    try:
        yield
    except WrongSettings as error:
        lines = [
            f"{options[fault.setting]}: {fault.sentence}" if fault.setting in options else fault.sentence
            for fault in error.faults
        ]
        raise WronglyAsked("\n        ".join(lines)) from None
