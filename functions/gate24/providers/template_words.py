"""Translates the providers' names of a template's status and category to gate24's."""

from __future__ import annotations

from gate24.templates import TemplateCategory, TemplateStatus

# Meta, message_template_status_update ("event"), and Gupshup, docs/system-events and the template list
# ("status"); both read 2026-11. Names that are not here change nothing: a FLAGGED template may still be sent.
_STATUSES: dict[str, TemplateStatus] = {
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

_CATEGORIES: dict[str, TemplateCategory] = {
    "utility": "utility",
    "marketing": "marketing",
    "authentication": "authentication",
}


def template_status(name: str | None) -> TemplateStatus | None:
    """gate24's name of a provider's template status, None if it has none."""
    return _STATUSES.get((name or "").lower())


def template_category(name: str | None) -> TemplateCategory | None:
    """gate24's name of a provider's template category, None if it has none."""
    return _CATEGORIES.get((name or "").lower())
