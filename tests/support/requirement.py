"""What a test needs of the machine and does not find."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where everything has to run (``GATE24_REQUIRE_ALL=1``). ``what`` says what is
    missing and how to get it."""
    if os.environ.get("GATE24_REQUIRE_ALL") == "1":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)
