"""Organizations, administered by the API of a platform that hosts them, as ``./gate24 organization`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import dropwhile
from typing import Any

from gate24.api import http
from gate24.api.administered import faults_as_problem, named_organization
from gate24.api.call import Call
from gate24.api.notification_routes import DIGEST, check_staff_can_be_told
from gate24.api.problems import Problem
from gate24.api.settings_json import organization_settings_json
from gate24.channels import Organization
from gate24.store import organizations
from gate24.usecases.administer_organizations import change_organization, create_organization

_LIST = "organizations"


def list_organizations(call: Call) -> dict[str, Any]:
    last = call.position(_LIST) or ""
    ids = dropwhile(lambda each: each <= last, organizations.organization_ids())

    def entries() -> Iterator[tuple[dict[str, Any], str]]:
        for each in ids:
            if (found := organizations.organization_now(each)) is not None:
                yield _json(found), each

    return call.page(entries(), _LIST)


def create(call: Call) -> dict[str, Any]:
    given = call.body("OrganizationRequest")
    check_staff_can_be_told(given.get(DIGEST))
    with faults_as_problem():
        return http.answer(201, _json(create_organization(given.pop("id"), given)))


def show(call: Call) -> dict[str, Any]:
    return http.answer(200, _json(named_organization(call)))


def change(call: Call) -> dict[str, Any]:
    organization, given = named_organization(call), call.body("OrganizationChange")
    if not given:
        raise Problem("payload_invalid", "Give at least one setting.")
    check_staff_can_be_told(given.get(DIGEST))
    with faults_as_problem():
        return http.answer(200, _json(change_organization(organization.id, given)))


def _json(organization: Organization) -> dict[str, Any]:
    return organization_settings_json(organization, organizations.channels_now(organization.id))


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listOrganizations": list_organizations,
    "createOrganization": create,
    "getOrganization": show,
    "changeOrganization": change,
}
