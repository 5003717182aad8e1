"""`make install` takes a Python that Lambda runs, and says what is wrong with any other."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import install
from stack.settings import ROOT
from stack.template import source

Runs = Callable[..., subprocess.CompletedProcess[str]]

NOT_ACTIVE = "echo 'pyenv: python: command not found' >&2; exit 127"
"""What pyenv's shim does for a version that is installed and not chosen."""


@pytest.mark.parametrize(
    ("version", "told"),
    [((3, 8, 18), "this is 3.8.18"), ((3, 10, 13), "this is 3.10.13"), ((3, 14, 0), "this is 3.14.0")],
)
def test_another_python_than_lambdas_is_told_which_ones_are_needed(
    version: tuple[int, int, int], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    assert install.main() == 1
    assert f"needs Python 3.11, 3.12 or 3.13; {told}" in capsys.readouterr().out


def test_the_pythons_are_the_templates() -> None:
    allowed = source()["Parameters"]["PythonRuntime"]["AllowedValues"]
    assert [f"python{version}" for version in install.supported_pythons()] == allowed


def test_the_tools_check_for_the_oldest_and_pip_refuses_what_is_newer_than_the_newest() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    oldest, newest = install.supported_pythons()[0], install.supported_pythons()[-1]
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert project["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert f"--python-version {oldest} " in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert project["project"]["requires-python"] == f">={oldest},<3.{int(newest.partition('.')[2]) + 1}"


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """In front of ``main``: what runs as the new .venv's Python, and so as its pip, is this shell script."""
    python = tmp_path / ".venv" / "bin" / "python"

    def behaves(script: str) -> None:
        def make_venv(*_: object, **__: object) -> None:
            python.parent.mkdir(parents=True)
            python.write_text(f"#!/bin/sh\n{script}\n")
            python.chmod(0o755)

        monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
        monkeypatch.setattr(subprocess, "run", make_venv)

    return behaves


def test_an_install_says_how_far_it_is_and_not_every_line_of_pips(
    pip: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    pip(
        "for each in $(seq 60); do echo Collecting package-$each; echo '  Downloading it'; done;"
        "echo Installing collected packages: all; echo Successfully installed all"
    )
    assert install.main() == 0
    first, *told, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Installing into .venv with Python ") and "minutes" in first
    assert told == ["  25 packages", "  50 packages", "  60 packages are here; unpacking them"]
    assert last.startswith("Installed in ")


def test_what_pip_could_not_do_is_shown_and_the_next_install_begins_anew(
    pip: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    pip("echo Collecting package; echo ERROR: THESE PACKAGES DO NOT MATCH THE HASHES >&2; exit 1")
    assert install.main() == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-2:] == [
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",
        "Could not install the requirements: pip tells above what is missing or differs.",
    ]
    assert not install.is_installed(install.VENV)


def test_the_command_says_in_words_that_not_everything_is_installed_yet(tmp_path: Path) -> None:
    """As while ``make install`` runs: .venv has Python and nothing else (``-S``)."""
    for name in ("infra", "functions"):
        (tmp_path / name).symlink_to(ROOT / name)
    command = shutil.copy(ROOT / "gate24", tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    ran = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, "Traceback" in ran.stderr) == (1, "", False)
    assert "If make start or make install is running, wait until it has installed everything" in ran.stderr


@pytest.fixture
def make_install(tmp_path: Path) -> Runs:
    """`make install` on a machine that has the given commands and no other Python."""
    for tool in ("sh", "sed", "tr", "sort"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    make = shutil.which("make")
    assert make is not None

    def run(*arguments: str, **pythons: str) -> subprocess.CompletedProcess[str]:
        for name, script in pythons.items():
            command = tmp_path / name.replace("_", ".")
            command.write_text(f"#!{tmp_path}/sh\n{script}\n")
            command.chmod(0o755)
        return subprocess.run(
            [make, "install", *arguments],
            cwd=ROOT,
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def of_version(major: int, minor: int) -> str:
    """A command that behaves as that Python."""
    pretended = f"import sys; sys.version_info = ({major}, {minor}, 0)"
    return f'shift; code=$1; shift; exec {sys.executable} -c "{pretended}; $code" "$@"'


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3_11": of_version(3, 11), "python3_13": of_version(3, 13)}, "python3.13"),
        (
            {"python3_14": of_version(3, 14), "python3": of_version(3, 14), "python3_11": of_version(3, 11)},
            "python3.11",
        ),
        ({"python3_13": NOT_ACTIVE, "python3_12": NOT_ACTIVE, "python3": of_version(3, 11)}, "python3"),
        ({"python3_13": NOT_ACTIVE, "python3_12": of_version(3, 12), "python3": of_version(3, 11)}, "python3.12"),
    ],
    ids=["newest", "3.14 is not Lambda's", "shims of versions that are not active", "the next after a shim"],
)
def test_the_newest_python_that_lambda_runs_and_that_starts_is_taken(
    make_install: Runs, pythons: dict[str, str], chosen: str
) -> None:
    shown = make_install("--dry-run", **pythons)
    assert f"python='{chosen}'" in shown.stdout
    assert shown.stderr == ""


@pytest.mark.parametrize(
    "pythons", [{}, {"python3_13": NOT_ACTIVE, "python3": of_version(3, 14)}, {"python3": of_version(3, 9)}]
)
def test_where_no_python_is_good_make_says_what_to_install(make_install: Runs, pythons: dict[str, str]) -> None:
    refused = make_install(**pythons)
    assert refused.returncode != 0
    assert "apt-get install python3 python3-venv" in refused.stdout


def test_the_python_that_is_named_is_taken(make_install: Runs) -> None:
    assert "python='/opt/python3.12'" in make_install("--dry-run", "PYTHON=/opt/python3.12").stdout
