"""A started stack of one's own, on free ports, whose MiniStack keeps its state over a restart."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stack.processes import free_ports
from stack.settings import ROOT, Settings

_STDERR = 2
"""Where the progress goes: what is printed may be a table."""


@contextmanager
def own_stack(name: str) -> Iterator[Settings]:
    """Runs in ``.local/<name>`` until the block ends, and is what the environment names meanwhile.
    subprocess.CalledProcessError where it does not start."""
    folder = ROOT / ".local" / name
    ports = free_ports(3)
    own = {
        "GATE24_STATE_DIR": str(folder.relative_to(ROOT)),
        "GATE24_AWS_PORT": str(ports[0]),
        "GATE24_BSP_PORT": str(ports[1]),
        "GATE24_OIDC_PORT": str(ports[2]),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "DETACH": "1",
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("functions", "infra/local")),
    }
    with pytest.MonkeyPatch.context() as environment:
        for variable, value in own.items():
            environment.setenv(variable, value)
        _stop()  # a killed run may have left one
        shutil.rmtree(folder / "state", ignore_errors=True)
        try:
            subprocess.run([sys.executable, "-m", "stack.start"], cwd=ROOT, check=True, stdout=_STDERR)
            yield Settings(folder, *ports)
        finally:
            _stop()


def _stop() -> None:
    subprocess.run([sys.executable, "-m", "stack.stop"], cwd=ROOT, check=True, capture_output=True)
