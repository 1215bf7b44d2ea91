"""What members may do for each other, and which cards they fill: an association's own rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from points.kernel.ensure import ensure
from points.rules.compile import NO_PAST, Compiled
from points.rules.facts import Facts
from points.rules.outcome import EvaluationError
from points.rules.texts import Title

SHANGHAI = ZoneInfo("Asia/Shanghai")
FUND, ISSUANCE = "fund", "issuance"
SOURCES = (FUND, ISSUANCE)
"""Where a hardship grant's points come from: what members gave, or new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationPolicy:
    """How members of a programme give points to its hardship fund.

    Attributes:
        least: Points of one donation, at least.
        most: Points of one donation, at most.
        per_month: Points of one member in a calendar month, at most.
        named: Whether a donor may ask to be named; nobody is without.
    """

    least: int = 1
    most: int = 200
    per_month: int = 300
    named: bool = False

    def __post_init__(self) -> None:
        ensure(0 < self.least <= self.most <= self.per_month, "limits of donations fit together")


@dataclass(frozen=True, slots=True, kw_only=True)
class HardshipPolicy:
    """How hardship grants are made in a programme.

    Attributes:
        source: ``fund`` or ``issuance``.
        per_member_month: Points that one member may get in a calendar month; None for no limit.
        days: For how many days such points can be spent where the grant does not say; None for
            as long as it says, for ever if it says nothing.
    """

    source: str = ISSUANCE
    per_member_month: int | None = None
    days: int | None = None

    def __post_init__(self) -> None:
        ensure(self.source in SOURCES, "a grant comes from somewhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """What a full card gives: a reward for nothing, or points.

    Attributes:
        reward: A code of the catalogue; empty where it gives points.
        points: How many; zero where it gives a reward.
        days: For how many days the points can be spent; None for ever.
    """

    reward: str = ""
    points: int = 0
    days: int | None = None

    def __post_init__(self) -> None:
        ensure(bool(self.reward) != (self.points > 0), "a full card gives one thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRule:
    """One kind of stamp card.

    Attributes:
        code: Stable; it stands on every stamp.
        types: Activity types that can give a stamp.
        when: The condition on the activity and its member; None for all of them.
        per_day: How many stamps a day at most.
        stamps: How many fill it.
        valid_days: How long a card is good for from its first stamp, in whole days.
        since: The first local day on which activities count for it.
        gives: What a full one gives.
    """

    code: str
    title: Title
    programme: str
    types: tuple[str, ...]
    stamps: int
    valid_days: int
    since: date
    gives: Gift
    when: Compiled | None = None
    per_day: int = 1

    def counts(self, facts: Facts) -> bool:
        """Return whether an activity is worth a stamp.

        Raises:
            EvaluationError: The condition cannot be carried out on it.
        """
        if facts.type not in self.types:
            return False
        if self.when is None:
            return True
        try:
            return bool(self.when.run(facts.fields, facts.member, NO_PAST))
        except ArithmeticError:
            raise EvaluationError(self.code, "arithmetic") from None
        except KeyError:
            raise EvaluationError(self.code, "missing_field") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitPolicy:
    """The rules of one installation; without a file nobody donates and there are no cards.

    Attributes:
        zone: Where a day and a month begin.
        donations: By programme; a programme that is missing takes none.
        hardship: By programme.
        cards: By their code.
    """

    zone: ZoneInfo = SHANGHAI
    donations: Mapping[str, DonationPolicy] = field(default_factory=dict)
    hardship: Mapping[str, HardshipPolicy] = field(default_factory=dict)
    cards: Mapping[str, CardRule] = field(default_factory=dict)

    def hardship_in(self, programme: str) -> HardshipPolicy:
        """Return how a programme makes hardship grants."""
        return self.hardship.get(programme, HardshipPolicy())

    def day(self, instant: datetime) -> date:
        """Return the local day of an instant."""
        return instant.astimezone(self.zone).date()

    def month(self, instant: datetime) -> str:
        """Return the local calendar month of an instant, as ``2026-03``."""
        return self.day(instant).strftime("%Y-%m")

    def month_begins(self, instant: datetime) -> datetime:
        """Return the first instant of the local calendar month of an instant."""
        return datetime.combine(self.day(instant).replace(day=1), time(), tzinfo=self.zone)

    def after_days(self, instant: datetime, days: int) -> datetime:
        """Return the first instant after the local day that is so many days later."""
        last = self.day(instant) + timedelta(days=days + 1)
        return datetime.combine(last, time(), tzinfo=self.zone)
