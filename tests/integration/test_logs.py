"""What the log tells: every line of a request has its id, organization and channel, and nothing personal."""

import io
import json
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.support.scene import contact_wrote, script_bsp
from tests.support.system import GUPSHUP, PHONE, TEXT, System


def refusals(log: io.StringIO) -> list[dict[str, Any]]:
    """The lines about requests that were refused."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if line["message"] == "request_refused"]


def test_the_request_id_of_a_refusal_is_found_in_the_log(gate24: System, log: io.StringIO) -> None:
    refused = gate24.http("GET", "/v1/contacts/%2B919876599999")
    assert refused.json["code"] == "not_found"
    (line,) = refusals(log)
    assert line["correlation_id"] == refused.json["request_id"] == "request-1"
    assert (line["organization"], line["code"], line["status"]) == ("learning", "not_found", 404)


def test_a_line_about_a_send_names_its_channel_too(gate24: System, log: io.StringIO) -> None:
    contact_wrote(gate24)
    script_bsp(gate24, outcome="reject", status=429, count=3)
    assert gate24.send(TEXT).status == 429
    (line,) = refusals(log)
    assert (line["organization"], line["channel"], line["code"]) == ("learning", GUPSHUP, "throttled")
    assert PHONE.removeprefix("+") not in log.getvalue()


def test_a_later_request_has_nothing_of_the_one_before(gate24: System, log: io.StringIO) -> None:
    gate24.send({"to": "nobody"})
    gate24.http("POST", "/webhooks/gupshup/unknown", {}, {"X-Webhook-Token": "wrong"}, key=None)
    lines = refusals(log)
    assert [each["code"] for each in lines] == ["payload_invalid", "unauthorized"]
    assert "organization" not in lines[1] and "channel" not in lines[1]


def test_the_counts_of_an_invocation_are_printed_once(gate24: System, capsys: pytest.CaptureFixture[str]) -> None:
    contact_wrote(gate24)
    capsys.readouterr()
    assert gate24.send(TEXT).status == 202
    printed = capsys.readouterr().out.splitlines()
    (counts,) = [line for line in map(json.loads, printed) if "_aws" in line]
    assert counts["gate.outcome.accepted.freeform"] == [1.0]
    assert counts["stage"] == "local"


@pytest.mark.parametrize(("outcome", "code"), [(None, "not_opted_in"), ("reject", "bsp_rejected")])
def test_a_refusal_that_is_stored_has_its_line_too(
    gate24: System, log: io.StringIO, outcome: str | None, code: str
) -> None:
    if outcome is not None:
        contact_wrote(gate24)
        script_bsp(gate24, outcome=outcome, status=400)
    refused = gate24.send(TEXT)
    (line,) = refusals(log)
    assert (line["code"], line["correlation_id"]) == (code, refused.json["request_id"])


def test_every_line_of_counts_names_the_stage_however_many_there_are(
    gate24: System, capsys: pytest.CaptureFixture[str]
) -> None:
    from gate24.observability import count, observed
    from tests.support.system import CONTEXT

    @observed
    def busy(event: dict[str, Any], context: Any) -> dict[str, Any]:
        for _ in range(230):
            count("many")
        return {}

    for _ in range(2):
        busy({}, cast(LambdaContext, CONTEXT))
    counts = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line]
    assert sum(len(line["many"]) for line in counts) == 460
    assert {line["stage"] for line in counts} == {"local"}
