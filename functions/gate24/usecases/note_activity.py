"""Notes a send with its contact: what the list of contacts shows of it and, now and then, the contact's place there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gate24 import at_once
from gate24.inbox import Said, Sent
from gate24.messages import SendRequest
from gate24.observability import logger
from gate24.rules.inbox import filled, heard_until, preview
from gate24.store import contacts
from gate24.store.table import StoreError
from gate24.usecases.decide_send import Verdict

NOTED_EVERY_MS = 4 * 60_000
"""How long after the last send that moved the contact's place, or after the contact wrote, the next one moves it."""


def begin_noting(request: SendRequest, verdict: Verdict, at: int, name: str, sent: bool) -> Callable[[], None]:
    """Begins to note the send; what is returned waits until it is noted. A contact that is not in the list of contacts
    yet gets there. ``verdict``: with the contact as it was read before; ``at``: when the request came (epoch ms);
    ``name``: of the message; ``sent``: whether it went out, as far as is known."""
    if verdict.contact.exists and not sent:
        return lambda: None
    return at_once.start(partial(_note, request, verdict, at, name, sent))


def _note(request: SendRequest, verdict: Verdict, at: int, name: str, sent: bool) -> None:
    organization_id, contact = request.organization.id, verdict.contact
    moves = sent and at - (contact.last_activity_at or 0) > NOTED_EVERY_MS
    news = _sent(request, verdict, at, name) if sent else None
    try:
        if contact.exists and news is not None and not moves:
            contacts.note_sent(organization_id, contact.id, news)
        else:
            sent_at = at if moves else None
            contacts.ensure(
                organization_id, contact.id, request.to, sent_at=sent_at, is_known=contact.exists, sent=news
            )
    except StoreError as error:
        logger.warning("activity_not_noted", extra={"reason": str(error)})


def _sent(request: SendRequest, verdict: Verdict, at: int, name: str) -> Sent:
    asked, template = verdict.asked_template, verdict.template
    if asked is not None:
        said = Said(at, "template", preview(filled(template.body if template else None, asked.params)))
    elif request.media is not None:
        said = Said(at, request.media.kind, preview(request.media.caption))
    else:
        said = Said(at, request.type, preview(request.text, request.content))
    before = verdict.contact.sent
    return Sent(
        said,
        *(request.channel.id, heard_until(verdict.contact.windows.values()), request.author, name),
        answered_before=before.answered_to if before else None,
    )
