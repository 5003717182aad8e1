"""The calls that docs/administration.md shows do what it says, one after another."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gate24.api import admin_template_routes
from gate24.providers.forward import HttpAnswer
from stack.settings import ROOT
from tests.support.administration import Printed, administered
from tests.support.system import System, system

PAGE = (ROOT / "docs" / "administration.md").read_text(encoding="utf-8")
HERE = "/v1/admin/organizations/reading-trust"
CALLS = re.findall(r"^ *(curl -X (?:.*\\\n)*(?:.*\n)(?: +\".*\n)*)", PAGE, re.MULTILINE)
"""Those that change something by the API, each with its lines that go on, and those of its body."""
[PIPED] = re.findall(r"^(python3 -c .*) \|$", PAGE, re.MULTILINE)
"""What writes the body of a call that has ``-d @-``."""
CONTACTS = re.findall(r"^```csv\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0]


def test_each_call_of_the_page_does_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = HttpAnswer(200, b'{"templates": []}', "application/json")
    monkeypatch.setattr(admin_template_routes, "relay", lambda _: listed)
    with system(tmp_path, simulate=False, in_memory=True) as gate24, administered(gate24):
        platform = Printed(capsys, "key", "create", "--platform", "--name", "portal").json["key"]
        owner = ("--organization", "reading-trust", "--name", "chatbot", "--scopes", "templates,read")
        done: list[tuple[str, int, Any]] = []
        for call in CALLS:
            words = shlex.split(call.replace("\\\n", " "))
            path = words[3].replace("$HERE", HERE).removeprefix("$API")
            given = words[words.index("-d") + 1]
            body = json.loads(printed_beside_the_contacts(tmp_path) if given == "@-" else given)
            is_platforms = path.startswith("/v1/admin")
            key = platform if is_platforms else Printed(capsys, "key", "create", *owner).json["key"]
            answer = gate24.http(words[2], path, body, key=key)
            done.append((f"{words[2]} {path}", answer.status, answer.json))
        template = shown(gate24, key)
    assert [(each, status) for each, status, _ in done] == [
        ("POST /v1/admin/organizations", 201),
        (f"POST {HERE}/channels", 201),
        (f"PUT {HERE}/channels/reading/secrets/api-key", 200),
        (f"POST {HERE}/consents/import", 200),
        (f"POST {HERE}/contacts/import", 200),
        (f"POST {HERE}/channels/reading/templates/sync", 200),
        (f"POST {HERE}/rollup", 202),
        (f"POST {HERE}/unrecognized/replay", 200),
        ("PUT /v1/templates/class_reminder", 200),
    ]
    assert (template["channel"], template["status"], template["params"]) == ("reading", "approved", 2)
    [imported] = [answer["counts"] for each, _, answer in done if each.endswith("/contacts/import")]
    assert (imported["imported"], imported["rejected"]) == (2, 0)


def printed_beside_the_contacts(folder: Path) -> str:
    (folder / "contacts.csv").write_text(CONTACTS)
    return subprocess.run(shlex.split(PIPED), cwd=folder, check=True, capture_output=True, text=True).stdout


def shown(gate24: System, key: str) -> Any:
    [template] = gate24.http("GET", "/v1/templates", key=key).json["data"]
    return template
