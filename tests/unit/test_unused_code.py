"""What the build leaves out of the libraries is what stands there, and nothing that a function calls."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack import unused_code

FUNCTIONS = Path(__file__).parents[2] / "functions"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The libraries as they are installed, with that code left out."""
    folder = tmp_path_factory.mktemp("libraries")
    for name in ("botocore", "phonenumbers"):
        found = importlib.util.find_spec(name)
        assert found is not None and found.origin is not None
        left = shutil.ignore_patterns("__pycache__", "data") if name == "botocore" else None
        shutil.copytree(Path(found.origin).parent, folder / name, ignore=left)
    unused_code.leave_out(folder)
    return folder


def test_the_libraries_as_they_are_installed_are_as_expected(folder: Path) -> None:
    for name, modules in unused_code.NOT_IMPORTED.items():
        source = (folder / name).read_text(encoding="utf-8")
        imported = [node.module or "" for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
        assert not [module for module in imported if re.fullmatch(modules, module)]
    for pattern in unused_code.REMOVED:
        assert list(folder.glob(pattern)) == []


@pytest.mark.parametrize(
    ("module", "absent"),
    [("phonenumbers", {"phonenumbers.phonenumbermatcher"}), ("botocore.client", {"botocore.docs.bcdoc"})],
)
def test_what_is_left_is_imported(folder: Path, module: str, absent: set[str]) -> None:
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import {module} as m; print(m.__file__, *sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(folder))
    assert not absent & set(ran.stdout.split())


def test_numbers_are_read_as_the_whole_library_reads_them(folder: Path) -> None:
    code = """
import phonenumbers as p
for text, region in (("+919876543210", None), ("098765 43210", "IN"), ("+1 650-253-0000", None), ("12", "IN")):
    number = p.parse(text, region)
    print(p.is_valid_number(number), p.is_possible_number_with_reason(number), p.region_code_for_number(number),
          [p.format_number(number, each) for each in (0, 1, 2, 3)])
"""
    both = [
        subprocess.run([sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True).stdout
        for prelude in (f"import sys; sys.path.insert(0, {str(folder)!r})", "")
    ]
    assert both[0] == both[1] and "+91 98765 43210" in both[0]


def test_the_functions_name_nothing_that_is_left_out() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in FUNCTIONS.rglob("*.py"))
    for name in ("PhoneNumberMatcher", "AsYouTypeFormatter", "is_valid_short_number", "botocore.docs", "get_waiter"):
        assert name not in source


def test_a_library_that_is_built_otherwise_ends_the_build() -> None:
    with pytest.raises(unused_code.Unexpected):
        unused_code.without("from .phonenumberutil import parse\n", "phonenumbers/__init__.py", "shortnumberinfo", None)
