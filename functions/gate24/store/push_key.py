"""The key by which push services know this installation: a key pair in AWS KMS, which alone has its private half."""

from __future__ import annotations

from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from gate24.observability import logger
from gate24.rules.web_push import TOKEN_SECONDS, application_server_key, origin, signed_token, unsigned_token
from gate24.settings import settings
from gate24.store.aws import kms
from gate24.timed_cache import TimedCache

_tokens: TimedCache[str] = TimedCache(TOKEN_SECONDS / 2)


class NoPushKey(Exception):
    """The key could not be used now."""


@cache
def public_key() -> str:
    """What a browser subscribes with. NoPushKey where it cannot be read."""
    key = settings().push_key
    try:
        return application_server_key(kms().get_public_key(KeyId=key)["PublicKey"])
    except (ClientError, BotoCoreError, ValueError) as error:
        raise _not_used("GetPublicKey", error) from None


def token(endpoint: str, now: int) -> str:
    """What the endpoint's push service is shown; signed once for hours. ``now``: epoch ms. NoPushKey."""
    return _tokens.get(origin(endpoint), lambda: _signed(endpoint, now))


def _signed(endpoint: str, now: int) -> str:
    sender = settings().mail_sender
    subject = f"mailto:{sender}" if sender else settings().console_url
    unsigned = unsigned_token(endpoint, subject, now // 1000 + TOKEN_SECONDS)
    try:
        answer = kms().sign(
            KeyId=settings().push_key,
            Message=unsigned.encode(),
            MessageType="RAW",
            SigningAlgorithm="ECDSA_SHA_256",
        )
    except (ClientError, BotoCoreError) as error:
        raise _not_used("Sign", error) from None
    return signed_token(unsigned, answer["Signature"])


def forget() -> None:
    """Reads and signs anew from now on."""
    public_key.cache_clear()
    _tokens.clear()


def _not_used(operation: str, error: Exception) -> NoPushKey:
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else type(error).__name__
    logger.error("push_key_not_used", extra={"operation": operation, "code": code})
    return NoPushKey(operation)
