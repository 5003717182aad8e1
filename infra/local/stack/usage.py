"""The lines that a started stack prints, ready to be pasted."""

from __future__ import annotations

from typing import Any

from stack.settings import Settings

_CONTACT = "+919876543210"


def usage(stack: dict[str, Any], settings: Settings) -> str:
    """How to use the stack: the console's address and curl lines for the first organization."""
    lines = [f"Console   {stack['console_url']}", f"API       {stack['api_url']}", f"Described {settings.stack_file}"]
    if stack["organizations"]:
        lines += ["", *_session(stack)]
    return "\n".join(lines) + "\n"


def _session(stack: dict[str, Any]) -> list[str]:
    organization = stack["organizations"][0]
    channel = organization["channels"][0]
    headers = f"-H 'Authorization: Bearer {organization['api_key']}' -H 'Content-Type: application/json'"
    api, bsp = stack["api_url"], stack["bsp_url"]
    return [
        f"# {organization['id']}'s key, for the console too: {organization['api_key']}",
        "# A contact writes, which opens the window:",
        f"curl -s '{bsp}/_sim/inbound' -H 'Content-Type: application/json' \\",
        f'  -d \'{{"channel_id": "{channel["id"]}", "from": "{_CONTACT}", "text": "Hello"}}\'',
        "# The reply passes the gate:",
        f"curl -s '{api}/v1/messages' {headers} \\",
        '  -H "Idempotency-Key: $(date +%s%N)" \\',
        f'  -d \'{{"to": "{_CONTACT}", "channel": "{channel["id"]}", "type": "text", '
        f'"text": {{"body": "How can we help?"}}}}\'',
        "# The conversation:",
        f"curl -s '{api}/v1/contacts/%2B{_CONTACT[1:]}/messages' {headers}",
        "# The costs of these days:",
        f"curl -s '{api}/v1/costs/daily?from='$(date +%F)'&to='$(date +%F) {headers}",
    ]
