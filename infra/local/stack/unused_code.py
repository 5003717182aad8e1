"""Code of libraries that their packages import and no function calls, or hardly ever: the build leaves it out of the
artifact, or has it imported where it is used.

The packages have no way to import a part of them. ``phonenumbers`` brings its formatter, its search in texts and short
numbers with it, botocore's client what writes its documentation, urllib3 all that reads the versions of packages:
together a fifth of a cold start. Where another version of a library is built otherwise, the build ends with an error.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

NOT_IMPORTED = {
    "aws_lambda_powertools/logging/logger.py": r"aws_lambda_powertools\.utilities",
    "botocore/docs/__init__.py": r"botocore\.docs\.service",
    "botocore/docs/docstring.py": r"botocore\.docs\.(bcdoc\.restdoc|method|paginator|waiter)",
    "phonenumbers/__init__.py": r"asyoutypeformatter|phonenumbermatcher|shortnumberinfo",
    "phonenumbers/data/__init__.py": r"alt_format_\d+",
}
"""By file, the modules that it is not to import. Powertools' logger looks for correlation ids by JMESPath where it is
told to, which it is not."""

LATER = {
    "botocore/compat.py": ("dateutil.tz",),
    "botocore/compress.py": ("gzip",),
    "botocore/configloader.py": ("configparser",),
    "botocore/credentials.py": ("dateutil.parser", "dateutil.tz", "subprocess"),
    "botocore/paginate.py": ("jmespath",),
    "botocore/regions.py": ("jmespath",),
    "botocore/tokens.py": ("dateutil.parser", "dateutil.tz"),
    "botocore/utils.py": ("dateutil.parser", "dateutil.tz", "tempfile", "urllib.request"),
    "botocore/waiter.py": ("jmespath",),
    "urllib3/http2/__init__.py": ("importlib.metadata",),
}
"""By file, the modules that it is to import where it uses them. None of these does while it is imported."""

NOT_ASSIGNED = {"phonenumbers/data/__init__.py": "_ALT_NUMBER_FORMATS"}
"""By file, the name that is made of what is not imported."""

AT_A_CALL = {
    "botocore/credentials.py": (
        "popen=subprocess.Popen",
        "popen=lambda *given, **named: subprocess.Popen(*given, **named)",
    )
}
"""By file, what it takes from a module while it is imported, and the same taken when it is called."""

REMOVED = (
    *("botocore/docs/bcdoc", "botocore/docs/[!_du]*.py"),
    *("phonenumbers/asyoutypeformatter.py*", "phonenumbers/phonenumbermatcher.py*", "phonenumbers/short*"),
    *("phonenumbers/data/alt_format_*", "phonenumbers/geodata", "phonenumbers/carrierdata", "phonenumbers/tzdata"),
    "aws_lambda_powertools/event_handler",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in (
            *("auth_alpha", "batch", "circuit_breaker", "data_classes", "data_masking", "feature_flags", "idempotency"),
            *("kafka", "metadata", "parameters", "parser", "streaming", "validation"),
        )
    ),
)
"""Of Powertools, the functions use logger and metrics."""


class Unexpected(Exception):
    """A library is not as this file takes it to be."""


def leave_out(folder: Path) -> None:
    """Takes out of the libraries in that folder what no function calls. Unexpected where there is no such code."""
    for name, modules in NOT_IMPORTED.items():
        path = folder / name
        path.write_text(without(path.read_text(encoding="utf-8"), name, modules, NOT_ASSIGNED.get(name)), "utf-8")
    for name, (said, instead) in AT_A_CALL.items():
        path = folder / name
        path.write_text(replaced(path.read_text(encoding="utf-8"), name, said, instead), "utf-8")
    for name, later in LATER.items():
        path = folder / name
        path.write_text(imported_later(path.read_text(encoding="utf-8"), name, later), "utf-8")
    for pattern in REMOVED:
        for path in list(folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def without(source: str, name: str, modules: str, assigned: str | None) -> str:
    """The source without the imports from these modules, and without that assignment; the other lines keep their
    numbers."""
    lines, found = source.splitlines(keepends=True), 0
    for node in ast.parse(source).body:
        is_import = isinstance(node, ast.ImportFrom) and re.fullmatch(modules, node.module or "")
        if is_import or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == assigned):
            lines[node.lineno - 1 : node.end_lineno] = ["\n"] * ((node.end_lineno or node.lineno) - node.lineno + 1)
            found += 1
    if found < modules.count("|") + 1 + bool(assigned):
        raise Unexpected(f"{name} does not import {modules}: see infra/local/stack/unused_code.py")
    return "".join(lines)


def replaced(source: str, name: str, said: str, instead: str) -> str:
    """The source with one text, which stands there once, instead of another."""
    if source.count(said) != 1:
        raise Unexpected(f"{name} does not say {said}: see infra/local/stack/unused_code.py")
    return source.replace(said, instead)


def imported_later(source: str, name: str, modules: Sequence[str]) -> str:
    """The source with these modules imported at each use of what their imports at its top bind; the lines keep their
    numbers."""
    tree, used, changes = ast.parse(source), dict[str, str](), list[tuple[ast.stmt | ast.expr, str]]()
    for node in tree.body:
        if isinstance(node, ast.Import) and {alias.name for alias in node.names} <= set(modules):
            used |= {_bound(alias): _of_import(alias) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in modules:
            taken = f"__import__({node.module!r}, fromlist=['*'])"
            used |= {_bound(alias): f"{taken}.{alias.name}" for alias in node.names}
        else:
            continue
        changes.append((node, "pass"))
    if {ast.unparse(node).split()[1] for node, _ in changes} != set(modules):
        raise Unexpected(f"{name} does not import {modules} at its top: see infra/local/stack/unused_code.py")
    for each in ast.walk(tree):
        bound = each.arg if isinstance(each, ast.arg) else each.id if isinstance(each, ast.Name) else None
        if bound in used:
            if not (isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)):
                raise Unexpected(f"{name} binds {bound} twice: see infra/local/stack/unused_code.py")
            changes.append((each, used[bound]))
    lines = [line.encode() for line in source.splitlines(keepends=True)]  # columns are counted in bytes
    for found, instead in sorted(changes, key=lambda pair: (pair[0].lineno, pair[0].col_offset), reverse=True):
        first, last = found.lineno - 1, (found.end_lineno or found.lineno) - 1
        before, after = lines[first][: found.col_offset], lines[last][found.end_col_offset :]
        lines[first : last + 1] = [before + instead.encode() + after, *[b"\n"] * (last - first)]
    return b"".join(lines).decode()


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _of_import(alias: ast.alias) -> str:
    """``import a.b`` binds ``a``, and ``import a.b as c`` the inner one."""
    return f"__import__({alias.name!r}, fromlist=['*'])" if alias.asname else f"__import__({alias.name!r})"
