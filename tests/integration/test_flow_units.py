"""A real table bills the flows as the table in memory counts them (``test_warm_flows.py``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import flow_units
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.flow_units import Spent

EACH_KIND = {
    *("inbound text, Gupshup", "inbound that opens a window, Gupshup", "first message of a new contact, Gupshup"),
    *("freeform, Gupshup", "template, Gupshup", "drop-in, Gupshup", "drop-in, Meta"),
    *("status delivered, Gupshup", "status delivered, Meta", "decision, freeform", "decision, template"),
}
"""``make bench`` has the others, and MiniStack's word, too."""


@pytest.mark.dynamodb_local
def test_dynamodb_local_tells_the_units_of_each_kind_of_flow(tmp_path: Path, dynamodb_local: DynamoDBLocal) -> None:
    flows = [each for each in flow_units.OF_THE_TABLE if each.name in EACH_KIND]
    told = flow_units.told_by(dynamodb_local, tmp_path, flows)
    assert told == {flow.name: Spent(flow.reads, flow.writes) for flow in flows}
    assert told.keys() == EACH_KIND
