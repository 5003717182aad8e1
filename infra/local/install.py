"""Puts what the project needs into ``.venv``. Runs on the machine's own Python, before anything is installed.

Does nothing when the requirements and the Python are those of the last time.
"""

import hashlib
import re
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
TEMPLATE = ROOT / "template.yaml"
REQUIREMENTS = ROOT / "requirements.txt"

_SAID_EVERY = 25
"""Packages after which it says how many there are."""

_LAST_LINES = 20


def main() -> int:
    """Returns the exit status: 1 when Lambda does not run this Python or something could not be installed."""
    version = ".".join(map(str, sys.version_info[:3]))
    supported = supported_pythons()
    if version.rpartition(".")[0] not in supported:
        print(
            f"gate24 needs Python {', '.join(supported[:-1])} or {supported[-1]}; this is {version}. "
            f"Choose one: make start PYTHON=python{supported[-1]}"
        )
        return 1
    if is_installed(VENV):
        return 0
    began = time.monotonic()
    print(f"Installing into .venv with Python {version} (1 to 6 minutes, once)", flush=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    except subprocess.CalledProcessError as error:
        print(f"Could not make .venv: {error}. On Debian and Ubuntu, Python's venv is the package python3-venv.")
        return 1
    # The lock file has every dependency, so pip resolves nothing: it fetches exactly these files, or fails.
    locked = ["--require-hashes", "--no-deps", "--progress-bar", "off", "-r", str(REQUIREMENTS)]
    if not run_pip([*pip, *locked]):
        print("Could not install the requirements: pip tells above what is missing or differs.")
        return 1
    _stamp(VENV).write_text(_wanted())
    print(f"Installed in {time.monotonic() - began:.0f} s")
    return 0


def run_pip(command: "list[str]") -> bool:
    """Whether pip did it. Of its hundreds of lines this prints how far it is, and the last ones where it failed."""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    fetched = 0
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            last.append(line)
            if line.startswith("Collecting "):
                fetched += 1
                if fetched % _SAID_EVERY == 0:
                    print(f"  {fetched} packages", flush=True)
            elif line.startswith("Installing collected packages"):
                print(f"  {fetched} packages are here; unpacking them", flush=True)
    if pip.returncode != 0:
        print("".join(last), end="", flush=True)
    return pip.returncode == 0


def is_installed(venv: Path) -> bool:
    """Whether the requirements as they are now were installed there, with this Python."""
    return _stamp(venv).exists() and _stamp(venv).read_text() == _wanted()


def _stamp(venv: Path) -> Path:
    return venv / "gate24-requirements"


def _wanted() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    return hashlib.sha256(b"\0".join([version.encode(), REQUIREMENTS.read_bytes()])).hexdigest()


def supported_pythons() -> "list[str]":
    """The minor versions that template.yaml lets its functions run on, oldest first: ``["3.11", ...]``."""
    template = TEMPLATE.read_text(encoding="utf-8")
    allowed = re.search(r"\n  PythonRuntime:\n(?:    .*\n)*?    AllowedValues: \[(.*)\]", template)
    if allowed is None:
        raise ValueError("template.yaml has no list of PythonRuntime's AllowedValues")
    return [name.strip()[len("python") :] for name in allowed[1].split(",")]


if __name__ == "__main__":
    sys.exit(main())
