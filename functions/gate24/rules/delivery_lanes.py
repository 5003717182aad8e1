"""How many calls run at once: of one endpoint, and of all endpoints of an organization. Pure.

An organization's bound is shared out among its webhooks, as ``sends_at_once`` is among its channels. A lane is a
message group of the queue: it has one call at a time, and a contact's events stay in theirs.
"""

from __future__ import annotations

LANES_OF_ENDPOINT = 16
"""At most."""

LANES_OF_ORGANIZATION = 48
"""Executions of the deliveries' function that an organization holds where all its endpoints are slow: a quarter of
those that there are (template.yaml)."""


def lanes_of_endpoint(webhooks: int) -> int:
    """Of each endpoint of an organization with so many webhooks: its share, as a power of two so that it changes
    seldom. When it does, contacts change their lanes, and what waits in the old ones may be overtaken."""
    share = min(LANES_OF_ENDPOINT, LANES_OF_ORGANIZATION // max(1, webhooks))
    return 1 << (max(1, share).bit_length() - 1)
