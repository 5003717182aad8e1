"""A file is uploaded once, at either provider, and sent by its id wherever a message takes one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from bsp_simulator.media import BUILT_IN, File
from gate24 import settings
from gate24.rules.media_files import UPLOAD_KEPT_MS
from tests.support.media_files import file_of, files, queued
from tests.support.scene import contact_wrote, new_number, now, received_by_bsp, standing_clock
from tests.support.system import GUPSHUP, META, Answer, System, put_template

pytestmark = pytest.mark.in_memory

CHANNELS = [GUPSHUP, META]
PNG = BUILT_IN["image"].content


def multipart(content: bytes, mime_type: str = "image/png", channel: str | None = META) -> bytes:
    named = "" if channel is None else f'--b\r\nContent-Disposition: form-data; name="channel"\r\n\r\n{channel}\r\n'
    head = '--b\r\nContent-Disposition: form-data; name="file"; filename="roof.png"\r\n'
    head += f"Content-Type: {mime_type}\r\n\r\n"
    return named.encode() + head.encode() + content + b"\r\n--b--\r\n"


def parts(*given: tuple[str, str]) -> bytes:
    """A multipart body of these fields."""
    fields = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in given]
    return "".join((*fields, "--b--\r\n")).encode()


def upload(gate24: System, channel: str | None, content: bytes = PNG, key: str = "learning", **more: str) -> Answer:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return gate24.http("POST", "/v1/media", multipart(content, channel=channel, **more), headers, key)


def uploaded(gate24: System, channel: str) -> str:
    answer = upload(gate24, channel)
    assert answer.status == 201, answer.text
    media_id: str = answer.json["id"]
    return media_id


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_file_is_uploaded_and_read_again(gate24: System, channel: str) -> None:
    content = PNG + b"\r\n--bytes\r\n\r\n\0\xff"  # what looks like the end of the part is in the middle of it
    answer = upload(gate24, channel, content)
    assert answer.status == 201, answer.text
    told = answer.json
    assert (told["channel"], told["mime_type"], told["size_bytes"]) == (channel, "image/png", len(content))
    assert list(files().values()) == [content]
    given = gate24.http("GET", f"/v1/media/{told['id']}")
    assert requests.get(given.headers["location"], timeout=5).content == content
    assert gate24.http("GET", f"/v1/media/{told['id']}", key="health").status == 404
    with standing_clock(now() + UPLOAD_KEPT_MS + 1000):
        assert gate24.http("GET", f"/v1/media/{told['id']}").status == 404


def test_a_file_is_uploaded_by_its_address(gate24: System) -> None:
    assert gate24.simulator is not None
    gate24.simulator.media._files["7"] = File("text/plain", PNG)
    url = f"{gate24.simulator.url}/wa/a/wa/media/7"
    answer = gate24.http("POST", "/v1/media", {"url": url, "channel": META})
    assert (answer.status, answer.json["mime_type"]) == (201, "image/png")
    missing = gate24.http("POST", "/v1/media", {"url": f"{gate24.simulator.url}/wa/a/wa/media/8", "channel": META})
    assert (missing.status, missing.json["code"]) == (400, "payload_invalid")
    assert "400" in missing.json["errors"][0]["detail"]


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/latest", "https://10.1.2.3/x", "http://files.example.org/x", "https://localhost/x"]
)
def test_no_address_inside_is_called(gate24: System, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_LOOPBACK_ENDPOINTS", "false")
    settings.settings.cache_clear()
    answer = gate24.http("POST", "/v1/media", {"url": url, "channel": META})
    settings.settings.cache_clear()
    assert (answer.status, answer.json["code"]) == (422, "url_not_allowed")


def in_text(media_id: str) -> dict[str, Any]:
    return {"type": "media", "media": {"kind": "image", "id": media_id, "caption": "Our roof"}}


def in_buttons(media_id: str) -> dict[str, Any]:
    header = {"type": "image", "image": {"id": media_id}}
    action = {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}
    part = {"type": "button", "header": header, "body": {"text": "Is it yours?"}, "action": action}
    return {"type": "interactive", "interactive": part}


def in_template(media_id: str) -> dict[str, Any]:
    header = {"type": "header", "parameters": [{"type": "image", "image": {"id": media_id}}]}
    body = {"type": "body", "parameters": [{"type": "text", "text": "Asha"}]}
    return {"type": "template", "template": {"name": "roof", "language": "en", "components": [header, body]}}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", [in_text, in_buttons, in_template])
def test_an_uploaded_file_is_sent_by_its_id_wherever_a_message_takes_one(
    gate24: System, channel: str, kind: Any
) -> None:
    put_template(gate24, channel, name="roof", media="image")
    media_id, phone = uploaded(gate24, channel), new_number()
    contact_wrote(gate24, phone, channel=channel)
    sent = gate24.send(kind(media_id) | {"channel": channel, "to": f"+{phone}"})
    assert sent.status == 202, sent.text
    (call,) = received_by_bsp(gate24, phone)
    written = json.dumps(call.get("json") or [json.loads(each) for each in call["form"].values() if each[:1] == "{"])
    assert media_id not in written.replace(f"/{media_id}?", "")  # our id is nothing that a provider knows
    if channel == META:
        assert gate24.simulator is not None
        ((own, file),) = gate24.simulator.media._files.items()
        assert f'"id": "{own}"' in written
        assert file == File("image/png", PNG)
    else:
        address = next(each for each in written.split('"') if each.startswith("https://"))
        got = requests.get(address, timeout=5)
        assert (got.content, got.headers["content-type"]) == (PNG, "image/png")
    shown = gate24.http("GET", f"/v1/media/{sent.json['id']}")
    assert (shown.status, media_id in urlsplit(shown.headers["location"]).path) == (302, True)


@pytest.mark.parametrize("kind", [in_text, in_buttons, in_template])
def test_another_channels_or_organizations_file_cannot_be_sent(gate24: System, kind: Any) -> None:
    contact_wrote(gate24, channel=META)
    theirs = upload(gate24, None, key="health").json["id"]
    for media_id in (uploaded(gate24, GUPSHUP), theirs, "upload-0"):
        answer = gate24.send(kind(media_id) | {"channel": META})
        assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
        assert answer.json["errors"][0]["pointer"].endswith("/image/id" if kind is not in_text else "/media/id")
    assert received_by_bsp(gate24) == []


def test_the_providers_own_id_is_passed_on_as_it_is(gate24: System) -> None:
    contact_wrote(gate24, channel=META)
    sent = gate24.send(in_text("1234567890") | {"channel": META})
    (call,) = received_by_bsp(gate24)
    assert call["json"]["image"]["id"] == "1234567890"
    answer = gate24.http("GET", f"/v1/media/{sent.json['id']}")
    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
def test_gupshups_own_id_is_passed_on_as_it_is_and_its_file_is_nowhere_to_be_seen(gate24: System, kind: str) -> None:
    contact_wrote(gate24)
    sent = gate24.send({"type": "media", "media": {"kind": kind, "id": "1234567890"}})
    assert sent.status == 202, sent.text
    (call,) = received_by_bsp(gate24)
    named = {"filename": "document"} if kind == "document" else {}
    told = {"type": "file" if kind == "document" else kind, "id": "1234567890", **named}
    assert json.loads(call["form"]["message"]) == told
    answer = gate24.http("GET", f"/v1/media/{sent.json['id']}")
    assert (answer.status, answer.json["code"], answer.json["retryable"]) == (404, "not_found", False)
    assert "Gupshup" in answer.json["detail"]
    assert queued() == []


def test_the_size_of_an_uploaded_file_is_known_where_it_costs(gate24: System) -> None:
    contact_wrote(gate24)
    media_id = upload(gate24, GUPSHUP, PNG + bytes(70_000)).json["id"]
    answer = gate24.send(in_text(media_id))
    assert [line["fee"] for line in answer.json["cost"]["lines"]] == ["gupshup", "media"]
    assert file_of(gate24)["media_id"] == media_id


def test_a_body_that_is_no_upload_is_refused_in_words(gate24: System) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    for body, pointer in ((b"--b--\r\n", "/file"), (multipart(b""), "/file"), (b"", "/file")):
        answer = gate24.http("POST", "/v1/media", body, headers)
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, pointer)
    no_boundary = gate24.http("POST", "/v1/media", b"x", {"Content-Type": "multipart/form-data"})
    assert no_boundary.json["code"] == "payload_invalid"
    large = upload(gate24, META, bytes(5 * 2**20))
    assert (large.status, large.json["code"]) == (400, "payload_invalid")
    assert upload(gate24, META, key="reader").status == 403
    assert upload(gate24, "nobodys").status == 404
    assert upload(gate24, None).json["errors"][0]["pointer"] == "/channel"  # there are two


URL = "https://files.example.org/a.png"


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({}, "/url", "is required"),
        ({"channel": META}, "/url", "is required"),
        ({"url": None, "channel": META}, "/url", "must be a string"),
        ({"url": "a.png", "channel": META}, "/url", "An http or https URL in ASCII"),
        ({"url": URL, "channel": META, "file": "iVBORw0KGgo="}, "/file", "is not a field here"),
        ({"url": URL, "channel": META, "id": "17"}, "/id", "is not a field here"),
        ({"url": URL, "channel": META, "filename": "x" * 241}, "/filename", "at most 240 characters"),
        ({"url": URL}, "/channel", "there is more than one"),
        ([{"url": URL}], None, "neither multipart/form-data with the parts file and channel nor a JSON object"),
        (PNG, None, "neither multipart/form-data with the parts file and channel nor a JSON object"),
        ("url=https%3A%2F%2Ffiles.example.org%2Fa.png", None, "neither multipart/form-data"),
        (parts(("channel", META)), "/file", "is missing"),
        (parts(("channel", META), ("url", URL)), "/file", "is missing"),
        (parts(("channel", META), ("url", URL), ("file", "a")), "/url", "stands instead of file"),
        (parts(("channel", META), ("file", "a"), ("file", "b")), "/file", "is there twice"),
        (parts(("channel", META), ("channel", GUPSHUP), ("file", "a")), "/channel", "is there twice"),
        (parts(("file", "a")), "/channel", "there is more than one"),
    ],
)
def test_each_wrong_combination_is_told_with_its_place(
    gate24: System, body: Any, pointer: str | None, detail: str
) -> None:
    is_multipart = isinstance(body, bytes) and body is not PNG
    headers = {"Content-Type": "multipart/form-data; boundary=b"} if is_multipart else None
    answer = gate24.http("POST", "/v1/media", body, headers)
    assert (answer.status, answer.json["code"]) == (400, "payload_invalid")
    errors = answer.json.get("errors", [])
    assert [each["pointer"] for each in errors] == ([] if pointer is None else [pointer])
    assert detail in (errors[0]["detail"] if errors else answer.json["detail"])
    assert files() == {}


def test_parts_that_clients_of_meta_send_besides_are_left_out(gate24: System) -> None:
    others = parts(("messaging_product", "whatsapp"), ("type", "image/png")).removesuffix(b"--b--\r\n")
    body = others + multipart(PNG)
    answer = gate24.http("POST", "/v1/media", body, {"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status, answer.json["mime_type"]) == (201, "image/png")


def test_what_the_provider_refuses_is_told_in_its_words(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate24.simulator is not None
    monkeypatch.setattr("bsp_simulator.media.uploaded", lambda *_: None)
    answer = upload(gate24, META)
    assert (answer.status, answer.json["code"]) == (502, "bsp_rejected")
    assert answer.json["provider"]["code"] == "100"
    assert files() == {}
