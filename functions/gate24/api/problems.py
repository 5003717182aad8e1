"""Everything that the API can say no with: RFC 9457 problem details, one row of a table for each code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

CONTENT_TYPE = "application/problem+json"

TYPE_BASE = "https://gate24.example.org/problems/"
"""A name, not an address: RFC 9457 wants an absolute URI, which need not lead anywhere."""


class ProblemKind(NamedTuple):
    """``retryable``: the same request may succeed later without anybody changing anything."""

    status: int
    title: str
    retryable: bool = False


PROBLEMS: dict[str, ProblemKind] = {
    "payload_invalid": ProblemKind(400, "The request is not as documented"),
    "idempotency_key_missing": ProblemKind(400, "The Idempotency-Key header is missing"),
    "unauthorized": ProblemKind(401, "The API key or secret is missing, wrong or not allowed to do this"),
    "not_opted_in": ProblemKind(403, "The contact has not opted in"),
    "opted_out": ProblemKind(403, "The contact opted out"),
    "blocked": ProblemKind(403, "The contact is blocked"),
    "number_changed": ProblemKind(403, "The person has another number now"),
    "marketing_stopped": ProblemKind(403, "The contact stopped marketing messages in WhatsApp"),
    "not_found": ProblemKind(404, "Not found"),
    "budget_exceeded": ProblemKind(409, "The month's budget is used up"),
    "last_admin": ProblemKind(409, "Nobody of the organization would be admin any more"),
    "mail_not_set_up": ProblemKind(409, "This installation sends no mail"),
    "push_not_set_up": ProblemKind(409, "This installation pushes to no browser"),
    "window_closed": ProblemKind(409, "The session window is closed"),
    "request_in_progress": ProblemKind(409, "A request with this Idempotency-Key is in progress", retryable=True),
    "idempotency_key_reused": ProblemKind(422, "The Idempotency-Key was used with another body"),
    "recipient_invalid": ProblemKind(422, "The recipient is neither a valid phone number nor a user id"),
    "template_not_found": ProblemKind(422, "The template is not in the registry"),
    "template_not_approved": ProblemKind(422, "The template is not approved"),
    "template_params_mismatch": ProblemKind(422, "The template's parameters do not fit"),
    "media_too_large": ProblemKind(422, "The file is too large"),
    "text_too_long": ProblemKind(422, "The text is too long"),
    "not_supported_by_provider": ProblemKind(422, "The provider cannot send this"),
    "url_not_allowed": ProblemKind(422, "The URL may not be called"),
    "throttled": ProblemKind(429, "Too many messages at the moment", retryable=True),
    "bsp_rejected": ProblemKind(502, "The BSP rejected the message; nothing was sent"),
    "unavailable": ProblemKind(503, "The service cannot answer at the moment", retryable=True),
    "bsp_outcome_unknown": ProblemKind(504, "The BSP did not answer; the message may have been sent"),
}
"""``bsp_outcome_unknown`` is not retryable: a retry could be a second message. ``unavailable`` is our own store's."""


@dataclass(eq=False)
class Problem(Exception):
    """A refusal or an error as the caller is told of it; KeyError for a code that is not in ``PROBLEMS``.

    ``detail``: for people; of personal data only what the caller wrote, so that no log may have it. ``window``,
    ``provider`` (its code and reason) and ``errors`` (JSON pointers with what is wrong) are shown where they are there;
    ``extra`` adds members of its own (``server_time``, the id of the stored refusal). ``status`` and ``retryable`` are
    the table's unless told otherwise (403 for an API key without the scope). ``retry_after``: seconds.
    ``drop_in_code``: the row of ``providers.graph_calls.ERRORS``, where another fits better than that of ``code``.
    """

    code: str
    detail: str = ""
    allowed_actions: Sequence[str] = ()
    window: Mapping[str, Any] | None = None
    provider: Mapping[str, Any] | None = None
    errors: Sequence[Mapping[str, str]] = ()
    retry_after: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0
    retryable: bool | None = None
    drop_in_code: str | None = None

    def __post_init__(self) -> None:
        super().__init__(self.code)
        kind = PROBLEMS[self.code]
        self.status = self.status or kind.status
        self.retryable = kind.retryable if self.retryable is None else self.retryable

    def to_json(self, request_id: str) -> dict[str, Any]:
        """The body; ``request_id`` is what the log knows the request by."""
        title = PROBLEMS[self.code].title
        optional = {"window": self.window, "provider": self.provider, "errors": list(self.errors)}
        return {
            "type": f"{TYPE_BASE}{self.code}",
            "title": title,
            "status": self.status,
            "detail": self.detail or f"{title}.",
            "code": self.code,
            "request_id": request_id,
            "retryable": self.retryable,
            "allowed_actions": list(self.allowed_actions),
            **{name: value for name, value in optional.items() if value},
            **self.extra,
        }
