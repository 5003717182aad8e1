from __future__ import annotations

import pytest

from gate24.rules.failures import MEANINGS, meaning


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("window_closed", [470, 1004, 1005, 131047]),
        ("opted_out", [1012]),
        ("marketing_stopped", [131050]),
        ("unreachable", [1002, 1013, 131026]),
        ("not_opted_in", [1006, 1007, 1008]),
        ("wallet", [1003, 131042]),
        ("rate", [471, 4001, 130429, 131048, 131056]),
        ("quality", [472, 130472, 131049]),
        ("template", [2000, 4003, 4005, 132000, 132001, 132012, 132015, 132016, 132018]),
        ("media", [1000, 1010, 1011, 1014, 131052, 131053]),
        ("account", [131031, 133010, 190, 200]),
        ("invalid", [1009, 131009, 100]),
        ("provider", [500, 503, 4002, 131000, 131016]),
    ],
)
def test_codes_of_both_providers_have_one_meaning(kind: str, codes: list[int]) -> None:
    assert {meaning(code).kind for code in codes} == {kind}


def test_a_code_is_found_as_a_number_and_as_text() -> None:
    assert meaning(131047) == meaning("131047")


@pytest.mark.parametrize(("code", "reason"), [("987654", "Strange thing"), ("unknown", None), (None, None), ("", "x")])
def test_an_unknown_code_keeps_its_number_and_text(code: str | None, reason: str | None) -> None:
    found = meaning(code, reason)
    assert found.kind == "unknown"
    assert (code or "") in found.text
    assert (reason or "") in found.text


def test_no_closed_window_refusal_by_the_person_or_wrong_number_invites_a_retry() -> None:
    final = {"window_closed", "opted_out", "marketing_stopped", "unreachable"}
    assert not [code for code, found in MEANINGS.items() if found.kind in final and found.retryable]


def test_every_meaning_says_what_happened_and_what_to_do() -> None:
    assert all(found.text.endswith(".") and found.action.endswith(".") for found in MEANINGS.values())
