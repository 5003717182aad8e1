"""The inbox's part of the API's description, for what ``docs/openapi.json`` does not describe."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TIME: Json = {"type": "string", "format": "date-time"}
_AUTHOR: Json = {
    "type": "object",
    "required": ["kind", "name"],
    "properties": {"kind": {"enum": ["member", "key", "contact", "provider"]}, "name": {"type": ["string", "null"]}},
}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _of(required: dict[str, Json], **optional: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": required | optional}


CONTACT: dict[str, Json] = {
    "last_message": _or_null(
        _of(
            {
                "direction": {"enum": ["inbound", "outbound"]},
                "type": _TEXT,
                "preview": _or_null({"type": "string", "maxLength": 80, "pattern": "^[^\n\r]*$"}),
                "at": _TIME,
            },
            author=_or_null(_AUTHOR),
        )
    ),
    "unread": {"type": "integer", "minimum": 0},
    "waiting_since": _or_null(_TIME),
    "state": {"enum": ["open", "done"]},
    "assignee": _or_null(_TEXT),
    "labels": {"type": "array", "items": _TEXT},
    "answering": _or_null(_of({"name": _TEXT, "until": _TIME}, email=_or_null(_TEXT))),
    "may": _of({"freeform": {"type": "boolean"}, "template": {"type": "boolean"}, "code": _or_null(_TEXT)}),
}

QUERY: dict[str, Json] = {
    "filter": {"enum": ["needs_answer", "cannot_be_written_to"]},
    "assignee": _TEXT,
    "label": _TEXT,
}

_NOTE = _of({"id": _TEXT, "text": _TEXT, "author": _or_null(_AUTHOR), "at": _TIME})
_ACTION = _of({"action": _TEXT, "author": _or_null(_AUTHOR), "at": _TIME}, detail=_or_null(_TEXT))
_MEMBER = _of({"email": _TEXT, "name": _TEXT, "role": {"enum": ["agent", "supervisor", "admin"]}})
_REPLIES = _of({"data": {"type": "array", "items": _of({"name": _TEXT, "text": _TEXT})}})
_WHOLE: Json = {"$ref": "#/components/schemas/Contact"}
_LABELS: Json = {"type": "array", "maxItems": 20, "items": {"type": "string", "minLength": 1, "maxLength": 40}}


def _list_of(item: Json) -> Json:
    return _of({"data": {"type": "array", "items": item}})


def _operation(status: str, answer: Json, body: Json | None = None) -> Json:
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    told: Json = {
        "responses": {
            status: {"content": {"application/json": {"schema": answer}}},
            **{code: problem for code in ("400", "404", "422") if code != status},
        }
    }
    return told if body is None else told | {"requestBody": {"content": {"application/json": {"schema": body}}}}


PATHS: dict[str, dict[str, Json]] = {
    "/v1/contacts/{phone}/read": {"post": _operation("200", _WHOLE, _of({}, up_to=_TEXT))},
    "/v1/contacts/{phone}/assignee": {"put": _operation("200", _WHOLE, _of({"assignee": _or_null(_TEXT)}))},
    "/v1/contacts/{phone}/labels": {"put": _operation("200", _WHOLE, _of({"labels": _LABELS}))},
    "/v1/contacts/{phone}/state": {"put": _operation("200", _WHOLE, _of({"state": CONTACT["state"]}))},
    "/v1/contacts/{phone}/notes": {
        "post": _operation("201", _NOTE, _of({"text": _TEXT})),
        "get": _operation("200", _list_of(_NOTE)),
    },
    "/v1/contacts/{phone}/answering": {
        "put": _operation("200", _WHOLE, _of({})),
        "delete": _operation("200", _WHOLE),
    },
    "/v1/contacts/{phone}/actions": {"get": _operation("200", _list_of(_ACTION))},
    "/v1/quick-replies": {"get": _operation("200", _REPLIES), "put": _operation("200", _REPLIES, _REPLIES)},
    "/v1/members": {"get": _operation("200", _list_of(_MEMBER))},
}


def with_inbox(document: Json) -> Json:
    """The document with what it does not describe itself: it has the last word."""
    for path, operations in PATHS.items():
        document["paths"][path] = operations | document["paths"].get(path, {})
    contact = document["components"]["schemas"]["Contact"]
    contact["properties"] = CONTACT | contact["properties"]
    parameters = document["paths"]["/v1/contacts"]["get"]["parameters"]
    known = {each["name"] for each in parameters}
    parameters += [{"name": name, "in": "query", "schema": QUERY[name]} for name in QUERY if name not in known]
    return document
