"""One change and all of them: codes for programs, sentences for staff."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from points.rules.texts import Title


class Direction(StrEnum):
    """Whether members are given less than before, or more, as far as it can be told."""

    TIGHTEN = "tighten"
    LOOSEN = "loosen"
    NEUTRAL = "neutral"
    UNDECIDED = "undecided"


DIRECTIONS = {
    Direction.TIGHTEN: Title("（收紧）", " (tighter)"),
    Direction.LOOSEN: Title("（放宽）", " (looser)"),
    Direction.NEUTRAL: Title("", ""),
    Direction.UNDECIDED: Title("", ""),
}
_KINDS = {
    "ruleset": Title("整份规则", "The whole rule set"),
    "cap": Title("封顶", "Cap"),
    "group": Title("分组", "Group"),
    "multiplier": Title("倍数", "Multiplier"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One aspect of one thing that is not what it was.

    Attributes:
        code: Stable, as ``cap.maximum`` or ``rule.added``.
        subject: ``ruleset``, ``rule``, ``cap``, ``group`` or ``multiplier``.
        subject_id: Which one.
        title: What it is called.
        rules: The rules that it touches.
        label: What of it changed.
        old: What it was, or nothing where there was none.
        new: What it is, or nothing where there is none.
    """

    code: str
    subject: str
    subject_id: str
    title: Title
    rules: tuple[str, ...]
    label: Title
    old: Title | None
    new: Title | None
    direction: Direction = Direction.UNDECIDED

    @property
    def said(self) -> Title:
        """The change in words, without what it is about."""
        end, label = DIRECTIONS[self.direction], self.label
        if self.old and self.new:
            zh = f"{label.zh}：{self.old.zh} → {self.new.zh}"
            en = f"{label.en}: {self.old.en} → {self.new.en}"
        elif self.new:
            zh, en = f"新增{label.zh}：{self.new.zh}", f"new {label.en}: {self.new.en}"
        elif self.old:
            zh = f"取消{label.zh}（原为：{self.old.zh}）"
            en = f"no {label.en} any more (was: {self.old.en})"
        else:
            zh, en = label.zh, label.en
        return Title(zh + end.zh, en + end.en)

    @property
    def heading(self) -> Title:
        """What the change is about, in words."""
        if self.subject == "rule":
            return Title(*(f"{self.subject_id} {self.title.of(each)}" for each in ("zh", "en")))
        kind = _KINDS[self.subject]
        if self.subject == "ruleset":
            return kind
        of = Title("、".join(self.rules), ", ".join(self.rules))
        if not self.rules:
            return Title(f"{kind.zh}“{self.title.zh}”", f"{kind.en} '{self.title.en}'")
        zh = f"{kind.zh}“{self.title.zh}”（{of.zh}）"
        return Title(zh, f"{kind.en} '{self.title.en}' ({of.en})")

    def as_json(self) -> dict[str, Any]:
        """Return the change for programs and for people."""
        return {
            "code": self.code,
            "subject": self.subject,
            "id": self.subject_id,
            "title": self.title.as_json(),
            "rules": list(self.rules),
            "direction": self.direction.value,
            "label": self.label.as_json(),
            "old": self.old.as_json() if self.old else None,
            "new": self.new.as_json() if self.new else None,
            "said": self.said.as_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Everything that changed from one rule set to another, in the order of the file.

    Attributes:
        old: Programme, version and hash of the one.
        new: Those of the other.
    """

    old: tuple[str, int, str]
    new: tuple[str, int, str]
    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        """Return whether anything changed."""
        return bool(self.changes)

    @property
    def counts(self) -> dict[str, int]:
        """How many changes go which way."""
        found = Counter(change.direction.value for change in self.changes)
        return {each.value: found[each.value] for each in Direction}

    def grouped(self) -> list[tuple[Title, list[Change]]]:
        """Return the changes by what they are about, in order."""
        groups: dict[tuple[str, str], list[Change]] = {}
        for change in self.changes:
            groups.setdefault((change.subject, change.subject_id), []).append(change)
        return [(each[0].heading, each) for each in groups.values()]

    def lines(self, language: str = "zh") -> Iterator[str]:
        """Yield a sentence for every change, in ``zh`` or ``en``."""
        colon = ": " if language == "en" else "："
        for heading, changes in self.grouped():
            for change in changes:
                yield f"{heading.of(language)}{colon}{change.said.of(language)}"
        if not self.changes:
            yield unchanged(same=self.old[2] == self.new[2]).of(language)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON."""
        keys = ("programme", "version", "sha256")
        return {
            "old": dict(zip(keys, self.old, strict=True)),
            "new": dict(zip(keys, self.new, strict=True)),
            "same": self.old[2] == self.new[2],
            "counts": self.counts,
            "changes": [change.as_json() for change in self.changes],
        }


def unchanged(*, same: bool) -> Title:
    """Return what is said when nothing changed."""
    if same:
        return Title("两份规则完全相同。", "The two rule sets are the same.")
    return Title(
        "计分没有变化：只有备注、写法或未被用到的内容不同。",
        "Nothing scores differently: only notes, spelling, or what is not used differ.",
    )
