"""How many persons were reached, in a sketch of at most 2 KB that merges over days. Pure.

Each person is a hash of 24 bits of the contact's id. Up to ``EXACT_MOST`` of them the sketch is their set, and the
number is exact but for two that share a hash (one in 70 at the most). Above, it is a HyperLogLog of 4096 registers
(Flajolet et al. 2007): the first 12 bits choose the register, which keeps how many zeros the others begin with at most.
Its standard error is 1.04 / sqrt(4096) = 1.6 %, without bias from one to many millions by the estimator of Ertl, "New
cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284, algorithm 6.

The same persons give the same sketch, in whatever order and however often they are added.
"""

from __future__ import annotations

import hashlib
import math
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import field

from gate24.costs import DayCosts, MonthCosts, nearest
from gate24.lazy_dataclass import dataclass

_HASH_BYTES = 3
_REGISTER_BITS = 12
_REGISTERS = 1 << _REGISTER_BITS
_RANK_BITS = 8 * _HASH_BYTES - _REGISTER_BITS
_RANK_MASK = (1 << _RANK_BITS) - 1
_DENSE_BYTES = _REGISTERS // 2
EXACT_MOST = (_DENSE_BYTES - 1) // _HASH_BYTES


@dataclass(slots=True)
class Reached:
    """Persons who were reached: their hashes, or, of many, the registers of them."""

    hashes: set[int] = field(default_factory=set)
    registers: bytearray = field(default_factory=bytearray)

    def add(self, contact_id: str) -> None:
        """Adds a person; once more changes nothing."""
        self.add_all([contact_id])

    def add_all(self, contact_ids: Iterable[str]) -> None:
        """Adds some persons."""
        digests = (hashlib.sha256(each.encode()).digest() for each in contact_ids)
        self._add([int.from_bytes(digest[:_HASH_BYTES], "big") for digest in digests])

    def merge(self, other: Reached) -> None:
        """Adds the persons of another one."""
        if not other.registers:
            self._add(other.hashes)
        elif self.registers:
            self.registers = bytearray(map(max, self.registers, other.registers))
        else:
            hashes, self.hashes, self.registers = self.hashes, set(), bytearray(other.registers)
            self._add(hashes)

    def _add(self, hashes: Iterable[int]) -> None:
        if not self.registers:
            self.hashes.update(hashes)
            if len(self.hashes) <= EXACT_MOST:
                return
            hashes, self.hashes, self.registers = self.hashes, set(), bytearray(_REGISTERS)
        for each in hashes:
            register = each >> _RANK_BITS
            rank = _RANK_BITS + 1 - (each & _RANK_MASK).bit_length()
            if rank > self.registers[register]:
                self.registers[register] = rank

    @property
    def count(self) -> int:
        """How many persons they are, to the nearest one."""
        return len(self.hashes) if not self.registers else round(_estimate(self.registers))

    @property
    def text(self) -> str:
        """The sketch as it is stored: base64 of the hashes in order, or of the registers, four bits each, which are
        longer than any hashes."""
        if self.registers:
            raw = bytes.fromhex("".join(f"{each:x}" for each in self.registers))
        else:
            raw = b"".join(each.to_bytes(_HASH_BYTES, "big") for each in sorted(self.hashes))
        return b64encode(raw).decode()

    @classmethod
    def of(cls, text: str) -> Reached:
        """The sketch of its ``text``."""
        raw = b64decode(text)
        if len(raw) == _DENSE_BYTES:
            return cls(registers=bytearray(raw.hex().encode().translate(_HEX_VALUES)))
        parts = (raw[start : start + _HASH_BYTES] for start in range(0, len(raw), _HASH_BYTES))
        return cls({int.from_bytes(part, "big") for part in parts})


_HEX_VALUES = bytes(int(chr(code), 16) if chr(code) in "0123456789abcdef" else 0 for code in range(256))


def _estimate(registers: bytearray) -> float:
    counts = [registers.count(rank) for rank in range(_RANK_BITS + 2)]
    weight = _REGISTERS * _tau(1 - counts[-1] / _REGISTERS)
    for count in reversed(counts[1:-1]):
        weight = (weight + count) / 2
    weight += _REGISTERS * _sigma(counts[0] / _REGISTERS)
    return _REGISTERS**2 / (2 * math.log(2) * weight)


def _sigma(part: float) -> float:
    """Of the part of the registers that are empty."""
    factor, total, before = 1.0, part, -1.0
    while total != before:
        part, before = part * part, total
        total += part * factor
        factor *= 2
    return total


def _tau(part: float) -> float:
    """Of the part of the registers that are not full."""
    if part in (0.0, 1.0):
        return 0.0
    factor, total, before = 1.0, 1 - part, -1.0
    while total != before:
        part, before = math.sqrt(part), total
        factor /= 2
        total -= (1 - part) ** 2 * factor
    return total / 3


def merged(texts: Iterable[str]) -> str:
    """The sketch of the persons of several."""
    joined = Reached()
    for text in texts:
        joined.merge(Reached.of(text))
    return joined.text


def reached_by(costs: DayCosts | MonthCosts) -> int | None:
    """How many persons were reached; None where that is not known, as of a day that an earlier version stated."""
    return None if costs.reached is None else Reached.of(costs.reached).count


def cost_per_reached(costs: DayCosts | MonthCosts) -> int | None:
    """All that the day or the month has cost (micro-units) by the persons reached; None where nobody was, or that is
    not known."""
    count = reached_by(costs)
    return nearest(costs.sums.total, count) if count else None
