"""The layers: what a module may import, and how long a handler may be."""

import ast
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
CORE = FUNCTIONS / "gate24"
HANDLERS = sorted(FUNCTIONS.glob("*/handler.py"))

LAYERS = ("nouns", "rules", "providers", "store", "usecases", "api", "handlers")
"""From the ground up: each may use only those below it, and itself."""

NOUNS = {
    *("api_keys", "audit", "authors", "members"),
    *("budgets", "changes", "channels", "contacts", "costs", "events", "feed", "inbox", "message_keys", "messages"),
    *("lazy_dataclass", "shard_plans", "subscriptions", "templates", "windows"),
}
SURROUNDINGS = {
    *("at_once", "clock", "compiled_patterns", "observability", "settings", "snapshot", "start", "timed_cache"),
    "version",
}
"""What reads the environment, the clock or the version, makes threads or writes the log: not for nouns and rules."""

PURE_LIBRARIES = {"phonenumbers", "gate24"}
STANDARD = {name for name in __import__("sys").stdlib_module_names}


def modules() -> dict[str, Path]:
    """All modules of the functions by their import name."""
    found = {}
    for path in sorted(FUNCTIONS.rglob("*.py")):
        parts = path.relative_to(FUNCTIONS).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def layer_of(module: str) -> str:
    parts = module.split(".")
    if parts[0] != "gate24":
        return "handlers"
    if len(parts) == 1 or parts[1] in NOUNS:
        return "nouns"
    return "surroundings" if parts[1] in SURROUNDINGS else parts[1]


def imported(module: str) -> set[str]:
    """What a module imports, wherever in it: modules of ours by their whole names, others by their first."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            ours = next((each for each in (name, name.rpartition(".")[0]) if each in MODULES), None)
            found.add(ours or name.split(".")[0])
    return found - {"__future__"}


def test_every_module_stands_on_a_floor() -> None:
    assert {layer_of(module) for module in MODULES} == {*LAYERS, "surroundings"}
    assert {module.split(".")[1] for module in MODULES if module.count(".") == 1 and module.startswith("gate24.")} == (
        NOUNS | SURROUNDINGS | set(LAYERS[1:-1])
    )


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_import_goes_up_a_floor(module: str) -> None:
    own = layer_of(module)
    for other in imported(module) & MODULES.keys():
        layer = layer_of(other)
        if "surroundings" in (own, layer):
            assert own in ("surroundings", *LAYERS[2:]), f"{module} may not use {other}"
            assert own != "surroundings" or layer in ("surroundings", "nouns"), f"{module} may not use {other}"
        else:
            assert LAYERS.index(layer) <= LAYERS.index(own), f"{module} may not use {other}"


@pytest.mark.parametrize("module", [name for name in MODULES if layer_of(name) in ("nouns", "rules")])
def test_nouns_and_rules_know_no_library_but_the_standard_and_phonenumbers(module: str) -> None:
    libraries = {name.split(".")[0] for name in imported(module)}
    assert libraries <= STANDARD | PURE_LIBRARIES
    assert not libraries & {"os", "time", "random", "secrets", "socket", "threading"}


@pytest.mark.parametrize(("library", "layers"), [("pynamodb", {"store"}), ("urllib3", {"providers"})])
def test_a_library_is_known_on_one_floor(library: str, layers: set[str]) -> None:
    users = {layer_of(module) for module in MODULES if library in {name.split(".")[0] for name in imported(module)}}
    assert users == layers


def test_imports_make_no_circle() -> None:
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for other in imported(module) & MODULES.keys() - {module}:
                visit(other, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())
    assert done == MODULES.keys()


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_a_handler_is_short(handler: Path) -> None:
    assert len(handler.read_text(encoding="utf-8").splitlines()) < 60


def test_there_are_handlers() -> None:
    assert len(HANDLERS) == 13


@pytest.mark.parametrize("module", [name for name in MODULES if layer_of(name) not in ("store",)])
def test_rows_of_the_table_never_leave_the_store(module: str) -> None:
    """No module above knows an item class, a sort key or the ledger's text."""
    private = {"gate24.store.items", "gate24.store.keys", "gate24.store.ledger_format"}
    assert not imported(module) & private
