"""The stack of the soak's tests."""

import os
from collections.abc import Iterator

import pytest

from stack.settings import Settings
from tests.support.own_stack import own_stack


@pytest.fixture
def settings() -> Iterator[Settings]:
    """The stack that runs, if its MiniStack keeps its state over a restart; else one of its own on free ports."""
    if os.environ.get("PERSIST_STATE") == "1":
        yield Settings.from_env()
        return
    with own_stack("soak") as started:
        yield started
