"""Software written for Meta gets files with an API key: the address that it is told is ours."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from bsp_simulator.media import BUILT_IN, File
from gate24.api import drop_in_media
from tests.support.scene import add_meta_channel, change_channel, put_channel_secrets
from tests.support.system import KEYS, META, META_NUMBER, ORG, Answer, System

PNG = BUILT_IN["image"].content


def described(gate24: System, query: str = "") -> Answer:
    assert gate24.simulator is not None
    media_id = gate24.simulator.media.add(File("image/png", PNG))
    headers = {"Host": "gate.example.org", "X-Forwarded-Proto": "https"}
    return gate24.http("GET", f"/graph/v24.0/{media_id}{query}", headers=headers)


def fetched(gate24: System, url: str, key: str = "learning") -> Answer:
    parts = urlsplit(url)
    return gate24.http("GET", f"{parts.path}?{parts.query}", key=key)


def test_a_files_address_is_ours_and_gives_the_bytes(gate24: System) -> None:
    answer = described(gate24)
    told = answer.json
    assert answer.status == 200
    assert (told["mime_type"], told["file_size"], told["messaging_product"]) == ("image/png", len(PNG), "whatsapp")
    assert told["url"].startswith(f"https://gate.example.org/graph/v24.0/{told['id']}/file")
    got = fetched(gate24, told["url"])
    assert (got.status, got.headers["content-type"]) == (200, "image/png")
    assert got.text.encode("latin-1") == PNG
    assert got.headers["content-disposition"] == "attachment"


def test_a_file_too_large_for_an_answer_is_redirected_to(gate24: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drop_in_media, "ANSWERED_BYTES", 10)
    got = fetched(gate24, described(gate24).json["url"])
    assert got.status == 302
    assert requests.get(got.headers["location"], timeout=5).content == PNG


def test_a_file_of_another_organization_or_none_is_not_found_in_metas_shape(gate24: System) -> None:
    url = described(gate24).json["url"]
    assert fetched(gate24, url, key="health").json["error"]["code"] == 100
    assert fetched(gate24, url, key="guessed").json["error"]["code"] == 190
    for path in ("/graph/v24.0/12345", f"/graph/v24.0/12345/file?phone_number_id={META_NUMBER}"):
        missing = gate24.http("GET", path)
        assert (missing.status in (400, 404), missing.json["error"]["code"]) == (True, 100)


def test_the_file_is_found_with_several_numbers_and_by_the_one_that_is_named(gate24: System) -> None:
    add_meta_channel("learning-meta-2", ORG, "100000000000009", "app-secret-2")
    assert described(gate24, f"?phone_number_id={META_NUMBER}").status == 200
    assert described(gate24, "?phone_number_id=1").status == 404


def test_the_number_itself_is_no_file(gate24: System) -> None:
    answer = gate24.http("GET", f"/graph/v24.0/{META_NUMBER}")
    assert "/file" not in answer.text


def test_a_file_is_uploaded_as_at_meta(gate24: System) -> None:
    assert gate24.simulator is not None
    parts = '--b\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n'
    parts += '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    body = parts.encode() + PNG + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = gate24.http("POST", f"/graph/v24.0/{META_NUMBER}/media", body, headers)
    assert answer.status == 200, answer.text
    assert gate24.simulator.media.get(answer.json["id"]) == File("image/png", PNG)


def test_templates_are_listed_page_by_page_at_gate24s_own_address(gate24: System, tmp_path: Path) -> None:
    path = tmp_path / "bsp.json"
    config = json.loads(path.read_text())
    names = [f"reminder_{number}" for number in range(5)]
    config["channels"][1]["templates"] = [
        {"id": str(number), "elementName": name, "languageCode": "en", "status": "APPROVED", "data": "Hello {{1}}"}
        for number, name in enumerate(names)
    ]
    path.write_text(json.dumps(config))
    here = f"https://api.example.org/graph/v24.0/{META_NUMBER}/message_templates"
    asked, walked = f"{here}?limit=2&fields=name,status&summary=total_count&access_token={KEYS[ORG]}", []
    while asked:
        assert asked.startswith(f"{here}?")
        page = gate24.http("GET", asked.removeprefix("https://api.example.org"), key=None).json
        walked += page["data"]
        assert page["summary"] == {"total_count": 5}
        asked = page["paging"].get("next")
    listed = [{"id": str(number), "name": name, "status": "APPROVED"} for number, name in enumerate(names)]
    assert walked == listed
    back = gate24.http("GET", page["paging"]["previous"].removeprefix("https://api.example.org"), key=None).json
    assert [each["name"] for each in back["data"]] == names[2:4]
    filtered = gate24.http("GET", f"/graph/v24.0/{META_NUMBER}/message_templates?name=_3&status=APPROVED,PENDING").json
    assert [each["components"] for each in filtered["data"]] == [
        [{"type": "BODY", "text": "Hello {{1}}", "example": {"body_text": [["sample 1"]]}}]
    ]


def test_templates_are_listed_by_the_first_of_several_tokens_that_opens_the_account(gate24: System) -> None:
    path = f"/graph/v24.0/{META_NUMBER}/message_templates"  # an account of the simulator
    own = gate24.http("GET", path)
    assert (own.status, "data" in own.json) == (200, True)
    add_meta_channel("a-number-that-does-not-answer", ORG, "100000000000009", "app-secret-2")
    add_meta_channel("a-number-of-another-account", ORG, "100000000000008", "app-secret-3")
    assert gate24.simulator is not None
    change_channel("a-number-of-another-account", api_base=gate24.simulator.url)
    put_channel_secrets("a-number-of-another-account", api_key="another-accounts")
    answer = gate24.http("GET", path)
    assert (answer.status, answer.json) == (200, own.json)
    put_channel_secrets(META, api_key="of last year")
    refused = gate24.http("GET", path)
    assert (refused.status, refused.json["error"]["code"]) == (401, 190)
    assert gate24.http("GET", path, key="guessed").json["error"]["code"] == 190
