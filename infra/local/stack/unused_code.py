"""Code of libraries that their packages import and no function calls: the build leaves it out of the artifact.

Two packages have no way to import a part of them. ``phonenumbers`` brings its formatter, its search in texts and short
numbers with it, and botocore's client what writes its documentation: together a tenth of a cold start. Where another
version of a library is built otherwise, the build ends with an error.
"""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

NOT_IMPORTED = {
    "botocore/docs/__init__.py": r"botocore\.docs\.service",
    "botocore/docs/docstring.py": r"botocore\.docs\.(bcdoc\.restdoc|method|paginator|waiter)",
    "phonenumbers/__init__.py": r"asyoutypeformatter|phonenumbermatcher|shortnumberinfo",
    "phonenumbers/data/__init__.py": r"alt_format_\d+",
}
"""By file, the modules that it is not to import."""

NOT_ASSIGNED = {"phonenumbers/data/__init__.py": "_ALT_NUMBER_FORMATS"}
"""By file, the name that is made of what is not imported."""

REMOVED = (
    *("botocore/docs/bcdoc", "botocore/docs/[!_du]*.py"),
    *("phonenumbers/asyoutypeformatter.py*", "phonenumbers/phonenumbermatcher.py*", "phonenumbers/short*"),
    *("phonenumbers/data/alt_format_*", "phonenumbers/geodata", "phonenumbers/carrierdata", "phonenumbers/tzdata"),
)


class Unexpected(Exception):
    """A library is not as this file takes it to be."""


def leave_out(folder: Path) -> None:
    """Takes out of the libraries in that folder what no function calls. Unexpected where there is no such code."""
    for name, modules in NOT_IMPORTED.items():
        path = folder / name
        path.write_text(without(path.read_text(encoding="utf-8"), name, modules, NOT_ASSIGNED.get(name)), "utf-8")
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
