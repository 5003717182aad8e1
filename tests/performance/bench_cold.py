"""Each function's cold start, the artifact alone, beside one bare botocore client and beside the conventional way.

CPU of the import with the client made, in a new process that has the standard library and the artifact (``-I -S -B``).
Two others are measured in turn with it, so that a busy machine is busy for all:

- the floor: botocore as pip installs it, with all its data, and what it requires. What else a development environment
  has (awscrt, cryptography, pyOpenSSL), botocore and urllib3 would import where they find it; no Lambda has it.
- the conventional way: boto3's resource, and of Powertools logger, metrics, tracer, parser and idempotency.

Both have their bytecode, as the artifact has.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from types import MappingProxyType

from stack import patterns
from stack.settings import ROOT
from tests.performance.rows import Part, Row, middle
from tests.support.requirement import missing

ARTIFACT = ROOT / ".aws-sam" / "build"
BESIDE = ROOT / ".local" / "bench"
"""Where the libraries of the floor and of the conventional way lie."""

ROUNDS = 7
WITHIN_FLOOR, WITHIN_CONVENTIONAL = 1.0, 0.45
"""A function's cold start is to be no more than these shares of the other two."""

SECRET_MS = 30.0
"""What reading the contact key may add: two signed requests, the first of the process."""

HANDLERS = {
    "InboundWebhook": "inbound_webhook",
    "SendGate": "send_gate",
    "ReadApi": "read_api",
    "Authorizer": "authorizer",
    "CostRollup": "cost_rollup",
    "DayRollup": "day_rollup",
    "Retention": "retention",
    "TellChanges": "tell_changes",
    "CloseWindows": "close_windows",
    "DeliverEvents": "deliver_events",
    "RetryDeliveries": "retry_deliveries",
    "FetchMedia": "fetch_media",
    "AdminApi": "admin_api",
}
_COLD, _SIZES = "cold start, CPU of the import", "artifact, unzipped"
_OTHERS, _SECRET = "cold start, other Pythons", "cold start with the contact key read; the floor is without"
NOT_INSTALLED = "pip could not install boto3 and aws-lambda-powertools[parser,tracer]: it needs PyPI"
_FLOOR, _CONVENTIONAL = "one bare botocore client", "the conventional way"

_BARE = """
import botocore.session
botocore.session.get_session().create_client("dynamodb")
"""
_USUAL = """
import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventV2Model
logger, metrics, tracer = Logger(), Metrics(), Tracer()
table = boto3.resource("dynamodb").Table("bench")
class Text(BaseModel):
    body: str
class Send(BaseModel):
    to: str
    type: str
    text: Text | None = None
class Event(APIGatewayProxyEventV2Model):
    body: Send
@idempotent(config=IdempotencyConfig(), persistence_store=DynamoDBPersistenceLayer("bench"))
@event_parser(model=Event)
def lambda_handler(event, context):
    return {}
"""
_TIMED = """
import sys, time
sys.path.insert(0, {path!r})
started = time.process_time()
{work}
print((time.process_time() - started) * 1000)
"""


def environment() -> dict[str, str]:
    """What Lambda tells a function, and no secret to read: that needs an answer, which CPU is not."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "POWERTOOLS_LOG_LEVEL": "ERROR",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_TRACE_DISABLED": "1",
        "TABLE_NAME": "bench",
    }


def _cold_starts() -> Iterator[Row]:
    require_artifact()
    others = {_FLOOR: (plain_botocore(), _BARE), _CONVENTIONAL: (conventional(), _USUAL)}
    works = {name: (folder, work) for name, (folder, work) in others.items() if folder is not None}
    works |= {name: (ARTIFACT / name, f"import {module}.handler") for name, module in HANDLERS.items()}
    found = in_turn(works)
    floor = median(found[_FLOOR])
    for name, times in found.items():
        if name in others:
            yield middle(_COLD, name, times, "ms", is_yardstick=True)
        else:
            yield middle(_COLD, name, times, "ms", WITHIN_FLOOR * floor, floor)
    for name in HANDLERS:
        yield _times(f"{name}, times the floor", found[name], found[_FLOOR], WITHIN_FLOOR)
    if _CONVENTIONAL not in found:
        yield Row(_COLD, _CONVENTIONAL, None, "", missing=NOT_INSTALLED)
        return
    for name in HANDLERS:
        yield _times(f"{name}, times {_CONVENTIONAL}", found[name], found[_CONVENTIONAL], WITHIN_CONVENTIONAL)


def _other_pythons() -> Iterator[Row]:
    """The same for two functions under each other Python that template.yaml allows, where it is installed."""
    require_artifact()
    found = dict(interpreters())
    if not found:
        missing("no other Python that Lambda has is installed (pyenv install 3.13)")
    for name, python in found.items():
        works = {_FLOOR: (compiled_by(python, plain_botocore()), _BARE)}
        for function in ("InboundWebhook", "SendGate"):
            works[function] = (compiled_by(python, ARTIFACT / function), f"import {HANDLERS[function]}.handler")
        times = in_turn(works, python)
        for function in ("InboundWebhook", "SendGate"):
            row = _times(f"{function}, times the floor, {name}", times[function], times[_FLOOR], WITHIN_FLOOR)
            yield replace(row, group=_OTHERS)


def interpreters() -> Iterator[tuple[str, str]]:
    """Names and programs; what PATH has may be the shim of a version that does not start."""
    for minor in (11, 12, 13):
        name = f"python3.{minor}"
        installed = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/{name}"))
        for program in (shutil.which(name), *map(str, installed)):
            check = f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"
            starts = program and subprocess.run([program, "-c", check], capture_output=True, check=False)
            if program and starts and starts.returncode == 0 and sys.version_info[:2] != (3, minor):
                yield name, program
                break


def copy_for(python: str, libraries: Path) -> Path:
    return BESIDE / f"{Path(python).name}-{libraries.name}"


def compiled_by(python: str, libraries: Path) -> Path:
    copy = copy_for(python, libraries)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(libraries, copy, ignore=shutil.ignore_patterns("__pycache__"))
    patterns.write(copy, python)
    _compile(copy, python)
    return copy


def _compile(folder: Path, python: str) -> None:
    """Whatever of it that Python can compile: some libraries ship files for others."""
    command = [python, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, capture_output=True, check=False)


def _with_the_secret() -> Iterator[Row]:
    """INIT with the contact key read, as in AWS: a second service is asked, and the table for the key's fingerprint.
    A server in another process answers; the CPU is the function's alone."""
    require_artifact()
    with _answering_server() as url:
        secret = {"CONTACT_KEY_SECRET_ARN": "bench-key", "AWS_ENDPOINT_URL": url}
        for name in ("InboundWebhook", "SendGate"):
            work = f"import {HANDLERS[name]}.handler"
            without = [_cpu_ms(ARTIFACT / name, work, sys.executable) for _ in range(ROUNDS)]
            read = [_cpu_ms(ARTIFACT / name, work, sys.executable, secret) for _ in range(ROUNDS)]
            yield middle(_SECRET, name, read, "ms", median(without) + SECRET_MS, median(without))


@contextmanager
def _answering_server() -> Iterator[str]:
    """Secrets Manager with one secret, and an empty table."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


_SERVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        is_secret = self.headers["X-Amz-Target"].startswith("secretsmanager")
        body = b'{"Name": "bench-key", "SecretString": "key"}' if is_secret else b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
print(server.server_port, flush=True)
server.serve_forever()
"""


def _times(what: str, times: list[float], others: list[float], budget: float) -> Row:
    """Medians compared; the spread is that of the rounds, each compared within itself."""
    each = [mine / other for mine, other in zip(times, others, strict=True)]
    return Row(_COLD, what, median(times) / median(others), "x", budget, spread=(min(each), max(each)))


def in_turn(works: Mapping[str, tuple[Path, str]], python: str = sys.executable) -> dict[str, list[float]]:
    """Milliseconds of CPU of each work with its folder of libraries, one round after the other. The first round reads
    the files for the first time and does not count."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS + 1):
        for name, (path, work) in works.items():
            found[name].append(_cpu_ms(path, work, python))
    return {name: times[1:] for name, times in found.items()}


def _cpu_ms(path: Path, work: str, python: str, more: Mapping[str, str] = MappingProxyType({})) -> float:
    ran = subprocess.run(
        [python, "-I", "-S", "-B", "-c", _TIMED.format(path=str(path), work=work)],
        env=environment() | dict(more),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout.split()[-1])


def plain_botocore() -> Path:
    """A folder with botocore and what it requires, as pip installed them here: no data is taken out."""
    wanted = ("botocore", "jmespath", "dateutil", "urllib3", "six")
    versions = [version({"dateutil": "python-dateutil"}.get(name, name)) for name in wanted]
    folder = _folder("floor", *versions)
    if not folder.exists():
        making = _made_anew(folder)
        for name in wanted:
            found = importlib.util.find_spec(name)
            assert found is not None and found.origin is not None
            origin = Path(found.origin)
            if origin.name == "__init__.py":
                shutil.copytree(origin.parent, making / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(origin, making)
        _finished(making, folder)
    return folder


def conventional(python: str = sys.executable) -> Path | None:
    """A folder with boto3 and Powertools and all that it requires, for that Python; None where pip cannot install
    them."""
    powertools = f"aws-lambda-powertools[parser,tracer]=={version('aws-lambda-powertools')}"
    wanted = ("boto3", powertools, f"botocore=={version('botocore')}")
    folder = _folder("conventional" if python == sys.executable else f"{Path(python).name}-conventional", *wanted)
    if not folder.exists():
        making = _made_anew(folder)
        command = [python, "-m", "pip", "install", "--quiet", "--target", str(making), *wanted]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return None
        _finished(making, folder, python)
    return folder


def _folder(name: str, *what: str) -> Path:
    digest = hashlib.sha256(" ".join((sys.version, *what)).encode()).hexdigest()[:12]
    return BESIDE / f"{name}-{digest}"


def _made_anew(folder: Path) -> Path:
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    return making


def _finished(making: Path, folder: Path, python: str = sys.executable) -> None:
    _compile(making, python)
    making.rename(folder)


def _sizes() -> list[Row]:
    """Unzipped, as Lambda's limit of 250 MB counts it."""
    require_artifact()
    return [
        Row(_SIZES, folder.name, _bytes(folder) / 1024**2, "MB", budget=250)
        for folder in sorted(each for each in ARTIFACT.iterdir() if each.is_dir())
    ]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def require_artifact() -> None:
    if not (ARTIFACT / "SendGate").exists():
        missing("nothing is built (make build)")


PARTS: tuple[Part, ...] = (
    (_COLD, _cold_starts),
    (_OTHERS, _other_pythons),
    (_SECRET, _with_the_secret),
    (_SIZES, _sizes),
)
