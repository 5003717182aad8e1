"""What a browser's push service is shown: who calls, signed (VAPID, RFC 8292), and for how long a push is of use. Pure.

A push has no content: the service, which is somebody else's, learns that there is one and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit

TOKEN_SECONDS = 12 * 3600
"""How long what is signed holds; a push service takes none of more than 24 hours (RFC 8292, 2)."""

_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""How such a key begins whatever its point is (RFC 5480)."""
_POINT_BYTES, _UNCOMPRESSED = 65, 4
_NUMBER_BYTES = 32
_TOPIC = "gate24-closing"
"""Of what was not delivered yet, the latest push alone (RFC 8030, 5.4)."""


def application_server_key(public_key: bytes) -> str:
    """What a browser subscribes with (``applicationServerKey``). ``public_key``: of P-256, as DER
    (``SubjectPublicKeyInfo``). ValueError where it is of another kind."""
    head, point = public_key[: len(_HEAD)], public_key[len(_HEAD) :]
    if head != _HEAD or len(point) != _POINT_BYTES or point[0] != _UNCOMPRESSED:
        raise ValueError("This is no public key of P-256.")
    return _text(point)


def unsigned_token(endpoint: str, subject: str, expires_at: int) -> str:
    """What is to be signed by ES256, for the origin of the endpoint. ``subject``: whom its owner asks about a push, as
    ``mailto:`` or ``https:``. ``expires_at``: epoch seconds."""
    head = {"typ": "JWT", "alg": "ES256"}
    claims = {"aud": origin(endpoint), "exp": expires_at, "sub": subject}
    return ".".join(_text(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))


def signed_token(unsigned: str, signature: bytes) -> str:
    """``signature``: of ECDSA, as DER; a token has its two numbers one after the other (RFC 7518, 3.4)."""
    r_end = 4 + signature[3]
    numbers = (signature[4:r_end], signature[r_end + 2 :])
    return (
        f"{unsigned}.{_text(b''.join(int.from_bytes(each, 'big').to_bytes(_NUMBER_BYTES, 'big') for each in numbers))}"
    )


def push_headers(token: str, key: str, useful_seconds: int) -> Mapping[str, str]:
    """``key``: as ``application_server_key`` gives it. ``useful_seconds``: so long the service tries to deliver it."""
    return {
        "Authorization": f"vapid t={token}, k={key}",
        "TTL": str(max(0, useful_seconds)),
        "Urgency": "high",
        "Topic": _TOPIC,
    }


def origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def device_name(endpoint: str) -> str:
    """By what a subscription is known outside: its address lets whoever has it push."""
    return hashlib.sha256(endpoint.encode()).hexdigest()[:32]


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
