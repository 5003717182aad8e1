"""One HTTP request, once, as ``doctor`` looks at what answers."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException

_SECONDS = 10.0


class NoAnswer(Exception):
    """Nothing answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = field(repr=False)


def ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
    """Whatever is answered. NoAnswer where nothing is, or not in time."""
    try:
        request = urllib.request.Request(url, body, dict(headers), method=method)
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            return Reply(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read())
    except urllib.error.URLError as error:
        raise NoAnswer(str(error.reason)) from None
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from None
