"""Writes into an artifact what ``re`` makes of the patterns that a function's start compiles
(``gate24/compiled_patterns.py`` takes it from there).

They are found by importing every handler of the artifact in a process of its own, and by reading one number of India,
which is what most first requests do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stack.progress import StartError

_RECORD = """
import sys
sys.path.insert(0, {folder!r})
import re, _sre
from array import array
compiler, made, asked = re._compiler, {{}}, []
compile_anew, make = compiler.compile, _sre.compile
class Sre:
    def __getattr__(self, name):
        return getattr(_sre, name)
    def compile(self, pattern, flags, code, groups, numbers, names):
        if asked and isinstance(pattern, (str, bytes)):
            made[pattern, asked[-1]] = (flags, array("I", code).tobytes(), groups, tuple(numbers.items()), names)
        return make(pattern, flags, code, groups, numbers, names)
def compile(pattern, flags=0):
    asked.append(flags)
    try:
        return compile_anew(pattern, flags)
    finally:
        asked.pop()
compiler._sre, compiler.compile = Sre(), compile
for handler in {handlers!r}:
    __import__(handler)
import phonenumbers
phonenumbers.is_valid_number(phonenumbers.parse("+91 98765 43210"))
from gate24.compiled_patterns import form
print(f"FORM = {{form()!r}}")
print(f"PATTERNS = {{made!r}}")
"""
_ENVIRONMENT = {"TABLE_NAME": "table", "AWS_DEFAULT_REGION": "ap-south-1"}


def write(folder: Path, python: str = sys.executable) -> Path | None:
    """The module that was written, by that interpreter and for it alone. None for an artifact without this project's
    modules. Raises StartError."""
    path = folder / "gate24" / "patterns_of_the_build.py"
    if not path.parent.is_dir():
        return None
    path.unlink(missing_ok=True)
    handlers = sorted(f"{handler.parent.name}.handler" for handler in folder.glob("*/handler.py"))
    code = _RECORD.format(folder=str(folder), handlers=handlers)
    command = [python, "-I", "-S", "-B", "-X", "utf8", "-c", code]
    ran = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, encoding="utf-8", check=False)
    if ran.returncode != 0:
        raise StartError(f"Could not compile the patterns of {folder}:\n{ran.stderr[-3000:]}")
    path.write_text(f'"""Made by infra/local/stack/patterns.py."""\n{ran.stdout}', "utf-8")
    return path
