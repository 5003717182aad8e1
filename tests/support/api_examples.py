"""The examples of the OpenAPI document: what the system answers in ``api_story``.

``make openapi`` runs this: it writes the examples, and the document with them.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import tempfile
from pathlib import Path
from typing import Any

from gate24.api import openapi
from gate24.api.costs_xlsx import MEDIA_TYPE as WORKBOOK
from gate24.settings import VERSION
from tests.support.api_story import Story, ask_directly, first_successes, tell, telling
from tests.support.documented import media_type
from tests.support.system import system

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
_NOT_SHOWN = {"getOpenApi", "getConsole"}

Json = dict[str, Any]


def told(folder: Path) -> Story:
    """The story, told to a system of its own."""
    with system(folder) as gate24, telling(gate24, ask_directly(gate24)) as story:
        tell(story)
    return story


def examples(story: Story) -> Json:
    """For each operation its bodies, answers and parameters; apart from them what any operation with an API key may
    answer (``anywhere``)."""
    anywhere: Json = {}
    operations: dict[str, Json] = {}
    for exchange in story.exchanges:
        question, answer, name = exchange.question, exchange.answer, exchange.name
        if question.route.operation in _NOT_SHOWN:
            continue
        shown = operations.setdefault(question.route.operation, {"parameters": {}, "bodies": {}, "answers": {}})
        if answer.status < 300 and question.body is not None:
            shown["bodies"][name] = question.body
        if not answer.text:
            continue
        kind = media_type(answer)
        if kind == WORKBOOK:  # no text
            continue
        value = answer.json if kind.endswith("json") else answer.text
        if question.route.scope is not None and name in openapi.ANYWHERE:
            anywhere.setdefault(name, value)
        else:
            shown["answers"].setdefault(str(answer.status), {}).setdefault(kind, {})[name] = value
    for operation, exchange in first_successes(story).items():
        if operation in operations:
            operations[operation]["parameters"] = exchange.question.parameters
    return {"anywhere": anywhere, "operations": operations}


def text(found: Json) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    import tests.conftest  # noqa: F401  # an AWS that cannot be the real one

    logging.disable()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):  # the functions' metrics
        found = examples(told(Path(folder)))
    openapi.EXAMPLES.write_text(text(found), encoding="utf-8")
    DOCUMENT.write_text(openapi.text(VERSION), encoding="utf-8")
    print(f"Written: {openapi.EXAMPLES.name}, {DOCUMENT.name}")


if __name__ == "__main__":
    main()
