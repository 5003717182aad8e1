"""DynamoDB Local, fetched from Maven Central and run for a test session.

moto is not atomic, invents capacity figures and never expires an item; what rests on those is tested here.
"""

import contextlib
import fcntl
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from stack.settings import ROOT
from tests.support.requirement import missing

_POM = Path(__file__).with_name("dynamodb_local.pom.xml")
_HOME = ROOT / ".local" / "dynamodb-local"
_MAIN = "software.amazon.dynamodb.services.local.main.ServerRunner"
_START_SECONDS = 60.0
_FETCH_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class DynamoDBLocal:
    """A running DynamoDB Local. ``endpoint`` is its URL."""

    endpoint: str

    def client(self) -> Any:
        """A boto3 client of it. Its data is separate from other credentials' and regions' data."""
        return boto3.client(
            "dynamodb",
            endpoint_url=self.endpoint,
            region_name="ap-south-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


@contextlib.contextmanager
def start_dynamodb_local(workdir: Path) -> Iterator[DynamoDBLocal]:
    """Run it in memory on a free port until the block ends. ``workdir`` takes its output.

    Skips (or fails, see ``requirement.missing``) where Java or Maven is missing.
    """
    java = shutil.which("java")
    if java is None:
        missing("DynamoDB Local needs Java 17 or later: install a JRE (Debian: default-jre-headless)")
    libraries = _libraries()
    port = _free_port()
    log = workdir / "dynamodb-local.log"
    command = [java, f"-Djava.library.path={libraries}", "-cp", f"{libraries}/*", _MAIN]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "-inMemory", "-disableTelemetry", "-port", str(port)],
            cwd=workdir,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_listening(process, port, log)
        yield DynamoDBLocal(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=20)


def _libraries() -> Path:
    """The folder with DynamoDB Local's jars, fetched when they are not there yet."""
    _HOME.mkdir(parents=True, exist_ok=True)
    done = _HOME / "fetched"
    with (_HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest-xdist's workers come at the same time
        if not done.exists() or done.read_bytes() != _POM.read_bytes():
            _fetch()
            done.write_bytes(_POM.read_bytes())
    return _HOME / "lib"


def _fetch() -> None:
    maven = shutil.which("mvn")
    if maven is None:
        missing("DynamoDB Local is fetched by Maven: install it (Debian: maven)")
    fetched = subprocess.run(
        [
            maven,
            "--batch-mode",
            "--quiet",
            f"--file={_POM}",
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={_HOME / 'lib'}",
        ],
        capture_output=True,
        text=True,
        timeout=_FETCH_SECONDS,
        check=False,
    )
    if fetched.returncode != 0:
        missing(f"Maven could not fetch DynamoDB Local: {fetched.stdout[-600:]}{fetched.stderr[-600:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"DynamoDB Local did not start:\n{log.read_text()[-2000:]}")
