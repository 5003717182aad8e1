"""The message as the provider is asked to send it."""

from __future__ import annotations

from gate24.messages import Message, SendRequest, TemplateRequest
from gate24.providers.interface import Outbound, TemplateSend
from gate24.rules.message_content import media_with_file, with_files
from gate24.templates import Template


def freeform_outbound(request: SendRequest, message_id: str, answered: Message | None) -> Outbound:
    """``answered``: the message that it answers or reacts to."""
    to = request.to
    return Outbound(
        message_id,
        to.phone,
        text=request.text,
        media=media_with_file(request.media, request.files),
        user_id=to.user_id,
        content=with_files(request.content, request.files),
        answers=None if answered is None else answered.provider_id or answered.whatsapp_id,
        preview_url=request.preview_url,
        as_written=request.as_written,
    )


def template_outbound(request: SendRequest, message_id: str, asked: TemplateRequest, template: Template) -> Outbound:
    to = request.to
    media = media_with_file(asked.media, request.files)
    components = None if asked.components is None else tuple(with_files(asked.components, request.files))
    send = TemplateSend(asked.name, asked.language, template.bsp_template_id, asked.params, media, components)
    return Outbound(message_id, to.phone, template=send, user_id=to.user_id, as_written=request.as_written)
