"""Secrets and signatures of webhooks out: Standard Webhooks (standardwebhooks.com, read 2026-11), and the providers'
own for bodies that are passed on. Pure."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

SECRET_PREFIX = "whsec_"


def secret_of(key: bytes, organization_id: str, subscription_id: str, generation: str) -> str:
    """The secret of a subscription, derived from the key: nothing secret is stored. 32 bytes; the standard asks for 24
    to 64."""
    text = f"webhook\0{organization_id}\0{subscription_id}\0{generation}".encode()
    return SECRET_PREFIX + b64encode(hmac.new(key, text, sha256).digest()).decode()


def standard_headers(secrets: Sequence[str], event_id: str, at_seconds: int, body: bytes) -> dict[str, str]:
    """The standard's headers, with one signature for each secret."""
    signed = f"{event_id}.{at_seconds}.".encode() + body
    macs = (hmac.new(b64decode(each.removeprefix(SECRET_PREFIX)), signed, sha256).digest() for each in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": " ".join(f"v1,{b64encode(mac).decode()}" for mac in macs),
    }


def provider_headers(provider_name: str, secret: str, body: bytes) -> dict[str, str]:
    """What the provider would prove its webhook by, with the subscription's secret, as it was shown, in place of the
    app secret or the token."""
    if provider_name == "meta":
        return {"x-hub-signature-256": f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"}
    return {"x-webhook-token": secret}
