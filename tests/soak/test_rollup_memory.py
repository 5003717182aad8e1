"""A day of 5,000,000 messages takes no more memory than one of 100,000. Minutes long: ``make soak``."""

import pytest

from tests.support.ledger_index import ledger_of
from tests.support.rollup_memory import fold_day, peak_bytes

pytestmark = pytest.mark.soak

MESSAGES = 5_000_000


def test_a_day_of_five_million_messages_takes_the_memory_of_a_small_one() -> None:
    small = peak_bytes(100_000, fold_day)
    assert peak_bytes(MESSAGES, fold_day) < small * 1.2


def test_a_day_of_five_million_messages_is_counted_whole() -> None:
    with ledger_of(MESSAGES):
        assert sum(fold_day().whole.messages.values()) == MESSAGES
