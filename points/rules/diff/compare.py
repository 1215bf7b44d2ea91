"""Compares two rule sets by what they mean."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TypeVar

from points.rules.diff.aspects import Handler, Place, compared
from points.rules.diff.changes import Change, Diff, Direction
from points.rules.diff.content import content
from points.rules.diff.fields import CAP, GROUP, MULTIPLIER, RULE, RULESET
from points.rules.diff.wording import Wording
from points.rules.model import Cap, Group, Multiplier, Rule, RuleSet
from points.rules.phrases import cap_sentence
from points.rules.rule_sentence import rule_sentence
from points.rules.texts import Title

T = TypeVar("T", Cap, Group, Multiplier, Rule)


def diff(old: RuleSet, new: RuleSet) -> Diff:
    """Return everything that means something else in the new rule set, in the order of the file.

    White space, comments, notes, the spelling of expressions and numbers, ``let`` bindings that
    are only written out or in, and what no rule uses make no difference.
    """
    return Diff(old=_named(old), new=_named(new), changes=tuple(_changes(old, new)))


def _named(ruleset: RuleSet) -> tuple[str, int, str]:
    return ruleset.programme, ruleset.version, ruleset.sha256


def _changes(old: RuleSet, new: RuleSet) -> Iterator[Change]:
    place = Place(
        subject="ruleset",
        subject_id=new.programme,
        title=new.title,
        rules=(),
        was=old,
        now=new,
        before=Wording(old),
        after=Wording(new),
    )
    yield from compared(place, old, new, RULESET)
    yield from _Things(old, new, "cap", CAP).changes(old.caps, new.caps)
    yield from _Things(old, new, "group", GROUP).changes(old.groups, new.groups)
    yield from _Things(old, new, "multiplier", MULTIPLIER).changes(
        _multipliers(old), _multipliers(new)
    )
    rules = _Things(old, new, "rule", RULE)
    yield from rules.changes(_rules(old), _rules(new))


def _rules(ruleset: RuleSet) -> dict[str, Rule]:
    return {rule.id: rule for rule in ruleset.rules}


def _multipliers(ruleset: RuleSet) -> dict[str, Multiplier]:
    return {each.id: each for rule in ruleset.rules for each in rule.multipliers}


class _Things:
    """Compares things of one kind by their ids."""

    def __init__(
        self, old: RuleSet, new: RuleSet, subject: str, handlers: Mapping[str, Handler]
    ) -> None:
        self.old, self.new = old, new
        self.subject, self.handlers = subject, handlers

    def changes(self, before: Mapping[str, T], after: Mapping[str, T]) -> Iterator[Change]:
        """Yield what was added, what was changed, and what is gone."""
        renamed = _renamed(before, after)
        for name, thing in after.items():
            was = renamed.get(name, name)
            if was in before:
                yield from self._changed(before[was], thing)
            else:
                yield self._whole(thing, gone=False)
        for name, thing in before.items():
            if name not in after and name not in renamed.values():
                yield self._whole(thing, gone=True)

    def _place(self, old: T, new: T) -> Place:
        return Place(
            subject=self.subject,
            subject_id=new.id,
            title=new.title,
            rules=self._touched(old.id, new.id),
            was=old,
            now=new,
            before=Wording(self.old, self._reader(self.old, old)),
            after=Wording(self.new, self._reader(self.new, new)),
        )

    def _changed(self, old: T, new: T) -> Iterator[Change]:
        yield from compared(self._place(old, new), old, new, self.handlers)

    def _whole(self, thing: T, *, gone: bool) -> Change:
        place = self._place(thing, thing)
        said, label = _said(place.before if gone else place.after, thing), _WHOLE[self.subject]
        if gone:
            towards = Direction.TIGHTEN if self.subject == "rule" else Direction.UNDECIDED
            return place.change("removed", label, said, None, towards)
        towards = Direction.LOOSEN if self.subject == "rule" else Direction.UNDECIDED
        return place.change("added", label, None, said, towards)

    def _touched(self, *names: str) -> tuple[str, ...]:
        """Return the ids of the rules that use a thing, before or after."""
        if self.subject == "rule":
            return (names[-1],)
        rules = (*self.new.rules, *self.old.rules)
        return tuple(dict.fromkeys(rule.id for rule in rules if set(names) & self._uses(rule)))

    def _uses(self, rule: Rule) -> set[str]:
        if self.subject == "cap":
            return {cap.id for cap in rule.caps}
        if self.subject == "group":
            return {rule.group.id} if rule.group else set()
        return {each.id for each in rule.multipliers}

    def _reader(self, ruleset: RuleSet, thing: Cap | Group | Multiplier | Rule) -> Rule | None:
        """Return a rule whose activity's fields a thing's expressions speak of."""
        if isinstance(thing, Rule):
            return thing
        return next((rule for rule in ruleset.rules if thing.id in self._uses(rule)), None)


_WHOLE = {
    "rule": Title("规则", "rule"),
    "cap": Title("封顶", "cap"),
    "group": Title("分组", "group"),
    "multiplier": Title("倍数", "multiplier"),
}


def _said(wording: Wording, thing: Cap | Group | Multiplier | Rule) -> Title:
    if isinstance(thing, Rule):
        return Title(*(rule_sentence(thing, each) for each in ("zh", "en")))
    if isinstance(thing, Cap):
        return cap_sentence(thing)
    if isinstance(thing, Multiplier):
        times, when = wording.any(thing.times), wording.any(thing.when)
        return Title(f"{when.zh}时 ×{times.zh}", f"×{times.en} when {when.en}")
    return wording.any(thing.mode)


def _renamed(before: Mapping[str, T], after: Mapping[str, T]) -> dict[str, str]:
    """Return the old ids of things that got a new one: all else is as it was."""
    gone = {name: _nameless(thing) for name, thing in before.items() if name not in after}
    found: dict[str, str] = {}
    for name, thing in after.items():
        if name in before:
            continue
        same = [was for was, body in gone.items() if body == _nameless(thing)]
        if same:
            found[name] = same[0]
            del gone[same[0]]
    return found


def _nameless(thing: Cap | Group | Multiplier | Rule) -> object:
    return [content(getattr(thing, each.name)) for each in fields(thing) if each.name != "id"]
