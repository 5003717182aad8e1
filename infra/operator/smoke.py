"""Shows after a deployment that the stack works, without sending anything to anybody.

    python -m infra.operator.smoke

Asks for health with the key, shows a webhook a wrong token, asks for a decision and for the last week's costs.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from infra.operator.api import Answer, Api, ApiUnavailable, add_arguments, gate24_api

NOBODY = "+919876599999"


class Wrong(Exception):
    """What is not as it should be."""


def main(argv: list[str] | None = None) -> int:
    """Exit status. 0: all is well; 1: something is not, which is printed."""
    parser = argparse.ArgumentParser(prog="smoke", description=(__doc__ or "").splitlines()[0])
    add_arguments(parser)
    api = gate24_api(parser.parse_args(argv))
    steps: dict[str, Callable[[Api], str]] = {
        "health": health,
        "webhook": wrong_webhook,
        "check": check,
        "costs": costs,
    }
    failed = 0
    for name, step in steps.items():
        try:
            print(f"ok      {name}: {step(api)}")
        except (Wrong, ApiUnavailable) as error:
            failed += 1
            print(f"FAILED  {name}: {error}")
    return 1 if failed else 0


def health(api: Api) -> str:
    """Every check of ``/healthz`` is ok."""
    told = _asked(api, "GET", "/healthz").body
    if "checks" not in told:
        raise Wrong("the API key is not valid on this stack")
    wrong = [f"{each['name']} {each.get('channel', '')} {each['problem']}" for each in told["checks"] if not each["ok"]]
    if wrong:
        raise Wrong("; ".join(wrong))
    return f"version {told['version']}, {len(told['checks'])} checks"


def wrong_webhook(api: Api) -> str:
    """A request that proves nothing is refused on every channel."""
    channels = _asked(api, "GET", "/v1/me").body["channels"]
    guess = secrets.token_hex(32)
    stranger = Api(api.url, {"X-Webhook-Token": guess, "X-Hub-Signature-256": f"sha256={guess}"})
    for channel in channels:
        path = f"/webhooks/{channel['provider']}/{channel['id']}"
        status = stranger.call("POST", path, {"smoke": "test"}).status
        if status != 401:
            raise Wrong(f"{channel['id']} answered {status} to a wrong secret, not 401")
    return f"{len(channels)} channels refuse a wrong secret"


def check(api: Api) -> str:
    """The gate decides about somebody who never wrote."""
    channels = _asked(api, "GET", "/v1/me").body["channels"]
    if not channels:
        raise Wrong("the organization has no channel")
    body = {"to": NOBODY, "channel": channels[0]["id"], "type": "text", "text": {"body": "Hello"}}
    told = _asked(api, "POST", "/v1/messages/check", body).body
    return str(told["decision"]) + (f", {told['code']}" if told["code"] else "")


def costs(api: Api) -> str:
    """The last week's days can be read."""
    today = datetime.now(UTC).date()
    days = _asked(api, "GET", f"/v1/costs/daily?from={today - timedelta(days=7)}&to={today}").body["data"]
    return f"{len(days)} days of the last week"


def _asked(api: Api, method: str, path: str, body: object = None) -> Answer:
    answer = api.call(method, path, body)
    if answer.status != 200:
        raise Wrong(f"{method} {path.partition('?')[0]} answered {answer.code}")
    return answer


if __name__ == "__main__":
    sys.exit(main())
