"""The local stack's BSP simulator takes the sends of the channels that its configuration names, with their secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate24.channels import Channel
from gate24.store.secrets import channel_secrets


@dataclass(frozen=True, slots=True)
class Simulator:
    """``file``: its configuration, which it reads again when it changes."""

    url: str
    file: Path

    def learn(self, channel: Channel, webhook_url: str) -> None:
        """The channel as it is now, if it is the simulator's; otherwise the simulator forgets it."""
        others = self._others(channel.id)
        if channel.api_base != self.url:
            self._write(list(others.values()))
            return
        secrets = channel_secrets(channel.id, may_be_stale=False)
        own = {
            "id": channel.id,
            "provider": channel.provider,
            "business_number": channel.business_number,
            "app": channel.app,
            "phone_number_id": channel.phone_number_id,
            "webhook_url": webhook_url,
            "access_token" if channel.provider == "meta" else "api_key": secrets.api_key,
            "webhook_token": next(iter(secrets.webhook_tokens), ""),
            "app_secret": next(iter(secrets.app_secrets), ""),
        }
        own |= {"app_id": channel.app_id} if channel.app_id else {}
        before = self._channels().get(channel.id, {})  # with what was added by hand, as its templates
        self._write([*others.values(), before | own])

    def forget(self, channel_id: str) -> None:
        self._write(list(self._others(channel_id).values()))

    def _others(self, channel_id: str) -> dict[str, dict[str, Any]]:
        return {name: each for name, each in self._channels().items() if name != channel_id}

    def _channels(self) -> dict[str, dict[str, Any]]:
        try:
            return {each["id"]: each for each in json.loads(self.file.read_text())["channels"]}
        except FileNotFoundError:
            return {}

    def _write(self, channels: list[dict[str, Any]]) -> None:
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps({"channels": channels}, indent=2))
        partial.replace(self.file)
