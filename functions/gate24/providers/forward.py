"""The call to the BSP: short timeouts, and a repetition only where it is certain that nothing was sent."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import urllib3

from gate24.providers.interface import HttpRequest, Provider, ProviderAnswer

CONNECT_SECONDS = 2.0
READ_SECONDS = 8.0
ATTEMPTS = 3
BUDGET_SECONDS = 12.0
"""No attempt begins that could take longer than this in all. With the store's calls that is far from API Gateway's
30 s. It is also well inside the window's default margin, so the window is not judged again between attempts."""

ANSWERED_WITHIN_SECONDS = 16.0
"""Counted from the request: by then the last call of the BSP has its end. Lambda ends the function after 20 s
(template.yaml), and what became of the send still has to be written and answered."""

IDLE_SECONDS = 20.0
"""An idle connection may have been dropped on the way while the function was frozen, and a send on it would end
as unknown: after this long a new one is made."""

_pool = urllib3.PoolManager(retries=False)
_last_used = 0.0

NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.LocationParseError,
)


def seconds_left(started: float) -> float:
    """For calls of the BSP in a request that began then (``time.monotonic``)."""
    return min(BUDGET_SECONDS, ANSWERED_WITHIN_SECONDS - (time.monotonic() - started))


def may_be_called_again(started: float) -> bool:
    """Whether another call of the BSP, however slow, would have its end in time."""
    return seconds_left(started) >= CONNECT_SECONDS + READ_SECONDS


def forward(
    request: HttpRequest,
    provider: Provider,
    budget: float = BUDGET_SECONDS,
    pause: Callable[[float], None] = time.sleep,
) -> ProviderAnswer:
    """Sends the request and says what became of it. Never raises. ``budget``: seconds for all attempts.

    A failed connect, and an answer by which the BSP says that it did not process the request, are tried again
    with backoff and jitter; after the last attempt they are ``busy``. Everything that ends after the request
    went out without an answer is ``unknown``.
    """
    started = time.monotonic()
    last = ProviderAnswer("busy")
    for attempt in range(ATTEMPTS):
        last = _once(request, provider)
        wait = min(last.retry_after or 0.25 * 2**attempt, 4.0) * random.uniform(0.8, 1.2)
        spent = time.monotonic() - started
        if last.outcome != "busy" or attempt + 1 == ATTEMPTS or spent + wait + READ_SECONDS > budget:
            break
        pause(wait)
    return last


def _once(request: HttpRequest, provider: Provider) -> ProviderAnswer:
    global _last_used
    if time.monotonic() - _last_used > IDLE_SECONDS:
        _pool.clear()
    try:
        response = _pool.request(
            request.method,
            request.url,
            body=request.body,
            headers=dict(request.headers),
            redirect=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )
        return provider.read_answer(response.status, response.data, dict(response.headers))
    except NOT_SENT:
        return ProviderAnswer("busy", code="unreachable", reason="The BSP could not be reached.")
    except Exception as error:  # of any kind: the request may have gone out, and nobody else would say so
        return ProviderAnswer("unknown", code=type(error).__name__)
    finally:
        _last_used = time.monotonic()
