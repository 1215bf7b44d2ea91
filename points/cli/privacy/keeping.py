"""Keys and the journal: check them, change the master key, erase again after a restore."""

import typer

from points import wiring
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import REFUSED, Presenter, understood
from points.flows.erasing import reapply, undone
from points.flows.seal_personal import count_plain, masters_in_use, rotate
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.vault.files import add_master_key


def check(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say whether everything is sealed, which master keys are needed, and whom a restore undid.

    Ends with 1 where something has to be done. Example: points privacy check
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.KEEP_PRIVACY_RECORDS) as here:
        plain = count_plain(here.engine, here.association)
        masters = masters_in_use(here.engine, here.association)
        known = here.context.vault.masters
        missing = sorted(set(masters) - set(known.keys))
        stale = sum(count for key, count in masters.items() if key != known.current.key_id)
        back = undone(here.engine, here.association, here.installation.journal)
        present.say(
            f"未加密 {plain} 人；主密钥 {known.current.key_id}，"
            f"其他主密钥加密的 {stale} 人，缺少的主密钥 {len(missing)} 个；"
            f"需重新删除 {len(back)} 人",
            f"{plain} members plain; master key {known.current.key_id}, {stale} members under "
            f"others, {len(missing)} master keys missing; {len(back)} members to be erased again",
        )
        present.result(
            {
                "plain": plain,
                "current": known.current.key_id,
                "masters": masters,
                "missing": missing,
                "erase_again": back,
            }
        )
        if plain or missing or back:
            raise typer.Exit(REFUSED)


def new_key(lang: LanguageOption = "zh", as_json: JsonOption = False) -> None:
    """Add a fresh master key to the file of master keys; then run rotate.

    Example: points privacy new-key
    """
    present = Presenter(lang, as_json)
    with understood(present):
        chosen = wiring.settings()
        if chosen.master_key is not None or not chosen.keys_path.is_file():
            raise Misused(
                "no_keys_file",
                "主密钥不在文件中：请在设置 POINTS_MASTER_KEY 的末尾加上新密钥",
                "the master keys are not in a file: add a key at the end of POINTS_MASTER_KEY",
            )
        keys = add_master_key(chosen.keys_path)
        present.say(
            f"新主密钥 {keys.current.key_id}；重启服务后运行 points privacy rotate",
            f"the new master key is {keys.current.key_id}: restart the servers, "
            "then run points privacy rotate",
        )
        present.result({"current": keys.current.key_id, "keys": list(keys.keys)})


def rotate_keys(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Wrap every member's key with the current master key; can be stopped and run again.

    Example: points privacy rotate
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OPERATE) as here, present.progress() as bars:
        task = bars.add_task(present.pick("更换主密钥", "wrap keys anew"), total=None)
        wrapped = rotate(here.engine, here.association, lambda n: bars.advance(task, n))
        masters = masters_in_use(here.engine, here.association)
        free = sorted(set(here.context.vault.masters.keys) - set(masters))
        free = [key for key in free if key != here.context.vault.masters.current.key_id]
        present.say(
            f"已更换 {wrapped} 人的密钥；本协会不再需要的主密钥：{'、'.join(free) or '无'}",
            f"{wrapped} keys were wrapped anew; no longer needed by this association: "
            f"{', '.join(free) or 'none'}",
        )
        present.result({"rewrapped": wrapped, "masters": masters, "unneeded": free})


def reapply_erasures(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Erase again whom a restored backup brought back; harmless where there is nobody.

    Example: points privacy reapply
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OPERATE) as here:
        done = reapply(here.engine, here.association, here.installation.journal)
        present.say(
            f"重新删除 {len(done.again)} 人，补记日志 {done.written} 条，"
            f"未能删除 {len(done.refused)} 人",
            f"{len(done.again)} erased again, {done.written} written into the journal, "
            f"{len(done.refused)} could not be erased",
        )
        present.result(
            {
                "erased_again": list(done.again),
                "written": done.written,
                "refused": dict(done.refused),
            }
        )
        if done.refused:
            raise typer.Exit(REFUSED)
