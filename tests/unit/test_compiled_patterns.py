"""``re`` takes from the build what that has compiled, and compiles the rest as ever."""

from __future__ import annotations

import re
import sys
from array import array
from types import ModuleType
from typing import Any

import pytest

from gate24 import compiled_patterns

COMPILER: Any = re._compiler  # type: ignore[attr-defined]
TEXT, BYTES = ("(?P<day>[0-9]+)-(x)?", int(re.IGNORECASE)), (b"a+", 0)


def made(pattern: str | bytes, flags: int, code_of: str | bytes | None = None) -> compiled_patterns.Made:
    """What the build would have written of it; ``code_of``: of another pattern, so that it shows who made it."""
    parsed = COMPILER._parser.parse(pattern if code_of is None else code_of, flags)
    code, state = COMPILER._code(parsed, flags), parsed.state
    names = {number: name for name, number in state.groupdict.items()}
    in_order = tuple(names.get(number) for number in range(state.groups))
    final = flags | state.flags
    return final, array("I", code).tobytes(), state.groups - 1, tuple(state.groupdict.items()), in_order


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the build wrote; ``re`` is left as it was."""
    module: Any = ModuleType(compiled_patterns.MODULE)
    module.FORM, module.PATTERNS = compiled_patterns.form(), {}
    monkeypatch.setitem(sys.modules, compiled_patterns.MODULE, module)
    monkeypatch.setattr(COMPILER, "compile", COMPILER.compile)
    return module


@pytest.mark.parametrize(("pattern", "flags"), [TEXT, BYTES])
def test_what_is_taken_is_what_re_makes(build: Any, pattern: Any, flags: int) -> None:
    anew = COMPILER.compile(pattern, flags)
    build.PATTERNS[pattern, flags] = made(pattern, flags)
    compiled_patterns.use()
    taken = COMPILER.compile(pattern, flags)
    assert taken == anew
    assert (taken.groups, taken.groupindex, taken.flags) == (anew.groups, anew.groupindex, anew.flags)


def test_a_match_knows_its_groups_by_name(build: Any) -> None:
    build.PATTERNS[TEXT] = made(*TEXT)
    compiled_patterns.use()
    match = COMPILER.compile(*TEXT).fullmatch("27-X")
    assert match["day"] == "27" and match.lastgroup is None and match.group(2) == "X"


def test_the_pattern_is_taken_and_not_compiled(build: Any) -> None:
    build.PATTERNS["a", 0] = made("a", 0, code_of="b")
    compiled_patterns.use()
    assert COMPILER.compile("a", 0).match("b")
    assert COMPILER.compile("a", int(re.IGNORECASE)).match("A")
    assert COMPILER.compile(b"a", 0).match(b"a")


def test_a_pattern_that_the_build_does_not_know_is_compiled(build: Any) -> None:
    compiled_patterns.use()
    assert COMPILER.compile("[0-9]{2}").fullmatch("24")
    assert COMPILER.compile(COMPILER._parser.parse("x+")).fullmatch("xx")


def test_code_of_another_form_is_not_taken(build: Any) -> None:
    before, build.FORM = COMPILER.compile, ("another",)
    compiled_patterns.use()
    assert COMPILER.compile is before


def test_without_a_build_everything_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, compiled_patterns.MODULE, raising=False)
    before = COMPILER.compile
    compiled_patterns.use()
    assert COMPILER.compile is before
