"""What these suites share: answers are held against the document, and one story is told once."""

from collections.abc import Iterator

import pytest

from tests.support.api_examples import told
from tests.support.api_story import Story
from tests.support.documented import only_documented_answers


@pytest.fixture(scope="session", autouse=True)
def documented_answers() -> Iterator[None]:
    with only_documented_answers():
        yield


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """As the system itself answered."""
    return told(tmp_path_factory.mktemp("story"))
