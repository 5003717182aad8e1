"""The web console: a page and its files, served by the API they talk to (HTTP API, payload format 2.0).

The page is the same at ``/console`` and ``/console/``, under any prefix: its links are relative and are written
for the path that was asked. The files live under ``/console/<version>/``, where the version is a hash of all of
them, so that a browser keeps them for good and a deployment never mixes two versions. The worker alone, which a browser
knows by its address, is at one that stays.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import os
from functools import cache
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
PAGE = "index.html"
WORKER = "push_worker.js"

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
}

_FILES = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("MEDIA_ORIGIN", "")
"""Where messages' files are: the bucket's host, which the local stack's buckets have in common."""

_ISSUER = os.environ.get("OIDC_ISSUER", "")
_CLIENT_ID = os.environ.get("OIDC_CLIENT_ID", "")


def _origin(address: str) -> str:
    return "/".join(address.split("/")[:3])


_SIGN_IN = " ".join(dict.fromkeys(filter(None, (_origin(_ISSUER), os.environ.get("OIDC_TOKEN_ORIGIN")))))
"""Where the page asks for ID tokens: the issuer, and its token endpoint where that is elsewhere."""

SECURITY_HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: {_FILES}".strip(),
            "media-src " + (_FILES or "'none'"),
            f"connect-src 'self' {_SIGN_IN}".strip(),
            "font-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
}

REVALIDATE = "no-cache"
FOREVER = "public, max-age=31536000, immutable"

Response = dict[str, Any]


@cache
def files() -> dict[str, bytes]:
    """Every file of the console by its path below ``static``: what is not in here does not exist."""
    return {
        path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in CONTENT_TYPES
    }


@cache
def version() -> str:
    """16 hexadecimal digits that change when any file does."""
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


@cache
def page(links: str) -> bytes:
    """The page with its ``./`` links starting at ``links`` instead, and with the issuer that signs staff in."""
    signs_in = f'<html data-oidc-issuer="{html.escape(_ISSUER)}" data-oidc-client="{html.escape(_CLIENT_ID)}"'
    whole = files()[PAGE].replace(b"<html", signs_in.encode(), 1) if _ISSUER and _CLIENT_ID else files()[PAGE]
    return whole.replace(b'="./', f'="{links}'.encode())


@cache
def packed(content: bytes) -> str:
    """Gzip in base64, as Lambda hands over bytes."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def lambda_handler(event: dict[str, Any], _context: object = None) -> Response:
    """Answer one GET with the page or one of its files; 404 for anything else, 304 if it is still the same."""
    _, found, below = event["rawPath"].rpartition("/console")
    if not found:
        return _answer(event, 404)
    if below in ("", "/"):
        links = f"{'' if below else 'console/'}{version()}/"
        return _answer(event, 200, page(links), ".html", REVALIDATE)
    if below == f"/{WORKER}":
        return _answer(event, 200, files()[WORKER], ".js", REVALIDATE)
    asked_version, _, name = below.lstrip("/").partition("/")
    if name not in files() or name == PAGE:
        return _answer(event, 404)
    # A page from before a deployment may still ask for its files under the old version.
    caching = FOREVER if asked_version == version() else REVALIDATE
    return _answer(event, 200, files()[name], Path(name).suffix, caching)


def _answer(
    event: dict[str, Any], status: int, content: bytes = b"", suffix: str = ".html", caching: str = "no-store"
) -> Response:
    headers = {**SECURITY_HEADERS, "cache-control": caching}
    if status != 200:
        return {"statusCode": status, "headers": headers, "body": ""}
    asked = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers |= {"content-type": CONTENT_TYPES[suffix], "etag": etag, "vary": "accept-encoding"}
    if etag in asked.get("if-none-match", ""):
        return {"statusCode": 304, "headers": headers, "body": ""}
    if "gzip" in asked.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return {"statusCode": 200, "headers": headers, "body": packed(content), "isBase64Encoded": True}
    return {"statusCode": 200, "headers": headers, "body": content.decode()}
