"""What the build leaves of botocore's tables of events is what happens for an operation that a function calls."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import pytest
from botocore.handlers import BUILTIN_HANDLERS

from stack import aws_events
from stack.aws_data import OPERATIONS
from stack.unused_code import Unexpected

CALLED = """
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.handlers import BUILTIN_HANDLERS
emitter = HierarchicalEmitter()
aliaser = EventAliaser(emitter)
places = ("register", "register_first", "register_last")
def named(handler, called):
    def note(**event):
        called.append(getattr(handler, "__qualname__", repr(type(handler))))
    return note
called = []
for event, handler, *place in BUILTIN_HANDLERS:
    from botocore.handlers import REGISTER_FIRST, REGISTER_LAST
    way = {REGISTER_FIRST: "register_first", REGISTER_LAST: "register_last"}[place[0]] if place else "register"
    getattr(aliaser, way)(event, named(handler, called))
for kind in KINDS:
    for name in NAMES:
        called.clear()
        aliaser.emit(f"{kind}.{name}")
        print(kind, name, called)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """botocore as it is installed, its tables cut down."""
    folder = tmp_path_factory.mktemp("libraries")
    left = shutil.ignore_patterns("__pycache__", "data")
    shutil.copytree(Path(botocore.__file__).parent, folder / "botocore", ignore=left)
    aws_events.prune(folder)
    return folder


def test_the_same_handlers_are_called_for_each_operation(folder: Path) -> None:
    kinds = sorted({str(event).split(".")[0] for event, *_ in BUILTIN_HANDLERS} - {"docs"})
    names = [f"{service}.{operation}" for service, each in OPERATIONS.items() for operation in sorted(each)]
    names += [f"secrets-manager.{operation}" for operation in sorted(OPERATIONS["secretsmanager"])]
    code = f"KINDS, NAMES = {kinds!r}, {[*names, *OPERATIONS]!r}\n{CALLED}"
    both = [
        subprocess.run([sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True).stdout
        for prelude in (f"import sys; sys.path.insert(0, {str(folder)!r})\n", "")
    ]
    assert both[0] == both[1]
    assert "before-call s3.DeleteObjects ['escape_xml_payload'" in both[0]


def test_most_of_the_handlers_are_gone(folder: Path) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(folder)!r})
from botocore import handlers, utils
print(len(handlers.BUILTIN_HANDLERS), utils.EVENT_ALIASES)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, _, aliases = ran.stdout.strip().partition(" ")
    assert int(count) < len(BUILTIN_HANDLERS) / 3
    assert aliases == "{'secretsmanager': 'secrets-manager'}"


def test_lines_keep_their_numbers(folder: Path) -> None:
    for name in ("handlers", "utils"):
        found = importlib.util.find_spec(f"botocore.{name}")
        assert found is not None and found.origin is not None
        whole, cut = Path(found.origin).read_text("utf-8"), (folder / "botocore" / f"{name}.py").read_text("utf-8")
        assert whole.count("\n") == cut.count("\n")
        assert whole.splitlines()[-1] == cut.splitlines()[-1]


@pytest.mark.parametrize(
    ("event", "is_emitted"),
    [
        ("before-call", True),
        ("before-call.*", True),
        ("before-call.s3", True),
        ("before-parse.s3.*", True),
        ("before-parameter-build.s3.PutObject", True),
        ("before-parameter-build.s3.CopyObject", False),
        ("after-call.iam", False),
        ("docs.*.s3.*.complete-section", False),
    ],
)
def test_what_may_be_emitted(event: str, is_emitted: bool) -> None:
    assert aws_events.is_emitted(event) is is_emitted


@pytest.mark.parametrize("source", ["OTHER = []\n", "TABLE = [('a', 1), ('b', 2)]\n"])
def test_another_form_ends_the_build(source: str) -> None:
    with pytest.raises(Unexpected):
        aws_events.with_entries(source, "botocore/handlers.py", "TABLE", lambda entry: False)
