"""Functions start without garbage collection, and collect once they run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
PACKAGES = sorted(path.parent for path in FUNCTIONS.glob("*/handler.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_each_handlers_package_puts_collection_off_and_its_handler_ends_that(package: Path) -> None:
    assert (package / "__init__.py").read_text(encoding="utf-8").startswith("import gate24.start")
    assert "\nconnect_store()\n" in (package / "handler.py").read_text(encoding="utf-8")


def test_collection_is_off_during_imports_and_on_again_afterwards() -> None:
    code = f"""
import gc, sys
sys.path.insert(0, {str(FUNCTIONS)!r})
import authorizer
print(gc.isenabled())
import authorizer.handler
print(gc.isenabled(), gc.get_freeze_count() > 1000)
"""
    environment = {"TABLE_NAME": "table", "AWS_DEFAULT_REGION": "ap-south-1"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout.split() == ["False", "True", "True"], ran.stderr
