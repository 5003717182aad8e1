"""The curve by which the functions' memory is chosen."""

from __future__ import annotations

import pytest

from tests.performance.bench_memory import dollars_a_million, duration_ms


def test_cpu_costs_the_same_at_each_size_and_waiting_the_more_the_larger_the_function_is() -> None:
    assert duration_ms(10, 0, 1769) == 10
    assert duration_ms(10, 15, 1769 // 2) == pytest.approx(35, rel=0.01)
    assert dollars_a_million(duration_ms(10, 0, 256), 256) == pytest.approx(dollars_a_million(10, 1769))
    assert dollars_a_million(duration_ms(0, 400, 1024), 1024) == 2 * dollars_a_million(duration_ms(0, 400, 512), 512)


def test_no_more_than_one_vcpu_is_of_use() -> None:
    assert duration_ms(10, 5, 3538) == duration_ms(10, 5, 1769)


def test_a_second_of_a_gigabyte_costs_the_list_price() -> None:
    assert dollars_a_million(1000, 1024) == pytest.approx(13.3334)
