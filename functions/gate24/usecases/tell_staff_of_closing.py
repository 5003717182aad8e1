"""Tells staff of chats that wait for an answer and close soon: by mail, as long before as their organization has set.

Chats are looked at in the order in which they close, as far as the lead time reaches, and of those who wait what was in
no round so far becomes one (``rules.waiting_chats``). The round is stored before anybody hears of it, and each who is
to hear is claimed before the call: so nobody hears twice, and what was broken off is gone on with by a later run. A
mail of which nobody knows whether it went out is not sent again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import islice

from gate24.channels import Organization
from gate24.members import Member
from gate24.observability import count, logger
from gate24.rules.closing_mail import closing_mail
from gate24.rules.waiting_chats import MINUTE_MS, Chat, Step, answerable_until, closing_chat, is_turn, next_step
from gate24.settings import settings
from gate24.store import closing_rounds, contact_list, contacts, members, organizations
from gate24.store.mails import send_mail
from gate24.usecases.close_windows import DueTimes

_READ_AT_ONCE = 100
_MAIL = "MAIL"


def tell_staff_of_closing(now: int, is_time_up: Callable[[], bool], due: DueTimes) -> int:
    """Of the organizations whose turn it is at ``now`` (epoch ms); returns how many mails went out. ``due``: what the
    process has read before. RuntimeError at the end with the organizations that could not be done."""
    if not settings().mail_sender:
        return 0
    sent, failed = 0, []
    organization_ids = [each for each in organizations.organization_ids() if is_turn(each, now)]
    random.shuffle(organization_ids)
    for organization_id in organization_ids:
        if is_time_up():
            logger.warning("closing_mails_put_off", extra={"organization": organization_id})
            continue
        try:
            sent += _tell(organization_id, now, is_time_up, due)
        except Exception as error:  # whatever is wrong with one, the others' staff are told
            logger.error("staff_not_told", extra={"organization": organization_id, "error": type(error).__name__})
            failed.append(organization_id)
    if failed:
        raise RuntimeError(f"staff not told: {', '.join(sorted(failed))}")
    return sent


def _tell(organization_id: str, now: int, is_time_up: Callable[[], bool], due: DueTimes) -> int:
    organization = organizations.organization(organization_id)
    if organization is None or organization.closing_digest_minutes is None:
        return 0
    lead = organization.closing_digest_minutes * MINUTE_MS
    chats = _closing_chats(organization, now, lead, is_time_up, due)
    if not chats:
        return 0
    step = next_step(closing_rounds.read(organization.id, _MAIL), chats, now, lead)
    if step is None:
        return 0
    wanting = [member for member in members.of_organization(organization.id) if member.gets_closing_mail]
    if not wanting or (step.is_new and not closing_rounds.begin(organization.id, _MAIL, step.rounds)):
        return 0
    sent, is_done = 0, True
    for member in wanting:
        outcome = "put_off" if is_time_up() else _mail(organization, member, step, now)
        sent += outcome == "sent"
        is_done &= outcome != "put_off"
    if is_done:
        closing_rounds.finish(organization.id, _MAIL, step.rounds)
    return sent


def _mail(organization: Organization, member: Member, step: Step, now: int) -> str:
    """What became of it; ``told`` where it was somebody else's to send, or was sent before."""
    place = (organization.id, _MAIL, step.rounds.number, member.email)
    if not closing_rounds.claim(*place, now):
        return "told"
    mail = closing_mail(
        *(organization, member.language, len(step.chats), step.first_closes_at), console_url=settings().console_url
    )
    outcome = send_mail(settings().mail_sender, member.email, mail)
    count("closing_mail", "sent" if outcome == "sent" else "failed")
    if outcome == "put_off":
        closing_rounds.give_back(*place)
    return outcome


def _closing_chats(
    organization: Organization, now: int, lead: int, is_time_up: Callable[[], bool], due: DueTimes
) -> list[Chat]:
    """Who waits and can be answered for no longer than ``lead`` ms; by the hours in which they close, as far as there
    is time."""
    channels = organizations.channels(organization.id)
    margins = tuple((channel.id, channel.margin_seconds) for channel in channels)
    until = now + lead + max((channel.margin_seconds * 1000 for channel in channels), default=0)
    ending = contact_list.windows_ending(organization.id, now, until)
    own = {channel.id for channel in channels}
    ids = dict.fromkeys(contact_id for contact_id, channel_id in ending if channel_id in own)
    looked_at = (each for each in ids if due.of((organization.id, each, lead, margins)) <= now)
    found = []
    while not is_time_up() and (some := list(islice(looked_at, _READ_AT_ONCE))):
        for listed in contacts.read_listed(organization.id, some, [channel.id for channel in channels]):
            chat = closing_chat(listed.contact, channels, now, lead)
            if chat is not None:
                found.append(chat)
                continue
            end = answerable_until(listed.contact, channels, now)
            if end is not None and end[0] > now + lead:  # the rows of an hour are read whole
                due.remember((organization.id, listed.contact.id, lead, margins), end[0] - lead)
    return found
