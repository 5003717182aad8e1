"""Tells staff of chats that wait for an answer and close soon, as long before as their organization has set.

Chats are looked at in the order in which they close, as far as the lead time reaches, and of those who wait what was in
no round so far becomes one (``rules.waiting_chats``). The round is stored before anybody hears of it, and each who is
to hear is claimed before the call: so nobody hears twice, and what was broken off is gone on with by a later run.
What may have reached somebody is not sent again. Each way of telling (``closing_ways``) has rounds of its own.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from itertools import islice

from gate24 import at_once
from gate24.channels import Organization
from gate24.observability import logger
from gate24.rules.waiting_chats import MINUTE_MS, Chat, Step, answerable_until, closing_chat, is_turn, next_step
from gate24.store import closing_rounds, contact_list, contacts, organizations
from gate24.usecases.close_windows import DueTimes
from gate24.usecases.closing_ways import Recipient, Way, ways

_READ_AT_ONCE = 100


def tell_staff_of_closing(now: int, is_time_up: Callable[[], bool], due: DueTimes) -> int:
    """Of the organizations whose turn it is at ``now`` (epoch ms); returns how many were told. ``due``: what the
    process has read before. RuntimeError at the end with the organizations that could not be done."""
    if not ways():
        return 0
    sent, failed = 0, []
    organization_ids = [each for each in organizations.organization_ids() if is_turn(each, now)]
    random.shuffle(organization_ids)
    for organization_id in organization_ids:
        if is_time_up():
            logger.warning("telling_staff_put_off", extra={"organization": organization_id})
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
    told, errors = 0, []
    for way in ways():
        try:
            told += _round(organization, way, chats, now, lead, is_time_up)
        except Exception as error:  # the other way is gone on with
            errors.append(error)
    if errors:
        raise errors[0]
    return told


def _round(
    organization: Organization, way: Way, chats: list[Chat], now: int, lead: int, is_time_up: Callable[[], bool]
) -> int:
    step = next_step(closing_rounds.read(organization.id, way.kind), chats, now, lead)
    if step is None:
        return 0
    recipients = way.recipients(organization, now)
    if not recipients or (step.is_new and not closing_rounds.begin(organization.id, way.kind, step.rounds)):
        return 0
    outcomes: list[str] = []
    for first in range(0, len(recipients), way.at_once):
        if is_time_up():
            outcomes.append("put_off")
            break
        some = recipients[first : first + way.at_once]
        outcomes += at_once.for_each(partial(_tell_once, organization.id, way.kind, step, now), some)
    if "put_off" not in outcomes:
        closing_rounds.finish(organization.id, way.kind, step.rounds)
    return outcomes.count("sent")


def _tell_once(organization_id: str, kind: str, step: Step, now: int, recipient: Recipient) -> str:
    """What became of it; ``told`` where it was somebody else's to tell, or was told before."""
    place = (organization_id, kind, step.rounds.number, recipient.name)
    if not closing_rounds.claim(*place, now):
        return "told"
    outcome = recipient.tell(step, now)
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
