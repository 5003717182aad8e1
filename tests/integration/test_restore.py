"""A backup is restored: the tool that proves it finds everything as before, and names what is not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gate24.store import organizations, table
from infra.operator import compare_answers
from infra.operator.api import Answer, ApiUnavailable
from tests.support.scene import HOUR, contact_opted_in, contact_opted_out, contact_wrote, new_number, rolled_up
from tests.support.system import META, TEMPLATE, System

KEY = b"contact-key-of-the-tests"


class InProcess:
    """The API without a network."""

    def __init__(self, gate24: System) -> None:
        self.gate24 = gate24

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        answer = self.gate24.http(method, path, body)
        return Answer(answer.status, json.loads(answer.text) if answer.text else {})


@pytest.fixture
def told(gate24: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """A table with people who may be written to, and people who may not."""
    monkeypatch.setattr(compare_answers, "gate24_api", lambda _: InProcess(gate24))
    for forbid in (False, True):
        phone = new_number()
        contact_opted_in(gate24, phone, 5 * HOUR)
        contact_wrote(gate24, phone, HOUR)
        contact_wrote(gate24, phone, 30 * HOUR, META)
        if forbid:
            contact_opted_out(gate24, phone, HOUR // 2)
        else:
            assert gate24.send(TEMPLATE | {"to": f"+{phone}"}).status == 202
    today = datetime.now(UTC).date()
    assert rolled_up(gate24, today - timedelta(days=2), today + timedelta(days=1))
    return gate24


def use(gate24: System, name: str, key: bytes = KEY) -> None:
    organizations.forget()
    table.connect(name, key)
    gate24.table = name


def compare(file: Path) -> int:
    return compare_answers.main([str(file)])


def test_a_table_restored_from_a_backup_answers_as_the_one_before(
    told: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "before.json"
    assert compare(file) == 0
    backup = told.dynamodb.create_backup(TableName=told.table, BackupName="drill")["BackupDetails"]["BackupArn"]
    told.dynamodb.delete_table(TableName=told.table)
    told.dynamodb.restore_table_from_backup(TargetTableName="restored", BackupArn=backup)
    use(told, "restored")
    capsys.readouterr()
    assert compare(file) == 0
    before = json.loads(file.read_text())
    assert f"Equal: {len(before['contacts'])} contacts, {len(before['days'])} days" in capsys.readouterr().out
    assert len(before["contacts"]) == 2 and before["days"]
    codes = {each["text on learning-gupshup"]["code"] for each in before["contacts"].values()}
    assert codes == {None, "opted_out"}


def test_what_a_restore_lost_is_named(told: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "before.json"
    assert compare(file) == 0
    for item in told.items():
        if "oo" in item or item["pk"]["S"].startswith("D#"):
            told.dynamodb.delete_item(TableName=told.table, Key={name: item[name] for name in ("pk", "sk")})
    capsys.readouterr()
    assert compare(file) == 1
    said = capsys.readouterr().out
    assert "text on learning-gupshup" in said or "only before" in said
    assert "days 2026-" in said


def test_an_api_that_refuses_proves_nothing(told: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Answer:
        raise ApiUnavailable("status 503")

    monkeypatch.setattr(InProcess, "call", fails)
    assert compare(tmp_path / "before.json") == 1
    assert not (tmp_path / "before.json").exists()
