"""Lines of a statement in sentences: what came or went, and why."""

from dataclasses import dataclass

from points.catalogue.store import list_rewards
from points.flows import look
from points.kernel.ids import MemberId
from points.ledger.model import Kind
from points.ledger.reads import StatementLine
from points.rules import RuleSet
from points.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line, and what it says to people."""

    measure: str
    line: StatementLine
    why: str


def told(
    visit: Visit, member: MemberId, measure: str, *, before: int | None = None, limit: int = 20
) -> list[Told]:
    """Return an account's newest lines first, each with why."""
    lines = look.statement(
        visit.engine, visit.association, member, measure, before=before, limit=limit
    )
    return [Told(measure=measure, line=each, why=why(visit, each, measure)) for each in lines]


def why(visit: Visit, line: StatementLine, measure: str) -> str:
    """Return a line's reason: the rule's title, the reward's, or what its code is called."""
    if title := _rule_title(visit, measure.partition(".")[0], line.reason):
        corrected = line.kind is Kind.CORRECT or "supersedes" in line.origin
        return _corrected(visit, title) if corrected else title
    rewards = reward_titles(visit)
    reward = line.origin.get("reward", line.reason)
    named = visit.t.word("line_reason", line.reason)
    if reward in rewards:
        kind = visit.t.word("line_kind", line.kind.value)
        return (
            f"{kind}：{rewards[reward]}" if visit.language == "zh" else f"{kind}: {rewards[reward]}"
        )
    return named if named != line.reason else visit.t.word("line_kind", line.kind.value)


def _corrected(visit: Visit, title: str) -> str:
    kind = visit.t.word("line_kind", Kind.CORRECT.value)
    return f"{kind}：{title}" if visit.language == "zh" else f"{kind}: {title}"


def _rule_title(visit: Visit, programme: str, rule_id: str) -> str:
    for ruleset in _newest_first(visit, programme):
        for rule in ruleset.rules:
            if rule.id == rule_id:
                return rule.title.of(visit.language)
    return ""


def _newest_first(visit: Visit, programme: str) -> list[RuleSet]:
    found = visit.context.rules.all_of(programme)
    return sorted(found, key=lambda each: each.version, reverse=True)


def reward_titles(visit: Visit) -> dict[str, str]:
    """Return what each reward of the catalogue is called; read once for a page."""
    titles: dict[str, str] | None = visit.memory.get("rewards")
    if titles is None:
        with visit.engine.reading(visit.association) as connection:
            rewards = list_rewards(
                connection, visit.association, visit.house.installation.clock.now()
            )
        titles = {each.reward_id: visit.t.of(each.title_zh, each.title_en) for each in rewards}
        visit.memory["rewards"] = titles
    return titles
