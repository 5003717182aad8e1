"""``./gate24 organization export``: everything once, also when it is broken off and when people write meanwhile."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.admin import export
from infra.operator.api import Answer, ApiUnavailable
from tests.support.administration import ApiInProcess, Printed, administered
from tests.support.scene import HOUR, contact_wrote, new_number, run_rollup
from tests.support.system import GUPSHUP, META, ORG, OTHER, OTHER_ORG, System, system

CONTACTS, LONG_CONVERSATION = 8, 7


@pytest.fixture(scope="module")
def phones() -> list[str]:
    return [f"+{new_number()}" for _ in range(CONTACTS)]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, phones: list[str]) -> Iterator[System]:
    """Contacts of whom the first wrote last, and one of another organization."""
    folder = tmp_path_factory.mktemp("export")
    with system(folder, simulate=False, in_memory=True) as made, administered(made):
        for number, phone in enumerate(phones):
            contact_wrote(made, phone[1:], (number + 2) * HOUR)
        for number in range(LONG_CONVERSATION - 1):
            contact_wrote(made, phones[3][1:], (number + 20) * HOUR)
        for action in ("opt_in", "opt_out"):
            path = f"/v1/contacts/{phones[5]}/consents"
            assert made.http("POST", path, {"action": action, "source": "form"}).status == 201
        contact_wrote(made, new_number(), HOUR, OTHER)
        run_rollup()
        yield made


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_PAGE", 3)


def lines(folder: Path) -> dict[str, list[Any]]:
    return {
        kind: [json.loads(line) for line in (folder / f"{kind}.jsonl").read_text().splitlines()]
        for kind in export.KINDS
    }


def without_clock(told: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """What passes by itself from one moment to the next is the time left, as of when a day that runs holds, and that
    each export is noted."""
    for day in told["costs"]:
        del day["as_of"]
    for contact in told["contacts"]:
        for each in contact["windows"]:
            del each["window"]["seconds_left"]
    told["audit"] = [each for each in told["audit"] if each["act"] != "organization.exported"]
    return told


def without_reading(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the audit log, and without when the ledger was read for a day: an export does that anew."""
    kept = [item for item in items if not item["pk"]["S"].startswith("AL#")]
    return [item | {"b": {}} if item["pk"]["S"].startswith("D#") else item for item in kept]


def test_everything_of_the_organization_is_exported_once(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path, phones: list[str]
) -> None:
    Printed(capsys, "rollup")
    before = without_reading(deployed.items())
    printed = Printed(capsys, "organization", "export", ORG, "--to", str(tmp_path / "new" / "folder"), "--json")
    assert printed.status == 0, printed.err
    told = lines(tmp_path / "new" / "folder")
    assert printed.json["lines"] == {kind: len(each) for kind, each in told.items()}
    assert sorted(each["phone"] for each in told["contacts"]) == sorted(phones)
    assert len(told["messages"]) == len({each["id"] for each in told["messages"]}) == CONTACTS + LONG_CONVERSATION - 1
    assert sum(each["contact"] == phones[3] for each in told["messages"]) == LONG_CONVERSATION
    assert sorted((each["contact"], each["action"]) for each in told["consents"]) == [
        (phones[5], "opt_in"),
        (phones[5], "opt_out"),
    ]
    assert {each["name"] for each in told["templates"]} == {"reminder"}
    assert sum(each["messages"]["inbound"] for each in told["costs"]) == CONTACTS + LONG_CONVERSATION - 1
    assert [each["id"] for each in told["organization"]] == [ORG]
    assert {each["id"] for each in told["channels"]} == {GUPSHUP, META}
    assert {each["act"] for each in told["audit"]} == {"template.added", "organization.exported"}
    of_other = Printed(capsys, "organization", "export", OTHER_ORG, "--to", str(tmp_path / "other"), "--json")
    assert of_other.json["lines"]["contacts"] == 1
    after = without_reading(deployed.items())
    assert after == before, "the key of the export is gone, and nothing but the audit log has changed"


def test_the_exported_costs_are_those_of_the_exported_messages(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for ago in (0, 30 * HOUR):  # nobody has reckoned since
        contact_wrote(deployed, new_number(), ago, OTHER)
    assert Printed(capsys, "organization", "export", OTHER_ORG, "--to", str(tmp_path / "to")).status == 0
    told = lines(tmp_path / "to")
    assert sum(each["messages"]["inbound"] for each in told["costs"]) == len(told["messages"]) == 3


def test_an_export_that_an_earlier_version_began_goes_on(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    counts = dict.fromkeys(("contacts", "consents", "messages", "templates", "costs"), 0)
    begun = {"organization": ORG, "begun_at": "", "cursor": None, "stage": "contacts", "counts": counts}
    (tmp_path / "export.json").write_text(json.dumps(begun | {"sizes": counts}))
    printed = Printed(capsys, "organization", "export", ORG, "--to", str(tmp_path), "--json")
    assert (printed.status, printed.json["lines"]["channels"]) == (0, 2)


def test_an_export_that_was_broken_off_goes_on_and_is_the_same(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = str(tmp_path / "whole"), str(tmp_path / "broken")
    assert Printed(capsys, "organization", "export", ORG, "--to", whole).status == 0
    asked, call = iter(range(1_000)), ApiInProcess.call

    def breaks(self: ApiInProcess, method: str, path: str, body: Any = None) -> Answer:
        if next(asked) % 5 == 4:
            raise ApiUnavailable("no answer")
        return call(self, method, path, body)

    monkeypatch.setattr(ApiInProcess, "call", breaks)
    statuses: list[int] = []
    while not statuses or statuses[-1] == 1:
        statuses.append(Printed(capsys, "organization", "export", ORG, "--to", broken).status)
        assert len(statuses) < 20
    assert statuses[-1] == 0 and len(statuses) > 1
    assert without_clock(lines(tmp_path / "broken")) == without_clock(lines(tmp_path / "whole"))


def test_ctrl_c_says_that_the_same_command_goes_on(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ApiInProcess.call

    def interrupted(self: ApiInProcess, method: str, path: str, body: Any = None) -> Answer:
        if "cursor" in path:
            raise KeyboardInterrupt
        return call(self, method, path, body)

    asked = ("organization", "export", ORG, "--to", str(tmp_path), "--json")
    with monkeypatch.context() as patch:
        patch.setattr(ApiInProcess, "call", interrupted)
        stopped = Printed(capsys, *asked)
    assert (stopped.status, "Not finished. Run the same command again to continue." in stopped.err) == (1, True)
    whole = Printed(capsys, *asked)
    assert (whole.status, whole.json["lines"]["contacts"]) == (0, CONTACTS)


def test_the_folder_says_what_each_of_its_files_is(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert Printed(capsys, "organization", "export", ORG, "--to", str(tmp_path)).status == 0
    said = (tmp_path / "README.txt").read_text(encoding="utf-8")
    begun_at = json.loads((tmp_path / "export.json").read_text())["begun_at"]
    assert said.startswith(f"Export of the organization {ORG}, begun at {begun_at}.")
    named = {word for word in said.split() if word.endswith(".jsonl")}
    assert named == {f"{kind}.jsonl" for kind in export.KINDS} == {each.name for each in tmp_path.glob("*.jsonl")}


def test_who_writes_during_the_export_is_in_it(
    deployed: System, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, last = ApiInProcess.call, lines_of_list(deployed)[-1]

    def interrupted(self: ApiInProcess, method: str, path: str, body: Any = None) -> Answer:
        if "cursor" in path and path.startswith(f"/v1/admin/organizations/{ORG}/export?"):
            monkeypatch.setattr(ApiInProcess, "call", call)
            contact_wrote(deployed, last[1:], 0)
        return call(self, method, path, body)

    monkeypatch.setattr(ApiInProcess, "call", interrupted)
    assert Printed(capsys, "organization", "export", ORG, "--to", str(tmp_path / "to")).status == 0
    exported = [each["phone"] for each in lines(tmp_path / "to")["contacts"]]
    assert exported.count(last) == 1
    assert len(exported) == CONTACTS


def lines_of_list(deployed: System) -> list[str]:
    return [each["phone"] for each in deployed.http("GET", "/v1/contacts?window=all&limit=100").json["data"]]


@pytest.mark.parametrize(
    ("organization", "found", "sentence"),
    [
        ("nobody", None, "There is no organization nobody."),
        (ORG, {"notes.txt": "mine"}, "is not an empty folder. Choose another."),
        (ORG, {"export.json": json.dumps({"organization": "health", "begun_at": ""})}, "holds an export of health."),
        (
            *(ORG, {"export.json": json.dumps({"organization": ORG, "begun_at": "", "stage": "done"})}),
            "holds a finished export.",
        ),
    ],
)
def test_a_folder_that_is_used_otherwise_is_not_touched(
    deployed: System,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    organization: str,
    found: dict[str, str] | None,
    sentence: str,
) -> None:
    for name, content in (found or {}).items():
        (tmp_path / name).write_text(content)
    printed = Printed(capsys, "organization", "export", organization, "--to", str(tmp_path))
    assert (printed.status, sentence in printed.err) == (2, True)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == (found or {})
