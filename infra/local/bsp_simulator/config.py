"""The simulator's channels, read from a JSON file and read again whenever the file changes.

Webhook addresses are known only once the stack is deployed, so the simulator starts before the file is complete.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

LOGGER = logging.getLogger("bsp_simulator")
PROVIDERS = ("gupshup", "meta")


@dataclass(frozen=True, slots=True)
class Channel:
    """One business number at one provider, with the secrets for sends and for webhooks.

    ``api_key`` and ``webhook_token`` are Gupshup's, ``access_token`` and ``app_secret`` Meta's. ``app_id`` is the id
    in Gupshup's management URLs; an empty one means the app's name.
    """

    id: str
    provider: str
    business_number: str
    app: str = ""
    app_id: str = ""
    api_key: str = field(default="", repr=False)
    phone_number_id: str = ""
    waba_id: str = ""
    access_token: str = field(default="", repr=False)
    webhook_url: str = ""
    webhook_token: str = field(default="", repr=False)
    app_secret: str = field(default="", repr=False)
    templates: tuple[dict[str, Any], ...] = ()

    @property
    def digits(self) -> str:
        """The business number as both providers write it: without ``+``."""
        return self.business_number.lstrip("+")


def read_channels(document: Any) -> tuple[Channel, ...]:
    """The channels of a configuration document. ValueError names what is wrong; unknown keys are ignored."""
    entries = document.get("channels") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError('expected an object with a list "channels"')
    known = {each.name for each in fields(Channel)}
    channels = []
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or entry.get("provider") not in PROVIDERS:
            raise ValueError(f"channels[{place}] must be an object whose provider is one of {', '.join(PROVIDERS)}")
        values = {name: value for name, value in entry.items() if name in known and value is not None}
        values["templates"] = tuple(values.get("templates", ()))
        missing = {"id", "business_number"} - values.keys()
        if missing:
            raise ValueError(f"channels[{place}] lacks {', '.join(sorted(missing))}")
        channels.append(Channel(**values))
    return tuple(channels)


class ConfigFile:
    """The channels in the file. While the file cannot be read, the last valid channels stay in use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._read_stat: tuple[int, int, int] | None = None
        self._channels: tuple[Channel, ...] = ()

    def channels(self) -> tuple[Channel, ...]:
        """All channels; empty until the file exists."""
        with self._lock:
            try:
                stat = self.path.stat()
                read_stat = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                if read_stat != self._read_stat:
                    self._read_stat = read_stat
                    self._channels = read_channels(json.loads(self.path.read_text(encoding="utf-8")))
                    LOGGER.info("configuration read: %d channels", len(self._channels))
            except FileNotFoundError:
                self._read_stat = None
            except (OSError, ValueError) as error:
                LOGGER.warning("configuration is invalid, keeping the last one: %s", error)
            return self._channels

    def channel(self, channel_id: str) -> Channel | None:
        """The channel with that id, or None."""
        return next((each for each in self.channels() if each.id == channel_id), None)
