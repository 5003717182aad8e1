"""Puts what the project needs into ``.venv``. Runs on the machine's own Python, before anything is installed.

Does nothing when the requirements and the Python are those of the last time.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "functions" / "requirements.txt")


def main() -> int:
    """Returns the exit status: 1 when the Python is too old or something could not be installed."""
    version = "%d.%d.%d" % sys.version_info[:3]  # noqa: UP031  # must parse on any Python 3 to say that it is old
    if sys.version_info < OLDEST:
        print("gate24 needs Python 3.11 or newer; this is " + version + ". Choose one: make start PYTHON=python3.13")
        return 1
    wanted = hashlib.sha256(b"\0".join([version.encode(), *(path.read_bytes() for path in REQUIREMENTS)])).hexdigest()
    stamp = VENV / "gate24-requirements"
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    began = time.monotonic()
    print(f"Installing into .venv with Python {version} (a minute or two, once)", flush=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        subprocess.run([*pip, "--progress-bar", "on", "-r", str(REQUIREMENTS[0])], check=True, cwd=ROOT)
    except subprocess.CalledProcessError as error:
        print(f"Could not install: {error}. On Debian and Ubuntu, Python's venv is the package python3-venv.")
        return 1
    stamp.write_text(wanted)
    print(f"Installed in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
