"""What a flow asks of DynamoDB and SQS: its requests, how many of them waited for one another, and the same requests
made once more by bare botocore clients, whose CPU is the floor of the flow's own.

A flow is recorded against whatever answers the store's clients (mostly ``memory_table``), and played again with the
same answers given right under botocore, so that nothing leaves the process and the table's emulation is not measured.
"""

from __future__ import annotations

import io
import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from statistics import median
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from gate24.store import aws, remembered, table
from tests.performance.without_moto import without_moto

ROUND_TRIP_SECONDS = 0.05
"""How long a request takes while the longest chain is looked for: long beside what is done between two of them."""

_HEADERS = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was made, and when (``time.monotonic``). ``answer`` and ``status`` are what came back."""

    service: str
    operation: str
    params: dict[str, Any]
    answer: bytes
    status: int
    began: float
    ended: float


@dataclass(slots=True)
class Requests:
    """The requests of a flow, in the order in which they ended."""

    made: list[Asked] = field(default_factory=list)

    @property
    def operations(self) -> list[str]:
        return [each.operation for each in self.made]

    @property
    def one_after_another(self) -> int:
        """The most requests of which each was made only after the one before had been answered."""
        count, free_from = 0, 0.0
        for each in sorted(self.made, key=lambda each: each.ended):
            if each.began >= free_from:
                count, free_from = count + 1, each.ended
        return count


def _clients() -> dict[str, Any]:
    return {"dynamodb": table.connection().connection.client, "sqs": aws.sqs()}


@contextmanager
def asked_of_aws(seconds: float = 0.0) -> Iterator[Requests]:
    """Records what is asked inside the block. ``seconds``: how much longer each request takes."""
    found, lock = Requests(), threading.Lock()
    with pytest.MonkeyPatch.context() as patch:
        for service, client in _clients().items():
            patch.setattr(client, "_make_api_call", _recording(service, client._make_api_call, found, lock, seconds))
        yield found


def _recording(
    service: str, call: Callable[[str, Any], Any], found: Requests, lock: threading.Lock, seconds: float
) -> Callable[[str, Any], Any]:
    def made(operation: str, params: dict[str, Any]) -> Any:
        began, asked = time.monotonic(), dict(params)
        time.sleep(seconds)
        answer: Any = {}
        status = 200
        try:
            return (answer := call(operation, params))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            answer = {**error.response, "__type": code, "message": code}
            status = 400
            raise
        finally:
            body = json.dumps({name: each for name, each in answer.items() if name != "ResponseMetadata"}, default=_b64)
            with lock:
                found.made.append(Asked(service, operation, asked, body.encode(), status, began, time.monotonic()))

    return made


def _b64(value: bytes) -> str:
    return b64encode(bytes(value)).decode()


def chain(work: Callable[[], object], seconds: float = ROUND_TRIP_SECONDS) -> Requests:
    """The requests of the flow while each takes so long; see ``one_after_another``."""
    with asked_of_aws(seconds) as found:
        work()
    return found


class _Answers:
    """Gives each client the recorded answers, operation by operation in their order, round after round."""

    def __init__(self, made: list[Asked]) -> None:
        by_operation: dict[str, list[Asked]] = {}
        for each in made:
            by_operation.setdefault(each.operation, []).append(each)
        self._asked = {operation: _forever(of_it) for operation, of_it in by_operation.items()}

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        each = next(self._asked[operation])
        body = each.answer
        return AWSResponse(request.url, each.status, _HEADERS, SimpleNamespace(stream=lambda **_: iter((body,))))


def _forever(asked: list[Asked]) -> Iterator[Asked]:
    while True:
        yield from asked


@contextmanager
def _answered(clients: dict[str, Any], made: list[Asked]) -> Iterator[None]:
    # botocore sends nothing where a "before-send" hook gives a response.
    hooks = {service: _Answers([each for each in made if each.service == service]) for service in clients}
    for service, client in clients.items():
        client.meta.events.register_first(f"before-send.{service}.*", hooks[service])
    try:
        yield
    finally:
        for service, client in clients.items():
            client.meta.events.unregister(f"before-send.{service}.*", hooks[service])


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU of a flow and of the bare requests that it makes, in microseconds, one figure a round; measured in turns."""

    ours: list[float]
    bare: list[float]

    @property
    def times_the_floor(self) -> float:
        """The middle of the rounds' ratios: a round's two figures are of the same moment of a busy machine."""
        return median(self.times)

    @property
    def times(self) -> list[float]:
        return [ours / bare for ours, bare in zip(self.ours, self.bare, strict=True)]


def cpu(work: Callable[[], object], made: list[Asked], rounds: int = 9, times: int = 30) -> Spent:
    """The CPU of the flow beside that of bare clients which make the ``made`` requests. The flow has to ask the same
    each time."""
    bare = {service: botocore.session.get_session().create_client(service) for service in ("dynamodb", "sqs")}

    def floor() -> None:
        for each in made:
            try:
                getattr(bare[each.service], xform_name(each.operation))(**each.params)
            except ClientError:
                assert each.status == 400

    ours = _clients()
    with pytest.MonkeyPatch.context() as patch, without_moto(), redirect_stdout(io.StringIO()):
        patch.setattr(remembered, "monotonic", lambda: 0.0)  # what the process remembers stays
        for client in ours.values():
            if "_make_api_call" in vars(client):
                patch.delattr(client, "_make_api_call")
        with _answered(ours, made), _answered(bare, made):
            work()
            floor()
            found = [(_us(work, times), _us(floor, times)) for _ in range(rounds)]
    return Spent([each for each, _ in found], [each for _, each in found])


def _us(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1_000_000
