"""The watch's part of a batch: days judged, alerts raised and answered."""

from dataclasses import dataclass, field

from points.kernel.ensure import ensure
from points.kernel.ids import AlertId
from points.watch.model import ENDS, Alert, Answer, DayRun, Standing, State


@dataclass(slots=True)
class Alerts:
    """Alerts as they stand. Nothing here touches a database.

    Attributes:
        judged: Of the days asked for, those that were judged before.
    """

    standings: dict[AlertId, Standing] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    raised: list[Alert] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    runs: list[DayRun] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.raised) + len(self.answers) + len(self.runs)

    def raise_once(self, alert: Alert) -> bool:
        """Raise an alert unless it stands already; return whether it was new."""
        if alert.alert_id in self.standings:
            return False
        self.raised.append(alert)
        self.standings[alert.alert_id] = Standing(
            alert_id=alert.alert_id, state=State.OPEN, version=0
        )
        return True

    def answer(self, answer: Answer) -> None:
        """Lead an alert on.

        Raises:
            BrokenInvariant: It has ended, or the step does not follow.
        """
        found = self.standings[answer.alert_id]
        ensure(found.state not in ENDS, "an alert ends once")
        ensure(answer.version == found.version + 1, "steps are numbered without a gap")
        self.answers.append(answer)
        self.standings[answer.alert_id] = Standing(
            alert_id=answer.alert_id, state=answer.step, version=answer.version
        )

    def judge(self, run: DayRun) -> None:
        """Note that a day was judged."""
        ensure(run.day not in self.judged, "a day is judged once")
        self.judged.add(run.day)
        self.runs.append(run)
