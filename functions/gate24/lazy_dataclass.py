"""``dataclass`` as the standard library's, except that a class's methods are made when they are used first.

The standard library compiles them while a module is imported, and makes a class with slots twice: about 1 ms of CPU
each. A function's modules have some 120 of them, and an event needs a quarter. Here a class costs 0.03 ms, and 0.2 ms
more when its first instance is made.

For classes with slots that compare by their fields. ``fields``, ``replace``, ``asdict``, ``copy`` and ``match`` work as
always; a method that a class defines itself stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

_ABSENT: Any = object()
_set = object.__setattr__


class _Deferred:
    """What stands in a class for one of its attributes until that is looked up."""

    __slots__ = ("_make", "_name")

    def __init__(self, name: str, make: Callable[[], dict[str, Any]]) -> None:
        self._name, self._make = name, make

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        made = self._make()[self._name]
        return made.__get__(instance, owner) if callable(made) else made


def _lazy(cls: type, *, slots: bool, frozen: bool = False, kw_only: bool = False) -> type:
    assert slots, "without slots, take the standard library's"
    own = {name: said for name, said in cls.__annotations__.items() if not said.startswith("ClassVar")}
    defaults = {name: cls.__dict__[name] for name in own if name in cls.__dict__}
    body = {name: value for name, value in cls.__dict__.items() if name not in {*own, "__dict__", "__weakref__"}}
    if "__hash__" not in body or ("__eq__" in body and body["__hash__"] is None):
        body["__hash__"] = _hash if frozen else None
    for name, value in (_FROZEN if frozen else {}).items():
        body.setdefault(name, value)

    def make() -> dict[str, Any]:
        attributes = _attributes(made, own, defaults, frozen, kw_only)
        for name in deferred:
            setattr(made, name, attributes[name])
        return attributes

    deferred = [name for name in _MADE if name not in body]
    body |= {name: _Deferred(name, make) for name in deferred}
    body |= {"__slots__": tuple(own), "__qualname__": cls.__qualname__}
    made = type(cls)(cls.__name__, cls.__bases__, body)
    return made


_MADE = ("__init__", "__eq__", "__repr__", "__dataclass_fields__", "__match_args__")


def _attributes(
    cls: type, own: dict[str, str], defaults: dict[str, Any], frozen: bool, kw_only: bool
) -> dict[str, Any]:
    """What ``_MADE`` names, for a class whose own annotations and defaults are these."""
    plain = type(cls.__name__, (), {"__annotations__": own, "__doc__": cls.__name__, **defaults})
    described: Any = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(plain)
    found: dict[str, dataclasses.Field[Any]] = {}
    for base in reversed(cls.__mro__[1:]):
        found |= getattr(base, "__dataclass_fields__", {})
    found |= described.__dataclass_fields__
    every = list(found.values())
    return {
        "__init__": _init(cls, every, frozen),
        "__eq__": _eq([each.name for each in every if each.compare]),
        "__repr__": _repr([each.name for each in every if each.repr]),
        "__dataclass_fields__": found,
        "__match_args__": tuple(each.name for each in every if each.init and not each.kw_only),
    }


def _init(cls: type, every: list[dataclasses.Field[Any]], frozen: bool) -> Callable[..., None]:
    known: dict[str, Any] = {"_set": _set, "_absent": _ABSENT}
    positional, keywords, lines = ["self"], list[str](), list[str]()
    for field in every:
        name, value = field.name, field.name
        parameter = name
        if field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            parameter = f"{name}=_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            parameter, value = f"{name}=_absent", f"_make_{name}() if {name} is _absent else {name}"
        (keywords if field.kw_only else positional).append(parameter)
        lines.append(f" _set(self, {name!r}, {value})" if frozen else f" self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    parameters = ", ".join([*positional, *(["*", *keywords] if keywords else [])])
    exec(f"def __init__({parameters}):\n" + "\n".join(lines or [" pass"]), known)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _eq(names: list[str]) -> Callable[[Any, Any], Any]:
    values = _values(names)

    def __eq__(self: Any, other: Any) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _values(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda instance: tuple(getattr(instance, name) for name in names)


def _repr(names: list[str]) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({shown})"

    return __repr__


def _hash(self: Any) -> int:
    compared = (each for each in dataclasses.fields(self) if (each.compare if each.hash is None else each.hash))
    return hash(tuple(getattr(self, each.name) for each in compared))


def _refuse_set(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        _set(self, each.name, value)


_FROZEN = {
    "__setattr__": _refuse_set,
    "__delattr__": _refuse_delete,
    "__getstate__": _state,
    "__setstate__": _set_state,
}

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(**options: bool) -> Callable[[type], type]:
        """As the standard library's, of the options ``slots`` (which must be True), ``frozen`` and ``kw_only``."""
        return partial(_lazy, **options)
