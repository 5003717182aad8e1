"""What ``doctor`` finds. Each check is made for itself, within a time: none ends the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from gate24.store.table import StoreError
from infra.admin.outcome import Failed, WronglyAsked

SECONDS = 30.0
"""For each check. What it asks ends earlier by itself."""

_REFUSED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized")
"""In AWS's codes for what the asking role may not."""


@dataclass(frozen=True, slots=True)
class Found:
    """``unknown``: it could not be looked at, which is no fault. ``missing``: the secrets or settings of a channel that
    are at fault, by the names of ``GET /healthz``."""

    status: Literal["ok", "fault", "unknown"]
    message: str
    what_to_do: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """``look`` may raise anything. ``about``: the organization or channel, None for the whole stack."""

    name: str
    look: Callable[[], Found]
    about: str | None = None


def ok(message: str) -> Found:
    return Found("ok", message)


def fault(message: str, what_to_do: str) -> Found:
    return Found("fault", message, what_to_do)


def unknown(message: str, what_to_do: str | None = None) -> Found:
    return Found("unknown", message, what_to_do)


def made(check: Check, seconds: float = SECONDS) -> Found:
    """What the check found. What it still does after that time ends with the process."""
    found: SimpleQueue[Found] = SimpleQueue()
    Thread(target=lambda: found.put(_looked(check)), daemon=True).start()
    try:
        return found.get(timeout=seconds)
    except Empty:
        return fault(f"There was no answer in {seconds:g} s.", "Ask again; if it stays so, look for an outage of AWS.")


def _looked(check: Check) -> Found:
    try:
        return check.look()
    except (ClientError, StoreError) as error:
        if any(word in str(error) for word in _REFUSED):
            return unknown(
                f"These credentials may not look: {error}",
                "Give the operator's role what docs/administration.md lists under Permissions on AWS.",
            )
        return _unreachable(error)
    except (BotoCoreError, Failed, WronglyAsked) as error:
        return _unreachable(error)
    except Exception as error:  # any fault of the check's own: the others are made all the same
        return unknown(f"The check itself failed ({type(error).__name__}: {error}).")


def _unreachable(error: Exception) -> Found:
    return fault(f"It cannot be read: {error}", "Look for an outage of AWS, and at the network and credentials here.")


def aws(service: str) -> Any:
    """A client that gives up soon."""
    config = Config(connect_timeout=5, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 2})
    return boto3.client(service, config=config)  # type: ignore[call-overload]  # the stubs want a literal name
