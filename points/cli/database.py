"""``points init`` and ``points db``: make an installation, keep its tables up to date."""

import typer

from points import wiring
from points.cli.options import DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter, understood
from points.db.migrations import upgrade

app = typer.Typer(no_args_is_help=True, help="数据库表结构 · The database's tables.")


def init(
    database: DatabaseOption = None, lang: LanguageOption = "zh", as_json: JsonOption = False
) -> None:
    """Make a secret and bring the database's tables up to date.

    Example: points init --database sqlite:///points.db
    """
    present = Presenter(lang, as_json)
    with understood(present):
        chosen = wiring.settings(database_url=database)
        made = wiring.make_secret(chosen.secret_file)
        upgrade(chosen.database_url, wiring.shipped("alembic"))
        present.say(
            f"已就绪。密钥文件：{chosen.secret_file}（请妥善备份，勿外传）",
            f"Ready. The secret is in {chosen.secret_file}: keep a copy, show it to nobody.",
        )
        present.result({"secret_file": str(chosen.secret_file), "secret_made": made})


@app.command("upgrade")
def upgrade_tables(
    database: DatabaseOption = None, lang: LanguageOption = "zh", as_json: JsonOption = False
) -> None:
    """Run the migrations that the database lacks.

    Example: points db upgrade --database postgresql://points@db/points
    """
    present = Presenter(lang, as_json)
    with understood(present):
        upgrade(wiring.settings(database_url=database).database_url, wiring.shipped("alembic"))
        present.say("表结构已是最新", "The tables are up to date.")
        present.result({"revision": "head"})
