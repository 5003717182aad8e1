"""The installer runs on whatever Python there is, so that it can say that one is too old."""

from __future__ import annotations

import sys

import pytest

import install


def test_an_old_python_is_told_which_one_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    assert install.main() == 1
    assert "needs Python 3.11 or newer; this is 3.8.18" in capsys.readouterr().out
