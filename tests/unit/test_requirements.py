"""The lock files (requirements.txt) hold what the .in files ask for, everything that it needs, and every hash."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from stack.settings import ROOT

ARTIFACT = "functions/requirements"
DEVELOPMENT = "requirements"

PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[a-z0-9,]+\])?==(?P<version>[^ ;]+)(?: ; .+)?")


def pin(requirement: str) -> tuple[str, str]:
    """Name and version of a pinned requirement."""
    match = PIN.fullmatch(requirement)
    assert match is not None, f"not pinned: {requirement}"
    return re.sub(r"[-_.]+", "-", match["name"]).lower(), match["version"]


def wanted(name: str) -> set[tuple[str, str]]:
    """What the .in file asks for, itself."""
    lines = (ROOT / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return {pin(line) for line in lines if line and not line.startswith(("#", "-"))}


def locked(name: str) -> dict[tuple[str, str], int]:
    """The pins of the lock file with their number of hashes. A name with markers may have several versions."""
    text = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    requirements = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", "").splitlines()
    hashes: dict[tuple[str, str], int] = {}
    for line in requirements:
        requirement, *found = re.split(r" +--hash=", line)
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64} *", each) for each in found), line
        hashes[pin(requirement.strip())] = len(found)
    return hashes


@pytest.mark.parametrize("name", [ARTIFACT, DEVELOPMENT])
def test_everything_asked_for_is_locked_at_its_version(name: str) -> None:
    assert wanted(name)
    assert wanted(name) - locked(name).keys() == set(), "make lock"


@pytest.mark.parametrize("name", [ARTIFACT, DEVELOPMENT])
def test_every_locked_requirement_has_its_hashes(name: str) -> None:
    assert [each for each, hashes in locked(name).items() if hashes == 0] == []


def test_tests_run_on_what_is_deployed() -> None:
    assert locked(ARTIFACT).keys() - locked(DEVELOPMENT).keys() == set(), "make lock"


@pytest.mark.parametrize("name", [ARTIFACT, DEVELOPMENT])
def test_a_lock_file_names_no_machine_and_no_index(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    assert re.findall(r".*(?:://|--index|--find-links| /).*", text) == []


def test_nothing_that_a_locked_requirement_needs_is_missing() -> None:
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_boto3_is_not_in_the_artifact() -> None:
    """Functions talk to AWS through botocore alone (docs/decisions.md, 2026-11-25)."""
    assert {"boto3", "s3transfer"}.isdisjoint(name for name, _ in locked(ARTIFACT))
