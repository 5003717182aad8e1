"""``./gate24``, which may be called while ``.venv`` is not filled yet."""

import sys
from pathlib import Path

try:
    from infra.admin.cli import main
except ImportError as error:
    if (error.name or "").partition(".")[0] in ("infra", "gate24"):
        raise
    root = Path(__file__).resolve().parents[2]
    sys.exit(
        f"gate24: Not everything is installed ({error}). If make start or make install is running, wait until it has "
        f"installed everything; if not, run this first: make -C {root} install"
    )

sys.exit(main())
