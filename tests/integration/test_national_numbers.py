"""A number without its country code is refused with a suggestion, on a channel as in a path, and never logged."""

import io
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.system import META, TEXT, System

pytestmark = pytest.mark.in_memory

TWO_NUMBERS, INSIDE_INDIA = "6591234567", "98765 43210"

SUGGESTIONS = [
    (TWO_NUMBERS, "+916591234567", ["+916591234567", "+6591234567"]),
    (INSIDE_INDIA, "+919876543210", ["+919876543210"]),
    ("098765-43210", "+919876543210", ["+919876543210"]),
]
"""What was written, the suggestion, and the numbers in the words; the channels of the tests are Indian."""

TAKEN = ["+6591234567", "006591234567", "+65 9123-4567", "919876543210", "91 98765 43210", "447911123456"]
"""With a country code: told by + or 00, or because the digits are no number inside India."""

ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/messages", None),
    ("GET", "/consents", None),
    ("POST", "/consents", {"action": "opt_in", "source": "form"}),
    ("PUT", "/block", None),
    ("DELETE", "/block", None),
    ("DELETE", "", None),
]


@pytest.mark.parametrize(("written", "suggestion", "numbers"), SUGGESTIONS)
def test_a_send_to_a_number_without_its_country_code_is_refused_with_what_to_write(
    gate24: System, log: io.StringIO, written: str, suggestion: str, numbers: list[str]
) -> None:
    for refused in (
        gate24.send(TEXT | {"to": written}),
        gate24.send(TEXT | {"to": written, "channel": META}),
        gate24.check(TEXT | {"to": written}),
    ):
        assert (refused.status, refused.json["code"]) == (422, "recipient_invalid")
        assert (refused.json["suggestion"], refused.json["retryable"]) == (suggestion, False)
        assert [each for each in numbers if each not in refused.json["detail"]] == []
    assert "recipient_invalid" in log.getvalue()
    assert not [each for each in (written, suggestion.removeprefix("+"), *numbers) if each in log.getvalue()]
    assert gate24.http("GET", "/v1/contacts").json["data"] == []


@pytest.mark.parametrize(("method", "below", "body"), ROUTES)
def test_a_path_with_a_number_without_its_country_code_is_refused_with_what_to_write(
    gate24: System, method: str, below: str, body: Any
) -> None:
    for written, suggestion, _ in SUGGESTIONS:
        refused = gate24.http(method, f"/v1/contacts/{quote(written)}{below}", body)
        assert (refused.status, refused.json["code"]) == (422, "recipient_invalid")
        assert refused.json["suggestion"] == suggestion


@pytest.mark.parametrize("written", TAKEN)
def test_a_number_with_its_country_code_is_taken(gate24: System, written: str) -> None:
    assert gate24.check(TEXT | {"to": written}).json["code"] == "not_opted_in"
    assert gate24.http("GET", f"/v1/contacts/{quote(written)}").json["code"] == "not_found"
