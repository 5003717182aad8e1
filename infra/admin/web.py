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


class _FollowsNothing(urllib.request.HTTPRedirectHandler):
    """No key goes along to another host: a redirect is an answer like others."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_FollowsNothing)


def ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
    """Whatever is answered. NoAnswer where nothing is, or not in time."""
    try:
        request = urllib.request.Request(url, body, dict(headers), method=method)
        with _OPENER.open(request, timeout=_SECONDS) as answer:
            return Reply(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read())
    except urllib.error.URLError as error:
        raise NoAnswer(str(error.reason)) from None
    except OSError as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from None
    except (HTTPException, ValueError) as error:  # their words may hold a header, and so a key
        raise NoAnswer(type(error).__name__) from None
