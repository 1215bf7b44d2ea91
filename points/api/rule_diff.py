"""What changed between two rule sets, by meaning."""

from typing import Literal

from pydantic import Field

from points.api.caller import Asking
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.route import post
from points.api.wire import Answer, Body
from points.identity.policy import Action
from points.kernel.findings import Severity
from points.rules import RuleSet, load_ruleset
from points.rules.diff import diff

TEXT_MAX = 400_000
"""Two of them fit into one body; a rule file of five hundred rules has a third of that."""

FINDINGS_MAX = 20


class TwoTexts(Body):
    """Two rule set files to compare.

    Attributes:
        old: The YAML as it was.
        new: The YAML as it is to be.
    """

    old: str = Field(min_length=1, max_length=TEXT_MAX)
    new: str = Field(min_length=1, max_length=TEXT_MAX)


class TwoLanguages(Answer):
    """A text in both languages."""

    zh: str
    en: str


class RuleSetName(Answer):
    """Which rule set it is."""

    programme: str
    version: int
    sha256: str


class RuleChange(Answer):
    """One aspect of one thing that is not what it was.

    Attributes:
        code: Stable, as ``cap.maximum``.
        subject: ``ruleset``, ``rule``, ``cap``, ``group`` or ``multiplier``.
        rules: Ids of the rules that it touches.
        direction: Whether members are given less than before, or more, as far as it can be told.
        said: The whole change as a sentence.
    """

    code: str
    subject: str
    id: str
    title: TwoLanguages
    rules: list[str]
    direction: Literal["tighten", "loosen", "neutral", "undecided"]
    label: TwoLanguages
    old: TwoLanguages | None
    new: TwoLanguages | None
    said: TwoLanguages


class RuleDiff(Answer):
    """Everything that means something else in the new rule set."""

    old: RuleSetName
    new: RuleSetName
    same: bool
    counts: dict[str, int]
    changes: list[RuleChange]


def compare_rulesets(caller: Asking, body: TwoTexts) -> RuleDiff:
    """Return what changed between two rule sets: what they mean, not how they are written."""
    old, new = _read(caller, body.old, "old"), _read(caller, body.new, "new")
    return RuleDiff.model_validate(diff(old, new).as_json())


def _read(caller: Asking, text: str, name: str) -> RuleSet:
    types = caller.installation.context.types
    ruleset, findings = load_ruleset(text, file=f"{name}.yaml", types=types)
    if ruleset is None:
        errors = [each for each in findings if each.severity is Severity.ERROR][:FINDINGS_MAX]
        places = [{"code": each.code, "line": each.line, "column": each.column} for each in errors]
        zh, en = "规则有错误，无法比较", "a rule set has errors"
        details = {"which": name, "findings": places}
        raise Problem(422, "ruleset_invalid", zh, en, details=details)
    return ruleset


ROUTES = (
    post(
        "/v1/rulesets:diff",
        compare_rulesets,
        allows=Action.EXAMINE_RULES,
        zh="比较两份规则（按含义）",
        keyed=Keyed.NOT,
    ),
)
