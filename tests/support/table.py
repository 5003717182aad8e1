"""The table of the tests is the table of ``template.yaml``: keys and indexes are written down once."""

import functools
from typing import Any

from stack.template import source

_TABLE = "Table"
_TAKEN = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


@functools.cache
def table_properties() -> dict[str, Any]:
    """The properties of the table's resource in ``template.yaml``."""
    properties: dict[str, Any] = source()["Resources"][_TABLE]["Properties"]
    return properties


def create_table(client: Any, name: str) -> None:
    """Create the table under ``name`` and wait until it is there. ``client`` is a boto3 DynamoDB client, of
    moto or of DynamoDB Local; TTL is switched on as in the template."""
    properties = table_properties()
    client.create_table(TableName=name, **{key: properties[key] for key in _TAKEN})
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=dict(properties["TimeToLiveSpecification"]))
