"""The reference of ``./gate24``: the help of every command. The extension mkdocs-click reads it from the command."""

PATH = "reference/command.md"


def page() -> str:
    return """# The command `./gate24`

What `./gate24 COMMAND --help` says. [Administration](../administration.md) shows how the commands are used.

::: mkdocs-click
    :module: infra.admin.cli
    :command: gate24
    :prog_name: ./gate24
    :depth: 1
    :style: table
"""
