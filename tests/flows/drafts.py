"""Small rules to publish, and short ways to bring them from draft to version."""

from typing import Any

from points.flows.context import Context
from points.flows.decide_draft import DecideDraft, Verdict
from points.flows.gate import Gate, pass_gate
from points.flows.save_draft import SaveDraft
from points.flows.submit_draft import SubmitDraft
from points.kernel.ids import DraftId
from points.rulebook.model import Standing
from points.rulebook.reads import find_draft
from points.rules import load_ruleset
from tests.flows.town import Town, activity_types

WRITER, APPROVER = "staff:li", "staff:chen"


def rules(version: int = 2, start: str = "2026-04-01", *, points: int = 7, **other: Any) -> str:
    """Return a rule file that gives points for each verified shift of half an hour or more."""
    said = {
        "programme": "party",
        "until": "2028-01-01",
        "zone": "Asia/Shanghai",
        "measures": "[rating, wallet]",
        "when": "event.verified && event.hours >= 0.5",
    } | other
    return f"""# 志愿服务试行规则，第 {version} 版：注释与次序都要原样保留
ruleset: {said["programme"]}
version: {version}
effective: {{from: "{start}", until: "{said["until"]}"}}
timezone: {said["zone"]}
title: {{zh: 试行规则, en: Trial rules}}
measures: {said["measures"]}
rules:
  - id: P06   # 志愿服务
    title: {{zh: 志愿服务, en: Volunteering}}
    category: service
    on: volunteer.shift
    when: {said["when"]}
    points: {{wallet: {points}}}
    review: {{first: industry, publicity: P5D}}
    expires: {{wallet: end_of_next_year}}
"""


def cases(points: int = 7) -> dict[str, str]:
    """Return cases that see the one rule hit and refused."""
    return {
        "shifts.yaml": f"""ruleset: party.yaml
member: {{party_member: true, kind: rider}}
tests:
  - name: 满半小时
    event: {{at: "2027-05-10T08:00", type: volunteer.shift, fields: {{hours: 2, verified: true}}}}
    expect: {{awards: {{P06: {points}}}}}
  - name: 未核实
    event: {{at: "2027-05-10T08:00", type: volunteer.shift, fields: {{hours: 2, verified: false}}}}
    expect: {{refused: {{P06: condition}}}}
"""
    }


def summary(text: str, **other: Any) -> dict[str, Any]:
    """Return a back-test's summary over no activities, as far as the gate reads it."""
    ruleset, findings = load_ruleset(text, file="party.yaml", types=activity_types())
    assert ruleset is not None, findings
    return {
        "programme": "party",
        "period": {"from": "2026-01-01", "until": "2026-03-01", "timezone": "Asia/Shanghai"},
        "after": {"kind": "file", "version": ruleset.version, "sha256": ruleset.sha256},
        "data": {"mark": "", "activities": 0},
    } | other


def known(here: Town) -> Context:
    found: Context = here.engine.context_of(here.association)
    return found


def saving(here: Town, text: str, actor: str = WRITER, **other: Any) -> SaveDraft:
    everyday = {"programme": "party", "text": text, "cases": cases(), "note": "春季试行"}
    command: SaveDraft = here.command(SaveDraft, actor, **(everyday | other))
    return command


def saved(here: Town, text: str, actor: str = WRITER, **other: Any) -> DraftId:
    return DraftId(here.done(saving(here, text, actor, **other))["draft_id"])


def standing(here: Town, draft: DraftId) -> Standing:
    with here.engine.reading(here.association) as connection:
        found = find_draft(connection, here.association, draft)
    assert found is not None
    return found


def gate_of(here: Town, draft: DraftId, **other: Any) -> Gate:
    found = standing(here, draft).draft
    return pass_gate(found, known(here), summary(found.text, **other))


def submitting(here: Town, draft: DraftId, actor: str = WRITER, **other: Any) -> SubmitDraft:
    found = standing(here, draft).draft
    everyday: dict[str, Any] = {"draft_id": draft, "revision": found.revision}
    if "gate" not in other:
        everyday["gate"] = gate_of(here, draft)
    command: SubmitDraft = here.command(SubmitDraft, actor, **(everyday | other))
    return command


def deciding(here: Town, draft: DraftId, actor: str = APPROVER, **other: Any) -> DecideDraft:
    found = standing(here, draft)
    everyday = {
        "draft_id": draft,
        "revision": found.draft.revision,
        "owners": tuple(sorted(found.owners)),
        "verdict": Verdict.APPROVE,
    }
    command: DecideDraft = here.command(DecideDraft, actor, **(everyday | other))
    return command


def submitted(here: Town, text: str, actor: str = WRITER, **other: Any) -> DraftId:
    draft = saved(here, text, actor, **other)
    here.done(submitting(here, draft, actor))
    return draft


def published(here: Town, text: str, **other: Any) -> dict[str, Any]:
    return here.done(deciding(here, submitted(here, text, **other)))
