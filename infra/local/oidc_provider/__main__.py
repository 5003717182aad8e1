"""``python -m oidc_provider --port 5010``: serves the demo's members until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from datetime import timedelta

from demo_data import MEMBERS
from oidc_provider.provider import DAY, OidcProvider, Person


def main() -> int:
    """Returns the exit status, which is 1 if the port is taken."""
    parser = argparse.ArgumentParser(prog="oidc_provider", description="An OIDC provider with the demo's members.")
    parser.add_argument("--port", type=int, default=5010, help="port on 127.0.0.1, 0 for any free one (5010)")
    parser.add_argument(
        "--valid", type=int, default=int(DAY.total_seconds()), help="seconds that a token is valid (86400)"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s oidc %(levelname)s %(message)s", stream=sys.stderr)
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    people = [Person(each["email"], each["name"]) for each in MEMBERS]
    try:
        with OidcProvider(people, options.port, timedelta(seconds=options.valid)) as provider:
            print(f"ready on {provider.url}", flush=True)
            signal.sigwait(ends)
    except (OSError, SystemExit) as error:
        logging.error("cannot listen on 127.0.0.1:%d: %s", options.port, error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
