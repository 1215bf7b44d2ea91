"""Log lines that cannot hold personal data: what may stand in one is listed, the rest is dropped.

A line has a time, a level, a logger, an event, and fields from an allow-list whose values have the
right shape. An event is the constant template of a message; arguments are never put into it. Of an
exception only its class and the places in our own code are said, never its message.
"""

from points.logs.setup import Form, configure, hook_uncaught
from points.logs.shapes import request_id

__all__ = ["Form", "configure", "hook_uncaught", "request_id"]
