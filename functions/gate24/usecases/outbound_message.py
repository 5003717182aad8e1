"""The message as the provider is asked to send it."""

from __future__ import annotations

from gate24.messages import Message, SendRequest, TemplateRequest
from gate24.providers.interface import Outbound, TemplateSend
from gate24.templates import Template


def freeform_outbound(request: SendRequest, message_id: str, answered: Message | None) -> Outbound:
    """``answered``: the message that it answers or reacts to."""
    to = request.to
    return Outbound(
        message_id,
        to.phone,
        text=request.text,
        media=request.media,
        user_id=to.user_id,
        content=request.content,
        answers=None if answered is None else answered.provider_id or answered.whatsapp_id,
        preview_url=request.preview_url,
    )


def template_outbound(request: SendRequest, message_id: str, asked: TemplateRequest, template: Template) -> Outbound:
    to = request.to
    send = TemplateSend(
        asked.name, asked.language, template.bsp_template_id, asked.params, asked.media, asked.components
    )
    return Outbound(message_id, to.phone, template=send, user_id=to.user_id)
