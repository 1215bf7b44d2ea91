"""``points key``: machine keys for staff's programs, partners and sources; people log in."""

import re
import secrets
from datetime import date, datetime, timedelta
from ipaddress import ip_network
from typing import Annotated

import typer
from rich.table import Table

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.issue_key import IssueKey
from points.flows.list_keys import find, list_keys
from points.flows.revoke_key import RevokeKey
from points.flows.rotate_key import OVERLAP_MAX, RotateKey
from points.identity.feeds import SECRET_BYTES, spell_secret
from points.identity.keys import Concern, fresh_secret, secret_hash, spell_key
from points.identity.policy import Action
from points.identity.roles import AT_OUTLET, Grant, Kind, Role, kind_of, read_grant
from points.kernel.errors import Misused, NotFound
from points.web.shown import when

app = typer.Typer(no_args_is_help=True, help="接口密钥 · Machine keys.")


@app.command("issue")
def issue(
    role: Annotated[
        list[str],
        typer.Option(
            metavar="ROLE",
            help="partner, till, source, or of staff: registrar, officer, "
            "treasurer, auditor; may be repeated. Reviewers, approvers and members log in",
        ),
    ],
    subject: Annotated[str, typer.Option(help="the partner's, source's or program's id")],
    outlet: Annotated[str | None, typer.Option(help="the outlet of a till")] = None,
    till: Annotated[
        str | None,
        typer.Option(
            help="a till registered at the outlet: the key speaks for it alone, and nobody else "
            "does from now on, not even once the key has ended"
        ),
    ] = None,
    only: Annotated[
        list[Action] | None, typer.Option(help="limits the key to an action; may be repeated")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="after how many days the key ends")
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CIDR", help="from where it may be used, as 10.0.0.0/8; may be repeated"
        ),
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Issue a key and print it, once: only its hash is kept.

    Example: points key issue --role till --subject PHARMACY --outlet YF01 --till pos-1
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_KEYS) as here:
        key_id, secret = here.ids.next(), fresh_secret()
        grants = _grants(role, outlet, till)
        feed = _feed_secret(kind_of(grants[0].role))
        here.carry_out(
            IssueKey(
                **here.acting(),
                key_id=key_id,
                secret_hash=secret_hash(secret),
                grants=grants,
                subject=subject,
                outlet=outlet,
                till=till,
                actions=frozenset(only) if only else None,
                expires_at=None if days is None else here.clock.now() + timedelta(days=days),
                networks=_networks(network or []),
                feed_secret=_sealed(here, feed, subject),
            )
        )
        _show(present, key_id, spell_key(here.association, key_id, secret), feed)


@app.command("rotate")
def rotate(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID")],
    overlap: Annotated[
        str, typer.Option(metavar="7d", help="how long the old key still counts: 30m, 12h, 7d")
    ] = "7d",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Issue a key in the place of another one, which ends when the overlap does.

    Example: points key rotate 01J9… --overlap 7d
    """
    present = Presenter(lang, as_json)
    lasting = _overlap(overlap)
    with opened(present, database, association, Action.MANAGE_KEYS) as here:
        old = find(here.engine, here.association, key_id)
        if old is None:
            present.refuse(NotFound(noun="key", noun_zh="密钥"))
        feed = _feed_secret(old.principal.kind)
        successor_id, secret = here.ids.next(), fresh_secret()
        done = here.carry_out(
            RotateKey(
                **here.acting(),
                key_id=key_id,
                successor_id=successor_id,
                secret_hash=secret_hash(secret),
                overlap_seconds=int(lasting.total_seconds()),
                feed_secret=_sealed(here, feed, old.principal.subject),
            )
        )
        ends = done["ends_at"]
        last = when(datetime.fromisoformat(ends))
        present.say(f"旧密钥在 {last} 失效", f"The old key ends at {last}.")
        spelled = spell_key(here.association, successor_id, secret)
        _show(present, successor_id, spelled, feed, replaces=key_id, ends_at=ends)


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
        found, now = list_keys(here.engine, here.association), here.clock.now()
        table = Table("id", *(present.pick(*each) for each in _HEADINGS))
        for key in found:
            table.add_row(
                key.key_id,
                "/".join(filter(None, (key.principal.actor, key.principal.till))),
                ", ".join(each.spelled for each in key.principal.grants),
                *(when(at) if at else "" for at in (key.created_at, key.ends_at, key.revoked_at)),
                _day(key.last_used_on),
                " ".join(present.pick(*_WARNINGS[each]) for each in key.warnings(now)),
            )
        present.show(table)
        present.result(
            {
                "keys": [
                    {
                        "key_id": key.key_id,
                        "actor": key.principal.actor,
                        "till": key.principal.till,
                        "roles": [each.spelled for each in key.principal.grants],
                        "ends_at": key.ends_at,
                        "last_used_on": _day(key.last_used_on) or None,
                        "networks": list(key.principal.conditions.networks),
                        "superseded_by": key.superseded_by,
                        "warnings": [each.value for each in key.warnings(now)],
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
    ("最近使用", "last used"),
    ("提醒", "to look at"),
)
_WARNINGS: dict[Concern, tuple[str, str]] = {
    Concern.ENDS_SOON: ("即将到期", "ends soon"),
    Concern.UNUSED: ("久未使用", "unused"),
}
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _overlap(spelled: str) -> timedelta:
    """Return how long two keys count side by side.

    Raises:
        Misused: It is no length of time, or too long.
    """
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", spelled)
    lasting = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if lasting is None or lasting > OVERLAP_MAX:
        raise Misused(
            "overlap_invalid",
            "--overlap 应为 30m、12h、7d 这样的时长，最长 30d",
            "--overlap is a length of time as 30m, 12h or 7d, 30d at the most",
        )
    return lasting


def _networks(spelled: list[str]) -> tuple[str, ...]:
    """Return the networks that were typed.

    Raises:
        Misused: One of them is none.
    """
    try:
        return tuple(str(ip_network(each)) for each in spelled)
    except ValueError:
        raise Misused(
            "network_invalid",
            "--network 应为网段，例如 10.0.0.0/8",
            "--network is a network, as 10.0.0.0/8",
        ) from None


def _feed_secret(kind: Kind) -> bytes | None:
    """Return a fresh secret to sign with, for who signs: sources do."""
    return secrets.token_bytes(SECRET_BYTES) if kind is Kind.SOURCE else None


def _sealed(here: Terminal, secret: bytes | None, subject: str) -> str | None:
    if secret is None:
        return None
    return here.context.feed_seal.close(secret, f"{here.association}|{subject}")


def _show(present: Presenter, key_id: str, spelled: str, feed: bytes | None, **more: str) -> None:
    """Print a key, and the secret that signs for it, the one time that they are known."""
    present.say(f"密钥（仅显示一次）：{spelled}", f"The key, shown once: {spelled}")
    shown = {"key_id": key_id, "key": spelled, **more}
    if feed is not None:
        shown["feed_secret"] = spell_secret(feed)
        said = shown["feed_secret"]
        present.say(f"签名密钥（仅显示一次）：{said}", f"It signs with, shown once: {said}")
    present.result(shown)


def _grants(roles: list[str], outlet: str | None, till: str | None) -> tuple[Grant, ...]:
    """Return the roles that were typed.

    Raises:
        Misused: One of them is none, they belong to different kinds of callers, a till lacks its
            outlet, or something else has a till.
    """
    found = [read_grant(spelled) for spelled in dict.fromkeys(roles)]
    grants = tuple(each for each in found if each is not None)
    if len(grants) < len(found) or len({kind_of(each.role) for each in grants}) != 1:
        raise Misused(
            "role_unknown",
            "角色不存在，或不能放在同一个密钥里",
            "there is no such role, or the roles cannot share a key",
        )
    if any(each.role in AT_OUTLET for each in grants) != (outlet is not None):
        raise Misused(
            "outlet_of_till",
            "--outlet 与角色 till 或 office 须同时给出",
            "--outlet goes with the role till or office",
        )
    if till is not None and not any(each.role is Role.TILL for each in grants):
        raise Misused(
            "till_of_till", "--till 须与角色 till 同时给出", "--till goes with the role till"
        )
    return grants


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
