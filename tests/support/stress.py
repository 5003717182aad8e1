"""Traffic on a started stack while its parts are killed, and the callers' own record of what was answered."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from stack.processes import Processes
from stack.settings import Settings
from tests.support.bodies import gupshup_text, meta_text
from tests.support.live import Live, new_phone, now

CONTACTS = 25
"""Of each channel; the fewer there are, the sooner somebody has written whom a send may go to."""
CALLERS = 4
PAUSE_SECONDS = 0.2
"""Between two calls of one caller: the machine is to be busy, not the test."""
GIVE_UP_SECONDS = 180.0
"""How long a caller repeats a call: longer than a key's lease and a restart."""
IN_TURN_SECONDS = 12.0
"""At most: from one trouble to the next, and how long a BSP hangs."""
_START_AWS = """
from stack.processes import Processes
from stack.settings import Settings
from stack.start import start_aws

settings = Settings.from_env()
start_aws(settings, Processes(settings.folder))
"""


@dataclass(slots=True)
class Sent:
    """A send as its caller knows it: what it says, which no other says, ``status`` and the answer's ``id``."""

    text: str
    status: int
    message_id: str | None
    code: str | None = None


@dataclass
class Callers:
    """BSP and software of some organizations. ``told``: texts of the messages that were answered 200, by
    channel and contact; ``sent``: the final answer to each key."""

    lives: list[Live]
    told: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    sent: dict[tuple[str, str], list[Sent]] = field(default_factory=dict)
    repeated: int = 0
    """How many calls had to be made again."""
    contacts: int = CONTACTS

    def __post_init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._lock, self._numbers, self._ended = threading.Lock(), itertools.count(1), threading.Event()
        self.channels = [(live, each) for live in self.lives for each in live.organization["channels"]]
        self._contacts = {each["id"]: [new_phone() for _ in range(self.contacts)] for _, each in self.channels}

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        """They call until the block ends, somebody has written and something was sent, and each call has its final
        answer."""
        threads = [threading.Thread(target=self._go_on, args=(random.Random(number),)) for number in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def _go_on(self, chance: random.Random) -> None:
        while not (self._ended.is_set() and self.told and self.sent):
            live, channel = chance.choice(self.channels)
            place = (channel["id"], chance.choice(self._contacts[channel["id"]]))
            if place in self.told and chance.random() < 0.5:
                self._send(live, channel, place)
            else:
                self._tell(live, channel, place)
            time.sleep(PAUSE_SECONDS)

    def _tell(self, live: Live, channel: dict[str, Any], place: tuple[str, str]) -> None:
        name = f"wamid.stress-{self._run}-{next(self._numbers)}"
        digits = place[1].removeprefix("+")
        if channel["provider"] == "meta":
            body = meta_text(name, name, digits, now(), channel["phone_number_id"])
        else:
            body = gupshup_text(name, name, digits, now())
        self._until_final(lambda: live.webhook(body, channel["provider"]), lambda answer: answer.status_code == 200)
        with self._lock:
            self.told.setdefault(place, []).append(name)

    def _send(self, live: Live, channel: dict[str, Any], place: tuple[str, str]) -> None:
        key = f"stress-{self._run}-{next(self._numbers)}"
        text = f"<{key}>"
        body = {"type": "text", "text": {"body": text}}
        answer = self._until_final(lambda: live.send(place[1], body, key, channel["provider"]), _is_final)
        told = answer.json()
        with self._lock:
            self.sent.setdefault(place, []).append(Sent(text, answer.status_code, told.get("id"), told.get("code")))

    def _until_final(
        self, call: Callable[[], requests.Response], is_final: Callable[[requests.Response], bool]
    ) -> requests.Response:
        """Repeats the call as BSPs and software do: what was not answered, and what may be tried again."""
        end = time.monotonic() + GIVE_UP_SECONDS
        while True:
            with contextlib.suppress(requests.RequestException):
                answer = call()
                if is_final(answer):
                    return answer
            assert time.monotonic() < end, "no final answer"
            self.repeated += 1
            time.sleep(1)


def _is_final(answer: requests.Response) -> bool:
    if "application/" not in answer.headers.get("content-type", "") or not answer.content:
        return False
    code = answer.json().get("code")
    is_ours = "code" in answer.json() or answer.status_code == 202
    return is_ours and answer.status_code not in (429, 503) and code != "request_in_progress"


class Trouble:
    """What happens to the stack, one after another."""

    def __init__(self, settings: Settings, bsp_url: str, seconds: float) -> None:
        self._settings, self._processes, self._bsp_url = settings, Processes(settings.folder), bsp_url
        self._seconds, self._in_turn = seconds, min(IN_TURN_SECONDS, seconds / 10)

    def cause(self) -> Iterator[str]:
        """Goes through all kinds at least once, and again and again until the time is over; tells which. First those
        after which a key's lease has to run out."""
        kinds = (
            *(self.functions_killed, self.aws_restarted),
            *(self.bsp_hangs, self.bsp_resets, self.bsp_takes_and_is_silent),
        )
        end = time.monotonic() + self._seconds
        for number in itertools.count():
            time.sleep(self._in_turn)
            if number >= len(kinds) and time.monotonic() >= end:
                return
            kind = kinds[number % len(kinds)]
            kind()
            yield kind.__name__

    def functions_killed(self) -> None:
        self._kill_functions(self._processes.running()["aws"])

    def bsp_hangs(self) -> None:
        pid = self._processes.running()["bsp"]
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self._in_turn)
        os.kill(pid, signal.SIGCONT)

    def bsp_resets(self) -> None:
        self._script(outcome="reset", count=10)

    def bsp_takes_and_is_silent(self) -> None:
        self._script(outcome="timeout_after_accept", count=5)

    def aws_restarted(self) -> None:
        """It keeps what it holds over the restart, as AWS would."""
        pid = self._processes.running()["aws"]
        os.kill(pid, signal.SIGTERM)
        while "aws" in self._processes.running():
            self._kill_functions(pid)  # they wait for answers of what is ending, which waits for theirs
            time.sleep(0.1)
        unpacked = self._settings.folder / "tmp"  # the functions: to delete them first takes longer than to start
        if unpacked.exists():
            old = unpacked.rename(self._settings.folder / f"tmp-{pid}")
            subprocess.run(["sh", "-c", 'nice rm -rf "$0" &', str(old)], check=True)
        subprocess.run([sys.executable, "-c", _START_AWS], check=True)

    def _kill_functions(self, aws: int) -> None:
        for pid in _children(aws):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _script(self, **outcome: Any) -> None:
        requests.post(f"{self._bsp_url}/_sim/script", json=outcome, timeout=30).raise_for_status()


def _children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]
