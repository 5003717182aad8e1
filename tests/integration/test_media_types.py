"""A file of a type that no kind of message carries is refused when it is uploaded, and one that does not fit its kind
when it is sent: before the provider hears of it, by the native API and by both drop-in forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bsp_simulator.media import BUILT_IN, File
from gate24.store import uploads
from tests.integration.test_drop_in import graph, gupshup
from tests.integration.test_uploads import in_buttons, in_template, multipart, upload, uploaded
from tests.support.media_files import files
from tests.support.scene import contact_wrote, new_number, received_by_bsp
from tests.support.system import GUPSHUP, META, META_NUMBER, Answer, System, put_template

pytestmark = pytest.mark.in_memory

CHANNELS = [GUPSHUP, META]
PDF = BUILT_IN["document"].content
PAGE = b"<!doctype html><html><script>alert(1)</script></html>"
PROGRAM = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(100)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("content", "said", "found"),
    [
        (PAGE, "text/html", "text/html"),
        (PAGE, "image/png", "text/html"),
        (PROGRAM, "application/pdf", "application/x-msdownload"),
        (b"GIF89a" + bytes(20), "image/gif", "image/gif"),
        (b"no picture", "image/png", "application/octet-stream"),
    ],
)
def test_what_no_message_may_carry_is_not_taken(
    gate24: System, channel: str, content: bytes, said: str, found: str
) -> None:
    answer = upload(gate24, channel, content, mime_type=said)
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
    (error,) = answer.json["errors"]
    assert error["pointer"] == "/file"
    assert error["detail"].startswith(f"is of the type {found} by its content, which WhatsApp does not take. It takes ")
    assert "image: JPEG or PNG, up to 5 MB" in error["detail"]
    assert files() == {}
    assert gate24.simulator is not None and not gate24.simulator.media._files


def test_an_address_of_such_a_file_is_not_taken_either(gate24: System) -> None:
    assert gate24.simulator is not None
    gate24.simulator.media._files["7"] = File("image/png", PAGE)
    answer = gate24.http("POST", "/v1/media", {"url": f"{gate24.simulator.url}/wa/a/wa/media/7", "channel": META})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/url")


def as_kind(kind: str, media_id: str) -> dict[str, Any]:
    return {"type": "media", "media": {"kind": kind, "id": media_id}}


def refused(gate24: System, answer: Answer, pointer: str) -> str:
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid"), answer.text
    (error,) = answer.json["errors"]
    assert error["pointer"] == pointer
    assert received_by_bsp(gate24) == []
    detail: str = error["detail"]
    return detail


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_picture_is_sent_as_a_picture_or_a_document_and_as_nothing_else(gate24: System, channel: str) -> None:
    contact_wrote(gate24, channel=channel)
    media_id = uploaded(gate24, channel)
    for kind in ("audio", "video", "sticker"):
        for ask in (gate24.send, gate24.check):
            detail = refused(gate24, ask(as_kind(kind, media_id) | {"channel": channel}), "/media/id")
            assert detail.startswith(f"is of the type image/png, but the kind {kind} takes ")
            assert detail.endswith("It may be sent as image or document.")
    for kind in ("image", "document"):
        assert gate24.send(as_kind(kind, media_id) | {"channel": channel}).status == 202


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (in_buttons, "/interactive/header/image/id"),
        (in_template, "/template/components/0/parameters/0/image/id"),
    ],
)
def test_a_document_is_no_picture_of_a_header(gate24: System, channel: str, body: Any, pointer: str) -> None:
    put_template(gate24, channel, name="roof", media="image")
    contact_wrote(gate24, channel=channel)
    media_id = upload(gate24, channel, PDF, mime_type="application/pdf").json["id"]
    detail = refused(gate24, gate24.send(body(media_id) | {"channel": channel}), pointer)
    assert "application/pdf, but the kind image takes JPEG or PNG" in detail


def enlarge(monkeypatch: pytest.MonkeyPatch, size_bytes: int) -> None:
    """Uploaded files are known as so large, without so many bytes."""
    find = uploads.find

    def found(organization_id: str, upload_id: str, now: int) -> Any:
        file = find(organization_id, upload_id, now)
        return file and replace(file, size_bytes=size_bytes)

    monkeypatch.setattr(uploads, "find", found)


def as_picture(media_id: str) -> dict[str, Any]:
    return as_kind("image", media_id)


@pytest.mark.parametrize("body", [as_picture, in_buttons, in_template])
def test_a_picture_of_more_than_5_mb_is_too_large_but_as_a_document(
    gate24: System, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_template(gate24, META, name="roof", media="image")
    phone = new_number()
    contact_wrote(gate24, phone, channel=META)
    media_id = uploaded(gate24, META)
    enlarge(monkeypatch, 5 * 2**20 + 1)
    asked = {"channel": META, "to": f"+{phone}"}
    answer = gate24.send(body(media_id) | asked)
    assert (answer.status, answer.json["code"]) == (422, "media_too_large")
    assert "the kind image takes JPEG or PNG, up to 5 MB" in answer.json["detail"]
    assert gate24.conversation(f"+{phone}")[0]["code"] == "media_too_large"
    assert received_by_bsp(gate24, phone) == []
    assert gate24.send(as_kind("document", media_id) | asked).status == 202


# ---------------------------------------------------------------- software written for the provider


def test_meta_says_no_to_an_upload_in_its_own_words(gate24: System) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    for said in ("text/html", "image/png"):
        body = head + multipart(PAGE, said, None)
        answer = gate24.http("POST", f"/graph/v24.0/{META_NUMBER}/media", body, headers)
        assert (answer.status, answer.json["error"]["code"]) == (400, 100)
        assert "Param file must be a file with one of the following types" in answer.json["error"]["message"]
        assert "Received file of type 'text/html'" in answer.json["error"]["message"]


def test_metas_form_of_a_send_is_refused_with_metas_code(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    media_id = uploaded(gate24, META)
    answer = graph(gate24, {"type": "audio", "audio": {"id": media_id}})
    error = answer.json["error"]
    assert (answer.status, error["code"], error["message"]) == (400, 131053, "(#131053) Media upload error")
    assert "image/png, but the kind audio takes" in error["error_data"]["details"]
    assert received_by_bsp(gate24) == []
    assert graph(gate24, {"type": "image", "image": {"id": media_id}}).status == 200


def test_gupshups_form_of_a_send_is_refused_in_gupshups_words(gate24: System) -> None:
    contact_wrote(gate24)
    media_id = uploaded(gate24, GUPSHUP)
    answer = gupshup(gate24, message={"type": "audio", "id": media_id})
    assert (answer.status, answer.json["status"]) == (400, "error")
    assert answer.json["message"].startswith("media_type: ")
    assert "image/png, but the kind audio takes" in answer.json["message"]
    assert received_by_bsp(gate24) == []
    assert gupshup(gate24, message={"type": "image", "id": media_id}).status == 202
    (call,) = received_by_bsp(gate24)
    assert '"originalUrl": "http' in call["form"]["message"]  # our id is nothing that Gupshup knows
    assert f'"{media_id}"' not in call["form"]["message"]
