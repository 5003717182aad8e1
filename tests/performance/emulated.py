"""A function's start and its first request under AWS's Runtime Interface Emulator, which comes with the SAM CLI, each
time in a new process that has the standard library, AWS's runtime and the function's own folder (``stack.emulator``).

AWS answers from this process: the table in memory, which is for each start as it was; the rest is moto's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import requests
from botocore.exceptions import ClientError

from stack.emulator import emulating
from stack.event_files import EVENTS
from stack.settings import ROOT
from stack.template import source
from tests.performance import bench_cold
from tests.support import media_files
from tests.support.hooks import make_webhook, queued_records
from tests.support.memory_table import MemoryTable, memory_table
from tests.support.scene import new_number, now, queued_days
from tests.support.system import CONTEXT, GUPSHUP, TEXT, handler, system
from tests.support.warm_flows import FLOWS, Scene, event_of

OTHER_TABLE = "bench"
"""Of the functions that gate24's are held against: it has nothing, and takes everything."""

_RUNTIME = ROOT / "tests" / "performance" / "functions" / "runtime.py"
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Start:
    """Milliseconds. ``runtime``: CPU of the interpreter and of AWS's runtime, before the function's own code.
    ``init``: CPU of the function's code until its first event is asked for; ``first``: CPU from that event to its
    answer. ``wall``: from the event that has the process started to its answer."""

    runtime: float
    init: float
    first: float
    wall: float

    @property
    def cold(self) -> float:
        """CPU of both: what the first caller waits for at least."""
        return self.init + self.first


@dataclass(frozen=True, slots=True)
class Case:
    """A function and the event of its first request, which ``asks`` describes. ``variables``: what the template gives
    it, beside what Lambda does."""

    name: str
    asks: str
    entry: str
    event: Any
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class World:
    """An AWS at ``url`` with what the events are about, and what the last start ``asked`` of it. ``cases``: every
    function of gate24."""

    url: str
    held: MemoryTable
    first: MemoryTable
    cases: tuple[Case, ...]
    asked: list[str]

    def start(self, case: Case, folders: Sequence[Path], python: str, libraries: Path) -> Start:
        """One start with the first request. ``folders``: of its code. ``libraries``: has ``awslambdaric`` for that
        Python."""
        self.asked.clear()
        was = self.first.copy()
        self.held.partitions, self.held.index = was.partitions, was.index
        with tempfile.TemporaryDirectory() as folder:
            log, written = Path(folder, "log"), Path(folder, "moments")
            runtime = [python, "-I", "-S", "-B", str(_RUNTIME)]
            runtime += [os.pathsep.join(map(str, folders)), str(libraries), str(written), case.entry]
            environment = _environment(self.url) | dict(case.variables)
            with log.open("wb") as output, emulating(runtime, folders[0], environment, _SECONDS, output) as function:
                began = time.monotonic()
                answer = json.loads(function.invoke(json.dumps(case.event)))
                _wait_for(written)
            if not _is_good(answer):
                raise RuntimeError(f"{case.name} answered {answer}: {log.read_text(errors='replace')[-1500:]}")
            (runtime_cpu, _), (asked, _), (given, _), (posted, ended) = json.loads(written.read_text())
        return Start(*(1000 * each for each in (runtime_cpu, asked - runtime_cpu, posted - given, ended - began)))


@contextmanager
def world() -> Iterator[World]:
    with (
        tempfile.TemporaryDirectory() as folder,
        system(Path(folder)) as gate24,
        memory_table(gate24.dynamodb) as held,
    ):
        cases = tuple(_cases(Scene(gate24, held, now())))
        asked: list[str] = []
        answers = type("_Answers", (_Aws,), {"held": held, "asked": asked})
        with ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
            server.daemon_threads, server.block_on_close = True, False
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            try:
                yield World(f"http://127.0.0.1:{server.server_port}", held, held.copy(), cases, asked)
            finally:
                server.shutdown()


def other(name: str, asks: str) -> Case:
    """One of ``tests.performance.functions``, which gate24's are held against."""
    event = json.loads((EVENTS / "send_gate" / "freeform.json").read_text(encoding="utf-8"))
    event["body"] = json.dumps({"to": "+919876543210", **TEXT})
    entry = f"tests.performance.functions.{name}.lambda_handler"
    return Case(name, asks, entry, event, {"BENCH_TABLE": OTHER_TABLE})


def _is_good(answer: Any) -> bool:
    status = answer.get("statusCode", 200)
    return status in range(200, 300) and answer.get("isAuthorized", True) and not answer.get("batchItemFailures")


def _cases(scene: Scene) -> Iterator[Case]:
    for name, (asks, event) in _events(scene).items():
        entry = f"{bench_cold.HANDLERS[name]}.handler.lambda_handler"
        given = {variable: os.environ[variable] for variable in _variables(name) if variable in os.environ}
        yield Case(name, asks, entry, event, given)


def _events(scene: Scene) -> dict[str, tuple[str, Any]]:
    """By function: what its first request is, and its event."""
    flows = {each.name: each for each in FLOWS}

    def of(flow: str) -> tuple[str, Any]:
        return flow, event_of(flows[flow], scene)

    admin = json.loads((EVENTS / "admin_api" / "get_organization.json").read_text(encoding="utf-8"))
    media_files.sends_file(scene.gate24, GUPSHUP, phone=new_number())
    schedule = {"scheduled_at": "now"}
    found = {
        "InboundWebhook": of("inbound text, Gupshup"),
        "SendGate": of("freeform, Gupshup"),
        "ReadApi": of("read a contact"),
        "Authorizer": of("authorizer"),
        "AdminApi": ("an organization", admin),
        "FetchMedia": ("one file", {"Records": media_files.queued()}),
        "TellChanges": of("a change told to one webhook"),
        "DeliverEvents": ("a delivery", _delivery(scene)),
    }
    handler("cost_rollup")(schedule, CONTEXT)
    found["DayRollup"] = "a day", {"Records": queued_days()[:1]}
    schedules = ("CostRollup", "Retention", "CloseWindows", "RetryDeliveries")
    return found | dict.fromkeys(schedules, ("a run of the schedule", schedule))


def _delivery(scene: Scene) -> Any:
    """Of an event to a webhook that answers."""
    hook = make_webhook(scene.gate24)
    event = event_of(next(each for each in FLOWS if each.function == "tell_changes"), scene)
    assert handler("tell_changes")(event, CONTEXT) == {"batchItemFailures": []}
    return {"Records": [each for each in queued_records() if hook["id"] in json.dumps(each)][-1:]}


@cache
def _variables(function: str) -> frozenset[str]:
    """Names of those that the template gives it: it reads the secrets that it does in AWS, and no others."""
    template = source()
    both = (template["Globals"]["Function"], template["Resources"][function]["Properties"])
    return frozenset(name for each in both for name in each.get("Environment", {}).get("Variables", {}))


def _environment(url: str) -> dict[str, str]:
    """What Lambda gives every function, and the address of the AWS."""
    return bench_cold.environment() | {
        "AWS_ENDPOINT_URL": url,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }


def _wait_for(path: Path) -> None:
    until = time.monotonic() + _SECONDS
    while not path.exists():
        if time.monotonic() > until:
            raise RuntimeError("The runtime did not say what it spent")
        time.sleep(0.005)


def runtime_of(python: str) -> Path | None:
    """A folder with ``awslambdaric`` for another Python; None where pip cannot install it."""
    wanted = version("awslambdaric")
    folder = bench_cold.BESIDE / f"{Path(python).name}-awslambdaric-{wanted}"
    if not folder.exists():
        making = folder.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        command = [python, "-m", "pip", "install", "--quiet", "--target", str(making), f"awslambdaric=={wanted}"]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return None
        making.rename(folder)
    return folder


class _Aws(BaseHTTPRequestHandler):
    """DynamoDB as ``memory_table`` knows it, and what else moto answers."""

    protocol_version = "HTTP/1.1"
    held: ClassVar[MemoryTable]
    asked: ClassVar[list[str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        self.asked.append(operation or f"{self.command} {self._service()}")
        if target.startswith("DynamoDB"):
            self._say(*self._dynamodb(operation, json.loads(body, object_hook=_with_bytes)))
            return
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Content-Length")}
        url = f"https://{self._service()}.{os.environ['AWS_REGION']}.amazonaws.com{self.path}"
        answer = requests.request(self.command, url, headers=headers, data=body, timeout=_SECONDS)
        self._say(answer.status_code, answer.content, answer.headers)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST

    def _service(self) -> str:
        """As the signature names it: ``Credential=KEY/DATE/REGION/SERVICE/aws4_request``."""
        return str(self.headers["Authorization"]).split("/")[3]

    def _dynamodb(self, operation: str, asked: dict[str, Any]) -> tuple[int, bytes, Mapping[str, str]]:
        kind = {"Content-Type": "application/x-amz-json-1.0"}
        try:
            answer = {} if asked.get("TableName") == OTHER_TABLE else self.held.call(None, operation, asked)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return 400, json.dumps({**error.response, "__type": code, "message": code}, default=_base64).encode(), kind
        return 200, json.dumps(answer, default=_base64).encode(), kind

    def _say(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        told = ("content-type", "etag", "x-amz")
        kept = {name: value for name, value in headers.items() if name.lower().startswith(told)}
        for name, value in {**kept, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """DynamoDB's binary values are base64 in its JSON."""
    return {"B": b64decode(value["B"])} if value.keys() == {"B"} and isinstance(value["B"], str) else value


def _base64(value: bytes) -> str:
    return b64encode(value).decode()
