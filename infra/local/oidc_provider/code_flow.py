"""The code flow as a browser does it, for a person's ID token without one."""

from __future__ import annotations

import hashlib
import json
import secrets
import urllib.request
from base64 import urlsafe_b64encode
from http.client import HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "gate24-console"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """The redirect itself is the answer."""


def id_token(issuer: str, email: str, redirect_uri: str) -> str:
    """The ID token that the person gets who chooses that account. HTTPError where the provider refuses."""
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    asked = {
        "client_id": CLIENT_ID,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "openid email profile",
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    location, _ = _post(f"{issuer}/oauth2/authorize?{urlencode(asked)}", {"sub": email})
    answer = parse_qs(urlsplit(location).query)
    exchange = {
        "grant_type": "authorization_code",
        "code": answer["code"][0],
        "redirect_uri": redirect_uri,
        "client_id": CLIENT_ID,
        "code_verifier": verifier,
    }
    _, body = _post(f"{issuer}/oauth2/token", exchange)
    token: str = json.loads(body)["id_token"]
    return token


def _post(url: str, form: dict[str, str]) -> tuple[str, bytes]:
    """Where it leads, and the body."""
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, urlencode(form).encode()), timeout=10) as answer:
            return "", answer.read()
    except HTTPError as redirect:
        with redirect:
            if redirect.code != 302:
                raise
            return redirect.headers["Location"], redirect.read()


def challenge_of(verifier: str) -> str:
    """S256 (RFC 7636, 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
