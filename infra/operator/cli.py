"""``./gate24``: administration of the started local stack, or of a stack on AWS by --stack.

Exit status 0; 1 for what failed; 2 for what was asked wrongly, and then nothing was changed. A subcommand is a row of
``COMMANDS``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from gate24.store.table import StoreError
from infra.operator import unrecognized
from infra.operator.command import Command, Failed, WronglyAsked

NOUNS = {"unrecognized": "webhook events that were not understood or could not be stored"}

COMMANDS = (
    Command("unrecognized", "list", "what is kept, newest first", unrecognized.add_range, unrecognized.list_events),
    Command(
        "unrecognized",
        "replay",
        "take in what the version that runs now understands and can store",
        unrecognized.add_choice,
        unrecognized.replay_events,
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status. What was asked for goes to standard output; progress and errors to standard error."""
    arguments = _parser().parse_args(argv)
    command = next(each for each in COMMANDS if (each.noun, each.verb) == (arguments.noun, arguments.verb))
    try:
        result = command.run(arguments)
    except WronglyAsked as error:
        print(f"gate24: {error}", file=sys.stderr)
        return 2
    except (Failed, StoreError) as error:
        print(f"gate24: {error}", file=sys.stderr)
        return 1
    _print(json.dumps(result.answer, indent=2) if arguments.json else "\n".join(result.lines))
    return 1 if result.has_failures else 0


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # whoever reads it has enough, as in | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gate24", description="Administration of gate24.", allow_abbrev=False)
    _add_shared(parser, json=False, stack=None)
    nouns = parser.add_subparsers(dest="noun", required=True, metavar="WHAT")
    for noun, about in NOUNS.items():
        verbs = nouns.add_parser(noun, help=about, description=about.capitalize()).add_subparsers(
            dest="verb", required=True, metavar="DO"
        )
        for command in (each for each in COMMANDS if each.noun == noun):
            leaf = verbs.add_parser(
                command.verb, help=command.help, description=command.help.capitalize(), allow_abbrev=False
            )
            _add_shared(leaf, json=argparse.SUPPRESS, stack=argparse.SUPPRESS)  # what stands before the noun holds
            command.add_arguments(leaf)
    return parser


def _add_shared(parser: argparse.ArgumentParser, **defaults: object) -> None:
    parser.add_argument("--json", action="store_true", default=defaults["json"], help="print one JSON document")
    parser.add_argument(
        "--stack", default=defaults["stack"], help="a CloudFormation stack on AWS (default: the started local stack)"
    )


if __name__ == "__main__":
    sys.exit(main())
