"""What the caller of ``POST /v1/messages`` gets for each outcome of a send."""

from __future__ import annotations

import json
from typing import Any

from gate24.api.problems import Problem
from gate24.api.render import cost_json, rfc3339, window_json, without_none
from gate24.messages import StoredAnswer
from gate24.providers.interface import ProviderAnswer
from gate24.usecases.outcomes import Accepted, Outcome, Refused, Rejected, Unknown


def outcome_answer(outcome: Outcome, request_id: str) -> StoredAnswer:
    """What the caller of ``POST /v1/messages`` is told of an outcome."""
    if isinstance(outcome, Accepted):
        body = {
            "id": outcome.message_id,
            "status": "accepted",
            "sent_as": outcome.sent_as,
            "bsp_message_id": outcome.provider_id,
            "window": window_json(outcome.window),
            "server_time": rfc3339(outcome.at),
            "cost": cost_json(outcome.cost, outcome.cost_is_estimate),
        }
        return StoredAnswer(202, json.dumps(body, ensure_ascii=False))
    problem = refusal(outcome)
    problem.window = window_json(outcome.window)
    problem.extra = {"id": outcome.message_id, "server_time": rfc3339(outcome.at)}
    return StoredAnswer(problem.status, json.dumps(problem.to_json(request_id), ensure_ascii=False))


def refusal(outcome: Refused | Rejected | Unknown) -> Problem:
    """Why the message did not go out, or that nobody knows."""
    name, answer = outcome.provider_name, outcome.answer
    said = provider_json(name, answer) if name and answer else None
    if isinstance(outcome, Refused):
        decision, fallback = outcome.decision, outcome.decision.fallback_code
        assert decision.code is not None
        detail = f"The fallback cannot go either: {fallback}"
        errors = [{"pointer": "/fallback/template", "detail": detail}] if fallback else []
        return Problem(decision.code, decision.detail, decision.allowed_actions, provider=said, errors=errors)
    if isinstance(outcome, Rejected):
        return Problem("bsp_rejected", "The BSP refused the message; nothing was sent.", provider=said)
    detail = (
        "The BSP did not say whether it took the message. It is not sent again by itself; a status from the BSP "
        "settles it."
    )
    return Problem("bsp_outcome_unknown", detail, ("check_message_status",), provider=said)


def provider_json(name: str, answer: ProviderAnswer) -> dict[str, Any]:
    """The BSP's own words in a problem."""
    return without_none({"name": name, "code": answer.code, "details": answer.reason})
