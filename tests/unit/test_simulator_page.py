"""What docs/simulator.md shows works: its lines are run as they stand, and start a simulator themselves."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bsp_simulator.routes import ROUTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "simulator.md").read_text()

NOTED = r"""set -eu
trap 'kill "${SIMULATOR:-}" 2> /dev/null || true' EXIT
python3() { exec "$PYTHON" "$@"; }
has_arrived() { command curl -sS "$BSP/_sim/hooks" > "$BODY"; grep -q "$1" "$BODY"; }
curl() {
  if [ "$*" = "-sS $BSP/_sim/hooks" ]; then
    for code in 470 131026; do until has_arrived "code.*$code"; do sleep 0.05; done; done
  fi
  command curl "$@" --output "$BODY" --write-out '%{method} %{http_code} %{url_effective}\t' >> "$NOTES"
  tr -d '\n\t' < "$BODY" | tee -a "$NOTES"; echo >> "$NOTES"
}
"""
"""In front of the page's lines: each call leaves a line with its method, status, address and answer. What the simulator
posts by itself is waited for before it is looked at."""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, str, str]]:
    """The calls of the page, in order: method, status, path and answer."""
    folder = tmp_path_factory.mktemp("simulator")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
    script = script.replace("4010", port).replace("/tmp/", f"{folder}/")
    environment = os.environ | {
        "PYTHON": sys.executable,
        "BODY": str(folder / "body"),
        "NOTES": str(folder / "notes"),
        "GATE24_SIM_STATUS_MS": "5",
    }
    running = subprocess.Popen(
        ["bash", "-c", NOTED + script], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, process_group=0
    )
    try:
        _, said = running.communicate(timeout=600)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 0, said
    noted = [line.split("\t", 1) for line in (folder / "notes").read_text().splitlines()]
    heads = [(*head.split(" ", 2), answer) for head, answer in noted]
    return [(method, int(status), url.partition(f":{port}")[2], answer) for method, status, url, answer in heads]


def answers(calls: list[tuple[str, int, str, str]], method: str, path: str) -> list[Any]:
    return [json.loads(answer) for each, _, asked, answer in calls if (each, asked) == (method, path)]


def test_every_call_of_the_page_succeeds_but_those_that_it_says_fail(
    calls: list[tuple[str, int, str, str]],
) -> None:
    failed = [(method, status, path) for method, status, path, _ in calls if not 200 <= status < 300]
    assert failed == [("POST", 400, "/wa/api/v1/msg"), ("POST", 503, "/_sim/hooks/bot")]


def test_the_page_shows_every_route_and_no_other(calls: list[tuple[str, int, str, str]]) -> None:
    shown = {
        (method, label)
        for method, _, path, _ in calls
        for label, pattern, _ in ROUTES
        if re.fullmatch(pattern, path.partition("?")[0])
    }
    assert shown == {(method, label) for label, _, methods in ROUTES for method in methods}


def test_what_the_page_says_of_answers_is_so(calls: list[tuple[str, int, str, str]]) -> None:
    assert answers(calls, "GET", "/_sim/healthz") == [{"status": "ok", "channels": 2}]
    (listed,) = answers(calls, "GET", "/_sim/requests")
    assert len(listed["requests"]) == 4
    for each in listed["requests"]:
        assert each.keys() - {"form", "json"} == {"id", "path", "headers", "received_at", "message_id"}
    inbound = answers(calls, "POST", "/_sim/inbound")
    assert [each["sent"] for each in inbound] == [1, 1, 1, 4, *6 * [1]]
    assert all(set(each["statuses"]) == {200} for each in inbound)
    sends = [each["status"] for each in answers(calls, "POST", "/wa/api/v1/msg")]
    assert sends == ["submitted", "submitted", "error", "submitted"]
    (script,) = answers(calls, "GET", "/_sim/script")
    assert len(script["script"]) == 2
    (hooks,) = answers(calls, "GET", "/_sim/hooks")
    assert [each["body"] for each in hooks["hooks"] if each["name"] == "bot"] == ['{"type": "ping"}']
    told = [json.loads(each["body"]) for each in hooks["hooks"] if each["name"] == "from-gupshup"]
    answered = {each["payload"]["type"] for each in told if each["type"] == "message" and "context" in each["payload"]}
    assert answered == {"list_reply", "quick_reply"}
    failures = {
        each["payload"]["destination"]: each["payload"]["payload"]["code"]
        for each in told
        if each["payload"]["type"] == "failed"
    }
    assert failures == {"919876543211": 470, "919876543212": 131026}, "over by its clock, and as scripted"
    files = [answer for _, _, path, answer in calls if path.startswith("/whatsapp_business/")]
    assert files == ["Timetable"]
