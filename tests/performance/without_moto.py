"""moto looks at every request of this process, also at those to DynamoDB Local, so it is left out where time is
measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from moto.core.models import botocore_stubber


@contextmanager
def without_moto() -> Iterator[None]:
    """Requests go where they are addressed to; none may be meant for moto."""
    before, botocore_stubber.enabled = botocore_stubber.enabled, False
    try:
        yield
    finally:
        botocore_stubber.enabled = before
