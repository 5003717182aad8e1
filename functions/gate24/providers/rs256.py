"""RS256, by which issuers sign ID tokens: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2), verifying alone.

The library for it, ``cryptography``, would nearly double every function's artifact (14 MB) for one operation on public
numbers. As the RFC says, the one right encoding is made and compared, so that nothing of a signature is parsed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from jwt.algorithms import Algorithm
from jwt.exceptions import InvalidKeyError
from jwt.utils import base64url_decode

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 without the hash (RFC 8017, 9.2, note 1)."""

_BITS_LEAST, _BITS_MOST = 2048, 8192
_EXPONENT_MOST = 2**32


class RS256(Algorithm):
    """PyJWT's own needs ``cryptography``. A key is an RSA key of a JWK set as JSON."""

    def prepare_key(self, key: Any) -> tuple[int, int]:
        """Modulus and exponent; InvalidKeyError where they are none that anybody should trust."""
        jwk = json.loads(key)
        try:
            modulus, exponent = (int.from_bytes(base64url_decode(jwk[name])) for name in ("n", "e"))
        except (KeyError, TypeError, ValueError):
            raise InvalidKeyError("no RSA key") from None
        is_strong = _BITS_LEAST <= modulus.bit_length() <= _BITS_MOST and modulus % 2 == 1
        if not is_strong or not 3 <= exponent < _EXPONENT_MOST or exponent % 2 == 0:
            raise InvalidKeyError("no RSA key to be trusted")
        return modulus, exponent

    def verify(self, msg: bytes, key: tuple[int, int], sig: bytes) -> bool:
        modulus, exponent = key
        length = (modulus.bit_length() + 7) // 8
        number = int.from_bytes(sig)
        if len(sig) != length or number >= modulus:
            return False
        info = _SHA256 + hashlib.sha256(msg).digest()
        wanted = b"\x00\x01" + b"\xff" * (length - len(info) - 3) + b"\x00" + info
        return hmac.compare_digest(pow(number, exponent, modulus).to_bytes(length), wanted)

    def sign(self, msg: bytes, key: Any) -> bytes:
        raise NotImplementedError("gate24 signs no tokens")

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        raise NotImplementedError
