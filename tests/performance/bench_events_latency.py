"""How long after a contact's webhook the organization's software hears of the message, on a started stack under load:
told by gate24, and found by asking each second; and at what rate the stack saturates, beside a function that does
nothing on the same emulator.

MiniStack makes one delivery of a FIFO queue at a time, and answers DynamoDB in the same process; AWS makes 16 of them
for one endpoint at a time.
"""

from __future__ import annotations

import http.client
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from stack.running import description
from stack.settings import Settings
from tests.performance.empty_function import taken_a_second
from tests.performance.rows import Part, Row, middle
from tests.support.bodies import gupshup_text
from tests.support.live import Live, new_phone, now, until
from tests.support.own_stack import own_stack
from tests.support.requirement import missing
from tests.support.scene import epoch_ms
from tests.support.unsteady_endpoint import UnsteadyEndpoint, subscribed

RATES, SECONDS, CONTACTS = (1, 5, 10, 20), 30, 20
BURST, BURST_A_SECOND = 200, 1_000
"""More a second than any stack on such a machine takes: all of them at once, by ``CALLERS``."""

CALLERS, POSTS, WAIT_SECONDS = 16, 50, 120
TOLD_MS = {"p50": 1000.0, "p99": 2000.0}
"""From webhook to delivery: no later than who asks each second finds it."""

SATURATED_SHARE = 0.5
"""Of what the emulator delivers to a function that does nothing."""

KEPT_UP_SECONDS = 5
"""A rate is kept up with where the webhooks are answered, and the last message is heard, so soon after their time."""


@dataclass(slots=True)
class Load:
    """Messages of several contacts, ``rate`` a second. Times by the monotonic clock, by the messages' texts."""

    live: Live
    rate: float
    phones: list[str] = field(default_factory=lambda: [new_phone() for _ in range(CONTACTS)])
    posted_at: dict[str, float] = field(default_factory=dict)
    sent_at: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """Of each contact, the text and the time (epoch ms) of each message."""

    seconds: float = 0.0

    def run(self, count: int) -> None:
        began = time.monotonic()
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(lambda number: self._post(number, began), range(count)))
        self.seconds = time.monotonic() - began

    def _post(self, number: int, began: float) -> None:
        time.sleep(max(0.0, began + number / self.rate - time.monotonic()))
        phone, at = self.phones[number % CONTACTS], now()
        text = f"{phone} {number} {at}"
        self.sent_at[phone][text] = at
        self.posted_at[text] = time.monotonic()
        answer = self.live.webhook(gupshup_text(text, f"wamid.{text}", phone.removeprefix("+"), at))
        assert answer.status_code == 200, answer.text


def _rows() -> Iterator[Row]:
    """Needs what ``make start`` needs."""
    try:
        with own_stack("bench") as settings:
            yield from measured(settings)
    except subprocess.CalledProcessError as error:
        missing(f"the stack did not start; make start says why ({error})")


def measured(settings: Settings) -> Iterator[Row]:
    """On that stack. The rates grow until one is not kept up with, which is the last; asking is measured at the same
    ones, by itself."""
    live = Live(description(settings))
    endpoint = UnsteadyEndpoint(lambda *_: False, lambda _: None)
    rates = []
    with endpoint.listening() as url, subscribed(live, url) as (_, endpoint.secret):
        _tell(Load(live, 2), CONTACTS, endpoint)  # the functions start
        posted = sorted(_post(url, endpoint) for _ in range(POSTS))
        for rate in RATES:
            load = Load(live, rate)
            took = _tell(load, rate * SECONDS, endpoint)
            rates.append(rate)
            seconds = _since_posted(load, _heard_at(endpoint))
            yield from _lines(load, "from webhook to delivery, beside a bare POST", seconds, posted)
            if took > SECONDS + KEPT_UP_SECONDS:
                break
        yield from _saturation(live, settings, endpoint)
    for rate in rates:
        load = Load(live, rate)
        yield from _lines(load, "asking for the contacts each second", _ask(load, rate * SECONDS))


def _lines(load: Load, what: str, seconds: list[float], floor: list[float] | None = None) -> Iterator[Row]:
    """``seconds``: of all messages, the least first. ``load.rate`` is what was meant, and the callers may be slower."""
    group = f"Events out: {load.rate:.0f} messages a second for {SECONDS} s, by {CONTACTS} contacts (MiniStack)"
    spread = (seconds[0] * 1000, seconds[-1] * 1000)
    for name, which in (("p50", 0.5), ("p99", 0.99)):
        value, lowest = (None if each is None else each[int(len(each) * which)] * 1000 for each in (seconds, floor))
        is_told = floor is not None
        budget = TOLD_MS[name] if is_told else None
        yield Row(group, f"{name}, {what}", value, "ms", budget, lowest, spread, is_yardstick=not is_told)
    taken = f"webhooks taken a second, {what.partition(',')[0]}"
    yield Row(group, taken, len(seconds) / load.seconds, "", is_yardstick=True)


def _tell(load: Load, count: int, endpoint: UnsteadyEndpoint) -> float:
    """Seconds until all were heard; what is not heard soon after the last webhook is not waited for any longer."""
    began = time.monotonic()
    load.run(count)
    end = time.monotonic() + WAIT_SECONDS
    while not _heard_at(endpoint).keys() >= load.posted_at.keys() and time.monotonic() < end:
        time.sleep(0.1)
    return time.monotonic() - began


def _heard_at(endpoint: UnsteadyEndpoint) -> dict[str, float]:
    return {each.message["text"]: each.at for each in list(endpoint.calls)}


def _since_posted(load: Load, at: dict[str, float]) -> list[float]:
    """Seconds from each webhook until it was heard of, the least first; of what was not heard of, until now."""
    end = time.monotonic()
    return sorted(at.get(text, end) - posted for text, posted in load.posted_at.items())


def _ask(load: Load, count: int) -> list[float]:
    """Seconds from each webhook until somebody who asks each second finds that its contact wrote, the least first."""
    ended, found_at = threading.Event(), dict[str, float]()

    def ask() -> None:
        while not ended.wait(1):
            contacts = load.live.api("GET", f"/v1/contacts?sort=recent&limit={2 * CONTACTS}").json()["data"]
            at = time.monotonic()
            for contact in contacts:
                last = epoch_ms(contact["last_activity_at"]) or 0
                for text, sent_at in list(load.sent_at.get(contact["phone"], {}).items()):
                    if sent_at <= last:
                        found_at.setdefault(text, at)

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            load.run(count)
            until(lambda: found_at.keys() >= load.posted_at.keys(), WAIT_SECONDS)
        finally:
            ended.set()
        asking.result()
    return _since_posted(load, found_at)


def _saturation(live: Live, settings: Settings, endpoint: UnsteadyEndpoint) -> Iterator[Row]:
    """As fast as the webhook takes them; the deliveries queue up behind."""
    load, before = Load(live, BURST_A_SECOND), len(endpoint.calls)
    _tell(load, BURST, endpoint)
    at = [each.at for each in endpoint.calls[before:]]
    a_second = [size / (last - first) for size, first, last in _stretches(at)]
    group = "Events out: how much the stack takes (MiniStack)"
    what = f"webhooks a second of {CALLERS} callers, deliveries beside them"
    yield Row(group, what, BURST / load.seconds, "", is_yardstick=True)
    what = "deliveries a second while they queue up, beside a function that does nothing"
    empty = taken_a_second(settings)
    yield middle(group, what, a_second, "", SATURATED_SHARE * empty, empty, at_least=True)


def _stretches(at: list[float]) -> Iterator[tuple[int, float, float]]:
    """Ten stretches of these times: how many gaps, the first and the last."""
    size = max(len(at) // 10, 1)
    for start in range(0, len(at) - size, size):
        yield size, at[start], at[start + size]


def _post(url: str, endpoint: UnsteadyEndpoint) -> float:
    """Seconds that a bare POST of a delivery takes to its answer."""
    parts, body, at = urlsplit(url), endpoint.calls[0].body, datetime.now(UTC)
    proof = Webhook(endpoint.secret).sign("evt_bench", at, body.decode())
    headers = {"webhook-id": "evt_bench", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": proof}
    began = time.monotonic()
    connection = http.client.HTTPConnection(parts.netloc, timeout=15)
    connection.request("POST", parts.path, body, headers)
    assert connection.getresponse().status == 204
    connection.close()
    return time.monotonic() - began


PARTS: tuple[Part, ...] = (("Events out: latency under load", _rows),)
