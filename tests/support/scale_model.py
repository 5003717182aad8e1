"""Which partitions 10,000 messages a second write to, second by second: the system's own keys and shards, no table.

Write units are those of one write each; ``test_scale.py`` holds them to what the system writes. A row of the list of
contacts counts twice where it moves (it is deleted and written), as DynamoDB bills it, and each contact's is taken to
stand at an earlier hour before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from gate24.events import ContactRef
from gate24.rules.window import expires_at
from gate24.store import keys

Units = Counter[str]

BEGINS = 1_795_780_800_000
"""2026-11-27T12:00:00Z."""
DAY = "2026-11-27"

WRITES: Mapping[str, tuple[str, ...]] = {
    "inbound": ("contact",) * 2 + ("ledger",),
    "inbound of another hour": ("contact",) * 2 + ("ledger",) + ("list",) * 2,
    "send": ("contact",) * 3 + ("key", "channel", "ledger"),
    "broadcast": ("contact",) * 3 + ("key", "channel", "ledger") + ("list",) * 2,
    "status": ("contact",),
    "delivered": ("contact", "ledger"),
}
"""By operation whose partitions are written, once a write unit of up to 1 KB. A broadcast writes to people without an
open window. A delivery is noted in the ledger where it is what costs, by Meta's lists."""

PARTITION_WRITES = 1_000
"""Write units that DynamoDB gives a partition in a second."""

STEADY_AFTER = 5
"""From this second on all statuses of what was sent come in."""

_STATUSES = (("status", 1), ("delivered", 3), ("status", 4))
"""What comes after a send, and after how many seconds: sent, delivered, read."""
_ENDS_WRITTEN = 10
"""Each so many sends the channel's item is written once more (``store.send_slots``)."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """``messages``: a second, half of them incoming, over ``organizations``, of which the n-th has 1/n of the first's.
    ``broadcast``: sends a second of the first one besides, each to another contact. ``channel_most``: how many of its
    messages go by one channel. ``days``, ``lists``, ``feeds``: shards."""

    messages: int = 10_000
    organizations: int = 100
    broadcast: int = 800
    channel_most: int = 1_000
    days: int = 8
    lists: int = 4
    feeds: int = 1

    @property
    def environment(self) -> dict[str, str]:
        """The shards, as the functions have them."""
        return {"DAY_SHARDS": str(self.days), "LIST_SHARDS": str(self.lists), "FEED_SHARDS": str(self.feeds)}

    @property
    def rates(self) -> list[float]:
        """Messages a second of each organization, without the broadcast."""
        parts = [1 / (number + 1) for number in range(self.organizations)]
        return [self.messages * part / sum(parts) for part in parts]


class _Contacts:
    """An organization's contacts: their ids, and where their rows of the list stand."""

    def __init__(self, organization_id: str) -> None:
        self._organization_id = organization_id
        self._ids: dict[int, str] = {}
        self._rows: dict[str, str] = {}

    def id(self, number: int) -> str:
        if number not in self._ids:
            ref = ContactRef(phone=f"+9198{number:08d}")
            self._ids[number] = keys.contact_id(b"key", self._organization_id, ref)
        return self._ids[number]

    def is_another_hour(self, contact_id: str, at: int, channel_id: str) -> bool:
        """Whether the row of the list moves when the contact writes at ``at``."""
        row, place = keys.list_sort(expires_at(at), contact_id, channel_id), f"{contact_id}#{channel_id}"
        before, self._rows[place] = self._rows.get(place), row
        return before != row


class _Run:
    """Traffic as it goes on."""

    def __init__(self, traffic: Traffic, seed: int) -> None:
        self._traffic, self._random, self._ids = traffic, Random(seed), Random(seed)
        self._names = [f"organization-{number:03d}" for number in range(traffic.organizations)]
        self._contacts = [_Contacts(name) for name in self._names]
        self._due: dict[int, list[tuple[str, int, str, str, str]]] = {}
        self._reached = 0

    def second(self, number: int) -> Units:
        """Write units of each partition in this second."""
        units, at = Counter[str](), BEGINS + number * 1000
        for due in self._due.pop(number, []):
            self._write(units, *due, at)
        for organization, rate in enumerate(self._traffic.rates):
            for _ in range(int(rate) + (self._random.random() < rate % 1)):
                self._message(units, organization, rate, number, at)
        for _ in range(self._traffic.broadcast):
            contact_id = self._contacts[0].id(50_000_000 + self._reached)
            self._reached += 1
            self._sent(units, ("broadcast", 0, contact_id, f"{self._names[0]}-broadcast", self._text()), number, at)
        return units

    def _message(self, units: Units, organization: int, rate: float, second: int, at: int) -> None:
        contact_id = self._contacts[organization].id(self._random.randrange(1_000 + int(rate) * 600))
        channels = max(1, -(-int(rate) // self._traffic.channel_most))
        channel = f"{self._names[organization]}-{self._random.randrange(channels)}"
        if self._random.random() < 0.5:
            self._sent(units, ("send", organization, contact_id, channel, self._text()), second, at)
            return
        is_other = self._contacts[organization].is_another_hour(contact_id, at, channel)
        operation = "inbound of another hour" if is_other else "inbound"
        self._write(units, operation, organization, contact_id, channel, self._text(), at)

    def _sent(self, units: Units, send: tuple[str, int, str, str, str], second: int, at: int) -> None:
        self._write(units, *send, at)
        units[f"R#{send[3]}"] += self._random.randrange(_ENDS_WRITTEN) == 0
        for status, after in _STATUSES:
            self._due.setdefault(second + after, []).append((status, *send[1:]))

    def _text(self) -> str:
        return f"{self._random.getrandbits(48):012x}"

    def _write(
        self, units: Units, operation: str, organization: int, contact_id: str, channel: str, text: str, at: int
    ) -> None:
        name = self._names[organization]
        places = {
            "contact": keys.contact_pk(name, contact_id),
            "ledger": keys.day_partition(name, DAY, contact_id),
            "list": keys.list_partition(name, contact_id),
            "key": keys.reservation_pk(name, text),
            "channel": f"R#{channel}",
        }
        for place in WRITES[operation]:
            units[places[place]] += 1
        # Each makes one event: a message, or a status of one.
        event_id = f"evt_{self._ids.getrandbits(100):025x}{self._random.randrange(16):x}"
        units[keys.feed_pk(name, at, keys.feed_shard(event_id, at))] += 1
        units[keys.feed_name_pk(name, event_id)] += 1


def seconds(traffic: Traffic, count: int, seed: int = 1) -> Iterator[Units]:
    """Write units of each partition, second by second. The caller sets ``Traffic.environment``."""
    run = _Run(traffic, seed)
    for number in range(count):
        yield run.second(number)


FAMILIES = {
    "C#": "contacts",
    "I#": "idempotency keys",
    "R#": "a channel's line",
    "F#": "feed",
    "FN": "feed's names",
    "L#": "index: a day's ledger",
    "W#": "index: list of contacts",
}


def family(partition: str) -> str:
    """What a partition is of."""
    return FAMILIES[partition[:2]]


def hottest(all_seconds: Iterator[Units], warm_up: int = 0) -> dict[str, tuple[int, str]]:
    """By family the most write units that a partition took in a second, and which it was; the first ``warm_up`` seconds
    are left out."""
    found: dict[str, tuple[int, str]] = {}
    for number, units in enumerate(all_seconds):
        if number < warm_up:
            continue
        for partition, count in units.items():
            name = family(partition)
            if count > found.get(name, (0, ""))[0]:
                found[name] = (count, partition)
    return found


def total(units: Units) -> tuple[int, int]:
    """Write units of the table and of the index."""
    index = sum(count for partition, count in units.items() if partition[:2] in ("L#", "W#"))
    return sum(units.values()) - index, index
