"""Creates and changes organizations. Everything is checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate24.channels import Organization
from gate24.rules.organization_settings import changed_organization, new_organization
from gate24.rules.settings_table import Fault, WrongSettings
from gate24.store import costs, organization_deletions, organizations


def create_organization(organization_id: str, given: Mapping[str, Any]) -> Organization:
    """``given``: settings by their names, as text or JSON. WrongSettings with all that is wrong."""
    organization = new_organization(organization_id, given)
    if not organizations.is_stored(organization_id) and _is_used_up(organization_id):
        kept = "was an organization's that was deleted: opt-outs of its people and its costs are kept under it."
        raise WrongSettings(Fault("id", f"{organization_id} {kept} Choose another id."))
    if not organizations.add_organization(organization):
        raise WrongSettings(Fault("id", f"There is an organization {organization_id} already."))
    return organization


def _is_used_up(organization_id: str) -> bool:
    """Of an organization that an earlier version deleted, its costs alone tell."""
    return organizations.was_deleted(organization_id) or bool(costs.days_costs(organization_id, "0000", "9999"))


def change_organization(organization_id: str, given: Mapping[str, Any]) -> Organization:
    """Changes the settings that are given, and leaves what somebody else changes at the same moment. WrongSettings with
    all that is wrong."""

    def change(before: Organization) -> Organization:
        check_not_being_deleted(organization_id)
        return changed_organization(before, given, organizations.channels_now(organization_id))

    changed = organizations.change_organization(organization_id, change)
    return find_organization(organization_id) if changed is None else changed


def check_not_being_deleted(organization_id: str) -> None:
    """WrongSettings while a deletion of the organization is under way: what is made meanwhile could be left of it.
    ``organization_id``: empty for the platform, which is never deleted."""
    found = organization_deletions.find(organization_id) if organization_id else None
    if found is not None and found.finished_at is None:
        raise _is_being_deleted(organization_id)


def check_not_deleted(organization_id: str) -> None:
    """WrongSettings while a deletion of the organization is under way, and after it: for work that lasts so long that
    one may begin and end meanwhile."""
    found = organization_deletions.find(organization_id)
    if found is None:
        return
    if found.finished_at is None:
        raise _is_being_deleted(organization_id)
    find_organization(organization_id)  # there if the deletion was of one that had the id before


def _is_being_deleted(organization_id: str) -> WrongSettings:
    said = f"The organization {organization_id} is being deleted: nothing of it can be made or changed any more."
    return WrongSettings(Fault("organization", said))


def find_organization(organization_id: str) -> Organization:
    """As it is now. WrongSettings if there is none."""
    found = organizations.organization_now(organization_id)
    if found is None:
        raise WrongSettings(Fault("organization", f"There is no organization {organization_id}."))
    return found
