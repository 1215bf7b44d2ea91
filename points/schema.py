"""Every table, in one registry, for migrations and checks."""

from points.activities import outcome_tables as _outcomes
from points.activities import tables as _activities
from points.audit import tables as _audit
from points.catalogue import tables as _catalogue
from points.corrections import tables as _corrections
from points.db.base import metadata
from points.duties import tables as _duties
from points.funds import tables as _funds
from points.identity import tables as _identity
from points.inbox import tables as _inbox
from points.ledger import tables as _ledger
from points.members import tables as _members
from points.partners import tables as _partners
from points.privacy import tables as _privacy
from points.proposals import tables as _proposals
from points.rulebook import tables as _rulebook
from points.vouchers import tables as _vouchers
from points.webhooks import tables as _webhooks

__all__ = ["metadata"]

TABLES = (
    _activities,
    _outcomes,
    _audit,
    _catalogue,
    _corrections,
    _duties,
    _funds,
    _identity,
    _inbox,
    _ledger,
    _members,
    _partners,
    _privacy,
    _proposals,
    _rulebook,
    _vouchers,
    _webhooks,
)
