"""By what staff are told of chats that close soon: mails, and pushes to their browsers. Each is asked for once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from gate24.channels import Organization
from gate24.lazy_dataclass import dataclass
from gate24.members import Member
from gate24.observability import count, logger
from gate24.providers import endpoint
from gate24.rules.closing_mail import closing_mail
from gate24.rules.waiting_chats import Step
from gate24.rules.web_push import origin, push_headers
from gate24.settings import settings
from gate24.store import members, push_devices, push_key
from gate24.store.mails import send_mail
from gate24.store.push_devices import Device

Outcome = Literal["sent", "put_off", "failed"]
"""``put_off``: nobody heard, and later somebody may. ``failed``: nobody heard, or nobody knows, and that is all."""

_PUSH_SECONDS = 5.0
_GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Recipient:
    """``name``: by which it is claimed. ``tell``: of what, at which time (epoch ms)."""

    name: str
    tell: Callable[[Step, int], Outcome]


@dataclass(frozen=True, slots=True)
class Way:
    """``kind``: of its rounds in the table. ``recipients``: who wants to hear, at that time (epoch ms); nobody where
    nobody can be told now. ``at_once``: how many are told side by side."""

    kind: str
    recipients: Callable[[Organization, int], list[Recipient]]
    at_once: int = 1


def ways() -> Sequence[Way]:
    """Those that this installation has."""
    set_up = ((settings().mail_sender, _MAILS), (settings().push_key, _PUSHES))
    return [way for by, way in set_up if by]


def _mails(organization: Organization, now: int) -> list[Recipient]:
    wanting = (member for member in members.of_organization(organization.id) if member.gets_closing_mail)
    return [Recipient(member.email, partial(_mail, organization, member)) for member in wanting]


def _mail(organization: Organization, member: Member, step: Step, now: int) -> Outcome:
    mail = closing_mail(
        *(organization, member.language, len(step.chats), step.first_closes_at), console_url=settings().console_url
    )
    found = send_mail(settings().mail_sender, member.email, mail)
    outcome: Outcome = found if found in ("sent", "put_off") else "failed"
    count("staff_told", "mail" if outcome == "sent" else "failed")
    return outcome


def _pushes(organization: Organization, now: int) -> list[Recipient]:
    emails = (member.email for member in members.of_organization(organization.id))
    devices = push_devices.of_members(organization.id, emails)
    if not devices:
        return []
    try:
        key = push_key.public_key()
        tokens = {device.name: push_key.token(device.endpoint, now) for device in devices}
    except push_key.NoPushKey:
        count("staff_told", "failed")
        return []
    return [
        Recipient(device.name, partial(_push, organization.id, device, tokens[device.name], key)) for device in devices
    ]


def _push(organization_id: str, device: Device, token: str, key: str, step: Step, now: int) -> Outcome:
    headers = push_headers(token, key, (step.first_closes_at - now) // 1000)
    answer = endpoint.call(device.endpoint, headers, b"", settings().allow_loopback, _PUSH_SECONDS)
    if answer.is_success:
        count("staff_told", "push")
        return "sent"
    if answer.status in _GONE:  # the browser was reset, or its user said no
        push_devices.remove(organization_id, device)
    else:
        why = answer.status or answer.detail  # what a service answers may name somebody; our own words do not
        logger.error("push_failed", extra={"service": origin(device.endpoint), "why": why})
    return "failed"


_MAILS, _PUSHES = Way("MAIL", _mails), Way("PUSH", _pushes, at_once=16)
