"""Everything that leaves this machine over HTTP, and the adapters that send it.

One client, which speaks to listed hosts only, at addresses that are public, once each.
"""

from points.outbound.client import Outbound, Response
from points.outbound.errors import OutboundFailed, OutboundRefused
from points.outbound.policy import Policy

__all__ = ["Outbound", "OutboundFailed", "OutboundRefused", "Policy", "Response"]
