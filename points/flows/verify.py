"""Prove an association's books: re-derive every projection from the facts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from points.activities.verify import CHECKS as ACTIVITY_CHECKS
from points.activities.verify import verify_activities
from points.adjustments.verify import CHECKS as ADJUSTMENT_CHECKS
from points.adjustments.verify import verify_adjustments
from points.audit.verify import COUNT as AUDIT_COUNT
from points.audit.verify import verify_audit
from points.benefits.verify import CHECKS as BENEFIT_CHECKS
from points.benefits.verify import verify_benefits
from points.catalogue.verify import COUNT as CATALOGUE_COUNT
from points.catalogue.verify import verify_catalogue
from points.corrections.verify import COUNT as CORRECTION_COUNT
from points.corrections.verify import verify_corrections
from points.db.checks import Checked, Difference
from points.duties.verify import CHECKS as DUTY_CHECKS
from points.duties.verify import verify_duties
from points.engine import Engine
from points.flows.context import Context
from points.flows.verify_acts import CHECKS as ACT_CHECKS
from points.flows.verify_acts import verify_acts
from points.flows.verify_codes import COUNT as CODES_COUNT
from points.flows.verify_codes import verify_codes
from points.flows.verify_rules import COUNT as RULES_COUNT
from points.flows.verify_rules import verify_rules
from points.flows.verify_statement import COUNT as STATEMENT_COUNT
from points.flows.verify_statement import verify_statements
from points.funds.verify import CHECKS as FUND_CHECKS
from points.funds.verify import verify_funds
from points.handouts.verify import COUNT as HANDOUT_COUNT
from points.handouts.verify import verify_handouts
from points.identity.verify import CHECKS as IDENTITY_CHECKS
from points.identity.verify import verify_identity
from points.inbox.verify import CHECKS as INBOX_CHECKS
from points.inbox.verify import verify_inbox
from points.kernel.canonical import plain
from points.kernel.ids import AssociationId
from points.ledger.verify import CHECKS as LEDGER_CHECKS
from points.ledger.verify import verify_ledger
from points.offline.verify import CHECKS as OFFLINE_CHECKS
from points.offline.verify import verify_offline
from points.partners.verify import COUNT as PARTNER_COUNT
from points.partners.verify import verify_partners
from points.proposals.verify import CHECKS as PROPOSAL_CHECKS
from points.proposals.verify import verify_proposals
from points.rulebook.verify import COUNT as RULEBOOK_COUNT
from points.rulebook.verify import verify_rulebook
from points.unit_of_work import snapshot
from points.vouchers.verify import CHECKS as VOUCHER_CHECKS
from points.vouchers.verify import verify_vouchers
from points.watch.verify import CHECKS as WATCH_CHECKS
from points.watch.verify import verify_watch
from points.webhooks.verify import CHECKS as WEBHOOK_CHECKS
from points.webhooks.verify import verify_webhooks
from points.wishes.verify import CHECKS as WISH_CHECKS
from points.wishes.verify import verify_wishes

_ALL = (
    LEDGER_CHECKS,
    ACTIVITY_CHECKS,
    VOUCHER_CHECKS,
    IDENTITY_CHECKS,
    PROPOSAL_CHECKS,
    DUTY_CHECKS,
    INBOX_CHECKS,
    FUND_CHECKS,
    ADJUSTMENT_CHECKS,
    WATCH_CHECKS,
    WEBHOOK_CHECKS,
    WISH_CHECKS,
    BENEFIT_CHECKS,
    OFFLINE_CHECKS,
    ACT_CHECKS,
)
_COUNTS = (
    AUDIT_COUNT,
    CATALOGUE_COUNT,
    CODES_COUNT,
    CORRECTION_COUNT,
    HANDOUT_COUNT,
    PARTNER_COUNT,
    RULEBOOK_COUNT,
    RULES_COUNT,
    STATEMENT_COUNT,
)
CHECKS = sum(map(len, _ALL)) + sum(_COUNTS)
"""How many checks there are, for whoever shows progress."""

VERIFIERS = (
    verify_ledger,
    verify_activities,
    verify_catalogue,
    verify_vouchers,
    verify_identity,
    verify_proposals,
    verify_duties,
    verify_partners,
    verify_statements,
    verify_offline,
    verify_inbox,
    verify_wishes,
    verify_benefits,
    verify_funds,
    verify_adjustments,
    verify_watch,
    verify_webhooks,
    verify_corrections,
    verify_handouts,
    verify_rulebook,
    verify_audit,
    verify_acts,
)
KNOWING = (verify_rules, verify_codes)
"""Those that hold it against what stands outside of the database: the folder, the secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the verifier found."""

    checks: tuple[Checked, ...]

    @property
    def ok(self) -> bool:
        """Whether everything follows from the facts."""
        return self.first_difference is None

    @property
    def checked(self) -> int:
        """How many rows were checked, each as often as a check looked at it."""
        return sum(check.rows for check in self.checks)

    @property
    def first_difference(self) -> Difference | None:
        """The first row that differs, in the order of the checks."""
        return next((c.difference for c in self.checks if c.difference is not None), None)

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as plain JSON values."""
        first = self.first_difference
        return {
            "ok": self.ok,
            "checked": self.checked,
            "first_difference": None if first is None else plain(first),
            "checks": [{"check": check.check, "rows": check.rows} for check in self.checks],
        }


def verify(
    engine: Engine, association: AssociationId, tell: Callable[[Checked], None] = lambda _: None
) -> Verdict:
    """Run every check.

    Args:
        engine: Whose database.
        association: Whose books.
        tell: Called after each check.
    """
    found = []
    with snapshot(engine.database, association) as connection:
        for verifier in VERIFIERS:
            for checked in verifier(connection, association):
                found.append(checked)
                tell(checked)
        known: Context = engine.context
        for knowing in KNOWING:
            for checked in knowing(connection, association, known):
                found.append(checked)
                tell(checked)
    return Verdict(checks=tuple(found))
