"""How long after a contact's webhook the organization's software hears of the message, on a started stack under a
steady load: told by gate24, found by asking each second, and a bare POST to the endpoint.

MiniStack reads the stream and the queue in one loop, wakes it at each change, and makes one delivery of a FIFO queue at
a time; AWS asks the stream four times a second and makes 16 deliveries for one endpoint at a time.
"""

from __future__ import annotations

import http.client
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from stack.running import description
from stack.settings import Settings
from tests.performance.rows import Row
from tests.support.bodies import gupshup_text
from tests.support.live import Live, new_phone, now, until
from tests.support.own_stack import own_stack
from tests.support.requirement import missing
from tests.support.unsteady_endpoint import UnsteadyEndpoint, subscribed

MESSAGES, A_SECOND, WARM_UP = 120, 1, 5
"""More a second queue up in MiniStack's loop, which makes one delivery for each batch of the stream."""

WAIT_SECONDS = 120
GROUP = f"Events out: {MESSAGES} messages, {A_SECOND} a second, on a started stack (MiniStack, this machine)"


def rows() -> list[Row]:
    """Needs what ``make start`` needs."""
    try:
        with own_stack("bench") as settings:
            return measured(settings)
    except subprocess.CalledProcessError as error:
        missing(f"the stack did not start ({error})")


def measured(settings: Settings) -> list[Row]:
    """On that stack."""
    live = Live(description(settings))
    endpoint = UnsteadyEndpoint(lambda *_: False, lambda _: None)
    with endpoint.listening() as url, subscribed(live, url) as (_, endpoint.secret):
        _tell(live, endpoint, WARM_UP)
        told_at, found_at = _tell(live, endpoint, MESSAGES)
        heard_at = {each.message["text"]: each.at for each in endpoint.calls}
        posted = sorted(_post(url, endpoint) for _ in range(MESSAGES))
    heard = sorted(heard_at[text] - at for text, at in told_at.items())
    found = sorted(found_at[text] - at for text, at in told_at.items())
    lines = []
    for what, which in (("p50", 0.5), ("p99", 0.99)):
        at = int(MESSAGES * which)
        lines.append(Row(GROUP, f"{what}, from webhook to delivery", heard[at] * 1000, "ms", floor=posted[at] * 1000))
        lines.append(Row(GROUP, f"{what}, asking for the contacts each second", found[at] * 1000, "ms"))
    return lines


def _tell(live: Live, endpoint: UnsteadyEndpoint, count: int) -> tuple[dict[str, float], dict[str, float]]:
    """So many people write, one after another; when each webhook was posted, and when asking found each."""
    phones = [new_phone() for _ in range(count)]
    told, found, ended = dict[str, float](), dict[str, float](), threading.Event()
    began = time.monotonic()

    def post(number: int) -> None:
        phone = phones[number]
        time.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        body = gupshup_text(phone, f"wamid.{phone}", phone.removeprefix("+"), now())
        told[phone] = time.monotonic()
        assert live.webhook(body).status_code == 200

    with ThreadPoolExecutor(9) as pool:
        asking = pool.submit(_ask, live, found, ended)
        list(pool.map(post, range(count)))
        until(lambda: found.keys() >= told.keys(), WAIT_SECONDS)
        until(lambda: {each.message["text"] for each in endpoint.calls} >= told.keys(), WAIT_SECONDS)
        ended.set()
        asking.result()
    return told, found


def _ask(live: Live, found: dict[str, float], ended: threading.Event) -> None:
    """Asks each second who wrote last."""
    while not ended.wait(1):
        for contact in live.api("GET", "/v1/contacts?sort=recent&limit=100").json()["data"]:
            found.setdefault(contact["phone"], time.monotonic())


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
