"""The table that the tests build is the one that the template describes, on both emulators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from gate24.channels import Channel
from gate24.store import organizations
from tests.support.dynamodb_local import DynamoDBLocal
from tests.support.table import create_table


@pytest.fixture(params=["moto", pytest.param("dynamodb_local", marks=pytest.mark.dynamodb_local)])
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "moto":
        with mock_aws():
            yield boto3.client("dynamodb")
    else:
        database: DynamoDBLocal = request.getfixturevalue("dynamodb_local")
        yield database.client()


def test_the_table_has_the_templates_keys_index_and_ttl(client: Any) -> None:
    create_table(client, "template-table")

    table = client.describe_table(TableName="template-table")["Table"]
    ttl = client.describe_time_to_live(TableName="template-table")["TimeToLiveDescription"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by_g"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["g", "h"]
    assert ttl["AttributeName"] == "ttl"
    client.delete_table(TableName="template-table")


@pytest.mark.parametrize("channel_id", ["line[1]", "line]", "["])
def test_a_channel_whose_id_is_no_name_within_a_map_is_refused_before_anything_is_written(channel_id: str) -> None:
    channel = Channel(channel_id, "learning", "gupshup", "+919876500001", "https://bsp.example.org", "gupshup-2021-02")
    with pytest.raises(ValueError, match="no brackets"):
        organizations.put_channel(channel)
