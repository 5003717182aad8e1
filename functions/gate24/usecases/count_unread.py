"""How a chat stands, exactly, where its windows do not remember all that is unread or waits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import islice

from gate24.contacts import Contact
from gate24.inbox import Standing
from gate24.rules.inbox import standing
from gate24.store import messages

UNREAD_MOST = 99
"""So many are counted, and no more."""

_LOOKED_AT_MOST = 200
"""Messages, those of ours included: of a chat in which so many came since it was answered, the last of them tell since
when somebody waits."""


def standing_of(organization_id: str, contact: Contact, channel_ids: Collection[str]) -> Standing:
    """As ``rules.inbox.standing``; where a dozen or more messages are unread or wait, they are looked at themselves."""
    found = standing(contact, channel_ids)
    if not found.may_be_more:
        return found
    since = min(found.read_to, found.answered_to)
    stretches = (
        replace(each, after=max(each.after or 0, since)) for each in contact.stretches if (each.until or since) >= since
    )
    newest = (
        message
        for each in stretches
        for message in islice(messages.newest_first(organization_id, each, page_size=_LOOKED_AT_MOST), _LOOKED_AT_MOST)
    )
    theirs = [each for each in newest if each.direction == "inbound" and each.channel_id in channel_ids]
    unread = sum(each.key.at > found.read_to for each in theirs)
    asking = [each.key.at for each in theirs if each.opens_window and each.key.at > found.answered_to]
    return replace(
        found,
        unread=min(max(unread, found.unread), UNREAD_MOST),
        waiting_since=found.waiting_since and min([found.waiting_since, *asking]),
    )
