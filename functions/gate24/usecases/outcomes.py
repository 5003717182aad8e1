"""What became of a request to send. The API shows it, in whichever shape its caller expects."""

from __future__ import annotations

from collections.abc import Callable

from gate24.costs import Cost
from gate24.lazy_dataclass import dataclass
from gate24.messages import SentAs, StoredAnswer
from gate24.providers.interface import ProviderAnswer
from gate24.rules.decision import Decision
from gate24.windows import WindowState


@dataclass(frozen=True, slots=True)
class Accepted:
    """The BSP took the message. ``at``: the server's time of the decision (epoch ms)."""

    message_id: str
    sent_as: SentAs
    provider_id: str | None
    window: WindowState
    at: int
    cost: Cost
    cost_is_estimate: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """The gate refused the message, or the BSP did because the window is closed (``answer``); nothing was sent."""

    message_id: str
    decision: Decision
    window: WindowState
    at: int
    provider_name: str | None = None
    answer: ProviderAnswer | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The BSP refused the message; nothing was sent."""

    message_id: str
    provider_name: str
    answer: ProviderAnswer
    window: WindowState
    at: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the message went out. ``answer``: None where the function crashed in between."""

    message_id: str
    provider_name: str
    answer: ProviderAnswer | None
    window: WindowState
    at: int


Outcome = Accepted | Refused | Rejected | Unknown
"""The final outcomes: each is stored with its Idempotency-Key and returned again."""

Render = Callable[[Outcome], StoredAnswer]
"""Makes an outcome into the answer that the caller gets. The answer is stored, and returned again byte for byte."""


class NotTaken(Exception):
    """The request has no final outcome; the same key may be used again, where ``code`` does not say otherwise.

    ``code``: throttled, unavailable, request_in_progress, idempotency_key_reused, not_found or
    not_supported_by_provider.
    ``retry_after_ms``: how long to wait. ``answer``: what the BSP said, where it is the reason.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        retry_after_ms: int | None = None,
        provider_name: str | None = None,
        answer: ProviderAnswer | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.detail, self.retry_after_ms = code, detail, retry_after_ms
        self.provider_name, self.answer = provider_name, answer
