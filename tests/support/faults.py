"""AWS and the BSP in memory, where any single call can be made to fail.

A call is what the code makes of a client: botocore's own repetitions are one call with it. Its answer may be that it is
refused, it may be lost on the way there or on the way back, and the function may be killed before or after it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from types import MethodType
from typing import Any, Literal
from urllib.parse import parse_qsl

from botocore.exceptions import ClientError, ReadTimeoutError

from gate24.providers import forward
from gate24.providers.interface import ProviderAnswer
from gate24.store import aws, table
from tests.support.memory_table import MemoryTable

FaultKind = Literal["throttled", "lost", "unanswered", "killed before", "killed after"]
OF_READS: tuple[FaultKind, ...] = ("throttled", "lost", "killed before")
"""A read whose answer is lost is as good as one that never took place."""
OF_WRITES: tuple[FaultKind, ...] = ("throttled", "lost", "unanswered", "killed before", "killed after")
BSP = "bsp.Send"
READS = ("GetItem", "Query", "BatchGetItem", "GetSecretValue", "Scan")


class Killed(BaseException):
    """The process is gone: no ``except Exception`` of a function notices it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``number``: which call of the run it strikes, from 1."""

    number: int
    kind: FaultKind


def kinds_of(call: str) -> tuple[FaultKind, ...]:
    """The faults that the call can have."""
    return OF_READS if call.partition(".")[2] in READS else OF_WRITES


@dataclass(slots=True)
class Calls:
    """Every call that is made while ``is_counting``, by ``service.Operation``. ``broken``: calls that fail all the
    time, as in an outage."""

    made: list[str] = field(default_factory=list)
    fault: Fault | None = None
    is_counting: bool = False
    has_struck: bool = False
    is_dead: bool = False
    broken: frozenset[str] = frozenset()

    def make(self, name: str, call: Callable[[], Any], fails: Callable[[FaultKind], Any]) -> Any:
        """The answer of ``call``, unless the fault strikes here: then what ``fails`` raises or answers."""
        if self.is_dead:
            raise Killed
        if name in self.broken:
            return fails("lost")
        if not self.is_counting:
            return call()
        self.made.append(name)
        fault = self.fault
        if fault is None or len(self.made) != fault.number:
            return call()
        self.has_struck = True
        if fault.kind == "killed before":
            self.is_dead = True
            raise Killed
        if fault.kind in ("unanswered", "killed after"):
            call()
        if fault.kind == "killed after":
            self.is_dead = True
            raise Killed
        return fails(fault.kind)


@dataclass(slots=True)
class QueuedMessage:
    """A message of a queue, which is seen from ``at`` on (epoch ms)."""

    id: str
    body: str
    at: int
    receives: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that the BSP took: it will be delivered. ``our_id``: what Meta repeats of it."""

    channel: str
    id: str
    phone: str
    our_id: str | None
    kind: str
    content: str


@dataclass(slots=True)
class MemoryBsp:
    """Takes every message, unless ``script`` says otherwise: the next answers, each a status and a body. A status of
    2xx without a body takes the message; 5xx takes it, too, and its answer does not say so. ``calls``: how often it was
    asked to send something. ``to_freeform``: how it answers every freeform. ``then``: what happens as it answers."""

    taken: list[Taken] = field(default_factory=list)
    script: list[tuple[int, Any]] = field(default_factory=list)
    calls: int = 0
    to_freeform: tuple[int, Any] | None = None
    then: Callable[[], None] | None = None

    def answers(self, request: Any, provider: Any) -> ProviderAnswer:
        is_meta = provider.name == "meta"
        accepted = 200 if is_meta else 202
        self.calls += 1
        if self.then is not None:
            self.then()
        status, body = self.script.pop(0) if self.script else (accepted, None)
        if self.to_freeform is not None and b"template" not in request.body:
            status, body = self.to_freeform
        if status >= 500:
            self._take(request, is_meta)
        elif body is None and status < 300:
            taken = self._take(request, is_meta)
            body = {"messages": [{"id": taken.id}]} if is_meta else {"status": "submitted", "messageId": taken.id}
        answer: ProviderAnswer = provider.read_answer(status, json.dumps(body).encode(), {})
        return answer

    def _take(self, request: Any, is_meta: bool) -> Taken:
        from tests.support.system import GUPSHUP, META

        number = len(self.taken) + 1
        if is_meta:
            told = json.loads(request.body)
            our_id = told.pop("biz_opaque_callback_data")
            to = (told.get("to") or told["recipient"]).removeprefix("+")
            taken = Taken(META, f"wamid.out-{number}", to, our_id, told["type"], json.dumps(told))
        else:
            told = dict(parse_qsl(request.body.decode()))
            kind = "template" if "template" in told else "session"
            taken = Taken(GUPSHUP, f"gs-{number}", told["destination"], None, kind, json.dumps(told))
        self.taken.append(taken)
        return taken


class MemoryAws:
    """The table, the queues and the secrets in memory, and the BSP beside them."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.calls = Calls()
        self.bsp = MemoryBsp()
        self.dynamodb: Any = MemoryTable()
        self.queues: dict[str, list[QueuedMessage]] = {}
        self.secrets: dict[str, str] = {}
        self._now = now
        self._numbers = itertools.count(1)

    def snapshot(self) -> Any:
        """What ``restore`` takes."""
        return self.dynamodb.copy(), deepcopy(self.queues), deepcopy(self.bsp)

    def restore(self, snapshot: Any) -> None:
        held, queues, bsp = snapshot
        self.dynamodb = held.copy()
        self.queues, self.bsp, self.calls = deepcopy(queues), deepcopy(bsp), Calls()

    def _call(self, service: str, answer: Callable[[Any, str, Any], Any]) -> Any:
        def make_api_call(client: Any, operation: str, asked: Any) -> Any:
            def fails(kind: FaultKind) -> Any:
                if kind == "throttled":
                    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "too fast"}}, operation)
                raise ReadTimeoutError(endpoint_url="https://aws.example.org")

            return self.calls.make(f"{service}.{operation}", lambda: answer(client, operation, asked), fails)

        return make_api_call

    def _sqs(self, _: Any, operation: str, asked: Any) -> Any:
        assert operation == "SendMessage", operation
        number = f"message-{next(self._numbers)}"
        at = self._now() + asked.get("DelaySeconds", 0) * 1000
        self.queues.setdefault(asked["QueueUrl"], []).append(QueuedMessage(number, asked["MessageBody"], at))
        return {"MessageId": number}

    def _secret(self, _: Any, operation: str, asked: Any) -> Any:
        assert operation == "GetSecretValue", operation
        return {"SecretString": self.secrets[asked["SecretId"]]}

    def _forward(self, request: Any, provider: Any, _: float, __: int) -> ProviderAnswer:
        def fails(kind: FaultKind) -> ProviderAnswer:
            return forward._UNREACHABLE if kind == "throttled" else ProviderAnswer("unknown", code="ReadTimeoutError")

        answer: ProviderAnswer = self.calls.make(BSP, lambda: self.bsp.answers(request, provider), fails)
        return answer

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """The functions call this instead of AWS and of a BSP over HTTP."""
        clients = {
            "dynamodb": (table.connection().connection.client, lambda *asked: self.dynamodb.call(*asked)),
            "sqs": (aws.sqs(), self._sqs),
            "secretsmanager": (aws.secrets_manager(), self._secret),
        }
        once, read = forward._once, table.secret
        for service, (client, answer) in clients.items():
            client._make_api_call = MethodType(self._call(service, answer), client)
        forward._once = self._forward  # type: ignore[assignment]
        table.secret = lambda name: None  # Secrets Manager's own client asks
        try:
            yield
        finally:
            forward._once, table.secret = once, read
            for client, _ in clients.values():
                del client._make_api_call
