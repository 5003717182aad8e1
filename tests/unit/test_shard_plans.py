"""Plans of shards: what they say of a day, which are refused, and that the default places everything as before."""

import hashlib
from collections import Counter

import pytest

from gate24.settings import shards
from gate24.shard_plans import ShardPlan, shard_plan
from gate24.store import keys


def plan(text: str) -> ShardPlan:
    return shard_plan("DAY_SHARDS", text, least=1, most=256)


@pytest.mark.parametrize(
    ("text", "day", "count"),
    [
        ("8", "2026-11-26", 8),
        ("8,2026-12-01:16", "2026-11-30", 8),
        ("8,2026-12-01:16", "2026-12-01", 16),
        ("8,2026-12-01:16", "2031-01-01", 16),
        ("8,2026-12-01:16,2027-02-01:256", "2027-01-31", 16),
        ("8,2026-12-01:16,2027-02-01:256", "2027-02-01", 256),
    ],
)
def test_a_plan_tells_how_many_shards_a_day_has(text: str, day: str, count: int) -> None:
    assert plan(text).on(day) == count
    assert plan(text).text == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is not as in 8,2026-12-01:16"),
        ("eight", "'eight' is not as in"),
        ("08", "'08' is not as in"),
        ("8 ", "'8 ' is not as in"),
        ("2026-12-01:16", "'2026-12-01:16' is not as in"),
        ("8,16", "'16' is not as in"),
        ("8,", "'' is not as in"),
        ("8,2026-12-1:16", "'2026-12-1:16' is not as in"),
        ("8,2026-02-30:16", "there is no day 2026-02-30"),
        ("0", "'0' is not as in"),
        ("7", "a count must be from 8 to 256, and 7 is not"),
        ("8,2026-12-01:512", "a count must be from 8 to 256, and 512 is not"),
        ("8,2026-12-01:16,2026-12-01:32", "the days must rise, and 2026-12-01 does not come after 2026-12-01"),
        ("8,2026-12-01:16,2026-11-30:32", "the days must rise, and 2026-11-30 does not come after 2026-12-01"),
        ("16,2026-12-01:8", "a raise must be to a multiple of the count before, and 8 is none of 16"),
        ("8,2026-12-01:8", "a raise must be to a multiple of the count before, and 8 is none of 8"),
        ("8,2026-12-01:12", "a raise must be to a multiple of the count before, and 12 is none of 8"),
    ],
)
def test_a_wrong_plan_is_refused_with_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        shard_plan("DAY_SHARDS", text, least=8, most=256)
    assert str(refused.value).startswith(f"DAY_SHARDS is {text!r}: {why}")


@pytest.mark.parametrize(
    ("before", "after", "is_kept"),
    [
        ("8", "8", True),
        ("8", "8,2026-12-01:16", True),
        ("8", "8,2026-11-20:16", True),  # a day that has begun: 16 have the 8 among them
        ("8", "16", True),
        ("8,2026-12-01:16", "8", True),  # taken back before it began
        ("8,2026-11-26:16", "8", False),
        ("8,2026-11-20:16", "8,2026-11-21:16", False),
        ("8,2026-11-20:16", "8,2026-11-20:32", True),
        ("16", "8,2026-11-20:16", False),
    ],
)
def test_a_plan_keeps_what_another_has_spread(before: str, after: str, is_kept: bool) -> None:
    assert plan(after).keeps(plan(before), "2026-11-26") is is_kept


def test_without_a_setting_everything_stands_where_it_always_did() -> None:
    assert (shards().days.text, shards().contacts.text) == ("8", "4")
    for number in range(2000):
        byte = hashlib.sha256(f"contact-{number}".encode()).digest()[0]
        assert keys.day_partition("org", "2026-11-26", f"contact-{number}") == f"L#org#2026-11-26#{byte % 8}"
        assert keys.list_partition("org", f"contact-{number}") == f"W#org#{byte % 4}"


@pytest.mark.parametrize("count", [8, 24, 100, 256])
def test_contacts_are_spread_evenly_over_any_number_of_shards(count: int) -> None:
    found = Counter(keys._shard(f"contact-{number}", count) for number in range(400 * count))
    assert sorted(found) == list(range(count))
    assert min(found.values()) > 300
    assert max(found.values()) < 500


def test_every_partition_of_the_list_is_spread_from_one_that_it_began_with() -> None:
    spread = [each for first in keys.first_list_partitions("org") for each in keys.spread_partitions(first)]
    assert sorted(spread) == sorted(keys.list_partitions("org"))
