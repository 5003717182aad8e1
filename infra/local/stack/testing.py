"""``make test``: all tests, those of ``tests/e2e`` against a stack of their own on free ports."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from stack.settings import ROOT

_FOLDER = ".local/test"


def main() -> int:
    """Returns pytest's exit status, or 1 when the stack for the tests does not start. Its folder keeps the logs."""
    aws_port, bsp_port = _free_ports(2)
    own = {
        "GATE24_STATE_DIR": _FOLDER,
        "GATE24_AWS_PORT": str(aws_port),
        "GATE24_BSP_PORT": str(bsp_port),
        "GATE24_ENFORCE_IAM": "1",  # so that a permission that a function's role lacks is missing here too
        "DETACH": "1",
    }
    environment = os.environ | own
    _run("stack.stop", environment)  # left by a run that was killed
    if _run("stack.start", environment) != 0:
        return 1
    try:
        return _run("pytest", environment, *sys.argv[1:])
    finally:
        # pytest's closing lines are to be the last ones
        subprocess.run(
            [sys.executable, "-m", "stack.stop"], cwd=ROOT, env=environment, check=False, capture_output=True
        )


def _run(module: str, environment: dict[str, str], *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, check=False).returncode


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


if __name__ == "__main__":
    sys.exit(main())
