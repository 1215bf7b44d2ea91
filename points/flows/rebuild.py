"""Rewrite every projection from the facts. The facts themselves are never touched."""

from points.activities.verify import rebuild_activities
from points.benefits.verify import rebuild_benefits
from points.catalogue.verify import rebuild_catalogue
from points.corrections.verify import rebuild_corrections
from points.db.checks import lock_tables
from points.duties.verify import rebuild_duties
from points.engine import Engine
from points.handouts.verify import rebuild_handouts
from points.identity.verify import rebuild_identity
from points.kernel.ids import AssociationId
from points.ledger.verify import rebuild_ledger
from points.offline.verify import rebuild_offline
from points.partners.verify import rebuild_partners
from points.proposals.verify import rebuild_proposals
from points.rulebook.verify import rebuild_rulebook
from points.unit_of_work import writing
from points.vouchers.verify import rebuild_vouchers
from points.watch.verify import rebuild_watch
from points.webhooks.verify import rebuild_webhooks
from points.wishes.verify import rebuild_wishes

PROJECTIONS = (
    "account",
    "open_lot",
    "cap_usage",
    "stock",
    "pool",
    "voucher_state",
    "staff_state",
    "proposal_state",
    "relation",
    "quota_use",
    "operator_state",
    "rule_draft_state",
    "correction_state",
    "alert_state",
    "partner_account",
    "statement_state",
    "statement_dispute",
    "webhook_endpoint",
    "webhook_subscription",
    "webhook_delivery",
    "wish",
    "hardship_fund",
    "stamp_card",
    "handout_state",
)


def rebuild(engine: Engine, association: AssociationId) -> None:
    """Rebuild an association's projections in one transaction; nobody sees it half done."""
    with writing(engine.database, association) as connection:
        # A batch that had loaded the old rows would write them back over the new ones.
        lock_tables(connection, PROJECTIONS)
        rebuild_ledger(connection, association)
        rebuild_activities(connection, association)
        rebuild_catalogue(connection, association)
        rebuild_vouchers(connection, association)
        rebuild_offline(connection, association)
        rebuild_identity(connection, association)
        rebuild_proposals(connection, association)
        rebuild_corrections(connection, association)
        rebuild_handouts(connection, association)
        rebuild_duties(connection, association)
        rebuild_partners(connection, association)
        rebuild_rulebook(connection, association)
        rebuild_watch(connection, association)
        rebuild_wishes(connection, association)
        rebuild_benefits(connection, association)
        rebuild_webhooks(connection, association)
