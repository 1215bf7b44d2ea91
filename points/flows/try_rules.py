"""Try an activity on a member's real past, by the rules in force or by a draft. Writes nothing.

By a draft the whole past of the member is scored by it as well, wherever it would have held: so its
caps are used as far as they would have been.
"""

from datetime import datetime
from typing import Any

from points.engine import Engine
from points.flows.context import Context
from points.flows.reconstruct import relived_of
from points.kernel.ids import AssociationId, MemberId
from points.members.reads import members
from points.rules import Choose, RuleSet, Usage, member_snapshot


def member_now(
    engine: Engine, association: AssociationId, member: MemberId
) -> dict[str, Any] | None:
    """Return a member as rules see them today, or None where there is none."""
    known: Context = engine.context_of(association)
    with engine.reading(association) as connection:
        found = members(connection, association, [member], known).get(member)
    return None if found is None else member_snapshot(found.profile.facts())


def usage_of(
    engine: Engine,
    association: AssociationId,
    member: MemberId,
    ruleset: RuleSet,
    *,
    draft: bool,
) -> Usage:
    """Return what a member has used by now under a rule set.

    Args:
        engine: Where to look.
        association: Whose member.
        member: Which.
        ruleset: By which rules an activity is to be tried.
        draft: Whether it is a draft, which is tried on all of the past that it covers.
    """
    known: Context = engine.context_of(association)

    def by_draft(programme: str, at: datetime) -> RuleSet | None:
        if programme == ruleset.programme and ruleset.in_force(at):
            return ruleset
        return known.rules.in_force(programme, at)

    choose: Choose | None = by_draft if draft else None
    tallies = relived_of(engine, association, member, choose)
    return tallies.of(ruleset.programme, member)
