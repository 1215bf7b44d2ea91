"""All commands in one tree."""

import gc
import logging
import sys

import typer

from points import logs
from points.cli import (
    activity,
    audit,
    batch,
    budget,
    catalogue,
    database,
    duties,
    hardship,
    keys,
    ledger,
    login,
    member,
    offline,
    openapi,
    permissions,
    proposals,
    serve,
    staff,
    stamps,
    vouchers,
    watch,
)
from points.cli.activity_correct import correct
from points.cli.bench.command import app as bench
from points.cli.demo import command as demo
from points.cli.import_ import command as import_
from points.cli.partner import app as partner
from points.cli.privacy import app as privacy
from points.cli.rules import app as rules
from points.cli.sandbox import app as sandbox
from points.cli.webhook import app as webhook
from points.cli.worker import command as worker

app = typer.Typer(
    name="points",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they show messages, and those may hold what people typed
    help="积分引擎：规则、账本、兑换、结算 · Points: rules, ledger, redemption, settlement.",
)
app.command("demo")(demo)
app.command("init")(database.init)
app.command("serve")(serve.command)
app.command("import")(import_)
app.command("worker")(worker)
app.command("openapi")(openapi.command)
app.command("permissions")(permissions.command)
app.command("login")(login.login)
app.command("logout")(login.logout)
app.command("whoami")(login.whoami)
app.command("verify")(login.verify)
app.command("setup")(login.setup)
app.add_typer(rules.app, name="rules")
app.add_typer(ledger.app, name="ledger")
app.add_typer(member.app, name="member")
app.add_typer(activity.app, name="activity")
activity.app.command("correct")(correct)
app.add_typer(batch.app, name="batch")
app.add_typer(proposals.app, name="proposal")
app.add_typer(duties.app, name="duties")
app.add_typer(hardship.app, name="hardship")
app.add_typer(stamps.app, name="stamps")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(vouchers.app, name="voucher")
app.add_typer(budget.app, name="budget")
app.add_typer(watch.app, name="watch")
app.add_typer(partner, name="partner")
app.add_typer(offline.app, name="offline")
app.add_typer(sandbox, name="sandbox")
app.add_typer(webhook, name="webhook")
app.add_typer(staff.app, name="staff")
app.add_typer(keys.app, name="key")
app.add_typer(audit.app, name="audit")
app.add_typer(privacy, name="privacy")
app.add_typer(database.app, name="db")
app.add_typer(bench, name="bench")


DEFECT = 70
"""How a command ends that failed for a reason of our own: neither a no nor a misunderstanding."""

_log = logging.getLogger(__name__)
GARBAGE_THRESHOLDS = (50_000, 20, 50)
"""A batch makes tens of thousands of rows that live until it commits; the defaults look through
them again and again for cycles, and find none."""


def main() -> None:
    """Run the command line."""
    gc.freeze()  # What was imported stays for good.
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    logs.configure()
    logs.hook_uncaught()
    try:
        app()
    except Exception:  # noqa: BLE001 - the last one who can say anything
        _log.exception("the command failed")
        typer.echo(
            "程序出错，命令没有完成；请把上面一行交给系统管理员。"
            " The command failed: hand the line above to whoever runs the installation.",
            err=True,
        )
        sys.exit(DEFECT)
