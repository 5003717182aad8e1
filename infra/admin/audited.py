"""What commands change of an organization stands in its audit log, as what is done by the API does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gate24.api.audited_states import state_of
from gate24.audit import Actor
from gate24.rules.audited_acts import AUDITED
from gate24.rules.settings_table import WrongSettings
from gate24.usecases.record_act import Told, recorded
from infra.admin.outcome import NothingDone, WronglyAsked

COMMANDS: Mapping[str, str] = {
    "organization create": "createOrganization",
    "organization set": "changeOrganization",
    "channel create": "createChannel",
    "channel set": "changeChannel",
    "channel delete": "deleteChannel",
    "shadow start": "changeChannel",
    "shadow enforce": "changeChannel",
    "secret set": "putChannelSecret",
    "key create": "createApiKey",
    "key rotate": "rotateApiKey",
    "key revoke": "revokeApiKey",
    "member add": "putMemberOf",
    "member remove": "removeMemberOf",
    "templates sync": "syncTemplates",
    "contacts import": "importContacts",
    "consents import": "importConsents",
    "unrecognized replay": "replayUnrecognized",
}
"""Commands that change something of an organization, by the operation that does the same. ``organization export`` is
done by the API, which records it."""

_READS = "It reads."

NOT_AUDITED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("organization list", "organization show", "channel list", "channel show", "key list", "member list"),
            *("unrecognized list", "shadow report", "doctor", "report", "rates list"),
        ),
        _READS,
    ),
    "organization export": "It is done by the API, which records it.",
    "organization delete": "The log goes with the organization.",
    "rollup": "It computes days once more and decides nothing.",
}
"""The other commands, with the reason; those of ``costs`` and ``rates`` are about prices of everybody's."""


@contextmanager
def audited(organization_id: str, command: str, subject: str = "") -> Iterator[Told]:
    """Records what the command does inside, unless it belongs to no organization (a key of the platform)."""
    if not organization_id:
        yield Told(subject)
        return
    act = AUDITED[COMMANDS[command]]
    state = state_of(act.thing, organization_id)
    with recorded(organization_id, act, Actor("operator"), subject, state, _is_refusal) as told:
        yield told


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, (WronglyAsked, NothingDone, WrongSettings, ValueError))
