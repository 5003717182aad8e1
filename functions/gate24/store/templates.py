"""The registry of templates. What is said of a template's status and of its category moves forward apart, each by
the time of what was said, in one conditional write; the rest is what its owner last entered. What its values are
called is said apart, so that it stays when the template is entered anew from the provider's list.

Templates are always read anew, because a paused one must not go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from pynamodb.expressions.condition import Condition

from gate24.store.items import TemplateItem
from gate24.store.table import delete_all, get, put, query, update
from gate24.templates import Template

KEY_BYTES = 1024
"""DynamoDB takes sort keys up to this long. Meta's names are ASCII and their templates far below it."""

_ENTERED = ("name", "language", "bsp_template_id", "params", "media", "body")


def enter(organization_id: str, template: Template) -> Template:
    """Creates or replaces a template: a name on a channel in a language. What a provider has said of its status or
    category later than ``status_at`` and ``category_at`` stays. Returns the template as it is then."""
    item = _item(organization_id, template)
    entered = {name: value for name, value in asdict(template).items() if name in _ENTERED and value is not None}
    item.body = {"channel": template.channel_id, **entered}
    known = get(TemplateItem, item.pk, item.sk, consistent=True)
    if known is None or known.status_at is None:  # new, or as version 0.1.0 stored it
        item.status, item.status_at, item.reason = template.status, template.status_at, template.reason
        item.category, item.category_at = template.category, template.category_at
        if put(item, TemplateItem.status_at.does_not_exist()).applied:
            return template
    update(item, [TemplateItem.body.set(item.body)])
    _move_status(item, template.status, template.status_at, template.reason)
    _move_category(item, template.category, template.category_at)
    found = get(TemplateItem, item.pk, item.sk, consistent=True)
    return template if found is None else _template(found)


def label(organization_id: str, template: Template, labels: Sequence[str]) -> Template | None:
    """Says what the values of a registered template are called; none takes the names away. None where there is no such
    template any more."""
    item = _item(organization_id, template)
    said = TemplateItem.labels.set(list(labels)) if labels else TemplateItem.labels.remove()
    written = update(item, [said], TemplateItem.pk.exists())
    found = get(TemplateItem, item.pk, item.sk, consistent=True) if written.applied else None
    return None if found is None else _template(found)


def change(
    organization_id: str,
    template: Template,
    at: int,
    status: str | None = None,
    category: str | None = None,
    reason: str | None = None,
) -> None:
    """What the provider said at ``at`` (epoch ms) of a registered template; None for what it left unsaid."""
    item = _item(organization_id, template)
    if status is not None:
        if at >= template.status_at:
            _move_status(item, status, at, reason)
    elif reason is not None and at >= template.status_at:
        unmoved = TemplateItem.status_at.does_not_exist() | (TemplateItem.status_at <= at)
        update(item, [TemplateItem.reason.set(reason)], TemplateItem.pk.exists() & unmoved)
    if category is not None and at >= template.category_at:
        _move_category(item, category, at)


def template(organization_id: str, channel_id: str, name: str, language: str) -> Template | None:
    """The template as it is now (consistent)."""
    if not can_be_stored(channel_id, name, language):
        return None
    found = get(TemplateItem, _pk(organization_id), _sk(channel_id, name, language), consistent=True)
    return None if found is None else _template(found)


def templates(organization_id: str) -> list[Template]:
    """All of the organization's, by channel, name and language."""
    return [_template(item) for item in query(TemplateItem, _pk(organization_id), consistent_read=True)]


def _move_status(item: TemplateItem, status: str, at: int, reason: str | None) -> None:
    """A status holds from its time on, unless something later was said. Of two at one time the last in the alphabet
    stays, so that their order does not matter; that is never "approved"."""
    said = [TemplateItem.status.set(status), TemplateItem.status_at.set(at)]
    said.append(TemplateItem.reason.set(reason) if reason is not None else TemplateItem.reason.remove())
    update(item, said, _moves(TemplateItem.status_at, at, TemplateItem.status, status))


def _move_category(item: TemplateItem, category: str, at: int) -> None:
    said = [TemplateItem.category.set(category), TemplateItem.category_at.set(at)]
    update(item, said, _moves(TemplateItem.category_at, at, TemplateItem.category, category))


def _moves(last_at: Any, at: int, last_said: Any, said: str) -> Condition:
    later = last_at.does_not_exist() | (last_at < at) | ((last_at == at) & (last_said < said))
    condition: Condition = TemplateItem.pk.exists() & later
    return condition


def _item(organization_id: str, template: Template) -> TemplateItem:
    return TemplateItem(_pk(organization_id), _sk(template.channel_id, template.name, template.language))


def can_be_stored(channel_id: str, name: str, language: str) -> bool:
    """Whether a template of that name can have a key in the table."""
    return len(_sk(channel_id, name, language).encode()) <= KEY_BYTES


def _pk(organization_id: str) -> str:
    return f"T#{organization_id}"


def _sk(channel_id: str, name: str, language: str) -> str:
    return f"{channel_id}#{name}#{language}"


def template_of(item: TemplateItem) -> Template:
    """The template of its item."""
    return _template(item)


def _template(item: TemplateItem) -> Template:
    """Version 0.1.0 kept all of it in the body, with one time for status and category."""
    body: dict[str, Any] = item.body
    entered = Template(
        channel_id=body["channel"],
        name=body["name"],
        language=body["language"],
        bsp_template_id=body["bsp_template_id"],
        category=body.get("category", ""),
        status=body.get("status", ""),
        params=int(body.get("params") or 0),
        media=body.get("media"),
        body=body.get("body"),
        reason=body.get("reason"),
        status_at=int(body.get("changed_at") or 0),
        category_at=int(body.get("changed_at") or 0),
        labels=tuple(item.labels or ()),
    )
    if item.status is not None and item.status_at is not None:
        entered = replace(entered, status=item.status, status_at=item.status_at, reason=item.reason)
    if item.category is not None and item.category_at is not None:
        entered = replace(entered, category=item.category, category_at=item.category_at)
    return entered


def forget_channel(organization_id: str, channel_id: str) -> None:
    """Takes the channel's templates out of the registry."""
    of_channel = TemplateItem.sk.startswith(f"{channel_id}#")
    delete_all(query(TemplateItem, _pk(organization_id), range_key_condition=of_channel))
