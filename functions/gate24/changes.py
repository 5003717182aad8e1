"""What was committed to the table, as the domain's nouns before and after: what events out are derived from.

Of every change ``number`` is the stream's own number of it, the same however often it is told, and ``at`` the second in
which it was committed (epoch ms).
"""

from __future__ import annotations

from gate24.budgets import BudgetState
from gate24.contacts import Contact
from gate24.costs import DayCosts
from gate24.lazy_dataclass import dataclass
from gate24.messages import Message
from gate24.templates import Template
from gate24.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an organization's data."""

    organization_id: str
    number: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChange(Change):
    """A message was stored (``old`` is None) or changed."""

    old: Message | None
    new: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowChange(Change):
    """A session window opened for the first time (``old`` is None) or moved."""

    contact_id: str
    channel_id: str
    old: Window | None
    new: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange(Change):
    """A contact appeared (``old`` is None), changed, or was deleted (``new`` is None). ``was_listed`` and
    ``is_listed``: whether it stands in the list of contacts; who does not is nobody, or part of somebody else.
    ``consent_came_along``: what changed of the consent was said under another identity of the person before."""

    contact_id: str
    old: Contact | None
    new: Contact | None
    was_listed: bool
    is_listed: bool
    consent_came_along: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChange(Change):
    """A template was entered (``old`` is None), or something else holds of it."""

    old: Template | None
    new: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChange(Change):
    """A day's costs were stated."""

    old: DayCosts | None
    new: DayCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetChange(Change):
    """A month's budget was held against the costs."""

    old: BudgetState | None
    new: BudgetState
