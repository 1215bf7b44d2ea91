"""Divides rules among SQL and the exact engine, so that both together grant what the latter would.

Rules that count under a common cap or group stay together: either SQL can say all of them exactly,
or the exact engine scores all of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import NamedTuple

from points.rules.model import Cap, Group, Rule, RuleSet
from points.rules.sql_grants import Limit, keys
from points.rules.sql_numbers import NotInSql
from points.rules.sql_rule import Worths, worths
from points.rules.texts import Title
from points.rules.windows import first_day


class Held(NamedTuple):
    """A version, and from when until when activities are scored by it."""

    ruleset: RuleSet
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A rule of a version, by a number that sorts rules as they are scored."""

    number: int
    rule: Rule
    held: Held

    @property
    def programme(self) -> str:
        """Whose rule it is."""
        return self.held.ruleset.programme

    @property
    def limits(self) -> tuple[Cap | Group, ...]:
        """What limits it, from the inside out."""
        group = self.rule.group
        counting = (group,) if group is not None and group.mode != "stack" else ()
        return (*counting, *self.rule.caps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rules that SQL scores together.

    Attributes:
        worths: What each rule is worth, by its number.
        limits: What limits them, from the inside out.
        groups: Groups of which one rule wins an activity, with the numbers of their rules.
    """

    rules: tuple[Numbered, ...]
    worths: Mapping[int, Worths]
    limits: tuple[Limit, ...]
    groups: tuple[tuple[Group, tuple[int, ...]], ...]

    @property
    def may_fail(self) -> frozenset[str]:
        """The activity types whose activities it may set aside."""
        failing = (each for each in self.rules if self.worths[each.number].failing)
        return frozenset(each.rule.type.name for each in failing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """A rule that the exact engine scores, and the code of why."""

    numbered: Numbered
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who scores which rules.

    Attributes:
        rules: All rules by number.
        parts: What SQL scores.
        exact: What the exact engine scores.
    """

    rules: Mapping[int, Numbered]
    parts: tuple[Part, ...]
    exact: tuple[Exact, ...]

    @property
    def exact_types(self) -> frozenset[str]:
        """The activity types that the exact engine has to see, for their own or for their past."""
        asked = {each.numbered.rule.type.name for each in self.exact}
        for each in self.exact:
            rule = each.numbered.rule
            asked.update(name for name, _ in (*rule.histories, *rule.streaks))
        return frozenset(asked)

    def reduced(self, held: Held) -> RuleSet:
        """Return a version with only the rules that the exact engine scores."""
        kept = {each.numbered.rule.id for each in self.exact if each.numbered.held is held}
        rules = tuple(rule for rule in held.ruleset.rules if rule.id in kept)
        by_type: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            by_type[rule.type.name].append(rule)
        return replace(
            held.ruleset, rules=rules, by_type={name: tuple(each) for name, each in by_type.items()}
        )


def plan(versions: Iterable[Held], *, unfit: frozenset[str] = frozenset()) -> Plan:
    """Return who scores which rules.

    Args:
        versions: Who holds when; no two of a programme at the same time.
        unfit: Activity types whose stored values are not as their type says.
    """
    rules = [
        Numbered(number=number, rule=rule, held=held)
        for number, (held, rule) in enumerate(
            (held, rule) for held in versions for rule in held.ruleset.rules
        )
    ]
    parts: list[Part] = []
    exact: list[Exact] = []
    for together in _together(rules):
        try:
            _refuse_unfit(together, unfit)
            parts.append(_part(together))
        except NotInSql as why:
            exact += [Exact(numbered=each, why=why.code) for each in together]
    parts, exact = _settled(parts, exact)
    return Plan(rules={each.number: each for each in rules}, parts=tuple(parts), exact=tuple(exact))


def _together(rules: Sequence[Numbered]) -> list[list[Numbered]]:
    """Return the rules in groups, in each of which all are tied by limits of the same name."""
    asked = _asked(rules)
    ties = {each.number: frozenset(_ties(each, asked)) for each in rules}
    home: dict[tuple[str, str], int] = {}
    groups: dict[int, list[Numbered]] = {}
    for each in rules:
        found = {home[tie] for tie in ties[each.number] if tie in home}
        joined = [rule for number in sorted(found) for rule in groups.pop(number)]
        groups[each.number] = sorted((*joined, each), key=lambda rule: rule.number)
        for rule in groups[each.number]:
            home.update(dict.fromkeys(ties[rule.number], each.number))
    return list(groups.values())


def _asked(rules: Iterable[Numbered]) -> frozenset[str]:
    """Return the ids of rules whose grants other rules, or other versions of theirs, ask about."""
    referred = {name for each in rules for name, _ in each.rule.references}
    return frozenset(referred.union(each.rule.id for each in rules if each.rule.cooldown))


def _ties(each: Numbered, asked: frozenset[str]) -> Iterator[tuple[str, str]]:
    yield from ((each.programme, _name(limit)) for limit in each.limits)
    referred = {name for name, _ in each.rule.references}
    yield from ((each.programme, f"rule:{name}") for name in referred)
    if each.rule.id in asked:
        yield each.programme, f"rule:{each.rule.id}"


def _refuse_unfit(rules: Iterable[Numbered], unfit: frozenset[str]) -> None:
    if not unfit.isdisjoint(each.rule.type.name for each in rules):
        raise NotInSql("values")


def _name(limit: Cap | Group) -> str:
    return limit.key if isinstance(limit, Group) else limit.id


def _part(rules: Sequence[Numbered]) -> Part:
    limits = _limits(rules)
    groups: dict[tuple[str, int], tuple[Group, list[int]]] = {}
    for each in rules:
        group = each.rule.group
        if group is not None and group.mode != "stack":
            version = id(each.held)
            groups.setdefault((group.id, version), (group, []))[1].append(each.number)
    return Part(
        rules=tuple(rules),
        worths={each.number: worths(each.rule, each.held.ruleset) for each in rules},
        limits=limits,
        groups=tuple((group, tuple(numbers)) for group, numbers in groups.values() if numbers[1:]),
    )


def _limits(rules: Sequence[Numbered]) -> tuple[Limit, ...]:
    """Return what limits the rules, in one order that is right for each of them."""
    users: dict[tuple[str, Cap | Group], list[int]] = defaultdict(list)
    order: TopologicalSorter[tuple[str, Cap | Group]] = TopologicalSorter()
    for each in rules:
        chain = [(_name(limit), _counted(limit)) for limit in each.limits]
        for limit in chain:
            users[limit].append(each.number)
            order.add(limit)
        for inner, outer in pairwise(chain):
            order.add(outer, inner)
    _refuse_crossed(rules, list(users))
    try:
        ordered = list(order.static_order())
    except CycleError:
        raise NotInSql("order") from None
    if any(isinstance(limit, Cap) and limit.mode == "defer" for _, limit in ordered):
        raise NotInSql("defer")
    fields = {each.number: each.rule.type.fields for each in rules}
    found = []
    for place, key in enumerate(ordered):
        told = [keys(key[1], fields[number]) for number in users[key]]
        columns = {f"{letter}{place}": kind for letter, (_, kind) in told[0].items()}
        numbers = tuple(users[key])
        found.append(Limit(place=place, limit=key[1], rules=numbers, columns=columns))
    return tuple(found)


def _counted(limit: Cap | Group) -> Cap | Group:
    """Return a limit without what makes no difference to counting, so that versions compare."""
    return replace(limit, title=_NO_TITLE)


_NO_TITLE = Title("", "")


def _refuse_crossed(rules: Sequence[Numbered], limits: Sequence[tuple[str, Cap | Group]]) -> None:
    """Refuse limits that change while a window of theirs is open: its count goes on."""
    changed = {name for name, _ in limits if sum(name == other for other, _ in limits) > 1}
    for name, limit in limits:
        if name in changed and not all(_begins(limit, day) for day in _changes(rules)):
            raise NotInSql("versions")


def _changes(rules: Sequence[Numbered]) -> set[date]:
    """Return the first local day of each version; one that begins within a day is no day at all."""
    days = set()
    for each in rules:
        local = each.held.since.astimezone(each.held.ruleset.zone)
        days.add(local.date() if not any(local.timetuple()[3:6]) else date.max)
    return days


def _begins(limit: Cap | Group, day: date) -> bool:
    """Return whether a window of a limit begins on a day."""
    if day == date.max:
        return False
    if limit.window == "year":
        return (day.month, day.day) == (1, 1) and day.year % limit.years == 0
    if limit.window == "quarter":
        return day.day == 1 and day.month % 3 == 1
    return limit.window != "lifetime" and first_day(limit.window, day) == day


def _settled(parts: list[Part], exact: list[Exact]) -> tuple[list[Part], list[Exact]]:
    """Hand over what may set aside activities that the exact engine scores as well.

    Whatever fails first must keep the other from granting anything, and neither asks the other.
    """
    while True:
        types = {each.numbered.rule.type.name for each in exact}
        torn = [part for part in parts if not part.may_fail.isdisjoint(types)]
        if not torn:
            return parts, exact
        parts = [part for part in parts if part not in torn]
        exact = exact + [
            Exact(numbered=each, why="failure") for part in torn for each in part.rules
        ]
