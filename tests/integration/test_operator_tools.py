"""An operator's tools: consents from a file, templates from Gupshup's list."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.operator import import_consents, templates_sync
from infra.operator.api import Answer, Api, ApiUnavailable
from tests.support.scene import HOUR, contact_opted_out, new_number
from tests.support.system import GUPSHUP, System, system

HEADER = "phone,action,at,source,evidence"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operator")


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[System]:
    with system(folder) as made:
        yield made


class InProcess:
    """The API without a network: ``calls`` of it fail from ``broken_from`` on."""

    def __init__(self, gate24: System, broken_from: int = 1_000_000) -> None:
        self.gate24, self.broken_from, self.calls = gate24, broken_from, 0

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        self.calls += 1
        if self.calls > self.broken_from:
            raise ApiUnavailable("no answer")
        answer = self.gate24.http(method, path, body)
        return Answer(answer.status, json.loads(answer.text) if answer.text else {})


def run(gate24: System, file: Path, broken_from: int = 1_000_000) -> dict[str, int]:
    out = io.StringIO()
    rows = list(import_consents.read(file))
    counts = import_consents.import_rows(InProcess(gate24, broken_from), file, rows, out)  # type: ignore[arg-type]
    assert f"{len(rows)}/{len(rows)}" in out.getvalue() or not rows
    return dict(counts)


def rejections(file: Path) -> list[dict[str, str]]:
    with import_consents.rejected_file(file).open(newline="") as text:
        return list(csv.DictReader(text))


def consents(gate24: System, phone: str) -> list[tuple[str, str, str]]:
    data = gate24.http("GET", f"/v1/contacts/{phone}/consents").json["data"]
    return [(each["action"], each["source"], each["evidence"]) for each in data]


def ago(hours: int) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")


def test_consents_are_imported_and_every_row_that_is_not_taken_is_reported(shared: System, tmp_path: Path) -> None:
    new, stopped, changed, at = new_number(), new_number(), new_number(), ago(30)
    contact_opted_out(shared, stopped, 10 * HOUR)
    contact_opted_out(shared, changed, 100 * HOUR)
    file = tmp_path / "consents.csv"
    lines = [
        f'+91 {new[2:7]} {new[7:]},opt_in,{at},camp,"form 17, page 2"',
        f"{stopped},opt_in,{ago(40)},camp,old form",
        f"{stopped},opt_in,,camp,undated form",
        f"{changed},opt_in,{ago(50)},,",
        "12,opt_in,,,",
        f"{new},maybe,,,",
        f"{new},opt_in,yesterday,,",
        f"{new},opt_in,2999-01-01T00:00:00Z,,",
        ",opt_in,,,",
        f"{new},opt_in,,,,,surplus",
    ]
    file.write_text("\n".join((HEADER, *lines)), encoding="utf-8-sig")
    assert run(shared, file) == {"recorded": 2, "outdated": 1, "rejected": 7}
    assert consents(shared, new) == [("opt_in", "camp", f"form 17, page 2 (as of {at})")]
    assert shared.contact(changed)["consent"]["status"] == "opted_in"
    assert shared.contact(stopped)["consent"]["status"] == "opted_out"
    reasons = [each["reason"] for each in rejections(file)]
    assert reasons[0].startswith("the contact opted out on ")
    assert reasons[0].endswith(": say in the column at when the contact opted in")
    assert reasons[1:] == [
        "recipient_invalid",
        "action must be opt_in or opt_out",
        "at is not a time like 2026-11-22T10:00:00Z",
        "at is in the future",
        "no phone number",
        "more cells than columns",
    ]
    assert rejections(file)[1]["phone"] == "12"
    written = import_consents.rejected_file(file).read_text().splitlines()
    assert written[0] == f"row,reason,{HEADER}"
    assert written[-1] == f"10,more cells than columns,{lines[-1]}"


def test_the_rejected_rows_are_mended_where_they_are_and_imported_again(shared: System, tmp_path: Path) -> None:
    phone, file = new_number(), tmp_path / "consents.csv"
    file.write_text(f"{HEADER}\n{phone},agreed,{ago(30)},camp,form 1\n")
    assert run(shared, file) == {"rejected": 1}
    mended = import_consents.rejected_file(file)
    mended.write_text(mended.read_text().replace(",agreed,", ",opt_in,"))
    assert run(shared, mended) == {"recorded": 1}
    assert [(action, source) for action, source, _ in consents(shared, phone)] == [("opt_in", "camp")]
    assert {each.name for each in tmp_path.iterdir()} == {"consents.csv", "consents.csv.rejected.csv"}


def test_a_consent_is_imported_for_a_user_id_and_a_missing_country_code_is_pointed_out(
    shared: System, tmp_path: Path
) -> None:
    user_id, file = f"IN.{new_number()}", tmp_path / "consents.csv"
    file.write_text(f"{HEADER}\n{user_id},opt_in,,camp,form 1\n98765 43210,opt_in,,,\n")
    assert run(shared, file) == {"recorded": 1, "rejected": 1}
    assert shared.contact(user_id)["consent"]["status"] == "opted_in"
    assert [each["reason"] for each in rejections(file)] == ["recipient_invalid: is +919876543210 meant?"]


def test_importing_the_file_again_changes_nothing(shared: System, tmp_path: Path) -> None:
    phone, file = new_number(), tmp_path / "consents.csv"
    file.write_text(f"{HEADER}\n{phone},opt_in,,camp,form 1\nnobody,opt_in,,,\n")
    first = run(shared, file)
    report = rejections(file)
    assert first == {"recorded": 1, "rejected": 1}
    assert not import_consents.progress_file(file).exists()
    assert (run(shared, file), rejections(file)) == ({"already known": 1, "rejected": 1}, report)
    assert len(consents(shared, phone)) == 1


def test_an_import_that_broke_off_goes_on_where_it_was(shared: System, tmp_path: Path) -> None:
    phones, file = [new_number() for _ in range(6)], tmp_path / "consents.csv"
    file.write_text("\n".join((HEADER, *(f"{phone},opt_out,,," for phone in phones), "x,opt_in,,,")))
    with pytest.raises(ApiUnavailable):
        run(shared, file, broken_from=5)
    assert run(shared, file) == {"recorded": 6, "rejected": 1}
    assert [len(consents(shared, phone)) for phone in phones] == [1] * 6
    assert len(rejections(file)) == 1


class Meeting:
    """An API that answers about a person only when it is asked about three at the same time."""

    def __init__(self) -> None:
        self.three, self.recorded = threading.Barrier(3, timeout=20), list[tuple[str, str]]()

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        if method == "GET":
            self.three.wait()
            return Answer(404, {})
        self.recorded.append((path.split("/")[3], body["source"]))
        return Answer(201, {})


def test_people_are_imported_at_the_same_time_and_what_one_of_them_said_in_its_order(tmp_path: Path) -> None:
    phones, file, api = [new_number() for _ in range(3)], tmp_path / "consents.csv", Meeting()
    file.write_text("\n".join((HEADER, *(f"{phone},opt_in,,{said}," for said in "123" for phone in phones))))
    rows = list(import_consents.read(file))
    assert import_consents.import_rows(api, file, rows, io.StringIO()) == {"recorded": 9}  # type: ignore[arg-type]
    for phone in phones:
        assert [said for each, said in api.recorded if each == phone] == ["1", "2", "3"]


def test_a_row_that_was_done_before_one_that_failed_is_not_asked_for_again(tmp_path: Path) -> None:
    phones, file, asked = [new_number() for _ in range(3)], tmp_path / "consents.csv", list[str]()
    file.write_text("\n".join((HEADER, *(f"{phone},opt_in,,," for phone in phones), "12,opt_in,,,")))
    others = threading.Semaphore(0)

    class FailingForTheSecond:
        is_failing = True

        def call(self, method: str, path: str, body: Any = None) -> Answer:
            asked.append(path.split("/")[3])
            if phones[1] in path and self.is_failing:
                for _ in range(3):
                    assert others.acquire(timeout=20)
                raise ApiUnavailable("no answer")
            if method == "POST" or path.endswith("/12"):
                others.release()
            return (
                Answer(422, {"code": "recipient_invalid"})
                if path.endswith("/12")
                else Answer(404 if method == "GET" else 201, {})
            )

    api, rows = FailingForTheSecond(), list(import_consents.read(file))
    with pytest.raises(ApiUnavailable):
        import_consents.import_rows(api, file, rows, io.StringIO())  # type: ignore[arg-type]
    assert rejections(file) == []
    asked.clear()
    api.is_failing = False
    counts = import_consents.import_rows(api, file, rows, io.StringIO())  # type: ignore[arg-type]
    assert (counts, set(asked)) == ({"recorded": 3, "rejected": 1}, {phones[1]})
    assert [each["phone"] for each in rejections(file)] == ["12"]


@pytest.mark.parametrize("content", [b"", b"number,what\n1,2\n", b"phone,action,colour\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_such_table_is_not_touched(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "consents.csv"
    file.write_bytes(content)
    assert import_consents.main([str(file)]) == 2
    assert not import_consents.rejected_file(file).exists()


@pytest.fixture
def flaky() -> Iterator[tuple[str, list[int]]]:
    """A server that answers with the given statuses, one after the other."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0))
            self.end_headers()
            self.wfile.write(b'{"code": "said"}')

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", statuses
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_tools_try_again_where_that_may_help_and_give_up_in_the_end(flaky: tuple[str, list[int]]) -> None:
    url, statuses = flaky
    api = Api(url, {}, pause=0.001)
    statuses += [503, 429, 200]
    assert api.call("GET", "/x").status == 200
    statuses += [422]
    assert api.call("GET", "/x").code == "said"
    statuses += [503] * 6
    with pytest.raises(ApiUnavailable, match="status 503"):
        api.call("GET", "/x")
    with pytest.raises(ApiUnavailable):
        Api("http://127.0.0.1:9", {}, pause=0.001).call("GET", "/x")


def test_gupshups_list_of_templates_becomes_the_registry(
    shared: System, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shared.simulator is not None
    facts = {"languageCode": "en", "status": "APPROVED"}
    listed = [
        facts | {"id": "t-1", "elementName": "visit", "languageCode": "en-US", "data": "Dear {{1}}, {{2}} for {{1}}"},
        facts
        | {"id": "t-2", "elementName": "poster", "templateType": "IMAGE", "category": "MARKETING", "status": "PAUSED"},
        facts | {"id": "t-3", "elementName": "cards", "templateType": "CAROUSEL"},
        facts | {"id": "t-4", "elementName": "odd", "status": "MELTED"},
    ]
    path = folder / "bsp.json"
    config = json.loads(path.read_text())
    config["channels"][0] |= {"templates": listed, "app_id": "app-1"}
    path.write_text(json.dumps(config))
    bsp = Api(shared.simulator.url, {"apikey": "bsp-key"}, pause=0.001)
    for _ in range(2):
        assert templates_sync.sync(bsp, InProcess(shared), "app-1", GUPSHUP) == 2  # type: ignore[arg-type]
    data = shared.http("GET", "/v1/templates?limit=100").json["data"]
    registry = {each["name"]: each for each in data if each["channel"] == GUPSHUP}
    assert registry["visit"] == {
        "channel": GUPSHUP,
        "name": "visit",
        "bsp_template_id": "t-1",
        "language": "en_US",
        "category": "utility",
        "status": "approved",
        "params": 2,
        "media": None,
        "body": "Dear {{1}}, {{2}} for {{1}}",
    }
    poster = registry["poster"]
    assert (poster["media"], poster["category"], poster["status"]) == ("image", "marketing", "paused")
    assert "cards" not in registry and "odd" not in registry
    assert "skipped  cards (en): templates of type CAROUSEL are not supported" in capsys.readouterr().out
    with pytest.raises(ApiUnavailable, match="401"):
        templates_sync.sync(Api(shared.simulator.url, {"apikey": "x"}), InProcess(shared), "app-1", GUPSHUP)  # type: ignore[arg-type]
