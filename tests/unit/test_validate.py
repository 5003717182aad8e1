"""A request that is not as documented is told where and why, and never gets its own values back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate24.api import openapi
from gate24.api.admin_requests import ADMIN_REQUESTS
from gate24.api.requests import REQUESTS
from gate24.api.validate import MOST_ERRORS, read_json, read_parameters, validate
from gate24.rules import content_limits as limits

TEXT: dict[str, Any] = {"to": "+919876543210", "type": "text", "text": {"body": "Hello"}}
REMINDER: dict[str, Any] = {"name": "class_reminder", "language": "en", "params": ["Monday"]}
TEMPLATE: dict[str, Any] = {"to": "+919876543210", "type": "template", "template": REMINDER}
HEADER: dict[str, Any] = {"kind": "document", "url": "https://files.example.org/a.pdf"}
REMINDER_TEMPLATE = openapi.examples()["operations"]["putTemplate"]["bodies"]["reminder"]


def media(**fields: Any) -> dict[str, Any]:
    part = {"kind": "document", "url": "https://files.example.org/a.pdf", **fields}
    return {"to": "+919876543210", "type": "media", "media": part}


def with_params(*params: Any) -> dict[str, Any]:
    return TEMPLATE | {"template": REMINDER | {"params": list(params)}}


VALID = [
    TEXT,
    TEXT | {"channel": "chn1", "tags": {"campaign": "november"}},
    TEXT | {"fallback": {"template": REMINDER}},
    TEXT | {"to": "not a number, which is another refusal"},
    TEXT | {"text": {"body": "x" * (limits.TEXT_LENGTH + 1)}},
    media(),
    media(size_bytes=0, caption="", filename=""),
    media(size_bytes=2**53 - 1),
    media(caption="x" * (limits.CAPTION_LENGTH + 1)),
    media(kind="audio", caption=""),
    media() | {"fallback": {"template": REMINDER}},
    media(url="http://files.example.org:8080/a%20b?x=1#y"),
    TEMPLATE,
    TEMPLATE | {"template": {"name": "class_reminder", "language": "en"}},
    TEMPLATE | {"template": REMINDER | {"media": {"kind": "image", "url": "https://files.example.org/a.png"}}},
    TEMPLATE | {"template": REMINDER | {"media": HEADER | {"filename": "timetable.pdf"}}},
    with_params("सोमवार को", "a   b", " c"),
]

INVALID: list[tuple[Any, str]] = [
    ([], ""),
    (None, ""),
    ("text", ""),
    ({}, "/type"),
    (TEXT | {"type": "sms"}, "/type"),
    (TEXT | {"type": 1}, "/type"),
    (TEXT | {"type": ["text"]}, "/type"),
    ({"type": "text", "text": {"body": "Hello"}}, "/to"),
    (TEXT | {"to": 919876543210}, "/to"),
    (TEXT | {"to": None}, "/to"),
    (TEXT | {"channel": None}, "/channel"),
    (TEXT | {"channel": ""}, "/channel"),
    ({"to": "+919876543210", "type": "text"}, "/text"),
    (TEXT | {"text": "Hello"}, "/text"),
    (TEXT | {"text": {}}, "/text/body"),
    (TEXT | {"text": {"body": ""}}, "/text/body"),
    (TEXT | {"text": {"body": " \n "}}, "/text/body"),
    (TEXT | {"text": {"body": 5}}, "/text/body"),
    (TEXT | {"text": {"body": "half \ud83d"}}, "/text/body"),
    (TEXT | {"text": {"body": "Hello", "preview": True}}, "/text/preview"),
    (TEXT | {"media": media()["media"]}, "/media"),
    (TEXT | {"tagz": {}}, "/tagz"),
    (TEXT | {"tags": {"campaign": 3}}, "/tags/campaign"),
    (TEXT | {"tags": {"a b": "x"}}, "/tags"),
    (TEXT | {"tags": {str(number): "x" for number in range(11)}}, "/tags"),
    (TEXT | {"tags": {"campaign": "x" * 257}}, "/tags/campaign"),
    (TEXT | {"fallback": {}}, "/fallback/template"),
    (TEXT | {"fallback": None}, "/fallback"),
    (TEMPLATE | {"fallback": {"template": REMINDER}}, "/fallback"),
    (media(kind="gif"), "/media/kind"),
    (media(kind="audio", caption="x"), "/media/caption"),
    (media(url="ftp://files.example.org/a"), "/media/url"),
    (media(url="https://user:secret@files.example.org/a"), "/media/url"),
    (media(url="https://files.example.org/a b"), "/media/url"),
    (media(url="https://files.example.org/a\n"), "/media/url"),
    (media(url="https://files.example.org/" + "a" * limits.URL_LENGTH), "/media/url"),
    (media(url=None), "/media/url"),
    (media(size_bytes=-1), "/media/size_bytes"),
    (media(size_bytes=1.5), "/media/size_bytes"),
    (media(size_bytes=True), "/media/size_bytes"),
    (media(size_bytes="120"), "/media/size_bytes"),
    (media(size_bytes=2**53), "/media/size_bytes"),
    (media(filename="x" * 241), "/media/filename"),
    (TEMPLATE | {"template": {"language": "en"}}, "/template/name"),
    (TEMPLATE | {"template": {"name": "class_reminder"}}, "/template/language"),
    (with_params("") , "/template/params/0"),
    (with_params("ok", "two\nlines"), "/template/params/1"),
    (with_params("tab\there"), "/template/params/0"),
    (with_params("four    spaces"), "/template/params/0"),
    (with_params("line\n"), "/template/params/0"),
    (with_params(1), "/template/params/0"),
    (with_params("x" * 1025), "/template/params/0"),
    (with_params(*["x"] * 101), "/template/params"),
    (TEMPLATE | {"template": REMINDER | {"params": "Monday"}}, "/template/params"),
    (TEMPLATE | {"template": REMINDER | {"media": {"kind": "audio", "url": "https://a.example.org/"}}},
     "/template/media/kind"),
    (TEMPLATE | {"template": REMINDER | {"media": HEADER | {"filename": "x" * 241}}}, "/template/media/filename"),
    (TEMPLATE | {"template": REMINDER | {"media": HEADER | {"caption": "No"}}}, "/template/media/caption"),
]  # fmt: skip


@pytest.mark.parametrize("body", VALID)
def test_a_send_request_as_documented_is_taken(body: dict[str, Any]) -> None:
    assert validate("SendRequest", body) == []


@pytest.mark.parametrize(("body", "pointer"), INVALID)
def test_a_send_request_that_is_not_is_told_where(body: Any, pointer: str) -> None:
    assert pointer in {error["pointer"] for error in validate("SendRequest", body)}


def test_all_faults_are_told_at_once() -> None:
    body = {"type": "media", "media": {"kind": "gif", "size_bytes": -1}, "x": 1}
    assert {error["pointer"] for error in validate("SendRequest", body)} == {
        "/to",
        "/media/kind",
        "/media/url",
        "/media/size_bytes",
        "/x",
    }


def test_not_more_faults_are_told_than_anyone_reads() -> None:
    assert len(validate("SendRequest", with_params(*["\n"] * 90))) == MOST_ERRORS


@given(st.text(alphabet="0123456789+ ", min_size=5))
def test_no_error_repeats_what_was_sent(secret: str) -> None:
    for body in (
        TEXT | {"to": [secret]},
        TEXT | {secret: secret},
        TEXT | {"tags": {secret: 1}},
        TEXT | {"type": secret},
        media(kind=secret, url=secret),
    ):
        errors = validate("SendRequest", body)
        assert errors
        assert secret not in json.dumps(errors)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted({**REQUESTS, **ADMIN_REQUESTS})), json_values)
def test_any_json_at_all_gets_an_answer(schema: str, body: Any) -> None:
    for error in validate(schema, body):
        assert set(error) == {"pointer", "detail"}


@given(st.sampled_from(["to", "type", "text", "channel", "tags", "fallback"]), json_values)
def test_any_json_in_any_field_gets_an_answer(field: str, value: Any) -> None:
    errors = validate("SendRequest", TEXT | {field: value})
    assert all(error["pointer"].startswith("/") for error in errors)


@pytest.mark.parametrize(
    ("schema", "body", "pointers"),
    [
        ("ConsentRequest", {"action": "opt_in", "source": "form"}, set()),
        ("ConsentRequest", {"action": "opt-in", "source": ""}, {"/action", "/source"}),
        ("ConsentRequest", {"action": "opt_out"}, {"/source"}),
        ("BlockRequest", {}, set()),
        ("BlockRequest", {"why": "x"}, {"/why"}),
        ("TemplateRequest", REMINDER_TEMPLATE, set()),
        ("TemplateRequest", REMINDER_TEMPLATE | {"params": -1, "media": "audio"}, {"/params", "/media"}),
    ],
)
def test_the_other_bodies_are_checked_too(schema: str, body: Any, pointers: set[str]) -> None:
    assert {error["pointer"] for error in validate(schema, body)} == pointers


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (TEXT | {"text": {"body": "x" * 4096}}, None),
        (TEXT | {"text": {"body": "x" * 4097}}, "text.body may have at most 4096 characters."),
        (media(caption="x" * 1024), None),
        (media(caption="x" * 1025), "media.caption may have at most 1024 characters."),
        (TEMPLATE, None),
    ],
)
def test_a_text_that_is_too_long_is_a_refusal_of_its_own(part: dict[str, Any], fault: str | None) -> None:
    assert validate("SendRequest", part) == []
    assert limits.text_fault(part.get("text", {}).get("body"), part.get("media", {}).get("caption")) == fault


def test_parameters_are_read_with_their_types_and_defaults() -> None:
    values, errors = read_parameters(["window", "sort", "limit", "cursor", "q"], {"limit": "7", "other": "x"})
    assert values == {"window": "all", "sort": None, "limit": 7, "cursor": None, "q": None}
    assert errors == []


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "ten"),
        ("limit", "1.0"),
        ("limit", ""),
        ("limit", "9" * 5000),
        ("window", "opened"),
        ("sort", ""),
        ("cursor", ""),
        ("from", "2026-02-30"),
        ("from", "2026-11-21T00:00:00Z"),
        ("from", "\uff12\uff10\uff12\uff16-11-21"),
        ("to", None),
        ("q", "x" * 101),
    ],
)
def test_a_parameter_that_is_not_as_documented_is_told(key: str, text: str | None) -> None:
    _, errors = read_parameters([key], {key: text})
    assert {error["pointer"] for error in errors} == {f"/{key}"}


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        ("k", True),
        ("k" * 255, True),
        ("a b", True),
        ("k" * 256, False),
        (" k", False),
        ("k\n", False),
        ("k\u00e9", False),
        ("", False),
    ],
)
def test_an_idempotency_key_is_1_to_255_printable_characters(key: str, valid: bool) -> None:
    values, errors = read_parameters(["idempotency_key"], {"idempotency-key": key})
    assert values["idempotency_key"] == key
    assert (errors == []) is valid


def test_whole_numbers_written_as_fractions_become_integers_and_no_float_gets_further() -> None:
    size = read_json('{"size": 5.0}')["size"]
    assert (size, type(size)) == (5, int)
    assert validate("SendRequest", media(size_bytes=read_json("1e400"))) != []
    assert validate("SendRequest", media(size_bytes=5.0)) != []


@pytest.mark.parametrize("raw", ["", "{", b"\xff", "NaN", "[Infinity]", "[" * 200_000, '{"a": 01}'])
def test_what_is_not_json_is_a_value_error(raw: str | bytes) -> None:
    with pytest.raises(ValueError):
        read_json(raw)
