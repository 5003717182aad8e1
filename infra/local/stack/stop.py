"""``make stop``: ends the processes that ``make start`` started, and no others."""

from __future__ import annotations

from stack.processes import Processes
from stack.settings import Settings
from stack.start import stop

if __name__ == "__main__":
    settings = Settings.from_env()
    ended = stop(settings, Processes(settings.folder))
    print(f"Stopped: {', '.join(ended)}" if ended else "Nothing of this stack was running")
