"""``make test``: runs all tests, those of ``tests/e2e`` against a separate stack on free ports, and when these have
passed, on the same stack, short forms of the soak's tests that kill functions and restart MiniStack."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from stack.processes import free_ports
from stack.settings import ROOT

_FOLDER = ".local/test"
_STATE = ROOT / _FOLDER / "state"
_IN_TROUBLE = (
    *("-n", "0", "-m", "soak"),
    *("tests/soak/test_events_out_in_trouble.py", "tests/soak/test_stack_in_trouble.py"),
)
_SECONDS_IN_TROUBLE = "30"
"""Of trouble; what was cut off needs as long again to come to its end."""
_WITHOUT_STACK = ("tests/contract", "tests/integration", "tests/unit")
"""The short ones last, so that both processes end at the same time."""
_LONG = (
    "test_events.py",
    "test_deploy_page.py",
    "test_console_mock.py",
    "test_examples.py",
    "test_main_job.py",
    "test_console.py",
)
"""The long files of the end-to-end tests; the first one mostly waits, while the other process computes."""
_SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""Two processes, each test file in one of them, in the order of the arguments: most tests wait more than they compute.
By its own order pytest-xdist would begin the longest file, which has two tests, at the end."""

_ONCE_MORE = ("-n", "0", "--maxfail", "1", "--last-failed", "--last-failed-no-failures", "none")


def main() -> int:
    """Returns pytest's exit status, or 1 if the stack cannot be built or started. Logs stay in the stack's folder."""
    aws_port, bsp_port, oidc_port = free_ports(3)
    stack_settings = {
        "GATE24_STATE_DIR": _FOLDER,
        "GATE24_AWS_PORT": str(aws_port),
        "GATE24_BSP_PORT": str(bsp_port),
        "GATE24_OIDC_PORT": str(oidc_port),
        "GATE24_ENFORCE_IAM": "1",  # a call that a function's role does not allow fails here too
        "DETACH": "1",
        "PERSIST_STATE": "1",  # over the restart of MiniStack
        "STATE_DIR": str(_STATE),
        "GATE24_SOAK_SECONDS": _SECONDS_IN_TROUBLE,
        "GATE24_SOAK_SHORT": "1",
    }
    environment = os.environ | stack_settings
    if _run("stack.build", environment) != 0:
        return 1
    without_stack = _tested(environment, *_WITHOUT_STACK)
    return max(without_stack, _on_a_stack(environment))


def _on_a_stack(environment: dict[str, str]) -> int:
    """Runs the end-to-end tests; where they pass the short soak, whose restart begins a new log. Stopping the stack
    prints nothing, so that pytest's summary comes last."""
    _run("stack.stop", environment)  # a killed run may have left one
    shutil.rmtree(_STATE, ignore_errors=True)
    if _run("stack.start", environment) != 0:
        return 1
    try:
        end_to_end = _tested(environment, *_end_to_end())
        return end_to_end or _run("pytest", environment, *_IN_TROUBLE, *sys.argv[1:])
    finally:
        subprocess.run(
            [sys.executable, "-m", "stack.stop"], cwd=ROOT, env=environment, check=False, capture_output=True
        )


def _tested(environment: dict[str, str], *files: str) -> int:
    """pytest's exit status. What fails is tried once more, by itself, as no machine is always as quick as a test in a
    browser takes it to be; pytest's words on the first time stay above. What fails again ends it at once."""
    status = _run("pytest", environment, *_SIDE_BY_SIDE, *files, *sys.argv[1:])
    if status != pytest.ExitCode.TESTS_FAILED:
        return status
    print("What failed is tried once more, with nothing beside it:", flush=True)
    return _run("pytest", environment, *_ONCE_MORE, *files, *sys.argv[1:])


def _end_to_end() -> list[str]:
    """The files of the end-to-end tests, the long ones first."""
    folder = ROOT / "tests" / "e2e"
    names = [*_LONG, *sorted({file.name for file in folder.glob("test_*.py")} - set(_LONG))]
    return [str((folder / name).relative_to(ROOT)) for name in names]


def _run(module: str, environment: dict[str, str], *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
