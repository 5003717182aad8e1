"""The OpenAPI document is made of the tables that the handlers go by, valid, and committed as it is served."""

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate as validate_document

from gate24.api import openapi
from gate24.api.examples import EXAMPLES
from gate24.api.parameters import PARAMETERS
from gate24.api.problems import PROBLEMS
from gate24.api.requests import REQUESTS
from gate24.api.routes import ROUTES
from gate24.api.schemas import SCHEMAS
from gate24.api.validate import validate
from gate24.settings import VERSION

DOCUMENT = openapi.document(VERSION)
COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def conforming(schema: str) -> Draft202012Validator:
    root = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    return Draft202012Validator(root, format_checker=FormatChecker())


def test_it_is_valid_openapi_3_1() -> None:
    validate_document(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_the_committed_document_is_the_served_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi.text(VERSION), (
        "run: PYTHONPATH=functions python -m gate24.api.openapi > docs/openapi.json"
    )


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_a_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


EXAMPLE_CASES = [(schema, name, value) for schema, named in EXAMPLES.items() for name, value in named.items()]


@pytest.mark.parametrize(("schema", "name", "value"), EXAMPLE_CASES)
def test_every_example_is_valid_by_its_schema(schema: str, name: str, value: Any) -> None:
    assert [error.message for error in conforming(schema).iter_errors(value)] == []
    if schema in REQUESTS:
        assert validate(schema, value) == []


def test_every_body_has_an_example() -> None:
    bodies = {route.body for route in ROUTES} | {answer.schema for route in ROUTES for answer in route.answers}
    assert bodies - {None, "OpenApi"} <= set(EXAMPLES)


def test_every_problem_is_documented_with_a_valid_example() -> None:
    shown: set[str] = set()
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get("application/problem+json", {})
                for code, example in content.get("examples", {}).items():
                    shown.add(code)
                    assert str(PROBLEMS[code].status) == status
                    assert conforming("Problem").is_valid(example["value"])
    assert shown == set(PROBLEMS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_names_its_path_parameters_and_asks_for_a_key_under_v1(route: Any) -> None:
    in_path = {PARAMETERS[key].name for key in route.parameters if PARAMETERS[key].place == "path"}
    assert set(re.findall(r"{(\w+)}", route.path)) == in_path
    assert (route.scope is not None) == (route.path.startswith("/v1/") and route.path != "/v1/openapi.json")


def test_operations_have_names_of_their_own() -> None:
    operations = [route.operation for route in ROUTES]
    assert len(operations) == len(set(operations))


def test_a_length_that_the_gate_refuses_is_shown_as_a_limit() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Text"]["properties"]["body"]["maxLength"] == 4096
    assert schemas["Media"]["properties"]["caption"]["maxLength"] == 1024
    assert "x-refused-above" not in openapi.text(VERSION)
