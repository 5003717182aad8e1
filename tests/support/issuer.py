"""An OIDC issuer that signs whatever a test wants, and can be told to be silent or to change its keys."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID = "gate24-console"


@cache
def private_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Made once: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass
class Issuer:
    """``keys``: the ids of those that it publishes. ``asked``: the paths that it was asked for, in order."""

    url: str = ""
    keys: list[str] = field(default_factory=lambda: ["one"])
    is_silent: bool = False
    asked: list[str] = field(default_factory=list)

    def jwk(self, name: str) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(private_key(name).public_key()))
        return {**public, "kid": name, "use": "sig", "alg": "RS256"}

    def claims(self, email: str, **changes: Any) -> dict[str, Any]:
        """Those of an ID token of now; None takes one away."""
        now = int(time.time())
        whole = {"iss": self.url, "aud": CLIENT_ID, "sub": "1", "iat": now, "exp": now + 3600}
        whole |= {"email": email, "email_verified": True, **changes}
        return {name: value for name, value in whole.items() if value is not None}

    def token(self, email: str, key: str = "one", kid: str | None = None, **changes: Any) -> str:
        headers = {"kid": kid or key}
        return jwt.encode(self.claims(email, **changes), private_key(key), algorithm="RS256", headers=headers)

    def answers(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [self.jwk(each) for each in self.keys]} if path == "/keys" else None


@contextmanager
def issuing() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            found = None if issuer.is_silent else issuer.answers(self.path)
            body = json.dumps(found).encode()
            self.send_response(503 if issuer.is_silent else 404 if found is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
