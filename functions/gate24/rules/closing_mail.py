"""The mail that tells staff of chats that wait for an answer and close soon: how many and by when, of nobody by name,
number or word. Pure; the words are in ``closing_mail_words.json``."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gate24.channels import Organization
from gate24.lazy_dataclass import dataclass
from gate24.members import Language

WAITING_PLACE = "#waiting"
"""Behind the console's address: it opens with the chats that wait, those first that close first."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Plain text."""

    subject: str
    text: str


def closing_mail(
    organization: Organization, language: Language, count: int, first_closes_at: int, console_url: str
) -> Mail:
    """``first_closes_at``: epoch ms; told by the organization's own clock. ``console_url``: empty for no link."""
    words = _words(language)
    form = "one" if count == 1 else "other"
    said = {
        "count": count,
        "time": datetime.fromtimestamp(first_closes_at / 1000, ZoneInfo(organization.timezone)).strftime("%H:%M"),
        "zone": organization.timezone,
        "organization": organization.name,
    }
    lines = [words["body"][form].format(**said)]
    if console_url:
        lines += [words["open"], f"{console_url}{WAITING_PLACE}"]
    return Mail(words["subject"][form].format(**said), "\n\n".join([*lines, words["why"]]) + "\n")


@cache
def _words(language: Language) -> dict[str, Any]:
    path = Path(__file__).with_name("closing_mail_words.json")
    words: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))[language]
    return words
