"""Applies the table settings of the template that MiniStack's CloudFormation (1.5.33) ignores."""

from __future__ import annotations

from stack.deploy import client
from stack.settings import Settings
from stack.template import source


def apply_table_settings(settings: Settings, table: str) -> None:
    """Set TTL and point-in-time recovery as in ``template.yaml``."""
    properties = source()["Resources"]["Table"]["Properties"]
    dynamodb = client("dynamodb", settings)
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=dict(properties["TimeToLiveSpecification"]))
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification=dict(properties["PointInTimeRecoverySpecification"])
    )
