"""Seeds the local stack with the demo: two separate organizations, and conversations in the first.

Configuration is written with the functions' store. Everything else goes over HTTP as in production: contacts write
through the BSP simulator, staff call the API.
"""

from __future__ import annotations

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import boto3
from botocore.config import Config

from demo_data import CHANNELS, CONTACTS, MEMBERS, ORGANIZATIONS, TEMPLATES
from gate24 import clock
from gate24.channels import Channel, Organization
from gate24.members import ROLES, Member
from gate24.rules.consent import DEFAULT_OPT_IN, DEFAULT_OPT_OUT
from gate24.store import api_keys, members, organizations, templates
from gate24.store.api_keys import KeyHolder
from gate24.store.aws import connect_store
from gate24.templates import Template
from stack.settings import Settings

HOUR = 3600


def seed(stack: dict[str, Any]) -> list[dict[str, Any]]:
    """Needs the environment variables of a function. Returns the ``organizations`` of ``stack.json``."""
    connect_store()
    seeded = [_organization(each, stack) for each in ORGANIZATIONS]
    simulated = [channel for organization in seeded for channel in organization.pop("simulated")]
    _write_simulator(Settings.from_env().bsp_file, simulated)
    for each in MEMBERS:
        _add_member(each, seeded[0]["id"])
    for organization in seeded:
        for channel in organization["channels"]:
            _put_templates(organization, channel)
    for contact in CONTACTS:
        _converse(stack, seeded[0], contact)
    _roll_up(stack, seeded[0])
    return seeded


def _organization(facts: dict[str, Any], stack: dict[str, Any]) -> dict[str, Any]:
    organization = Organization(
        *(facts["id"], facts["name"], facts["timezone"], facts["currency"], DEFAULT_OPT_OUT, DEFAULT_OPT_IN),
        retention_days=None,  # what people write is kept FOREVER: decide it for each organization of yours
        events_since=clock.now_ms(),  # GET /v1/events has everything from the first message on
    )
    organizations.put_organization(organization)
    api_key = f"g24_{secrets.token_urlsafe(32)}"
    api_keys.put(api_key, KeyHolder(facts["id"], "demo", frozenset({"read", "send", "admin"})))
    channels = [_channel(channel, facts["id"], stack) for channel in CHANNELS[facts["id"]]]
    return {
        "id": facts["id"],
        "api_key": api_key,
        "timezone": facts["timezone"],
        "currency": facts["currency"],
        "channels": [described for described, _ in channels],
        "simulated": [simulated for _, simulated in channels],
    }


def _add_member(facts: dict[str, str], organization_id: str) -> None:
    role = next(role for role in ROLES if role == facts["role"])
    members.add(Member(organization_id, facts["email"], facts["name"], role, clock.now_ms()))


def _channel(
    facts: dict[str, Any], organization_id: str, stack: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Stores the channel. Returns it as ``stack.json`` describes it, and as the simulator's configuration has it."""
    organizations.put_channel(Channel(organization_id=organization_id, api_base=stack["bsp_url"], **facts))
    token, app_secret, verify_token, api_key = (secrets.token_urlsafe(24) for _ in range(4))
    is_meta = facts["provider"] == "meta"
    _put_secret(
        facts["id"],
        {
            "api_key": api_key,
            "webhook_tokens": [] if is_meta else [token],
            "app_secrets": [app_secret] if is_meta else [],
            "verify_tokens": [verify_token] if is_meta else [],
        },
    )
    public = {name: value for name, value in facts.items() if name != "pair_limit"}
    shared = {**public, "webhook_url": f"{stack['api_url']}/webhooks/{facts['provider']}/{facts['id']}"}
    webhook_secrets = {"app_secret": app_secret, "verify_token": verify_token} if is_meta else {"webhook_token": token}
    simulated = {**shared, **webhook_secrets, ("access_token" if is_meta else "api_key"): api_key}
    simulated["templates"] = [_as_listed(template, facts["id"]) for template in TEMPLATES]
    return {**shared, **webhook_secrets}, simulated


def _as_listed(template: dict[str, Any], channel_id: str) -> dict[str, Any]:
    """The template as an entry of Gupshup's template list."""
    return {
        "id": bsp_template_id(template, channel_id),
        "elementName": template["name"],
        "languageCode": template["language"],
        "category": template["category"].upper(),
        "status": template["status"].upper(),
        "templateType": (template["media"] or "text").upper(),
        "data": template["body"],
    }


def bsp_template_id(template: dict[str, Any], channel_id: str) -> str:
    return f"{channel_id}-{template['name']}-{template['language']}"


def _put_secret(channel_id: str, body: dict[str, Any]) -> None:
    client = boto3.client("secretsmanager")
    name = f"{os.environ['CHANNEL_SECRETS_PREFIX']}{channel_id}"
    text = json.dumps(body)
    try:
        client.create_secret(Name=name, SecretString=text)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=name, SecretString=text)


def _write_simulator(path: Path, channels: list[dict[str, Any]]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"channels": channels}, indent=2))
    partial.replace(path)
    time.sleep(0.2)


def _put_templates(organization: dict[str, Any], channel: dict[str, Any]) -> None:
    for template in TEMPLATES:
        own = {"channel_id": channel["id"], "bsp_template_id": bsp_template_id(template, channel["id"])}
        templates.enter(organization["id"], Template(**template, **own))


def _converse(stack: dict[str, Any], organization: dict[str, Any], contact: dict[str, Any]) -> None:
    path = f"/v1/contacts/{contact['phone'].removeprefix('+')}"
    if "opt_in" in contact:
        call(stack, organization, "POST", f"{path}/consents", {"action": "opt_in", **contact["opt_in"]})
    if "wrote" in contact:
        now = time.time()
        _post(f"{stack['bsp_url']}/_sim/inbound", _inbound(contact, now))
    for body, outcome in contact.get("sent", ()):
        if outcome:
            match = {"destination": contact["phone"].removeprefix("+")}
            _post(f"{stack['bsp_url']}/_sim/script", {**outcome, "match": match})
        message = {"to": contact["phone"], "channel": contact["channel"], **body}
        call(stack, organization, "POST", "/v1/messages", message)
    if "blocked" in contact:
        call(stack, organization, "PUT", f"{path}/block", {"reason": contact["blocked"]})


def _inbound(contact: dict[str, Any], now: float) -> dict[str, Any]:
    """The body of ``POST /_sim/inbound`` with all that the contact wrote, oldest first. ``now``: epoch seconds."""
    messages = [
        {"timestamp": int((now - hours * HOUR) * 1000), ("text" if isinstance(said, str) else "payload"): said}
        for hours, said in contact["wrote"]
    ]
    return {
        "channel_id": contact["channel"],
        "from": contact["phone"],
        "name": contact["name"],
        "messages": messages,
    }


def _roll_up(stack: dict[str, Any], organization: dict[str, Any]) -> None:
    """Rolls up the older days of the demo, and today. The schedule does the days between."""
    client = boto3.client("lambda", config=Config(read_timeout=60))
    today = datetime.now(ZoneInfo(organization["timezone"])).date()
    for first, last in ((20, 10), (0, 0)):
        event = {
            "organization": organization["id"],
            "from": (today - timedelta(days=first)).isoformat(),
            "to": (today - timedelta(days=last)).isoformat(),
        }
        client.invoke(
            FunctionName=stack["functions"]["cost_rollup"], Qualifier="live", Payload=json.dumps(event).encode()
        )


def call(stack: dict[str, Any], organization: dict[str, Any], method: str, path: str, body: dict[str, Any]) -> None:
    """Calls the API. Refusals and unknown outcomes are part of the demo; any other failure raises RuntimeError."""
    headers = {"Authorization": f"Bearer {organization['api_key']}", "Idempotency-Key": secrets.token_hex(8)}
    _post(f"{stack['api_url']}{path}", body, method, headers)


def _post(url: str, body: dict[str, Any], method: str = "POST", headers: dict[str, str] | None = None) -> None:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        urllib.request.urlopen(request, timeout=60).read()
    except urllib.error.HTTPError as error:
        if error.code not in (403, 409, 504):
            raise RuntimeError(f"{method} {url} answered {error.code}: {error.read().decode()[:1000]}") from None
