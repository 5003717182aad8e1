"""The table's settings that MiniStack's CloudFormation (1.5.33) leaves out, read from the template."""

from __future__ import annotations

from stack.deploy import client
from stack.settings import Settings
from stack.translated import source


def apply_table_settings(settings: Settings, table: str) -> None:
    """Switch on TTL and point-in-time recovery as ``template.yaml`` has them."""
    wanted = source()["Resources"]["Table"]["Properties"]
    dynamodb = client("dynamodb", settings)
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=dict(wanted["TimeToLiveSpecification"]))
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification=dict(wanted["PointInTimeRecoverySpecification"])
    )
