"""The organization's channels as its admins see them: how they are set, and whether their provider is heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate24.api import http
from gate24.api.call import Call
from gate24.api.render import rfc3339, time_or_none
from gate24.channels import Channel
from gate24.rules.channel_light import light, troubles
from gate24.rules.rollup import local_day
from gate24.usecases.hear_channels import ChannelsHeard, hear_channels


def list_own(call: Call) -> dict[str, Any]:
    channels = call.access.channels()
    heard = hear_channels(call.organization, channels, call.now)
    body = {"data": [_json(call, each, heard) for each in channels], "server_time": rfc3339(call.now)}
    return http.answer(200, body)


def _json(call: Call, channel: Channel, all_heard: ChannelsHeard) -> dict[str, Any]:
    heard = all_heard.heard[channel.id]
    today = local_day(call.now, call.organization.timezone).isoformat()
    return {
        "id": channel.id,
        "provider": channel.provider,
        "business_number": channel.business_number,
        "app": channel.app,
        "app_id": channel.app_id,
        "mode": channel.mode,
        "margin_seconds": channel.margin_seconds,
        "messages_per_second": channel.messages_per_second,
        "rate_card": channel.card_on(today),
        "rate_cards": [{"card": card, "from": since} for card, since in channel.rate_cards],
        "secrets": dict(all_heard.secrets[channel.id]),
        "light": light(heard, call.now),
        "troubles": troubles(heard, call.now),
        "not_stored": heard.not_stored,
        "last_heard_at": time_or_none(heard.at),
        "last_message_at": time_or_none(heard.message_at),
        "last_status_at": time_or_none(heard.status_at),
        "looked_back_to": rfc3339(all_heard.looked_back_to),
    }


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {"listOwnChannels": list_own}
