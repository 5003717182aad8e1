"""PynamoDB finds the attributes and indexes of our items as its own search finds them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pynamodb.attributes import Attribute
from pynamodb.indexes import Index

from gate24.store import items, table

KINDS = [each for each in vars(items).values() if isinstance(each, type) and issubclass(each, table.Item)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("wanted", [Attribute, Index])
def test_members_are_those_of_the_standard_library(kind: type[table.Item], wanted: Any) -> None:
    def is_wanted(member: Any) -> bool:
        return isinstance(member, wanted)

    found = table.members(kind, is_wanted)
    assert found == inspect.getmembers(kind, is_wanted)
    assert found
    assert kind.get_attributes().keys() >= {"pk", "sk"}
