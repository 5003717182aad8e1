"""What the path of an administrator's route names, and wrong settings as problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.channels import Channel, Organization
from gate24.observability import about
from gate24.rules.settings_table import WrongSettings
from gate24.store import organizations


def named_organization(call: Call) -> Organization:
    """As it is now; Problem ``not_found`` if there is none. The log tells of it from then on."""
    found = organizations.organization_now(str(call.parameters["organization_id"]))
    if found is None:
        raise Problem("not_found", "There is no such organization.")
    about(organization=found.id)
    return found


def named_channel(call: Call) -> Channel:
    """As it is now; Problem ``not_found`` if the organization has no such channel."""
    organization = named_organization(call)
    found = organizations.channel_now(str(call.parameters["channel_id"]))
    if found is None or found.organization_id != organization.id:
        raise Problem("not_found", "There is no such channel.")
    about(channel=found.id)
    return found


def listed_channel(call: Call) -> Channel:
    """To delete it: also one of which a deletion that was broken off has left no more than the organization's list
    tells. Problem ``not_found`` if the organization has no such channel."""
    organization, channel_id = named_organization(call), str(call.parameters["channel_id"])
    found = next((each for each in organizations.channels_now(organization.id) if each.id == channel_id), None)
    if found is None:
        return named_channel(call)
    about(channel=found.id)
    return found


def wrong(field: str, detail: str) -> Problem:
    """Problem ``payload_invalid`` of one field of the request."""
    return Problem("payload_invalid", f"{field} {detail}.", errors=[{"pointer": f"/{field}", "detail": detail}])


@contextmanager
def faults_as_problem(places: Mapping[str, str] | None = None) -> Iterator[None]:
    """WrongSettings become Problem ``payload_invalid`` with a pointer for each sentence, and ``not_found`` where what
    the path names is gone meanwhile. ``places``: the fields of settings that are called otherwise in the request."""
    try:
        yield
    except WrongSettings as wrong:
        if any(fault.setting in ("organization", "channel") for fault in wrong.faults):
            raise Problem("not_found", str(wrong)) from None
        names = places or {}
        errors = [
            {"pointer": f"/{names.get(fault.setting, fault.setting)}", "detail": fault.sentence}
            for fault in wrong.faults
        ]
        raise Problem("payload_invalid", str(wrong), errors=errors) from None
