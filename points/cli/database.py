"""``points init`` and ``points db``: make an installation, keep its tables up to date."""

import typer

from points import wiring
from points.cli.options import DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter, understood
from points.flows.seal_personal import seal_personal
from points.vault.files import make_master_keys, make_secret

app = typer.Typer(no_args_is_help=True, help="数据库表结构 · The database's tables.")


def init(
    database: DatabaseOption = None, lang: LanguageOption = "zh", as_json: JsonOption = False
) -> None:
    """Make a secret and a master key, and bring the database's tables up to date.

    Example: points init --database sqlite:///points.db
    """
    present = Presenter(lang, as_json)
    with understood(present):
        chosen = wiring.settings(database_url=database)
        made = make_secret(chosen.secret_file)
        keys_made = chosen.master_key is None and make_master_keys(chosen.keys_path)
        with wiring.open_installation(chosen, migrate=True) as here:
            seal_personal(here.engine, here.association)
        present.say(
            f"已就绪。密钥文件：{chosen.secret_file}；主密钥文件：{chosen.keys_path}"
            "（请分别妥善备份，勿与数据库放在一起，勿外传）",
            f"Ready. The secret is in {chosen.secret_file}, the master key in {chosen.keys_path}: "
            "keep copies, not beside the database's, and show them to nobody.",
        )
        present.result(
            {
                "secret_file": str(chosen.secret_file),
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

    Example: points db upgrade --database postgresql://points@db/points
    """
    present = Presenter(lang, as_json)
    with understood(present):
        chosen = wiring.settings(database_url=database)
        with wiring.open_installation(chosen, migrate=True) as here, present.progress() as bars:
            task = bars.add_task(present.pick("加密个人信息", "seal personal data"), total=None)
            sealed = seal_personal(here.engine, here.association, lambda n: bars.advance(task, n))
        present.say(
            f"表结构已是最新；新加密 {sealed} 人的个人信息",
            f"The tables are up to date; personal data of {sealed} members was sealed.",
        )
        present.result({"revision": "head", "sealed": sealed})
