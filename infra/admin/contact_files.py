"""The files that the imports of contacts and consents take."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

from gate24.api import contact_rows
from gate24.api.contact_rows import Format, NoSuchTable, Row, is_note


def digest(file: Path) -> str:
    """The SHA-256 of the file. NoSuchTable where it cannot be read or is not UTF-8."""
    read, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as content:
            while chunk := content.read(1 << 20):
                read.update(chunk)
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except (OSError, UnicodeError) as error:
        raise NoSuchTable(f"{file}: {error}.") from None
    return read.hexdigest()


def column_names(file: Path) -> list[str]:
    """As the file spells them, but for ``NOTES``. NoSuchTable."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            return [name for name in next(csv.reader(text), []) if not is_note(name)]
    except (OSError, UnicodeError, csv.Error) as error:
        raise NoSuchTable(f"{file}: {error}.") from None


def rows(file: Path, chosen: Format) -> Iterator[Row]:
    """The rows of the file, read as they are taken. NoSuchTable."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            yield from contact_rows.rows(text, chosen)
    except (OSError, UnicodeError) as error:
        raise NoSuchTable(f"{file}: {error}.") from None
