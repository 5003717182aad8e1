"""What the API says no with."""

import pytest

from gate24.api import http
from gate24.api.problems import PROBLEMS, Problem

CONTRACT = {
    400: {"payload_invalid", "idempotency_key_missing"},
    401: {"unauthorized"},
    403: {"not_opted_in", "opted_out", "blocked", "marketing_stopped", "number_changed"},
    404: {"not_found"},
    409: {
        "window_closed",
        "budget_exceeded",
        "mail_not_set_up",
        "push_not_set_up",
        "request_in_progress",
        "last_admin",
    },
    422: {
        "idempotency_key_reused",
        "recipient_invalid",
        "not_supported_by_provider",
        "url_not_allowed",
        "template_not_found",
        "template_not_approved",
        "template_params_mismatch",
        "media_too_large",
        "text_too_long",
    },
    429: {"throttled"},
    502: {"bsp_rejected"},
    503: {"unavailable"},
    504: {"bsp_outcome_unknown"},
}


@pytest.mark.parametrize(
    ("status", "code"), [(status, code) for status, codes in CONTRACT.items() for code in sorted(codes)]
)
def test_every_code_has_its_status(status: int, code: str) -> None:
    assert Problem(code).status == PROBLEMS[code].status == status


def test_there_is_no_code_beside_the_documented_ones() -> None:
    assert set(PROBLEMS) == set().union(*CONTRACT.values())


def test_only_what_passes_by_itself_is_retryable_and_an_unknown_outcome_never_is() -> None:
    retryable = {code for code, kind in PROBLEMS.items() if kind.retryable}
    assert retryable == {"request_in_progress", "throttled", "unavailable"}


def test_a_refusal_tells_what_would_work_and_the_window() -> None:
    problem = Problem(
        "window_closed",
        "The window lapsed.",
        allowed_actions=("send_template",),
        window={"state": "closed"},
        extra={"server_time": "2026-11-21T09:10:00Z"},
    )
    assert problem.to_json("req-1") == {
        "type": "https://gate24.example.org/problems/window_closed",
        "title": "The session window is closed",
        "status": 409,
        "detail": "The window lapsed.",
        "code": "window_closed",
        "request_id": "req-1",
        "retryable": False,
        "allowed_actions": ["send_template"],
        "window": {"state": "closed"},
        "server_time": "2026-11-21T09:10:00Z",
    }
    answer = http.problem(problem, "req-1")
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert "retry-after" not in answer["headers"]


def test_what_does_not_apply_is_left_out() -> None:
    assert not {"window", "provider", "errors"} & set(Problem("not_found").to_json("req-1"))


def test_errors_and_the_bsps_words_are_shown() -> None:
    shown = Problem("payload_invalid", errors=[{"pointer": "/to", "detail": "is required"}]).to_json("req-1")
    assert shown["errors"] == [{"pointer": "/to", "detail": "is required"}]
    assert Problem("bsp_rejected", provider={"code": "400", "reason": None}).to_json("r")["provider"]["code"] == "400"


def test_a_throttled_caller_is_told_when_to_come_back() -> None:
    assert http.problem(Problem("throttled", retry_after=0), "r")["headers"]["retry-after"] == "0"


def test_status_and_retryable_can_be_told_otherwise() -> None:
    assert Problem("unauthorized", status=403).to_json("r")["status"] == 403
    assert Problem("bsp_rejected", retryable=True).to_json("r")["retryable"] is True


def test_a_problem_is_an_exception_whose_text_is_its_code_alone() -> None:
    with pytest.raises(Problem) as raised:
        raise Problem("blocked", "Not for the log.")
    assert str(raised.value) == "blocked"


def test_an_undocumented_code_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Problem("no_such_code")
