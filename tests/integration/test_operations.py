"""A function's operations: each stands in its module, which is imported when one of them is called first."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support.system import System

FUNCTIONS = Path(__file__).parents[2] / "functions"
IMPORTED = """
import sys
from gate24.api.operations import LaterOperations
found = LaterOperations({"budget_routes": ("getBudgets",), "event_routes": ("listEvents",)}, at_start=("event_routes",))
def imported():
    return [name for name in ("budget_routes", "event_routes") if f"gate24.api.{name}" in sys.modules]
print(imported(), len(found), "getBudgets" in found, imported(), found["getBudgets"].__name__, imported())
"""


@pytest.mark.in_memory
@pytest.mark.parametrize("function", ["admin_api", "read_api"])
def test_each_operation_stands_in_the_module_that_is_named(gate24: System, function: str) -> None:
    found: Any = import_module(f"{function}.handler")._OPERATIONS
    of_modules = {module: set(import_module(f"gate24.api.{module}").OPERATIONS) for module in found._module_of.values()}
    named: dict[str, set[str]] = {}
    for operation, module in found._module_of.items():
        named.setdefault(module, set()).add(operation)
        assert callable(found[operation])
    assert named == of_modules


@pytest.mark.parametrize(
    ("start", "printed"),
    [
        ("on-demand", "['event_routes'] 2 True ['event_routes'] get_budgets ['budget_routes', 'event_routes']"),
        ("snap-start", "['budget_routes', 'event_routes'] 2 True ['budget_routes', 'event_routes'] get_budgets"),
        ("provisioned-concurrency", "['budget_routes', 'event_routes'] 2 True"),
    ],
)
def test_a_module_is_imported_when_it_is_called_or_nobody_waits(start: str, printed: str) -> None:
    environment = {"PYTHONPATH": str(FUNCTIONS), "AWS_LAMBDA_INITIALIZATION_TYPE": start}
    ran = subprocess.run([sys.executable, "-c", IMPORTED], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(printed)


def test_an_operation_of_another_function_is_not_there() -> None:
    from gate24.api.operations import LaterOperations

    with pytest.raises(KeyError):
        LaterOperations({"event_routes": ("listEvents",)})["sendMessage"]
