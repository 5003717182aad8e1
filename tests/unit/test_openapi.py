"""The OpenAPI document is made of the tables that the handlers go by, valid, and committed as it is served."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate as validate_document

from gate24.api import openapi
from gate24.api.admin_requests import ADMIN_REQUESTS
from gate24.api.parameters import PARAMETERS
from gate24.api.problems import PROBLEMS
from gate24.api.requests import REQUESTS
from gate24.api.routes import ROUTES
from gate24.api.schemas import SCHEMAS
from gate24.api.validate import validate
from gate24.settings import VERSION

DOCUMENT = openapi.document(VERSION)
COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
JSON, PROBLEM = "application/json", "application/problem+json"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""Which is no text: it has no example."""


def conforming(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]}, format_checker=FormatChecker())


def test_it_is_valid_openapi_3_1() -> None:
    validate_document(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_the_committed_document_is_the_served_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi.text(VERSION), "run: make openapi"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_a_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_used(name: str) -> None:
    assert f'"#/components/schemas/{name}"' in openapi.text(VERSION)


def contents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every body of the document: its operation, ``request`` or its status with its media type, and its content."""
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            name = operation["operationId"]
            if "requestBody" in operation:
                yield name, "request", operation["requestBody"]["content"][JSON]
            for status, response in operation["responses"].items():
                for kind, content in response.get("content", {}).items():
                    yield name, f"{status} {kind}", content


def value(example: dict[str, Any]) -> Any:
    """The value of an example, or of the one that it refers to."""
    if "$ref" in example:
        found = DOCUMENT["components"]["examples"][example["$ref"].removeprefix("#/components/examples/")]
        return found["value"]
    return example["value"]


CONTENTS = [pytest.param(*content, id=f"{content[0]}, {content[1]}") for content in contents()]
NOT_SHOWN = {"getOpenApi", "getConsole"}


@pytest.mark.parametrize(("operation", "place", "content"), CONTENTS)
def test_every_body_has_examples_that_are_valid_by_its_schema(
    operation: str, place: str, content: dict[str, Any]
) -> None:
    examples = content.get("examples", {})
    assert examples or operation in NOT_SHOWN or place.endswith(WORKBOOK)
    for example in examples.values():
        assert [error.message for error in conforming(content["schema"]).iter_errors(value(example))] == []
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        if name in {**REQUESTS, **ADMIN_REQUESTS}:
            assert validate(name, value(example)) == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_every_problem_of_a_route_has_an_example(route: Any) -> None:
    shown = {
        (example["status"], example["code"])
        for name, place, content in contents()
        if name == route.operation and place.endswith(PROBLEM)
        for example in map(value, content["examples"].values())
    }
    expected = {(PROBLEMS[code].status, code) for code in route.problems}
    if route.scope is not None:
        expected |= {(401, "unauthorized"), (403, "unauthorized"), (503, "unavailable")}
    assert shown == expected


def test_every_problem_is_documented() -> None:
    shown = {
        value(example)["code"]
        for _, place, content in contents()
        if place.endswith(PROBLEM)
        for example in content["examples"].values()
    }
    assert shown == set(PROBLEMS)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.scope], ids=lambda route: route.operation)
@pytest.mark.parametrize("status", ["401", "403"])
def test_where_a_key_is_asked_for_the_front_door_has_its_own_answer(route: Any, status: str) -> None:
    content = DOCUMENT["paths"][route.path][route.method.lower()]["responses"][status]["content"]
    assert list(content) == [JSON, PROBLEM]
    assert {"$ref": "#/components/schemas/GatewayAnswer"} in content[JSON]["schema"]["anyOf"]
    assert [set(value(example)) for example in content[JSON]["examples"].values()] == [{"message"}]
    assert content[PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_a_day_of_costs_is_json_unless_a_file_is_asked_for() -> None:
    content = DOCUMENT["paths"]["/v1/costs/daily"]["get"]["responses"]["200"]["content"]
    assert list(content) == [JSON, "text/csv", WORKBOOK]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_names_its_path_parameters_and_asks_for_a_key_under_v1(route: Any) -> None:
    in_path = {PARAMETERS[key].name for key in route.parameters if PARAMETERS[key].place == "path"}
    assert set(re.findall(r"{(\w+)}", route.path)) == in_path
    assert (route.scope is not None) == (route.path.startswith("/v1/") and route.path != "/v1/openapi.json")


def test_every_parameter_that_is_required_has_an_example() -> None:
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                assert not parameter["required"] or "example" in parameter
                if "example" in parameter:
                    assert conforming(parameter["schema"]).is_valid(parameter["example"])


def test_operations_have_names_of_their_own() -> None:
    operations = [route.operation for route in ROUTES]
    assert len(operations) == len(set(operations))


def test_a_length_that_the_gate_refuses_is_shown_as_a_limit() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Text"]["properties"]["body"]["maxLength"] == 4096
    assert schemas["Media"]["properties"]["caption"]["maxLength"] == 1024
    assert "x-refused-above" not in openapi.text(VERSION)


def test_no_function_loads_the_document_before_it_is_asked_for() -> None:
    code = "import sys, read_api.handler, send_gate.handler; print([name for name in sys.modules if 'openapi' in name])"
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": str(COMMITTED.parents[1] / "functions"), "TABLE_NAME": "table"}
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_no_example_tells_what_the_machine_is_called() -> None:
    text = json.dumps(DOCUMENT)
    assert not re.search(r"localhost|127\.0\.0\.1|/tmp/", text)
