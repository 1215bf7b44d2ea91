"""Groups and caps: what of a rule's worth is finally granted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from points.rules.expiry import expires
from points.rules.facts import Facts, Usage, holder_of, window_of
from points.rules.model import Cap, Group, Rule
from points.rules.outcome import NOTHING, Award, CapUse, Cut, Deferred, NotAwarded, Spent, UsageKey
from points.rules.trace import Recorder
from points.rules.windows import window_end


@dataclass(slots=True)
class Worth:
    """What a rule is worth for an activity, before its group and caps."""

    rule: Rule
    points: dict[str, int]


_Counted = tuple[UsageKey, Spent]
ROUNDS_MAX = 12
"""How often points are put off before what is left of them is forgone."""


class Granting:
    """Grants worths in order; later ones see what earlier ones of the same activity used."""

    __slots__ = (
        "cuts",
        "day",
        "deferred",
        "facts",
        "local",
        "peer",
        "recorder",
        "refused",
        "round",
        "usage",
        "used",
        "windows",
    )

    def __init__(
        self,
        facts: Facts,
        local: datetime,
        usage: Usage,
        recorder: Recorder | None,
        *,
        round_: int = 1,
    ) -> None:
        """Grant for one activity at a local moment, its own or one that points were put off to."""
        self.round = round_
        self.facts, self.local, self.usage, self.recorder = facts, local, usage, recorder
        self.day, self.peer = local.date(), ""
        self.used: dict[UsageKey, Spent] = {}
        self.windows: dict[str, tuple[str, str]] = {}
        self.refused: list[NotAwarded] = []
        self.deferred: list[Deferred] = []
        self.cuts: list[Cut] = []

    def choose(self, worths: list[Worth]) -> None:
        """Drop the worths that give way to another of their group."""
        groups: dict[str, list[Worth]] = {}
        for worth in worths:
            if worth.rule.group and worth.rule.group.mode != "stack":
                groups.setdefault(worth.rule.group.id, []).append(worth)
        for rivals in groups.values():
            group = rivals[0].rule.group
            best = group is not None and group.mode == "best_one"
            winner = max(rivals, key=_size) if best else rivals[0]
            for loser in rivals:
                if loser is not winner:
                    worths.remove(loser)
                    self._refuse(loser.rule, "group", ())

    def grant(self, worth: Worth, zone: ZoneInfo) -> Award | None:
        """Return the award that group and caps leave of a worth, if any."""
        rule, day = worth.rule, self.day
        peer = self.facts.peer(rule) if rule.to else ""
        if peer != self.peer:
            # Whose counts the caps are depends on who gets the points.
            self.peer, self.windows = peer, {}
        points: dict[str, int] = {}
        forgone: dict[str, int] = {}
        uses: list[CapUse] = []
        cut: list[str] = []
        closed = False
        for measure, asked in worth.points.items():
            if measure in self.facts.closed:
                forgone[measure], closed = asked, True
                continue
            offered = asked
            keys: list[_Counted] = []
            if self.round == 1 and rule.group is not None and rule.group.mode != "stack":
                offered = self._left_by_group(rule.group, measure, asked, keys)
            amount, put_off = self._through_caps(rule, measure, offered, (keys, cut))
            if amount < offered - put_off:
                forgone[measure] = offered - put_off - amount
            if amount:
                points[measure] = amount
                self._use(keys, amount, uses)
        if not points:
            reason = "cap" if cut else ("closed" if closed else "group")
            self._refuse(rule, reason, _once(cut), forgone)
            return None
        award = Award(
            rule_id=rule.id,
            points=points,
            expires={measure: expires(rule.expires[measure], day, zone) for measure in points},
            capped=_once(cut) if cut else (),
            forgone=forgone,
            uses=tuple(uses),
            to=self.peer,
        )
        if self.recorder:
            self.recorder.granted(award)
        return award

    def _through_caps(
        self, rule: Rule, measure: str, offered: int, notes: tuple[list[_Counted], list[str]]
    ) -> tuple[int, int]:
        amount, put_off = offered, 0
        keys, cut = notes
        for cap in rule.caps:
            key, spent = counted = self._counted(cap, cap.id, measure)
            keys.append(counted)
            left = _left(cap, spent, amount)
            if self.recorder:
                self.recorder.cap(rule, cap, key, spent, (amount, left))
            if left < amount:
                cut.append(cap.id)
                if cap.mode == "defer" and self.round <= ROUNDS_MAX:
                    put_off += self._defer(rule, cap, measure, amount - left)
                else:
                    self.cuts.append(Cut(rule.id, measure, cap.id, amount - left))
                amount = left
                if not amount:
                    break
        return amount, put_off

    def _defer(self, rule: Rule, cap: Cap, measure: str, points: int) -> int:
        until = window_end(cap.window, cap.years, self.local)
        self.deferred.append(
            Deferred(
                rule_id=rule.id,
                measure=measure,
                points=points,
                until=until,
                round=self.round,
                to=self.peer,
            )
        )
        if self.recorder:
            self.recorder.deferred(self.deferred[-1])
        return points

    def _left_by_group(self, group: Group, measure: str, asked: int, keys: list[_Counted]) -> int:
        counted = self._counted(group, group.key, measure)
        keys.append(counted)
        earlier = counted[1].points
        if group.mode == "first":
            return 0 if earlier else asked
        # Only what exceeds the best so far: the sum over a window is its best, in any order.
        return max(0, asked - earlier)

    def _use(self, keys: list[_Counted], amount: int, uses: list[CapUse]) -> None:
        used = self.used
        for key, (points, times) in keys:
            used[key] = Spent(points + amount, times + 1)
            cap, measure, window, holder = key
            uses.append(CapUse(cap, measure, window, amount, 1, holder))

    def _counted(self, limit: Cap | Group, name: str, measure: str) -> _Counted:
        where = self.windows.get(name)
        if where is None:
            window = window_of(limit, self.facts, self.day)
            where = self.windows[name] = (window, holder_of(limit, self.facts, self.peer))
        key = UsageKey(name, measure, *where)
        return key, (self.used and self.used.get(key)) or self.usage.spent(key)

    def _refuse(
        self, rule: Rule, reason: str, capped: tuple[str, ...], forgone: Mapping[str, int] = NOTHING
    ) -> None:
        to = self.facts.peer(rule)
        self.refused.append(NotAwarded(rule.id, reason, capped, forgone, to))
        if self.recorder:
            self.recorder.refuse(rule, reason, forgone)


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names)) if names else ()


def _left(cap: Cap, spent: Spent, amount: int) -> int:
    """Return how much of an amount a cap lets through."""
    if cap.unit == "times":
        return amount if spent.times < cap.maximum else 0
    room = cap.maximum - spent.points
    if amount <= room:
        return amount
    return 0 if room < 0 or cap.mode == "reject" else room


def _size(worth: Worth) -> int:
    return max(worth.points.values())
