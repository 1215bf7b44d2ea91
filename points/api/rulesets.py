"""Rule sets: which are known, and what one would make of an activity, without writing anything."""

from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from points.activities.errors import ActivityInvalid, ActivityTypeUnknown
from points.api.caller import NO_MEMBER, Asking
from points.api.gate import Keyed
from points.api.members import Programme
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body, Code, Id, Instant, Plain
from points.flows.lint import Surroundings, lint_file
from points.flows.try_rules import member_now, usage_of
from points.identity.policy import Action, sees
from points.kernel.canonical import plain
from points.kernel.errors import NotFound
from points.kernel.findings import Severity
from points.kernel.ids import MemberId
from points.rules import (
    EvaluationError,
    Facts,
    RuleSet,
    Tally,
    Usage,
    diagnostics,
    evaluate,
    explain,
    load_ruleset,
    member_snapshot,
    rule_sentence,
)

DRAFT_LENGTH_MAX = 300_000
"""Twice as long as a file of five hundred rules."""
FINDINGS_MAX = 50
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


RULESET_LENGTH_MAX = 200_000


class Example(Body):
    """An activity as it might be, and what its member would be.

    Attributes:
        member_id: Whose past counts; without, nothing was granted before.
        member: The member's fields, on top of what the member is today.
        ruleset: The text of a draft to try it by, instead of the rules in force.
    """

    programme: Programme
    type: Code
    occurred_at: Instant
    fields: dict[Code, Plain] = Field(max_length=60)
    member: dict[Code, Plain] = Field(default_factory=dict, max_length=20)
    source: Code = "example"
    member_id: Id | None = None
    ruleset: str | None = Field(default=None, max_length=RULESET_LENGTH_MAX)


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


class Draft(Body):
    """An authored file as it is being written: a rule set, activity types, or a catalogue."""

    model_config = ConfigDict(str_max_length=DRAFT_LENGTH_MAX)

    file: Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f\x7f]{1,80}$")] = "draft.yaml"
    text: Annotated[str, StringConstraints(max_length=DRAFT_LENGTH_MAX)]


class Linted(Answer):
    """Everything that is wrong with a file.

    Attributes:
        findings: As programs take them, in the order of the file.
        diagnostics: The same as editors take them, by the Language Server Protocol.
    """

    errors: int
    warnings: int
    remarks: int
    findings: list[dict[str, Any]]
    diagnostics: list[dict[str, Any]]


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
    """Score an example without writing anything: on nothing, or on a member's real past."""
    ruleset = _draft(caller, body) if body.ruleset is not None else _in_force(caller, body)
    facts = _facts(caller, body)
    usage: Usage = Tally()
    if body.member_id is not None:
        usage = usage_of(
            caller.engine,
            caller.association,
            MemberId(body.member_id),
            ruleset,
            draft=body.ruleset is not None,
        )
    try:
        found = evaluate(facts, ruleset, usage)
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


def lint_draft(caller: Asking, body: Draft) -> Linted:
    """Say everything that is wrong with a file, without keeping it."""
    around = Surroundings(types=caller.context.types, policy=caller.installation.limits)
    found = lint_file(body.text, file=body.file, around=around)
    counts = {each: sum(f.severity is each for f in found) for each in Severity}
    return Linted(
        errors=counts[Severity.ERROR],
        warnings=counts[Severity.WARNING],
        remarks=counts[Severity.INFO],
        findings=[finding.as_json() for finding in found],
        diagnostics=diagnostics(found, body.text, caller.language, body.file),
    )


def _in_force(caller: Asking, body: Example) -> RuleSet:
    ruleset = caller.context.rules.in_force(body.programme, body.occurred_at)
    if ruleset is None:
        raise Problem.of(NO_RULESET)
    return ruleset


def _draft(caller: Asking, body: Example) -> RuleSet:
    ruleset, findings = load_ruleset(
        body.ruleset or "", file="draft.yaml", types=caller.context.types
    )
    if ruleset is None or ruleset.programme != body.programme:
        errors = [each.as_json() for each in findings if each.severity is Severity.ERROR]
        raise Problem(
            422,
            "rules_refused",
            "规则草稿有错误",
            "the draft has errors",
            details={"findings": errors[:FINDINGS_MAX]},
        )
    return ruleset


def _member(caller: Asking, body: Example) -> dict[str, Any]:
    """Return the member's fields: those of today, and on top what the example says."""
    if body.member_id is None:
        return dict(body.member)
    member = MemberId(body.member_id)
    found = member_now(caller.engine, caller.association, member)
    # Whoever reviews some branches only examines the activities of those only.
    seen = found is not None and sees(
        caller.principal, Action.EXAMINE_ACTIVITY, found.get("branch"), found.get("grid")
    )
    if found is None or not seen:
        raise Problem.of(NO_MEMBER)
    return {**found, **body.member}


def _facts(caller: Asking, body: Example) -> Facts:
    kind = caller.context.types.types.get(body.type)
    if kind is None:
        raise Problem.of(ActivityTypeUnknown())
    if faults := kind.validate(body.fields):
        raise Problem.of(ActivityInvalid(count=len(faults), faults=[plain(f) for f in faults]))
    try:
        member = member_snapshot(_member(caller, body))
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
        member_id=body.member_id or "",
    )


ROUTES = (
    get("/v1/rulesets", list_rulesets, allows=Action.EXAMINE_RULES, zh="规则一览"),
    post(
        "/v1/rulesets:lint",
        lint_draft,
        allows=Action.EXAMINE_RULES,
        zh="检查规则文件（不保存）",
        keyed=Keyed.NOT,
    ),
    post(
        "/v1/rulesets:examine",
        examine,
        allows=Action.EXAMINE_RULES,
        zh="试算一条活动（不写入）",
        keyed=Keyed.NOT,
    ),
)
