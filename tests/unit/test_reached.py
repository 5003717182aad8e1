"""How many persons were reached: exact while they are few, near it when they are many, the same in whatever order."""

from __future__ import annotations

import random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate24.rules.reached import EXACT_MOST, Reached, merged


def sketch(names: list[str]) -> Reached:
    found = Reached()
    for name in names:
        found.add(name)
    return found


def of_hashes(seed: int, count: int) -> Reached:
    """Of so many persons, whose hashes are drawn: what ``add`` makes of their ids, without a million digests."""
    draw = random.Random(seed)
    found = Reached()
    found._add(draw.getrandbits(24) for _ in range(count))
    return found


def names(seed: int, count: int) -> list[str]:
    return [f"{seed}-{number}" for number in range(count)]


def test_of_nobody_it_is_nothing() -> None:
    assert (Reached().count, Reached().text, Reached.of("").count) == (0, "", 0)


@pytest.mark.parametrize("count", [1, 2, 50, 300, EXACT_MOST])
def test_some_hundred_persons_are_counted_exactly(count: int) -> None:
    assert abs(sketch(names(count, count)).count - count) <= 1, "two of them may share a hash"


@pytest.mark.parametrize("count", [700, 2_000, 10_000, 30_000, 100_000, 1_000_000])
def test_many_persons_are_counted_with_the_error_that_is_promised(count: int) -> None:
    """Standard error 1.6 %: none of the sets may be off by more than five of it, nor their mean by more than two of
    its own."""
    runs = 20 if count < 1_000_000 else 6
    errors = [of_hashes(seed, count).count / count - 1 for seed in range(runs)]
    assert max(map(abs, errors)) < 0.08
    assert abs(fmean(errors)) < 2.5 * 0.0163 / runs**0.5


def test_the_digests_of_ids_are_spread_like_drawn_hashes() -> None:
    assert sketch(names(1, 20_000)).count == pytest.approx(20_000, rel=0.06)


def test_it_takes_two_kilobytes_whatever_it_holds() -> None:
    sizes = [len(of_hashes(1, count).text) for count in (0, 1, EXACT_MOST, EXACT_MOST + 1, 200_000)]
    assert sizes[0] == 0 and sizes[1] == 4 and max(sizes) == 2732


def test_who_is_among_many_cannot_be_told_from_the_registers() -> None:
    many = of_hashes(1, 5_000)
    assert many.hashes == set() and len(many.registers) == 4096


@settings(max_examples=40)
@given(st.lists(st.integers(0, 3000), max_size=40), st.randoms(use_true_random=False), st.integers(0, 2))
def test_order_and_repetition_do_not_matter(few: list[int], order: random.Random, many: int) -> None:
    everybody = [*names(1, 600 * many), *map(str, few)]
    shuffled = [*everybody, *everybody[:7]]
    order.shuffle(shuffled)
    assert sketch(shuffled) == sketch(everybody)


@pytest.mark.parametrize("sizes", [(3, 4), (400, 400), (400, 5_000), (5_000, 400), (5_000, 5_000)])
def test_merged_days_are_the_sketch_of_all_their_persons(sizes: tuple[int, int]) -> None:
    first, second = names(1, sizes[0]), [*names(1, sizes[0] // 2), *names(2, sizes[1])]
    assert merged([sketch(first).text, sketch(second).text]) == sketch([*first, *second]).text
    assert merged([sketch(second).text, sketch(first).text]) == sketch([*first, *second]).text


@pytest.mark.parametrize("count", [0, 1, EXACT_MOST, EXACT_MOST + 1, 50_000])
def test_what_is_stored_is_what_is_read(count: int) -> None:
    found = of_hashes(3, count)
    assert Reached.of(found.text) == found
