"""Runs a built function under AWS's Runtime Interface Emulator, which comes with the SAM CLI, without Docker.

The emulator takes one event at a time over HTTP. At the first it starts the function's process, with AWS's own runtime.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from stack.build import ARTIFACT
from stack.processes import free_ports
from stack.progress import StartError
from stack.settings import ARCHITECTURE, Settings

_INVOCATIONS = "/2015-03-31/functions/function/invocations"
_RUNTIME = Path(__file__).with_name("lambda_runtime.py")
_START_SECONDS = 20.0
_WAIT_SECONDS = 10.0
"""Beyond the function's own timeout, after which the emulator says that it is over."""

_END_SECONDS = 5.0


class FunctionFailed(Exception):
    """The function did not answer: it raised, ended or ran out of time. The text says what the runtime says."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A function that is ready to be invoked. ``seconds``: how long one invocation may take at most."""

    port: int
    seconds: float

    def invoke(self, event: str) -> str:
        """The function's answer to the event, both JSON. FunctionFailed where there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.seconds)
        try:
            connection.request("POST", _INVOCATIONS, event.encode(), {"Content-Type": "application/json"})
            response = connection.getresponse()
            status, text = response.status, response.read().decode()
        except TimeoutError:
            raise FunctionFailed(f"no answer within {self.seconds:.0f} seconds") from None
        except (OSError, http.client.HTTPException) as error:
            raise FunctionFailed(f"the emulator ended ({type(error).__name__})") from None
        finally:
            connection.close()
        if status != http.client.OK or not _is_answer(text):
            raise FunctionFailed(_reason(text))
        return text


@contextlib.contextmanager
def emulated(
    logical_id: str, configuration: Mapping[str, Any], settings: Settings, log: IO[bytes]
) -> Iterator[Emulator]:
    """The function of that logical id, with the configuration of the deployed one, until the block ends; then its
    processes are ended. ``log``: what it and the emulator write. StartError if the emulator does not start."""
    artifact, environment = ARTIFACT / logical_id, _environment(configuration, settings)
    runtime = [sys.executable, "-I", "-S", "-B", str(_RUNTIME)]
    runtime += [str(artifact), str(folder_of("awslambdaric")), configuration["Handler"]]
    with emulating(runtime, artifact, environment, configuration["Timeout"], log) as emulator:
        yield emulator


@contextlib.contextmanager
def emulating(
    runtime: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float, log: IO[bytes]
) -> Iterator[Emulator]:
    """As ``emulated``, of any command that is a runtime, whose last argument is the handler. ``timeout``: the
    function's, in seconds."""
    port, runtime_port = free_ports(2)
    process = subprocess.Popen(
        [
            str(binary()),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
            *("--log-level", "error"),
            *runtime,
        ],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        _wait_for(port, process)
        yield Emulator(port, timeout + _WAIT_SECONDS)
    finally:
        _end(process)


def binary() -> Path:
    return folder_of("samcli") / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"


def folder_of(package: str) -> Path:
    """Where the package is installed. StartError if it is not."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise StartError(f"{package} is not installed: AWS's emulator and runtime run on Linux alone.")
    return Path(found.origin).parents[1]


def _environment(configuration: Mapping[str, Any], settings: Settings) -> dict[str, str]:
    """What Lambda gives the function, the address and the credentials of the local AWS, and nothing of this shell."""
    aws = {name: value for name, value in settings.aws_environment().items() if name.startswith("AWS_")}
    given = {
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": configuration["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(configuration["Timeout"]),  # the emulator's
        "AWS_LAMBDA_LOG_FORMAT": configuration["LoggingConfig"]["LogFormat"],
        "LANG": "en_US.UTF-8",
        "PATH": os.environ["PATH"],
        "TZ": ":UTC",
    }
    variables: dict[str, str] = configuration["Environment"]["Variables"]
    return aws | given | variables


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise StartError("The Runtime Interface Emulator did not start.")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the emulator, which ends the function's process; what is left of the group is killed."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _is_answer(text: str) -> bool:
    """Whether the function answered. The emulator gives its errors as 200, too: the runtime's as this object, and that
    the time is over as a sentence."""
    try:
        said = json.loads(text)
    except ValueError:
        return False
    return not (isinstance(said, dict) and said.keys() >= {"errorMessage", "errorType", "stackTrace"})


def _reason(text: str) -> str:
    """The error as the runtime or the emulator words it."""
    try:
        error = json.loads(text)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, LookupError, TypeError):
        return text.strip() or "it ended without a word"
