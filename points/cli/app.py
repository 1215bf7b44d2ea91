"""All commands in one tree."""

import gc

import typer

from points.cli import (
    activity,
    audit,
    catalogue,
    database,
    keys,
    ledger,
    member,
    openapi,
    rules,
    serve,
)
from points.cli.bench import app as bench
from points.cli.demo import command as demo
from points.cli.import_ import command as import_
from points.cli.partner import app as partner
from points.cli.worker import command as worker

app = typer.Typer(
    name="points",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="积分引擎：规则、账本、兑换、结算 · Points: rules, ledger, redemption, settlement.",
)
app.command("demo")(demo)
app.command("init")(database.init)
app.command("serve")(serve.command)
app.command("import")(import_)
app.command("worker")(worker)
app.command("openapi")(openapi.command)
app.add_typer(rules.app, name="rules")
app.add_typer(ledger.app, name="ledger")
app.add_typer(member.app, name="member")
app.add_typer(activity.app, name="activity")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(partner, name="partner")
app.add_typer(keys.app, name="key")
app.add_typer(audit.app, name="audit")
app.add_typer(database.app, name="db")
app.add_typer(bench, name="bench")


GARBAGE_THRESHOLDS = (50_000, 20, 50)
"""A batch makes tens of thousands of rows that live until it commits; the defaults look through
them again and again for cycles, and find none."""


def main() -> None:
    """Run the command line."""
    gc.freeze()  # What was imported stays for good.
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    app()
