"""What the system answers is what the document says, field by field; what the document promises is answered."""

from collections.abc import Iterator

import pytest

from gate24.api import openapi
from gate24.api.problems import PROBLEMS
from gate24.api.routes import ROUTES
from tests.support import events
from tests.support.api_examples import DOCUMENT, examples, text
from tests.support.api_story import Exchange, Story
from tests.support.bodies import Body, every_body, meta_message
from tests.support.documented import DOCUMENTED_HEADERS, closed, document, faults, media_type
from tests.support.scene import body_about, new_number, now, post_webhook
from tests.support.system import GUPSHUP, META, Answer, System, system

JSON, PROBLEM = "application/json", "application/problem+json"


def test_the_examples_are_what_the_system_answers(story: Story) -> None:
    assert openapi.EXAMPLES.read_text(encoding="utf-8") == text(examples(story)), "run: make openapi"


def test_the_document_is_served_as_it_is_committed(story: Story) -> None:
    served = next(each.answer for each in story.exchanges if each.question.route.operation == "getOpenApi")
    assert served.text == DOCUMENT.read_text(encoding="utf-8"), "run: make openapi"


def test_every_answer_of_the_story_is_as_documented(story: Story) -> None:
    found = [fault for each in story.exchanges for fault in faults(_route(each), each.answer)]
    assert found == []


def _route(exchange: Exchange) -> str:
    return f"{exchange.question.route.method} {exchange.question.route.path}"


def test_every_documented_answer_is_given_in_the_story(story: Story) -> None:
    given = {
        (each.question.route.operation, each.answer.status, media_type(each.answer) if each.answer.text else None)
        for each in story.exchanges
    }
    documented = {
        (operation["operationId"], int(status), kind)
        for path in document()["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        for kind in response.get("content", {None: None})
    }
    assert given == documented
    refusals = [each for each in story.exchanges if _is_refusal(each)]
    refused = {(each.question.route.operation, each.answer.json["code"]) for each in refusals}
    anywhere = ("unauthorized", "unavailable")
    assert refused == {
        (route.operation, code) for route in ROUTES for code in (*route.problems, *(anywhere if route.scope else ()))
    }
    assert {code for _, code in refused} == PROBLEMS.keys()


def test_every_documented_header_is_given_in_the_story(story: Story) -> None:
    given = {
        (each.question.route.operation, str(each.answer.status), name)
        for each in story.exchanges
        for name in DOCUMENTED_HEADERS
        if name in each.answer.headers
    }
    assert given == {
        (operation["operationId"], status, name.lower())
        for path in document()["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        for name in response.get("headers", {})
    }


def _is_refusal(exchange: Exchange) -> bool:
    return exchange.answer.status >= 400 and media_type(exchange.answer) == PROBLEM


def test_the_front_door_answers_in_json_and_gate24_in_problem_json(story: Story) -> None:
    bodies = {JSON: set[str](), PROBLEM: set[str]()}
    for exchange in story.exchanges:
        if exchange.answer.status in (401, 403):
            bodies[media_type(exchange.answer)] |= exchange.answer.json.keys()
    assert bodies[JSON] == {"message"}
    assert "code" in bodies[PROBLEM] and "message" not in bodies[PROBLEM]


def test_a_field_that_is_not_documented_is_a_fault() -> None:
    answer = Answer(200, {"content-type": JSON}, '{"status": "ok", "version": "0.1.0", "uptime": 5}')
    assert len(faults("GET /healthz", answer)) == 1
    open_object = {"type": "object", "properties": {"a": {"properties": {"b": {}}}}}
    assert closed(open_object)["properties"]["a"]["additionalProperties"] is False


def _channel(body: Body) -> str:
    return META if "object" in body and "gs_app_id" not in body else GUPSHUP


CALL_PERMISSION = {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}
BODIES = [
    *every_body(),
    *(events.load(name) for provider in ("gupshup", "meta") for name in events.names(provider)),
    meta_message("audio", {"id": "9002", "mime_type": "audio/ogg", "voice": True}),
    meta_message("text", {"body": "Read this"}, context={"forwarded": True}),
    meta_message("interactive", CALL_PERMISSION),
    meta_message("unsupported", {"type": "video_note"}, errors=[{"code": 131051}]),
]


@pytest.fixture(scope="module")
def every_message(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, list[str]]]:
    """A system that was told everything that a provider may tell, each of somebody else."""
    with system(tmp_path_factory.mktemp("every-message"), simulate=False) as gate24:
        phones = []
        for body in BODIES:
            phones.append(new_number())
            post_webhook(gate24, _channel(body), body_about(body, phones[-1], now() - 60_000))
        yield gate24, phones


def test_whatever_a_provider_tells_is_shown_as_documented(every_message: tuple[System, list[str]]) -> None:
    gate24, phones = every_message
    shown: set[str] = set()
    for phone in phones:
        answer = gate24.http("GET", f"/v1/contacts/{phone}/messages")
        assert answer.status in (200, 404)
        if answer.status == 200:
            assert gate24.http("GET", f"/v1/contacts/{phone}").status == 200
            assert gate24.http("GET", f"/v1/contacts/{phone}/consents").status == 200
            shown |= {name for message in answer.json["data"] for name in message.get("details", {})}
    assert gate24.http("GET", "/v1/unrecognized?limit=100").json["data"]
    ours = {"tags", "fallback_for"}
    assert shown == document()["components"]["schemas"]["MessageDetails"]["properties"].keys() - ours
