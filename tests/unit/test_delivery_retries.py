"""When a delivery is tried again, and when an endpoint is probed."""

import itertools

import pytest

from gate24.rules.delivery_retries import (
    CUT_OFF_FROM,
    DELAYS_MS,
    FAILING_AFTER_MS,
    GIVEN_UP_AFTER_MS,
    JITTER,
    PROBE_PAUSES_MS,
    is_failing,
    next_attempt_at,
    next_probe_at,
)
from gate24.subscriptions import EndpointHealth

NOW = 1_800_000_000_000
DAY = 24 * 3_600_000


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_attempts_go_on_for_more_than_a_day_with_growing_delays_and_end(chance: float) -> None:
    at, times = NOW, [NOW]
    for attempts in range(1, 100):
        following = next_attempt_at(attempts, NOW, at, chance)
        if following is None:
            break
        times.append(at := following)
    assert len(times) == len(DELAYS_MS) + 1
    delays = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert delays == sorted(delays)
    assert DAY < times[-1] - NOW < GIVEN_UP_AFTER_MS


def test_no_delay_is_shorter_than_the_table_says() -> None:
    for attempts, delay in enumerate(DELAYS_MS, 1):
        assert next_attempt_at(attempts, NOW, NOW, 0.0) == NOW + delay
        assert next_attempt_at(attempts, NOW, NOW, 1.0) == NOW + round(delay * (1 + JITTER))


def test_what_waited_too_long_gets_no_further_attempt() -> None:
    assert next_attempt_at(2, NOW - GIVEN_UP_AFTER_MS, NOW, 0.0) is None


def test_an_endpoint_is_cut_off_after_so_many_failures_and_probed_less_and_less_often() -> None:
    assert next_probe_at(EndpointHealth(CUT_OFF_FROM - 1), NOW, was_probe=False) is None
    assert next_probe_at(EndpointHealth(CUT_OFF_FROM), NOW, was_probe=False) == NOW + PROBE_PAUSES_MS[0]
    under_way = EndpointHealth(CUT_OFF_FROM + 15, cut_off_until=NOW + 1)
    assert next_probe_at(under_way, NOW, was_probe=False) is None
    pauses = [
        (next_probe_at(EndpointHealth(CUT_OFF_FROM, probes), NOW, was_probe=True) or 0) - NOW for probes in range(8)
    ]
    assert pauses == [*PROBE_PAUSES_MS, *3 * [PROBE_PAUSES_MS[-1]]]


@pytest.mark.parametrize(("lasted", "failing"), [(0, False), (FAILING_AFTER_MS - 1, False), (FAILING_AFTER_MS, True)])
def test_an_endpoint_is_failing_once_it_has_failed_for_days(lasted: int, failing: bool) -> None:
    assert is_failing(EndpointHealth(3, 0, NOW, NOW + lasted)) is failing
    assert not is_failing(EndpointHealth())
