"""How much of a rule set its cases cover, and exactly what they leave out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from points.rules.covering.branches import Branch, branches_of
from points.rules.covering.places import Places
from points.rules.model import RuleSet
from points.rules.texts import Title

_OUTCOMES: Mapping[str, Title] = {
    "true": Title("从未为真", "was never true"),
    "false": Title("从未为假", "was never false"),
    "yes": Title("这一支从未取到", "this arm was never taken"),
    "no": Title("这一支从未取到", "this arm was never taken"),
    "hit": Title("从未命中", "was never hit"),
    "refused": Title("从未拒绝", "never refused"),
    "on": Title("从未生效", "never applied"),
    "off": Title("从未不生效", "always applied"),
    "cut": Title("从未起作用", "never cut"),
}
_PARTS: Mapping[str, Title] = {
    "source": Title("来源限制", "the sources"),
    "peer": Title("同伴要求", "the peer"),
    "schedule": Title("时间限制", "the schedule"),
    "cooldown": Title("间隔要求", "the cooldown"),
    "group": Title("同组取舍", "the group"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A branch that no case took.

    Attributes:
        line: Where it is written, from one.
        column: From one.
        text: What is written there.
    """

    branch: Branch
    line: int
    column: int
    text: str

    def said(self) -> Title:
        """Return what was never seen, for people."""
        outcome = _OUTCOMES[self.branch.outcome]
        subject = self._subject()
        return Title(f"{subject.zh} {outcome.zh}", f"{subject.en} {outcome.en}")

    def _subject(self) -> Title:
        kind, _, name = self.branch.owner.partition(":")
        part, _, number = self.branch.part.partition(".")
        if self.branch.end:
            return Title(self.text, self.text)
        if part == "row":
            return Title(f"表中第 {number} 行", f"row {number} of the table")
        if part == "band":
            return Title(f"第 {number} 档", f"band {number}")
        if part == "multiplier":
            return Title(f"倍数 {number}", f"the multiplier {number}")
        if kind == "cap":
            return Title(f"封顶 {name}", f"the cap {name}")
        return _PARTS.get(part, Title("规则", "the rule"))

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        said = self.said()
        kind, _, name = self.branch.owner.partition(":")
        return {
            "kind": kind,
            "name": name,
            "part": self.branch.part,
            "outcome": self.branch.outcome,
            "line": self.line,
            "column": self.column,
            "zh": said.zh,
            "en": said.en,
        }


@dataclass(slots=True, kw_only=True)
class Share:
    """How many branches of one owner were taken."""

    taken: int = 0
    total: int = 0
    missing: list[Missing] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """The coverage of one rule set.

    Attributes:
        shares: By owner (``rule:P06``, ``let:counted``), in the order of the file.
    """

    programme: str
    version: int
    shares: Mapping[str, Share]

    @property
    def taken(self) -> int:
        """Return how many branches were taken."""
        return sum(share.taken for share in self.shares.values())

    @property
    def total(self) -> int:
        """Return how many branches there are."""
        return sum(share.total for share in self.shares.values())

    @property
    def missing(self) -> list[Missing]:
        """Return the branches that no case took, by place."""
        found = [each for share in self.shares.values() for each in share.missing]
        return sorted(found, key=lambda each: (each.line, each.column, each.branch))

    @property
    def percent(self) -> float:
        """Return the share that was taken, in hundredths, rounded down to a tenth."""
        return 100.0 if not self.total else self.taken * 1000 // self.total / 10

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "programme": self.programme,
            "version": self.version,
            "taken": self.taken,
            "total": self.total,
            "percent": self.percent,
            "of": {
                owner: {"taken": share.taken, "total": share.total}
                for owner, share in self.shares.items()
            },
            "missing": [each.as_json() for each in self.missing],
        }


def covered(ruleset: RuleSet, seen: Collection[Branch], source: str) -> Covered:
    """Return how much of a rule set was seen.

    Args:
        ruleset: Which.
        seen: What case reports saw of it.
        source: The text that it was loaded from, for places.
    """
    places = Places(source)
    shares: dict[str, Share] = {}
    for branch in branches_of(ruleset):
        share = shares.setdefault(branch.owner, Share())
        share.total += 1
        if branch in seen:
            share.taken += 1
        else:
            line, column, text = places.of(branch)
            share.missing.append(Missing(branch=branch, line=line, column=column, text=text))
    return Covered(programme=ruleset.programme, version=ruleset.version, shares=shares)
