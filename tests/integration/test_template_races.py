"""Words about a template that race each other end in the newest of each, on a DynamoDB that is atomic."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gate24.store import templates
from gate24.templates import Template
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.scene import TEMPLATE_T0 as T0
from tests.support.scene import TEMPLATE_WORDS as WORDS
from tests.support.system import GUPSHUP, ORG, system

pytestmark = pytest.mark.dynamodb_local


def test_words_that_race_end_in_the_newest_of_each(tmp_path: Path, dynamodb_local: DynamoDBLocal) -> None:
    with system(tmp_path, database=dynamodb_local, simulate=False):
        for number in range(20):
            name = f"race{number}"
            entered = Template(GUPSHUP, name, "en", "x", "utility", "approved", 1, status_at=T0, category_at=T0)
            templates.enter(ORG, entered)
            start = threading.Barrier(len(WORDS))

            def say(said: dict[str, Any], start: threading.Barrier = start, template: Template = entered) -> None:
                start.wait()
                templates.change(ORG, template, **said)

            with ThreadPoolExecutor(len(WORDS)) as pool:
                list(pool.map(say, WORDS))
            found = templates.template(ORG, GUPSHUP, name, "en")
            assert found is not None
            assert (found.status, found.category, found.reason) == ("disabled", "utility", None)
