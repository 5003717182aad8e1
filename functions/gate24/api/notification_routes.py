"""How staff are told of chats that wait for an answer and close soon: what the organization has set, and each member's
own choice, of mails and of the browsers in which they are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api import http
from gate24.api.administered import faults_as_problem
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.render import rfc3339
from gate24.members import Member
from gate24.providers import endpoint
from gate24.rules.organization_settings import DIGEST_LEAST_MINUTES, DIGEST_MOST_MINUTES
from gate24.settings import settings
from gate24.store import members, push_devices, push_key
from gate24.usecases.administer_organizations import change_organization, find_organization

DIGEST = "closing_digest_minutes"


def check_staff_can_be_told(minutes: Any) -> None:
    """Problem ``mail_not_set_up`` where staff are to be told and this installation has nothing to tell them by.
    ``minutes``: as given; what is no lead time is left to whoever reads the settings."""
    is_wanted = isinstance(minutes, int) and DIGEST_LEAST_MINUTES <= minutes <= DIGEST_MOST_MINUTES
    if is_wanted and not settings().mail_sender and not settings().push_key:
        raise Problem(
            "mail_not_set_up",
            "This installation sends no mail, and pushes to no browser. Who runs gate24 verifies an address in Amazon "
            "SES, or makes a key for pushes, and deploys with it: MailSender=<address> or PushKeyArn=<ARN> among the "
            "parameter_overrides of samconfig.toml.",
        )


def get_notifications(call: Call) -> dict[str, Any]:
    with faults_as_problem():
        return _of_organization(find_organization(call.organization.id).closing_digest_minutes, call.now)


def set_notifications(call: Call) -> dict[str, Any]:
    minutes = call.body("NotificationSettings")[DIGEST]
    check_staff_can_be_told(minutes)
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


def set_my_push(call: Call) -> dict[str, Any]:
    body = call.body("MyPushRequest")
    me = _me(call)
    if me is None:
        raise Problem("unauthorized", "An API key has no browser: this is for members.", status=403)
    if not body["push"]:
        push_devices.remove(me.organization_id, push_devices.device(me.email, body["endpoint"], call.now))
        return _of_member(call, me)
    if not settings().push_key:
        raise Problem(
            "push_not_set_up",
            "This installation pushes to no browser. Who runs gate24 makes a key in AWS KMS and deploys with it: "
            "PushKeyArn=<ARN> among the parameter_overrides of samconfig.toml.",
        )
    fault = endpoint.fault_of(body["endpoint"], settings().allow_loopback)
    if fault:
        errors = [{"pointer": "/endpoint", "detail": fault}]
        raise Problem("url_not_allowed", f"The endpoint {fault}.", errors=errors)
    push_devices.add(me.organization_id, me.email, body["endpoint"], call.now)
    return _of_member(call, me)


def _me(call: Call) -> Member | None:
    """As stored now; None for an API key."""
    return None if call.access.email is None else members.find(call.access.email)


def _of_organization(minutes: int | None, now: int) -> dict[str, Any]:
    return http.answer(
        200,
        {
            DIGEST: minutes,
            "mail_is_set_up": bool(settings().mail_sender),
            "push_is_set_up": bool(settings().push_key),
            "server_time": rfc3339(now),
        },
    )


def _of_member(call: Call, member: Member | None) -> dict[str, Any]:
    minutes = call.organization.closing_digest_minutes
    off = minutes is None
    devices = [] if member is None else push_devices.of_member(member.organization_id, member.email)
    key = _push_key()
    return http.answer(
        200,
        {
            "mail": member is not None and member.gets_closing_mail,
            "language": "en" if member is None else member.language,
            "email": None if member is None else member.email,
            DIGEST: minutes,
            "no_mail_because": _first_of(no_member=member is None, mail_not_set_up=not settings().mail_sender, off=off),
            "push_key": key,
            "push_devices": [each.name for each in devices],
            "no_push_because": _first_of(
                no_member=member is None, push_not_set_up=not settings().push_key, unavailable=key is None, off=off
            ),
            "server_time": rfc3339(call.now),
        },
    )


def _first_of(**reasons: bool) -> str | None:
    """The name of the first reason that holds."""
    return next((why for why, is_so in reasons.items() if is_so), None)


def _push_key() -> str | None:
    """None where there is none, or it cannot be read now."""
    try:
        return push_key.public_key() if settings().push_key else None
    except push_key.NoPushKey:
        return None


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "getNotifications": get_notifications,
    "setNotifications": set_notifications,
    "getMyNotifications": get_my_notifications,
    "setMyNotifications": set_my_notifications,
    "setMyPush": set_my_push,
}
