"""The call of staff who compare two rule sets, and its answer."""

from points.client.answers import Read
from points.client.calls import Call, post


class TwoLanguages(Read):
    """A text in both languages."""

    zh: str
    en: str


class RuleChange(Read):
    """One aspect of one thing that is not what it was."""

    code: str
    subject: str
    id: str
    rules: list[str]
    direction: str
    old: TwoLanguages | None = None
    new: TwoLanguages | None = None
    said: TwoLanguages


class RuleDiff(Read):
    """Everything that means something else in the new rule set."""

    same: bool
    counts: dict[str, int]
    changes: list[RuleChange]


def compare_rulesets(old: str, new: str) -> Call[RuleDiff]:
    """Ask what changed between the texts of two rule set files, by meaning."""
    return post("/v1/rulesets:diff", RuleDiff, {"old": old, "new": new}, None, keyed=False)
