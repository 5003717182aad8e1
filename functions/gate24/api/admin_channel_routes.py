"""Channels and their secrets, administered by the API of a platform, as ``./gate24 channel`` and ``secret`` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import dropwhile
from typing import Any

from gate24.api import http
from gate24.api.administered import faults_as_problem, listed_channel, named_channel, named_organization
from gate24.api.call import Call
from gate24.api.problems import Problem
from gate24.api.settings_json import channel_settings_json
from gate24.channels import Channel
from gate24.providers.webhook_setup import setup_steps
from gate24.rules.channel_settings import PROVIDERS
from gate24.rules.rollup import local_day
from gate24.rules.settings_table import Fault, WrongSettings, provider_address
from gate24.settings import settings
from gate24.store import organizations
from gate24.usecases.administer_channels import (
    change_channel,
    create_channel,
    delete_channel,
    secret_counts,
    set_secret,
)

_BEGINS = "/v1/admin/"


def list_channels(call: Call) -> dict[str, Any]:
    organization = named_organization(call)
    purpose = f"channels {organization.id}"
    last = call.position(purpose) or ""
    found = dropwhile(lambda each: each.id <= last, organizations.channels_now(organization.id))
    return call.page(((_json(call, each), each.id) for each in found), purpose)


def create(call: Call) -> dict[str, Any]:
    organization, given = named_organization(call), _given(call, "ChannelRequest")
    with faults_as_problem():
        _check_address(given)
        channel, kind, secret = create_channel(given.pop("id"), organization.id, given)
    address = f"{_BEGINS}organizations/{organization.id}/channels/{channel.id}/secrets"
    steps = setup_steps(channel, _api_url(call), lambda each: f"PUT {address}/{each}")
    return http.answer(201, _json(call, channel) | {kind.replace("-", "_"): secret, "steps": steps})


def show(call: Call) -> dict[str, Any]:
    return _shown(call, named_channel(call))


def change(call: Call) -> dict[str, Any]:
    channel, given = named_channel(call), _given(call, "ChannelChange")
    if not given:
        raise Problem("payload_invalid", "Give at least one setting.")
    with faults_as_problem():
        _check_address(given)
        return _shown(call, change_channel(channel.id, given))


def _given(call: Call, schema: str) -> dict[str, Any]:
    """The settings, with the rate cards under one name."""
    given = call.body(schema)
    if "rate_cards" in given:
        if "rate_card" in given:
            errors = [{"pointer": "/rate_card", "detail": "is given beside rate_cards: leave one of them away"}]
            raise Problem("payload_invalid", "Nothing was changed.", errors=errors)
        given["rate_card"] = given.pop("rate_cards")
    return given


def delete(call: Call) -> dict[str, Any]:
    delete_channel(listed_channel(call))
    return http.answer(204)


def put_secret(call: Call) -> dict[str, Any]:
    channel, kind, given = named_channel(call), str(call.parameters["secret_kind"]), call.body("SecretRequest")
    with faults_as_problem({"secret": "kind"}):
        set_secret(channel.id, kind, given["value"], given.get("add", False))
    return http.answer(200, {"channel": channel.id, "secret": kind, "valid": secret_counts(channel)[kind]})


def _check_address(given: Mapping[str, Any]) -> None:
    """WrongSettings where the address is not a provider's own: the channel's key goes there, and what answers is told
    to callers, which whoever administers by API has no business with. On the local stack the simulator may be named."""
    try:
        address = provider_address(given["api_base"]) if "api_base" in given else None
    except ValueError:
        return  # told with all else that is wrong
    own = sorted(each.api_base for each in PROVIDERS.values())
    if address is not None and address not in own and not settings().allow_loopback:
        said = f"By API it is {' or '.join(own)}; ./gate24 channel set takes another one."
        raise WrongSettings(Fault("api_base", said))


def _api_url(call: Call) -> str:
    return http.api_url(call.event, _BEGINS)


def _json(call: Call, channel: Channel) -> dict[str, Any]:
    organization = organizations.organization(channel.organization_id)
    zone = "UTC" if organization is None else organization.timezone
    return channel_settings_json(channel, _api_url(call), local_day(call.now, zone).isoformat())


def _shown(call: Call, channel: Channel) -> dict[str, Any]:
    return http.answer(200, _json(call, channel) | {"secrets": secret_counts(channel)})


OPERATIONS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "listChannels": list_channels,
    "createChannel": create,
    "getChannel": show,
    "changeChannel": change,
    "deleteChannel": delete,
    "putChannelSecret": put_secret,
}
