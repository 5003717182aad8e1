"""The type of a file is told by its content; the caller's word counts where formats begin alike or show nothing."""

from __future__ import annotations

from io import BytesIO

import pytest

from bsp_simulator.media import BUILT_IN
from gate24.rules.content_limits import MEDIA_KINDS
from gate24.rules.media_files import size_fault, upload_fault
from gate24.usecases.file_type import file_type, sent_type

PNG = BUILT_IN["image"].content
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script>"
EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"
ZIP = b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(16) + b"\x05\0\0\0a.txt"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLS = "application/vnd.ms-excel"
FTYP = b"\0\0\0\x14ftyp%s\0\0\0\0%s"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'>"
UNKNOWN = "application/octet-stream"

# fmt: off
ROWS = [
    # content                             said                          sent under
    (PNG,                                 "image/png",                  "image/png"),
    (PNG,                                 "text/plain",                 "image/png"),
    (PNG,                                 None,                         "image/png"),
    (b"\xff\xd8\xff\xe0" + bytes(20),     "image/png",                  "image/jpeg"),
    (BUILT_IN["audio"].content,           "audio/opus",                 "audio/ogg"),
    (BUILT_IN["video"].content,           "video/mp4",                  "video/mp4"),
    (BUILT_IN["document"].content,        "image/png",                  "application/pdf"),
    (BUILT_IN["sticker"].content,         "image/webp",                 "image/webp"),
    (b"#!AMR\n" + bytes(20),              "audio/amr",                  "audio/amr"),
    (b"\xff\xf1\x50\x80" + bytes(20),     "audio/x-aac",                "audio/aac"),
    (b"\xff\xe3\x18\xc4" + bytes(20),     "audio/mp3",                  "audio/mpeg"),
    (FTYP % (b"isom", b"mp42"),           "audio/x-m4a",                "audio/mp4"),
    (FTYP % (b"iso5", b"iso6"),           "video/mp4",                  "video/mp4"),
    (FTYP % (b"M4A ", b"M4A "),           "video/mp4",                  "audio/mp4"),
    (FTYP % (b"qt  ", b"qt  "),           "video/mp4",                  "video/quicktime"),
    (ZIP,                                 DOCX,                         DOCX),
    (ZIP,                                 "application/pdf",            "application/zip"),
    (OLE,                                 XLS,                          XLS),
    (b"Namaste\n",                        "text/plain; charset=utf-8",  "text/plain"),
    ("नमस्ते".encode("utf-16"),             "text/plain",                 "text/plain"),
    (b"a,b\n1,2\n",                       "text/csv",                   "text/csv"),
    (HTML,                                "image/png",                  "text/html"),
    (HTML,                                "text/plain",                 "text/html"),
    (b"\n <script >x",                    None,                         "text/html"),
    (EXE,                                 "image/png",                  "application/x-msdownload"),
    (b"\x01\x02\x03\x04",                 "text/plain",                 UNKNOWN),
    (b"no picture at all",                "image/png",                  UNKNOWN),
    (SVG,                                 "image/svg+xml",              UNKNOWN),
    (b"no document at all",               "application/pdf",            UNKNOWN),
    (b"\x01\x02",                         None,                         UNKNOWN),
    (b"words",                            "text/<script>",              UNKNOWN),
]
# fmt: on


@pytest.mark.parametrize(("content", "said", "under"), ROWS)
def test_a_file_is_sent_under_what_its_content_shows(content: bytes, said: str | None, under: str) -> None:
    file = BytesIO(content)
    assert sent_type(file, said) == under
    assert file.tell() == 0


def test_a_page_is_told_in_what_contacts_send_too() -> None:
    assert file_type(BytesIO(HTML)) == "text/html"
    assert file_type(BytesIO(b"words")) is None


UPLOADED = [
    *("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"),
    *("application/vnd.ms-powerpoint", "application/msword", DOCX, "application/pdf", "text/plain", XLS),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    *("image/jpeg", "image/png", "image/webp", "video/mp4", "video/3gpp"),
]
"""Meta, error 100: "Param file must be a file with one of the following types" (read 2026-11). It names audio/opus,
too, which no kind of message carries (error 131053)."""


def test_what_meta_takes_may_be_uploaded_and_nothing_else() -> None:
    assert set(MEDIA_KINDS["document"].mime_types) == set(UPLOADED)
    assert [upload_fault(each) for each in UPLOADED] == [None] * len(UPLOADED)
    for other in ("image/gif", "audio/opus", "text/csv", "text/html", "application/zip", "video/webm"):
        fault = upload_fault(other) or ""
        assert fault.startswith(f"is of the type {other} by its content, which WhatsApp does not take. It takes image:")


@pytest.mark.parametrize(("kind", "most"), [("image", 5 << 20), ("sticker", 500 << 10), ("document", 100 << 20)])
def test_each_kind_has_a_largest_size(kind: str, most: int) -> None:
    assert size_fault(kind, most) is None
    assert f"has {most + 1} bytes, but the kind {kind} takes" in (size_fault(kind, most + 1) or "")
