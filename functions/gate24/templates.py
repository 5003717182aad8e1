"""A template of the registry: a name on a channel in a language, approved by the provider or not."""

from __future__ import annotations

from typing import Literal

from gate24.lazy_dataclass import dataclass

TemplateStatus = Literal["approved", "pending", "rejected", "paused", "disabled"]
TemplateCategory = Literal["utility", "marketing", "authentication"]


@dataclass(frozen=True, slots=True)
class Template:
    """``media``: the kind of the header's file. ``body``: the text with its placeholders, for a preview. ``reason``:
    the provider's words about the status. Status and category each have the time (epoch ms) of what was last said
    of them, since providers tell of them apart. ``labels``: what the organization calls the values, in their order;
    empty where one has no name, and shorter where the last have none."""

    channel_id: str
    name: str
    language: str
    bsp_template_id: str
    category: str
    status: str
    params: int = 0
    media: str | None = None
    body: str | None = None
    reason: str | None = None
    status_at: int = 0
    category_at: int = 0
    labels: tuple[str, ...] = ()
