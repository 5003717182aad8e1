"""A client that is generated from the document understands every answer: it tells the whole story of ``api_story``."""

import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, get_args, get_type_hints

import httpx
import pytest

from gate24.api.parameters import PARAMETERS
from gate24.api.routes import ROUTES
from tests.support.api_examples import DOCUMENT
from tests.support.api_story import Ask, Question, Story, serving, tell, telling
from tests.support.documented import document, media_type
from tests.support.system import KEYS, Answer, System, system

pytestmark = pytest.mark.slow

PACKAGE = "gate24_client"
OPERATIONS = {
    operation["operationId"]: operation for path in document()["paths"].values() for operation in path.values()
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder from which the generated package can be imported."""
    folder = tmp_path_factory.mktemp("generated")
    config = folder / "config.yaml"
    config.write_text("post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    options = ["--path", str(DOCUMENT), "--config", str(config), "--output-path", str(folder / PACKAGE)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


class Transport(httpx.BaseTransport):
    """Hands the requests of the generated client to the system."""

    def __init__(self, gate24: System) -> None:
        self.serve = serving(gate24)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ") or None
        path, body = request.url.raw_path.decode(), request.read().decode()
        answer = self.serve(request.method, path, body, dict(request.headers), key)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.text.encode())


def module_of(operation: str) -> ModuleType:
    """The generated module with the functions of an operation."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
    return importlib.import_module(f"{PACKAGE}.api.{OPERATIONS[operation]['tags'][0]}.{name}")


def ask_by_client(gate24: System) -> Ask:
    """Asks by the generated function of the operation, and judges what that makes of the answer."""
    transport = Transport(gate24)
    package = importlib.import_module(PACKAGE)

    def ask(question: Question) -> Answer:
        settings = {"base_url": "https://api.example.org", "raise_on_unexpected_status": True}
        settings |= {"httpx_args": {"transport": transport}}
        if question.key is None:
            client = package.Client(**settings)
        else:
            client = package.AuthenticatedClient(token=KEYS.get(question.key, question.key), **settings)
        module = module_of(question.route.operation)
        arguments = arguments_of(module, question)
        if question.accept is not None:  # the generated function has one media type; another goes by its HTTP client
            request = module._get_kwargs(**arguments)
            response = client.get_httpx_client().request(**request, headers={"Accept": question.accept})
            return Answer(response.status_code, dict(response.headers), response.text)
        response = module.sync_detailed(client=client, **arguments)
        answer = Answer(int(response.status_code), dict(response.headers), response.content.decode())
        assert_is_understood(question.route.operation, answer, response.parsed)
        return answer

    return ask


def arguments_of(module: ModuleType, question: Question) -> dict[str, Any]:
    """The question as the generated function takes it."""
    hints = get_type_hints(module.sync_detailed)
    arguments = {}
    for key, value in question.parameters.items():
        name = re.sub(r"\W", "_", PARAMETERS[key].name).lower()
        name = name if name in hints else f"{name}_"  # a word of Python's own
        arguments[name] = typed(hints[name], value)
    if question.body is not None:
        arguments["body"] = body_of(hints["body"], question.body)
    return arguments


def typed(hint: Any, value: Any) -> Any:
    for kind in get_args(hint) or (hint,):
        if inspect.isclass(kind) and issubclass(kind, Enum):
            return kind(value)
        if kind is date:
            try:
                return date.fromisoformat(value)
            except ValueError:  # a day that there is not
                return SimpleNamespace(isoformat=lambda: value)
    return value


class NoObject:
    """A body that the document does not allow."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def to_dict(self) -> Any:
        return self.body


def body_of(hint: Any, body: Any) -> Any:
    if not isinstance(body, dict):
        return NoObject(body)
    kinds = [kind for kind in get_args(hint) or (hint,) if hasattr(kind, "from_dict")]
    if len(kinds) > 1:
        kinds = [kind for kind in kinds if kind.__name__ == f"Send{body['type'].title()}"]
    (kind,) = kinds
    try:
        made = kind.from_dict(body)
    except (ValueError, KeyError):  # a value that its enumeration does not have, or a field that is missing
        return NoObject(body)
    return made if with_times(made.to_dict()) == with_times(body) else NoObject(body)


def assert_is_understood(operation: str, answer: Answer, parsed: Any) -> None:
    """``parsed`` is what the document says of the answer, with nothing lost."""
    content = OPERATIONS[operation]["responses"][str(answer.status)].get("content")
    if content is None:
        assert (parsed, answer.text) == (None, "")
        return
    kind = media_type(answer)
    schema = content[kind]["schema"]
    if schema == {"type": "string"}:
        assert parsed == answer.text
        return
    is_of_the_front_door = answer.status in (401, 403) and kind == "application/json"
    name = "GatewayAnswer" if is_of_the_front_door else schema["$ref"].rpartition("/")[2]
    assert type(parsed).__name__ == name, f"{operation}: {answer.text}"
    assert with_times(parsed.to_dict()) == with_times(answer.json)
    if name == "Problem":
        assert (parsed.code, parsed.status) == (answer.json["code"], answer.status)


def with_times(value: Any) -> Any:
    """JSON with its times as such: a client may write the same time otherwise."""
    if isinstance(value, dict):
        return {name: with_times(each) for name, each in value.items()}
    if isinstance(value, list):
        return [with_times(each) for each in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return datetime.fromisoformat(value)
    return value


def test_it_calls_every_operation_and_understands_every_answer(generated: Path, story: Story, tmp_path: Path) -> None:
    with system(tmp_path) as gate24, telling(gate24, ask_by_client(gate24)) as told:
        tell(told)
    assert {each.question.route.operation for each in told.exchanges} == OPERATIONS.keys()
    assert len(OPERATIONS) == len(ROUTES)
    assert [(each.name, each.answer.status, each.answer.text) for each in told.exchanges] == [
        (each.name, each.answer.status, each.answer.text) for each in story.exchanges
    ]


def test_every_operation_of_the_document_is_generated(generated: Path) -> None:
    modules = [path for path in (generated / PACKAGE / "api").glob("*/*.py") if path.name != "__init__.py"]
    assert len(modules) == len(OPERATIONS)


def test_a_page_of_costs_is_typed(generated: Path) -> None:
    answered = get_type_hints(module_of("listDailyCosts").sync)["return"]
    assert {kind.__name__ for kind in get_args(answered)} == {"DailyCostPage", "Problem", "GatewayAnswer", "NoneType"}
