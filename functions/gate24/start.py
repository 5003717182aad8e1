"""A function's start without what it would throw away or make again: garbage collection, and compiling patterns.

What imports make stays, so that a collection in between finds nothing to free; it costs a tenth of a cold start. Each
handler's package imports this module first, and ``gate24.store.aws.connect_store`` ends it.
"""

from __future__ import annotations

import gc

from gate24 import compiled_patterns

gc.disable()
compiled_patterns.use()


def finished() -> None:
    """Collects from now on, and never looks again at what there is by now."""
    gc.freeze()
    gc.enable()
