"""The simulator: the simulated BSP behind an HTTP server on this machine."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType

from bsp_simulator.bsp import SimulatedBsp
from bsp_simulator.server import Server

STATUS_STEP_MS = 150


class BspSimulator(SimulatedBsp):
    """Serves on 127.0.0.1 between ``start`` and ``stop``, or as a context manager.

    ``port`` 0 chooses a free one. ``status_step_ms``: pause before each status webhook of a message; the default is
    the environment variable ``GATE24_SIM_STATUS_MS``, or 150.
    """

    def __init__(self, config_path: Path | str, port: int = 0, status_step_ms: int | None = None) -> None:
        step = int(os.environ.get("GATE24_SIM_STATUS_MS", STATUS_STEP_MS)) if status_step_ms is None else status_step_ms
        super().__init__(config_path, step)
        self._server = Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="bsp-simulator")

    @property
    def url(self) -> str:
        """The address, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Starts serving in the background."""
        self._statuses.start()
        self._thread.start()

    def stop(self) -> None:
        """Closes all connections, including held ones, and ends all threads."""
        self.stopping.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()
        self._statuses.stop()

    def __enter__(self) -> BspSimulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
