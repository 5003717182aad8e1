"""The operations of a function that has many: a module of routes is imported when one of its operations is called.

A start that imports them all pays for modules that its process never needs. Where nobody waits for the start
(SnapStart, provisioned concurrency), all are imported then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from gate24.api.call import Call

Operation = Callable[[Call], dict[str, Any]]

_NOBODY_WAITS = {"snap-start", "provisioned-concurrency"}
"""What Lambda says in AWS_LAMBDA_INITIALIZATION_TYPE; else "on-demand"."""


class LaterOperations(Mapping[str, Operation]):
    """Operations by their names. ``modules``: of ``gate24.api``, each with the operations that its ``OPERATIONS`` has.
    ``at_start``: those that are imported at once."""

    def __init__(self, modules: Mapping[str, tuple[str, ...]], at_start: Iterable[str] = ()) -> None:
        self._module_of = {operation: module for module, operations in modules.items() for operation in operations}
        nobody_waits = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in _NOBODY_WAITS
        for module in modules if nobody_waits else at_start:
            _operations_of(module)

    def __getitem__(self, operation: str) -> Operation:
        return _operations_of(self._module_of[operation])[operation]

    def __contains__(self, operation: object) -> bool:
        return operation in self._module_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._module_of)

    def __len__(self) -> int:
        return len(self._module_of)


def _operations_of(module: str) -> Mapping[str, Operation]:
    found: Mapping[str, Operation] = import_module(f"gate24.api.{module}").OPERATIONS
    return found
