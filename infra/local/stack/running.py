"""Commands for the running stack: ``make env`` and ``make rollup``."""

from __future__ import annotations

import json
import os
import shlex
import sys
from typing import Any

import boto3

from stack.settings import Settings


def description(settings: Settings) -> dict[str, Any]:
    """The running stack's ``stack.json``. Exits with advice if no stack is running."""
    if not settings.stack_file.exists():
        raise SystemExit("No stack is running here. Start it first: make start")
    stack: dict[str, Any] = json.loads(settings.stack_file.read_text())
    return stack


def env(stack: dict[str, Any]) -> str:
    """Shell commands that set API, BSP, KEY and CHANNEL for the first organization."""
    organization = stack["organizations"][0]
    variables = {
        "API": stack["api_url"],
        "BSP": stack["bsp_url"],
        "KEY": organization["api_key"],
        "CHANNEL": organization["channels"][0]["id"],
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def rollup(stack: dict[str, Any], settings: Settings) -> str:
    """Invokes the cost rollup as the schedule does. Returns its answer."""
    os.environ.update(settings.aws_environment())
    client = boto3.client("lambda", endpoint_url=stack["aws_endpoint"], region_name=stack["region"])
    answer = client.invoke(FunctionName=stack["functions"]["cost_rollup"], Qualifier="live", Payload=b"{}")
    return str(answer["Payload"].read().decode())


def main() -> int:
    settings = Settings.from_env()
    stack = description(settings)
    print(env(stack) if sys.argv[1:] == ["env"] else rollup(stack, settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
