"""Which secrets a channel has, and how they are changed without losing an event. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, NamedTuple

from gate24.channels import Channel, ChannelSecrets, ProviderName
from gate24.rules.settings_table import Fault, WrongSettings

MOST_CHARACTERS = 4096

_PRINTABLE = re.compile(rf"[\x21-\x7e]{{1,{MOST_CHARACTERS}}}")


class SecretKind(NamedTuple):
    """``field``: of ``ChannelSecrets``. ``providers``: who has it. ``least``: characters, so that it is not guessed.
    ``several``: whether an old one may be valid beside a new one."""

    field: str
    providers: frozenset[ProviderName]
    least: int
    several: bool
    about: str


_BOTH: frozenset[ProviderName] = frozenset({"gupshup", "meta"})
_GUPSHUP: frozenset[ProviderName] = frozenset({"gupshup"})
_META: frozenset[ProviderName] = frozenset({"meta"})

KINDS = {
    "api-key": SecretKind("api_key", _BOTH, 1, False, "Gupshup's API key, or Meta's access token"),
    "webhook-token": SecretKind("webhook_tokens", _GUPSHUP, 8, True, "what Gupshup shows with each webhook"),
    "app-secret": SecretKind("app_secrets", _META, 8, True, "with which Meta signs webhooks"),
    "verify-token": SecretKind("verify_tokens", _META, 8, True, "what Meta shows when the webhook is set up"),
}

MADE_HERE: dict[ProviderName, str] = {"gupshup": "webhook-token", "meta": "verify-token"}
"""What is not the provider's but ours to make."""


def changed_secrets(
    channel: Channel, secrets: ChannelSecrets, name: str, value: str, keeps_old: bool
) -> ChannelSecrets:
    """The channel's secrets with a new one. ``keeps_old``: those of before stay valid beside it. WrongSettings, which
    never repeats the secret."""
    faults = _faults(channel, name, value, keeps_old)
    if faults:
        raise WrongSettings(*faults)
    kind = KINDS[name]
    change: dict[str, Any] = {kind.field: value}
    if kind.several:
        before: tuple[str, ...] = getattr(secrets, kind.field) if keeps_old else ()
        change = {kind.field: (value, *(each for each in before if each != value))}
    return replace(secrets, **change)


def _faults(channel: Channel, name: str, value: str, keeps_old: bool) -> list[Fault]:
    kind = KINDS.get(name)
    if kind is None:
        return [Fault("secret", f"There is no secret {name}. There are: {', '.join(KINDS)}.")]
    faults = []
    if channel.provider not in kind.providers:
        fitting = ", ".join(each for each, other in KINDS.items() if channel.provider in other.providers)
        faults.append(Fault("secret", f"A channel at {channel.provider} has no {name}; it has: {fitting}."))
    if keeps_old and not kind.several:
        faults.append(Fault("add", f"A channel has one {name}: a new one takes its place at once."))
    if not _PRINTABLE.fullmatch(value):
        faults.append(Fault("value", f"The {name} is empty or has a space or a character that is not ASCII."))
    elif len(value) < kind.least:
        faults.append(Fault("value", f"The {name} has fewer than {kind.least} characters and could be guessed."))
    return faults
