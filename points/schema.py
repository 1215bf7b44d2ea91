"""Every table, in one registry, for migrations and checks."""

from points.activities import outcome_tables as _outcomes
from points.activities import tables as _activities
from points.adjustments import tables as _adjustments
from points.audit import tables as _audit
from points.benefits import tables as _benefits
from points.catalogue import tables as _catalogue
from points.corrections import tables as _corrections
from points.db.base import metadata
from points.duties import tables as _duties
from points.funds import tables as _funds
from points.handouts import tables as _handouts
from points.identity import tables as _identity
from points.inbox import tables as _inbox
from points.ledger import tables as _ledger
from points.members import tables as _members
from points.offline import tables as _offline
from points.partners import tables as _partners
from points.privacy import tables as _privacy
from points.proposals import tables as _proposals
from points.rulebook import tables as _rulebook
from points.vouchers import tables as _vouchers
from points.watch import tables as _watch
from points.webhooks import tables as _webhooks
from points.wishes import tables as _wishes

__all__ = ["metadata"]

TABLES = (
    _activities,
    _outcomes,
    _adjustments,
    _audit,
    _benefits,
    _catalogue,
    _corrections,
    _duties,
    _funds,
    _handouts,
    _identity,
    _inbox,
    _ledger,
    _members,
    _offline,
    _partners,
    _privacy,
    _proposals,
    _rulebook,
    _vouchers,
    _watch,
    _wishes,
    _webhooks,
)
