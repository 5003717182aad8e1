"""The contact key's fingerprint, in the table: with another key nobody in the table would be found, and every opt-out
forgotten, so another key is not used at all."""

from __future__ import annotations

import hashlib
import hmac
from time import monotonic

from gate24 import snapshot
from gate24.observability import count, logger
from gate24.store import documents
from gate24.store.items import DocumentItem
from gate24.store.outage import TABLE
from gate24.store.table import StoreError, put_new

PK, SK = "CONTACT_KEY", "FINGERPRINT"

PAUSE_SECONDS = 30.0
"""So long a wrong key is not read again; then it may have been mended."""

_WHAT_TO_DO = "point the stack at the secret that the table was written with, see Backups in docs/operations.md"


class WrongContactKey(StoreError):
    """The secret is not the key that the table was written with."""

    def __init__(self) -> None:
        super().__init__("contact_key", "not_the_key_of_this_table")


class _Process:
    is_wrong = False
    asked_again_at = 0.0


def is_wrong() -> bool:
    """Whether this process has found the key wrong, and not found it right since."""
    return _Process.is_wrong


def refuse_in_pause() -> None:
    """WrongContactKey where the key was found wrong just now."""
    if _Process.is_wrong and monotonic() < _Process.asked_again_at:
        raise WrongContactKey


def check(contact_key: bytes) -> None:
    """Compares the key with the table's; the first key that a table ever sees is its own. WrongContactKey where it is
    another one, StoreError where that cannot be told now."""
    if TABLE.is_left_alone:
        raise StoreError("contact_key", "left_alone")
    mine = fingerprint(contact_key)
    if not hmac.compare_digest(_stored_or(mine), mine):
        _Process.is_wrong, _Process.asked_again_at = True, monotonic() + PAUSE_SECONDS
        count("contact_key.wrong")
        logger.error("contact_key_wrong", extra={"what_to_do": _WHAT_TO_DO})
        raise WrongContactKey
    _Process.is_wrong = False


def fingerprint(contact_key: bytes) -> str:
    """A digest under the key; it tells nothing of it. No identity of a contact is hashed like this."""
    return hmac.new(contact_key, b"gate24 contact key", hashlib.sha256).hexdigest()


def forget() -> None:
    """Forgets what was found."""
    _Process.is_wrong = False


snapshot.not_kept(forget)


def _stored_or(mine: str) -> str:
    stored = documents.read(PK, SK, consistent=True)
    if stored is None:
        written = put_new(DocumentItem(PK, SK, body={"fingerprint": mine}))
        found = None if written.applied else written.item(DocumentItem)
        stored = {"fingerprint": mine} if found is None else found.body
    return str(stored["fingerprint"])
