"""``points key``: machine keys for staff, members, partners and sources."""

from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.issue_key import IssueKey
from points.flows.list_keys import list_keys
from points.flows.revoke_key import RevokeKey
from points.identity.keys import fresh_secret, secret_hash, spell_key
from points.identity.policy import Action
from points.identity.roles import Grant, Role, kind_of, read_grant
from points.kernel.errors import Misused

app = typer.Typer(no_args_is_help=True, help="接口密钥 · Machine keys.")


@app.command("issue")
def issue(
    role: Annotated[
        list[str],
        typer.Option(
            metavar="ROLE",
            help="member, partner, till, source, or of staff: registrar, reviewer, officer, "
            "treasurer, auditor …; reviewer:branch:CODE sees one branch; may be repeated",
        ),
    ],
    subject: Annotated[
        str, typer.Option(help="the member's, partner's, source's or staff member's id")
    ],
    outlet: Annotated[str | None, typer.Option(help="the outlet of a till")] = None,
    only: Annotated[
        list[Action] | None, typer.Option(help="limits the key to an action; may be repeated")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="after how many days the key ends")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Issue a key and print it, once: only its hash is kept.

    Example: points key issue --role till --subject PHARMACY --outlet YF01
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_KEYS) as here:
        key_id, secret = here.ids.next(), fresh_secret()
        here.carry_out(
            IssueKey(
                **here.acting(),
                key_id=key_id,
                secret_hash=secret_hash(secret),
                grants=_grants(role, outlet),
                subject=subject,
                outlet=outlet,
                actions=frozenset(only) if only else None,
                expires_at=None if days is None else here.clock.now() + timedelta(days=days),
            )
        )
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
    with opened(present, database, association, Action.MANAGE_KEYS) as here:
        result = here.carry_out(RevokeKey(**here.acting(), key_id=key_id))
        present.say("密钥已停用", "The key is revoked.")
        present.result(result)


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
    with opened(present, database, association, Action.MANAGE_KEYS) as here:
        found = list_keys(here.engine, here.association)
        table = Table("id", *(present.pick(*each) for each in _HEADINGS))
        for key in found:
            table.add_row(
                key.key_id,
                key.principal.actor,
                ", ".join(each.spelled for each in key.principal.grants),
                *(_minute(at) for at in (key.created_at, key.expires_at, key.revoked_at)),
            )
        present.show(table)
        present.result(
            {
                "keys": [
                    {
                        "key_id": key.key_id,
                        "actor": key.principal.actor,
                        "roles": [each.spelled for each in key.principal.grants],
                        "expires_at": key.expires_at,
                        "created_at": key.created_at,
                        "revoked_at": key.revoked_at,
                    }
                    for key in found
                ]
            }
        )


_HEADINGS = (
    ("持有者", "holder"),
    ("角色", "roles"),
    ("签发", "issued"),
    ("到期", "ends"),
    ("停用", "revoked"),
)


def _grants(roles: list[str], outlet: str | None) -> tuple[Grant, ...]:
    """Return the roles that were typed.

    Raises:
        Misused: One of them is none, they belong to different kinds of callers, or a till lacks
            its outlet.
    """
    found = [read_grant(spelled) for spelled in dict.fromkeys(roles)]
    grants = tuple(each for each in found if each is not None)
    if len(grants) < len(found) or len({kind_of(each.role) for each in grants}) != 1:
        raise Misused(
            "role_unknown",
            "角色不存在，或不能放在同一个密钥里",
            "there is no such role, or the roles cannot share a key",
        )
    if any(each.role is Role.TILL for each in grants) != (outlet is not None):
        raise Misused(
            "outlet_of_till", "--outlet 与角色 till 须同时给出", "--outlet goes with the role till"
        )
    return grants


def _minute(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="minutes")
