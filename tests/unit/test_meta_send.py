"""Meta's send API: the JSON that goes out, and what its answers mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate24.channels import Channel, ChannelSecrets
from gate24.events import Media
from gate24.providers.interface import HttpRequest, Outbound, ProviderAnswer, TemplateSend
from gate24.providers.meta import API_VERSION, META

CHANNEL = Channel(
    "ch", "org", "meta", "+918000000001", "http://graph.example.org", "meta-2026-10", phone_number_id="200000000000001"
)
SECRETS = ChannelSecrets(api_key="token-1")
TO = "+919876543210"
URL = "https://files.example.org/a.bin"


def sent(**content: object) -> tuple[HttpRequest, dict[str, Any]]:
    request = META.request(CHANNEL, SECRETS, Outbound("m-1", TO, **content))  # type: ignore[arg-type]
    return request, json.loads(request.body)


def test_a_text_keeps_the_plus_and_carries_our_id() -> None:
    request, body = sent(text="नमस्ते")
    assert (request.method, request.url) == ("POST", f"http://graph.example.org/{API_VERSION}/200000000000001/messages")
    assert request.headers == {"Authorization": "Bearer token-1", "Content-Type": "application/json"}
    assert body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": TO,
        "type": "text",
        "text": {"body": "नमस्ते"},
        "biz_opaque_callback_data": "m-1",
    }


@pytest.mark.parametrize(
    ("media", "content"),
    [
        (Media("image", URL, caption="Hi"), {"link": URL, "caption": "Hi"}),
        (Media("image", URL, caption="", filename="a.png"), {"link": URL}),
        (Media("video", URL, caption="Hi"), {"link": URL, "caption": "Hi"}),
        (Media("audio", URL, caption="Hi"), {"link": URL}),
        (Media("sticker", URL, caption="Hi"), {"link": URL}),
        (Media("document", URL, caption="Hi", filename="a.pdf"), {"link": URL, "caption": "Hi", "filename": "a.pdf"}),
    ],
)
def test_media_goes_by_its_link_with_what_its_kind_allows(media: Media, content: dict[str, str]) -> None:
    _, body = sent(media=media)
    assert (body["type"], body[media.kind]) == (media.kind, content)


def test_a_template_goes_by_name_and_language_with_header_and_body() -> None:
    media = Media("document", URL, filename="a.pdf")
    _, body = sent(template=TemplateSend("greeting", "en_US", "unused", ("Asha", "10:30"), media))
    assert body["type"] == "template"
    assert body["template"] == {
        "name": "greeting",
        "language": {"code": "en_US"},
        "components": [
            {
                "type": "header",
                "parameters": [{"type": "document", "document": {"link": URL, "filename": "a.pdf"}}],
            },
            {"type": "body", "parameters": [{"type": "text", "text": "Asha"}, {"type": "text", "text": "10:30"}]},
        ],
    }


@pytest.mark.parametrize(
    ("media", "header"),
    [
        (Media("document", URL, filename="a.pdf"), {"link": URL, "filename": "a.pdf"}),
        (Media("document", URL), {"link": URL}),
        (Media("image", URL, filename="a.png"), {"link": URL}),
    ],
)
def test_only_a_document_in_a_templates_header_has_a_filename(media: Media, header: dict[str, str]) -> None:
    _, body = sent(template=TemplateSend("greeting", "en", "unused", (), media))
    (component,) = body["template"]["components"]
    assert component == {"type": "header", "parameters": [{"type": media.kind, media.kind: header}]}


def test_a_template_without_parameters_has_no_components() -> None:
    _, body = sent(template=TemplateSend("greeting", "en", "unused"))
    assert body["template"]["components"] == []


def error(code: object, message: str = "No") -> bytes:
    return json.dumps({"error": {"message": message, "type": "OAuthException", "code": code}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b'{"messages":[{"id":"wamid.out-1"}]}', ProviderAnswer("accepted", "wamid.out-1")),
        (
            200,
            b'{"messages":[{"id":"wamid.out-1","message_status":"held_for_quality_assessment"}]}',
            ProviderAnswer("accepted", "wamid.out-1"),
        ),
        (200, b'{"messages":[]}', ProviderAnswer("unknown")),
        (200, b'{"messages":[{}]}', ProviderAnswer("unknown")),
        (200, b'{"messages":"wamid.out-1"}', ProviderAnswer("unknown")),
        (200, b"", ProviderAnswer("unknown")),
        (200, b"[" * 100_000, ProviderAnswer("unknown")),
        (400, error(131047), ProviderAnswer("rejected", code="131047", reason="No")),
        (400, error(100), ProviderAnswer("rejected", code="100", reason="No")),
        (401, error(190), ProviderAnswer("rejected", code="190", reason="No")),
        (403, error(131031), ProviderAnswer("rejected", code="131031", reason="No")),
        (404, b"not found", ProviderAnswer("rejected")),
        (400, b'{"error":"flat"}', ProviderAnswer("rejected")),
        (408, b"", ProviderAnswer("unknown")),
        (500, error(131000), ProviderAnswer("unknown", code="131000", reason="No")),
        (500, b"", ProviderAnswer("unknown")),
        (503, b"", ProviderAnswer("unknown")),
        (429, b"", ProviderAnswer("busy")),
    ],
)
def test_an_answer_is_accepted_rejected_busy_or_unknown(status: int, body: bytes, answer: ProviderAnswer) -> None:
    assert META.read_answer(status, body, {}) == answer


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 4), (400, 80007), (400, 130429), (400, 131056), (503, 2), (500, 131016), (500, 131057), (503, 133004)],
)
def test_a_documented_not_processed_answer_is_busy(status: int, code: int) -> None:
    answer = META.read_answer(status, error(code), {"retry-after": "3"})
    assert (answer.outcome, answer.code, answer.retry_after) == ("busy", str(code), 3)
