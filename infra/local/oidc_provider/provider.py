"""The provider's server, and what it leaves out of a real one: PKCE is checked, and browsers may ask from elsewhere."""

from __future__ import annotations

import os
import re
import threading
import warnings
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import werkzeug.serving

from oidc_provider.code_flow import CLIENT_ID, challenge_of

with warnings.catch_warnings():  # of what authlib will call otherwise
    warnings.simplefilter("ignore")
    import oidc_provider_mock

DAY = timedelta(days=1)
"""How long a token is valid: a day's work on the local stack."""

_TOKEN = "/oauth2/token"
_STYLESHEET = re.compile(r"<link[^>]*>")
_STYLE = (
    '<meta name="viewport" content="width=device-width, initial-scale=1" /><title>OIDC provider</title>'
    "<style>body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem}"
    "button,input{font:inherit;padding:.5rem .8rem;margin:.2rem}</style>"
)
"""In place of a stylesheet from elsewhere: the local stack asks nobody on the internet."""

_OPEN_TO_BROWSERS = ("/.well-known/openid-configuration", _TOKEN)
"""What a page of another origin may ask, as of every issuer that knows public clients."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose account the provider has."""

    email: str
    name: str


class OidcProvider:
    """Runs while the block lasts, in a thread; ``port`` 0: any free one. OSError where it is taken."""

    def __init__(self, people: Sequence[Person], port: int = 0, valid: timedelta = DAY) -> None:
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # this machine alone asks it, by http
        application = _application(people, valid)
        self._server = werkzeug.serving.make_server(
            "127.0.0.1", port, application, threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The issuer, as its tokens name it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> OidcProvider:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _QuietHandler(werkzeug.serving.WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: addresses have codes in them."""


def _application(people: Sequence[Person], valid: timedelta) -> flask.Flask:
    application = flask.Flask(oidc_provider_mock.__name__)  # whose templates these are
    users = [
        oidc_provider_mock.User(sub=each.email, claims={"email": each.email, "email_verified": True, "name": each.name})
        for each in people
    ]
    oidc_provider_mock.init_app(application, access_token_max_age=valid, user_claims=users)
    application.debug = False
    served = application.wsgi_app.app  # type: ignore[attr-defined]  # without its debugger

    def as_confidential(environ: dict[str, Any], start_response: Any) -> Any:
        """The provider knows confidential clients alone, and takes any secret: PKCE is what counts here."""
        if environ["PATH_INFO"] == _TOKEN:
            secret = b64encode(f"{CLIENT_ID}:public".encode()).decode()
            environ["HTTP_AUTHORIZATION"] = f"Basic {secret}"
        return served(environ, start_response)

    application.wsgi_app = as_confidential  # type: ignore[method-assign]
    challenges: dict[str, str] = {}

    application.add_url_rule("/favicon.ico", "icon", lambda: ("", 204))

    @application.before_request
    def check_verifier() -> flask.typing.ResponseReturnValue | None:
        form = flask.request.form
        if flask.request.path != _TOKEN or form.get("grant_type") != "authorization_code":
            return None
        wanted = challenges.pop(form.get("code", ""), None)
        if wanted != challenge_of(form.get("code_verifier", "")):
            return flask.jsonify(error="invalid_grant"), 400
        return None

    @application.after_request
    def note_challenge(answer: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/authorize" and answer.location:
            codes = parse_qs(urlsplit(answer.location).query).get("code", [])
            challenges.update({code: flask.request.args.get("code_challenge", "") for code in codes})
        if flask.request.path in _OPEN_TO_BROWSERS:
            answer.headers["Access-Control-Allow-Origin"] = "*"
        if answer.mimetype == "text/html":
            answer.set_data(_STYLESHEET.sub(_STYLE, answer.get_data(as_text=True)))
        return answer

    return application
