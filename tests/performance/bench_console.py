"""The console's first view of a list of 10,000 contacts in real Chromium; and the first page of the running stack."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import requests

from stack.settings import Settings
from tests.performance.rows import Row
from tests.support.browser import chromium, first_view
from tests.support.console_demo import demo
from tests.support.console_mock import Server

CONTACTS = 10_000
KIB = 1024
_GROUP = "Console, first view of the list"


def rows() -> list[Row]:
    """The lines of the table. The main thread's time is processor time, the middle one of three."""
    return [*_of_ten_thousand(), *_of_the_running_stack()]


def _of_ten_thousand() -> list[Row]:
    server = Server({"demo": demo(CONTACTS)}).start()
    try:
        with chromium() as browser, tempfile.TemporaryDirectory() as folder:
            views = [first_view(browser, f"{server.url}/console", "demo", Path(folder)) for _ in range(3)]
    finally:
        server.stop()
    assert all(view["rows"] for view in views), "the list was not drawn in time"
    middle = sorted(views, key=lambda view: view["main_thread_ms"])[1]
    most = {name: max(view[name] for view in views) for name in views[0]}
    return [
        Row(_GROUP, f"of {CONTACTS:,} contacts: requests", most["requests"], "", budget=1),
        Row(_GROUP, "their size", most["bytes"] / KIB, "KB", budget=50),
        Row(_GROUP, "main thread in Chromium", middle["main_thread_ms"], "ms", budget=100),
    ]


def _of_the_running_stack() -> list[Row]:
    """What the API itself answers to the console's first request; none where no stack runs."""
    file = Settings.from_env().stack_file
    if not file.exists():
        return []
    stack = json.loads(file.read_text())
    key = stack["organizations"][0]["api_key"]
    query = {"sort": "recent", "limit": "40", "counts": "true"}
    headers = {"Authorization": f"Bearer {key}"}
    answer = requests.get(f"{stack['api_url']}/v1/contacts", query, headers=headers, timeout=60)
    count = len(answer.json()["data"])
    return [
        Row(_GROUP, f"the started stack's first page ({count} contacts)", len(answer.content) / KIB, "KB", budget=50)
    ]
