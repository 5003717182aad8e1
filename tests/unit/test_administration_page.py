"""docs/administration.md and the command say the same."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from infra.admin.cli import gate24
from stack.settings import ROOT

PAGE = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)).replace("\\\n", "")
EXAMPLES = [
    shlex.split(line.partition("./gate24 ")[2].partition(" | ")[0], comments=True)
    for line in BLOCKS.splitlines()
    if "./gate24 " in line
]
"""What a command's output is piped into is another program's."""


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


COMMANDS = set(commands(gate24))


def command_of(example: list[str]) -> tuple[str, ...]:
    return next(path for path in COMMANDS if tuple(example[: len(path)]) == path)


def test_the_pages_table_lists_the_commands_of_the_help() -> None:
    listed = set()
    for cell in re.findall(r"^\| (`.*?) \|", PAGE.partition("## ")[0], re.MULTILINE):
        first, *others = (name.split() for name in re.findall(r"`(.*?)`", cell))
        listed |= {tuple(first), *((first[0], *other) for other in others)}
    assert listed == COMMANDS


def test_each_command_has_an_example() -> None:
    assert {command_of(example) for example in EXAMPLES} == COMMANDS


@pytest.mark.parametrize("example", EXAMPLES, ids=" ".join)
def test_an_example_is_what_the_command_takes(
    example: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "consents.csv").write_text("phone,action\n")
    for name in ("eurofxref-hist.zip", "reference-rates.csv", "meta-2027-01-01.json"):
        (tmp_path / name).touch()
    for name in ("contacts.csv", "glific.csv", "bill.csv"):
        (tmp_path / name).write_text("phone\n")
    path = command_of(example)
    command: click.Command = gate24
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    command.make_context(path[-1], example[len(path) :])


@pytest.mark.parametrize("path", sorted(COMMANDS), ids=" ".join)
def test_each_command_and_option_says_what_it_is(path: tuple[str, ...]) -> None:
    command: click.Command = gate24
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert command.help
    for option in command.params:
        assert isinstance(option, click.Argument) or (isinstance(option, click.Option) and option.help)


def required(*path: str) -> set[str]:
    """The options that the command's help marks as required, some of them in some cases."""
    command: click.Command = gate24
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    help_text = command.get_help(
        click.Context(command, info_name=path[-1], terminal_width=1000, max_content_width=1000)
    )
    assert help_text.endswith("Options that are not marked [required] may be left out.")
    return {
        line.split()[0] + line.rpartition("  [required")[2].rstrip("]")
        for line in help_text.splitlines()
        if "  [required" in line
    }


def test_help_marks_what_may_not_be_left_out() -> None:
    assert required("organization", "create") == {"--name", "--timezone", "--currency"}
    assert required("organization", "set") == required("channel", "set") == required("doctor") == set()
    assert required("channel", "create") == {
        *("--organization", "--provider", "--number"),
        *("--app at gupshup", "--phone-number-id at meta"),
    }
    assert required("key", "create") == {
        "--name",
        "--organization without --platform",
        "--scopes without --platform",
    }
    assert required("contacts", "import") == required("consents", "import") == {"--organization"}
    assert required("organization", "export") == {"--to"}
    assert required("templates", "sync") == {
        "--app-id at gupshup, not locally, unless the channel has it",
        "--waba-id at meta, not locally",
    }


def test_an_option_has_two_spellings_where_people_write_both() -> None:
    importing = gate24.commands["contacts"]
    assert isinstance(importing, click.Group)
    given = [__file__, "--organization", "o"]
    for spelling in ("--timezone", "--time-zone"):
        context = importing.commands["import"].make_context("import", [*given, spelling, "Asia/Kolkata"])
        assert str(context.params["zone"]) == "Asia/Kolkata"
        assert "--time-zone" not in importing.commands["import"].get_help(context)
