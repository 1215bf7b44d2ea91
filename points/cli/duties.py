"""``points duties``: relations of staff that bind them, and what reviewers do."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from points.activities.reviewers import Figures, reviewers
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.duties.model import RelationKind
from points.duties.store import relation_history, relations_of
from points.flows.declare_relation import DeclareRelation, WithdrawRelation
from points.identity.policy import Action
from points.kernel.ids import Actor, MemberId

app = typer.Typer(no_args_is_help=True, help="职责分离 · Separation of duties.")
relations = typer.Typer(no_args_is_help=True, help="亲属关系 · Relations of staff to members.")
app.add_typer(relations, name="relations")

MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="the member's id")]
StaffArgument = Annotated[str, typer.Argument(metavar="NAME", help="of staff, as li")]


@app.command("report")
def report(
    days: Annotated[int, typer.Option(min=1, max=366, help="of how many days, up to now")] = 30,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what each reviewer did: figures that may show collusion, and no verdicts.

    Example: points duties report --days 30
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_DUTIES) as here:
        until = here.clock.now()
        with here.engine.reading(here.association) as connection:
            found = reviewers(connection, here.association, until - timedelta(days=days), until)
        table = Table(*(present.pick(*each) for each in _HEADINGS))
        for each in found:
            table.add_row(*_row(each))
        present.show(table)
        present.result({"reviewers": found})


_HEADINGS = (
    ("审核员", "reviewer"),
    ("审核", "reviewed"),
    ("通过", "approved"),
    ("分值", "points"),
    ("补报", "backfills"),
    ("非办公时间", "outside hours"),
    ("间隔秒数（中位）", "median seconds"),
    ("最多的会员", "most of one member"),
    ("最多的支部", "most of one branch"),
)


def _row(of: Figures) -> tuple[str, ...]:
    pairs = (
        "" if pair is None else f"{pair.name} {pair.approved}" for pair in (of.member, of.branch)
    )
    gap = "" if of.gap_seconds_median is None else f"{of.gap_seconds_median:g}"
    figures = (of.reviewed, of.approved, of.points, of.backfills, of.outside_hours)
    return (of.reviewer, *map(str, figures), gap, *pairs)


@relations.command("list")
def list_command(
    staff: StaffArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List whom a person of staff has declared, and every step of it.

    Example: points duties relations list li
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_DUTIES) as here:
        actor = Actor(f"staff:{staff}")
        with here.engine.reading(here.association) as connection:
            found = relations_of(connection, here.association, actor)
            steps = relation_history(connection, here.association, actor)
        names = (("会员", "member"), ("关系", "relation"), ("有效", "holds"))
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            table.add_row(each.member_id, each.kind.value, "✓" if each.active else "")
        present.show(table)
        present.result({"relations": found, "steps": steps})


@relations.command("declare")
def declare(
    member: MemberArgument,
    kind: Annotated[RelationKind, typer.Option(help="what the member is to oneself")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Declare a relative among the members, or that one is a member oneself.

    Example: points duties relations declare 01J9… --kind spouse
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.DECLARE_RELATION) as here:
        command = DeclareRelation(
            **here.acting(), staff=here.actor, member_id=MemberId(member), kind=kind
        )
        result = here.carry_out(command)
        present.say("已申报，即时生效", "declared; it binds at once")
        present.result(result)


@relations.command("withdraw")
def withdraw(
    staff: StaffArgument,
    member: MemberArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Withdraw somebody else's relation, after it was looked into.

    Example: points duties relations withdraw li 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        command = WithdrawRelation(
            **here.acting(), staff=Actor(f"staff:{staff}"), member_id=MemberId(member)
        )
        result = here.carry_out(command)
        present.say("已撤销", "withdrawn")
        present.result(result)
