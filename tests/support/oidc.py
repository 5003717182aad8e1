"""The local stack's OIDC provider by itself, with the demo's members."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.processes import Processes, free_ports, wait_for
from stack.settings import ROOT
from stack.start import oidc_command


@contextmanager
def oidc_provider(folder: Path, *more: str) -> Iterator[str]:
    """Runs until the block ends; its address. ``more``: further arguments of its command."""
    (port,) = free_ports(1)
    processes = Processes(folder)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "infra" / "local")}
    try:
        process = processes.start("oidc", [*oidc_command(port), *more], environment, folder / "oidc.log")
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/.well-known/openid-configuration", process, folder / "oidc.log", seconds=60)
        yield url
        process.terminate()
        process.wait(timeout=10)
    finally:
        processes.end()
