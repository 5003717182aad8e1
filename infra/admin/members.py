"""``./gate24 member``: who of an organization's staff may sign in to the console, and as what."""

from __future__ import annotations

from typing import Any, cast

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from gate24.api.render import member_json
from gate24.members import ROLES, Member, Role, checked_name, normalized_email
from gate24.store import members, organizations
from gate24.usecases.administer_members import put_member, remove_member
from infra.admin.audited import audited
from infra.admin.command import Asked, Group
from infra.admin.deployment import Deployment
from infra.admin.outcome import Failed, Result, WronglyAsked, table_lines
from infra.admin.settings_options import faults_in_words

_COLUMNS = ("EMAIL", "ORGANIZATION", "NAME", "ROLE")


class _Email(click.ParamType):
    name = "email"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return normalized_email(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Name(click.ParamType):
    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return checked_name(str(value), "")
        except ValueError as error:
            self.fail(str(error), param, ctx)


group = Group("member", help="Staff of organizations, who sign in to the console.")


@group.command("add")
@click.argument("email", metavar="EMAIL", type=_Email())
@click.option("--organization", required=True, metavar="ID", help="Whose chats they see.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(ROLES),
    help="agent: reads and answers; supervisor: consents, blocks and costs, too; admin: everything.",
)
@click.option("--name", type=_Name(), help="By which colleagues know them. Default: what stands before the @.")
@click.pass_obj
def add(asked: Asked, email: str, organization: str, role: str, name: str | None) -> Result:
    """Let somebody sign in, or give a member another role or name.

    Where the stack has a user pool of its own, the person gets an account there, and an invitation by mail.
    """
    here = asked.connect()
    _require_organization(organization)
    try:
        with faults_in_words(()), audited(organization, "member add", email):
            done = put_member(organization, email, cast(Role, role), name, keep_an_admin=False)
    except ValueError as error:
        raise WronglyAsked(str(error)) from None
    account = _invite(here, email) if here.user_pool else None
    what = "Added" if done.is_new else "Changed"
    lines = [f"{what} {email} ({done.member.name}): {role} of {organization}."]
    if account is not None:
        lines.append(_ACCOUNT[account])
    return Result({**_shown(done.member), "is_new": done.is_new, "account": account}, lines)


_ACCOUNT = {
    "invited": "The stack's user pool has sent an invitation with a password for the first time.",
    "exists": "There is an account in the stack's user pool already.",
}


@group.command("list")
@click.option("--organization", metavar="ID", help="Of this organization alone.")
@click.pass_obj
def list_members(asked: Asked, organization: str | None) -> Result:
    """List members with their roles."""
    asked.connect()
    if organization is not None:
        _require_organization(organization)
    ids = organizations.organization_ids() if organization is None else [organization]
    shown = [_shown(member) for each in ids for member in members.of_organization(each)]
    rows = [(each["email"], each["organization"], each["name"], each["role"]) for each in shown]
    return Result({"data": shown}, table_lines(_COLUMNS, rows) if rows else ["There is no member."])


@group.command("remove")
@click.argument("email", metavar="EMAIL", type=_Email())
@click.pass_obj
def remove(asked: Asked, email: str) -> Result:
    """End a member within 30 seconds, the last admin, too; and the account in the stack's own user pool."""
    here = asked.connect()
    found = members.find(email)
    if found is None:
        raise WronglyAsked(f"There is no member {email}. See: ./gate24 member list")
    with audited(found.organization_id, "member remove", email):
        remove_member(found, keep_an_admin=False)
    if here.user_pool:
        _delete_account(here, email)
    answer = {"email": email, "organization": found.organization_id, "removed": True}
    return Result(answer, [f"Removed {email} ({found.name}, {found.organization_id}): it ends within 30 s."])


def _require_organization(organization: str) -> None:
    if not organizations.is_stored(organization):
        raise WronglyAsked(f"There is no organization {organization}.")


def _shown(member: Member) -> dict[str, Any]:
    return {**member_json(member), "organization": member.organization_id}


def _invite(here: Deployment, email: str) -> str:
    """``invited``, or ``exists`` where there is an account. Failed; the member is added all the same."""
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    try:
        _pool(here).admin_create_user(UserPoolId=here.user_pool, Username=email, UserAttributes=attributes)
    except ClientError as error:
        if error.response["Error"]["Code"] == "UsernameExistsException":
            return "exists"
        raise Failed(f"{email} is a member, but has no account in the user pool: {error}") from None
    except BotoCoreError as error:
        raise Failed(f"{email} is a member, but has no account in the user pool: {error}") from None
    return "invited"


def _delete_account(here: Deployment, email: str) -> None:
    try:
        _pool(here).admin_delete_user(UserPoolId=here.user_pool, Username=email)
    except ClientError as error:
        if error.response["Error"]["Code"] != "UserNotFoundException":
            raise Failed(f"{email} is no member any more, but the account in the user pool stays: {error}") from None
    except BotoCoreError as error:
        raise Failed(f"{email} is no member any more, but the account in the user pool stays: {error}") from None


def _pool(here: Deployment) -> Any:
    return boto3.client("cognito-idp", region_name=here.region)
