"""ID tokens of an OIDC issuer (OpenID Connect Core 1.0, 3.1.3.7, read 2026-11): whose address they vouch for.

The issuer's keys are read from its discovery document's ``jwks_uri`` and remembered. No token goes into a log.
"""

from __future__ import annotations

import json
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

import urllib3
from jwt import PyJWS
from jwt import decode as read_claims
from jwt.exceptions import PyJWTError

from gate24 import snapshot
from gate24.lazy_dataclass import dataclass
from gate24.providers.rs256 import RS256

if TYPE_CHECKING:
    from jwt.types import Options

LEEWAY_SECONDS = 30
"""How far the issuer's clock may be from this one."""

KEYS_SECONDS = 3600.0
"""How long the issuer's keys are taken as they were read."""

KEYS_STALE_SECONDS = 24 * 3600.0
"""How long where it cannot be asked anew."""

ASKED_AGAIN_SECONDS = 30.0
"""After an answer, or none, it is not asked again for so long: a token may name any key."""

TOKEN_LETTERS = 16_384
"""API Gateway takes headers of 10 KB in all."""

_ANSWER_BYTES = 512 * 1024
_DISCOVERY = "/.well-known/openid-configuration"
_CLAIMS: Options = {
    "verify_signature": False,  # it is verified before
    "verify_exp": True,
    "verify_nbf": True,
    "verify_iat": True,
    "verify_aud": True,
    "verify_iss": True,
    "verify_sub": True,
    "require": ["iss", "aud", "exp", "iat", "sub"],
}
_ALGORITHM = "RS256"


class TokenRefused(Exception):
    """Why the token proves nothing, in a word for the log."""


class IssuerUnreachable(Exception):
    """The issuer's keys are not known, and cannot be asked for: whose token it is cannot be told."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """``url``: as its tokens name it. ``client_id``: for whom a token must be. ``trusts_email``: whether an address
    counts that the issuer says nothing about; one that it says is not verified never does."""

    url: str
    client_id: str
    trusts_email: bool = False


class _Keys:
    """The issuer's public keys, by their ids."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()
        snapshot.not_kept(self.forget)

    def forget(self) -> None:
        self._url = ""
        self._keys: dict[str, str] = {}
        self._read_at = self._asked_at = float("-inf")

    def get(self, issuer: str, key_id: str | None) -> str | None:
        """The key (JSON); without an id the only one. None if it has none. IssuerUnreachable as said there."""
        with self._lock:
            if self._url != issuer:
                self.forget()
                self._url = issuer
            found = self._find(key_id)
            is_old = monotonic() - self._read_at >= KEYS_SECONDS
            if (found is None or is_old) and monotonic() - self._asked_at >= ASKED_AGAIN_SECONDS:
                self._read()
                found = self._find(key_id)
            if not self._keys:
                raise IssuerUnreachable
            return found

    def _find(self, key_id: str | None) -> str | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _read(self) -> None:
        """Where the issuer does not answer, the keys from before are kept for a while."""
        self._asked_at = monotonic()
        try:
            keys = _signing_keys(self._url)
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError, AttributeError):
            keys = {}
        if keys:
            self._keys, self._read_at = keys, monotonic()
        elif monotonic() - self._read_at >= KEYS_STALE_SECONDS:
            self._keys = {}


_keys = _Keys()


def forget() -> None:
    """Forgets the keys (tests)."""
    _keys.forget()


def email_of(token: str, issuer: Issuer) -> str:
    """The verified e-mail address of whoever the token is about. TokenRefused, IssuerUnreachable."""
    if len(token) > TOKEN_LETTERS:
        raise TokenRefused("too_long")
    claims = _verified(token, issuer)
    if "azp" in claims and claims["azp"] != issuer.client_id:
        raise TokenRefused("authorized_party")
    email, is_verified = claims.get("email"), claims.get("email_verified", issuer.trusts_email)
    if not isinstance(email, str) or not email:
        raise TokenRefused("no_email")
    if is_verified is not True and is_verified != "true":
        raise TokenRefused("email_not_verified")
    return email


def _verified(token: str, issuer: Issuer) -> dict[str, Any]:
    jws = PyJWS(algorithms=[])
    jws.register_algorithm(_ALGORITHM, RS256())
    try:
        header = jws.get_unverified_header(token)
        if header.get("alg") != _ALGORITHM:  # none, and HS256 with a public key as the secret
            raise TokenRefused("algorithm")
        key = _keys.get(issuer.url, header.get("kid"))
        if key is None:
            raise TokenRefused("unknown_key")
        jws.decode_complete(token, key, algorithms=[_ALGORITHM])
        return read_claims(
            token,
            options=_CLAIMS,
            audience=issuer.client_id,
            issuer=issuer.url,
            leeway=LEEWAY_SECONDS,
        )
    except PyJWTError as error:
        raise TokenRefused(type(error).__name__) from None


def _signing_keys(issuer: str) -> dict[str, str]:
    """By their ids, those with which it may sign tokens."""
    with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2.0, read=3.0)) as pool:
        document = _json(pool, issuer.rstrip("/") + _DISCOVERY)
        if document["issuer"] != issuer:  # OpenID Connect Discovery 1.0, 4.3
            raise ValueError("another issuer")
        address = str(document["jwks_uri"])
        if issuer.startswith("https://") and not address.startswith("https://"):
            raise ValueError("keys without TLS")
        found = _json(pool, address)["keys"]
    return {str(each.get("kid")): json.dumps(each) for each in found if _may_sign(each)}


def _may_sign(key: dict[str, Any]) -> bool:
    return key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("alg", _ALGORITHM) == _ALGORITHM


def _json(pool: urllib3.PoolManager, address: str) -> Any:
    with pool.request("GET", address, preload_content=False, headers={"Accept": "application/json"}) as answer:
        body = answer.read(_ANSWER_BYTES + 1)
        if answer.status != 200 or len(body) > _ANSWER_BYTES:
            raise ValueError("no answer to be used")
        return json.loads(body)
