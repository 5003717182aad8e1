"""A stand-in for the send endpoints of Gupshup and of Meta's Cloud API, for development and tests.

It answers in the providers' shapes, sends the status webhooks that they would send, plays a contact who writes,
and can be told to reject, to time out or to break the connection. See ``README.md`` beside this file.
"""

from bsp_simulator.simulator import BspSimulator

__all__ = ["BspSimulator"]
