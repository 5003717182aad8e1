"""The console's first view of a list of 10,000 contacts in real Chromium; and the first page of the running stack."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import requests
from playwright.sync_api import Error

from stack.settings import Settings
from tests.performance.rows import Part, Row, middle
from tests.support.browser import chromium, first_view
from tests.support.console_demo import demo
from tests.support.console_mock import Server
from tests.support.requirement import missing

CONTACTS, VIEWS = 10_000, 3
KIB = 1024
_GROUP = "Console, first view of the list"


def _of_ten_thousand() -> list[Row]:
    """The main thread's time is processor time. Needs Chromium."""
    server = Server({"demo": demo(CONTACTS)}).start()
    try:
        with chromium() as browser, tempfile.TemporaryDirectory() as folder:
            views = [first_view(browser, f"{server.url}/console", "demo", Path(folder)) for _ in range(VIEWS)]
    except Error as error:
        if "executable doesn't exist" not in error.message.lower():
            raise
        missing("Chromium is missing (Debian: chromium; elsewhere name it in GATE24_CHROMIUM)")
    finally:
        server.stop()
    assert all(view["rows"] for view in views), "the list was not drawn in time"
    most = {name: max(view[name] for view in views) for name in views[0]}
    return [
        Row(_GROUP, f"of {CONTACTS:,} contacts: requests", most["requests"], "", budget=1),
        Row(_GROUP, "their size", most["bytes"] / KIB, "KB", budget=50),
        middle(_GROUP, "main thread in Chromium", [view["main_thread_ms"] for view in views], "ms", budget=100),
    ]


def _of_the_running_stack() -> list[Row]:
    """What the API itself answers to the console's first request."""
    file = Settings.from_env().stack_file
    if not file.exists():
        missing("no stack runs (make start)")
    stack = json.loads(file.read_text())
    key = stack["organizations"][0]["api_key"]
    query = {"sort": "recent", "limit": "40", "counts": "true"}
    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = requests.get(f"{stack['api_url']}/v1/contacts", query, headers=headers, timeout=60)
    except requests.ConnectionError:
        missing(f"the stack of {file} does not answer (make stop, make start)")
    count = len(answer.json()["data"])
    return [
        Row(_GROUP, f"the started stack's first page ({count} contacts)", len(answer.content) / KIB, "KB", budget=50)
    ]


PARTS: tuple[Part, ...] = ((_GROUP, _of_ten_thousand), ("The started stack's first page", _of_the_running_stack))
