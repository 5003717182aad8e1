"""How the settings of organizations and channels are read: each is a row that says what a value may be.

A value comes as text (from a command) or as JSON. Faults are sentences that say what is wrong and what would be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gate24.lazy_dataclass import dataclass
from gate24.rules.numbering_plans import caller_phone

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LONGEST_NAME = 100
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ON, _OFF = frozenset({"on", "true", "yes"}), frozenset({"off", "false", "no"})


class Fault(NamedTuple):
    """``setting``: the name of what is wrong. ``sentence``: what is wrong with it, and what would be right."""

    setting: str
    sentence: str


class WrongSettings(Exception):
    """Nothing was changed. ``faults``: all that is wrong."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(" ".join(fault.sentence for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Setting:
    """A row. ``name``: the field of the organization or channel. ``read``: its value; ValueError whose text is the
    fault's sentence. ``about``: what it is, for help. ``option``: how the command calls it, if not by its name."""

    name: str
    read: Callable[[Any], Any]
    about: str
    is_required: bool = False
    option: str = ""


def read_settings(
    table: Sequence[Setting], given: Mapping[str, Any], is_new: bool
) -> tuple[dict[str, Any], list[Fault]]:
    """The values of the settings that are given, and what is wrong. ``is_new``: what is required may not be missing."""
    rows = {row.name: row for row in table}
    values: dict[str, Any] = {}
    faults = [
        Fault(name, f"There is no setting {name}. There are: {', '.join(rows)}.") for name in given if name not in rows
    ]
    for name, row in rows.items():
        if name in given:
            try:
                values[name] = row.read(given[name])
            except ValueError as error:
                faults.append(Fault(name, str(error)))
        elif is_new and row.is_required:
            faults.append(Fault(name, f"{row.about} is missing."))
    return values, faults


def id_fault(what: str, given: Any) -> list[Fault]:
    """An id is part of addresses, keys and the names of secrets."""
    if isinstance(given, str) and _ID.fullmatch(given):
        return []
    right = "it has 1 to 64 letters a-z or A-Z, digits, - and _, and begins with a letter or digit"
    return [Fault("id", f"{_quoted(given)} cannot be the id of {what}: {right}, as learning-trust.")]


def text(given: Any) -> str:
    found = given.strip() if isinstance(given, str) else ""
    if not found or len(found) > _LONGEST_NAME or not found.isprintable():
        raise ValueError(f"A name has 1 to {_LONGEST_NAME} printable characters; this is {_quoted(given)}.")
    return found


def one_of(*names: str) -> Callable[[Any], str]:
    def read(given: Any) -> str:
        if given not in names:
            raise ValueError(f"{_quoted(given)} is none of: {', '.join(names)}.")
        return str(given)

    return read


def whole_number(least: int, most: int, unit: str, none: str | None = None) -> Callable[[Any], int | None]:
    """``none``: the word that stands for no number, if one may."""

    def read(given: Any) -> int | None:
        if none is not None and (given is None or given == none):
            return None
        is_number = type(given) is int or (isinstance(given, str) and re.fullmatch(r"[0-9]{1,9}", given))
        if not is_number or not least <= int(given) <= most:
            otherwise = f", or {none}" if none else ""
            raise ValueError(f"{_quoted(given)} is no whole number of {unit} from {least} to {most}{otherwise}.")
        return int(given)

    return read


def switch(given: Any) -> bool:
    word = given.lower() if isinstance(given, str) else given
    if word is True or word in _ON:
        return True
    if word is False or word in _OFF:
        return False
    raise ValueError(f"{_quoted(given)} is neither on nor off.")


def business_number(given: Any) -> str:
    found = caller_phone(given)
    if found is None:
        raise ValueError(
            f"{_quoted(given)} is no phone number of any country, with its country code, as +919876543210 is."
        )
    return found


def pattern(regexp: str, sentence: str) -> Callable[[Any], str]:
    def read(given: Any) -> str:
        if not isinstance(given, str) or not re.fullmatch(regexp, given):
            raise ValueError(f"{_quoted(given)} {sentence}")
        return given

    return read


def provider_address(given: Any) -> str:
    """Without a slash at its end. Only this machine itself may be asked without TLS."""
    try:
        parts = urlsplit(given if isinstance(given, str) else "")
        host, port_is_good = parts.hostname, parts.port is None or parts.port > 0
    except ValueError:
        host, port_is_good = None, False
    is_safe = host is not None and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))
    if not is_safe or not port_is_good or parts.query or parts.fragment or parts.username or " " in given:
        raise ValueError(
            f"{_quoted(given)} is no address of a provider: https, a host and at most a path, as https://api.gupshup.io."
        )
    return str(given).rstrip("/")


def _quoted(given: Any) -> str:
    return repr(given if not isinstance(given, str) or len(given) <= _LONGEST_NAME else f"{given[:_LONGEST_NAME]}...")
