"""The providers' words for a template's status and category, in gate24's own few."""

from __future__ import annotations

from typing import Literal

TemplateStatus = Literal["approved", "pending", "rejected", "paused", "disabled"]
TemplateCategory = Literal["utility", "marketing", "authentication"]

# Meta, message_template_status_update ("event"), and Gupshup, docs/system-events and the template list
# ("status"); both read 2026-11. Words that are not here change nothing (FLAGGED, for one, may still be sent).
_STATUS: dict[str, TemplateStatus] = {
    "approved": "approved",
    "reinstated": "approved",
    "pending": "pending",
    "submitted": "pending",
    "in_appeal": "pending",
    "rejected": "rejected",
    "failed": "rejected",
    "paused": "paused",
    "disabled": "disabled",
    "archived": "disabled",
    "locked": "disabled",
    "deleted": "disabled",
    "pending_deletion": "disabled",
}

_CATEGORY: dict[str, TemplateCategory] = {
    "utility": "utility",
    "marketing": "marketing",
    "authentication": "authentication",
}


def template_status(word: str | None) -> TemplateStatus | None:
    """gate24's word for a provider's template status, None if it has none."""
    return _STATUS.get((word or "").lower())


def template_category(word: str | None) -> TemplateCategory | None:
    """gate24's word for a provider's template category, None if it has none."""
    return _CATEGORY.get((word or "").lower())
