"""Gupshup's send API: the form that goes out, and what its answers mean."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from gate24.channels import Channel, ChannelSecrets
from gate24.events import Media
from gate24.providers import provider
from gate24.providers.gupshup import GUPSHUP
from gate24.providers.interface import HttpRequest, Outbound, ProviderAnswer, TemplateSend

CHANNEL = Channel(
    "ch", "org", "gupshup", "+918000000001", "http://bsp.example.org", "gupshup-2021-02", app="HelplineApp"
)
SECRETS = ChannelSecrets(api_key="key-1")
TO = "+919876543210"


def sent(**content: object) -> tuple[HttpRequest, dict[str, str]]:
    request = GUPSHUP.request(CHANNEL, SECRETS, Outbound("m-1", TO, **content))  # type: ignore[arg-type]
    return request, dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))


def test_a_text_is_a_form_with_numbers_without_plus() -> None:
    request, form = sent(text="नमस्ते & बाय = 1+1 \U0001f44d")
    assert (request.method, request.url) == ("POST", "http://bsp.example.org/wa/api/v1/msg")
    assert request.headers == {"apikey": "key-1", "Content-Type": "application/x-www-form-urlencoded"}
    message = json.loads(form.pop("message"))
    assert message == {"type": "text", "text": "नमस्ते & बाय = 1+1 \U0001f44d"}
    assert form == {
        "channel": "whatsapp",
        "source": "918000000001",
        "destination": "919876543210",
        "src.name": "HelplineApp",
    }


URL = "https://files.example.org/a.bin"


@pytest.mark.parametrize(
    ("media", "message"),
    [
        (Media("image", URL), {"type": "image", "originalUrl": URL, "previewUrl": URL, "caption": ""}),
        (
            Media("image", URL, caption="Hi"),
            {"type": "image", "originalUrl": URL, "previewUrl": URL, "caption": "Hi"},
        ),
        (Media("video", URL), {"type": "video", "url": URL, "caption": ""}),
        (Media("audio", URL), {"type": "audio", "url": URL}),
        (Media("sticker", URL), {"type": "sticker", "url": URL}),
        (Media("document", URL, filename="a.pdf"), {"type": "file", "url": URL, "filename": "a.pdf"}),
        (Media("document", URL), {"type": "file", "url": URL, "filename": "document"}),
        (
            Media("document", URL, filename="a.pdf", caption="Hi"),
            {"type": "file", "url": URL, "filename": "a.pdf", "caption": "Hi"},
        ),
    ],
)
def test_media_goes_by_its_url_and_never_with_a_null_caption(media: Media, message: dict[str, str]) -> None:
    request, form = sent(media=media)
    assert request.url.endswith("/wa/api/v1/msg")
    assert json.loads(form["message"]) == message


def test_a_template_goes_by_its_gupshup_id_with_all_five_fields() -> None:
    request, form = sent(template=TemplateSend("greeting", "en", "tpl-uuid-1", ("Asha", "10:30")))
    assert request.url == "http://bsp.example.org/wa/api/v1/template/msg"
    assert json.loads(form.pop("template")) == {"id": "tpl-uuid-1", "params": ["Asha", "10:30"]}
    assert form.keys() == {"channel", "source", "destination", "src.name"}


@pytest.mark.parametrize(
    ("media", "message"),
    [
        (Media("image", URL), {"type": "image", "image": {"link": URL}}),
        (Media("video", URL), {"type": "video", "video": {"link": URL}}),
        (
            Media("document", URL, filename="a.pdf"),
            {"type": "document", "document": {"link": URL, "filename": "a.pdf"}},
        ),
        (Media("document", URL), {"type": "document", "document": {"link": URL, "filename": "document"}}),
        (Media("image", URL, filename="a.png"), {"type": "image", "image": {"link": URL}}),
    ],
)
def test_a_templates_media_is_its_message_field(media: Media, message: dict[str, object]) -> None:
    _, form = sent(template=TemplateSend("greeting", "en", "tpl-uuid-1", (), media))
    assert json.loads(form["message"]) == message


def test_the_key_does_not_show_when_a_request_is_printed() -> None:
    request, _ = sent(text="private words")
    assert "key-1" not in repr(request)
    assert "private" not in repr(request)


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b'{"status":"submitted","messageId":"gs-1"}', ProviderAnswer("accepted", "gs-1")),
        (202, b'{"status":"success","messageId":"gs-1"}', ProviderAnswer("accepted", "gs-1")),
        (200, b'{"messageId":"gs-1"}', ProviderAnswer("accepted", "gs-1")),
        (200, b'{"status":"error","message":"No","messageId":"gs-1"}', ProviderAnswer("rejected", reason="No")),
        (200, b'{"status":"submitted","messageId":""}', ProviderAnswer("unknown")),
        (200, b'{"status":"submitted"}', ProviderAnswer("unknown")),
        (200, b"", ProviderAnswer("unknown")),
        (200, b"<html>", ProviderAnswer("unknown")),
        (200, b"[]", ProviderAnswer("unknown")),
        (200, b"\xff\xfe", ProviderAnswer("unknown")),
        (200, b"[" * 100_000, ProviderAnswer("unknown")),
        (302, b"", ProviderAnswer("unknown")),
        (
            400,
            b'{"message":"Invalid Destination","status":"error"}',
            ProviderAnswer("rejected", reason="Invalid Destination"),
        ),
        (400, b'{"message":{"deep":1},"status":"error"}', ProviderAnswer("rejected")),
        (400, b'{"message":"Low","code":1003}', ProviderAnswer("rejected", code="1003", reason="Low")),
        (
            401,
            b'{"message":"Authentication Failed","status":"error"}',
            ProviderAnswer("rejected", reason="Authentication Failed"),
        ),
        (403, b"", ProviderAnswer("rejected")),
        (404, b"not found", ProviderAnswer("rejected")),
        (408, b"", ProviderAnswer("unknown")),
        (429, b'{"message":"Too Many Requests","status":"error"}', ProviderAnswer("busy", reason="Too Many Requests")),
        (500, b'{"message":"Internal server error"}', ProviderAnswer("unknown", reason="Internal server error")),
        (502, b"", ProviderAnswer("unknown")),
        (503, b"", ProviderAnswer("unknown")),
    ],
)
def test_an_answer_is_accepted_rejected_busy_or_unknown(status: int, body: bytes, answer: ProviderAnswer) -> None:
    assert GUPSHUP.read_answer(status, body, {}) == answer


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("999999", 3600), ("soon", None), ("-1", None), ("Wed, 01 Jan 2031", None), ("", None)],
)
def test_how_long_to_wait_is_taken_where_it_is_said_in_seconds(value: str, seconds: int | None) -> None:
    assert GUPSHUP.read_answer(429, b"", {"Retry-After": value}).retry_after == seconds


def test_providers_are_found_by_name() -> None:
    assert provider("gupshup") is GUPSHUP
    assert provider("meta").name == "meta"
    with pytest.raises(KeyError):
        provider("pigeon")
