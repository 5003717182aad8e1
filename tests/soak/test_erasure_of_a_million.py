"""The erasure of 1,000,000 messages of one contact (``GATE24_MESSAGES``), as ``tests/integration/test_long_erasure.py``
has it of 3,000."""

import os
from collections.abc import Callable

import pytest

from tests.integration.test_long_erasure import (
    Size,
    erase_cut_off_anywhere,
    gate24,  # noqa: F401 (a fixture)
    held,  # noqa: F401 (a fixture)
    says,  # noqa: F401 (a fixture)
)
from tests.support.memory_table import MemoryTable
from tests.support.system import System

pytestmark = pytest.mark.soak

MESSAGES = int(os.environ.get("GATE24_MESSAGES", "1000000"))


def test_a_million_messages_are_erased_page_by_page_and_cut_off_anywhere(
    gate24: System,  # noqa: F811
    held: MemoryTable,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    says: Callable[[str], None],  # noqa: F811
) -> None:
    erase_cut_off_anywhere(gate24, held, Size(MESSAGES, 4, MESSAGES // 3_000, 100), monkeypatch, says)
