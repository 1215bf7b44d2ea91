"""``points init`` and ``points db``: make an installation, keep its tables and guards in order."""

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from points import unit_of_work, wiring
from points.cli.options import DatabaseOption, JsonOption, LanguageOption, PrefixOption
from points.cli.present import REFUSED, Presenter, understood
from points.db.engines import open_database
from points.db.guards.harden import harden, hardened_prefix
from points.db.guards.roles import PREFIX, Roles
from points.db.guards.safety import Examined, examined
from points.flows.seal_personal import seal_personal
from points.kernel.errors import Misused, Unavailable
from points.vault.files import make_master_keys, make_secret

app = typer.Typer(
    no_args_is_help=True, help="数据库表结构与保护 · The database's tables and guards."
)


def init(
    database: DatabaseOption = None, lang: LanguageOption = "zh", as_json: JsonOption = False
) -> None:
    """Make a secret and a master key, and bring the database's tables up to date.

    A database that was used before belongs to the secret it was used with: none is made for it.

    Example: points init --database sqlite:///points.db
    """
    present = Presenter(lang, as_json)
    with understood(present):
        chosen = wiring.settings(database_url=database)
        wiring.refuse_second_secret(chosen)
        made = make_secret(chosen.secret_path)
        keys_made = chosen.master_key is None and make_master_keys(chosen.keys_path)
        with wiring.open_installation(chosen, migrate=True, administering=True) as here:
            seal_personal(here.engine, here.association)
        _harden_again(chosen.database_url)
        present.say(
            f"已就绪。密钥文件：{chosen.secret_path}；主密钥文件：{chosen.keys_path}"
            "（请分别妥善备份，勿与数据库放在一起，勿外传）",
            f"Ready. The secret is in {chosen.secret_path}, the master key in {chosen.keys_path}: "
            "keep copies, not beside the database's, and show them to nobody.",
        )
        present.result(
            {
                "secret_file": str(chosen.secret_path),
                "secret_made": made,
                "keys_file": str(chosen.keys_path),
                "keys_made": keys_made,
            }
        )


@app.command("upgrade")
def upgrade_tables(
    database: DatabaseOption = None, lang: LanguageOption = "zh", as_json: JsonOption = False
) -> None:
    """Run the migrations that the database lacks, and seal what is still plain.

    A hardened database is hardened again.

    Example: points db upgrade --database postgresql://admin@db/points
    """
    present = Presenter(lang, as_json)
    with understood(present):
        chosen = wiring.settings(database_url=database)
        with (
            wiring.open_installation(chosen, migrate=True, administering=True) as here,
            present.progress() as bars,
        ):
            task = bars.add_task(present.pick("加密个人信息", "seal personal data"), total=None)
            sealed = seal_personal(here.engine, here.association, lambda n: bars.advance(task, n))
        hardened = _harden_again(chosen.database_url)
        present.say(
            f"表结构已是最新；新加密 {sealed} 人的个人信息",
            f"The tables are up to date; personal data of {sealed} members was sealed.",
        )
        if hardened:
            present.say("角色与行级安全已更新", "Roles and row-level security are up to date.")
        present.result({"revision": "head", "sealed": sealed, "hardened": hardened})


@app.command("harden")
def harden_command(
    database: DatabaseOption = None,
    prefix: PrefixOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Make or mend roles, privileges, row-level security and triggers of a PostgreSQL database.

    Run it as a superuser, as often as you like. The application's role gets its password from
    POINTS_APP_PASSWORD, from the file points_app_password under /run/secrets, or by hand.

    Example: points db harden --database postgresql://postgres@db/points
    """
    present = Presenter(lang, as_json)
    with understood(present):
        chosen = wiring.settings(database_url=database)
        if make_url(chosen.database_url).get_backend_name() != "postgresql":
            raise Misused(
                "no_roles",
                "SQLite 没有角色；其保护在每次连接时自动启用",
                "SQLite has no roles; its guards stand on every connection anyway",
            )
        password = chosen.app_password.get_secret_value() if chosen.app_password else None
        roles, done = _harden(chosen.database_url, prefix, password)
        for statement in done:
            present.say(f"  {statement}", f"  {statement}")
        present.say(
            f"已加固。服务请以 {roles.app} 连接，再运行 points db check",
            f"Hardened. Let the server connect as {roles.app}, then run `points db check`.",
        )
        present.result({"owner": roles.owner, "app": roles.app, "done": list(done)})


@app.command("check")
def check_command(
    database: DatabaseOption = None,
    prefix: PrefixOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say which guards of the database stand and which do not; 1 where one does not.

    Run it with the address that the server uses. Example: points db check --lang en
    """
    present = Presenter(lang, as_json)
    with understood(present):
        checked = _examine(wiring.settings(database_url=database).database_url, prefix)
        findings = [finding for each in checked for finding in each.findings]
        for each in checked:
            mark = "✗" if each.findings else "✓"
            present.say(f"{mark} {each.zh}", f"{mark} {each.en}")
        if not as_json:
            present.findings(findings)
        present.result(
            {
                "ok": not findings,
                "checks": [{"check": each.check, "ok": not each.findings} for each in checked],
                "findings": [finding.as_json() for finding in findings],
            }
        )
        if findings:
            raise typer.Exit(REFUSED)


def _harden_again(url: str) -> bool:
    """Harden again what was hard, for new tables; return whether it was."""
    if make_url(url).get_backend_name() != "postgresql":
        return False
    database = open_database(url, pool_size=1)
    try:
        with unit_of_work.administering(database) as connection:
            prefix = hardened_prefix(connection)
            if prefix is not None:
                harden(connection, Roles.named(prefix))
    finally:
        database.dispose()
    return prefix is not None


def _harden(url: str, prefix: str | None, password: str | None) -> tuple[Roles, tuple[str, ...]]:
    database = open_database(url, pool_size=1)
    try:
        with unit_of_work.administering(database) as connection:
            known = hardened_prefix(connection) if prefix is None else prefix
            roles = Roles.named(PREFIX if known is None else known)
            return roles, harden(connection, roles, app_password=password)
    except OperationalError as error:
        raise Unavailable(type(error.orig).__name__) from error
    finally:
        database.dispose()


def _examine(url: str, prefix: str | None) -> list[Examined]:
    database = open_database(url, pool_size=1)
    try:
        with unit_of_work.administering(database) as connection:
            known = prefix
            if known is None and connection.dialect.name == "postgresql":
                known = hardened_prefix(connection)
            return examined(connection, Roles.named(PREFIX if known is None else known))
    except OperationalError as error:
        raise Unavailable(type(error.orig).__name__) from error
    finally:
        database.dispose()
