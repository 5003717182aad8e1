"""Deploys the built template to MiniStack with ``sam deploy``, and reads the deployed stack's properties."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

import boto3

from stack.build import ARTIFACT
from stack.progress import StartError
from stack.settings import ARCHITECTURE, REGION, ROOT, RUNTIME, STAGE, Settings

STACK_NAME = "gate24-local"
_PARAMETERS = {
    "Stage": STAGE,
    "PythonRuntime": RUNTIME,
    "Architecture": ARCHITECTURE,
    "DeletionProtection": "false",
    "AllowLoopbackEndpoints": "true",
    "LogRetentionDays": "1",
    "OidcClientId": "gate24-console",
    "MailSender": "gate24@example.org",
}

_PUSH_KEY = "alias/gate24-push"

_SAM_DEPLOY = (
    *("sam", "deploy"),
    *("--config-file", str(ROOT / "samconfig.toml")),
    *("--config-env", "local"),
    *("--template-file", str(ARTIFACT / "template.yaml")),
)


def client(service: str, settings: Settings) -> Any:
    """A boto3 client for MiniStack."""
    return boto3.client(  # type: ignore[call-overload]  # the stubs take only a service named literally
        service,
        endpoint_url=settings.aws_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def deploy(settings: Settings) -> None:
    """Deploy the built template. Raises StartError with the end of SAM's output."""
    parameters = _PARAMETERS | {"OidcIssuer": settings.oidc_url, "PushKeyArn": _push_key(settings)}
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    with settings.deploy_log.open("wb") as output:
        deployed = subprocess.run(
            [*_SAM_DEPLOY, "--parameter-overrides", *overrides],
            cwd=ROOT,
            env=settings.aws_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if deployed.returncode != 0:
        raise StartError(
            f"sam deploy failed. The end of {settings.deploy_log}:\n{settings.deploy_log.read_text()[-3000:]}"
        )


def _push_key(settings: Settings) -> str:
    """The ARN of what an operator makes in KMS once, so that browsers can be told."""
    kms = client("kms", settings)
    try:
        found = kms.describe_key(KeyId=_PUSH_KEY)
    except kms.exceptions.NotFoundException:
        found = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        kms.create_alias(AliasName=_PUSH_KEY, TargetKeyId=found["KeyMetadata"]["KeyId"])
    return str(found["KeyMetadata"]["Arn"])


def verify_sender(settings: Settings) -> None:
    """What an operator does in SES once, so that mails to staff can be sent: here they stay in MiniStack."""
    sender = _PARAMETERS["MailSender"]
    client("sesv2", settings).create_email_identity(EmailIdentity=sender)


def outputs(settings: Settings) -> dict[str, str]:
    """The stack's outputs by name."""
    stacks = client("cloudformation", settings).describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def physical_ids(settings: Settings) -> dict[str, str]:
    """The physical ids of the stack's resources by logical id."""
    found = client("cloudformation", settings).describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return {resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "") for resource in found}


def function_environment(settings: Settings, function: str) -> Mapping[str, str]:
    """The environment variables of a deployed function."""
    configuration = client("lambda", settings).get_function_configuration(FunctionName=function)
    variables: Mapping[str, str] = configuration["Environment"]["Variables"]
    return variables
