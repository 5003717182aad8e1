"""``gate24.lazy_dataclass`` does what the standard library's ``dataclass`` does: each test runs with both."""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from gate24 import lazy_dataclass

FUNCTIONS = Path(__file__).parents[2] / "functions"
T = TypeVar("T")


def _declared(made: Any) -> SimpleNamespace:
    """Classes of every kind that the functions have."""

    @made(frozen=True, slots=True)
    class Person:
        """A person."""

        name: str
        age: int = 7
        tags: dict[str, str] = dataclasses.field(default_factory=dict)
        secret: str = dataclasses.field(default="s", repr=False)
        note: str | None = dataclasses.field(default=None, compare=False)
        count: ClassVar[int] = 3

        @property
        def is_child(self) -> bool:
            return self.age < 18

    @made(frozen=True, slots=True, kw_only=True)
    class Base:
        key: str
        at: int = 0

    @made(frozen=True, slots=True, kw_only=True)
    class Child(Base):
        old: int | None
        new: int = 1

    @made(slots=True)
    class Open(Generic[T]):
        value: T
        seen: list[T] = dataclasses.field(default_factory=list)

        def __str__(self) -> str:
            return f"<{self.value}>"

    @made(frozen=True, slots=True)
    class Nothing:
        pass

    @made(frozen=True, slots=True)
    class Checked:
        value: int

        def __post_init__(self) -> None:
            if self.value < 0:
                raise ValueError("negative")

    return SimpleNamespace(Person=Person, Base=Base, Child=Child, Open=Open, Nothing=Nothing, Checked=Checked)


STANDARD: Any = dataclasses.dataclass


@pytest.fixture(params=[STANDARD, lazy_dataclass.dataclass], ids=["standard", "lazy"])
def declared(request: pytest.FixtureRequest) -> SimpleNamespace:
    return _declared(request.param)


def test_instances_have_their_fields_and_defaults(declared: SimpleNamespace) -> None:
    one, other = declared.Person("A", note="x"), declared.Person("A", 7, {}, "s", "y")
    assert (one.name, one.age, one.tags, one.secret, one.note) == ("A", 7, {}, "s", "x")
    assert one.tags is not other.tags and one.is_child and declared.Person.count == 3
    assert repr(one).endswith("Person(name='A', age=7, tags={}, note='x')")
    assert declared.Child(key="k", old=None) == declared.Child(key="k", at=0, old=None, new=1)
    with pytest.raises(TypeError):
        declared.Child("k", old=None)
    with pytest.raises(TypeError):
        declared.Person()
    with pytest.raises(TypeError):
        declared.Person("A", unknown=1)
    with pytest.raises(ValueError, match="negative"):
        declared.Checked(-1)


def test_instances_compare_by_their_fields_and_class(declared: SimpleNamespace) -> None:
    assert declared.Person("A", note="x") == declared.Person("A", note="y") != declared.Person("B")
    assert declared.Base(key="k") != declared.Child(key="k", old=None)
    assert declared.Person("A") != "A"
    assert declared.Nothing() == declared.Nothing()
    assert declared.Open(1) == declared.Open(1) != declared.Open(2)


def test_frozen_instances_hash_and_others_do_not(declared: SimpleNamespace) -> None:
    assert len({declared.Child(key="k", old=None), declared.Child(key="k", old=None)}) == 1
    assert hash(declared.Nothing()) == hash(declared.Nothing())
    with pytest.raises(TypeError):
        hash(declared.Open(1))


def test_frozen_instances_stay_as_they_are_and_others_change(declared: SimpleNamespace) -> None:
    person = declared.Person("A")
    for refused in ("name", "unknown"):
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)):
            setattr(person, refused, "B")
    with pytest.raises(dataclasses.FrozenInstanceError):
        del person.name
    held = declared.Open(1)
    held.value = 2
    assert held.value == 2 and str(held) == "<2>" and held.seen == []
    with pytest.raises(AttributeError):
        held.unknown = 1


def test_the_standard_librarys_functions_work_before_there_is_an_instance(declared: SimpleNamespace) -> None:
    assert [each.name for each in dataclasses.fields(declared.Child)] == ["key", "at", "old", "new"]
    assert dataclasses.is_dataclass(declared.Person)
    assert declared.Open.__match_args__ == ("value", "seen") and declared.Child.__match_args__ == ()
    assert list(inspect.signature(declared.Base).parameters) == ["key", "at"]
    assert declared.Person.__doc__ == "A person."


def test_the_standard_librarys_functions_work_with_instances(declared: SimpleNamespace) -> None:
    person = declared.Person("A", tags={"a": "b"})
    assert dataclasses.asdict(person) == {"name": "A", "age": 7, "tags": {"a": "b"}, "secret": "s", "note": None}
    assert dataclasses.replace(person, age=40) == declared.Person("A", 40, {"a": "b"})
    assert dataclasses.astuple(declared.Open(1)) == (1, [])
    assert copy.copy(person) == copy.deepcopy(person) == person
    assert copy.deepcopy(declared.Open([1])).value == [1]
    match person:
        case declared.Person(name, age):
            assert (name, age) == ("A", 7)
        case _:
            pytest.fail("no match")


@lazy_dataclass.dataclass(frozen=True, slots=True)
class Pickled:
    value: int


def test_instances_are_pickled() -> None:
    assert pickle.loads(pickle.dumps(Pickled(1))) == Pickled(1)


def test_threads_may_make_the_first_instances_at_once() -> None:
    for _ in range(20):
        declared, found = _declared(lazy_dataclass.dataclass), []
        threads = [threading.Thread(target=lambda: found.append(declared.Child(key="k", old=None))) for _ in range(8)]  # noqa: B023
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [declared.Child(key="k", old=None)] * 8


def _slotted_standard_dataclasses() -> Iterator[str]:
    for path in sorted(FUNCTIONS.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "dataclasses" and path.stem != "lazy_dataclass"
            for alias in node.names
        }
        if "dataclass" in imported:
            yield str(path.relative_to(FUNCTIONS))


def test_the_functions_make_their_dataclasses_so() -> None:
    """The one exception is an exception, which has no slots."""
    assert list(_slotted_standard_dataclasses()) == ["gate24/api/problems.py"]
