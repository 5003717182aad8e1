from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.api.render import rfc3339
from gate24.rules.times import provider_time_ms

NOW = 1_795_341_600_123


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_790_000_000_456, 1_790_000_000_456),
        ("1790000000456", 1_790_000_000_456),
        (1_790_000_000, 1_790_000_000_000),
        ("1790000000", 1_790_000_000_000),
        (1_790_000_000.5, 1_790_000_000_500),
        ("1790000000.25", 1_790_000_000_250),
        (" 1790000000 ", 1_790_000_000_000),
        (NOW, NOW),
        (NOW - 1, NOW - 1),
    ],
)
def test_seconds_and_milliseconds_are_told_apart_by_their_size(value: object, expected: int) -> None:
    assert provider_time_ms(value, NOW) == expected


@pytest.mark.parametrize(
    "value",
    [NOW + 1, str(NOW + 86_400_000), NOW // 1000 + 1, NOW * 1000, pytest.param(10**400, id="enormous"), math.inf],
)
def test_a_time_in_the_future_is_clamped_to_the_time_of_receipt(value: object) -> None:
    assert provider_time_ms(value, NOW) == NOW


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        "",
        "soon",
        "0x10",
        "1_790_000_000",
        "९९९",
        "9" * 5000,
        0,
        -5,
        "-5",
        math.nan,
        -math.inf,
        [],
        {},
    ],
)
def test_what_is_no_time_counts_as_received_now(value: object) -> None:
    assert provider_time_ms(value, NOW) == NOW


@given(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none()))
def test_no_value_gives_a_time_outside_of_the_past(value: object) -> None:
    assert 0 <= provider_time_ms(value, NOW) <= NOW


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_341_600_000, "2026-11-22T10:00:00.000Z"),
        (1_795_341_600_007, "2026-11-22T10:00:00.007Z"),
    ],
)
def test_times_are_shown_in_utc_with_milliseconds(ms: int, expected: str) -> None:
    assert rfc3339(ms) == expected
