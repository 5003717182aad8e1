"""An evening on which a chat closes soon: the clock stands where it is put, and staff are told by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gate24.rules.waiting_chats import is_turn
from gate24.usecases.close_windows import DueTimes
from gate24.usecases.tell_staff_of_closing import tell_staff_of_closing
from tests.support.bodies import gupshup_text
from tests.support.scene import DIGITS, HOUR, MINUTE, SECOND, post_webhook
from tests.support.system import GUPSHUP, ORG, System

START = 1_795_000_000_000 // MINUTE * MINUTE
END = START + 24 * HOUR - 30 * SECOND
"""When the gate closes the window of somebody who wrote at ``START``."""


def turn_from(at: int) -> int:
    """The organization's first turn from then on."""
    while not is_turn(ORG, at):
        at += MINUTE
    return at


@dataclass(slots=True)
class Evening:
    """``time``: the clock, which the test lets the system read. ``due``: what the job's process remembers."""

    gate24: System
    time: list[int]
    due: DueTimes = field(default_factory=DueTimes)

    def tell(self, at: int) -> None:
        """The job, in the organization's first turn from then on."""
        self.time[0] = max(self.time[0], turn_from(at))
        tell_staff_of_closing(self.time[0], lambda: False, self.due)

    def wrote(self, at: int, phone: str = DIGITS) -> None:
        self.time[0] = max(self.time[0], at)
        post_webhook(self.gate24, GUPSHUP, gupshup_text("Where is my cheque?", f"wamid.{phone}.{at}", phone, at))

    def another_run_before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, which when it is made first comes after a whole run of another process at the same moment."""
        is_first = [True]

        def meanwhile(*asked: Any) -> Any:
            if is_first[0]:
                is_first[0] = False
                tell_staff_of_closing(self.time[0], lambda: False, DueTimes())
            return call(*asked)

        return meanwhile
