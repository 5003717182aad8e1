"""The audit log of what is done by the API: who calls, what it is about, and what to say of it beside what changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from gate24.api.access import PLATFORM
from gate24.api.administered import named_organization
from gate24.api.audited_states import state_of, template_subject
from gate24.api.call import Call
from gate24.api.operations import Operation
from gate24.api.problems import Problem
from gate24.members import normalized_email
from gate24.rules.audited_acts import AUDITED
from gate24.rules.contact_import import MAY_CHANGE
from gate24.store import contacts
from gate24.usecases.record_act import recorded


def performed(call: Call, operation: str, perform: Operation) -> dict[str, Any]:
    """Performs an operation that is audited. Of what comes in pages the first one is an act; a trial is none."""
    organization_id = _organization_id(call, operation)
    if call.parameters.get("cursor") is not None or _is_trial(call, operation):
        return perform(call)
    act = AUDITED[operation]
    subject = _SUBJECTS.get(operation, _nothing)(call)
    state = state_of(act.thing, organization_id)
    with recorded(organization_id, act, call.access.audit_actor, subject, state, _is_refusal) as told:
        answer = perform(call)
        body = _body(answer)
        if operation in _MADE and "id" in body:
            told.subject = body["id"]
        if operation in _MAY_BE_TRIED:
            told.has_changed = any(_outcomes(body).get(each) for each in MAY_CHANGE)
        if (facts := _FACTS.get(operation)) is not None:
            told.facts |= facts(call, body)
    return answer


def _is_trial(call: Call, operation: str) -> bool:
    schema = _MAY_BE_TRIED.get(operation)
    return schema is not None and bool(call.body(schema).get("dry_run"))


_MAY_BE_TRIED = {
    "importContacts": "ContactsImportRequest",
    "importConsents": "ConsentsImportRequest",
    "importPeople": "PeopleImportRequest",
}


def _outcomes(body: dict[str, Any]) -> Mapping[str, int]:
    """How many rows of an import had each outcome."""
    counts: Mapping[str, int] | None = body.get("counts")
    return Counter(row["outcome"] for row in body["rows"]) if counts is None else counts


def _organization_id(call: Call, operation: str) -> str:
    """Problem ``not_found`` where the path names none that exists."""
    if operation == "createOrganization":
        made: str = call.body("OrganizationRequest")["id"]
        return made
    return named_organization(call).id if call.access.organization is PLATFORM else call.organization.id


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, Problem) and error.status < 500


def _body(answer: dict[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(answer.get("body") or "{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _nothing(_: Call) -> str:
    return ""


def _parameter(name: str) -> Callable[[Call], str]:
    return lambda call: str(call.parameters[name])


def _email(call: Call) -> str:
    try:
        return normalized_email(call.parameters["email"])
    except ValueError as error:
        raise Problem("payload_invalid", str(error)) from None


def _template(schema: str) -> Callable[[Call], str]:
    def subject(call: Call) -> str:
        body, channel = call.body_for_channel(schema)
        return template_subject(channel.id, call.parameters["name"], body["language"])

    return subject


def _synced_channel(call: Call) -> str:
    return call.access.channel(call.body("OwnTemplatesSyncRequest", optional=True).get("channel")).id


def _contact(call: Call) -> str:
    """Its keyed hash: no number stands in the log."""
    return contacts.contact_id(call.organization.id, call.ref())


_SUBJECTS: Mapping[str, Callable[[Call], str]] = {
    **dict.fromkeys(("putMember", "putMemberOf", "removeMember", "removeMemberOf"), _email),
    **dict.fromkeys(("rotateKey", "rotateApiKey", "revokeKey", "revokeApiKey"), _parameter("key_id")),
    "createChannel": lambda call: str(call.body("ChannelRequest")["id"]),
    **dict.fromkeys(("changeChannel", "deleteChannel", "putChannelSecret", "syncTemplates"), _parameter("channel_id")),
    "putTemplate": _template("TemplateRequest"),
    "labelTemplate": _template("TemplateLabels"),
    "syncOwnTemplates": _synced_channel,
    **dict.fromkeys(
        ("changeWebhook", "deleteWebhook", "rotateWebhookSecret", "replayEvents"), _parameter("webhook_id")
    ),
    "createOrganization": lambda call: str(call.body("OrganizationRequest")["id"]),
    **dict.fromkeys(("changeOrganization", "exportOrganization"), _parameter("organization_id")),
    **dict.fromkeys(("putQuickReplies", "changeKeywords", "setNotifications"), lambda call: call.organization.id),
    **dict.fromkeys(("eraseContact", "exportContact"), _contact),
}
"""The id of what is changed, where it is known before. Problem where the path or the body is wrong."""

_MADE = {"makeKey", "createApiKey", "createWebhook"}
"""What tells its id afterwards."""


def _synced(_: Call, body: dict[str, Any]) -> dict[str, Any]:
    statuses = [each["status"] for each in body["data"]]
    skipped, withdrawn = statuses.count(None), statuses.count("disabled")
    return {"entered": len(statuses) - skipped - withdrawn, "withdrawn": withdrawn, "skipped": skipped}


_FACTS: Mapping[str, Callable[[Call, dict[str, Any]], dict[str, Any]]] = {
    "putChannelSecret": lambda call, _: {
        "secret": call.parameters["secret_kind"],
        "beside_the_old": bool(call.body("SecretRequest").get("add")),
    },
    **dict.fromkeys(("syncTemplates", "syncOwnTemplates"), _synced),
    **dict.fromkeys(
        _MAY_BE_TRIED,
        lambda _, body: {name: count for name, count in _outcomes(body).items() if count},
    ),
    "replayEvents": lambda _, body: {"queued": body["queued"]},
    "replayUnrecognized": lambda _, body: {"taken": sum(each["outcome"] == "taken" for each in body["data"])},
    "eraseContact": lambda _, body: {"erasure": body["erasure"]} if "erasure" in body else {},
}
"""What else is said of an act, by the call and the answer's body; nothing of it is secret or of a person."""
