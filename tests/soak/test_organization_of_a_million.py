"""The export and the deletion of an organization with 1,000,000 messages (``GATE24_MESSAGES``), as
``tests/integration/test_large_organization.py`` has it of some thousand."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.test_large_organization import (
    Size,
    exported_and_deleted,
    gate24,  # noqa: F401 (a fixture)
    held,  # noqa: F401 (a fixture)
)
from tests.integration.test_long_erasure import says  # noqa: F401 (a fixture)
from tests.support.memory_table import MemoryTable
from tests.support.system import System

pytestmark = pytest.mark.soak

MESSAGES = int(os.environ.get("GATE24_MESSAGES", "1000000"))
GROWN_MOST = 64 * 2**20
"""Bytes by which the process may grow while it exports: a page of lines, whatever the number of pages."""


def test_a_million_messages_are_exported_and_deleted_and_cut_off_anywhere(
    gate24: System,  # noqa: F811
    held: MemoryTable,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    says: Callable[[str], None],  # noqa: F811
) -> None:
    size = Size(MESSAGES // 100, 100, 1000, 10)
    usage, grown = exported_and_deleted(gate24, held, size, tmp_path / "to", capsys, monkeypatch, says)
    assert usage.requests < 4 * size.contacts + 12 * (MESSAGES // 1000 + size.contacts // 1000 + 20)
    assert usage.read_units < 0.2 * MESSAGES + 10_000
    assert grown < GROWN_MOST
