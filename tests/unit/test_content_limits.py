"""What a message may hold, limit by limit: at the limit it is taken, one above it is refused at its place, in words."""

from __future__ import annotations

from typing import Any

import pytest

from gate24.api.validate import validate
from gate24.rules import content_limits as limits
from tests.support.kinds import (
    ASK_ADDRESS,
    ASK_NUMBER,
    ASK_PLACE,
    BODY,
    CALL,
    CARD,
    CATALOG,
    FOOTER,
    HEADER,
    IMAGE,
    IMAGE_HEADER,
    PLACE,
    PRODUCT,
    PRODUCTS,
    Json,
    buttons,
    component,
    flow,
    interactive,
    link,
    menu,
    products,
    reply,
    row,
    template,
    text,
)

TO = {"to": "+919876543210"}
SOME_PRODUCTS = [{"product_retailer_id": f"book-{number}"} for number in range(16)]


def with_buttons(*replies: Json) -> Json:
    return interactive(buttons(action={"buttons": list(replies)}))


def with_rows(*rows: Json) -> Json:
    return interactive(menu({"title": "Mornings", "rows": list(rows)}))


def section(title: str | None, *rows: Json) -> Json:
    return {"rows": list(rows)} | ({"title": title} if title is not None else {})


def with_link(**parameters: str) -> Json:
    told = {"display_text": "Enrol", "url": "https://example.org/", **parameters}
    return interactive(link(action={"name": "cta_url", "parameters": told}))


def location(**changes: Any) -> Json:
    return {"type": "location", "location": PLACE | changes}


def contacts(*cards: Json) -> Json:
    return {"type": "contacts", "contacts": list(cards)}


def reaction(emoji: str) -> Json:
    return {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": emoji}}


def button(kind: str, parameter: Json, index: Any = "0") -> Json:
    return component("button", parameter, sub_type=kind, index=index)


def coupon(code: str) -> Json:
    return template([button("copy_code", {"type": "coupon_code", "coupon_code": code})])


def payload(value: str) -> Json:
    return template([button("quick_reply", {"type": "payload", "payload": value})])


ACTION = "/interactive/action"
SECTIONS = [section(None, row())]
TEXT: Json = {"type": "text", "text": {"body": "x"}}
REPLY, ROW = f"{ACTION}/buttons/0/reply", f"{ACTION}/sections/0/rows/0"

LENGTHS: list[tuple[str, int, Any]] = [
    # pointer, longest, body with a text of that length
    (f"{REPLY}/title", 20, lambda value: with_buttons(reply(title=value))),
    (f"{REPLY}/id", 256, lambda value: with_buttons(reply(id=value))),
    ("/interactive/footer/text", 60, lambda value: interactive(buttons(footer={"text": value}))),
    ("/interactive/header/text", 60, lambda value: interactive(buttons(header={"type": "text", "text": value}))),
    (f"{ACTION}/button", 20, lambda value: interactive(menu(action={"button": value, "sections": SECTIONS}))),
    (f"{ACTION}/sections/0/title", 24, lambda value: interactive(menu(section(value, row())))),
    (f"{ROW}/id", 200, lambda value: with_rows(row(id=value))),
    (f"{ROW}/title", 24, lambda value: with_rows(row(title=value))),
    (f"{ROW}/description", 72, lambda value: with_rows(row(description=value))),
    (f"{ACTION}/parameters/display_text", 20, lambda value: with_link(display_text=value)),
    (f"{ACTION}/parameters/flow_cta", 30, lambda value: interactive(flow(flow_cta=value))),
    ("/location/name", 1024, lambda value: location(name=value)),
    ("/location/address", 1024, lambda value: location(address=value)),
    ("/contacts/0/name/formatted_name", 256, lambda value: contacts({"name": {"formatted_name": value}})),
    ("/template/components/0/parameters/0/text", 1024, lambda value: template([component("body", text(value))])),
    ("/template/components/0/parameters/0/text", 60, lambda value: template([component("header", text(value))])),
    ("/template/components/0/parameters/0/coupon_code", 20, coupon),
    ("/template/components/0/parameters/0/payload", 256, payload),
    ("/context/message_id", 512, lambda value: TEXT | {"context": {"message_id": value}}),
    ("/media/id", 256, lambda value: {"type": "media", "media": {"kind": "image", "id": value}}),
]  # fmt: skip


@pytest.mark.parametrize(("pointer", "longest", "body"), LENGTHS, ids=[each[0] for each in LENGTHS])
def test_a_text_may_be_so_long_and_no_longer(pointer: str, longest: int, body: Any) -> None:
    assert validate("SendRequest", TO | body("x" * longest)) == []
    errors = validate("SendRequest", TO | body("x" * (longest + 1)))
    assert errors == [{"pointer": pointer, "detail": f"is too long: at most {longest} characters"}]


EMPTY = [each for each in LENGTHS if not each[0].endswith(("description", "location/name", "address"))]


@pytest.mark.parametrize(("pointer", "longest", "body"), EMPTY, ids=[each[0] for each in EMPTY])
def test_what_must_be_there_may_not_be_empty(pointer: str, longest: int, body: Any) -> None:
    assert [error["pointer"] for error in validate("SendRequest", TO | body(""))] == [pointer]


COUNTS: list[tuple[str, str, int, Any]] = [
    # pointer, words, most, body with so many
    (f"{ACTION}/buttons", "entries", 3, lambda most: with_buttons(*map(reply, range(most)))),
    (f"{ACTION}/sections/0/rows", "entries", 10, lambda most: with_rows(*map(row, range(most)))),
    (
        *(f"{ACTION}/sections", "rows in all sections together", 10),
        lambda most: interactive(menu(section("A", row(0)), section("B", *map(row, range(1, most))))),
    ),
    (
        *(f"{ACTION}/sections", "entries", 10),
        lambda most: interactive(menu(*(section("S", row(each)) for each in range(most)))),
    ),
    ("/contacts", "entries", 257, lambda most: contacts(*[{"name": {"formatted_name": "A"}}] * most)),
    ("/contacts/0/phones", "entries", 50, lambda most: contacts(CARD | {"phones": [{"phone": "1"}] * most})),
    (
        *("/template/components/0/parameters", "entries", 100),
        lambda most: template([component("body", *[text("x")] * most)]),
    ),
    (
        *("/template/components/0/parameters", "entries", 1),
        lambda most: template([component("header", *[text("x")] * most)]),
    ),
]


@pytest.mark.parametrize(("pointer", "words", "most", "body"), COUNTS, ids=[f"{each[0]} {each[2]}" for each in COUNTS])
def test_there_may_be_so_many_and_no_more(pointer: str, words: str, most: int, body: Any) -> None:
    assert validate("SendRequest", TO | body(most)) == []
    errors = validate("SendRequest", TO | body(most + 1))
    assert {"pointer": pointer, "detail": f"has too many {words}: at most {most}"} in errors


TEXTS = [
    (interactive(part | {"body": {"text": "x" * (longest + 1)}}), longest)
    for part, longest in ((buttons(), 1024), (menu(), 4096), (link(), 1024), (ASK_PLACE, 1024), (flow(), 1024))
]


@pytest.mark.parametrize(("body", "longest"), TEXTS)
def test_the_text_of_an_interactive_message_has_the_refusal_of_any_text(body: Json, longest: int) -> None:
    assert validate("SendRequest", TO | body) == []
    fault = f"interactive.body.text may have at most {longest} characters."
    assert limits.text_fault(None, None, body["interactive"]) == fault
    shorter = body["interactive"] | {"body": {"text": body["interactive"]["body"]["text"][1:]}}
    assert limits.text_fault(None, None, shorter) is None


INVALID: list[tuple[Json, str, str]] = [
    (with_buttons(), f"{ACTION}/buttons", "too few"),
    (with_buttons(reply(1), reply(2, id="id-1")), f"{ACTION}/buttons/1/reply/id", "twice"),
    (with_buttons(reply(1), reply(2, title="Choice 1")), f"{ACTION}/buttons/1/reply/title", "twice"),
    (with_buttons({"type": "url"}), f"{ACTION}/buttons/0/type", "must be reply"),
    (with_rows(), f"{ACTION}/sections/0/rows", "too few"),
    (with_rows(row(1), row(2, id="row-1")), f"{ACTION}/sections/0/rows/1/id", "twice"),
    (
        interactive(menu(section("A", row(1)), section("B", row(1)))),
        f"{ACTION}/sections/1/rows/0/id",
        "twice",
    ),
    (interactive(menu(section("A", row(1)), section(None, row(2)))), f"{ACTION}/sections/1/title", "more than one"),
    (interactive(menu(header=IMAGE_HEADER)), "/interactive/header/type", "must be text"),
    (interactive(buttons(header={"type": "audio"})), "/interactive/header/type", "image, video, document"),
    (interactive(buttons(header={"type": "image", "image": {}})), "/interactive/header/image", "a link or an id"),
    (
        interactive(buttons(header={"type": "image", "image": {"link": IMAGE, "id": "1"}})),
        "/interactive/header/image",
        "a link or an id",
    ),
    (interactive(ASK_PLACE | {"header": HEADER}), "/interactive/header", "is not a field"),
    (interactive(ASK_PLACE | {"footer": FOOTER}), "/interactive/footer", "is not a field"),
    (interactive({"type": "carousel"}), "/interactive/type", "must be one of: button, list, cta_url"),
    (
        interactive({"type": "product", "action": {"catalog_id": "17"}}),
        "/interactive/action/product_retailer_id",
        "is req",
    ),
    (interactive(PRODUCT | {"header": HEADER}), "/interactive/header", "is not a field"),
    (interactive(PRODUCTS | {"header": IMAGE_HEADER}), "/interactive/header/type", "must be text"),
    (
        interactive({name: part for name, part in PRODUCTS.items() if name != "header"}),
        "/interactive/header",
        "is required",
    ),
    (
        interactive(products(*({"title": f"S{at}", "product_items": SOME_PRODUCTS} for at in range(2)))),
        "/interactive/action/sections",
        "too many products in all sections together: at most 30",
    ),
    (
        interactive(products(*({"product_items": SOME_PRODUCTS[:1]} for _ in range(2)))),
        "/interactive/action/sections/1/title",
        "is required where there is more than one section",
    ),
    (interactive(CATALOG | {"action": {"name": "catalog"}}), "/interactive/action/name", "must be catalog_message"),
    (
        interactive(ASK_ADDRESS | {"action": {"name": "address_message"}}),
        "/interactive/action/parameters",
        "is required",
    ),
    (
        interactive(ASK_ADDRESS | {"action": {"name": "address_message", "parameters": {"country": "India"}}}),
        "/interactive/action/parameters/country",
        "ISO 3166",
    ),
    (
        interactive(CALL | {"action": {"name": "voice_call", "parameters": {"ttl_minutes": 43_201}}}),
        "/interactive/action/parameters/ttl_minutes",
        "43200",
    ),
    (interactive(ASK_NUMBER | {"footer": FOOTER}), "/interactive/footer", "is not a field"),
    (interactive({"type": "button"}), "/interactive/action", "is required"),
    (interactive(buttons(body={"text": " "})), "/interactive/body/text", "form"),
    ({"type": "interactive", "interactive": []}, "/interactive", "must be an object"),
    (with_link(url="javascript:alert(1)"), f"{ACTION}/parameters/url", "http"),
    (interactive(flow(flow_name="form")), f"{ACTION}/parameters", "a flow_id or a flow_name"),
    (interactive(flow(flow_message_version="2")), f"{ACTION}/parameters/flow_message_version", "must be one of: 3"),
    (location(latitude=90.1), "/location/latitude", "too large"),
    (location(latitude="-90.5"), "/location/latitude", "from -90 to 90"),
    (location(longitude=-181), "/location/longitude", "too small"),
    (location(longitude="181"), "/location/longitude", "from -180 to 180"),
    (location(latitude="18° N"), "/location/latitude", "Decimal degrees"),
    (location(latitude=True), "/location/latitude", "a number or a string"),
    ({"type": "location", "location": {"latitude": 1}}, "/location/longitude", "is required"),
    (contacts(), "/contacts", "too few"),
    (contacts({"phones": []}), "/contacts/0/name", "is required"),
    (contacts({"name": {"first_name": "A"}}), "/contacts/0/name/formatted_name", "is required"),
    (contacts(CARD | {"birthday": "31.1.1990"}), "/contacts/0/birthday", "YYYY-MM-DD"),
    (contacts(CARD | {"urls": [{"url": "x" * 2049}]}), "/contacts/0/urls/0/url", "too long"),
    (contacts(*[CARD | {"addresses": [{"street": "x" * 256}] * 2}] * 200), "/contacts", "at most 65536 bytes"),
    (reaction("\U0001f44d\U0001f44d"), "/reaction/emoji", "one emoji"),
    (reaction("ok"), "/reaction/emoji", "one emoji"),
    (reaction(" "), "/reaction/emoji", "one emoji"),
    ({"type": "reaction", "reaction": {"message_id": "wamid.1"}}, "/reaction/emoji", "is required"),
    ({"type": "reaction", "reaction": {"emoji": ""}}, "/reaction/message_id", "is required"),
    (reaction("") | {"context": {"message_id": "wamid.1"}}, "/context", "is not a field"),
    ({"type": "text", "text": {"body": "x", "preview_url": "yes"}}, "/text/preview_url", "true or false"),
    ({"type": "text", "text": {"body": "x"}, "context": "wamid.1"}, "/context", "must be an object"),
    ({"type": "media", "media": {"kind": "image"}}, "/media/url", "is required"),
    ({"type": "media", "media": {"kind": "image", "url": IMAGE, "id": "1"}}, "/media/id", "one of the two"),
    (template([]) | {"context": {"message_id": "wamid.1"}}, "/context", "is not a field"),
    (template([BODY, BODY]), "/template/components/1", "twice"),
    (
        template([button("url", text("a")), button("quick_reply", {"type": "payload", "payload": "a"}, 0)]),
        "/template/components/1",
        "twice",
    ),
    (template([button("url", text("a"), "10")]), "/template/components/0/index", "from 0"),
    (template([button("call", text("a"))]), "/template/components/0/sub_type", "must be one of: url"),
    (template([component("footer", text("a"))]), "/template/components/0/type", "must be one of: header"),
    (template([component("body", text("two\nlines"))]), "/template/components/0/parameters/0/text", "no new line"),
    (
        template([component("body", text("a", parameter_name="x"), text("b"))]),
        "/template/components/0/parameters",
        "parameter_name",
    ),
    (
        template([component("body", text("a", parameter_name="x"), text("b", parameter_name="x"))]),
        "/template/components/0/parameters",
        "parameter_name",
    ),
    (
        template([component("header", {"type": "location", "location": PLACE | {"latitude": "91"}})]),
        "/template/components/0/parameters/0/location/latitude",
        "from -90 to 90",
    ),
    (
        {"type": "template", "template": {"name": "a", "language": "en", "components": [], "params": ["x"]}},
        "/template/params",
        "stands in components",
    ),
    (
        {
            "type": "text",
            "text": {"body": "x"},
            "fallback": {"template": {"name": "a", "language": "en", "components": [BODY, BODY]}},
        },
        "/fallback/template/components/1",
        "twice",
    ),
]


@pytest.mark.parametrize(("body", "pointer", "words"), INVALID)
def test_what_is_not_as_meta_documents_it_is_told_where_and_why(body: Json, pointer: str, words: str) -> None:
    told = {error["pointer"]: error["detail"] for error in validate("SendRequest", TO | body)}
    assert words in told[pointer]


def deep(levels: int) -> Json:
    data: Json = {}
    for _ in range(levels):
        data = {"a": data}
    return interactive(flow(flow_action_payload={"screen": "A", "data": data}))


def test_the_data_of_a_flow_is_anything_that_is_not_deep() -> None:
    assert validate("SendRequest", TO | deep(15)) == []
    for levels in (16, 900):
        (error,) = validate("SendRequest", TO | deep(levels))
        assert error == {"pointer": "/interactive", "detail": "is nested too deeply: at most 20 levels"}


EMOJIS = [
    *("", "\U0001f44d", "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "\u263a", "\U0001f1ee\U0001f1f3", "1\ufe0f\u20e3"),
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
]


@pytest.mark.parametrize("emoji", EMOJIS)
def test_a_reaction_is_one_emoji_of_any_kind(emoji: str) -> None:
    assert validate("SendRequest", TO | reaction(emoji)) == []
