"""Whether a channel's provider is heard, by what is stored of its messages. Pure."""

from __future__ import annotations

from typing import Literal

from gate24.lazy_dataclass import dataclass

ChannelLight = Literal["heard", "quiet", "unheard", "failing"]
"""``quiet``: nothing was told for longer than is usual; ``unheard``: nothing was found, as far as was looked back."""

ChannelTrouble = Literal["no_webhook_secret", "sends_not_told", "not_stored"]
"""``no_webhook_secret``: without it every webhook is refused. ``sends_not_told``: messages went out and nothing was
told of any of them. ``not_stored``: events were understood and could not be stored."""

QUIET_AFTER_MS = 24 * 3_600_000
"""A number that nobody writes to for a day, and from which nothing goes out, is unusual enough to be looked at."""

TOLD_WITHIN_MS = 30 * 60_000
"""A send is told of within seconds; after this time without anything it is worth a look."""

_SENDS_LEAST = 2
"""One send of which nothing is told may be a single lost webhook."""


@dataclass(frozen=True, slots=True)
class Send:
    """A message that the provider accepted: when (epoch ms), and when its newest status was; None: none was told."""

    at: int
    told_at: int | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What is stored of a channel. ``message_at``: a contact's newest message (epoch ms). ``sends``: the newest of
    ours. ``not_stored``: events of the last day that were understood and could not be stored."""

    message_at: int | None = None
    sends: tuple[Send, ...] = ()
    has_webhook_secret: bool = True
    not_stored: int = 0

    @property
    def status_at(self) -> int | None:
        """The newest status of these sends."""
        return max((each.told_at for each in self.sends if each.told_at is not None), default=None)

    @property
    def at(self) -> int | None:
        """When the provider was last heard."""
        return max((at for at in (self.message_at, self.status_at) if at is not None), default=None)


def troubles(heard: Heard, now: int) -> list[ChannelTrouble]:
    """What keeps the provider from being heard, or what it says from being stored; ``now``: epoch ms."""
    found: list[ChannelTrouble] = []
    if not heard.has_webhook_secret:
        found.append("no_webhook_secret")
    due = [each for each in heard.sends if now - QUIET_AFTER_MS <= each.at <= now - TOLD_WITHIN_MS]
    since = min((each.at for each in due), default=0)
    is_told = any(each.told_at is not None for each in due) or (heard.at is not None and heard.at >= since)
    if len(due) >= _SENDS_LEAST and not is_told:
        found.append("sends_not_told")
    if heard.not_stored:
        found.append("not_stored")
    return found


def light(heard: Heard, now: int) -> ChannelLight:
    """How it stands at ``now`` (epoch ms)."""
    if troubles(heard, now):
        return "failing"
    if heard.at is None:
        return "unheard"
    return "heard" if now - heard.at <= QUIET_AFTER_MS else "quiet"
