"""What somebody asks to try, as plain values that can be sent to another process or kept."""

from dataclasses import dataclass
from datetime import date, datetime

from points.engine import Engine
from points.flows.backtest.scoring import Bench
from points.flows.backtest.stored import Stored
from points.flows.backtest.trial import FEN_A_POINT, Trial
from points.flows.context import Context
from points.kernel.errors import Misused
from points.kernel.findings import Finding, Severity
from points.kernel.ids import AssociationId
from points.rules import RuleSet, load_ruleset

STORED, IN_FORCE = "stored", "in_force"


class RulesUnsound(Misused):
    """The rules that are to be tried have errors.

    Attributes:
        findings: Every one of them, with its place.
    """

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("rules.refused", "规则文件有错误", "the rule files have errors")
        self.findings = findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A back-test as it was asked for.

    Attributes:
        since: First local day.
        until: First local day that is no longer in it.
        programme: Which; that of ``after`` where not said.
        after: Text of the rule set that is tried; the versions in force where it is None.
        against: ``stored``, ``in_force``, or the text of another rule set.
        names: What findings call the files of ``after`` and of ``against``.
        fen_a_point: What a spendable point is reckoned at.
        budget_fen: What spendable points may cost in the period.
        as_of: Until when activities count that were scored.
    """

    since: date
    until: date
    programme: str = ""
    after: str | None = None
    against: str = STORED
    names: tuple[str, str] = ("draft.yaml", "against.yaml")
    fen_a_point: int = FEN_A_POINT
    budget_fen: int | None = None
    as_of: datetime

    def trial(self, known: Context) -> Trial:
        """Return what is tried.

        Raises:
            RulesUnsound: A text has errors.
            Misused: The period or the programmes do not fit, or nobody said which programme.
        """
        after = None if self.after is None else _sound(self.after, self.names[0], known)
        named = self.against in {STORED, IN_FORCE}
        before = None if named else _sound(self.against, self.names[1], known)
        programme = self.programme or (after.programme if after else "")
        if programme not in known.rules.programmes():
            raise Misused(
                "unknown_programme",
                "请指明积分项目（--programme）",
                "say which programme (--programme)",
            )
        return Trial(
            programme=programme,
            book=known.rules,
            since=self.since,
            until=self.until,
            after=after,
            before=before,
            stored=self.against == STORED,
            fen_a_point=self.fen_a_point,
            budget_fen=self.budget_fen,
        )

    def bench(self, engine: Engine, association: AssociationId) -> Bench:
        """Return the trial on the stored activities of an association."""
        trial = self.trial(engine.context_of(association))
        source = Stored(
            engine=engine,
            association=association,
            programme=trial.programme,
            as_of=self.as_of,
            since=trial.reads_since,
            with_awards=trial.stored,
        )
        return Bench(trial, source)


def _sound(text: str, name: str, known: Context) -> RuleSet:
    loaded, findings = load_ruleset(text, file=name, types=known.types)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if loaded is None or errors:
        raise RulesUnsound(errors)
    return loaded
