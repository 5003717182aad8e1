"""The type of a file by its content."""

from __future__ import annotations

from typing import BinaryIO

import filetype

_HEAD_BYTES = 8192
"""Enough for every format that is told by its start."""


def file_type(file: BinaryIO) -> str | None:
    """The type that the content itself shows, or None. The file is at its start before and after."""
    found: str | None = filetype.guess_mime(file.read(_HEAD_BYTES))
    file.seek(0)
    return found
