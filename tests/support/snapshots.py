"""Lambda SnapStart as far as a function notices it: AWS's own runtime runs a handler from its start over the snapshot
to the calls after it, against an AWS whose credentials are others after it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import requests

from stack.settings import ROOT

_SERVICES = {"DynamoDB_20120810": "dynamodb", "secretsmanager": "secretsmanager"}
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """What AWS was asked, and by whom."""

    operation: str
    access_key: str


@dataclass(slots=True)
class Snapshot:
    """A function whose snapshot is being taken. ``made``: its requests to AWS. ``lives_seconds``: how long the
    credentials are good that it is given from now on, whose access key is ``access_key``."""

    access_key: str = "ASIABEFORE"
    lives_seconds: int = 60
    made: list[Request] = field(default_factory=list)
    open_connections: set[Any] = field(default_factory=set)
    is_taken: threading.Event = field(default_factory=threading.Event)
    is_restored: threading.Event = field(default_factory=threading.Event)
    events: queue.Queue[str] = field(default_factory=queue.Queue)
    answers: queue.Queue[Any] = field(default_factory=queue.Queue)

    def restore(self) -> None:
        """Lets a process begin from the snapshot, long after: with the credentials of then."""
        self.access_key, self.lives_seconds = "ASIAAFTER", 3600
        self.is_restored.set()

    def invoke(self, event: dict[str, Any]) -> Any:
        """The function's answer to the event."""
        self.events.put(json.dumps(event))
        return self.answers.get(timeout=_SECONDS)


@contextmanager
def snapshot(handler: str, log: Path, hooks: bool = True) -> Iterator[Snapshot]:
    """The function has started, with the environment and the AWS of the test's system, and its snapshot is taken.
    ``hooks``: whether the runtime has the library for them."""
    taken = Snapshot()
    with _Server(("127.0.0.1", 0), type("_Handler", (_Lambda,), {"taken": taken})) as server, log.open("wb") as written:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        started = f"sys.path[:0] = [{str(ROOT / 'functions')!r}]\n"
        if not hooks:
            started += "sys.modules['snapshot_restore_py'] = None\n"
            started += "from awslambdaric import bootstrap\n"
            started += "bootstrap.on_init_complete = lambda client, log: client.restore_next()\n"
        started += f"import awslambdaric.__main__ as runtime\nruntime.main(['bootstrap', {handler!r}])"
        process = subprocess.Popen(
            [sys.executable, "-c", f"import sys\n{started}"],
            env=_environment(f"127.0.0.1:{server.server_port}"),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
        try:
            assert taken.is_taken.wait(_SECONDS), log.read_text()
            yield taken
        finally:
            process.kill()
            process.wait()
            server.shutdown()


def _environment(address: str) -> dict[str, str]:
    """The system's, without the keys of a process that has no snapshot."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") or name.endswith("REGION")}
    return kept | {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{address}/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False

    def handle_error(self, request: object, client_address: object) -> None:
        """A process that ends resets its connections."""


class _Lambda(BaseHTTPRequestHandler):
    """Lambda's runtime API, the credentials of a container, and AWS, whose answers are moto's."""

    protocol_version = "HTTP/1.1"
    taken: ClassVar[Snapshot]

    def do_GET(self) -> None:
        if self.path == "/credentials":
            assert self.headers["Authorization"] == "token"
            self._say(200, json.dumps(_credentials(self.taken)).encode())
        elif self.path.endswith("/restore/next"):
            self.taken.is_taken.set()
            self.taken.is_restored.wait(_SECONDS)
            self._say(200)
        elif self.path.endswith("/invocation/next"):
            headers = {"Lambda-Runtime-Aws-Request-Id": "1", "Lambda-Runtime-Deadline-Ms": "9999999999999"}
            self._say(200, self.taken.events.get().encode(), {"Content-Type": "application/json", **headers})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "/runtime/" in self.path:
            self.taken.answers.put(json.loads(body))
            self._say(202)
            return
        service, _, operation = self.headers["X-Amz-Target"].partition(".")
        access_key = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        self.taken.made.append(Request(operation, access_key))
        self.taken.open_connections.add(self)
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Content-Length")}
        url = f"https://{_SERVICES[service]}.{os.environ['AWS_REGION']}.amazonaws.com/"
        answered = requests.post(url, headers=headers, data=body, timeout=_SECONDS)
        self._say(answered.status_code, answered.content, {"Content-Type": headers["Content-Type"]})

    def finish(self) -> None:
        self.taken.open_connections.discard(self)
        super().finish()

    def _say(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _credentials(taken: Snapshot) -> dict[str, str]:
    until = datetime.now(UTC) + timedelta(seconds=taken.lives_seconds)
    return {
        "AccessKeyId": taken.access_key,
        "SecretAccessKey": "secret",
        "Token": "token",
        "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
