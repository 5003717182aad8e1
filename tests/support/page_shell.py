"""The ``sh`` blocks of a page, run one after another in one shell."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NOT_RUN = "# Not in the test: "


@dataclass(frozen=True, slots=True)
class Block:
    """``reason``: why the test does not run it; empty where it does."""

    number: int
    text: str

    @property
    def reason(self) -> str:
        first = self.text.splitlines()[0]
        return first.removeprefix(NOT_RUN) if first.startswith(NOT_RUN) else ""


def blocks(page: str) -> list[Block]:
    found = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [Block(number, text) for number, text in enumerate(found)]


class Shell:
    """A bash that a reader would have open. It ends at the first command that fails."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            process_group=0,
        )
        self._write("set -eu")

    def run(self, block: Block, typed: str = "") -> str:
        """What the block prints, on both outputs. AssertionError where it fails. ``typed``: what it is answered where
        it asks."""
        files = {each: self._folder / f"block-{block.number}.{each}" for each in ("sh", "typed", "said", "done")}
        files["sh"].write_text(block.text)
        files["typed"].write_text(typed)
        os.mkfifo(files["done"])
        self._write(
            f"trap 'echo failed > {files['done']}' EXIT\n"
            f". {files['sh']} < {files['typed']} > {files['said']} 2>&1\n"
            f"trap - EXIT; echo > {files['done']}"
        )
        with files["done"].open() as done:
            failed = done.read().strip()
        said = files["said"].read_text(errors="replace")
        assert not failed, f"{block.text}\nended with an error and said:\n{said[-4000:]}"
        return said

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()

    def _write(self, line: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{line}\n")
        self._bash.stdin.flush()
