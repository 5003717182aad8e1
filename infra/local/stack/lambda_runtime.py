"""Lambda's Python runtime on a built artifact; the Runtime Interface Emulator starts it (``stack.emulator``).

A script for an interpreter that has the standard library alone (``-I -S``). The runtime's own library is imported
first, and its folder, in which every development tool lies, is taken off the path again: what the artifact lacks is
missing here as it is in Lambda.
"""

import importlib
import sys


def main(artifact: str, libraries: str, handler: str) -> None:
    """``libraries``: the folder that has ``awslambdaric``."""
    sys.path.append(libraries)
    runtime = importlib.import_module("awslambdaric.__main__")
    sys.path.remove(libraries)
    sys.path.insert(0, artifact)
    runtime.main([sys.argv[0], handler])


if __name__ == "__main__":
    main(*sys.argv[1:])
