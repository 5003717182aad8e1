"""How staff are told of chats that wait for an answer and close soon: what the organization has set, and each member's
own choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api import http
from gate24.api.administered import faults_as_problem
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.members import Member
from gate24.rules.organization_settings import DIGEST_LEAST_MINUTES, DIGEST_MOST_MINUTES
from gate24.settings import settings
from gate24.store import members
from gate24.usecases.administer_organizations import change_organization, find_organization

DIGEST = "closing_digest_minutes"


def check_mail_is_set_up(minutes: Any) -> None:
    """Problem ``mail_not_set_up`` where mails are asked for and this installation has no address to send them from.
    ``minutes``: as given; what is no lead time is left to whoever reads the settings."""
    is_wanted = isinstance(minutes, int) and DIGEST_LEAST_MINUTES <= minutes <= DIGEST_MOST_MINUTES
    if is_wanted and not settings().mail_sender:
        raise Problem(
            "mail_not_set_up",
            "This installation sends no mail. Who runs gate24 verifies an address in Amazon SES and deploys with it: "
            "MailSender=<address> among the parameter_overrides of samconfig.toml.",
        )


def get_notifications(call: Call) -> dict[str, Any]:
    with faults_as_problem():
        return _of_organization(find_organization(call.organization.id).closing_digest_minutes, call.now)


def set_notifications(call: Call) -> dict[str, Any]:
    minutes = call.body("NotificationSettings")[DIGEST]
    check_mail_is_set_up(minutes)
    with faults_as_problem():
        changed = change_organization(call.organization.id, {DIGEST: minutes})
    return _of_organization(changed.closing_digest_minutes, call.now)


def get_my_notifications(call: Call) -> dict[str, Any]:
    return _of_member(call, _me(call))


def set_my_notifications(call: Call) -> dict[str, Any]:
    body = call.body("MyNotificationsRequest")
    me = _me(call)
    if me is None:
        raise Problem("unauthorized", "An API key gets no mails: this is for members.", status=403)
    language = body.get("language", me.language)
    changed = members.change(call.organization.id, me.email, closing_mail=body["mail"], language=language)
    if changed is None:
        raise Problem("unauthorized", "You are no member any more.", status=403)
    return _of_member(call, changed)


def _me(call: Call) -> Member | None:
    """As stored now; None for an API key."""
    return None if call.access.email is None else members.find(call.access.email)


def _of_organization(minutes: int | None, now: int) -> dict[str, Any]:
    body = {DIGEST: minutes, "mail_is_set_up": bool(settings().mail_sender), "server_time": rfc3339(now)}
    return http.answer(200, body)


def _of_member(call: Call, member: Member | None) -> dict[str, Any]:
    minutes = call.organization.closing_digest_minutes
    reasons = (
        ("no_member", member is None),
        ("mail_not_set_up", not settings().mail_sender),
        ("off", minutes is None),
    )
    return http.answer(
        200,
        {
            "mail": member is not None and member.gets_closing_mail,
            "language": "en" if member is None else member.language,
            "email": None if member is None else member.email,
            DIGEST: minutes,
            "no_mail_because": next((why for why, is_so in reasons if is_so), None),
            "server_time": rfc3339(call.now),
        },
    )


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "getNotifications": get_notifications,
    "setNotifications": set_notifications,
    "getMyNotifications": get_my_notifications,
    "setMyNotifications": set_my_notifications,
}
