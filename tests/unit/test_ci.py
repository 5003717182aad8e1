"""The checks are written once: CI, the commit hooks and people run the same commands."""

from __future__ import annotations

import re
from typing import Any

import yaml

import install
from stack.settings import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"

LEFT_OUT = {"3.12"}
"""Lies between the oldest and the newest; what works on both works on it."""


def workflow() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return document


def job() -> dict[str, Any]:
    (only,) = workflow()["jobs"].values()
    found: dict[str, Any] = only
    return found


def test_the_workflow_runs_what_ci_runs_and_nothing_else() -> None:
    assert [step["run"] for step in job()["steps"] if "run" in step] == [".ci/run"]


def test_ci_has_every_python_that_the_template_allows_but_for_those_left_out() -> None:
    assert job()["strategy"]["matrix"]["python"] == [
        version for version in install.supported_pythons() if version not in LEFT_OUT
    ]
    assert job()["container"]["image"] == "python:${{ matrix.python }}-trixie"
    assert job()["steps"][-1]["env"] == {"PYTHON": "python${{ matrix.python }}"}


def test_the_workflow_may_only_read_and_ends_by_itself() -> None:
    assert workflow()["permissions"] == {"contents": "read"}
    assert "permissions" not in job()
    assert job()["timeout-minutes"] <= 60
    assert workflow()["concurrency"]["group"] == "ci-${{ github.ref }}"


def test_every_action_is_pinned_to_a_commit() -> None:
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in job()["steps"] if "uses" in step)


def test_a_commit_is_checked_by_the_targets_of_the_makefile() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [(hook["entry"], hook["pass_filenames"]) for repo in hooks for hook in repo["hooks"]] == [
        ("make format", False),
        ("make lint", False),
    ]


def test_check_and_test_begin_with_lint() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"check", "test"} <= set(re.findall(r"^([a-z-]+):(?=[^#]*\blint\b)", makefile, re.MULTILINE))


def test_help_tells_of_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: ((?:.+\\\n)*.+)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(re.findall(r"^([a-z-]+):.*## .", makefile, re.MULTILINE)) == set(phony[1].replace("\\\n", " ").split())
