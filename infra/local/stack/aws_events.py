"""botocore's tables of handlers for events and of services' other names, cut down to what the functions call.

A session registers some 130 handlers, most of them for services of others or for documentation, and looks each name of
an event up among 400 services: together a twentieth of a cold start, and a part of each first request.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

from stack.aws_data import OPERATIONS
from stack.unused_code import Unexpected

_HANDLERS, _ALIASES = ("botocore/handlers.py", "BUILTIN_HANDLERS"), ("botocore/utils.py", "EVENT_ALIASES")

_NAMES = {name: {"secretsmanager": "secrets-manager"}.get(name, name) for name in OPERATIONS}
"""A service's name in events by that of its data."""

_CALLED = {_NAMES[service]: operations for service, operations in OPERATIONS.items()}


def prune(folder: Path) -> None:
    """Cuts down the tables of the botocore in that folder. Unexpected where there are none."""
    for (file, variable), is_kept in ((_HANDLERS, _is_handler_kept), (_ALIASES, _is_alias_kept)):
        path = folder / file
        path.write_text(with_entries(path.read_text("utf-8"), file, variable, is_kept), "utf-8")


def is_emitted(event: str) -> bool:
    """Whether a handler for ``event`` may be called for one of ``OPERATIONS``."""
    kind, service, operation, *_ = (*event.split("."), "*", "*")
    if kind == "docs":
        return False
    if service not in _CALLED:
        return service == "*"
    return operation == "*" or operation in _CALLED[service]


def _is_handler_kept(entry: ast.expr) -> bool:
    name = entry.elts[0] if isinstance(entry, ast.Tuple) else None
    return not isinstance(name, ast.Constant) or is_emitted(str(name.value))


def _is_alias_kept(entry: ast.expr) -> bool:
    return not isinstance(entry, ast.Constant) or entry.value in _CALLED


def with_entries(source: str, file: str, variable: str, is_kept: Callable[[ast.expr], bool]) -> str:
    """The source with the list, or the dict by its values, of that name cut down to what ``is_kept``; the lines keep
    their numbers."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == variable:
            table = node.value
            if isinstance(table, ast.Dict):
                entries = [(key or value, value) for key, value in zip(table.keys, table.values, strict=True)]
            else:
                entries = [(each, each) for each in getattr(table, "elts", [])]
            for begins, ends in entries:
                if not is_kept(ends):
                    first, last = begins.lineno - 1, ends.end_lineno or ends.lineno
                    _refuse_shared(lines[first:last], begins, ends, file)
                    lines[first:last] = ["\n"] * (last - first)
            return "".join(lines)
    raise Unexpected(f"{file} has no {variable}: see infra/local/stack/aws_events.py")


def _refuse_shared(lines: list[str], begins: ast.expr, ends: ast.expr, file: str) -> None:
    """An entry has its lines for itself."""
    before = lines[0].encode()[: begins.col_offset]
    after = lines[-1].encode()[ends.end_col_offset :]
    if before.strip() or after.strip() not in (b",", b""):
        raise Unexpected(f"{file} has a table of another form: see infra/local/stack/aws_events.py")
