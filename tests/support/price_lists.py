"""Price lists of a test's own, beside those that there are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gate24.rules import rate_cards, settlement

_MADE_UP: dict[str, Any] = {
    "provider": "meta",
    "currency": "USD",
    "effective_to": None,
    "sources": {"test": {"name": "made up", "date": "2026-11", "verified": True}},
}


@contextmanager
def added_price_lists(*cards: dict[str, Any]) -> Iterator[None]:
    """Adds cards as a deployment would: each as one file more. A card says what differs from the one that it is
    ``based_on``."""
    there = rate_cards.DIRECTORY
    with TemporaryDirectory() as directory:
        shutil.copytree(there, directory, dirs_exist_ok=True)
        for card in cards:
            (Path(directory) / f"{card['id']}.json").write_text(json.dumps(_MADE_UP | card), encoding="utf-8")
        rate_cards.DIRECTORY = Path(directory)
        _forget()
        try:
            yield
        finally:
            rate_cards.DIRECTORY = there
            _forget()


def _forget() -> None:
    for each in (rate_cards.rate_card_ids, rate_cards.card_data, rate_cards.rate_card, settlement.plan_of_kind):
        each.cache_clear()
