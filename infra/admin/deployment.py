"""Which deployment a command is for: the started local stack, or a CloudFormation stack on AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from gate24.settings import settings
from gate24.store import aws, shard_record, table
from gate24.store.table import StoreError
from infra.admin.outcome import Failed, WronglyAsked
from infra.admin.simulator import Simulator
from infra.operator.api import Api

_ROOT = Path(__file__).resolve().parents[2]
_LIVE = "live"
"""The alias that serves (``template.yaml``): without it Lambda runs what was deployed last, also after going back."""


QUEUES = {
    "parked_events": "ParkedEventsUrl",
    "parked_events_dead_letters": "ParkedEventsDeadLettersUrl",
    "rollup_failures": "RollupFailuresUrl",
    "rollup_days": "RollupDaysUrl",
    "rollup_days_dead_letters": "RollupDaysDeadLettersUrl",
    "deliveries": "DeliveriesUrl",
    "deliveries_dead_letters": "DeliveriesDeadLettersUrl",
    "media": "MediaQueueUrl",
    "media_dead_letters": "MediaDeadLettersUrl",
}
"""The queues as ``stack.json`` of the local stack names them, and the outputs of a stack on AWS with their URLs."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running gate24. ``region`` is None where AWS's own settings name it. ``channel_secrets_prefix``: the prefix of
    the channels' secrets' names. ``contact_key_secret``: name or ARN of the secret of the contacts' hash. ``queues``:
    URLs by the names of ``QUEUES``. What an older version does not name is empty. ``simulator``: of the local stack.
    ``user_pool``: the id of the stack's own user pool, with accounts of staff; empty where another issuer has them."""

    table_name: str
    inbound_webhook: str
    region: str | None
    cost_rollup: str = ""
    api_url: str = ""
    channel_secrets_prefix: str = ""
    contact_key_secret: str = ""
    simulator: Simulator | None = None
    queues: Mapping[str, str] = field(default_factory=dict)
    user_pool: str = ""

    @property
    def prefix(self) -> str:
        """With what the names of its functions, schedules and alarms begin."""
        return self.inbound_webhook.removesuffix("inbound-webhook")

    def connect(self) -> None:
        """The store reads this deployment's table and secrets from now on. Nothing that needs the key of the contacts'
        hash."""
        os.environ |= {"TABLE_NAME": self.table_name, "CHANNEL_SECRETS_PREFIX": self.channel_secrets_prefix}
        if self.region:
            os.environ["AWS_DEFAULT_REGION"] = self.region
        settings.cache_clear()
        table.connect(self.table_name, b"", self.region)

    def connect_contacts(self) -> None:
        """After ``connect``: contacts are found and written, too, with the key of their hash and as the functions
        spread them. Failed where the key cannot be read."""
        os.environ["CONTACT_KEY_SECRET_ARN"] = self.contact_key_secret
        settings.cache_clear()
        aws.forget()
        try:
            aws.connect_with_contacts(self.table_name, self.region)
        except StoreError as error:
            raise Failed(f"The contact key cannot be used ({error}); see Permissions in administration.md.") from None
        shard_record.use_recorded()

    def api(self, key: str) -> Api:
        """Its API, for the holder of the key."""
        return Api(self.api_url, {"Authorization": f"Bearer {key}"})

    def invoke(self, function: str, event: dict[str, Any], seconds: int = 60) -> dict[str, Any]:
        """What the function answers to the event, within that time. Failed where it raised or cannot be reached."""
        config = Config(read_timeout=seconds, retries={"mode": "standard", "total_max_attempts": 2})
        try:
            client = boto3.client("lambda", region_name=self.region, config=config)
            answer = client.invoke(FunctionName=function, Qualifier=_LIVE, Payload=json.dumps(event).encode())
            payload = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError) as error:
            raise Failed(f"{function} cannot be invoked: {error}") from None
        if "FunctionError" in answer:
            raise Failed(f"{function} failed ({payload.get('errorType')}); see its log")
        found: dict[str, Any] = payload
        return found


def deployment(stack: str | None) -> Deployment:
    """The deployment of that CloudFormation stack, with region and credentials as the AWS CLI takes them; None: the
    local stack. Failed where there is none."""
    return _local() if stack is None else _on_aws(stack)


def _local() -> Deployment:
    folder = os.environ.get("GATE24_STATE_DIR", ".local")
    file = _ROOT / folder / "stack.json"
    try:
        described = json.loads(file.read_text())
    except OSError:
        raise Failed(
            f"No local stack is running in {folder} (make start); GATE24_STATE_DIR names "
            "the folder of another one. On AWS, name the stack: --stack gate24-prod"
        ) from None
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # nothing of an account on AWS is meant
    os.environ |= {
        "AWS_ENDPOINT_URL": described["aws_endpoint"],
        "AWS_REGION": described["region"],
        "AWS_DEFAULT_REGION": described["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": f"127.0.0.1,{os.environ.get('NO_PROXY', '')}",
    }
    functions = described["functions"]
    return Deployment(
        described["tables"]["Table"],
        functions["inbound_webhook"],
        described["region"],
        functions.get("cost_rollup", ""),
        described.get("api_url", ""),
        described.get("channel_secrets_prefix", ""),
        described.get("contact_key_secret", ""),
        Simulator(described["bsp_url"], file.with_name("bsp.json")) if "bsp_url" in described else None,
        described.get("queues", {}),
    )


def _on_aws(stack: str) -> Deployment:
    try:
        session = boto3.Session()
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            raise WronglyAsked(f"There is no stack {stack} in this account and region.") from None
        raise Failed(f"The stack cannot be read: {error}") from None
    except BotoCoreError as error:
        raise Failed(f"The stack cannot be read: {error}") from None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    if not {"TableName", "InboundWebhookName"} <= outputs.keys():
        raise WronglyAsked(f"{stack} is no stack of gate24: it has no outputs TableName and InboundWebhookName.")
    return Deployment(
        outputs["TableName"],
        outputs["InboundWebhookName"],
        session.region_name,
        outputs.get("CostRollupName", ""),
        outputs.get("ApiUrl", ""),
        outputs.get("ChannelSecretsPrefix", ""),
        outputs.get("ContactKeySecretArn", ""),
        queues={name: outputs[output] for name, output in QUEUES.items() if output in outputs},
        user_pool=outputs.get("UserPoolId", ""),
    )
