"""Regular expressions as the build compiled them: what bytecode is for a module.

The libraries and modules of a start make some 140 patterns while they are imported; parsing and compiling them is a
sixth of a cold start. ``infra/local/stack/patterns.py`` writes down what ``re`` made of each, and here ``re`` takes it
from there. What was not written down, and everything under another version of Python, is compiled as ever.
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]
import re
import sys
from importlib import import_module
from typing import Any

MODULE = "gate24.patterns_of_the_build"
"""Made by the build; there is none in development."""

Made = tuple[int, bytes, int, tuple[tuple[str, int], ...], tuple[str | None, ...]]
"""What ``_sre.compile`` takes beside the pattern: flags, code, how many groups, their numbers by their names, and their
names by their numbers."""


def form() -> tuple[object, ...]:
    """Code of another form is not taken."""
    return (_sre.MAGIC, _sre.CODESIZE, sys.byteorder, *sys.version_info[:2])


def use() -> None:
    """From now on ``re`` takes what the build has compiled."""
    compiler: Any = re._compiler  # type: ignore[attr-defined]
    try:
        build: Any = import_module(MODULE)
    except ModuleNotFoundError:
        return
    if form() == build.FORM and compiler.compile.__module__ == compiler.__name__:
        compiler.compile = _taken_from(build.PATTERNS, compiler.compile)


def _taken_from(patterns: dict[tuple[Any, int], Made], compile_anew: Any) -> Any:
    def compile(pattern: Any, flags: int = 0) -> Any:
        made = patterns.get((pattern, flags)) if isinstance(pattern, str | bytes) else None
        if made is None:
            return compile_anew(pattern, flags)
        final_flags, code, groups, numbers, names = made
        return _sre.compile(pattern, final_flags, memoryview(code).cast("I").tolist(), groups, dict(numbers), names)

    return compile
