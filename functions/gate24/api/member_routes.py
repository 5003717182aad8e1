"""The organization's staff: who may sign in, and as what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api import http
from gate24.api.administered import faults_as_problem
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import member_json
from gate24.members import normalized_email
from gate24.store import members
from gate24.usecases.administer_members import LastAdmin, put_member, remove_member


def member_page(call: Call, organization_id: str) -> dict[str, Any]:
    purpose = f"members {organization_id}"
    found, start = members.of_organization(organization_id), call.position(purpose) or 0
    return call.page(((member_json(found[index]), index + 1) for index in range(start, len(found))), purpose)


def put_in(call: Call, organization_id: str) -> dict[str, Any]:
    body = call.body("MemberRequest")
    try:
        with faults_as_problem():
            done = put_member(organization_id, call.parameters["email"], body["role"], body.get("name"))
    except LastAdmin as error:
        raise Problem("last_admin", str(error)) from None
    except ValueError as error:
        raise Problem("payload_invalid", str(error)) from None
    return http.answer(200, member_json(done.member))


def remove_from(call: Call, organization_id: str) -> dict[str, Any]:
    """An address that is another organization's is not found here."""
    try:
        found = members.find(normalized_email(call.parameters["email"]))
        if found is None or found.organization_id != organization_id:
            raise Problem("not_found", "There is no such member.")
        remove_member(found)
    except LastAdmin as error:
        raise Problem("last_admin", str(error)) from None
    except ValueError as error:
        raise Problem("payload_invalid", str(error)) from None
    return http.answer(204)


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listMembers": lambda call: member_page(call, call.organization.id),
    "putMember": lambda call: put_in(call, call.organization.id),
    "removeMember": lambda call: remove_from(call, call.organization.id),
}
