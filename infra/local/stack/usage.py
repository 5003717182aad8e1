"""The usage lines that ``make start`` prints, ready to paste into a shell."""

from __future__ import annotations

from typing import Any

from stack.settings import Settings

_CONTACT = "+919876543210"


def usage(stack: dict[str, Any], settings: Settings) -> str:
    """The console's address, and curl commands for the first organization."""
    lines = [f"Console   {stack['console_url']}", f"API       {stack['api_url']}", f"Details   {settings.stack_file}"]
    if stack["organizations"]:
        lines += ["", *_session(stack)]
    return "\n".join(lines) + "\n"


def _session(stack: dict[str, Any]) -> list[str]:
    organization = stack["organizations"][0]
    channel = organization["channels"][0]["id"]
    key = '-H "Authorization: Bearer $KEY"'
    json = "-H 'Content-Type: application/json'"
    inbound = f'{{"channel_id": "{channel}", "from": "{_CONTACT}", "text": "Hello"}}'
    reply = f'{{"to": "{_CONTACT}", "channel": "{channel}", "type": "text", "text": {{"body": "How can we help?"}}}}'
    return [
        f"API={stack['api_url']}",
        f"BSP={stack['bsp_url']}",
        f"KEY={organization['api_key']}  # of {organization['id']}; the console asks for it",
        "# A contact writes, which opens the window:",
        f"curl -s \"$BSP/_sim/inbound\" {json} -d '{inbound}'",
        "# The reply passes the gate:",
        f'curl -s "$API/v1/messages" {key} {json} -H "Idempotency-Key: $(date +%s)" -d \'{reply}\'',
        "# The conversation, and the costs of these days:",
        f'curl -s "$API/v1/contacts/{_CONTACT}/messages" {key}',
        f'curl -s "$API/v1/costs/daily?from=$(date +%F)&to=$(date +%F)" {key}',
    ]
