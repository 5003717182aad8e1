"""The console's own function: a page and its files, under any prefix, and nothing else."""

from __future__ import annotations

import base64
import gzip
import re
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.support.console_mock import console_handler, console_languages

handler = console_handler()
STATIC = handler.STATIC


def get(path: str, **headers: str) -> dict[str, Any]:
    answer: dict[str, Any] = handler.lambda_handler({"rawPath": path, "headers": headers}, None)
    return answer


def links(page: str) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]+)"', page)


@pytest.mark.parametrize("path", ["/console", "/console/", "/prod/console", "/_aws/execute-api/a1/$default/console/"])
def test_every_link_of_the_page_leads_to_a_file_wherever_it_is_served(path: str) -> None:
    answer = get(path)
    assert answer["statusCode"] == 200
    for link in links(answer["body"]):
        linked = get(urljoin(path, link))
        assert linked["statusCode"] == 200, link
        assert "immutable" in linked["headers"]["cache-control"]


def test_every_module_is_named_in_the_page_or_the_view_that_loads_it_so_that_a_slow_link_loads_them_at_once() -> None:
    version = handler.version()
    named = {link.removeprefix(f"console/{version}/") for link in links(get("/console")["body"])}
    texts = (text.decode() for name, text in handler.files().items() if name.endswith(".js"))
    scripts = "".join(text for text in texts if "modules:" in text)
    modules = re.findall(r"_MODULES = \[(.*?)\]|modules: \[([^\]]+)\]", scripts, re.DOTALL)
    later = {f"{name}.js" for listed in modules for name in re.findall(r'"([^"]+)"', "".join(listed))}
    later |= {f"styles/{name}.css" for name in re.findall(r'style: "(\w+)"', scripts)}
    assert later and named.isdisjoint(later)
    assert {name for name in handler.files() if name.endswith((".js", ".css"))} == (
        named | later | {handler.WORKER}
    ) - {"icon.svg"}


def test_the_words_of_each_language_are_served() -> None:
    served = {name for name in handler.files() if name.startswith("language/messages/")}
    assert served == {f"language/messages/{language}.json" for language in console_languages()}


def test_the_page_has_no_inline_script_or_style_and_names_no_other_host() -> None:
    body = get("/console")["body"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", body)
    assert "//" not in "".join(links(body))


def test_the_policy_allows_only_what_is_served_here() -> None:
    policy = get("/console")["headers"]["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert get("/console")["headers"]["referrer-policy"] == "no-referrer"


def test_files_of_messages_may_come_from_the_bucket_alone_and_only_as_pictures_sound_and_film(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = "https://bucket.s3.ap-south-1.amazonaws.com"
    monkeypatch.setenv("MEDIA_ORIGIN", bucket)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    policy = console_handler().lambda_handler({"rawPath": "/console"})["headers"]["content-security-policy"]
    allowed = [each for each in policy.split("; ") if bucket in each]
    assert allowed == [f"img-src 'self' data: {bucket}", f"media-src {bucket}"]


@pytest.mark.parametrize("path", ["/console", "/console/nothing.js"])
def test_browsers_are_told_to_come_back_by_https_alone(path: str) -> None:
    assert get(path)["headers"]["strict-transport-security"] == "max-age=31536000"


def test_the_worker_is_at_an_address_that_stays_and_is_asked_for_anew() -> None:
    answer = get(f"/console/{handler.WORKER}")
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert answer["headers"]["cache-control"] == "no-cache"
    assert "worker-src 'self'" in get("/console")["headers"]["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/console/x/../handler.py",
        "/console/x/..%2fhandler.py",
        "/console/x/index.html",
        "/console/x/language/messages",
        "/console/x/package.json",
        "/console/x/../../package.json",
        "/console/x/types.d.ts",
        "/console/x//etc/passwd",
        "/console/app.js",
        "/healthz",
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    assert get(path)["statusCode"] == 404


def test_a_file_asked_for_under_another_version_is_not_kept() -> None:
    answer = get("/console/0123456789abcdef/app.js")
    assert answer["statusCode"] == 200
    assert answer["headers"]["cache-control"] == "no-cache"


def test_an_unchanged_page_is_not_sent_again() -> None:
    etag = get("/console")["headers"]["etag"]
    answer = get("/console", **{"If-None-Match": etag})
    assert (answer["statusCode"], answer["body"]) == (304, "")


def test_gzip_is_for_those_who_take_it() -> None:
    answer = get("/console", **{"accept-encoding": "gzip, br"})
    assert answer["isBase64Encoded"]
    assert gzip.decompress(base64.b64decode(answer["body"])).decode() == get("/console")["body"]


def test_the_page_names_the_issuer_and_may_ask_it_and_nobody_else() -> None:
    made = console_handler("https://id.example.org/realms/ngo", "https://token.example.org")
    answer = made.lambda_handler({"rawPath": "/console", "headers": {}}, None)
    policy = answer["headers"]["content-security-policy"]
    assert "connect-src 'self' https://id.example.org https://token.example.org;" in policy
    assert (
        'data-oidc-issuer="https://id.example.org/realms/ngo" data-oidc-client="gate24-console" lang=' in answer["body"]
    )
    assert "connect-src 'self';" in get("/console")["headers"]["content-security-policy"]
    assert "data-oidc" not in get("/console")["body"]
