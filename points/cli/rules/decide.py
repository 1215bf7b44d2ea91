"""``points rules approve | reject | withdraw``: what ends a draft."""

from datetime import datetime
from typing import Annotated

import typer

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.cli.rules.draft import DraftArgument, RevisionOption
from points.engine import Result
from points.flows.decide_draft import DecideDraft, Verdict
from points.flows.rule_shelf import looked_up
from points.flows.withdraw_draft import WithdrawDraft
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import DraftId


def approve_command(
    draft: DraftArgument,
    revision: RevisionOption,
    reason: Annotated[str, typer.Option(help="in words, if there is something to say")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Approve somebody else's draft, which publishes it as a version.

    Example: points rules approve 01J9… --revision 2
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.APPROVE_RULES) as here:
        result = _decide(here, draft, revision, Verdict.APPROVE, reason)
        name, begins = f"{result['programme']} v{result['version']}", _day(here, result)
        present.say(
            f"已发布 {name}，自 {begins} 起执行", f"published {name}, in force from {begins}"
        )
        present.result(result)


def _day(here: Terminal, result: Result) -> str:
    """Return the first local day of what was published; its instant is the day before in UTC."""
    zone = here.context.rules.of(str(result["programme"])).zone
    return datetime.fromisoformat(str(result["starts_at"])).astimezone(zone).date().isoformat()


def reject_command(
    draft: DraftArgument,
    revision: RevisionOption,
    reason: Annotated[str, typer.Option(help="why, in words; kept for ever")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Reject somebody else's draft, with a reason; its writers may save it anew.

    Example: points rules reject 01J9… --revision 2 --reason 分值偏高
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.APPROVE_RULES) as here:
        result = _decide(here, draft, revision, Verdict.REJECT, reason)
        present.say("已驳回", "rejected")
        present.result(result)


def withdraw_command(
    draft: DraftArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Withdraw one's own draft, submitted or not; saving it opens it again.

    Example: points rules withdraw 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.WRITE_RULES) as here:
        result = here.carry_out(WithdrawDraft(**here.acting(), draft_id=DraftId(draft)))
        present.say("已撤回", "withdrawn")
        present.result(result)


def _decide(here: Terminal, draft: str, revision: int, verdict: Verdict, reason: str) -> Result:
    standing = looked_up(here.engine, here.association, DraftId(draft))
    if isinstance(standing, Refusal):
        here.present.refuse(standing)
    return here.carry_out(
        DecideDraft(
            **here.acting(),
            draft_id=DraftId(draft),
            revision=revision,
            owners=tuple(sorted(standing.owners)),
            verdict=verdict,
            reason=reason,
            person=here.principal.person,
        )
    )
