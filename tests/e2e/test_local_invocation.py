"""Every event of ``events/`` on the built functions under the Runtime Interface Emulator, against the started stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stack import invoke, sam_local
from stack.emulator import FunctionFailed, emulated
from stack.event_files import EVENTS, cases, fill
from stack.settings import ROOT, Settings
from tests.support.event_triggers import functions, triggers
from tests.support.live import Live, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="AWS's emulator runs on Linux alone")

LAST = ("delete_channel", "delete_webhook", "erase_contact")
"""What the others of their function name is then gone."""

NOT_DONE = {
    "admin_api/delete_organization": {400},  # the demo stays
    "admin_api/get_organization_deletion": {404},
    "admin_api/remove_member_of": {404},
    "read_api/label_template": {200, 404},  # 404 before the template was entered
    "read_api/put_my_notifications": {403},  # the caller is a key
    "read_api/put_my_push": {403},
    "admin_api/revoke_api_key": {404},  # the demo keeps its keys
    "admin_api/rotate_api_key": {404},
    "admin_api/revoke_platform_key": {404},
    "admin_api/rotate_platform_key": {404},
    "read_api/erase_contact": {204, 404},  # 404 where it was erased already
    "read_api/get_erasure": {404},
    "read_api/get_media": {302},
    "read_api/remove_member": {404},
    "read_api/revoke_key": {404},
    "read_api/rotate_key": {404},
    "send_gate/gupshup_other": {404},
    "send_gate/refused": {409},
}
"""The HTTP status, where it is not of success."""

TOLD: dict[str, dict[str, Any]] = {
    "authorizer/right_key": {"isAuthorized": True},
    "authorizer/wrong_key": {"isAuthorized": False},
    "retention/schedule": {"is_through": True},
}
"""What the answer of a function behind no route says, among other things."""

NAMES = {
    "close_windows/schedule": {"told"},
    "cost_rollup/by_hand": {"days", "queued"},
    "cost_rollup/schedule": {"queued_days"},
    "inbound_webhook/replay": {"events"},
    "retry_deliveries/schedule": {"endpoints", "queued", "given_up", "failing"},
}
"""The names in such an answer, where what they hold depends on what else the stack does."""


@pytest.fixture(scope="module", autouse=True)
def no_webhook_is_left(stack: dict[str, Any]) -> Iterator[None]:
    """Each further one has every message delivered once more."""
    yield
    live = Live(stack)
    for each in live.api("GET", "/v1/webhooks").json()["data"]:
        if each["url"].endswith("/_sim/hooks/invoke"):
            live.api("DELETE", f"/v1/webhooks/{each['id']}")


@pytest.mark.parametrize("function", sorted(functions()))
def test_a_function_answers_each_of_its_events(function: str, stack: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings.from_env()
    in_order = sorted(cases(function), key=lambda file: (file.stem in LAST, file.stem))
    assert in_order
    log = tmp_path / "log"
    with log.open("wb") as output:
        deployed = invoke.configuration(function, settings)
        with emulated(functions()[function], deployed, settings, output) as emulator:
            for file in in_order:
                event = fill(file.read_text(encoding="utf-8"), stack)
                answer = json.loads(emulator.invoke(json.dumps(event)))
                _check(f"{function}/{file.stem}", event, answer)
    assert "Traceback" not in log.read_text(encoding="utf-8")


def _check(case: str, event: dict[str, Any], answer: dict[str, Any]) -> None:
    if "routeKey" in event and event.get("type") != "REQUEST":
        assert answer["statusCode"] in NOT_DONE.get(case, range(200, 300)), (case, answer)
    elif "Records" in event:
        assert answer == {"batchItemFailures": []}, (case, answer)
    else:
        assert answer.items() >= TOLD.get(case, {}).items(), (case, answer)
        assert answer.keys() >= NAMES.get(case, set()), (case, answer)
        assert case in TOLD or case in NAMES, case


def _invoke(function: str, event: Path | str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'infra' / 'local'}{os.pathsep}{ROOT / 'functions'}"}
    command = [sys.executable, "-m", "stack.invoke", function, str(event)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_answer_is_printed_as_json_and_the_log_beside_it(stack: dict[str, Any]) -> None:
    done = _invoke("authorizer", EVENTS / "authorizer" / "right_key.json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["context"]["organization_id"] == "learning"
    assert "RequestId" in done.stderr
    until(lambda: _left_behind() == [])


def test_a_function_that_fails_says_why(stack: dict[str, Any], tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"from": "yesterday", "to": "${today}"}')
    failed = _invoke("cost_rollup", event)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "The function failed: ValueError: give both days" in failed.stderr
    until(lambda: _left_behind() == [])


def test_a_function_has_nothing_but_its_artifact(stack: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings.from_env()
    only_for_development = invoke.configuration("authorizer", settings) | {"Handler": "boto3.session.Session"}
    with (
        (tmp_path / "log").open("wb") as log,
        emulated("Authorizer", only_for_development, settings, log) as emulator,
        pytest.raises(FunctionFailed, match="ImportModuleError: Unable to import module 'boto3"),
    ):
        emulator.invoke("{}")


@pytest.mark.parametrize(
    ("function", "event", "said"),
    [
        ("send", "events/send_gate/template.json", "  send_gate\n"),
        ("send_gate", "nothing.json", "  events/send_gate/template.json\n"),
        ("", "", "  send_gate\n"),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_what_there_is(
    stack: dict[str, Any],
    function: str,
    event: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", function, event])
    assert invoke.main() == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


def test_sam_local_gets_the_deployed_functions_and_filled_events(
    stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sam_local, "fill", lambda text, stack: "filled")  # as the functions' tests above do
    folder = sam_local.write(Settings.from_env())
    template = json.loads((folder / "template.json").read_text(encoding="utf-8"))
    assert "127.0.0.1" not in json.dumps(template)
    for function, logical_id in functions().items():
        described = template["Resources"][logical_id]["Properties"]
        routes = [event["Properties"] for event in described["Events"].values()]
        assert {f"{each['Method']} {each['Path']}" for each in routes} == {
            each for each in triggers(function) if "/" in each
        }
        assert described["Environment"]["Variables"]["AWS_ENDPOINT_URL"].startswith("http://host.docker.internal:")
        assert Path(described["CodeUri"]).is_dir()
        for case in cases(function):
            assert json.loads((folder / "events" / function / case.name).read_text(encoding="utf-8")) == "filled"


def _left_behind() -> list[str]:
    """The command lines of emulators and functions of this clone that still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(ROOT) in command and "lambda_runtime.py" in command:
            found.append(command)
    return found
