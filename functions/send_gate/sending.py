"""A send under way, and what its caller is told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gate24.api.problems import Problem
from gate24.api.render import time_or_none
from gate24.providers import Answer
from gate24.rules.rollup import local_day
from gate24.store.keys import MessageKey
from gate24.usecases.check_message import Request


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is stored and given again, byte for byte: ``text`` is the body's JSON."""

    status: int
    text: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """A send under way. ``owner`` is this call's own mark on what it writes."""

    request: Request
    idempotency_key: str
    key: MessageKey
    owner: str
    request_id: str

    @property
    def organization_id(self) -> str:
        return self.request.access.organization.id

    @property
    def day(self) -> str:
        """The local day in whose ledger the message stands."""
        return local_day(self.key.at, self.request.access.organization.timezone).isoformat()


def told_problem(problem: Problem, request_id: str, replayed: bool = False) -> Told:
    """A refusal as it is stored and given again."""
    return Told(problem.status, json.dumps(problem.to_json(request_id), ensure_ascii=False), replayed)


def outcome_unknown(
    request: Request, message_id: str, answer: Answer | None, window: dict[str, Any] | None, now: int
) -> Problem:
    """Nobody knows whether the message went out (``answer`` None: its owner died)."""
    return Problem(
        "bsp_outcome_unknown",
        "The BSP did not say whether it took the message. It is not sent again by itself; a status from the BSP "
        "settles it.",
        ("check_message_status",),
        window=window,
        provider=provider_part(request, answer) if answer else None,
        extra={"id": message_id, "server_time": time_or_none(now)},
    )


def provider_part(request: Request, answer: Answer) -> dict[str, Any]:
    """The BSP's own words in a problem."""
    said = {"name": request.channel.provider, "code": answer.code, "details": answer.reason}
    return {name: value for name, value in said.items() if value is not None}
