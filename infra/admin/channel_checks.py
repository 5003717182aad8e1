"""What ``doctor`` looks at of a channel: secrets, settings, provider, templates, and its webhook by a probe."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets as random
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from gate24 import clock
from gate24.channels import Channel, ChannelSecrets
from gate24.providers import provider
from gate24.providers.meta import API_VERSION
from gate24.providers.webhook_setup import webhook_url
from gate24.rules.channel_secrets import KINDS
from gate24.store import templates, unrecognized
from gate24.store.secrets import channel_secrets
from infra.admin import web
from infra.admin.checks import Check, Found, fault, ok, unknown
from infra.admin.deployment import Deployment
from infra.admin.stack_checks import Health

PROBE = "gate24_probe"
"""What a probe calls itself. No provider tells of such a thing, so it is kept as unrecognized and is nobody's."""

_MANAGEMENT = "whatsapp_business_management"

SEEN_SECONDS = 15.0
"""So long a probe is looked for; what could not be stored at once lies in the queue of parked events then."""


def channel_checks(here: Deployment, channel: Channel, health: Health, options: str = "") -> Iterator[Check]:
    """``health``: of its organization, already asked. ``options``: of gate24's own command, in what to do."""
    probe = Probe(here, channel)
    yield Check("secrets", partial(secrets, channel, health, options), channel.id)
    yield Check("settings", partial(settings, channel, health, options), channel.id)
    yield Check("provider", partial(reachable, here, channel, options), channel.id)
    if channel.provider == "meta":
        yield Check("handshake", partial(handshake, here, channel, options), channel.id)
    yield Check("webhook", probe.post, channel.id)
    yield Check("probe", probe.read_and_remove, channel.id)
    yield Check("templates", partial(approved_templates, here, channel, options), channel.id)


def secrets(channel: Channel, health: Health, options: str) -> Found:
    found = health.of("secrets", channel.id)
    if found is None:
        return ok("All that it needs are there.")
    missing = [name for name, kind in KINDS.items() if kind.field in found.missing]
    if found.status == "unknown":  # what is not there, no function will see
        own = channel_secrets(channel.id, may_be_stale=False)
        missing = [
            name
            for name, kind in KINDS.items()
            if channel.provider in kind.providers and not "".join(getattr(own, kind.field) or ())
        ]
    if missing:
        return fault(
            f"It has no {', no '.join(missing)}.",
            "; ".join(f"./gate24 secret set {channel.id} {name}{options}" for name in missing),
        )
    return found


def settings(channel: Channel, health: Health, options: str) -> Found:
    found = health.of("settings", channel.id)
    missing = [] if found is None else [each for each in found.missing if each in _OPTIONS]
    if found is not None and missing:
        return fault(found.message, "; ".join(_set(channel, each, options) for each in missing))
    return found or ok(f"{channel.business_number} at {channel.provider}, with the rate card {channel.rate_card}.")


_OPTIONS = {
    "app": "--app NAME",
    "phone_number_id": "--phone-number-id ID",
    "rate_card": "--rate-card CARD",
    "number": "--number NUMBER",
}
"""Of ``channel set``, by what ``/healthz`` calls the setting."""


def _set(channel: Channel, setting: str, options: str) -> str:
    return f"./gate24 channel set {channel.id} {_OPTIONS[setting]}{options}"


def reachable(here: Deployment, channel: Channel, options: str) -> Found:
    """The provider answers; as far as it can be told without sending, it takes the API key, too."""
    is_simulated = here.simulator is not None and channel.api_base == here.simulator.url
    name = "The simulator" if is_simulated else channel.api_base
    key = channel_secrets(channel.id, may_be_stale=False).api_key
    if channel.provider == "meta":
        path = f"/{API_VERSION}/{channel.phone_number_id}?fields=display_phone_number"
        headers = {"Authorization": f"Bearer {key}"}
    else:
        path, headers = f"/wa/app/{quote(channel.app or '', safe='')}/template", {"apikey": key}
    try:
        reply = web.ask("GET", f"{channel.api_base}{path}", headers)
    except web.NoAnswer as error:
        return fault(
            f"{name} does not answer: {error}",
            f"Look at the network, and at the address: ./gate24 channel show {channel.id}{options}",
        )
    if reply.status >= 500:
        return fault(f"{name} answers {reply.status}.", "Look whether the provider has an outage; ask again.")
    if channel.provider == "gupshup" and not is_simulated:
        # With the app's name instead of its id, which no channel has, nothing follows from a refusal.
        return ok(f"{name} answers; whether it takes the API key, ./gate24 templates sync tells.")
    if reply.status == 401:
        return fault(f"{name} refuses the API key.", f"./gate24 secret set {channel.id} api-key{options}")
    if channel.provider == "gupshup":
        return ok(f"{name} answers and takes the API key.")
    return _its_number(channel, name, reply, options)


def _its_number(channel: Channel, name: str, reply: web.Reply, options: str) -> Found:
    """Meta tells whose number the phone number ID is (Cloud API reference, phone numbers, read 2026-11)."""
    if reply.status == 403:  # the token may send without this permission
        return unknown(f"{name} answers, but the access token may not read the number: its app lacks {_MANAGEMENT}.")
    told = _json_object(reply.body).get("display_phone_number")
    if reply.status != 200 or not isinstance(told, str):
        return fault(
            f"{name} does not know the phone number ID {channel.phone_number_id} with this access token.",
            "Take both from the same app (App Dashboard, WhatsApp > API Setup), and a token with the permission "
            f"{_MANAGEMENT}: {_set(channel, 'phone_number_id', options)}; "
            f"./gate24 secret set {channel.id} api-key{options}",
        )
    if re.sub(r"\D", "", told) != channel.business_number.removeprefix("+"):
        return fault(
            f"The phone number ID {channel.phone_number_id} is of {told}, not of {channel.business_number}.",
            f"{_set(channel, 'phone_number_id', options)}, or {_set(channel, 'number', options)}",
        )
    return ok(f"{name} answers, takes the access token and knows the number.")


def handshake(here: Deployment, channel: Channel, options: str) -> Found:
    """As Meta asks when the webhook's URL is entered."""
    tokens = channel_secrets(channel.id, may_be_stale=False).verify_tokens
    if not tokens:
        return unknown("There is no verify token to show.")
    challenge = _letters()
    asked = urlencode({"hub.mode": "subscribe", "hub.verify_token": tokens[0], "hub.challenge": challenge})
    try:
        reply = web.ask("GET", f"{webhook_url(channel, here.api_url)}?{asked}", {})
    except web.NoAnswer as error:
        return _no_answer(here, channel, error)
    if reply.status != 200 or reply.body.decode("utf-8", "replace") != challenge:
        return fault(
            f"The webhook answers {reply.status} to its own verify token.",
            f"A new one is taken within a minute. If it stays: ./gate24 secret set {channel.id} verify-token{options}",
        )
    return ok("The webhook answers the challenge to its verify token.")


def approved_templates(here: Deployment, channel: Channel, options: str) -> Found:
    """Outside the window nothing else can be sent."""
    found = [each for each in templates.templates(channel.organization_id) if each.channel_id == channel.id]
    approved = sum(each.status == "approved" for each in found)
    others = sorted(f"{each.name} ({each.language}) is {each.status}" for each in found if each.status != "approved")
    if not approved:
        return fault(
            f"None of {len(found)} is approved, so nothing can be sent outside the window.",
            _how_to_enter_templates(here, channel, options),
        )
    return ok(f"{approved} approved{''.join(f'; {each}' for each in others[:3])}{' ...' if len(others) > 3 else ''}.")


def _how_to_enter_templates(here: Deployment, channel: Channel, options: str) -> str:
    sync, by_hand = f"./gate24 templates sync {channel.id}", "or one by PUT /v1/templates/{name}"
    if here.simulator is not None and channel.api_base == here.simulator.url:
        return f"Give the simulator some (docs/simulator.md), and enter them: {sync}; {by_hand}."
    account = " --waba-id WABA-ID" if channel.provider == "meta" else "" if channel.app_id else " --app-id APP-ID"
    return f"Enter what the provider has approved: {sync}{account}{options}; {by_hand}."


@dataclass(slots=True)
class Probe:
    """A webhook that the channel's own secret proves, and that tells of nobody: of a kind that no provider has, in
    letters alone, so that nothing in it could be a number. It is kept as unrecognized, read, and removed: no
    message, contact, cost or event of the feed ever comes of it."""

    here: Deployment
    channel: Channel
    name: str = field(default_factory=lambda: _letters())
    is_taken: bool = False

    def post(self) -> Found:
        """To the URL that the provider has."""
        body = json.dumps(self._body()).encode()
        proof = _proof(self.channel, channel_secrets(self.channel.id, may_be_stale=False), body)
        if proof is None:
            return unknown("There is no secret by which to prove a webhook.")
        url = webhook_url(self.channel, self.here.api_url)
        try:
            reply = web.ask("POST", url, {"Content-Type": "application/json", **proof}, body)
        except web.NoAnswer as error:
            return _no_answer(self.here, self.channel, error)
        self.is_taken = reply.status == 200
        if self.is_taken:
            return ok(f"{url} takes the channel's own secret.")
        message, what_to_do = _REFUSALS.get(reply.status, _OTHER_REFUSAL)
        return fault(f"{url} answers {reply.status}{message}.", what_to_do)

    def read_and_remove(self) -> Found:
        """From the table, where the function has put it."""
        if not self.is_taken:
            return unknown("It was not stored, because the webhook did not take it.")
        organization_id, until = self.channel.organization_id, time.monotonic() + SEEN_SECONDS
        while (position := self._position()) is None:
            if time.monotonic() > until:
                return fault(
                    f"The webhook took it, and it was not stored in {SEEN_SECONDS:g} s.",
                    "What is not stored is parked: look at the function inbound-webhook's log (event_parked says "
                    "why). Once stored, it is listed by ./gate24 unrecognized list for 30 days, and does nothing.",
                )
            time.sleep(0.2)
        unrecognized.remove(organization_id, position)
        if unrecognized.find(organization_id, position) is not None:
            return fault("It was stored and could not be taken away.", "Nothing: it goes by itself in 30 days.")
        return ok("It was stored, read and taken away again.")

    def _position(self) -> str | None:
        [told] = provider(self.channel.provider).parse(self._body(), clock.now_ms())
        raw = getattr(told.event, "raw", None)
        return unrecognized.position_told(self.channel.organization_id, self.channel.id, raw)

    def _body(self) -> dict[str, Any]:
        if self.channel.provider == "gupshup":
            return {"type": PROBE, "payload": {"id": self.name}}
        change = {"field": PROBE, "value": {"id": self.name}}
        return {"object": "whatsapp_business_account", "entry": [{"id": PROBE, "changes": [change]}]}


_REFUSALS = {
    401: (
        " to the channel's own secret",
        "A new secret is taken within a minute. If it stays, the functions read other secrets: deploy the stack again.",
    ),
    404: ("", "There is no such route: deploy the stack again."),
    429: (", because too much comes at once", "Raise WebhookRateLimit, or ask again later."),
    503: (", because it can neither store nor park", "Look for an outage of AWS, and at inbound-webhook's log."),
}
_OTHER_REFUSAL = ("", "Look at the log of the function inbound-webhook.")


def _proof(channel: Channel, secrets: ChannelSecrets, body: bytes) -> dict[str, str] | None:
    """The header by which the provider proves a webhook; None without a secret."""
    if channel.provider == "gupshup":
        return {"X-Webhook-Token": secrets.webhook_tokens[0]} if secrets.webhook_tokens else None
    if not secrets.app_secrets:
        return None
    digest = hmac.new(secrets.app_secrets[0].encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def _no_answer(here: Deployment, channel: Channel, error: web.NoAnswer) -> Found:
    return fault(
        f"Nothing answers at {webhook_url(channel, here.api_url)}: {error}",
        "Look at the network here, and at API Gateway in AWS: the provider cannot reach it either.",
    )


def _letters() -> str:
    return "".join(random.choice(string.ascii_lowercase) for _ in range(24))


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
