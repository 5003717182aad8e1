"""``python -m bsp_simulator --port 4010 --config .local/bsp.json``, or the same with this directory's path."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bsp_simulator import BspSimulator


def main() -> int:
    """Serves until SIGINT or SIGTERM. Returns the exit status, which is 1 if the port is taken."""
    parser = argparse.ArgumentParser(prog="bsp_simulator", description="Simulates the send APIs of Gupshup and Meta.")
    parser.add_argument("--port", type=int, default=4010, help="port on 127.0.0.1, 0 for any free one (4010)")
    parser.add_argument(
        "--config", type=Path, default=Path(".local/bsp.json"), help="JSON file with the channels; may be created later"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s bsp %(levelname)s %(message)s", stream=sys.stderr)

    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # a handler could be called again while it holds a lock
    try:
        with BspSimulator(options.config, port=options.port) as simulator:
            logging.info("ready on %s, channels from %s", simulator.url, options.config)
            signal.sigwait(ends)
    except OSError as error:
        logging.error("cannot listen on 127.0.0.1:%d: %s", options.port, error.strerror)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
