"""What ``make test`` makes of tests that fail."""

from __future__ import annotations

from typing import Any

import pytest

from stack import testing

PASSED, FAILED, BROKEN = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERNAL_ERROR


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        pytest.param([PASSED], 0, id="all pass"),
        pytest.param([FAILED, PASSED], 0, id="passes alone"),
        pytest.param([FAILED, FAILED], 1, id="fails twice"),
        pytest.param([BROKEN], 3, id="pytest itself fails"),
    ],
)
def test_what_fails_is_tried_once_more_and_no_more(
    statuses: list[pytest.ExitCode], told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, left = list[tuple[str, ...]](), iter(statuses)

    def runs(_: str, __: Any, *arguments: str) -> int:
        calls.append(arguments)
        return next(left)

    monkeypatch.setattr(testing, "_run", runs)
    assert testing._tested({}, "tests/unit") == told
    assert ["--last-failed" in each for each in calls] == [False, True][: len(statuses)]
    assert next(left, None) is None
