"""The running stack, as ``stack.json`` describes it: ``make env`` and ``make rollup``."""

from __future__ import annotations

import json
import os
import shlex
import sys
from typing import Any

import boto3

from stack.settings import Settings


def described(settings: Settings) -> dict[str, Any]:
    """The stack's description; SystemExit that says what to do where none runs."""
    if not settings.stack_file.exists():
        raise SystemExit("No stack is running here. Start it first: make start")
    stack: dict[str, Any] = json.loads(settings.stack_file.read_text())
    return stack


def env(stack: dict[str, Any]) -> str:
    """Shell variables for the first organization: API, BSP, KEY, CHANNEL."""
    organization = stack["organizations"][0]
    variables = {
        "API": stack["api_url"],
        "BSP": stack["bsp_url"],
        "KEY": organization["api_key"],
        "CHANNEL": organization["channels"][0]["id"],
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def rollup(stack: dict[str, Any], settings: Settings) -> str:
    """Runs the cost rollup as the schedule would; what it says."""
    os.environ.update(settings.aws_environment())
    client = boto3.client("lambda", endpoint_url=stack["aws_endpoint"], region_name=stack["region"])
    answer = client.invoke(FunctionName=stack["functions"]["cost_rollup"], Payload=b"{}")
    return str(answer["Payload"].read().decode())


def main() -> int:
    settings = Settings.from_env()
    stack = described(settings)
    print(env(stack) if sys.argv[1:] == ["env"] else rollup(stack, settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
