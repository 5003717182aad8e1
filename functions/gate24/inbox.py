"""What staff see of a chat before they open it, and what they did about it. Its rules are in ``rules/inbox.py``.

All times are epoch milliseconds. Those of what a contact wrote are the provider's, those of what staff did the
server's.
"""

from __future__ import annotations

from typing import Literal

from gate24.authors import Author
from gate24.lazy_dataclass import dataclass

State = Literal["open", "done"]

LABELS_MOST = 20
"""Of a contact."""


@dataclass(frozen=True, slots=True)
class Said:
    """The newest message of one side, as a list shows it. ``preview``: its first words; None where it has none."""

    at: int
    type: str
    preview: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The newest message that the organization sent. ``answers_to``: up to when the contact's messages were known
    then. ``name``: of the message (``MessageKey.suffix``). ``answered_before``: up to when they were answered before
    it, which holds again if it ``failed``."""

    said: Said
    channel_id: str
    answers_to: int | None = None
    author: Author | None = None
    name: str = ""
    answered_before: int | None = None
    failed: bool = False

    @property
    def answered_to(self) -> int | None:
        """Up to which of the contact's messages are answered."""
        return self.answered_before if self.failed else self.answers_to


@dataclass(frozen=True, slots=True)
class Answering:
    """Who is writing an answer, and until when that holds unless it is said again."""

    name: str
    email: str | None
    until: int


@dataclass(frozen=True, slots=True)
class Care:
    """What staff did about a chat. ``read_to``, ``done_to``: up to which of the contact's messages it was read, or is
    done; ``read_at``, ``done_at``: when. ``assignee``: a member's e-mail address. ``labels``: sorted. ``answering``:
    whoever began first is the first."""

    read_to: int | None = None
    read_at: int | None = None
    done_to: int | None = None
    done_at: int | None = None
    assignee: str | None = None
    labels: tuple[str, ...] = ()
    answering: tuple[Answering, ...] = ()


NO_CARE = Care()


@dataclass(frozen=True, slots=True)
class Note:
    """What staff wrote down about a contact (``action`` is ``note``), or did about the chat (``assign``, ``label``,
    ``done``, ``reopen``) or the contact (``add``, ``name``), with what in ``text``. Later ones have greater ids."""

    id: str
    at: int
    action: str
    text: str | None
    author: Author


@dataclass(frozen=True, slots=True)
class Standing:
    """How a chat stands. ``unread``: messages of the contact; ``waiting_since``: the first message after the last
    answer, None where nobody waits. ``may_be_more``: both may be of messages from before those that the windows
    remember; ``read_to`` and ``answered_to`` tell after which."""

    last: Said | None
    is_inbound: bool
    unread: int
    waiting_since: int | None
    state: State
    may_be_more: bool = False
    read_to: int = 0
    answered_to: int = 0
