"""``points permissions``: who may do what, printed from the table that every channel asks."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table

from points.cli.options import JsonOption, LanguageOption
from points.cli.present import Presenter
from points.identity.policy import ACTIONS, FRESH, TABLE, Action, Needs, Scope
from points.identity.roles import TITLES, Role

_SCOPES: dict[Scope, tuple[str, str]] = {
    Scope.ASSOCIATION: ("协会", "association"),
    Scope.AREA: ("所辖", "own area"),
    Scope.PARTNER: ("本商户", "own firm"),
    Scope.OUTLET: ("本门店", "own outlet"),
    Scope.SELF: ("本人", "own"),
}
_NEEDS: dict[Needs, tuple[str, str]] = {
    Needs.NOTHING: ("", ""),
    Needs.PERSON: ("须本人登录", "a person"),
    Needs.SECOND_FACTOR: ("须重新验证第二因素", "second factor"),
}


def command(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="as the page of the documentation")
    ] = False,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say who may do what: role by action, and how far.

    Example: points permissions --lang en
    """
    if markdown:
        typer.echo("\n".join(_page()))
        return
    present = Presenter(lang, as_json)
    table = Table(present.pick("事项", "action"), *(_title(present, role) for role in Role))
    for action in Action:
        reach = (TABLE[action].get(role) for role in Role)
        said = (present.pick(*_SCOPES[scope]) if scope else "" for scope in reach)
        table.add_row(present.pick(ACTIONS[action].zh, ACTIONS[action].en), *said)
    present.show(table)
    present.result(
        {
            "actions": {
                action.value: {
                    "needs": ACTIONS[action].needs.value,
                    "roles": {role.value: scope.value for role, scope in TABLE[action].items()},
                }
                for action in Action
            }
        }
    )


def _title(present: Presenter, role: Role) -> str:
    return present.pick(TITLES[role][0], role.value)


def _page() -> Iterator[str]:
    yield "# Who may do what · 权限表"
    yield ""
    yield (
        "Made from `points/identity/policy.py`, which the HTTP interface, the pages and the command"
        " line ask before they do anything. What is not in the table is refused."
    )
    yield ""
    yield "| role | 角色 | for |"
    yield "|---|---|---|"
    for role in Role:
        yield f"| `{role.value}` | {TITLES[role][0]} | {TITLES[role][1]} |"
    yield ""
    yield (
        "A reviewer may be one of a branch or a grid (`reviewer:branch:CODE`) and then sees its own"
        " alone, or act for the industry committee or a health provider (`reviewer:industry`,"
        " `reviewer:provider`)."
    )
    yield ""
    yield "| action | 事项 | who, and how far | besides |"
    yield "|---|---|---|---|"
    for action in Action:
        who = ", ".join(f"{role.value}: {_SCOPES[at][1]}" for role, at in TABLE[action].items())
        terms = ACTIONS[action]
        yield f"| `{action.value}` | {terms.zh} | {who} | {_NEEDS[terms.needs][1]} |"
    yield ""
    yield (
        "*a person*: a machine's key will not do, somebody has to have logged in. *second factor*:"
        f" and to have proved it within the last {FRESH.seconds // 60} minutes. Whoever sits at the"
        " machine itself holds its secrets anyway and is asked for neither."
    )
