"""``points key``: machine keys for staff, members, partners and sources."""

import secrets
from typing import Annotated

import typer
from rich.table import Table

from points.cli.acting import console_origin
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.issue_key import IssueKey
from points.flows.list_keys import list_keys
from points.flows.revoke_key import RevokeKey
from points.identity.model import Role, fresh_secret, secret_hash, spell_key
from points.kernel.ids import Actor, OperationId

app = typer.Typer(no_args_is_help=True, help="接口密钥 · Machine keys.")
OPERATOR = Actor("staff:console")


@app.command("issue")
def issue(
    role: Annotated[Role, typer.Option(help="what kind of caller")],
    subject: Annotated[
        str, typer.Option(help="the member's, partner's, source's or staff member's id")
    ],
    outlet: Annotated[str | None, typer.Option(help="binds a partner's key to one outlet")] = None,
    branch: Annotated[str | None, typer.Option(help="limits a reviewer to one branch")] = None,
    grid: Annotated[str | None, typer.Option(help="limits a reviewer to one grid")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Issue a key and print it, once: only its hash is kept.

    Example: points key issue --role partner --subject PHARMACY --outlet YF01
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association) as here:
        key_id, secret = here.ids.next(), fresh_secret()
        outcome = here.engine.submit(
            IssueKey(
                association_id=here.association,
                operation_id=OperationId(f"staff:console:key-{key_id}"),
                actor=OPERATOR,
                key_id=key_id,
                secret_hash=secret_hash(secret),
                role=role,
                subject=subject,
                outlet=outlet,
                branch=branch,
                grid=grid,
            ),
            console_origin(),
        )
        if outcome.refusal is not None:
            present.refuse(outcome.refusal)
        spelled = spell_key(here.association, key_id, secret)
        present.say(f"密钥（仅显示一次）：{spelled}", f"The key, shown once: {spelled}")
        present.result({"key_id": key_id, "key": spelled})


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Revoke a key; it opens nothing from then on.

    Example: points key revoke 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association) as here:
        outcome = here.engine.submit(
            RevokeKey(
                association_id=here.association,
                operation_id=OperationId(f"staff:console:{secrets.token_hex(8)}"),
                actor=OPERATOR,
                key_id=key_id,
            ),
            console_origin(),
        )
        if outcome.refusal is not None:
            present.refuse(outcome.refusal)
        present.say("密钥已停用", "The key is revoked.")
        present.result(outcome.result)


@app.command("list")
def list_command(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List the newest keys, without their secrets.

    Example: points key list
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association) as here:
        found = list_keys(here.engine, here.association)
        table = Table("id", *(present.pick(*each) for each in _HEADINGS))
        for key in found:
            revoked = key.revoked_at.isoformat(timespec="minutes") if key.revoked_at else ""
            table.add_row(key.key_id, key.principal.actor, key.created_at.isoformat(), revoked)
        present.show(table)
        present.result(
            {
                "keys": [
                    {
                        "key_id": key.key_id,
                        "actor": key.principal.actor,
                        "created_at": key.created_at,
                        "revoked_at": key.revoked_at,
                    }
                    for key in found
                ]
            }
        )


_HEADINGS = (("持有者", "holder"), ("签发", "issued"), ("停用", "revoked"))
