"""What is tried: two ways of scoring one programme's activities of a period."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from points.flows.context import RuleBook
from points.kernel.canonical import digest
from points.kernel.ensure import ensure
from points.kernel.errors import Misused
from points.rules import Cap, Choose, Entry, Group, Rule, RuleSet
from points.rules.impact import Basis
from points.rules.windows import midnight

FEN_A_POINT = 20
"""What a spendable point is reckoned at where nobody says otherwise."""
YEARS = (1900, 9000)
_NESTED = ("activity", "day", "month", "quarter", "year")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Two ways of scoring one programme, and in which period they are compared.

    Attributes:
        book: The versions in force, which hold before the period and for every other programme.
        since: First local day that is compared.
        until: First local day that is not.
        after: The rule set that is tried, as if it took effect on ``since``; the versions in
            force where it is None.
        before: What it is compared with; the versions in force where it is None.
        stored: Compare with what was really posted instead.
    """

    programme: str
    book: RuleBook
    since: date
    until: date
    after: RuleSet | None = None
    before: RuleSet | None = None
    stored: bool = False
    fen_a_point: int = FEN_A_POINT
    budget_fen: int | None = None

    def __post_init__(self) -> None:
        ensure(not (self.stored and self.before), "one thing is compared with one other")
        # At the ends of the calendar a local midnight has no instant in UTC.
        if not YEARS[0] <= self.since.year <= self.until.year <= YEARS[1]:
            raise Misused("backtest.period", "年份超出范围", "the years are out of range")
        if self.since >= self.until:
            raise Misused(
                "backtest.period", "起始日须早于截止日", "the period begins before it ends"
            )
        for tried in (self.before, self.after):
            if tried is not None and tried.programme != self.programme:
                raise Misused(
                    "backtest.programme",
                    "两套规则不属于同一积分项目",
                    "both rule sets are of the same programme",
                )

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of the period's days."""
        return (self.after or self.before or self.book.of(self.programme)).zone

    @cached_property
    def begins(self) -> datetime:
        """The instant at which the period begins."""
        return midnight(self.since, self.zone)

    @cached_property
    def ends(self) -> datetime:
        """The first instant after the period."""
        return midnight(self.until, self.zone)

    @cached_property
    def choose_after(self) -> Choose:
        """Chooses the version that is tried."""
        return self._choosing(self.after)

    @cached_property
    def choose_before(self) -> Choose:
        """Chooses the version that it is compared with."""
        return self._choosing(self.before)

    def compares(self, entry: Entry) -> bool:
        """Return whether an activity lies in the period and counts in the programme."""
        return (
            self.begins <= entry.facts.occurred_at < self.ends
            and self.programme in entry.programmes
        )

    def versions(self) -> Iterator[RuleSet]:
        """Yield every rule set that may be asked."""
        for programme in self.book.programmes():
            yield from self.book.all_of(programme)
        yield from (each for each in (self.before, self.after) if each is not None)

    @property
    def shared(self) -> bool:
        """Whether one member's points bear on another's: only all together are exact then."""
        return any(
            any(cap.scope != "member" for cap in each.caps.values())
            or any(rule.to for rule in each.rules)
            for each in self.versions()
        )

    @cached_property
    def reads_since(self) -> datetime | None:
        """From when activities have to be read so that caps stand as they stood; None for ever."""
        return reach(self.versions(), self.since)

    def basis_before(self) -> Basis:
        """Return what stands in the report as the one side."""
        return self._stored_basis() if self.stored else self._basis(self.before)

    def basis_after(self) -> Basis:
        """Return what stands in the report as the other side."""
        return self._basis(self.after)

    def _stored_basis(self) -> Basis:
        return Basis(kind="stored")

    def _basis(self, ruleset: RuleSet | None) -> Basis:
        if ruleset is not None:
            return Basis(kind="file", version=ruleset.version, sha256=ruleset.sha256)
        held = sorted(each.sha256 for each in self.book.all_of(self.programme))
        return Basis(kind="in_force", sha256=digest(held))

    def _choosing(self, ruleset: RuleSet | None) -> Choose:
        if ruleset is None:
            return self.book.in_force
        held, book, begins = ruleset.at_any_time(), self.book, self.begins

        def choose(programme: str, at: datetime) -> RuleSet | None:
            if programme == held.programme and at >= begins:
                return held
            return book.in_force(programme, at)

        return choose


def spans(book: RuleBook, programme: str) -> list[tuple[RuleSet, datetime, datetime]]:
    """Return which version of a programme holds from when until when, by time, without overlap."""
    known = [(each.starts_at, each.ends_at) for each in book.all_of(programme)]
    known += [(each.starts_at, each.ends_at) for each in book.published]
    found: list[tuple[RuleSet, datetime, datetime]] = []
    for starts_at, ends_at in pairwise(sorted({at for span in known for at in span})):
        ruleset = book.in_force(programme, starts_at)
        if ruleset is None:
            continue
        goes_on = found and found[-1][0] is ruleset and found[-1][2] == starts_at
        since = found.pop()[1] if goes_on else starts_at
        found.append((ruleset, since, ends_at))
    return found


def reach(rulesets: Iterable[RuleSet], since: date) -> datetime | None:
    """Return from when activities bear on what happens from a day on; None where all of them do.

    Windows that nest close together: nothing before the longest one bears on what lies in it.
    A week crosses months, and cooldowns and histories cross everything.
    """
    first: list[datetime] = []
    for ruleset in rulesets:
        limits: list[Cap | Group] = [*ruleset.caps.values(), *ruleset.groups.values()]
        crossing = any(_looks_back(rule) for rule in ruleset.rules)
        if crossing or any(each.window not in _NESTED or each.years > 1 for each in limits):
            return None
        longest = max((_NESTED.index(each.window) for each in limits), default=0)
        first.append(midnight(_first_day(_NESTED[longest], since), ruleset.zone))
    return min(first, default=None)


def _looks_back(rule: Rule) -> bool:
    deferring = any(cap.mode == "defer" for cap in rule.caps)
    return bool(deferring or rule.cooldown or rule.histories or rule.streaks or rule.references)


def _first_day(window: str, day: date) -> date:
    if window == "year":
        return day.replace(month=1, day=1)
    if window == "quarter":
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    return day.replace(day=1) if window == "month" else day
