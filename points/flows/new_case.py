"""Make a case of a stored activity: what happened, what of the past mattered, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from points.activities.scored import SCORED
from points.engine import Engine
from points.flows.reconstruct import NEVER, Reconstruction
from points.flows.replaying import past_of
from points.kernel.errors import Misused
from points.kernel.ids import AssociationId
from points.rules import Facts, RuleSet, scaffold

NO_CASE = Misused(
    "no_case",
    "这条活动做不成用例：去掉能认出人的内容，或只用一个版本的规则，结果就不一样了",
    "no case can be made of it: without what tells who somebody is, or by one version of the rules "
    "alone, it comes to something else",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case as plain values, and the rule set that it is for."""

    ruleset: RuleSet
    case: Mapping[str, Any]


def new_case(
    engine: Engine, association: AssociationId, found: Reconstruction, name: str, programme: str
) -> NewCase:
    """Return a case of an activity that was examined.

    Args:
        engine: Where its past is.
        association: Whose.
        found: The examination.
        name: What to call the case.
        programme: By whose rules, where its type counts in several; empty for the first.

    Raises:
        Misused: It has no rules, or cannot be made a case.
    """
    chosen = [each for each in found.programmes if programme in ("", each.ruleset.programme)]
    if not chosen or found.basis == NEVER:
        raise Misused("no_rules", "没有适用的规则", "no rules apply to it")
    part = chosen[0]
    past = _earlier(engine, association, found)
    case = scaffold(name, past, part.facts, part.ruleset) if part.facts else None
    if case is None:
        raise NO_CASE
    return NewCase(ruleset=part.ruleset, case=case)


def _earlier(engine: Engine, association: AssociationId, found: Reconstruction) -> list[Facts]:
    """Return what counted when it was scored, or counts now: what was reversed by then does not."""
    claim = found.filed.claim
    counted = []
    for each in past_of(engine, association, [claim.member_id]):
        if each.entry.facts.activity_id == claim.activity_id:
            if claim.state in SCORED:
                break
            continue
        if each.reversed_at is None or each.reversed_at > found.at:
            counted.append(each.entry.facts)
    return counted
