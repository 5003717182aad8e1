"""What a chat's row says: its last words, how many are unread, since when somebody waits. Pure.

A message counts as read or answered by the provider's times: whoever answered knew what had come until then. One that
came later though it was written earlier (``Window.late_at``) is unread, and waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gate24.authors import Author
from gate24.contacts import Contact
from gate24.inbox import Said, Sent, Standing
from gate24.messages import Message
from gate24.rules.window import REMEMBERED_KEPT, opening_times
from gate24.windows import Window

PREVIEW_CHARACTERS, PREVIEW_BYTES = 80, 160
"""Of a preview at most: what a row has room for, and what leaves a window's item within one write unit (1 KB)."""


def preview(text: str | None, content: Mapping[str, Any] | None = None) -> str | None:
    """The first words of a message, on one line; None where it has none. ``content``: as a message has it."""
    words = " ".join((text or _words(content or {}) or "").split())
    if len(words) > PREVIEW_CHARACTERS or len(words.encode()) > PREVIEW_BYTES:
        words = words[: PREVIEW_CHARACTERS - 1].encode()[: PREVIEW_BYTES - 3].decode(errors="ignore").rstrip() + "…"
    return words or None


def filled(body: str | None, params: Iterable[str]) -> str | None:
    """A template's text with what fills its placeholders {{1}}, {{2}} ...; None where its text is not known."""
    for number, param in enumerate(params, start=1):
        body = body and body.replace(f"{{{{{number}}}}}", param)
    return body


def sent_of(message: Message, at: int, answers_to: int | None, before: Sent | None) -> Sent:
    """What a list shows of a message that went out around gate24 at ``at``."""
    media, answered_before = message.media, before.answered_to if before else None
    if before is not None and before.name == message.key.suffix:  # told again
        answered_before = before.answered_before
    text = message.text or (media.caption if media else None)
    type = media.kind if media and message.type == "media" else message.type
    return Sent(
        Said(at, type, preview(text, message.content)),
        *(message.channel_id, answers_to, Author("provider"), message.key.suffix),
        answered_before=answered_before,
    )


def labels_after(known: Collection[str], wanted: Collection[str], seen: Collection[str]) -> set[str]:
    """A contact's labels once somebody, who saw others than it has by now (``known``), said which it is to have: what a
    colleague added or removed in between stays so."""
    added, removed = set(wanted) - set(seen), set(seen) - set(wanted)
    return set(known) - removed | added


def _words(content: Mapping[str, Any]) -> str | None:
    """Of what is neither text nor file: the words that say most of it."""
    for field, path in _WORDS:
        found: Any = content.get(field)
        for step in path:
            if isinstance(found, list):
                found = found[0] if found else None
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found.strip():
            return found
    return None


_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("reaction", ("emoji",)),
    ("button", ("text",)),
    ("interactive", ("button_reply", "title")),
    ("interactive", ("list_reply", "title")),
    ("interactive", ("body", "text")),
    ("interactive", ("nfm_reply", "body")),
    ("location", ("name",)),
    ("location", ("address",)),
    ("contacts", ("name", "formatted_name")),
    ("order", ("text",)),
)
"""Where the words stand in objects of Meta's form, the most telling first."""


def heard_until(windows: Iterable[Window]) -> int | None:
    """The time of the newest message of the contact that is known."""
    return max((at for window in windows for at in window.recent.values()), default=None)


def seen_to(contact: Contact) -> int | None:
    """Up to which of the contact's messages staff had read, answered or done with the chat."""
    answered = contact.sent.answered_to if contact.sent else None
    return max((at for at in (contact.care.read_to, contact.care.done_to, answered) if at is not None), default=None)


def standing(contact: Contact, channel_ids: Iterable[str]) -> Standing:
    """How the chat stands on these channels. Of a window from which nothing came since previews are kept, nothing is
    unread, and nobody waits."""
    ids = set(channel_ids)
    windows = [window for id, window in contact.windows.items() if id in ids and window.said is not None]
    care, sent = contact.care, contact.sent
    # Before the newest message of ours was kept, some of them were noted by their time alone.
    answered_to = max(care.done_to or 0, (sent.answered_to or 0) if sent else contact.sent_at or 0)
    answered_at = max(care.done_at or 0, sent.said.at if sent else 0)
    read_to, read_at = max(care.read_to or 0, answered_to), max(care.read_at or 0, answered_at)
    unread, may_be_more, waiting = 0, False, list[int]()
    for window in windows:
        new = [at for at in window.recent.values() if at > read_to]
        unread += len(new) or (window.late_at or 0) > read_at
        may_be_more |= REMEMBERED_KEPT <= len(window.recent) == len(new)
        writing = window.last_writing_at or 0
        if writing > answered_to:
            asking = [at for at in opening_times(window.recent) if answered_to < at <= writing]
            waiting.append(min(asking, default=writing))
            may_be_more |= REMEMBERED_KEPT <= len(window.recent) == len(asking)
        elif (window.late_at or 0) > answered_at:
            waiting.append(writing)
    heard = max((window.said for window in windows if window.said), key=lambda said: said.at, default=None)
    ours = sent.said if sent is not None and sent.channel_id in ids else None
    is_inbound = heard is not None and (ours is None or heard.at > ours.at)
    return Standing(
        last=heard if is_inbound else ours,
        is_inbound=is_inbound,
        unread=unread,
        waiting_since=min(waiting, default=None),
        state="done" if care.done_at is not None and not waiting else "open",
        may_be_more=may_be_more,
        read_to=read_to,
        answered_to=answered_to,
    )
