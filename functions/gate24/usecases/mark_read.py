"""Marks a contact's message as read at the BSP. It is no message: neither window nor consent is asked, and nothing is
stored."""

from __future__ import annotations

from gate24.channels import Channel
from gate24.messages import Message
from gate24.observability import count, logger
from gate24.providers import provider
from gate24.providers.forward import forward
from gate24.providers.interface import ProviderAnswer
from gate24.store.secrets import channel_secrets
from gate24.store.table import StoreError
from gate24.usecases.outcomes import NotTaken


def can_be_marked(message: Message) -> bool:
    """Whether it is a message of the contact that the provider knows."""
    return message.direction == "inbound" and message.type != "call" and message.provider_id is not None


def mark_read(channel: Channel, message: Message, typing: bool) -> ProviderAnswer:
    """``typing``: whether the contact is shown that an answer is being written. NotTaken ``not_supported_by_provider``,
    or ``unavailable`` where the channel's secrets cannot be read."""
    marks = provider(channel.provider).read_marks
    detail = marks.unsupported(channel, typing)
    if detail is not None:
        raise NotTaken("not_supported_by_provider", detail)
    assert message.provider_id is not None
    try:
        secrets = channel_secrets(channel.id)
    except StoreError as error:
        logger.error("secrets_not_read", extra={"reason": str(error)})
        raise NotTaken("unavailable", "The channel's secrets cannot be read.", retry_after_ms=1000) from None
    answer = forward(marks.request(channel, secrets, message.provider_id, typing), marks)
    count("read_mark.outcome", answer.outcome)
    return answer
