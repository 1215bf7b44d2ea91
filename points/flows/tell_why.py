"""Tell a member why an activity brought points or none: where it stands, and rule by rule.

Plain words, only of their own activity, and nothing about rules beyond what they publish. Reads
only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from points.activities import reads
from points.activities.model import Claim, ClaimEvent, State, Step, latest
from points.engine import Engine
from points.flows.casework import NO_CLAIM
from points.flows.context import Context
from points.flows.reconstruct import RECORDED, Reconstructed, Reconstruction, reconstruct
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, AssociationId, MemberId
from points.privacy.model import ZONE
from points.rules import Evaluation, Title, Told, name_of, why
from points.rules.rule_sentence import REVIEWERS

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyProgramme:
    """One programme's part of the answer.

    Attributes:
        corrected: What was made of it later, where it was corrected.
        certain: Whether the rules, asked again, say what was recorded; where not, only what was
            recorded is told.
    """

    programme: str
    version: int
    rules: tuple[Told, ...]
    corrected: tuple[Title, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer to "why did I not get points".

    Attributes:
        status: Stable: the state of the claim, or ``none`` where it scored and nothing came of it.
        said: Where it stands, in a sentence or two.
        ask: Whom to ask.
    """

    activity_id: ActivityId
    type: str
    title: Title
    occurred_at: datetime
    status: str
    said: tuple[Title, ...]
    programmes: tuple[WhyProgramme, ...]
    ask: Title

    def sentences(self, language: str) -> list[str]:
        """Return the whole answer, sentence by sentence."""
        return [each.of(language) for each in self._sentences()]

    def _sentences(self) -> Iterator[Title]:
        yield from self.said
        for programme in self.programmes:
            for told in programme.rules:
                yield sentence(told)
            yield from programme.corrected
        yield self.ask


def sentence(told: Told) -> Title:
    """Return what one rule came to as one sentence."""
    zh, en = "；".join(each.zh for each in told.texts), "; ".join(each.en for each in told.texts)
    if told.outcome == "refused":
        return Title(
            f"{told.title.zh}：没有得分。{zh}。", f"{told.title.en}: no points. {_upper(en)}."
        )
    return Title(f"{told.title.zh}：{zh}。", f"{told.title.en}: {en}.")


def tell_why(
    engine: Engine, association: AssociationId, member: MemberId, activity_id: ActivityId
) -> Why | Refusal:
    """Return why an activity of a member's brought points or none; of nobody else's."""
    with engine.reading(association) as connection:
        filed = reads.one(connection, association, activity_id)
    # Before anything is scored again: what is nobody's business costs nothing either.
    if filed is None or filed.claim.member_id != member:
        return NO_CLAIM
    found = reconstruct(engine, association, activity_id)
    if isinstance(found, Refusal):
        return found
    claim = found.filed.claim
    known: Context = engine.context_of(association)
    kind = known.types.types.get(claim.type)
    programmes = tuple(_programmes(found)) if found.basis == RECORDED else ()
    zone = next((each.ruleset.zone for each in found.programmes), ZONE)
    return Why(
        activity_id=claim.activity_id,
        type=claim.type,
        title=kind.title if kind else Title(claim.type, claim.type),
        occurred_at=claim.occurred_at,
        status=_status(claim, programmes),
        said=tuple(_standing(claim, found.events, programmes, zone)),
        programmes=programmes,
        ask=_whom_to_ask(
            claim, certain=not found.comparable or all(each.certain for each in programmes)
        ),
    )


def _status(claim: Claim, programmes: tuple[WhyProgramme, ...]) -> str:
    if claim.state is State.POSTED and not any(t.points for p in programmes for t in p.rules):
        return "none"
    return str(claim.state)


def _programmes(found: Reconstruction) -> Iterator[WhyProgramme]:
    for each in found.programmes:
        certain = each.agrees
        yield WhyProgramme(
            programme=each.ruleset.programme,
            version=each.ruleset.version,
            rules=tuple(_told(each) if certain else _recorded(each)),
            corrected=tuple(_corrected(each)),
            certain=certain,
        )


def _told(each: Reconstructed) -> list[Told]:
    if each.facts is None or each.usage is None or not isinstance(each.result, Evaluation):
        return []
    return why(each.facts, each.ruleset, each.usage, each.result)


def _recorded(each: Reconstructed) -> Iterator[Told]:
    """Yield what was recorded, where asking the rules again is no help."""
    for award in each.recorded:
        if award.points:
            measure = award.measure.partition(".")[2]
            rule, name = each.ruleset.rule(award.rule_id), name_of(measure)
            text = Title(f"{name.zh}得 {award.points} 分", f"{name.en}: {award.points} points")
            yield Told(
                rule_id=award.rule_id,
                title=rule.title if rule else Title(award.rule_id, award.rule_id),
                outcome="granted",
                reason="",
                points={measure: int(award.points)},
                texts=(text,),
            )


def _corrected(each: Reconstructed) -> Iterator[Title]:
    for award in latest(each.corrected):
        name = name_of(award.measure.partition(".")[2])
        rule = each.ruleset.rule(award.rule_id)
        title = rule.title if rule else Title(award.rule_id, award.rule_id)
        said = _LATER if (award.trace or {}).get("resumed") else _CORRECTED
        yield Title(
            said.zh.format(title.zh, name.zh, award.points),
            said.en.format(title.en, name.en, award.points),
        )


def _standing(
    claim: Claim,
    events: tuple[ClaimEvent, ...],
    programmes: tuple[WhyProgramme, ...],
    zone: ZoneInfo,
) -> Iterator[Title]:
    """Yield where a claim stands."""
    if claim.state is State.PUBLICITY and claim.publicity_until is not None:
        last = (claim.publicity_until - _INSTANT).astimezone(zone).date()
        yield Title(
            f"已经计分，正在公示，公示到{last.month}月{last.day}日。"
            "期满没有异议，积分就可以使用；公示期间暂时不能用。",
            f"It was scored and is published until {last.isoformat()}. If nobody objects, the "
            "points can be used after that day, and not before.",
        )
        return
    if claim.state is State.SUBMITTED:
        yield _waiting(claim)
        return
    said = _STANDING.get(claim.state or State.SUBMITTED)
    if claim.state is State.POSTED:
        granted = any(told.points for each in programmes for told in each.rules)
        said = _POSTED if granted else _NOTHING
    if said is not None:
        yield said
    step = _GIVES_REASON.get(claim.state or State.SUBMITTED)
    reason = next((each.reason for each in reversed(events) if each.step is step), "")
    if reason:
        said = _REASONS.get(reason, Title(reason, reason))
        yield Title(f"理由：{said.zh}。", f"The reason: {said.en}.")


def _waiting(claim: Claim) -> Title:
    who = _reviewer(claim)
    return Title(
        f"正在等待{who.zh}审核。审核通过以后才会计分。",
        f"It waits for a review by {who.en}; it is scored once that has passed.",
    )


def _reviewer(claim: Claim) -> Title:
    names = [REVIEWERS[name] for name in claim.reviewers if name in REVIEWERS and name != "system"]
    if not names:
        return REVIEWERS["association"]
    return Title("、".join(n.zh for n in names), " and ".join(n.en for n in names))


def _whom_to_ask(claim: Claim, *, certain: bool) -> Title:
    who = _reviewer(claim)
    if not certain:
        return Title(
            "这条记录与按规则重新计算的结果不一致，请联系协会核对。",
            "What was recorded is not what the rules come to now: please ask the association to "
            "look into it.",
        )
    if claim.state in (State.WITHDRAWN, State.APPROVED):
        return Title("如有疑问，请联系协会。", "If in doubt, ask the association.")
    zh = "协会" if who.zh == "协会" else f"{who.zh}，也可以向协会反映"
    en = who.en if who.zh == "协会" else f"{who.en}, or the association"
    return Title(f"如有疑问，请联系{zh}。", f"If in doubt, ask {en}.")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


_LATER = Title(
    "顺延的积分已经计入，“{0}”的{1}现共计 {2} 分。",
    "What was put off has been counted: '{0}', {1}: {2} points in all.",
)
_CORRECTED = Title(
    "后来经更正，“{0}”的{1}计 {2} 分。", "Later it was corrected: '{0}', {1}: {2} points."
)
_POSTED = Title("已经计分，积分已入账。", "It was scored, and the points are yours.")
_NOTHING = Title(
    "已经按规则核算，这次没有得到积分，原因如下。",
    "It was scored, and no points came of it; the reasons follow.",
)
_STANDING: Mapping[State, Title] = {
    State.SECOND_REVIEW: Title(
        "第一次审核已经通过，还需要另一位工作人员复核。复核通过以后才会计分。",
        "The first review has passed; another person has to confirm it before it is scored.",
    ),
    State.APPROVED: Title(
        "审核已经通过，正在排队计分，一般很快完成。",
        "It was approved and waits to be scored, which does not take long.",
    ),
    State.OBJECTED: Title(
        "已经计分，但公示期间有人提出异议，协会正在核实。核实期间这部分积分不能使用。",
        "It was scored, but somebody objected. The association is looking into it; until then "
        "these points cannot be used.",
    ),
    State.UPHELD: Title(
        "公示期间有人提出异议，经核实异议成立，这条活动的积分将被收回。",
        "Somebody objected and was found to be right: the points of this activity are taken back.",
    ),
    State.REJECTED: Title("审核没有通过，所以没有计分。", "It was rejected, so it was not scored."),
    State.WITHDRAWN: Title(
        "这条申报已经撤回，所以没有计分。", "The claim was taken back, so it was not scored."
    ),
    State.QUARANTINED: Title(
        "计分时规则出了问题，工作人员正在处理。处理好以后会重新计分，不需要您再申报。",
        "A rule failed while it was scored. Staff are mending it, and it will be scored again; "
        "you need not file it anew.",
    ),
    State.REVERSED: Title(
        "这条活动的积分已经收回。", "The points of this activity were taken back."
    ),
}
_GIVES_REASON: Mapping[State, Step] = {
    State.REJECTED: Step.REJECTED,
    State.UPHELD: Step.UPHELD,
    State.REVERSED: Step.REVERSED,
}
_REASONS: Mapping[str, Title] = {
    "error": Title("更正错误", "an error was corrected"),
    "corrected": Title(
        "原记录有误，已更正，以更正后的记录为准",
        "the record was wrong; the corrected one holds",
    ),
    "falsified": Title("申报内容不属实", "the claim was false"),
    "upheld": Title("异议成立", "an objection was upheld"),
    "objection_upheld": Title("异议成立", "an objection was upheld"),
}
