"""Members are added, changed and removed: by an operator's command, or by the organization's own admins."""

from __future__ import annotations

from gate24 import clock
from gate24.lazy_dataclass import dataclass
from gate24.members import MEMBERS_MOST, Member, Role, checked_name, normalized_email
from gate24.rules.settings_table import WrongSettings
from gate24.store import members, push_devices
from gate24.usecases.administer_organizations import check_not_being_deleted


class MemberRefused(ValueError):
    """Why a member is not added, changed or removed, in words."""


class LastAdmin(MemberRefused):
    """Nobody of the organization would be admin any more."""


@dataclass(frozen=True, slots=True)
class PutMember:
    """``is_new``: whether the address was nobody's before."""

    member: Member
    is_new: bool


def put_member(
    organization_id: str, email: str, role: Role, name: str | None = None, keep_an_admin: bool = True
) -> PutMember:
    """Adds the member, or gives it another role or name; without a name it keeps the one that it has. ValueError says
    what is wrong with address or name; MemberRefused that the address is another organization's, or that there are too
    many, LastAdmin that nobody would be admin any more. WrongSettings where the organization is being deleted."""
    address = normalized_email(email)
    check_not_being_deleted(organization_id)
    found = members.find(address)
    if found is None:
        made = Member(organization_id, address, checked_name(name, address), role, clock.now_ms())
        if len(members.of_organization(organization_id)) >= MEMBERS_MOST:
            raise MemberRefused(f"An organization has at most {MEMBERS_MOST} members.")
        if members.add(made):
            _check_added(made)
            return PutMember(made, is_new=True)
        found = members.find(address)
    if found is None or found.organization_id != organization_id:
        raise MemberRefused(
            "The address belongs to a member of another organization. Remove it there first, or use another address: "
            "an address signs in to one organization."
        )
    changes = {"role": role} | ({} if name is None else {"name": checked_name(name, address)})
    if keep_an_admin and role != "admin":
        _check_another_admin(found)
    changed = members.change(organization_id, address, **changes)
    if changed is None:
        raise MemberRefused("The member was removed by somebody else at this moment.")
    if keep_an_admin and found.role == "admin" and not _has_admin(organization_id):
        members.change(organization_id, address, role="admin")
        raise _last_admin()
    return PutMember(changed, is_new=False)


def remove_member(member: Member, keep_an_admin: bool = True) -> None:
    """From now on the member is refused, where an answer is not remembered for some seconds. LastAdmin for the
    last admin, whom ``keep_an_admin=False`` removes, too."""
    if keep_an_admin:
        _check_another_admin(member)
    members.remove(member)
    if keep_an_admin and member.role == "admin" and not _has_admin(member.organization_id):
        members.add(member)  # two admins have removed each other at one moment
        raise _last_admin()
    push_devices.remove_all_of(member.organization_id, member.email)


def _check_added(member: Member) -> None:
    """Takes the member away again where a deletion of the organization began meanwhile, which may not have seen it."""
    try:
        check_not_being_deleted(member.organization_id)
    except WrongSettings:
        members.remove(member)
        raise


def _check_another_admin(member: Member) -> None:
    found = members.of_organization(member.organization_id)
    if member.role == "admin" and not any(each.role == "admin" for each in found if each.email != member.email):
        raise _last_admin()


def _has_admin(organization_id: str) -> bool:
    return any(each.role == "admin" for each in members.of_organization(organization_id))


def _last_admin() -> LastAdmin:
    return LastAdmin(
        "This is the last admin: make somebody else admin first. Who runs gate24 can remove the last one, too: "
        "./gate24 member remove"
    )
