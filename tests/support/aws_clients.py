"""Clients of AWS, made once a process: botocore takes longer to make one than most tests take to run."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.session import Session

_made: dict[str, _Made] = {}


@dataclass(frozen=True, slots=True)
class _Made:
    """A client, and what it was before any test changed it."""

    client: Any
    attributes: dict[str, Any]
    hooks: Any

    @classmethod
    def of(cls, client: Any) -> _Made:
        return cls(client, dict(client.__dict__), copy.copy(_hooks(client)))

    def as_new(self) -> None:
        self.client.__dict__.clear()
        self.client.__dict__.update(self.attributes)
        _hooks(self.client).__dict__.update(copy.copy(self.hooks).__dict__)


def _hooks(client: Any) -> Any:
    """The emitter that holds the client's event handlers; what surrounds it only knows other names of the events."""
    return client.meta.events._emitter


@contextmanager
def made_once() -> Iterator[None]:
    """Whoever asks botocore or boto3 for a client gets the one that was made for the same service and settings."""
    create = Session.create_client

    def made_before(self: Session, service_name: str, *args: Any, **kwargs: Any) -> Any:
        given = {name: value for name, value in kwargs.items() if value is not None}
        if "config" in given:
            given["config"] = sorted(given["config"]._user_provided_options.items())
        asked = repr((service_name, args, sorted(given.items()), os.environ.get("AWS_ENDPOINT_URL")))
        if asked not in _made:
            _made[asked] = _Made.of(create(self, service_name, *args, **kwargs))
        return _made[asked].client

    Session.create_client = made_before  # type: ignore[method-assign]
    try:
        yield
    finally:
        Session.create_client = create  # type: ignore[method-assign]
        _made.clear()


def as_new() -> None:
    """Takes from all of them what a test has put in place of a method, or has registered."""
    for each in _made.values():
        each.as_new()
