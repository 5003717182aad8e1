"""A contact's file is fetched from its provider, kept, and given to whoever may read the message, nobody else."""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import os
import socket
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from moto.sqs.models import Message as QueuedMessage

from bsp_simulator.media import File
from gate24 import settings
from gate24.message_keys import MessageKey
from gate24.store import aws, media_files, media_queue
from gate24.store import messages as stored_messages
from gate24.store.table import StoreError
from gate24.usecases import fetch_media
from tests.support.bodies import gupshup
from tests.support.media_files import fetch, file_of, files, queued, sends_file
from tests.support.scene import (
    DIGITS,
    HOUR,
    change_organization,
    contact_wrote,
    new_number,
    now,
    parked_records,
    put_channel_secrets,
    retry_parked,
    standing_clock,
)
from tests.support.system import CONTEXT, GUPSHUP, META, ORG, OTHER_ORG, Answer, System, handler, put_template
from tests.support.template import resources

pytestmark = pytest.mark.in_memory

DAY = 24 * HOUR
PNG = b"\x89PNG\r\n\x1a\n"
CHANNELS = [GUPSHUP, META]


def get(gate24: System, media_id: str, key: str = "learning", query: str = "") -> Answer:
    return gate24.http("GET", f"/v1/media/{media_id}{query}", key=key)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("kind", "mime_type"),
    [
        ("image", "image/png"),
        ("audio", "audio/ogg"),
        ("video", "video/mp4"),
        ("document", "application/pdf"),
        ("sticker", "image/webp"),
    ],
)
def test_a_contacts_file_is_fetched_kept_and_given(gate24: System, channel: str, kind: str, mime_type: str) -> None:
    sends_file(gate24, channel, kind, caption="Our roof")
    told = file_of(gate24)
    assert (told["kind"], told["fetch"], told["caption"]) == (kind, "pending", "Our roof")
    waits = get(gate24, told["id"])
    assert (waits.status, waits.json["retryable"], waits.headers["retry-after"]) == (404, True, "5")
    assert "being fetched" in waits.json["detail"]
    assert fetch() == []
    kept = file_of(gate24)
    assert (kept["fetch"], kept["mime_type"], kept["id"]) == ("kept", mime_type, told["id"])
    ((name, content),) = files().items()
    assert kept["size_bytes"] == len(content)
    answer = get(gate24, kept["id"])
    assert (answer.status, answer.text, answer.headers["cache-control"]) == (302, "", "no-store")
    address = urlsplit(answer.headers["location"])
    assert address.path.endswith(name)
    asked = parse_qs(address.query)
    is_shown = kind != "document"
    assert asked["response-content-type"] == [mime_type if is_shown else "application/octet-stream"]
    assert asked["response-content-disposition"][0].startswith("inline" if is_shown else "attachment")
    assert asked["X-Amz-Expires"] == ["300"]
    assert get(gate24, kept["id"], query="?redirect=false").json["mime_type"] == mime_type


def test_the_address_gives_the_bytes(gate24: System) -> None:
    sends_file(gate24, META)
    fetch()
    (content,) = files().values()
    answer = requests.get(get(gate24, file_of(gate24)["id"]).headers["location"], timeout=5)
    assert (answer.content, answer.headers["content-type"]) == (content, "image/png")


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_content_tells_the_type_and_not_what_was_said_of_it(gate24: System, channel: str) -> None:
    pdf = base64.b64encode(b"%PDF-1.4\n").decode()
    sends_file(gate24, channel, "image", base64=pdf, mime_type="image/png")
    fetch()
    assert file_of(gate24)["mime_type"] == "application/pdf"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("mime_type", ["image/svg+xml", "text/html", "application/xhtml+xml", "IMAGE/SVG+XML; x=y"])
def test_nothing_that_a_browser_would_run_is_shown_in_its_place(gate24: System, channel: str, mime_type: str) -> None:
    page = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>").decode()
    sends_file(gate24, channel, "document", base64=page, mime_type=mime_type, filename="x.svg")
    fetch()
    asked = parse_qs(urlsplit(get(gate24, file_of(gate24)["id"]).headers["location"]).query)
    assert asked["response-content-type"] == ["application/octet-stream"]
    assert asked["response-content-disposition"] == ["attachment; filename*=UTF-8''x.svg"]


def test_names_of_files_tell_of_nobody(gate24: System) -> None:
    sends_file(gate24, META, filename=f"{DIGITS}.pdf", kind="document")
    fetch()
    (name,) = files()
    assert DIGITS.removeprefix("+") not in name and file_of(gate24)["id"] not in name


def test_nobody_else_gets_the_file(gate24: System) -> None:
    sends_file(gate24, META)
    fetch()
    media_id = file_of(gate24)["id"]
    assert get(gate24, media_id, key="health").status == 404
    assert get(gate24, media_id, key="guessed").status == 403
    assert get(gate24, media_id, key="reader").status == 302
    assert get(gate24, "nothing").json["code"] == "not_found"


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_file_that_the_provider_does_not_have_ends_in_words(gate24: System, channel: str) -> None:
    fresh, old = new_number(), new_number()
    sends_file(gate24, channel, phone=fresh)
    sends_file(gate24, channel, phone=old, ago=8 * DAY)
    assert gate24.simulator is not None
    gate24.simulator.media._files.clear()
    assert fetch() == []
    for phone, end, words in ((fresh, "not_found", "does not know"), (old, "expired", "any more")):
        told = file_of(gate24, phone)
        assert told["fetch"] == end
        answer = get(gate24, told["id"])
        assert (answer.status, answer.json["code"]) == (404, "not_found")
        assert words in answer.json["detail"]
    assert files() == {}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_file_that_is_too_large_is_not_kept(gate24: System, channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_media, "LARGEST_BYTES", 40)
    sends_file(gate24, channel)
    assert fetch() == []
    assert file_of(gate24)["fetch"] == "too_large"
    assert files() == {}


def test_a_body_longer_than_was_told_ends_at_the_limit(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is believed of what is said of a size."""
    monkeypatch.setattr(fetch_media, "LARGEST_BYTES", 40)
    monkeypatch.setattr(http.client.HTTPResponse, "length", None, raising=False)
    sends_file(gate24, GUPSHUP)
    assert fetch() == []
    assert file_of(gate24)["fetch"] == "too_large"


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_slow_provider_is_tried_again(gate24: System, channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sends_file(gate24, channel)
    records = queued()
    with monkeypatch.context() as slow:
        slow.setattr(fetch_media, "DOWNLOAD_SECONDS", 0.0)
        assert len(fetch(records)) == 1
    assert file_of(gate24)["fetch"] == "pending"
    assert fetch(records) == []
    assert file_of(gate24)["fetch"] == "kept"


def test_a_file_that_was_not_fetched_waits_longer_after_each_attempt(gate24: System) -> None:
    put_channel_secrets(META, api_key="of last year", app_secrets=["app-secret"])
    sends_file(gate24, META)
    queue_url, waits = os.environ["MEDIA_QUEUE_URL"], []
    (taken,) = aws.sqs().receive_message(QueueUrl=queue_url)["Messages"]
    record = {"messageId": "1", "body": taken["Body"], "receiptHandle": taken["ReceiptHandle"]}
    events = aws.sqs().meta.events

    def note(parsed: dict[str, Any], **_: Any) -> None:
        assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 200

    def asks(params: dict[str, Any], **_: Any) -> None:
        assert (params["QueueUrl"], params["ReceiptHandle"]) == (queue_url, taken["ReceiptHandle"])
        waits.append(params["VisibilityTimeout"])

    events.register("provide-client-params.sqs.ChangeMessageVisibility", asks)
    events.register("after-call.sqs.ChangeMessageVisibility", note)
    queue = resources("AWS::SQS::Queue")["MediaQueue"]
    attempts = queue["RedrivePolicy"]["maxReceiveCount"]
    for attempt in range(1, attempts + 1):
        assert fetch([record | {"attributes": {"ApproximateReceiveCount": str(attempt)}}]) == ["1"]
    assert waits == [60, 120, 240, 480, 900, 1800] + [3600] * (attempts - 6)
    assert sum(waits[:-1]) >= 24 * 3600, "a day, at the last attempt"
    assert queue["VisibilityTimeout"] >= max(waits)
    policies = json.dumps(resources("AWS::IAM::Role")["FetchMediaRole"]["Policies"])
    assert "sqs:ChangeMessageVisibility" in policies


def test_the_files_of_an_organization_wait_in_a_group_of_their_own(gate24: System) -> None:
    """SQS serves the groups of a queue in turn, so that one organization's slow host does not hold up the others."""
    for organization in (ORG, ORG, OTHER_ORG, "नमस्ते " * 40):
        media_queue.put(organization, MessageKey("a" * 32, now(), "0123456789ab"))
    received = aws.sqs().receive_message(
        QueueUrl=os.environ["MEDIA_QUEUE_URL"],
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["MessageGroupId"],
    )["Messages"]
    mine, again, others, long = (each["Attributes"]["MessageGroupId"] for each in received)
    assert mine == again
    assert len({mine, others, long}) == 3
    assert all(group.isascii() and len(group) <= 128 for group in (mine, others, long))


def test_a_wrong_token_is_tried_again_and_does_not_end_it(gate24: System) -> None:
    sends_file(gate24, META)
    records = queued()
    put_channel_secrets(META, api_key="of last year", app_secrets=["app-secret"])
    assert len(fetch(records)) == 1
    put_channel_secrets(META, api_key="bsp-key", app_secrets=["app-secret"])
    assert fetch(records) == []
    assert file_of(gate24)["fetch"] == "kept"


def test_what_all_attempts_did_not_fetch_is_waited_for_by_nobody(gate24: System) -> None:
    sends_file(gate24, META)
    told = file_of(gate24)
    with standing_clock(now() + 2 * DAY):
        assert file_of(gate24)["fetch"] == "not_fetched"
        answer = get(gate24, told["id"])
    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert "attempts" in answer.json["detail"]


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/x", "https://[::1]/x"])
def test_no_address_inside_is_called(gate24: System, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **_: called.append(args))
    monkeypatch.setenv("ALLOW_LOOPBACK_ENDPOINTS", "false")
    settings.settings.cache_clear()
    assert gate24.simulator is not None
    body = {"type": "image", "payload": {"url": address, "contentType": "image/png"}}
    gate24.webhook(_gupshup_message(body))
    assert fetch() == []
    assert file_of(gate24)["fetch"] == "not_allowed"
    assert called == []
    settings.settings.cache_clear()


def test_a_redirect_to_an_address_inside_is_not_followed(gate24: System) -> None:
    class LeadsInside(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "https://169.254.169.254/latest/meta-data")
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), LeadsInside) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/file"
        gate24.webhook(_gupshup_message({"type": "image", "payload": {"url": url}}))
        assert fetch() == []
    assert file_of(gate24)["fetch"] == "not_allowed"


def _gupshup_message(content: dict[str, Any]) -> dict[str, Any]:
    phone = DIGITS.removeprefix("+")
    return gupshup("message", {"id": "wamid.file", "source": phone, "sender": {"phone": phone}, **content}, now())


def test_a_webhook_is_answered_once_its_file_is_queued_and_parked_where_that_fails(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = aws.sqs().send_message

    def only_parked(**asked: Any) -> Any:
        if asked["QueueUrl"] == os.environ["MEDIA_QUEUE_URL"]:
            raise aws.sqs().exceptions.ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")
        return send(**asked)

    with monkeypatch.context() as broken:
        broken.setattr(aws.sqs(), "send_message", only_parked)
        sends_file(gate24, META)
    assert queued() == []
    parked = parked_records(gate24)
    assert len(parked) == 1
    assert retry_parked(parked) == []
    assert fetch() == []
    assert file_of(gate24)["fetch"] == "kept"


def test_a_redelivery_queues_again_and_fetching_twice_is_harmless(gate24: System) -> None:
    assert gate24.simulator is not None
    body = _gupshup_message({"type": "image", "payload": {"url": f"{gate24.simulator.url}/wa/a/wa/media/1"}})
    gate24.simulator.media._files["1"] = File("image/png", PNG)
    gate24.webhook(body)
    gate24.webhook(body)
    records = queued()
    assert len(records) == 2
    assert fetch(records) == []
    assert fetch(records) == []
    assert list(files().values()) == [PNG]


def test_a_text_queues_nothing(gate24: System) -> None:
    contact_wrote(gate24)
    assert queued() == []


def erase(gate24: System) -> int:
    return gate24.http("DELETE", f"/v1/contacts/{DIGITS.replace('+', '%2B')}").status


@pytest.mark.parametrize("channel", CHANNELS)
def test_erasure_takes_the_file_along(gate24: System, channel: str) -> None:
    sends_file(gate24, channel)
    fetch()
    media_id = file_of(gate24)["id"]
    assert erase(gate24) == 204
    assert files() == {}
    assert get(gate24, media_id).status == 404


def test_an_erasure_that_cannot_delete_the_file_goes_on_later(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    sends_file(gate24, META)
    fetch()
    media_id = file_of(gate24)["id"]

    def fails(*_: Any) -> None:
        raise StoreError("DeleteObjects", "SlowDown")

    with monkeypatch.context() as broken:
        broken.setattr(media_files, "delete_of_messages", fails)
        assert erase(gate24) == 503
    assert len(files()) == 1
    assert get(gate24, media_id).status == 404  # gone to every reader already
    retry_parked(parked_records(gate24, later=True))
    assert files() == {}


def test_a_file_that_is_fetched_while_its_message_is_erased_does_not_stay(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each point of the fetching the erasure may come between."""
    put, set_media = media_files.put, stored_messages.set_media

    def erased_before_put(*args: Any) -> None:
        assert erase(gate24) == 204
        put(*args)

    def erased_after_put(*args: Any) -> bool:
        assert erase(gate24) == 204
        return set_media(*args)

    for place, name, instead in (
        (media_files, "put", erased_before_put),
        (stored_messages, "set_media", erased_after_put),
    ):
        sends_file(gate24, META)
        records = queued()
        with monkeypatch.context() as between:
            between.setattr(place, name, instead)
            assert fetch(records) == []
        assert files() == {}


def test_a_file_put_in_the_middle_of_an_erasure_is_looked_for_once_more(gate24: System) -> None:
    """Put after the erasure deleted files, kept before it deleted the message."""
    sends_file(gate24, META)
    media_id, records = file_of(gate24)["id"], queued()
    assert erase(gate24) == 204
    boto3.client("s3").put_object(Bucket=os.environ["MEDIA_BUCKET"], Key=_name(records), Body=PNG)
    with pytest.MonkeyPatch.context() as later:
        later.setattr(QueuedMessage, "delayed", property(lambda self: False))
        again = queued()
    assert len(again) == 1
    assert fetch(again) == []
    assert files() == {}
    assert get(gate24, media_id).status == 404


def _name(records: list[dict[str, Any]]) -> str:
    return media_files.name_of_message(*media_queue.read(records[0]["body"]))


def test_a_file_is_kept_as_long_as_its_message(gate24: System) -> None:
    change_organization(retention_days=30)
    sends_file(gate24, META, ago=DAY)
    fetch()
    media_id = file_of(gate24)["id"]
    assert len(files()) == 1
    with standing_clock(now() + 30 * DAY):
        assert get(gate24, media_id).status == 404  # before the daily run came by
        assert handler("retention")({}, CONTEXT)["forgotten"] == 1
        assert files() == {}
        assert fetch([]) == []


def test_retention_that_cannot_delete_the_file_comes_again(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    change_organization(retention_days=30)
    sends_file(gate24, META, ago=DAY)
    fetch()

    def fails(*_: Any) -> None:
        raise StoreError("DeleteObjects", "SlowDown")

    with standing_clock(now() + 30 * DAY):
        with monkeypatch.context() as broken, pytest.raises(StoreError):
            broken.setattr(media_files, "delete_of_messages", fails)
            handler("retention")({}, CONTEXT)
        assert len(files()) == 1
        assert handler("retention")({}, CONTEXT)["forgotten"] == 1
    assert files() == {}


def test_a_file_that_we_sent_is_where_its_sender_said(gate24: System) -> None:
    contact_wrote(gate24)
    url = "https://files.example.org/leaflet.png"
    sent = gate24.send({"type": "media", "media": {"kind": "image", "url": url}})
    answer = get(gate24, sent.json["id"])
    assert (answer.status, answer.headers["location"]) == (302, url)
    assert "fetch" not in file_of(gate24)


def sends_by_the_providers_id(gate24: System, kind: str, phone: str = DIGITS, media_id: str | None = None) -> str:
    """The id of a message of ours with a file that the provider alone has."""
    assert gate24.simulator is not None
    media_id = media_id or gate24.simulator.media.add(File("image/png", PNG))
    put_template(gate24, META, name="roof", media="image")
    contact_wrote(gate24, phone, channel=META)
    header = {"type": "image", "image": {"id": media_id}}
    buttons = {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}
    components = [
        {"type": "header", "parameters": [header]},
        {"type": "body", "parameters": [{"type": "text", "text": "Asha"}]},
    ]
    interactive = {"type": "button", "header": header, "body": {"text": "Is it yours?"}, "action": buttons}
    parts: dict[str, Any] = {
        "media": {"kind": "image", "id": media_id},
        "interactive": interactive,
        "template": {"name": "roof", "language": "en", "components": components},
    }
    sent = gate24.send({"type": kind, "channel": META, "to": f"+{phone.removeprefix('+')}", kind: parts[kind]})
    assert sent.status == 202, sent.text
    message_id: str = sent.json["id"]
    return message_id


@pytest.mark.parametrize("kind", ["media", "interactive", "template"])
def test_a_file_that_was_sent_by_the_providers_id_is_fetched_for_who_reads_it(gate24: System, kind: str) -> None:
    message_id = sends_by_the_providers_id(gate24, kind)
    assert queued() == [], "nobody has asked for it"
    waits = get(gate24, message_id)
    assert (waits.status, waits.json["retryable"], waits.headers["retry-after"]) == (404, True, "5")
    assert fetch() == []
    assert list(files().values()) == [PNG]
    told = get(gate24, message_id, query="?redirect=false").json
    assert (told["mime_type"], told["size_bytes"]) == ("image/png", len(PNG))
    assert get(gate24, message_id, key="health").status == 404
    shown = gate24.http("GET", f"/v1/messages/{message_id}").json
    assert shown.get("media", {}).get("fetch") == (None if kind == "interactive" else "kept")
    assert queued() == []


def test_a_file_that_many_were_sent_goes_with_each_message_alone(gate24: System) -> None:
    assert gate24.simulator is not None
    shared = gate24.simulator.media.add(File("image/png", PNG))
    phones = [new_number(), new_number()]
    erased, stays = (sends_by_the_providers_id(gate24, "interactive", phone, shared) for phone in phones)
    for message_id in (erased, stays):
        get(gate24, message_id)
    assert fetch() == []
    assert len(files()) == 2
    assert gate24.http("DELETE", f"/v1/contacts/%2B{phones[0]}").status == 204
    assert list(files().values()) == [PNG]
    assert (get(gate24, erased).status, get(gate24, stays).status) == (404, 302)
    change_organization(retention_days=30)
    with standing_clock(now() + 31 * DAY):
        assert get(gate24, stays).status == 404
        handler("retention")({}, CONTEXT)
    assert files() == {}


def test_a_file_of_ours_that_is_fetched_while_its_person_is_erased_does_not_stay(gate24: System) -> None:
    message_id = sends_by_the_providers_id(gate24, "interactive")
    get(gate24, message_id)
    records = queued()
    assert erase(gate24) == 204
    assert fetch(records) == []
    assert files() == {}
    boto3.client("s3").put_object(Bucket=os.environ["MEDIA_BUCKET"], Key=_name(records), Body=PNG)
    with pytest.MonkeyPatch.context() as later:
        later.setattr(QueuedMessage, "delayed", property(lambda self: False))
        assert fetch(queued()) == []
    assert files() == {}, "it was looked for once more"


def test_a_file_of_ours_that_is_fetched_while_its_content_is_forgotten_does_not_stay(
    gate24: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = sends_by_the_providers_id(gate24, "media")
    get(gate24, message_id)
    records, delete = queued(), media_files.delete_of_messages

    def fetched_after_the_file_was_deleted(*args: Any) -> None:
        delete(*args)
        monkeypatch.undo()
        assert fetch(records) == []

    change_organization(retention_days=30)
    with standing_clock(now() + 31 * DAY):
        monkeypatch.setattr(media_files, "delete_of_messages", fetched_after_the_file_was_deleted)
        assert handler("retention")({}, CONTEXT)["forgotten"] >= 1
    assert files() == {}


def test_a_file_of_ours_that_the_provider_has_no_more_ends_in_words(gate24: System) -> None:
    assert gate24.simulator is not None
    message_id = sends_by_the_providers_id(gate24, "template")
    get(gate24, message_id)
    gate24.simulator.media._files.clear()
    assert fetch() == []
    answer = get(gate24, message_id)
    assert (answer.status, answer.json["code"], answer.json["retryable"]) == (404, "not_found", False)
    assert "any more" in answer.json["detail"]
    assert queued() == []
