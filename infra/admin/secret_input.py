"""How a command is given a secret: never on its command line, which other users can see."""

from __future__ import annotations

import sys

import click


def read_secret(what: str) -> str:
    """From a prompt that shows nothing, or the first line of standard input where that is no terminal."""
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True, err=True)).strip()
    return sys.stdin.readline().strip()
