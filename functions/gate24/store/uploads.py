"""Files that an organization uploaded, to send them by their ids."""

from __future__ import annotations

from dataclasses import asdict

from gate24.messages import UploadedFile
from gate24.store.items import DocumentItem
from gate24.store.table import get, put


def add(organization_id: str, file: UploadedFile) -> None:
    put(DocumentItem(_pk(organization_id), file.id, body=asdict(file), ttl=file.expires_at // 1000))


def find(organization_id: str, upload_id: str, now: int) -> UploadedFile | None:
    """The file of that id, as long as it may be used; ``now``: epoch ms."""
    found = get(DocumentItem, _pk(organization_id), upload_id, consistent=True)
    file = None if found is None else UploadedFile(**found.body)
    return None if file is None or now >= file.expires_at else file


def _pk(organization_id: str) -> str:
    return f"F#{organization_id}"
