"""``points batch``: a sheet as a whole, and its approval by people who looked at it."""

from typing import Annotated, Any

import typer
from rich.table import Table

from points.activities.batches import Summary, summary
from points.activities.reads import Scope
from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.origin import console_origin
from points.cli.present import Presenter
from points.flows.batch_review import NO_BATCH, Reviewing, page_to_review, reviews
from points.identity.policy import Action, reviewer_level
from points.kernel.errors import Refusal

app = typer.Typer(no_args_is_help=True, help="批次 · Sheets as a whole.")
BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="as the import named it")]


@app.command("show")
def show(
    batch: BatchArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what a sheet comes to, who has most of it, and what looks odd.

    Example: points batch show 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.REVIEW_CLAIM) as here:
        with here.engine.reading(here.association) as connection:
            found = summary(connection, here.association, batch, _scope(here))
        if found is None:
            present.refuse(NO_BATCH)
        _print(present, batch, found)
        present.result(_shown(batch, found))


@app.command("approve")
def approve(
    batch: BatchArgument,
    seen: Annotated[str, typer.Option(help="what `points batch show` says")],
    after: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 200,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Approve a page of a sheet; each claim is approved or refused by itself.

    Example: points batch approve 01J9… --seen 5f3a9c…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.REVIEW_CLAIM) as here:
        level = reviewer_level(here.principal)
        who = Reviewing(
            **here.acting(),
            batch=batch,
            seen=seen,
            level=level.value if level else "",
            scope=_scope(here),
            person=here.principal.person,
        )
        page = page_to_review(here.engine, who, after=after, limit=limit)
        if isinstance(page, Refusal):
            present.refuse(page)
        claims = page[:limit]
        outcomes = here.engine.submit_many(reviews(who, claims), console_origin())
        refused = [
            {"activity_id": claim.activity_id, "code": outcome.refusal.code}
            for claim, outcome in zip(claims, outcomes, strict=True)
            if outcome.refusal is not None
        ]
        further = claims[-1].activity_id if len(page) > limit else None
        approved = len(claims) - len(refused)
        present.say(
            f"已批准 {approved} 条，未批准 {len(refused)} 条",
            f"{approved} approved, {len(refused)} refused",
        )
        if further:
            present.say(f"下一页：--after {further}", f"next page: --after {further}")
        present.result({"approved": approved, "refused": refused, "next": further})


def _scope(here: Terminal) -> Scope:
    seen = here.areas
    return Scope(everything=seen.everything, branches=seen.branches, grids=seen.grids)


def _print(present: Presenter, batch: str, found: Summary) -> None:
    whole = found.totals
    present.say(
        f"{whole.claims} 条，{whole.members} 人，最多值 {whole.worth} 分；"
        f"登记人 {'、'.join(whole.filed_by)}",
        f"{whole.claims} claims of {whole.members} people, worth at most {whole.worth}; filed by "
        f"{', '.join(whole.filed_by)}",
    )
    table = Table(*(present.pick(*each) for each in _HEADINGS))
    for share in found.members:
        table.add_row(share.member_id, str(share.claims), str(share.worth))
    present.show(table)
    odd = {**found.states, **found.flags}
    present.say(*("  ".join(f"{name} {number}" for name, number in odd.items()),) * 2)
    present.say(
        f"疑似重复 {len(found.repeated)}，时间重叠 {len(found.overlaps)}（各至多列 10 条）",
        f"{len(found.repeated)} repeated, {len(found.overlaps)} overlapping (10 at most)",
    )
    present.say(
        f"批准时请附 --seen {whole.seen(batch)}", f"approve with --seen {whole.seen(batch)}"
    )


_HEADINGS = (("会员", "member"), ("条数", "claims"), ("最多值", "worth"))


def _shown(batch: str, found: Summary) -> dict[str, Any]:
    return {
        "batch": batch,
        "seen": found.totals.seen(batch),
        "totals": found.totals,
        "states": dict(found.states),
        "flags": dict(found.flags),
        "most": found.members,
        "outliers": [
            {"activity_id": c.activity_id, "member_id": c.member_id, "worth": c.worth}
            for c in found.outliers
        ],
        "repeated": found.repeated,
        "overlaps": found.overlaps,
    }
