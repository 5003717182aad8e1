"""A stand-in for the send endpoints of Gupshup and of Meta's Cloud API, for development and tests.

It answers in the providers' formats, posts the status webhooks that they would post, posts a contact's messages,
and can be scripted to reject a send, to time out or to break the connection. ``README.md`` beside this file has the
details.
"""

from bsp_simulator.simulator import BspSimulator

__all__ = ["BspSimulator"]
