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
    for name in ("aws_lambda_powertools", "botocore", "phonenumbers", "urllib3"):
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
    [
        ("phonenumbers", {"phonenumbers.phonenumbermatcher"}),
        ("botocore.client", {"botocore.docs.bcdoc"}),
        ("botocore.session", {"configparser", "dateutil", "jmespath", "subprocess", "urllib.request"}),
        ("aws_lambda_powertools", {"jmespath", "typing_extensions"}),
        ("urllib3.connection", {"importlib.metadata"}),
    ],
)
def test_what_is_left_is_imported(folder: Path, module: str, absent: set[str]) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(folder)!r})
before = set(sys.modules)
import {module} as m
print(m.__file__, *(set(sys.modules) - before))
"""
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
    both = _by_both(folder, code)
    assert both[0] == both[1] and "+91 98765 43210" in both[0]


def test_what_is_imported_later_does_what_it_did(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default]\nregion = ap-south-1\n", "utf-8")
    code = f"""
import json
from botocore import compat, compress, configloader, credentials, tokens, utils
print(utils.parse_timestamp("2026-11-27T10:00:00Z"), utils.parse_timestamp("Fri, 27 Nov 2026 10:00:00 GMT"))
print(utils.datetime2timestamp(utils.parse_timestamp("2026-11-27T10:00:00")))
print([kind.__name__ for kind in compat.get_tzinfo_options()])
print(credentials._parse_if_needed("2026-11-27T10:00:00Z"), credentials._local_now().tzinfo, tokens._utc_now().tzinfo)
keys = {{"Version": 1, "AccessKeyId": "K", "SecretAccessKey": "S"}}
told = {{"credential_process": "echo " + json.dumps(json.dumps(keys))}}
found = credentials.ProcessProvider("default", lambda: {{"profiles": {{"default": told}}}}).load()
print(found.access_key, found.secret_key, utils.get_environ_proxies("https://example.org"))
print(compress._gzip_compress_body(b"1" * 100)[:2], configloader.load_config({str(tmp_path / "config")!r}))
"""
    both = _by_both(folder, code + _SEARCH)
    assert both[0] == both[1] and "ap-south-1" in both[0] and "['k']" in both[0]


_SEARCH = """
from botocore.regions import EndpointRulesetResolver
from types import SimpleNamespace
operation = SimpleNamespace(operation_context_parameters={"Keys": {"path": "Delete.Objects[*].Key"}})
find = EndpointRulesetResolver._resolve_param_as_operation_context_param
print(find(None, "Keys", operation, {"Delete": {"Objects": [{"Key": "k"}]}}))
"""


def _by_both(folder: Path, code: str) -> list[str]:
    """What the code prints with that folder's libraries, and with those that are installed."""
    return [
        subprocess.run([sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True).stdout
        for prelude in (f"import sys; sys.path.insert(0, {str(folder)!r})\n", "")
    ]


@pytest.mark.parametrize(
    ("source", "modules"),
    [("import gzip\ngzip = None\n", ["gzip"]), ("import io\n", ["gzip"]), ("import io\ndef f(io): pass\n", ["io"])],
)
def test_an_import_that_is_not_as_expected_ends_the_build(source: str, modules: list[str]) -> None:
    with pytest.raises(unused_code.Unexpected):
        unused_code.imported_later(source, "some.py", modules)


def test_a_text_that_is_not_as_expected_ends_the_build() -> None:
    with pytest.raises(unused_code.Unexpected):
        unused_code.replaced("popen=subprocess.call", "some.py", "popen=subprocess.Popen", "popen=None")


def test_an_import_moves_to_where_it_is_used() -> None:
    source = "import a.b\nimport a.b as c\nfrom a.b import (\n    d,\n)\nx = [a.b.y('\u0b9a', c.z), d]\n"
    taken = "__import__('a.b', fromlist=['*'])"
    wanted = f"pass\npass\npass\n\n\nx = [__import__('a.b').b.y('\u0b9a', {taken}.z), {taken}.d]\n"
    assert unused_code.imported_later(source, "some.py", ["a.b"]) == wanted


def test_the_functions_name_nothing_that_is_left_out() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in FUNCTIONS.rglob("*.py"))
    for name in ("PhoneNumberMatcher", "AsYouTypeFormatter", "is_valid_short_number", "botocore.docs", "get_waiter"):
        assert name not in source


def test_a_library_that_is_built_otherwise_ends_the_build() -> None:
    with pytest.raises(unused_code.Unexpected):
        unused_code.without("from .phonenumberutil import parse\n", "phonenumbers/__init__.py", "shortnumberinfo", None)
