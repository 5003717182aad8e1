"""Deletions ask first."""

from __future__ import annotations

import sys

import click

from infra.admin.outcome import WronglyAsked


def confirm(goes: str, yes: bool) -> None:
    """``goes``: what is deleted. ``yes``: whether that was said already. Raises WronglyAsked where nobody can be asked,
    click.Abort for a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise WronglyAsked(f"This deletes {goes}. Say --yes.")
    click.confirm(f"Delete {goes}?", abort=True, err=True)
