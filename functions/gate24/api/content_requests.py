"""What is sent beside text and media, in the words of Meta's Cloud API: interactive messages, places, contact cards,
reactions, and the components of templates. As JSON Schemas; what they cannot say is in ``rules.content_faults``.

Source: Meta, Cloud API, messages, a page for each kind, read 2026-11.
"""

from __future__ import annotations

from typing import Any

from gate24.api.schema_words import Schema, closed, one_of, ref
from gate24.rules import content_limits as limits


def _text(most: int, description: str = "", **more: Any) -> Schema:
    """A text that is not empty."""
    shape = {"type": "string", "minLength": 1, "maxLength": most, **more}
    return shape | ({"description": description} if description else {})


def _entries(items: Schema, most: int, least: int = 1) -> Schema:
    return {"type": "array", "minItems": least, "maxItems": most, "items": items}


_URL: Schema = {
    "type": "string",
    "maxLength": limits.URL_LENGTH,
    "pattern": limits.URL_PATTERN,
    "description": "An http or https URL in ASCII.",
}
_FILE_FIELDS: Schema = {
    "link": _URL,
    "id": _text(limits.MEDIA_ID_LENGTH, "The file's id at the provider."),
    "filename": {"type": "string", "maxLength": limits.FILENAME_LENGTH, "description": "Only of a document."},
}
_FILE: Schema = closed(_FILE_FIELDS, description="A file, with either a link or an id.")


def _coordinate(limit: int) -> Schema:
    return {
        "type": ["number", "string"],
        "minimum": -limit,
        "maximum": limit,
        "pattern": r"^-?[0-9]{1,3}(\.[0-9]{1,20})?$",
        "description": f"Decimal degrees from -{limit} to {limit}, as a number or as text.",
    }


# Headers, and the parameters of a template's header: a schema for each file's kind.
_HEADERS = {
    "text": closed({"type": {"const": "text"}, "text": _text(limits.HEADER_LENGTH)}, ("type", "text")),
    **{
        kind: closed({"type": {"const": kind}, kind: ref("FileToSend")}, ("type", kind))
        for kind in limits.TEMPLATE_MEDIA_KINDS
    },
}


def _body(kind: str) -> Schema:
    text = {"type": "string", "pattern": r"\S", "x-refused-above": limits.INTERACTIVE_BODY_LENGTHS[kind]}
    return closed({"text": text}, ("text",))


def _interactive(kind: str, action: Schema, needs: tuple[str, ...] = ("body",)) -> Schema:
    kinds = limits.INTERACTIVE_HEADER_KINDS.get(kind)
    properties: Schema = {"type": {"const": kind}, "body": _body(kind), "action": action}
    if kinds:
        properties["header"] = ref("HeaderText" if kinds == ("text",) else "Header")
    if kind in limits.INTERACTIVE_FOOTERS:
        properties["footer"] = closed({"text": _text(limits.FOOTER_LENGTH)}, ("text",))
    return closed(properties, ("type", *needs, "action"))


def _named(name: str, **more: Schema) -> Schema:
    """An action that has its kind's name, and what else it may have."""
    return closed({"name": {"const": name}, **more}, ("name",))


_BUTTON = closed(
    {
        "type": {"const": "reply"},
        "reply": closed(
            {"id": _text(limits.BUTTON_ID_LENGTH), "title": _text(limits.BUTTON_TITLE_LENGTH)}, ("id", "title")
        ),
    },
    ("type", "reply"),
)
_ROW = closed(
    {
        "id": _text(limits.ROW_ID_LENGTH),
        "title": _text(limits.ROW_TITLE_LENGTH),
        "description": {"type": "string", "maxLength": limits.ROW_DESCRIPTION_LENGTH},
    },
    ("id", "title"),
)
_SECTION = closed(
    {
        "title": _text(limits.SECTION_TITLE_LENGTH, "Required where there is more than one section."),
        "rows": _entries(_ROW, limits.ROWS_COUNT),
    },
    ("rows",),
)
_LINK = closed({"display_text": _text(limits.LINK_BUTTON_LENGTH), "url": _URL}, ("display_text", "url"))
_FLOW = closed(
    {
        "flow_message_version": {"enum": ["3"]},
        "flow_token": _text(limits.FLOW_NAME_LENGTH),
        "flow_id": _text(limits.FLOW_NAME_LENGTH),
        "flow_name": _text(limits.FLOW_NAME_LENGTH),
        "flow_cta": _text(limits.FLOW_BUTTON_LENGTH, "On the button."),
        "flow_action": {"enum": ["navigate", "data_exchange"]},
        "flow_action_payload": closed({"screen": _text(limits.FLOW_NAME_LENGTH), "data": {"type": "object"}}),
        "mode": {"enum": ["draft", "published"]},
    },
    ("flow_message_version", "flow_cta"),
    description="A flow, with either a flow_id or a flow_name.",
)

_PRODUCT_ID = _text(limits.PRODUCT_ID_LENGTH, "The product's id in the catalog.")
_CATALOG_ID = _text(limits.PRODUCT_ID_LENGTH, "The id of the catalog at Meta.")
_PRODUCT = closed({"product_retailer_id": _PRODUCT_ID}, ("product_retailer_id",))
_PRODUCT_SECTION = closed(
    {
        "title": _text(limits.SECTION_TITLE_LENGTH, "Required where there is more than one section."),
        "product_items": _entries(_PRODUCT, limits.PRODUCTS_COUNT),
    },
    ("product_items",),
)
_THUMBNAIL = {"thumbnail_product_retailer_id": _PRODUCT_ID}
_ADDRESS_FORM = closed(
    {
        "country": {"type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166, two letters."},
        "values": {"type": "object"},
        "saved_addresses": {"type": "array", "items": {"type": "object"}},
        "validation_errors": {"type": "object"},
    },
    ("country",),
    description="As Meta has them: what stands in the form already, what may be chosen, and what was wrong.",
)
_CALL_BUTTON = closed(
    {
        "display_text": _text(limits.CALL_BUTTON_LENGTH),
        "ttl_minutes": {"type": "integer", "minimum": 1, "maximum": limits.CALL_MINUTES},
        "payload": _text(limits.MESSAGE_ID_LENGTH),
    }
)

_FIELD: Schema = {"type": "string", "maxLength": limits.CONTACT_FIELD_LENGTH}
_CARD_URL: Schema = {"type": "string", "maxLength": limits.URL_LENGTH}


def _fields(*names: str, **more: Schema) -> Schema:
    return closed({**dict.fromkeys(names, _FIELD), **more})


_CONTACT = closed(
    {
        "name": closed(
            {
                "formatted_name": _text(limits.CONTACT_FIELD_LENGTH),
                **dict.fromkeys(("first_name", "last_name", "middle_name", "suffix", "prefix"), _FIELD),
            },
            ("formatted_name",),
        ),
        "phones": _entries(_fields("phone", "type", "wa_id"), limits.CONTACT_ENTRIES_COUNT, 0),
        "emails": _entries(_fields("email", "type"), limits.CONTACT_ENTRIES_COUNT, 0),
        "urls": _entries(_fields("type", url=_CARD_URL), limits.CONTACT_ENTRIES_COUNT, 0),
        "addresses": _entries(
            _fields("street", "city", "state", "zip", "country", "country_code", "type"),
            limits.CONTACT_ENTRIES_COUNT,
            0,
        ),
        "org": _fields("company", "department", "title"),
        "birthday": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "YYYY-MM-DD."},
    },
    ("name",),
)
_LOCATION_FIELDS: Schema = {
    "latitude": _coordinate(90),
    "longitude": _coordinate(180),
    "name": {"type": "string", "maxLength": limits.PLACE_LENGTH},
    "address": {"type": "string", "maxLength": limits.PLACE_LENGTH},
}

_PARAM: Schema = {
    "type": "string",
    "maxLength": limits.PARAM_LENGTH,
    "pattern": limits.PARAM_PATTERN,
    "description": "Not empty; no new line, no tab, no four spaces in a row.",
}
_TEXT_PARAMETER = {"type": {"const": "text"}, "text": _PARAM, "parameter_name": _text(limits.CONTACT_FIELD_LENGTH)}


def _parameter(kind: str, value: Schema) -> Schema:
    return closed({"type": {"const": kind}, kind: value}, ("type", kind))


def _button_component(kind: str, parameter: Schema, is_needed: bool = True) -> Schema:
    index = {
        "anyOf": [
            {"type": "string", "pattern": f"^[0-{limits.TEMPLATE_BUTTONS_COUNT - 1}]$"},
            {"type": "integer", "minimum": 0, "maximum": limits.TEMPLATE_BUTTONS_COUNT - 1},
        ],
        "description": "Which button it is, from 0.",
    }
    properties = {
        "type": {"const": "button"},
        "sub_type": {"const": kind},
        "index": index,
        "parameters": _entries(parameter, 1),
    }
    return closed(properties, ("type", "sub_type", "index", *(["parameters"] if is_needed else [])))


_SUFFIX = closed({"type": {"const": "text"}, "text": _text(limits.URL_SUFFIX_LENGTH)}, ("type", "text"))
_FLOW_STEP = closed(
    {"flow_token": _text(limits.FLOW_NAME_LENGTH), "flow_action_data": {"type": "object"}},
)

CONTENT_REQUESTS: dict[str, Schema] = {
    "Context": closed(
        {
            "message_id": _text(
                limits.MESSAGE_ID_LENGTH,
                "The message of this conversation that is answered: gate24's id of it or the provider's.",
            )
        },
        ("message_id",),
    ),
    "Interactive": one_of(
        "type",
        {
            "button": "ReplyButtons",
            "list": "ListMenu",
            "cta_url": "LinkButton",
            "location_request_message": "LocationRequest",
            "flow": "FlowForm",
            "product": "ProductMessage",
            "product_list": "ProductList",
            "catalog_message": "CatalogMessage",
            "address_message": "AddressRequest",
            "request_contact_info": "ContactRequest",
            "call_permission_request": "CallPermissionRequest",
            "voice_call": "CallButton",
        },
        "Meta's interactive object.",
    ),
    "ReplyButtons": _interactive("button", closed({"buttons": _entries(_BUTTON, limits.BUTTONS_COUNT)}, ("buttons",))),
    "ListMenu": _interactive(
        "list",
        closed(
            {"button": _text(limits.LIST_BUTTON_LENGTH), "sections": _entries(_SECTION, limits.SECTIONS_COUNT)},
            ("button", "sections"),
        ),
    ),
    "LinkButton": _interactive(
        "cta_url", closed({"name": {"const": "cta_url"}, "parameters": _LINK}, ("name", "parameters"))
    ),
    "LocationRequest": _interactive("location_request_message", _named("send_location")),
    "FlowForm": _interactive("flow", closed({"name": {"const": "flow"}, "parameters": _FLOW}, ("name", "parameters"))),
    "ProductMessage": _interactive(
        "product",
        closed({"catalog_id": _CATALOG_ID, "product_retailer_id": _PRODUCT_ID}, ("catalog_id", "product_retailer_id")),
        needs=(),
    ),
    "ProductList": _interactive(
        "product_list",
        closed(
            {"catalog_id": _CATALOG_ID, "sections": _entries(_PRODUCT_SECTION, limits.SECTIONS_COUNT)},
            ("catalog_id", "sections"),
        ),
        needs=("header", "body"),
    ),
    "CatalogMessage": _interactive("catalog_message", _named("catalog_message", parameters=closed(_THUMBNAIL))),
    "AddressRequest": _interactive(
        "address_message",
        closed({"name": {"const": "address_message"}, "parameters": _ADDRESS_FORM}, ("name", "parameters")),
    ),
    "ContactRequest": _interactive("request_contact_info", _named("request_contact_info")),
    "CallPermissionRequest": _interactive("call_permission_request", _named("call_permission_request"), needs=()),
    "CallButton": _interactive("voice_call", _named("voice_call", parameters=_CALL_BUTTON)),
    "Header": one_of(
        "type", {kind: f"Header{kind.title()}" for kind in _HEADERS}, "What stands above the text: a text or a file."
    ),
    **{f"Header{kind.title()}": schema for kind, schema in _HEADERS.items()},
    "FileToSend": _FILE,
    "Location": closed(_LOCATION_FIELDS, ("latitude", "longitude")),
    "SharedContact": _CONTACT,
    "Reaction": closed(
        {
            "message_id": _text(
                limits.MESSAGE_ID_LENGTH,
                "The message of this conversation that is reacted to: gate24's id of it or the provider's.",
            ),
            "emoji": {"type": "string", "maxLength": 64, "description": "One emoji; empty takes the reaction back."},
        },
        ("message_id", "emoji"),
    ),
    "TemplateComponent": one_of(
        "type",
        {
            "header": "TemplateHeader",
            "body": "TemplateBody",
            "button": "TemplateButton",
            "limited_time_offer": "TemplateOffer",
            "tap_target_configuration": "TemplateTapTarget",
        },
        "What fills one part of a template.",
    ),
    "TemplateHeader": closed(
        {"type": {"const": "header"}, "parameters": _entries(ref("HeaderParameter"), 1)}, ("type", "parameters")
    ),
    "HeaderParameter": one_of(
        "type",
        {"text": "HeaderTextParameter", **{kind: f"Header{kind.title()}" for kind in limits.TEMPLATE_MEDIA_KINDS}}
        | {"location": "PlaceParameter", "product": "ProductParameter"}
        | {"currency": "CurrencyParameter", "date_time": "DateParameter"},
        "A header's text, file, place or product.",
    ),
    "TemplateBody": closed(
        {"type": {"const": "body"}, "parameters": _entries(ref("BodyParameter"), limits.PARAMS_COUNT)},
        ("type", "parameters"),
    ),
    "BodyParameter": one_of(
        "type",
        {"text": "TextParameter", "currency": "CurrencyParameter", "date_time": "DateParameter"},
        "What fills one placeholder, in order, or under its name.",
    ),
    "TextParameter": closed(_TEXT_PARAMETER, ("type", "text")),
    "HeaderTextParameter": closed(
        _TEXT_PARAMETER | {"text": _PARAM | {"maxLength": limits.HEADER_LENGTH}}, ("type", "text")
    ),
    "PlaceParameter": _parameter("location", ref("Location")),
    "ProductParameter": _parameter(
        "product",
        closed({"catalog_id": _CATALOG_ID, "product_retailer_id": _PRODUCT_ID}, ("product_retailer_id",)),
    ),
    "TemplateOffer": closed(
        {
            "type": {"const": "limited_time_offer"},
            "parameters": _entries(
                _parameter(
                    "limited_time_offer",
                    closed(
                        {"expiration_time_ms": {"type": "integer", "minimum": 0, "maximum": 2**53}},
                        ("expiration_time_ms",),
                        description="When the offer ends, epoch milliseconds.",
                    ),
                ),
                1,
            ),
        },
        ("type", "parameters"),
    ),
    "TemplateTapTarget": closed(
        {
            "type": {"const": "tap_target_configuration"},
            "parameters": _entries(
                _parameter(
                    "tap_target_configuration",
                    _entries(closed({"url": _URL, "title": _text(limits.CONTACT_FIELD_LENGTH)}, ("url", "title")), 1),
                ),
                1,
            ),
        },
        ("type", "parameters"),
    ),
    "CurrencyParameter": _parameter(
        "currency",
        closed(
            {
                "fallback_value": _PARAM,
                "code": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217."},
                "amount_1000": {"type": "integer", "minimum": -(2**53), "maximum": 2**53},
            },
            ("fallback_value", "code", "amount_1000"),
        ),
    ),
    "DateParameter": _parameter("date_time", closed({"fallback_value": _PARAM}, ("fallback_value",))),
    "TemplateButton": one_of(
        "sub_type",
        {"url": "UrlButton", "quick_reply": "QuickReplyButton", "copy_code": "CouponButton", "flow": "FlowButton"}
        | {"catalog": "CatalogButton", "mpm": "ProductsButton"},
        "What fills a button.",
    ),
    "UrlButton": _button_component("url", _SUFFIX),
    "QuickReplyButton": _button_component("quick_reply", _parameter("payload", _text(limits.PAYLOAD_LENGTH))),
    "CouponButton": _button_component("copy_code", _parameter("coupon_code", _text(limits.COUPON_LENGTH))),
    "FlowButton": _button_component("flow", _parameter("action", _FLOW_STEP), is_needed=False),
    "CatalogButton": _button_component("catalog", _parameter("action", closed(_THUMBNAIL)), is_needed=False),
    "ProductsButton": _button_component(
        "mpm",
        _parameter(
            "action",
            closed(
                _THUMBNAIL | {"sections": _entries(_PRODUCT_SECTION, limits.SECTIONS_COUNT)},
                ("thumbnail_product_retailer_id", "sections"),
            ),
        ),
    ),
}
