"""What this process knows of an outage: a service that did not answer is left alone for a while, because each attempt
may take nine seconds and the function has twenty."""

from __future__ import annotations

from time import monotonic

from gate24 import snapshot

PAUSE_SECONDS = 5.0


class Service:
    """A service of AWS as this process has found it."""

    def __init__(self) -> None:
        self._left_alone_until = 0.0
        snapshot.not_kept(self.answered)

    def failed(self) -> None:
        self._left_alone_until = monotonic() + PAUSE_SECONDS

    def answered(self) -> None:
        self._left_alone_until = 0.0

    @property
    def is_left_alone(self) -> bool:
        """Whether it failed just now and has not answered since."""
        return monotonic() < self._left_alone_until


TABLE = Service()
SECRETS = Service()
