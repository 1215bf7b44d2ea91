"""Tells a member of one activity what each rule gave, or why it gave nothing, in plain words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import getcontext, setcontext

from points.rules.compile import ARITHMETIC
from points.rules.covering.asking import Before
from points.rules.covering.walking import Walker
from points.rules.facts import Facts, Usage
from points.rules.model import Cap, Rule, RuleSet
from points.rules.outcome import REASON_TEXTS, Award, Evaluation, NotAwarded
from points.rules.phrases import name_of, schedule
from points.rules.plainly import Plain
from points.rules.texts import Title
from points.rules.windows import window_end

_PERIODS: Mapping[str, Title] = {
    "activity": Title("每次", "for one activity"),
    "day": Title("每天", "a day"),
    "week": Title("每周", "a week"),
    "month": Title("每月", "a month"),
    "quarter": Title("每季度", "a quarter"),
    "year": Title("每年", "a year"),
    "lifetime": Title("总共", "in all"),
}
_AGAIN = Title("，{0}月{1}日起重新计算", ", which begins anew on {2}")
_AGAIN_NEXT_YEAR = Title("，{3}年{0}月{1}日起重新计算", ", which begins anew on {2}")
GRANTED, PARTLY, REFUSED = "granted", "partly", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one rule came to, for the member.

    Attributes:
        outcome: ``granted``, ``partly`` where a limit cut, or ``refused``.
        reason: Stable, one of ``REASONS``; empty where points were granted.
        points: Granted, per measure.
        texts: Sentences: what was granted, or every reason why not.
    """

    rule_id: str
    title: Title
    outcome: str
    reason: str
    points: Mapping[str, int]
    texts: tuple[Title, ...]


def why(facts: Facts, ruleset: RuleSet, usage: Usage, found: Evaluation) -> list[Told]:
    """Return what each rule on an activity's type came to, granted ones first.

    Args:
        facts: The activity.
        ruleset: By which rules it was scored.
        usage: As it was then.
        found: What came of it.
    """
    outer = getcontext()
    setcontext(ARITHMETIC)
    try:
        told = list(_Telling(facts, ruleset, usage, found).all())
    finally:
        setcontext(outer)
    return sorted(told, key=lambda each: each.outcome == REFUSED)


class _Telling:
    """The telling of one evaluation."""

    def __init__(self, facts: Facts, ruleset: RuleSet, usage: Usage, found: Evaluation) -> None:
        self.facts, self.ruleset, self.found = facts, ruleset, found
        self.local = facts.occurred_at.astimezone(ruleset.zone)
        self.walker = Walker(
            names={"event": facts.fields, "member": facts.member},
            lets=ruleset.lets,
            past=Before(facts, ruleset, usage),
        )

    def all(self) -> Iterator[Told]:
        awards = {award.rule_id: award for award in self.found.awards}
        refused = {each.rule_id: each for each in self.found.refused}
        effects = {each.rule_id: each.kind for each in self.found.effects}
        for rule in self.ruleset.by_type.get(self.facts.type, ()):
            if rule.id in awards:
                yield self._granted(rule, awards[rule.id])
            elif rule.id in refused:
                yield self._refused(rule, refused[rule.id])
            else:
                text = EFFECTS_SAID[effects[rule.id]]
                yield Told(
                    rule_id=rule.id,
                    title=rule.title,
                    outcome=GRANTED,
                    reason="",
                    points={},
                    texts=(text,),
                )

    def _granted(self, rule: Rule, award: Award) -> Told:
        texts = [*self._sums(award), *self._cut(rule, award.capped), *self._later(rule)]
        return Told(
            rule_id=rule.id,
            title=rule.title,
            outcome=PARTLY if award.capped else GRANTED,
            reason="",
            points=dict(award.points),
            texts=tuple(texts),
        )

    def _sums(self, award: Award) -> Iterator[Title]:
        alike: dict[tuple[int, int], list[Title]] = {}
        for measure, points in award.points.items():
            lost = award.forgone.get(measure, 0)
            alike.setdefault((points, lost), []).append(name_of(measure))
        for (points, lost), names in alike.items():
            each = Title("各", " each") if len(names) > 1 else Title("", "")
            zh = f"{'、'.join(name.zh for name in names)}{each.zh}得 {points} 分"
            en = f"{' and '.join(name.en for name in names)}: {points} points{each.en}"
            worth = points + lost
            yield (
                Title(f"{zh}（本可得 {worth} 分）", f"{en} (of {worth})") if lost else Title(zh, en)
            )

    def _later(self, rule: Rule) -> Iterator[Title]:
        for put_off in self.found.deferred:
            if put_off.rule_id == rule.id:
                day = put_off.until.astimezone(self.ruleset.zone).date()
                yield Title(
                    f"另有 {put_off.points} 分顺延到{_day_zh(day, self.local)}再计",
                    f"{put_off.points} more points are put off to {day.isoformat()}",
                )

    def _refused(self, rule: Rule, refusal: NotAwarded) -> Told:
        found = [*self._reasons(rule, refusal), *self._later(rule)]
        return Told(
            rule_id=rule.id,
            title=rule.title,
            outcome=REFUSED,
            reason=refusal.reason,
            points={},
            texts=tuple(found) or (REASON_TEXTS[refusal.reason],),
        )

    def _reasons(self, rule: Rule, refusal: NotAwarded) -> Iterable[Title]:
        plain = Plain(rule, self.walker, self._types())
        match refusal.reason:
            case "audience":
                return plain.failing(rule.audience)
            case "condition":
                return plain.failing(rule.when)
            case "cap":
                return self._cut(rule, refusal.capped)
            case "cooldown":
                return [_cooldown(rule)]
            case "schedule" if rule.schedule is not None:
                said = schedule(rule.schedule)
                zh, en = f"不在规定的时间（{said.zh}）", f"not at the times of the rule ({said.en})"
                return [Title(zh, en)]
        return [_REFUSALS[refusal.reason]] if refusal.reason in _REFUSALS else []

    def _types(self) -> Mapping[str, Title]:
        return {name: kind.title for name, kind in self.ruleset.types.types.items()}

    def _cut(self, rule: Rule, names: Iterable[str]) -> Iterator[Title]:
        caps = {cap.id: cap for cap in rule.caps}
        return (self._full(caps[name]) for name in names)

    def _full(self, cap: Cap) -> Title:
        """Say that a limit is reached, and when it is open again."""
        shared = _SHARED.get(cap.scope, Title("", ""))
        period = _PERIODS[cap.window]
        if cap.years > 1:
            period = Title(f"每 {cap.years} 年", f"every {cap.years} years")
        unit = Title("次", "times") if cap.unit == "times" else Title("分", "points")
        zh = f"已达到“{cap.title.zh}”（{shared.zh}{period.zh}最多 {cap.maximum} {unit.zh}）"
        en = (
            f"the limit '{cap.title.en}' is reached "
            f"(at most {cap.maximum} {unit.en} {period.en}{shared.en})"
        )
        again = self._again(cap)
        return Title(zh + again.zh, en + again.en)

    def _again(self, cap: Cap) -> Title:
        if cap.window in ("activity", "lifetime"):
            return Title("", "")
        end = window_end(cap.window, cap.years, self.local).astimezone(self.ruleset.zone)
        day = end.date()
        words = _AGAIN if day.year == self.local.year else _AGAIN_NEXT_YEAR
        values = (day.month, day.day, day.isoformat(), day.year)
        return Title(words.zh.format(*values), words.en.format(*values))


def _day_zh(day: date, now: datetime) -> str:
    year = "" if day.year == now.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def _cooldown(rule: Rule) -> Title:
    back = rule.cooldown
    hours = int(back.total_seconds() // 3600) if back else 0
    days, rest = divmod(hours, 24)
    zh, en = (f"{hours} 小时", f"{hours} hours") if rest else (f"{days} 天", f"{days} days")
    return Title(
        f"与上一次计分的同类活动间隔不到 {zh}", f"less than {en} from another one that was scored"
    )


_SHARED: Mapping[str, Title] = {
    "branch": Title("全支部合计", ", for the whole branch"),
    "programme": Title("全体成员合计", ", for all members together"),
}
EFFECTS_SAID: Mapping[str, Title] = {
    "veto": Title(
        "按规定当年不评星级，已有积分不扣减",
        "no stars for the year; no points are taken",
    ),
    "freeze": Title(
        "按规定暂停积分兑换，可以申诉，已有积分不扣减",
        "spending is stopped, and you may appeal; no points are taken",
    ),
}
_REFUSALS: Mapping[str, Title] = {
    "measure": Title(
        "您当时没有参加这个积分项目", "you did not take part in this programme at the time"
    ),
    "source": Title(
        "这一项只认规定渠道报来的记录，这条记录不是从那里来的",
        "this rule takes the word of certain sources only, and this came from elsewhere",
    ),
    "peer": Title(
        "没有写明可以得分的同伴，或同伴没有参加这个项目",
        "no peer was named who takes part in the programme",
    ),
    "table": Title("这次的情况不在计分表列出的范围内", "the table of points has no row for this"),
    "zero": Title("按规则算下来不足 1 分", "by the rule it comes to less than one point"),
    "closed": Title("活动所在的年度已经结算", "the year in which it happened is closed"),
    "group": Title(
        "同类加分只取一项，已按另一项计分",
        "only one rule of its kind counts, and another one did",
    ),
}
