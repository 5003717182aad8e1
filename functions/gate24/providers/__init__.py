"""The BSPs, each a module with one interface (``interface.Provider``)."""

from __future__ import annotations

from gate24.providers.interface import Provider


def provider(name: str) -> Provider:
    """The provider of that name; KeyError if there is none. Its module is imported on the first call, so that a cold
    start loads only what its channel needs."""
    if name == "gupshup":
        from gate24.providers.gupshup import GUPSHUP

        return GUPSHUP
    if name == "meta":
        from gate24.providers.meta import META

        return META
    raise KeyError(name)
