"""The usage lines that ``make start`` prints, ready to paste into a shell."""

from __future__ import annotations

import os
import shlex
from typing import Any

from stack.settings import DEFAULT_FOLDER, ROOT, Settings

_CONTACT = "+919876543210"


def usage(stack: dict[str, Any], settings: Settings) -> str:
    """The console's address, and curl commands for the first organization."""
    lines = [f"Console   {stack['console_url']}", f"API       {stack['api_url']}", f"Details   {settings.stack_file}"]
    if "oidc" in stack:
        lines += [f"Sign in   {_signing_in(stack['oidc'])}"]
    if stack["organizations"]:
        lines += ["", *_session(stack, settings)]
    return "\n".join(lines) + "\n"


def _signing_in(oidc: dict[str, Any]) -> str:
    who = ", ".join(f"{each['email']} ({each['role']})" for each in oidc["members"])
    return f"with one click in the console: {who}"


def _session(stack: dict[str, Any], settings: Settings) -> list[str]:
    organization = stack["organizations"][0]
    channel = organization["channels"][0]["id"]
    key = '-H "Authorization: Bearer $KEY"'
    json = "-H 'Content-Type: application/json'"
    inbound = f'{{"channel_id": "{channel}", "from": "{_CONTACT}", "text": "Hello"}}'
    reply = f'{{"to": "{_CONTACT}", "channel": "{channel}", "type": "text", "text": {{"body": "How can we help?"}}}}'
    today = f"$(TZ={organization['timezone']} date +%F)"
    folder = os.path.relpath(settings.folder, ROOT)
    of_this_stack = "" if folder == DEFAULT_FOLDER else f" GATE24_STATE_DIR={shlex.quote(folder)}"
    return [
        f"API={stack['api_url']}",
        f"BSP={stack['bsp_url']}",
        f"KEY={organization['api_key']}  # of {organization['id']}; for software; the console takes it, too",
        "# A contact writes, which opens the window:",
        f"curl -s \"$BSP/_sim/inbound\" {json} -d '{inbound}'",
        "# The reply passes the gate:",
        f'curl -s "$API/v1/messages" {key} {json} -H "Idempotency-Key: $(date +%s)" -d \'{reply}\'',
        "# The conversation:",
        f'curl -s "$API/v1/contacts/{_CONTACT}/messages" {key}',
        "# What today costs. A day is the organization's own, and is computed every hour, or now:",
        f"make -s rollup{of_this_stack}",
        f'curl -s "$API/v1/costs/daily?from={today}&to={today}" {key}',
    ]
