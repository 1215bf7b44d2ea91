"""What members agreed to, and the notices that they are shown."""

from typing import Annotated

import typer
from rich.table import Table

from points import wiring
from points.cli.opened import Terminal, opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    RulesOption,
)
from points.cli.present import Presenter, understood
from points.flows.casework import NO_MEMBER
from points.flows.give_consent import GiveConsent
from points.flows.withdraw_consent import WithdrawConsent
from points.identity.policy import Action
from points.kernel.ids import MemberId
from points.members.reads import members
from points.privacy.errors import NoticeMissing
from points.privacy.model import Purpose
from points.privacy.reads import consents_of, to_renew
from points.web.shown import day

MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="the member's id")]
PurposeOption = Annotated[Purpose, typer.Option("--purpose", help="for what")]


def consents(
    member: Annotated[
        str | None, typer.Argument(metavar="[MEMBER]", help="the member's id")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="who has to be asked again, because a notice changed")
    ] = False,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what a member agreed to, or list who has to be asked again.

    Example: points privacy consents 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.CONSENT) as here:
        if due or member is None:
            _due(present, here)
            return
        wanted = MemberId(member)
        with here.engine.reading(here.association) as connection:
            known = members(connection, here.association, [wanted], here.context)
            found = consents_of(connection, here.association, [wanted])
        if wanted not in known:
            present.refuse(NO_MEMBER)
        names = (("用途", "purpose"), ("同意", "given"), ("告知书", "notice"), ("时间", "since"))
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            given = present.pick("同意", "yes") if each.given else present.pick("已撤回", "no")
            table.add_row(each.purpose, given, str(each.notice), day(each.changed_at))
        present.show(table)
        present.result({"member_id": member, "consents": found})


def _due(present: Presenter, here: Terminal) -> None:
    found: dict[str, list[MemberId]] = {}
    for purpose in Purpose:
        needed = here.context.notices.needed(purpose, here.clock.now())
        after, listed = "", []
        with here.engine.reading(here.association) as connection:
            while page := to_renew(connection, here.association, purpose, needed, after=after):
                listed.extend(page)
                after = page[-1]
        found[purpose.value] = listed
        for member in listed:
            present.say(*(f"{purpose.value}  {member}",) * 2)
    present.result({"due": found})


def give(
    member: MemberArgument,
    purpose: PurposeOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Write down that a member agreed on paper; the actor attests that the form is kept.

    Example: points privacy give 01J9… --purpose contact
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.CONSENT) as here:
        notice = here.context.notices.in_force(purpose, here.clock.now())
        if notice is None:
            present.refuse(NoticeMissing(purpose=purpose.value))
        command = GiveConsent(
            **here.acting(),
            member_id=MemberId(member),
            purpose=purpose,
            notice=notice.version,
        )
        result = here.carry_out(command)
        present.say(f"已同意：{notice.title.zh}", f"agreed: {notice.title.en}")
        present.result(result)


def withdraw(
    member: MemberArgument,
    purpose: PurposeOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Write down that a member took a consent back; points and vouchers stay.

    Example: points privacy withdraw 01J9… --purpose health
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.CONSENT) as here:
        command = WithdrawConsent(**here.acting(), member_id=MemberId(member), purpose=purpose)
        result = here.carry_out(command)
        present.say("已撤回", "Withdrawn.")
        present.result(result)


def notices(
    rules_dir: RulesOption = None, lang: LanguageOption = "zh", as_json: JsonOption = False
) -> None:
    """Check the file of notices, and list every version with the hash of its text.

    Example: points privacy notices
    """
    present = Presenter(lang, as_json)
    with understood(present):
        found = wiring.load_notices(rules_dir or wiring.shipped("rules"))
        names = (("用途", "purpose"), ("版", "version"), ("生效", "effective"), ("标题", "title"))
        table = Table(*(present.pick(*each) for each in names), "sha256")
        for each in found.notices:
            title = present.pick(each.title.zh, each.title.en)
            head = (each.purpose, str(each.version), str(each.effective), title)
            table.add_row(*head, each.sha256[:16])
        present.show(table)
        present.result({"notices": found.notices})
