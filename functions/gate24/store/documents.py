"""JSON documents that are read and written whole."""

from __future__ import annotations

from typing import Any

from gate24.store.items import DocumentItem
from gate24.store.table import delete, get, put, put_new


def write(pk: str, sk: str, body: Any) -> None:
    put(DocumentItem(pk, sk, body=body))


def create(pk: str, sk: str, body: Any) -> bool:
    """False, and nothing is written, where there is one already."""
    return put_new(DocumentItem(pk, sk, body=body)).applied


def read(pk: str, sk: str, consistent: bool = False) -> Any | None:
    found = get(DocumentItem, pk, sk, consistent)
    return None if found is None else found.body


def remove(pk: str, sk: str) -> None:
    delete(DocumentItem(pk, sk))
