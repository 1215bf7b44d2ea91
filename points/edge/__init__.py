"""What stands before every page and every operation: headers, limits, request ids, one log line.

It knows neither routes nor people. Channels give it a way to say no in their own form.
"""

from points.edge.frame import Frame
from points.edge.policy import EdgePolicy
from points.edge.refused import Refused

__all__ = ["EdgePolicy", "Frame", "Refused"]
