"""gate24's HTTP API for an operator's tools: an address, a key, patience."""

from __future__ import annotations

import argparse
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

ATTEMPTS = 6
_AGAIN = frozenset({429, 500, 502, 503, 504})


class ApiUnavailable(Exception):
    """The API did not answer, or not with an answer that another attempt could not change."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``body``: the JSON object, empty where there is none."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The problem's code, or the HTTP status."""
        return str(self.body.get("code") or self.status)


@dataclass(frozen=True, slots=True)
class Api:
    """``url`` without a trailing slash. ``headers`` go with every call. ``pause``: seconds before the second
    attempt; each further one waits twice as long, or as long as the API says."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    pause: float = 0.5

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """The answer, whatever its status; ApiUnavailable if there is none worth having after ``ATTEMPTS``."""
        last = "no answer"
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                answer = self._once(method, path, body)
            except (OSError, HTTPException) as error:
                last = type(error).__name__
                continue
            if answer.status not in _AGAIN:
                return answer
            last = f"status {answer.status}"
        raise ApiUnavailable(last)

    def _once(self, method: str, path: str, body: Any) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, _object(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _object(error.read()))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the API is and who calls: from the environment, or from a running local stack."""
    parser.add_argument("--api-url", default=os.environ.get("GATE24_API_URL"), help="default: $GATE24_API_URL")
    parser.add_argument("--organization", help="its id; with a local stack instead of address and key")
    parser.add_argument("--stack", type=Path, default=Path(".local/stack.json"), help=argparse.SUPPRESS)


def api_of(arguments: argparse.Namespace) -> Api:
    """The API that the arguments name; SystemExit with what is missing. The key is read from ``GATE24_API_KEY``
    alone, so that it stands in no list of processes."""
    url, key = arguments.api_url, os.environ.get("GATE24_API_KEY")
    if url is None and arguments.stack.exists():
        stack = json.loads(arguments.stack.read_text())
        known = {each["id"]: each["api_key"] for each in stack["organizations"]}
        if arguments.organization not in known:
            raise SystemExit(f"Say which organization: {', '.join(known)}")
        url, key = stack["api_url"], known[arguments.organization]
    if not url or not key:
        raise SystemExit("Set GATE24_API_URL and GATE24_API_KEY, or start the local stack and name an organization.")
    return Api(url.rstrip("/"), {"Authorization": f"Bearer {key}"})
