"""A client of an HTTP API that retries, for the operator's tools."""

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

from gate24.providers.template_lists import Answer as Answer
from gate24.providers.template_lists import ApiUnavailable as ApiUnavailable

ATTEMPTS = 6
_RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Api:
    """``url`` has no trailing slash. ``headers`` are sent with every call. ``pause``: seconds before the second
    attempt, doubled before each further one."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    pause: float = 0.5

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """The answer, including refusals. Raises ApiUnavailable after ``ATTEMPTS`` failed attempts."""
        failure = "no answer"
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                answer = self._try(method, path, body)
            except (OSError, HTTPException) as error:
                failure = type(error).__name__
                continue
            if answer.status not in _RETRIED_STATUSES:
                return answer
            failure = f"status {answer.status}"
        raise ApiUnavailable(failure)

    def _try(self, method: str, path: str, body: Any) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, _json_object(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _json_object(error.read()))


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that ``gate24_api`` reads: the API's address, or an organization of the local stack."""
    parser.add_argument("--api-url", default=os.environ.get("GATE24_API_URL"), help="default: $GATE24_API_URL")
    parser.add_argument("--organization", help="its id on the local stack, which then gives address and key")
    local = Path(os.environ.get("GATE24_STATE_DIR", ".local")) / "stack.json"
    parser.add_argument("--stack", type=Path, default=local, help=argparse.SUPPRESS)


def gate24_api(arguments: argparse.Namespace) -> Api:
    """gate24's API at the address that the arguments name. Exits with advice if something is missing. The key is read
    only from ``GATE24_API_KEY``, because other users can see a command line in the list of processes."""
    url, key = arguments.api_url, os.environ.get("GATE24_API_KEY")
    if url is None and arguments.stack.exists():
        stack = json.loads(arguments.stack.read_text())
        known = {each["id"]: each["api_key"] for each in stack["organizations"]}
        if arguments.organization not in known:
            raise SystemExit(f"Choose one with --organization: {', '.join(known)}")
        url, key = stack["api_url"], known[arguments.organization]
    if not url or not key:
        raise SystemExit("Set GATE24_API_URL and GATE24_API_KEY, or start the local stack and give --organization.")
    return Api(url.rstrip("/"), {"Authorization": f"Bearer {key}"})
