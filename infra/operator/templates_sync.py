"""Copies Gupshup's list of templates into gate24's registry, and withdraws those that it no longer has.

    GUPSHUP_API_KEY=... python -m infra.operator.templates_sync --app-id APP_ID --channel CHANNEL

(``gate24.providers.template_lists``; ``./gate24 templates sync`` does the same for both providers.)
"""

from __future__ import annotations

import argparse
import os
import sys

from gate24.providers.template_lists import ApiUnavailable, enter_gupshups, synced
from infra.operator.api import Api, add_arguments, gate24_api

BSP_URL = "https://api.gupshup.io"


def main(argv: list[str] | None = None) -> int:
    """Exit status. 0: all are entered; 1: some were skipped, or Gupshup or gate24 did not answer."""
    parser = argparse.ArgumentParser(prog="templates_sync", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--app-id", required=True, help="the app's id at Gupshup (not its name)")
    parser.add_argument("--channel", required=True, help="the channel's id at gate24")
    parser.add_argument("--bsp-url", default=BSP_URL)
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    key = os.environ.get("GUPSHUP_API_KEY")
    if not key:
        raise SystemExit("Set GUPSHUP_API_KEY.")
    bsp = Api(arguments.bsp_url.rstrip("/"), {"apikey": key})
    try:
        skipped = sync(bsp, gate24_api(arguments), arguments.app_id, arguments.channel)
    except ApiUnavailable as error:
        print(f"Not finished: {error}. Run the same command again.", file=sys.stderr)
        return 1
    return 1 if skipped else 0


def sync(bsp: Api, api: Api, app_id: str, channel: str) -> int:
    """Enters every template of the app, withdraws the others and prints a line for each. Returns how many were
    skipped."""
    skipped = 0
    for template in synced(enter_gupshups(bsp, api, app_id, channel), api, channel):
        skipped += template.is_skipped
        print(template.line)
    return skipped


if __name__ == "__main__":
    sys.exit(main())
