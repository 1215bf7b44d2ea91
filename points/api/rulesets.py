"""Rule sets: which are known, and what one would make of an activity, without writing anything."""

from datetime import date
from typing import Any

from pydantic import Field

from points.activities.errors import ActivityInvalid, ActivityTypeUnknown
from points.api.caller import Asking
from points.api.gate import Keyed
from points.api.members import Programme
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body, Code, Instant, Plain
from points.identity.policy import Action
from points.kernel.canonical import plain
from points.kernel.errors import NotFound
from points.rules import (
    EvaluationError,
    Facts,
    RuleSet,
    Tally,
    evaluate,
    explain,
    member_snapshot,
    rule_sentence,
)

NO_RULESET = NotFound(noun="rule set in force", noun_zh="有效规则")


class RuleOut(Answer):
    """One rule, in a sentence that is made from the rule itself."""

    rule_id: str
    title: str
    sentence: str


class RuleSetOut(Answer):
    """One version of a programme's rules."""

    programme: str
    version: int
    title: str
    effective_from: date
    effective_until: date
    sha256: str
    rules: list[RuleOut]


class RuleSets(Answer):
    """The approved rule sets."""

    items: list[RuleSetOut]


class Example(Body):
    """An activity as it might be, and what its member would be."""

    programme: Programme
    type: Code
    occurred_at: Instant
    fields: dict[Code, Plain] = Field(max_length=60)
    member: dict[Code, Plain] = Field(default_factory=dict, max_length=20)
    source: Code = "example"


class ExampleAward(Answer):
    """What one rule would grant."""

    rule_id: str
    points: dict[str, int]


class Examined(Answer):
    """What an example would be worth with nothing granted before, and why."""

    ruleset: str
    ruleset_sha256: str
    awards: list[ExampleAward]
    sentences: list[str]
    trace: dict[str, Any]


def list_rulesets(caller: Asking) -> RuleSets:
    """Return the approved rule sets with a sentence for every rule."""
    book = caller.context.rules
    rulesets = [each for programme in sorted(book.programmes()) for each in book.all_of(programme)]
    return RuleSets(items=[_shown(each, caller.language) for each in rulesets])


def _shown(ruleset: RuleSet, language: str) -> RuleSetOut:
    def said(title: Any) -> str:  # noqa: ANN401 - a title
        return str(title.en if language == "en" else title.zh)

    return RuleSetOut(
        programme=ruleset.programme,
        version=ruleset.version,
        title=said(ruleset.title),
        effective_from=ruleset.effective_from,
        effective_until=ruleset.effective_until,
        sha256=ruleset.sha256,
        rules=[
            RuleOut(rule_id=rule.id, title=said(rule.title), sentence=rule_sentence(rule, language))
            for rule in ruleset.rules
        ],
    )


def examine(caller: Asking, body: Example) -> Examined:
    """Score an example without writing anything."""
    ruleset = caller.context.rules.in_force(body.programme, body.occurred_at)
    if ruleset is None:
        raise Problem.of(NO_RULESET)
    facts = _facts(caller, body)
    try:
        found = evaluate(facts, ruleset, Tally())
    except EvaluationError as error:
        raise Problem(422, error.code, "规则计算出错", "a rule failed") from None
    trace = dict(found.trace or {})
    return Examined(
        ruleset=f"{ruleset.programme} v{ruleset.version}",
        ruleset_sha256=ruleset.sha256,
        awards=[ExampleAward(rule_id=a.rule_id, points=dict(a.points)) for a in found.awards],
        sentences=explain(trace, caller.language),
        trace=trace,
    )


def _facts(caller: Asking, body: Example) -> Facts:
    kind = caller.context.types.types.get(body.type)
    if kind is None:
        raise Problem.of(ActivityTypeUnknown())
    if faults := kind.validate(body.fields):
        raise Problem.of(ActivityInvalid(count=len(faults), faults=[plain(f) for f in faults]))
    try:
        member = member_snapshot(body.member)
    except ValueError:
        raise Problem(
            422, "member_invalid", "会员信息不符合要求", "the member does not fit"
        ) from None
    return Facts(
        activity_id="example",
        type=body.type,
        occurred_at=body.occurred_at,
        received_at=body.occurred_at,
        source=body.source,
        fields=kind.normalise(body.fields),
        member=member,
    )


ROUTES = (
    get("/v1/rulesets", list_rulesets, allows=Action.EXAMINE_RULES, zh="规则一览"),
    post(
        "/v1/rulesets:examine",
        examine,
        allows=Action.EXAMINE_RULES,
        zh="试算一条活动（不写入）",
        keyed=Keyed.NOT,
    ),
)
