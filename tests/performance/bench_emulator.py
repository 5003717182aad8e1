"""INIT and the first request of each function under AWS's Runtime Interface Emulator, on the oldest and on the newest
Python that Lambda runs, with the secrets read that the function reads in AWS.

CPU of the function's process, the artifact alone (``tests.performance.emulated``). In turn with it are measured one
bare botocore client that makes one GetItem, a function as guides show it, and one that does nothing: what AWS's
runtime needs before it comes to the function's code, which is in none of the other figures.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from stack import emulator
from stack.progress import StartError
from stack.settings import ROOT
from tests.performance import bench_cold, emulated
from tests.performance.bench_cold import WITHIN_CONVENTIONAL, WITHIN_FLOOR
from tests.performance.emulated import Case, Start, World
from tests.performance.rows import Part, Row, middle
from tests.support.requirement import missing

ROUNDS = 3
PYTHONS = ("python3.11", "python3.13")
"""The oldest and the newest; 3.12 lies between."""

RUNTIME_MS = 150.0
"""CPU of the interpreter and of AWS's runtime: nothing of it is ours. A machine on which it is more is too slow, or too
busy, for the figures beside it."""

FIRST_MS = 100.0
"""CPU of a first request, which does in full what the function is for: a tenth of a second at 1,769 MB."""

_BARE, _USUAL = "one bare botocore client and one GetItem", "the conventional way"
_OTHERS = {"empty": "nothing", "bare": _BARE, "usual": _USUAL}

Measured = dict[str, list[Start]]


def _group(python: str) -> str:
    return f"Runtime Interface Emulator, {python}, CPU of the process but for the runtime's own"


def rows() -> Iterator[Row]:
    bench_cold.require_artifact()
    runtime = _own_runtime()
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    others = dict(bench_cold.interpreters())
    with emulated.world() as world:
        for name in dict.fromkeys((own, *PYTHONS)):
            if name == own:
                yield from _of_python(world, name, sys.executable, runtime)
            elif name not in others:
                yield Row(
                    _group(name), "not measured", None, "", missing=f"{name} is missing (pyenv install {name[6:]})"
                )
            elif (libraries := emulated.runtime_of(others[name])) is None:
                why = f"pip could not install awslambdaric for {name}: it needs PyPI"
                yield Row(_group(name), "not measured", None, "", missing=why)
            else:
                yield from _of_python(world, name, others[name], libraries)


def _own_runtime() -> Path:
    """The folder with AWS's runtime for this Python, where there is an emulator to run it."""
    try:
        binary, runtime = emulator.binary(), emulator.folder_of("awslambdaric")
    except StartError as error:
        missing(f"{error} (make install)")
    if not os.access(binary, os.X_OK):
        missing(f"the SAM CLI has no emulator for this machine: {binary.name} (make install on Linux)")
    return runtime


def _of_python(world: World, name: str, python: str, libraries: Path) -> Iterator[Row]:
    found = _measured(world, python, libraries)
    group, bare, usual = _group(name), found["bare"], found.get("usual")
    yield middle(group, "the runtime itself", [each.runtime for each in found["empty"]], "ms", RUNTIME_MS)
    if usual is None:
        yield Row(group, _USUAL, None, "", missing=bench_cold.NOT_INSTALLED)
    asks = _OTHERS | {each.name: f"{each.name}, {each.asks}" for each in world.cases}
    for function, starts in found.items():
        if function == "empty":
            continue
        for part, what in _SHOWN.items():
            floor = median(_of(bare, part))
            budget = FIRST_MS if part == "first" else WITHIN_FLOOR * floor
            name, times = f"{asks[function]}: {what}", _of(starts, part)
            if function in _OTHERS:
                yield middle(group, name, times, "ms", is_yardstick=True)
            else:
                yield middle(group, name, times, "ms", budget, floor)
    for function, starts in found.items():
        if function in _OTHERS:
            continue
        for part, what in _COMPARED.items():
            yield _times(group, f"{function}: {what}, times the floor", starts, bare, part, WITHIN_FLOOR)
            if usual is not None:
                name = f"{function}: {what}, times {_USUAL}"
                yield _times(group, name, starts, usual, part, WITHIN_CONVENTIONAL)


_SHOWN = {"init": "INIT", "first": "first request", "wall": "event to answer, by the clock"}
_COMPARED = {"init": "INIT", "cold": "INIT and first request"}


def _of(starts: list[Start], part: str) -> list[float]:
    return [getattr(each, part) for each in starts]


def _times(group: str, what: str, starts: list[Start], others: list[Start], part: str, budget: float) -> Row:
    """Each round compared within itself."""
    each = [one / another for one, another in zip(_of(starts, part), _of(others, part), strict=True)]
    return middle(group, what, each, "x", budget)


def _measured(world: World, python: str, libraries: Path) -> Measured:
    """All in turn, round after round; the first reads the files for the first time and does not count."""
    works = list(_works(world, python))
    found: Measured = {case.name: [] for case, _ in works}
    for _ in range(ROUNDS + 1):
        for case, folders in works:
            found[case.name].append(world.start(case, folders, python, libraries))
    return {name: starts[1:] for name, starts in found.items()}


def _works(world: World, python: str) -> Iterator[tuple[Case, list[Path]]]:
    """What is measured, with the folders of its code as this Python compiles them."""
    yield emulated.other("empty", _OTHERS["empty"]), [ROOT]
    yield emulated.other("bare", _BARE), [_compiled(python, bench_cold.plain_botocore()), ROOT]
    if (usual := bench_cold.conventional(python)) is not None:
        yield emulated.other("usual", _USUAL), [usual, ROOT]
    for case in world.cases:
        yield case, [_compiled(python, bench_cold.ARTIFACT / case.name)]


def _compiled(python: str, folder: Path) -> Path:
    """The folder itself where this Python compiled it; else a copy, kept until what it is a copy of changes."""
    if python == sys.executable:
        return folder
    stamp = bench_cold.ARTIFACT / "gate24-sources"
    made_of = stamp.read_text() if folder.parent == bench_cold.ARTIFACT and stamp.exists() else folder.name
    marker = bench_cold.BESIDE / f"{Path(python).name}-{folder.name}.of"
    wanted = hashlib.sha256(f"{python} {made_of}".encode()).hexdigest()
    copy = bench_cold.copy_for(python, folder)
    if not (marker.exists() and marker.read_text() == wanted and copy.exists()):
        marker.unlink(missing_ok=True)
        bench_cold.compiled_by(python, folder)
        marker.write_text(wanted)
    return copy


PARTS: tuple[Part, ...] = (("Runtime Interface Emulator", rows),)
