"""How an examined activity is printed: where it stands, each rule with all it met, what differs."""

from collections.abc import Iterator
from typing import Any

from points.activities.model import Claim
from points.cli.present import Presenter
from points.flows.reconstruct import Mismatch, Reconstructed, Reconstruction
from points.rules import EvaluationError, Title, details, explain
from points.web.shown import when
from points.web.texts.words import BASIS, CLAIM_STATE


def print_examination(present: Presenter, found: Reconstruction) -> None:
    """Print an examination for people."""
    print_claim(present, found.filed.claim)
    at, (zh, en) = when(found.at), BASIS[found.basis]
    present.say(f"{zh}（{at}）", f"{en} ({at})")
    for line in lines(found):
        present.say(line.zh, line.en)


def print_claim(present: Presenter, claim: Claim) -> None:
    """Print what was claimed of whom, and where it stands."""
    at, (zh, en) = when(claim.occurred_at), CLAIM_STATE[str(claim.state)]
    present.say(
        f"{claim.type}  {at}  会员 {claim.member_id}  状态：{zh}",
        f"{claim.type}  {at}  member {claim.member_id}  state: {en}",
    )


def lines(found: Reconstruction) -> Iterator[Title]:
    """Yield everything that there is to say of an examination, line by line."""
    for each in found.programmes:
        yield from _programme(each)
    if not found.comparable:
        yield Title(
            "会员的积分后来更正过，不再与原记录比对",
            "The member's points were corrected since, so nothing is compared.",
        )
    elif not found.sound:
        yield Title(
            "！！记录与重新计算不一致：记录被改动，或程序有缺陷",
            "!! What was recorded is not what it comes to: tampering, or a defect",
        )


def _programme(each: Reconstructed) -> Iterator[Title]:
    ruleset = each.ruleset
    title = f"{ruleset.programme} v{ruleset.version}  {ruleset.sha256[:12]}"
    yield Title(title, title)
    if others := ", ".join(f"v{other.version}" for other in each.others):
        yield Title(f"  其他版本：{others}", f"  other versions: {others}")
    if isinstance(each.result, EvaluationError):
        error = each.result
        yield Title(f"  {error.rule_id}：{error.zh}", f"  {error.rule_id}: {error.en}")
        return
    trace = each.trace
    for step, zh, en in zip(
        trace["steps"], explain(trace, "zh"), explain(trace, "en"), strict=True
    ):
        yield Title(f"  {zh}", f"  {en}")
        for line in details(step):
            yield Title(f"    {line.zh}", f"    {line.en}")
    for mismatch in each.mismatches:
        yield _differs(mismatch)


def _differs(each: Mismatch) -> Title:
    where = f"{each.rule_id} {each.measure} {each.what}"
    recorded, anew = (_figure(points) for points in (each.recorded, each.recomputed))
    return Title(
        f"  ！！{where}：记录 {recorded}，重新计算 {anew}",
        f"  !! {where}: recorded {recorded}, comes to {anew}",
    )


def _figure(points: int | None) -> str:
    return "-" if points is None else str(points)


def examination(found: Reconstruction) -> dict[str, Any]:
    """Return an examination for programs."""
    return {
        "activity": found.filed.activity,
        "claim": found.filed.claim,
        "history": found.events,
        "basis": found.basis,
        "at": found.at,
        "comparable": found.comparable,
        "sound": found.sound,
        "programmes": [_as_json(each) for each in found.programmes],
    }


def _as_json(each: Reconstructed) -> dict[str, Any]:
    error, ruleset = each.result, each.ruleset
    return {
        "programme": ruleset.programme,
        "version": ruleset.version,
        "sha256": ruleset.sha256,
        "other_versions": [
            {"version": other.version, "sha256": other.sha256} for other in each.others
        ],
        "error": error.code if isinstance(error, EvaluationError) else None,
        "awards": [] if isinstance(error, EvaluationError) else error.awards,
        "refused": []
        if isinstance(error, EvaluationError)
        else [{"rule": it.rule_id, "reason": it.reason} for it in error.refused],
        "recorded": each.recorded,
        "corrected": each.corrected,
        "mismatches": each.mismatches,
        "sentences": {name: explain(each.trace, name) for name in ("zh", "en")},
        "trace": each.trace,
    }
